"""The shipped mapping of assyst: its example imports as it is, and a lost server reaches people."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cmdb.store.sqlite.store import SqliteStore
from impact.analyses.people import people
from impact.snapshot import compile_estate
from importers.runner import apply_plan
from tests.impact.estates import WORDS, asked, states
from tests.importers.estate import plan_of, store_in

ROOT = Path(__file__).parents[2]
ASSYST = ROOT / "examples" / "assyst"
PAGE = (ROOT / "docs" / "assyst.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    found = store_in(tmp_path_factory.mktemp("assyst"))
    apply_plan(found, plan_of(ASSYST, found, "assyst"), "ada")
    yield found
    found.close()


def test_the_example_imports_without_a_warning_and_only_once(store: SqliteStore) -> None:
    again = plan_of(ASSYST, store, "assyst")
    assert (again.empty, again.warnings) == (True, ())
    cis = {str(ci.id): ci for ci in store.dump().cis}
    assert cis["serv-HEALTH CARD"].attributes == {
        "criticality": "critical", "external_id": "HEALTH CARD", "rto": 60, "support_hours": "24x7",
    }  # fmt: skip
    assert cis["item-HFX-DB-01"].attributes == {
        "external_id": "HFX-DB-01", "model": "DELL R760", "serial": "CN7H4Q3", "verified_at": "2026-11-03T18:20:00Z",
    }  # fmt: skip
    assert {id_: ci.lifecycle for id_, ci in cis.items() if ci.lifecycle != "live"} == {
        "item-PERMITS-TST": "planned", "item-HFX-OLD-07": "retired",
    }  # fmt: skip
    assert (cis["sectn-NSH-EMERG"].sector, cis["sectn-NSH-EMERG"].attributes["head_count"]) == ("health", 1150)
    assert cis["sla-GOLD"].attributes == {"support_hours": "Mon-Fri 07:00-19:00", "valid_until": "2027-03-31"}


def test_a_lost_server_reaches_people(store: SqliteStore) -> None:
    question = asked(compile_estate(WORDS, store.dump()), "item-HFX-DB-01")
    hit = states(question)
    assert {id_ for id_ in hit if id_.startswith("serv-")} == {"serv-PAYROLL", "serv-HEALTH CARD"}
    groups = {id_ for id_ in hit if id_.startswith("sectn-")}
    assert groups == {"sectn-FIN-PAY", "sectn-FIN-TREAS", "sectn-NSH-ADMIT", "sectn-NSH-EMERG"}
    assert people(question).total == 85 + 40 + 720 + 1150


def test_one_of_two_balanced_servers_puts_the_service_at_risk(store: SqliteStore) -> None:
    hit = states(asked(compile_estate(WORDS, store.dump()), "item-HFX-WEB-02"))
    assert (hit["item-PERMITS-APP"], hit["serv-PERMITS"], hit["sectn-SNS-COUNTER"]) == ("at_risk",) * 3


@pytest.mark.parametrize("file", sorted(ASSYST.glob("*.csv")), ids=lambda file: file.stem)
def test_every_column_is_explained(file: Path) -> None:
    assert f"`{file.name}`" in PAGE
    with file.open(encoding="utf-8") as lines:
        assert set(next(csv.reader(lines))) <= set(re.findall(r"`([A-Z_]+)`", PAGE))
