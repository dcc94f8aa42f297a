"""Exports of other systems that are of another version, of another kind, or say what cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cmdb.store.sqlite.store import SqliteStore
from importers.sources.kubernetes.workloads import MOST_REPLICAS
from tests.hostile.inputs import told, warned
from tests.importers.estate import plan_of
from tests.importers.payloads import backstage, cyclonedx, itop, kubernetes, netbox, terraform
from tests.importers.payloads.payload import Payload


def with_parts(payload: Payload, folder: Path, *parts: Any) -> Path:
    """The payload with some parts more."""
    return payload.write(folder, [*payload.parts, *parts])


def said(folder: Path, name: str, document: Any) -> Path:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


@pytest.mark.parametrize("version", [1, 3, 5, "4", None, 4.5, [4], True])
def test_a_state_of_another_version(version: Any, tmp_path: Path, empty: SqliteStore) -> None:
    path = said(tmp_path, "a.tfstate", {"version": version, "terraform_version": "0.11.0", "modules": []})
    assert told(path, empty) == [("UNKNOWN_FORMAT", "a.tfstate, column version")]


def keyed(key: object) -> dict[str, Any]:
    return terraform.instance(key=key)


SECRETS: list[tuple[str, dict[str, Any]]] = [
    ("an attribute that is not read", {"password": "hunter2"}),
    ("a name that is marked", {"name": "hunter2"}),
    ("tags that are marked", {"tags": {"Name": "hunter2"}}),
]  # fmt: skip


@pytest.mark.parametrize(("attributes"), [s[1] for s in SECRETS], ids=[s[0] for s in SECRETS])
def test_what_a_state_keeps_secret(attributes: dict[str, Any], tmp_path: Path, empty: SqliteStore) -> None:
    marked = [[{"type": "get_attr", "value": name}] for name in attributes]
    part = terraform.resource("aws_vpc", "s", {**terraform.instance(**attributes), "sensitive_attributes": marked})
    changes = plan_of(with_parts(terraform.TERRAFORM, tmp_path, part), empty).changeset
    assert "hunter2" not in repr(changes)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"mode": "managed", "type": "aws_vpc", "name": "x", "instances": "none"}, ""),
        ({"mode": "managed", "type": 5, "name": None}, "MISSING_VALUE"), ("resource", "MISSING_VALUE"),
        (terraform.resource("aws_vpc", "main", terraform.instance(id="other")), "CONFLICT_IN_FILE"),
        (terraform.resource("aws_vpc", "x" * 5_000, terraform.instance()), ""),
        (terraform.resource("aws_vpc", "x", terraform.instance("aws_vpc.x", "gone.gone", "", "[0]")), ""),
        (terraform.resource("aws_vpc", "x", *map(keyed, (1e400, True, [], {}, "a]b", -1))),
         ""),
    ],
)  # fmt: skip
def test_odd_resources(part: Any, code: str, tmp_path: Path, empty: SqliteStore) -> None:
    path = with_parts(terraform.TERRAFORM, tmp_path, part)
    text = path.read_text().replace("Infinity", "1e308")
    path.write_text(text)
    if code:
        assert code in {found for found, _ in told(path, empty)}
    else:
        assert warned(path, empty) == []


def test_a_list_of_kubernetes_with_kinds_of_others(tmp_path: Path, empty: SqliteStore) -> None:
    foreign = [
        {"apiVersion": "example.org/v1", "kind": "Deployment", "metadata": {"name": "x"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "hunter2"}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"a": "hunter2"}},
        {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "List", "items": None}]},
        {"kind": "Status", "apiVersion": "v1", "status": "Failure"},
    ]
    plain = plan_of(kubernetes.KUBERNETES.write(tmp_path, kubernetes.KUBERNETES.parts), empty).changeset
    changes = plan_of(with_parts(kubernetes.KUBERNETES, tmp_path, *foreign), empty).changeset
    assert sorted(changes.put_cis) == sorted(plain.put_cis)
    assert "hunter2" not in repr(changes)


WEB = kubernetes.manifest("Deployment", "odd", spec={"replicas": 2, "template": kubernetes.template("odd")})


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([{**WEB, "spec": {"replicas": MOST_REPLICAS + 1}}], "OUT_OF_RANGE"), ([{**WEB, "spec": {"replicas": -1}}],
         "OUT_OF_RANGE"), ([{**WEB, "spec": {"replicas": 1.5}}], "BAD_NUMBER"),
        ([{**WEB, "spec": {"replicas": "many"}}], "BAD_NUMBER"), ([{**WEB, "spec": {"replicas": True}}], "BAD_NUMBER"),
        ([{**WEB, "spec": {"replicas": 10**19}}], "OUT_OF_RANGE"), ([{**WEB, "metadata": {}}], "MISSING_VALUE"),
        ([{**WEB, "metadata": {"name": "{{ .Release.Name }}"}}], "BAD_YAML"), ([{"apiVersion": "v1"}], "MISSING_KEY"),
        (["text"], "MISSING_KEY"), ([None], "MISSING_KEY"),
        ([WEB, {**WEB, "spec": {"replicas": 3}}], "CONFLICT_IN_FILE"),
        ([WEB, kubernetes.manifest("PodDisruptionBudget", "b", spec={"minAvailable": "200%", "selector": {}})],
         "BAD_POOL_RULE"),
        ([WEB, kubernetes.manifest("PodDisruptionBudget", "b", spec={"minAvailable": -1, "selector": {}})],
         "BAD_POOL_RULE"),
    ],
)  # fmt: skip
def test_odd_manifests(parts: list[Any], code: str, tmp_path: Path, empty: SqliteStore) -> None:
    path = said(tmp_path, "all.json", {"apiVersion": "v1", "kind": "List", "items": parts})
    assert code in {found for found, _ in told(path, empty, "kubernetes")}


def test_pods_that_made_each_other(tmp_path: Path, empty: SqliteStore) -> None:
    pods = [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet",
         "metadata": {"name": name, "ownerReferences": [{"kind": "ReplicaSet", "name": other}]}}
        for name, other in (("a", "b"), ("b", "a"), ("c", "c"))
    ]  # fmt: skip
    path = said(tmp_path, "all.json", {"apiVersion": "v1", "kind": "List", "items": [*pods, WEB]})
    assert plan_of(path, empty).changeset.put_cis[0].id == "test:deployment:shop/odd"


def test_a_chart_that_is_not_rendered(tmp_path: Path, empty: SqliteStore) -> None:
    text = 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  {{- include "x" . | nindent 2 }}\n'
    assert told(said(tmp_path, "web.yaml", text), empty) == [("BAD_YAML", "web.yaml line 4")]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "EMPTY_FILE"), ([1, None, "x", []], "EMPTY_FILE"),
        ([{"model": "dcim.site", "pk": "1", "fields": {}}], "EMPTY_FILE"),
        ([{"model": "dcim.site", "pk": True, "fields": {}}], "EMPTY_FILE"),
        ([netbox.row("dcim.unheard", 1), netbox.row("extras.script", 1)], "EMPTY_FILE"),
        ([netbox.row("dcim.site", 1, name="x" * 20_000)], "FIELD_TOO_LONG"),
        ([netbox.row("dcim.location", 1, parent=1)], ""), ([netbox.row("dcim.site", -1)], ""),
        ([netbox.row("dcim.location", 1, parent=2), netbox.row("dcim.location", 2, parent=1)], ""),
        ([netbox.row("dcim.site", 1), netbox.row("dcim.site", 1, name="other")], "CONFLICT_IN_FILE"),
        ([netbox.row("virtualization.virtualmachine", 1, vcpus="-2", memory=-5)], "OUT_OF_RANGE"),
        ([netbox.row("virtualization.virtualmachine", 1, memory=2**62)], ""),
        ([netbox.row("dcim.site", 1, status="unheard of")], ""),
        ([netbox.row("dcim.device", 1, role=7, site=8, rack=9, tenant=10, cluster=11)], ""),
    ],
)  # fmt: skip
def test_odd_dumps(rows: list[Any], code: str, tmp_path: Path, empty: SqliteStore) -> None:
    path = said(tmp_path, "netbox.json", rows)
    if code:
        assert code in {found for found, _ in told(path, empty, "netbox")}
    else:
        assert warned(path, empty, "netbox") == []


def test_passwords_of_a_dump_stay_out(tmp_path: Path, empty: SqliteStore) -> None:
    users = [netbox.row("auth.user", 1, password="hunter2"), netbox.row("users.token", 1, key="hunter2")]
    assert "hunter2" not in repr(plan_of(with_parts(netbox.NETBOX, tmp_path, *users), empty).changeset)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (("components", {"type": "gadget", "name": "x"}), "UNKNOWN_KIND"),
        (("components", {"type": "library", "name": ["x"]}), "MISSING_VALUE"),
        (("components", {}), "UNKNOWN_KIND"),
        (("components", {"type": "library", "name": "x", "bom-ref": "log"}), "DUPLICATE_KEY"),
        (("dependencies", {"ref": "root", "dependsOn": ["gone"]}), "DANGLING_RELATION"),
        (("dependencies", {"dependsOn": ["log"]}), "DANGLING_RELATION"),
        (("components", {"type": "library", "name": "x", "purl": "pkg:npm/\u202ex@1"}), "BIDI_CONTROL"),
    ],
)
def test_odd_bills(part: Any, code: str, tmp_path: Path, empty: SqliteStore) -> None:
    assert code in {found for found, _ in told(with_parts(cyclonedx.CYCLONEDX, tmp_path, part), empty)}


def test_what_a_bill_says_of_addresses_is_not_kept(tmp_path: Path, empty: SqliteStore) -> None:
    part = ("services", {"name": "x", "endpoints": ["https://user:hunter2@example.org"], "authenticated": False})
    assert "hunter2" not in repr(plan_of(with_parts(cyclonedx.CYCLONEDX, tmp_path, part), empty).changeset)


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"owner": "${{ values.owner }}"}, "BAD_REFERENCE"),
        ({"owner": "group:../../x"}, "BAD_REFERENCE"),
        ({"dependsOn": ["javascript:alert(1)"]}, "BAD_REFERENCE"),
        ({"owner": {"name": "x"}}, "BAD_REFERENCE"),
        ({"dependsOn": ["component:odd"]}, "SELF_RELATION"),
        ({"owner": "user:nobody"}, "DANGLING_RELATION"),
        ({"system": "component:pay"}, "RELATION_NOT_ALLOWED"),
        ({"dependsOn": [["x"]]}, "BAD_REFERENCE"),
    ],
)
def test_odd_entities(spec: dict[str, Any], code: str, tmp_path: Path, empty: SqliteStore) -> None:
    part = backstage.entity("Component", "odd", type="service", **spec)
    assert code in {found for found, _ in told(with_parts(backstage.BACKSTAGE, tmp_path, part), empty)}


@pytest.mark.parametrize(
    "title", ["${{ values.name }}", "{{7*7}}", "<%= 7*7 %>", "${jndi:ldap://127.0.0.1/x}", "$(id)"]
)
def test_expressions_are_names(title: str, tmp_path: Path, empty: SqliteStore) -> None:
    part = backstage.entity("Component", "odd", type="service")
    part["metadata"]["title"] = title
    changes = plan_of(with_parts(backstage.BACKSTAGE, tmp_path, part), empty).changeset
    assert title in {ci.name for ci in changes.put_cis}


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (itop.thing("Team", 9, name="x", org_id="999"), "DANGLING_RELATION"),
        (itop.ci("Rack", 6), "AMBIGUOUS_NAME"),
        (itop.ci("Printer", 99), "UNKNOWN_KIND"),
    ],
)
def test_what_an_export_says_of_others_is_warned_of(part: Any, code: str, tmp_path: Path, empty: SqliteStore) -> None:
    extra = [itop.ci("WebServer", 98, system_id=6)] if code == "AMBIGUOUS_NAME" else []
    assert code in {found for found, _ in warned(with_parts(itop.ITOP, tmp_path, part, *extra), empty)}


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (("Server", "", {"name": "x"}), "MISSING_VALUE"),
        (itop.thing("Server", 6, name="other"), "CONFLICT_IN_FILE"),
        (itop.thing("Organization", 9, name="x", parent_id=9), "SELF_RELATION"),
        (("Server", "../../x\u202e", {"name": "x"}), "BIDI_CONTROL"),
        (itop.thing("CustomerContract", 9, name="x", end_date="31/02/2026"), "BAD_DATE"),
        (itop.thing("CustomerContract", 9, name="x", end_date="03/04/2026"), "DATE_AMBIGUOUS"),
    ],
)
def test_odd_objects(part: Any, code: str, tmp_path: Path, empty: SqliteStore) -> None:
    assert code in {found for found, _ in told(with_parts(itop.ITOP, tmp_path, part), empty)}


def test_an_export_of_iTop_with_a_document_type(tmp_path: Path, empty: SqliteStore) -> None:
    text = '<?xml version="1.0"?>\n<!DOCTYPE Set SYSTEM "file:///etc/hostname">\n<Set/>'
    assert told(said(tmp_path, "export.xml", text), empty) == [("XML_DTD_FORBIDDEN", "export.xml line 2")]


def test_ids_that_look_alike_across_files(tmp_path: Path, empty: SqliteStore) -> None:
    first = backstage.entity("Component", "pay\u0430roll", type="service")
    assert "CONFUSABLE_NAME" in {
        code for code, _ in warned(with_parts(backstage.BACKSTAGE, tmp_path, first,
                                              backstage.entity("Component", "payaroll", type="service")), empty)
    }  # fmt: skip


def test_a_mapping_says_what_cannot_be(tmp_path: Path, empty: SqliteStore) -> None:
    for number, (table, code) in enumerate([
        ({"file": "x.csv", "cis": [{"id": "{}", "kind": {"value": "server"}, "name": "x"}]}, "BAD_TEMPLATE"),
        ({"file": "x.csv", "cis": [{"id": "{a}{", "kind": {"value": "server"}, "name": "x"}]}, "BAD_TEMPLATE"),
        ({"file": "x.csv", "cis": [{"id": "{a}", "kind": {"value": True}, "name": "x"}]}, "UNKNOWN_KIND"),
        ({"file": "x.csv", "cis": [{"id": "{a}", "kind": {"value": "server"}, "name": "x", "once": "yes"}]},
         "BAD_BOOLEAN"),
        ({"file": "x.csv", "cis": "all"}, "BAD_YAML"), ("x.csv", "BAD_YAML"), ({"sheet": "x"}, "MISSING_VALUE"),
        ({"file": "x.csv", "delimiter": "::", "cis": []}, "BAD_CHOICE"),
        ({"file": "x.csv", "run": "rm -rf"}, "UNKNOWN_KEY"),
    ]):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "mapping.yaml").write_text(yaml.safe_dump({"tables": [table]}))
        (folder / "x.csv").write_text("a,b\n1,2\n")
        assert code in {found for found, _ in told(folder, empty)}, table
