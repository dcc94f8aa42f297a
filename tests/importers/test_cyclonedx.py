"""CycloneDX bills of materials: what becomes of each part; anything else is told at its place, never a crash."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb.progress import Silent
from cmdb.store.sqlite.store import SqliteStore
from importers.registry import importer_for
from importers.sources.cyclonedx.bom import KINDS
from tests.importers.estate import MODEL, plan_of, problems_of, warnings_of

SHOP: dict[str, Any] = {
    "type": "application", "bom-ref": "root", "group": "acme", "name": "shop", "version": "2.1",
    "purl": "pkg:maven/acme/shop@2.1?type=jar", "description": "Sells.",
}  # fmt: skip
COMPONENTS: list[dict[str, Any]] = [
    {"type": "library", "bom-ref": "log", "name": "log", "version": "1.0", "purl": "pkg:npm/%40acme/log@1.0"},
    {"type": "framework", "bom-ref": "web", "group": "org", "name": "web", "version": "3",
     "components": [{"type": "library", "bom-ref": "http", "name": "http"}]},
    {"type": "library", "bom-ref": "cache", "name": "cache", "scope": "optional"},
    {"type": "library", "bom-ref": "junit", "name": "junit", "scope": "excluded"},
    {"type": "file", "bom-ref": "readme", "name": "README"},
    {"type": "operating-system", "bom-ref": "os", "name": "linux", "version": "6"},
]  # fmt: skip
SERVICES = [
    {
        "bom-ref": "rates",
        "group": "bank",
        "name": "rates",
        "provider": {"name": "Example Bank"},
        "services": [{"bom-ref": "feed", "name": "feed"}],
        "endpoints": ["https://user:secret@example.org"],
    }
]
DEPENDENCIES = [
    {"ref": "root", "dependsOn": ["log", "web", "cache", "junit", "rates"]},
    {"ref": "web", "dependsOn": ["log", "readme", "web"]},
    {"ref": "log"},
]


def bom(**parts: Any) -> dict[str, Any]:
    whole = {"metadata": {"component": SHOP}, "components": COMPONENTS, "services": SERVICES,
             "dependencies": DEPENDENCIES}  # fmt: skip
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, **whole, **parts}


def written(folder: Path, document: Any, name: str = "bom.json") -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6"])
def test_a_document_becomes_an_estate(version: str, tmp_path: Path, empty: SqliteStore) -> None:
    path = written(tmp_path, bom(specVersion=version))
    assert importer_for(path).name == importer_for(tmp_path).name == "cyclonedx"
    changes = plan_of(path, empty).changeset
    assert {str(ci.id): (ci.kind, ci.name) for ci in changes.put_cis} == {
        "pkg:maven/acme/shop": ("application", "acme/shop"),
        "pkg:npm/%40acme/log@1.0": ("software", "log"),
        "framework:org/web@3": ("software", "org/web"),
        "library:http": ("software", "http"),
        "library:cache": ("software", "cache"),
        "operating-system:linux@6": ("software", "linux"),
        "service:bank/rates": ("technical_service", "bank/rates"),
        "service:feed": ("technical_service", "feed"),
        "supplier:Example Bank": ("supplier", "Example Bank"),
    }
    assert {(*r[:3], r.effect) for r in changes.put_relations} == {
        ("pkg:maven/acme/shop", "depends_on", "pkg:npm/%40acme/log@1.0", ""),
        ("pkg:maven/acme/shop", "depends_on", "framework:org/web@3", ""),
        ("pkg:maven/acme/shop", "depends_on", "library:cache", "degraded"),
        ("pkg:maven/acme/shop", "depends_on", "service:bank/rates", ""),
        ("framework:org/web@3", "depends_on", "pkg:npm/%40acme/log@1.0", ""),
        ("framework:org/web@3", "depends_on", "library:http", ""),
        ("service:bank/rates", "depends_on", "service:feed", ""),
        ("service:bank/rates", "supplied_by", "supplier:Example Bank", ""),
    }
    shop = next(ci for ci in changes.put_cis if ci.kind == "application")
    assert shop.attributes == {"description": "Sells.", "version": "2.1"}
    assert "secret" not in repr(changes)


def test_without_dependencies_the_whole_needs_its_components(tmp_path: Path, empty: SqliteStore) -> None:
    document = bom()
    del document["dependencies"]
    changes = plan_of(written(tmp_path, document), empty).changeset
    needed = {r.to_id for r in changes.put_relations if r.from_id == "pkg:maven/acme/shop"}
    assert needed == {
        "pkg:npm/%40acme/log@1.0", "framework:org/web@3", "library:cache", "operating-system:linux@6",
        "service:bank/rates",
    }  # fmt: skip


def test_several_documents_share_what_they_name_alike(tmp_path: Path, empty: SqliteStore) -> None:
    other = {**SHOP, "name": "desk", "purl": "pkg:maven/acme/desk@1"}
    written(tmp_path, bom(), "shop/bom.json")
    written(tmp_path, bom(metadata={"component": other}), "desk/desk.cdx.json")
    changes = plan_of(tmp_path, empty).changeset
    wholes = {r.from_id for r in changes.put_relations if r.to_id == "pkg:npm/%40acme/log@1.0"}
    assert wholes == {"pkg:maven/acme/shop", "pkg:maven/acme/desk", "framework:org/web@3"}


def test_the_order_of_the_parts_does_not_matter(tmp_path: Path, empty: SqliteStore) -> None:
    one = plan_of(written(tmp_path, bom(), "one.json"), empty).changeset
    turned = bom(components=COMPONENTS[::-1], services=SERVICES[::-1], dependencies=DEPENDENCIES[::-1])
    other = plan_of(written(tmp_path, dict(reversed(turned.items())), "other.json"), empty).changeset
    assert sorted(one.put_cis) == sorted(other.put_cis)
    assert sorted(one.put_relations) == sorted(other.put_relations)


def test_a_long_name_is_cut_and_stays_its_own(tmp_path: Path, empty: SqliteStore) -> None:
    long = [{"type": "library", "name": "x", "purl": "pkg:rpm/x@1?checksum=" + "0" * 300 + end} for end in "ab"]
    changes = plan_of(written(tmp_path, bom(components=long, dependencies=[], services=[])), empty).changeset
    assert sorted(len(ci.id) for ci in changes.put_cis if ci.kind == "software") == [200, 200]


def test_a_link_to_another_document_is_a_warning(tmp_path: Path, empty: SqliteStore) -> None:
    links = [{"ref": "root", "dependsOn": ["urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#x"]}]
    path = written(tmp_path, bom(dependencies=links))
    assert warnings_of(path, empty) == [("DANGLING_RELATION", "bom.json dependencies[0], column dependsOn")]


CASES: list[tuple[str, Any, str, str]] = [
    ("no version", bom(specVersion=None), "UNKNOWN_FORMAT", "bom.json, column specVersion"),
    ("another format", {"bomFormat": "SPDX"}, "UNKNOWN_FORMAT", "bom.json"),
    ("a list", [{"bomFormat": "CycloneDX"}], "UNKNOWN_FORMAT", "bom.json"),
    ("nothing in it", {"bomFormat": "CycloneDX", "specVersion": "1.5"}, "EMPTY_FILE", "bom.json"),
    ("unknown type", bom(components=[{"type": "gadget", "name": "x"}]), "UNKNOWN_KIND", "components[0], column type"),
    ("no name", bom(components=[COMPONENTS[0], {"type": "library"}]), "MISSING_VALUE", "components[1], column name"),
    ("service without name", bom(services=[{}]), "MISSING_VALUE", "services[0], column name"),
    ("one reference twice", bom(components=[*COMPONENTS, {**COMPONENTS[2], "name": "y"}]), "DUPLICATE_KEY",
     "components[6], column bom-ref"),
    ("no such reference", bom(dependencies=[{"ref": "root", "dependsOn": ["lost"]}]), "DANGLING_RELATION",
     "dependencies[0], column dependsOn"),
    ("two releases", bom(components=[*COMPONENTS, {**SHOP, "bom-ref": "old", "version": "1"}]), "CONFLICT_IN_FILE",
     "components[6]"),
    ("hidden character", bom(services=[{"name": "a\u202eb"}]), "BIDI_CONTROL", "services[0], column name"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "code", "place"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_faults(document: Any, code: str, place: str, tmp_path: Path, empty: SqliteStore) -> None:
    found = problems_of(written(tmp_path, document), empty)
    assert any(p.code == code and p.place.startswith("bom.json") and place in p.place for p in found), found


def test_what_is_no_json_is_told(tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / "bom.json").write_text('{"bomFormat": ')
    assert [p.code for p in problems_of(tmp_path, empty)] == ["BAD_JSON"]


UNHURRIED = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
WORDS = st.sampled_from(["a", "b", "root", "1.0", "optional", "excluded", "urn:cdx:x", "pkg:npm/a@1", *sorted(KINDS)])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | WORDS, inner, max_size=3),
    max_leaves=4,
)
FIELDS = ["type", "name", "group", "version", "bom-ref", "purl", "scope", "provider", "ref", "dependsOn", "description"]
PART = st.dictionaries(st.sampled_from(FIELDS), WORDS | VALUES | st.lists(WORDS, max_size=3), max_size=8)
PARTS = st.lists(PART | VALUES | st.fixed_dictionaries({"components": st.lists(PART, max_size=2)}), max_size=4)


@UNHURRIED
@given(
    st.fixed_dictionaries(
        {},
        optional={"metadata": st.fixed_dictionaries({"component": PART | VALUES}), "components": PARTS | VALUES,
                  "services": PARTS | VALUES, "dependencies": PARTS | VALUES, "specVersion": VALUES},
    )
)  # fmt: skip
def test_whatever_stands_there_it_is_an_estate_or_told_problems(folder: Path, parts: dict[str, Any]) -> None:
    path = written(folder, {"bomFormat": "CycloneDX", "specVersion": "1.5", **parts}, "generated.json")
    read = importer_for(path).read(path, MODEL, "x", Silent())
    assert read.cis or read.problems.count
