"""Terraform states: what becomes of each resource; secrets stay out; anything else is told, never a crash."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb.model.ci import CI
from cmdb.progress import Silent
from cmdb.store.sqlite.store import SqliteStore
from importers.registry import importer_for
from importers.sources.terraform.types import kind_of
from tests.importers.estate import MODEL, plan_of, problems_of

AWS = 'provider["registry.terraform.io/hashicorp/aws"]'


def resource(type_: str, name: str, *instances: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": type_, "name": name, "provider": AWS, "instances": list(instances), **fields}


def instance(*needs: str, key: object = None, **attributes: Any) -> dict[str, Any]:
    return {"index_key": key, "attributes": attributes, "dependencies": list(needs)}


NETWORK = ["aws_subnet.a", "aws_vpc.main"]
RESOURCES = [
    resource("aws_vpc", "main", instance(id="vpc-1", region="ca-central-1", tags={"Name": "Main"})),
    resource("aws_subnet", "a", *(instance("aws_vpc.main", key=key, id=f"subnet-{key}") for key in (0, 1))),
    resource("aws_instance", "web", *(
        instance(*NETWORK, "aws_security_group.web", key=key, id=f"i-{key}", private_ip=f"10.0.0.{key}",
                 user_data="hunter2", tags={"Name": f"web {key}"})
        for key in (0, 1))),
    resource("aws_db_instance", "db", {
        **instance(*NETWORK, identifier="orders", engine="postgres", engine_version="16.3", password="hunter2",
                   description="hunter2"),
        "sensitive_attributes": [[{"type": "get_attr", "value": "description"}]]}),
    resource("aws_security_group", "web", instance("aws_vpc.main", name="web")),
    resource("aws_lb", "front", instance(*NETWORK, name="front"), module="module.edge[0]"),
    resource("aws_route53_record", "shop", instance("module.edge.aws_lb.front", fqdn="shop.example.org", type="A"),
             module='module.edge["x.y"]'),
    resource("aws_s3_bucket", "old", {**instance(id="old"), "deposed": "0a1b"}, instance(id="files")),
    resource("aws_eks_cluster", "apps", instance(*NETWORK, name="apps")),
    resource("random_password", "db", instance(result="hunter2")),
    resource("aws_ami", "linux", instance(id="ami"), mode="data"),
]  # fmt: skip


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 4, "terraform_version": "1.9.0", "lineage": "x", "resources": list(resources)}


def shown(*resources: dict[str, Any]) -> dict[str, Any]:
    """The same state as `terraform show -json` writes it."""
    modules = dict[str, list[dict[str, Any]]]()
    for found in resources:
        for one in found["instances"]:
            key = one["index_key"]
            own = f"{found['type']}.{found['name']}" + ("" if key is None else f"[{json.dumps(key)}]")
            module = found.get("module", "")
            paths = one.get("sensitive_attributes", [])
            modules.setdefault(module, []).append({
                "address": f"{module}.{own}" if module else own, "mode": found["mode"], "type": found["type"],
                "name": found["name"], "values": one["attributes"], "depends_on": one["dependencies"],
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "sensitive_values": {"tags": {}, **{path[0]["value"]: True for path in paths}},
                **({} if key is None else {"index": key}), **({"deposed_key": "0a"} if "deposed" in one else {}),
            })  # fmt: skip
    root, children = modules.pop("", []), [{"address": name, "resources": found} for name, found in modules.items()]
    values = {"root_module": {"resources": root, "child_modules": children}}
    return {"format_version": "1.0", "terraform_version": "1.9.0", "values": values}


def written(folder: Path, document: Any, name: str = "terraform.tfstate") -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return folder / name


def plain(id_: str) -> str:
    return id_.removeprefix("prod:")


@pytest.mark.parametrize("form", [state, shown])
def test_a_state_becomes_an_estate(form: Any, tmp_path: Path, empty: SqliteStore) -> None:
    path = written(tmp_path, form(*RESOURCES))
    assert importer_for(path).name == importer_for(tmp_path).name == "terraform"
    changes = plan_of(path, empty, "prod").changeset
    cis: dict[str, CI] = {plain(ci.id): ci for ci in changes.put_cis}
    front, record = "module.edge[0].aws_lb.front", 'module.edge["x.y"].aws_route53_record.shop'
    assert {key: (ci.kind, ci.name) for key, ci in cis.items()} == {
        "aws_vpc.main": ("cloud_resource", "Main"),
        "aws_subnet.a[0]": ("cloud_resource", "aws_subnet.a[0]"),
        "aws_subnet.a[1]": ("cloud_resource", "aws_subnet.a[1]"),
        "aws_instance.web[0]": ("virtual_machine", "web 0"),
        "aws_instance.web[1]": ("virtual_machine", "web 1"),
        "aws_db_instance.db": ("database", "orders"),
        front: ("network_device", "front"),
        record: ("endpoint", record),
        "aws_s3_bucket.old": ("storage", "aws_s3_bucket.old"),
        "aws_eks_cluster.apps": ("cluster", "apps"),
    }
    found = {(plain(r.from_id), r.type, plain(r.to_id), r.pool) for r in changes.put_relations}
    assert {r for r in found if r[2] != "aws_vpc.main"} == {
        ("aws_instance.web[0]", "depends_on", "aws_subnet.a[0]", ""),
        ("aws_instance.web[1]", "depends_on", "aws_subnet.a[1]", ""),
        *((whole, "depends_on", f"aws_subnet.a[{key}]", "aws_subnet.a")
          for whole in ("aws_db_instance.db", front, "aws_eks_cluster.apps") for key in (0, 1)),
        (record, "depends_on", front, ""),
    }  # fmt: skip
    assert {r[0] for r in found if r[2] == "aws_vpc.main"} == {
        key for key in cis if key.startswith(("aws_subnet", "aws_inst", "aws_db", "aws_eks", front))
    }
    assert {(plain(p.ci), *p[1:4]) for p in changes.put_pools} == {
        (whole, "aws_subnet.a", "1", "2") for whole in ("aws_db_instance.db", front, "aws_eks_cluster.apps")
    }
    assert cis["aws_vpc.main"].attributes == {"external_id": "vpc-1", "provider": "aws", "region": "ca-central-1"}
    assert cis["aws_db_instance.db"].attributes == {
        "engine": "postgres", "external_id": "aws_db_instance.db", "version": "16.3"
    }  # fmt: skip
    assert cis["aws_instance.web[1]"].attributes == {"external_id": "i-1", "ip_address": "10.0.0.1"}
    assert cis[record].attributes["address"] == "shop.example.org"
    assert "hunter2" not in repr(changes)


def test_the_order_of_resources_does_not_matter(tmp_path: Path, empty: SqliteStore) -> None:
    one = plan_of(written(tmp_path, state(*RESOURCES)), empty).changeset
    other = plan_of(written(tmp_path, state(*RESOURCES[::-1])), empty).changeset
    for part in ("put_cis", "put_relations", "put_pools"):
        assert sorted(getattr(one, part)) == sorted(getattr(other, part))


def test_states_of_a_tree_do_not_mix(tmp_path: Path, empty: SqliteStore) -> None:
    for name in ("terraform.tfstate", "shop/terraform.tfstate", "desk/blue.tfstate", ".terraform/terraform.tfstate"):
        written(tmp_path, state(RESOURCES[0]), name)
    assert sorted(ci.id for ci in plan_of(tmp_path, empty, "prod").changeset.put_cis) == [
        "prod:aws_vpc.main", "prod:desk/blue/aws_vpc.main", "prod:shop/aws_vpc.main",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("google_compute_instance", "virtual_machine"), ("azurerm_linux_virtual_machine", "virtual_machine"),
     ("hcloud_server", "virtual_machine"), ("google_sql_database_instance", "database"),
     ("azurerm_postgresql_flexible_server", "database"), ("aws_rds_cluster", "database"),
     ("azurerm_kubernetes_cluster", "cluster"), ("google_container_node_pool", "cluster"),
     ("google_compute_global_forwarding_rule", "network_device"), ("azurerm_lb", "network_device"),
     ("google_storage_bucket", "storage"), ("azurerm_managed_disk", "storage"),
     ("google_compute_subnetwork", "cloud_resource"), ("azurerm_virtual_network", "cloud_resource"),
     ("aws_lambda_function", "cloud_resource"), ("kubernetes_deployment_v1", "application_instance"),
     ("aws_ecs_service", "application_instance"), ("aws_eip", "endpoint"),
     ("aws_iam_role", ""), ("aws_db_subnet_group", ""), ("aws_lb_listener", ""), ("aws_s3_bucket_policy", ""),
     ("aws_security_group_rule", ""), ("aws_volume_attachment", ""), ("tls_private_key", ""), ("null_resource", ""),
     ("aws_iam_instance_profile", ""), ("", "")],
)  # fmt: skip
def test_kinds_by_type(type_: str, kind: str) -> None:
    assert kind_of(type_) == kind


CASES: list[tuple[str, Any, str, str]] = [
    ("old version", {"version": 3, "terraform_version": "0.11.0"}, "UNKNOWN_FORMAT", ", column version"),
    ("a plan", {"format_version": "1.0", "terraform_version": "1.9.0", "planned_values": {}}, "UNKNOWN_FORMAT", ""),
    ("a list", ["terraform_version"], "UNKNOWN_FORMAT", ""),
    ("only others", state(resource("null_resource", "x", instance())), "EMPTY_FILE", ""),
    ("no name", state(RESOURCES[0], {"mode": "managed", "type": "aws_vpc"}), "MISSING_VALUE", "resources[1]"),
    ("no address", {**shown(), "values": {"root_module": {"resources": [{"type": "aws_vpc"}]}}}, "MISSING_VALUE",
     ", column address"),
    ("two of one address", state(resource("aws_vpc", "m", instance(id="a"), instance(id="b"))), "CONFLICT_IN_FILE",
     "resources[0] aws_vpc.m"),
    ("hidden character", state(resource("aws_vpc", "m", instance(name="a\u202eb"))), "BIDI_CONTROL",
     "resources[0] aws_vpc.m, column name"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "code", "place"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_faults(document: Any, code: str, place: str, tmp_path: Path, empty: SqliteStore) -> None:
    path = written(tmp_path, document)
    read = importer_for(path, "terraform").read(path, MODEL, "prod", Silent())
    found = read.problems.problems or problems_of(path, empty)
    assert any(p.code == code and p.place.startswith(path.name) and place in p.place for p in found), found


UNHURRIED = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
WORDS = st.sampled_from(["aws_vpc", "aws_instance", "main", "a", "aws_vpc.main", "module.a", "data", "managed", "4"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | WORDS, inner, max_size=3),
    max_leaves=4,
)
NAMES = ["mode", "type", "name", "module", "provider", "instances", "index_key", "index", "attributes", "values",
         "tags", "dependencies", "depends_on", "sensitive_attributes", "sensitive_values", "address", "id", "labels",
         "resources", "child_modules", "root_module", "deposed", "region"]  # fmt: skip
FIELDS = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), VALUES | st.lists(WORDS, max_size=2), max_size=5),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner | st.lists(inner, max_size=2) | VALUES, max_size=5),
    max_leaves=8,
)


@UNHURRIED
@given(FIELDS, st.lists(FIELDS | VALUES, max_size=4), st.lists(FIELDS, max_size=3), st.booleans())
def test_whatever_stands_there_it_is_an_estate_or_told_problems(
    folder: Path, root: dict[str, Any], resources: list[Any], instances: list[Any], as_shown: bool
) -> None:
    vpc = {**resource("aws_vpc", "main"), "instances": instances}
    document: dict[str, Any] = {"version": 4, "terraform_version": "1", "resources": [vpc, *resources]}
    if as_shown:
        document = {"terraform_version": "1", "values": {"root_module": root}}
    path = written(folder, document, "generated.tfstate")
    read = importer_for(path).read(path, MODEL, "x", Silent())
    assert read.cis or read.problems.count
