"""`cmdb.service.Inventory`: looking around, and edits that merge into what is stored."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.errors import InvalidInput, Problem
from cmdb.model.model import standard_model
from cmdb.reconcile.edit import Draft, Given
from cmdb.service import Inventory, Signed
from cmdb.store.port import Applied, CiFilter, Conflict, KeyReused
from cmdb.store.sqlite.store import SqliteStore

BY = Signed("ada", "console")
APP, DB = CiId("app"), CiId("db")


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Inventory]:
    model = standard_model()
    with closing(SqliteStore(tmp_path / "store.db", model)) as store:
        inventory = Inventory(store, model)
        inventory.upsert(
            [
                Draft("app", "application", "Payroll", "government", attributes={"rto": "4h", "vendor": "Acme"}),
                Draft("db", "database"),
                Draft("host", "server"),
            ],
            BY,
        )
        yield inventory


def stored(inventory: Inventory, ci_id: str) -> CI:
    return inventory.get([CiId(ci_id)])[CiId(ci_id)].ci


def problems(error: pytest.ExceptionInfo[InvalidInput]) -> list[Problem]:
    return error.value.problems


def test_a_new_ci_gets_defaults(inventory: Inventory) -> None:
    assert stored(inventory, "app") == CI(
        APP, "application", "Payroll", "government", "live", '{"rto":240,"vendor":"Acme"}', "console"
    )
    assert stored(inventory, "db") == CI(DB, "database", "db", "shared", "live", "{}", "console")


def test_stated_fields_are_merged_into_the_stored_ci(inventory: Inventory) -> None:
    by = Signed("bob", "other", "new vendor")
    applied = inventory.upsert([Draft("app", attributes={"vendor": "Zeta", "rto": None, "version": "3"})], by)
    assert applied == Applied(2, changed=1)
    assert stored(inventory, "app").attributes == {"vendor": "Zeta", "version": "3"}
    assert stored(inventory, "app")[:5] == (APP, "application", "Payroll", "government", "live")
    assert stored(inventory, "app").source == "console"
    (told,) = inventory.history([APP], 1)
    assert (told.who, told.source, told.message) == ("bob", "other", "new vendor")


def test_an_edit_that_says_what_is_stored_changes_nothing(inventory: Inventory) -> None:
    assert inventory.upsert([Draft("app", attributes={"rto": 240})], BY) == Applied(1)


@pytest.mark.parametrize(
    ("kind", "name", "given", "kept"),
    [
        ("application", "rto", "PT2H", 120),
        ("application", "rto", 90, 90),
        ("server", "cpus", 8, 8),
        ("server", "memory_gib", 1.5, 1.5),
        ("server", "memory_gib", "1.5", 1.5),
        ("server", "aliases", ["x", " y ", ""], ["x", "y"]),
        ("server", "aliases", "x; y", ["x", "y"]),
        ("server", "criticality", "HIGH", "high"),
        ("server", "verified_at", "2026-11-22", "2026-11-22"),
    ],
)
def test_values_take_their_type(inventory: Inventory, kind: str, name: str, given: Given, kept: object) -> None:
    inventory.upsert([Draft("x", kind, attributes={name: given})], BY)
    assert stored(inventory, "x").attributes == {name: kept}


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("cpus", "many", "BAD_NUMBER"),
        ("cpus", True, "BAD_TYPE"),
        ("cpus", -1, "OUT_OF_RANGE"),
        ("cpus", 1.5, "BAD_NUMBER"),
        pytest.param("cpus", 10**5_000, "OUT_OF_RANGE", id="huge"),
        ("cpus", ["1"], "BAD_TYPE"),
        ("memory_gib", float("nan"), "NOT_FINITE"),
        ("os", 5, "BAD_TYPE"),
        ("os", " ", "MISSING_VALUE"),
        ("os", "a\x00b", "BAD_CHARACTER"),
        ("criticality", "extreme", "BAD_CHOICE"),
        ("verified_at", "01/02/2026", "DATE_AMBIGUOUS"),
        ("colour", "red", "UNKNOWN_ATTRIBUTE"),
        ("rto", "4h", "UNKNOWN_ATTRIBUTE"),
    ],
)
def test_values_that_do_not_fit(inventory: Inventory, name: str, given: Given, code: str) -> None:
    kind = "document" if name == "rto" else "server"
    with pytest.raises(InvalidInput) as error:
        inventory.upsert([Draft("x", kind, attributes={name: given})], BY)
    with pytest.raises(InvalidInput) as keyed:
        inventory.upsert([Draft("x", kind, attributes={name: given})], BY._replace(key="once"))
    (problem,) = problems(error)
    assert [problem] == problems(keyed)
    assert problem.code == code
    assert problem.place.startswith("cis[0].attributes.")
    assert problem.accepted
    assert inventory.store.head().revision == 1


def test_every_draft_reports_its_problems(inventory: Inventory) -> None:
    with pytest.raises(InvalidInput) as error:
        inventory.upsert([Draft("", "server"), Draft("new"), Draft("db", attributes={"engin": "x"})], BY)
    assert [(p.code, p.place) for p in problems(error)] == [
        ("MISSING_VALUE", "cis[0].id"),
        ("MISSING_VALUE", "cis[1].kind"),
        ("UNKNOWN_ATTRIBUTE", "cis[2].attributes.'engin'"),
    ]
    assert "engine" in problems(error)[2].accepted


def test_a_new_kind_must_know_the_attributes_kept(inventory: Inventory) -> None:
    with pytest.raises(InvalidInput) as error:
        inventory.upsert([Draft("app", "document", attributes={"rto": None})], BY)
    assert [(p.code, p.found) for p in problems(error)] == [("UNKNOWN_ATTRIBUTE", "'vendor'")]
    inventory.upsert([Draft("app", "document", attributes={"rto": None, "vendor": None})], BY)
    assert stored(inventory, "app").kind == "document"


def test_ids_are_one_form(inventory: Inventory) -> None:
    inventory.upsert([Draft("cafe\u0301", "server", "first")], BY)
    applied = inventory.upsert([Draft("caf\u00e9", name="second")], BY)
    assert applied == Applied(3, changed=1)


def test_expected_revisions(inventory: Inventory) -> None:
    inventory.upsert([Draft("app", name="Pay")], BY, {APP: 1})
    with pytest.raises(Conflict) as error:
        inventory.upsert([Draft("app", name="Wages")], BY, {APP: 1})
    assert (error.value.expected, error.value.actual) == (1, 2)
    with pytest.raises(Conflict):
        inventory.retire([APP], BY, {APP: 1})


def test_a_retry_is_known_though_others_wrote_in_between(inventory: Inventory) -> None:
    by = BY._replace(key="k1")
    draft = Draft("app", attributes={"vendor": "Zeta"})
    first = inventory.upsert([draft], by)
    inventory.upsert([Draft("app", attributes={"version": "9", "vendor": "Acme"})], BY)
    again = inventory.upsert([draft], by)
    assert again == Applied(first.revision, changed=1, replayed=True)
    assert stored(inventory, "app").attributes["vendor"] == "Acme"
    with pytest.raises(KeyReused):
        inventory.upsert([Draft("app", attributes={"vendor": "Other"})], by)


def test_edits_of_different_fields_at_once_are_all_kept(inventory: Inventory) -> None:
    names = ["description", "external_id", "vendor", "version"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: inventory.upsert([Draft("app", attributes={name: "set"})], BY), names))
    assert {k: v for k, v in stored(inventory, "app").attributes.items() if v == "set"}.keys() == set(names)


def test_relating_and_looking_around(inventory: Inventory) -> None:
    host = CiId("host")
    runs = Relation(DB, "runs_on", host, "hosts", "", "console")
    needs = Relation(APP, "depends_on", DB, "", "", "console")
    hosts = Pool(DB, "hosts", "1", "", "", "console")
    inventory.put_pools([hosts], BY)
    inventory.relate([runs, needs], BY)
    around = inventory.neighbours(DB)
    assert around is not None
    assert around.ci.ci == stored(inventory, "db")
    assert around.outgoing == {"runs_on": [(runs, stored(inventory, "host"))]}
    assert around.incoming == {"depends_on": [(needs, stored(inventory, "app"))]}
    assert around.pools == [hosts]
    inventory.unrelate([needs.key], BY)
    around = inventory.neighbours(DB)
    assert around is not None
    assert around.incoming == {}
    assert inventory.neighbours(CiId("ghost")) is None


def test_retiring(inventory: Inventory) -> None:
    assert inventory.retire([APP], BY) == Applied(2, removed=1)
    assert inventory.page(CiFilter(lifecycles=frozenset({"retired"})), 5).cis[0].ci.id == "app"
    assert inventory.search("payroll", 1)[0].ci.lifecycle == "retired"
