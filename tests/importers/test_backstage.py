"""Backstage catalogues: what becomes of each entity; anything else is told at its file and line, never a crash."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.progress import Silent
from cmdb.store.sqlite.store import SqliteStore
from importers.registry import importer_for
from tests.importers.estate import MODEL, plan_of, problems_of

PAY = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: Pay, title: Payments, description: Pays suppliers.}
spec:
  type: service
  lifecycle: production
  owner: team-pay
  system: finance
  dependsOn: [resource:pay-db, component:default/rates]
  consumesApis: [rates-api]
---
kind: Resource
metadata: {name: pay-db}
spec: {type: database, owner: group:default/team-db, dependencyOf: [component:reports]}
---
kind: System
metadata: {name: finance}
spec: {owner: team-pay, domain: money}
"""
OTHERS = """
kind: Domain
metadata: {name: money}
spec: {owner: user:ada}
---
kind: Component
metadata: {name: rates}
spec: {type: library, owner: team-pay, providesApis: [rates-api], subcomponentOf: reports, lifecycle: retired}
---
kind: Component
metadata: {name: reports, namespace: default}
spec: {type: website, owner: team-pay}
---
kind: API
metadata: {name: rates-api}
spec: {type: openapi, owner: team-pay}
---
kind: Group
metadata: {name: team-pay}
spec: {type: team, profile: {displayName: Team Pay, email: pay@example.org}, children: []}
---
kind: User
metadata: {name: ada}
spec: {profile: {displayName: Ada}, memberOf: [team-pay]}
---
kind: Location
metadata: {name: elsewhere}
spec: {targets: [./other.yaml]}
"""


def catalogue(folder: Path, *texts: str) -> Path:
    for number, text in enumerate(texts):
        (folder / f"part-{number}").mkdir(parents=True, exist_ok=True)
        (folder / f"part-{number}" / "catalog-info.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_tree_becomes_an_estate(tmp_path: Path, empty: SqliteStore) -> None:
    assert importer_for(catalogue(tmp_path, PAY, OTHERS)).name == "backstage"
    changes = plan_of(tmp_path, empty, "backstage").changeset
    assert {str(ci.id): (ci.kind, ci.name, ci.lifecycle) for ci in changes.put_cis} == {
        "component:pay": ("application", "Payments", "live"),
        "component:rates": ("software", "rates", "retired"),
        "component:reports": ("application", "reports", "live"),
        "resource:pay-db": ("database", "pay-db", "live"),
        "api:rates-api": ("endpoint", "rates-api", "live"),
        "system:finance": ("technical_service", "finance", "live"),
        "domain:money": ("business_service", "money", "live"),
        "group:team-pay": ("team", "Team Pay", "live"),
        "group:team-db": ("team", "team-db", "live"),
        "user:ada": ("person", "Ada", "live"),
    }
    impact = {(*r[:3], r.effect) for r in changes.put_relations if r.type not in {"owned_by", "member_of"}}
    assert impact == {
        ("component:pay", "depends_on", "resource:pay-db", ""),
        ("component:pay", "depends_on", "component:rates", ""),
        ("component:pay", "depends_on", "api:rates-api", ""),
        ("component:reports", "depends_on", "resource:pay-db", ""),
        ("api:rates-api", "depends_on", "component:rates", ""),
        ("component:reports", "depends_on", "component:rates", "degraded"),
        ("system:finance", "delivered_by", "component:pay", "degraded"),
        ("domain:money", "delivered_by", "system:finance", "degraded"),
    }
    people = {tuple(r[:3]) for r in changes.put_relations if r.type in {"owned_by", "member_of"}}
    assert people >= {("domain:money", "owned_by", "user:ada"), ("user:ada", "member_of", "group:team-pay")}


def test_the_order_of_files_does_not_matter(tmp_path: Path, empty: SqliteStore) -> None:
    one = plan_of(catalogue(tmp_path / "one", PAY, OTHERS), empty).changeset
    other = plan_of(catalogue(tmp_path / "other", OTHERS, PAY), empty).changeset
    assert sorted(one.put_cis) == sorted(other.put_cis)
    assert sorted(one.put_relations) == sorted(other.put_relations)


CASES = [
    ("unknown kind", "kind: Componet\nmetadata: {name: x}\n", "UNKNOWN_KIND", "line 1, column kind"),
    ("no name", "a: 1\nkind: System\n", "MISSING_VALUE", "line 1, column metadata.name"),
    ("bad reference", "kind: System\nmetadata: {name: x}\nspec: {owner: 'a b'}\n", "BAD_REFERENCE", "line 3"),
    ("no kind in it", "kind: Component\nmetadata: {name: x}\nspec:\n  dependsOn: [y]\n", "BAD_REFERENCE", "line 4"),
    ("nothing there", "kind: Component\nmetadata: {name: x}\nspec: {dependsOn: ['component:y']}\n",
     "DANGLING_RELATION", "line 1"),
    ("alias", "kind: &a System\nmetadata: {name: *a}\n", "YAML_ALIAS_FORBIDDEN", "line 1"),
    ("tag", "kind: !!python/name:os.system x\n", "YAML_TAG_FORBIDDEN", "line 1"),
    ("no YAML", "kind: [\n", "BAD_YAML", "line 2"),
    ("hidden character", "kind: System\nmetadata: {name: x, title: 'a\u202eb'}\n", "BIDI_CONTROL", "line 1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "place"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_faults(text: str, code: str, place: str, tmp_path: Path, empty: SqliteStore) -> None:
    found = problems_of(catalogue(tmp_path, text), empty)
    assert any(p.code == code and p.place.startswith("part-0/catalog-info.yaml") and place in p.place for p in found)


def test_links_are_not_followed(tmp_path: Path) -> None:
    catalogue(tmp_path / "outside", PAY)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "catalog-info.yaml").symlink_to(tmp_path / "outside" / "part-0" / "catalog-info.yaml")
    read = importer_for(tmp_path / "in", "backstage").read(tmp_path / "in", MODEL, "x", Silent())
    assert read.cis == []


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
WORDS = st.sampled_from(["Component", "System", "api", "x", "component:x", "group:y/x", "a/b/c", "", "production"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
FIELDS = st.sampled_from(["name", "namespace", "title", "type", "owner", "system", "dependsOn", "providesApis",
                          "memberOf", "profile", "domain", "subcomponentOf", "lifecycle"])  # fmt: skip
ENTITIES = st.fixed_dictionaries(
    {"kind": WORDS | VALUES},
    optional={"metadata": st.dictionaries(FIELDS, WORDS | VALUES) | VALUES, "spec": st.dictionaries(FIELDS, VALUES)},
)


@settings(deadline=None)
@given(st.lists(ENTITIES | VALUES, max_size=4))
def test_whatever_stands_there_it_is_an_estate_or_told_problems(folder: Path, documents: list[Any]) -> None:
    path = folder / "catalog-info.yaml"
    path.write_text(yaml.safe_dump_all(documents, allow_unicode=True), encoding="utf-8")
    importer_for(path, "backstage").read(path, MODEL, "x", Silent())
