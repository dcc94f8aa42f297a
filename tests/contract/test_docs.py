"""The docs name everything the product has, link to what exists, and their examples work."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli import VERBS
from cmdb.model.document import EXTENSION
from cmdb.model.extension import load_extension
from cmdb.model.kinds import KINDS
from cmdb.model.model import standard_model
from cmdb.model.relations import RELATIONS
from cmdb.store.sqlite.store import SqliteStore
from impact.analyses import ANALYSES
from impact.analyses.completeness import RULES
from impact.snapshot import compile_estate
from impact.states import ImpactState
from importers.runner import apply_plan, plan_import
from tests.impact.estates import WORDS, asked, states

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text(page), re.MULTILINE | re.DOTALL)


def links() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            if "://" not in target:
                yield str(page.relative_to(ROOT)), target


@pytest.mark.parametrize(("page", "target"), sorted(set(links())))
def test_every_link_leads_somewhere(page: str, target: str) -> None:
    name, _, anchor = target.partition("#")
    found = (ROOT / page).parent / name if name else ROOT / page
    assert found.exists()
    if anchor:
        headings = HEADING.findall(found.read_text(encoding="utf-8"))
        assert anchor in {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("name", [*(kind.name for kind in KINDS), *(relation.name for relation in RELATIONS)])
def test_every_kind_and_relation_has_a_row(name: str) -> None:
    assert re.search(rf"^\| \*?`{name}`\*? \|", text("model.md"), re.MULTILINE)


def test_every_attribute_has_a_row() -> None:
    names = {attribute.name for kind in KINDS for attribute in kind.attributes}
    assert names <= set(re.findall(r"^\| `(\w+)` \|", text("model.md"), re.MULTILINE))


@pytest.mark.parametrize("verb", [name for name, _ in VERBS])
def test_every_verb_is_in_the_readme(verb: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"(cmdb|dev\.py) {verb}\b", readme)


@pytest.mark.parametrize("name", [name for name, *_ in ANALYSES])
def test_every_analysis_is_told(name: str) -> None:
    assert f"`{name}`" in text("impact.md")


@pytest.mark.parametrize("code", [*(code for code, *_ in RULES), "BAD_POOL_RULE"])
def test_every_blind_spot_has_a_row(code: str) -> None:
    assert re.search(rf"^\| `{code}` \|", text("impact.md"), re.MULTILINE)


@pytest.mark.parametrize("state", [state.value for state in ImpactState])
def test_every_state_has_a_row(state: str) -> None:
    assert re.search(rf"^\| `{state}` \|", text("impact.md"), re.MULTILINE)


def test_the_extension_example_loads(tmp_path: Path) -> None:
    assert blocks("model.md", "yaml") == [EXTENSION]
    path = tmp_path / "ours.yml"
    path.write_text(EXTENSION, encoding="utf-8")
    model = load_extension(path, standard_model())
    assert {"touch", "rack_units", "hostname"} <= model.attributes["kiosk"].keys()
    assert (model.relations["guarded_by"].impact, "education" in model.sectors) == ("none", True)


def test_the_format_example_imports_and_means_what_is_said_of_it(tmp_path: Path) -> None:
    for name, content in zip(("cis", "relations", "pools"), blocks("estate-format.md", "csv"), strict=True):
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    store = SqliteStore(tmp_path / "cmdb.db", standard_model())
    try:
        planned = plan_import(store, standard_model(), tmp_path, "docs")
        assert planned.warnings == ()
        apply_plan(store, planned, "test")
        assert plan_import(store, standard_model(), tmp_path, "docs").empty
        found = compile_estate(WORDS, store.dump())
    finally:
        store.close()
    assert states(asked(found, "web-1")) == {
        "web-1": "down", "pay-app": "degraded", "payroll": "degraded", "staff": "degraded",
    }  # fmt: skip
    assert states(asked(found, "payroll")) == {"payroll": "down", "staff": "degraded"}


def test_every_column_of_the_format_is_told() -> None:
    columns = {name for block in blocks("estate-format.md", "csv") for name in next(csv.reader([block.split("\n")[0]]))}
    told = set(re.findall(r"`(\w+)`", text("estate-format.md")))
    assert columns - {"rto", "head_count", "verified_at"} <= told
