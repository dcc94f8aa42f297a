"""Kubernetes manifests: what becomes of each; anything else is told at its file and line, never a crash."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb.progress import Silent
from cmdb.store.sqlite.store import SqliteStore
from importers.registry import importer_for
from importers.sources.kubernetes.manifests import KINDS
from importers.sources.kubernetes.storage import tebibytes
from tests.importers.estate import MODEL, plan_of, problems_of, warnings_of

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app.kubernetes.io/version: "2.1"}
  annotations: {kubernetes.io/description: Sells.}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      containers: [{name: web, image: "web:2", env: [{name: PASSWORD, value: hunter2}]}]
      volumes:
        - {name: data, persistentVolumeClaim: {claimName: uploads}}
        - {name: share, nfs: {server: nas.example.org, path: /export}}
        - {name: settings, configMap: {name: settings}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  maxUnavailable: 50%
  selector: {matchExpressions: [{key: tier, operator: In, values: [front]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  rules:
    - host: shop.example.org
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
          - {path: /api, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}
          - {path: /old, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}
"""
ALONE = WEB.split("---", maxsplit=1)[0]
"""The deployment without its budget."""
DATA = """
apiVersion: v1
kind: List
items:
  - apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      replicas: 2
      template: {metadata: {labels: {app: db}}}
      volumeClaimTemplates:
        - {metadata: {name: data}, spec: {resources: {requests: {storage: 512Gi}}}}
  - apiVersion: v1
    kind: Service
    metadata: {name: api, namespace: shop}
    spec: {selector: {part: api}}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api-a, namespace: shop}
    spec: {template: {metadata: {labels: {part: api}}}}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api-b, namespace: shop}
    spec: {replicas: 0, template: {metadata: {labels: {part: api}}}}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api, namespace: other}
    spec: {template: {metadata: {labels: {part: api}}}}
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: uploads, namespace: shop}
    spec: {volumeName: pv-1, resources: {requests: {storage: 2Ti}}}
  - apiVersion: v1
    kind: PersistentVolume
    metadata: {name: pv-1}
    spec: {capacity: {storage: 2Ti}, nfs: {server: nas.example.org, path: /pv}}
  - apiVersion: v1
    kind: Secret
    metadata: {name: key, namespace: shop}
    data: {key: aHVudGVyMg==}
  - apiVersion: batch/v1
    kind: Job
    metadata: {name: once}
"""
NEEDS = """
    deployment:shop/web has_member deployment:shop/web/0 in replicas
    deployment:shop/web has_member deployment:shop/web/1 in replicas
    deployment:shop/web has_member deployment:shop/web/2 in replicas
    deployment:shop/web stores_data_on nfs:nas.example.org:/export
    deployment:shop/web stores_data_on persistentvolumeclaim:shop/uploads
    ingress:shop/shop depends_on service:shop/api at most degraded
    ingress:shop/shop depends_on service:shop/web at most degraded
    persistentvolume:pv-1 hosted_on nfs:nas.example.org:/pv
    persistentvolumeclaim:shop/uploads hosted_on persistentvolume:pv-1
    service:shop/api depends_on deployment:shop/api-a in workloads
    service:shop/api depends_on deployment:shop/api-b in workloads
    service:shop/web depends_on deployment:shop/web
    statefulset:shop/db has_member statefulset:shop/db/0 in replicas
    statefulset:shop/db has_member statefulset:shop/db/1 in replicas
    statefulset:shop/db/0 stores_data_on persistentvolumeclaim:shop/data-db-0
    statefulset:shop/db/1 stores_data_on persistentvolumeclaim:shop/data-db-1
"""


def tree(folder: Path, *texts: str) -> Path:
    for number, text in enumerate(texts):
        (folder / f"part-{number}").mkdir(parents=True, exist_ok=True)
        (folder / f"part-{number}" / "all.yaml").write_text(text, encoding="utf-8")
    return folder


def lines(changes: Any) -> list[str]:
    """The relations as lines of `NEEDS`."""
    found = []
    for r in changes.put_relations:
        start, type_, end = (part.removeprefix("prod:") for part in r[:3])
        pool, effect = f" in {r.pool}" if r.pool else "", f" at most {r.effect}" if r.effect else ""
        found.append(f"    {start} {type_} {end}{pool}{effect}")
    return sorted(found)


def test_a_tree_becomes_an_estate(tmp_path: Path, empty: SqliteStore) -> None:
    assert importer_for(tree(tmp_path, WEB, DATA)).name == "kubernetes"
    changes = plan_of(tmp_path, empty, "prod").changeset
    cis = {str(ci.id).removeprefix("prod:"): ci for ci in changes.put_cis}
    assert lines(changes) == NEEDS.split("\n")[1:-1]
    assert {tuple(p[:4]) for p in changes.put_pools} == {
        ("prod:deployment:shop/web", "replicas", "1", "3"), ("prod:statefulset:shop/db", "replicas", "1", "2"),
        ("prod:service:shop/api", "workloads", "1", "2"),
    }  # fmt: skip
    web = cis["deployment:shop/web"]
    assert (web.kind, web.name, web.attributes) == ("application_instance", "web", {
        "description": "Sells.", "external_id": "Deployment/shop/web", "version": "2.1",
    })  # fmt: skip
    assert cis["deployment:shop/api-b"].lifecycle == "planned"
    assert cis["ingress:shop/shop"].attributes["address"] == "shop.example.org"
    assert cis["persistentvolumeclaim:shop/uploads"].attributes["capacity_tib"] == 2
    assert cis["persistentvolumeclaim:shop/data-db-1"].attributes["capacity_tib"] == 0.5
    assert "hunter2" not in repr(changes)
    assert "aHVudGVyMg" not in repr(changes)
    assert warnings_of(tmp_path, empty) == [("DANGLING_RELATION", "part-0/all.yaml line 33, column spec")]


def budget(**spec: Any) -> str:
    return yaml.safe_dump({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
    })  # fmt: skip


@pytest.mark.parametrize(
    ("stated", "required"),
    [({"minAvailable": 2}, "2"), ({"minAvailable": "60%"}, "60%"), ({"minAvailable": 0}, "1"), ({}, "1"),
     ({"maxUnavailable": 1}, "2"), ({"maxUnavailable": "34%"}, "1"), ({"maxUnavailable": "33%"}, "2"),
     ({"maxUnavailable": 9}, "1")],
)  # fmt: skip
def test_a_budget_says_how_many_must_work(
    stated: dict[str, Any], required: str, tmp_path: Path, empty: SqliteStore
) -> None:
    (pool,) = plan_of(tree(tmp_path, f"{ALONE}---\n{budget(**stated)}"), empty).changeset.put_pools
    assert pool[1:4] == ("replicas", required, "3")


def test_a_scaler_says_how_many_there_are(tmp_path: Path, empty: SqliteStore) -> None:
    scaler = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {minReplicas: 5, maxReplicas: 9, scaleTargetRef: {kind: Deployment, name: web}}
"""
    (pool,) = plan_of(tree(tmp_path, ALONE, scaler), empty).changeset.put_pools
    assert pool[1:4] == ("replicas", "1", "5")


def live() -> dict[str, Any]:
    """What `kubectl get -o json` writes: the objects that people made, and those made of them."""
    owners = [{"kind": "Deployment", "name": "web"}]
    made = [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet",
         "metadata": {"name": "web-1", "namespace": "shop", "ownerReferences": owners}},
        *({"apiVersion": "v1", "kind": "Pod", "spec": {"nodeName": node},
           "metadata": {"name": f"web-1-{n}", "namespace": "shop",
                        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-1"}]}}
          for n, node in enumerate(("node-a", "node-b"))),
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-a"},
         "status": {"capacity": {"cpu": "4"}, "nodeInfo": {"osImage": "Linux"},
                    "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]}},
    ]  # fmt: skip
    people = [yaml.safe_load(ALONE)]
    return {"apiVersion": "v1", "kind": "List", "items": [*people, *made]}


def test_pods_say_where_replicas_run(tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / "all.json").write_text(json.dumps(live()))
    assert importer_for(tmp_path / "all.json").name == "kubernetes"
    changes = plan_of(tmp_path / "all.json", empty, "prod").changeset
    assert [line.strip() for line in lines(changes) if " runs_on " in line] == [
        "deployment:shop/web/0 runs_on node:node-a",
        "deployment:shop/web/1 runs_on node:node-b",
    ]
    nodes = {ci.name: ci.attributes for ci in changes.put_cis if ci.kind == "server"}
    assert nodes == {
        "node-a": {"cpus": 4, "external_id": "Node/node-a", "ip_address": "10.0.0.1", "os": "Linux"},
        "node-b": {},
    }


def test_the_order_of_files_and_objects_does_not_matter(tmp_path: Path, empty: SqliteStore) -> None:
    one = plan_of(tree(tmp_path / "one", WEB, DATA), empty).changeset
    documents = [*yaml.safe_load_all(WEB), yaml.safe_load(DATA)]
    other = plan_of(tree(tmp_path / "other", yaml.safe_dump_all(documents[::-1])), empty).changeset
    for part in ("put_cis", "put_relations", "put_pools"):
        assert sorted(getattr(one, part)) == sorted(getattr(other, part))


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n"
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n"
CASES = [
    ("template", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Values.name }}\n", "BAD_YAML",
     "line 4"),
    ("template at the top", "{{- if .Values.on }}\napiVersion: v1\nkind: Pod\n{{- end }}\n", "BAD_YAML", "line 1"),
    ("quoted template", POD.replace("x", '"{{ .Values.name }}"'), "BAD_YAML", "line 1, column metadata.name"),
    ("no YAML", f"{POD}spec: [\n", "BAD_YAML", "line 5"),
    ("alias", f"{POD}spec: &a {{}}\nother: *a\n", "YAML_ALIAS_FORBIDDEN", "line 4"),
    ("tag", f"{POD}spec: !!python/name:os.system x\n", "YAML_TAG_FORBIDDEN", "line 4"),
    ("no kind", f"{POD}---\na: 1\n", "MISSING_KEY", "line 5"),
    ("no name", f"{POD}---\napiVersion: v1\nkind: Pod\nmetadata: {{generateName: x-}}\n", "MISSING_VALUE", "line 5"),
    ("no number", f"{DEPLOYMENT}spec: {{replicas: many}}\n", "BAD_NUMBER", "line 1, column spec.replicas"),
    ("too many", f"{DEPLOYMENT}spec: {{replicas: 10001}}\n", "OUT_OF_RANGE", "line 1, column spec.replicas"),
    ("twice", f"{DEPLOYMENT}---\n{DEPLOYMENT}spec: {{replicas: 2}}\n", "CONFLICT_IN_FILE", "line 5"),
    ("bad rule", f"{ALONE}---\n{budget(minAvailable='most')}", "BAD_POOL_RULE", "column required"),
    ("hidden character", POD.replace("x}", '"a\u202eb"}'), "BIDI_CONTROL", "line 1, column id"),
    ("only others", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n", "EMPTY_FILE", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "place"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_faults(text: str, code: str, place: str, tmp_path: Path, empty: SqliteStore) -> None:
    path = tree(tmp_path, text) / "part-0" / "all.yaml"
    assert importer_for(path).name == "kubernetes"
    found = problems_of(path, empty)
    assert any(p.code == code and p.place.startswith("all.yaml") and place in p.place for p in found), found


def test_other_files_of_a_tree_are_not_read_and_links_not_followed(tmp_path: Path, empty: SqliteStore) -> None:
    tree(tmp_path / "in", WEB, DATA)
    (tmp_path / "in" / "values.yaml").write_text("replicas: &a 1\n")
    (tmp_path / "outside.yaml").write_text("apiVersion: v1\nkind: Pod\n")
    (tmp_path / "in" / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    assert ("IGNORED_FILE", "values.yaml") in warnings_of(tmp_path / "in", empty)


def test_a_file_of_another_format_is_left_to_its_importer(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text("tables: []\n")
    (tmp_path / "catalog-info.yaml").write_text("apiVersion: backstage.io/v1alpha1\nkind: System\n")
    assert importer_for(tmp_path / "mapping.yaml").name == "mapped"
    assert importer_for(tmp_path / "catalog-info.yaml").name == "backstage"
    assert importer_for(tmp_path).name == "mapped"


@pytest.mark.parametrize(
    ("quantity", "size"),
    [("1Ti", "1"), ("512Gi", "0.5"), ("1T", "0.909495"), ("1099511627776", "1"), ("10Mi", "0.00001"), ("1", ""),
     ("many", ""), ("", ""), ("1e3", "")],
)  # fmt: skip
def test_sizes(quantity: str, size: str) -> None:
    assert tebibytes(quantity) == size


UNHURRIED = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
WORDS = st.sampled_from(["a", "b", "web", "50%", "3", "In", "1Gi", *sorted(KINDS)])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 12) | TEXTS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | WORDS, inner, max_size=3),
    max_leaves=4,
)
NAMES = ["name", "namespace", "labels", "replicas", "selector", "template", "volumes", "persistentVolumeClaim", "nfs",
         "claimName", "volumeClaimTemplates", "minAvailable", "maxUnavailable", "matchLabels", "matchExpressions",
         "rules", "http", "paths", "backend", "service", "scaleTargetRef", "kind", "ownerReferences", "nodeName",
         "metadata", "spec", "status", "addresses", "capacity", "server", "path", "key", "operator"]  # fmt: skip
FIELDS = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner | st.lists(inner, max_size=2) | VALUES, max_size=4),
    max_leaves=8,
)
OBJECTS = st.builds(
    lambda kind, parts: {"apiVersion": f"{KINDS[kind][0]}/v1".removeprefix("/"), "kind": kind, **parts},
    st.sampled_from(sorted(KINDS)),
    st.fixed_dictionaries({"metadata": st.fixed_dictionaries({"name": WORDS}, optional={"labels": FIELDS})},
                          optional={"spec": FIELDS | VALUES, "status": FIELDS}),
)  # fmt: skip


@UNHURRIED
@given(st.lists(OBJECTS | VALUES, max_size=6), st.booleans())
def test_whatever_stands_there_it_is_an_estate_or_told_problems(
    folder: Path, documents: list[Any], as_json: bool
) -> None:
    path = folder / ("all.json" if as_json else "all.yaml")
    if as_json:
        path.write_text(json.dumps({"kind": "List", "items": documents}), encoding="utf-8")
    else:
        path.write_text(yaml.safe_dump_all(documents, allow_unicode=True), encoding="utf-8")
    read = importer_for(path, "kubernetes").read(path, MODEL, "x", Silent())
    assert read.cis or read.problems.count
