"""Stubs: what only relations name is recorded as such, of a kind that fits, and completed once it is described."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cmdb.model.ci import CI, CiId
from cmdb.model.errors import InvalidInput
from cmdb.model.model import standard_model
from cmdb.reconcile.edit import Draft
from cmdb.service import Inventory, Signed
from cmdb.store.port import Dump
from cmdb.store.sqlite.store import SqliteStore
from importers import digests
from importers.kit.checks import check_model
from importers.kit.held import hold_back
from importers.kit.records import Transformed
from importers.kit.stubs import SAME, USUAL, with_stubs
from importers.options import DEFAULT, BadRows, ImportOptions, MissingEnds
from importers.planned import ImportPlan
from importers.runner import plan_import, run_plan
from tests.importers.estate import CIS, MODEL, problems_of, store_in, write
from tests.importers.holding import EMPTY, ids, links, load, made, recorded, told

LINKS = "from,type,to,effect,pool\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = store_in(tmp_path / "store")
    yield opened
    opened.close()


def stubbed(folder: Path, relations: str, current: Dump = EMPTY, pools: str | None = None) -> Transformed:
    """The estate with these relations, missing ends put in."""
    return with_stubs(made(write(folder, CIS, LINKS + relations, pools)), MODEL, current)


def stubs(found: Transformed) -> dict[str, str]:
    """The kinds of the stubs."""
    return {ci.id: ci.kind for ci in found.cis if ci.attributes.get("stub")}


@pytest.mark.parametrize(
    ("relations", "kind"),
    [
        ("x,uses,app,,\n", "client_group"), ("app,runs_on,x,,\n", "server"), ("app,depends_on,x,,\n", "application"),
        ("db,stores_data_on,x,,\n", "storage"), ("db,stores_data_on,x,,\napp,supported_by,x,,\n", ""),
        ("app,supported_by,x,,\n", "team"), ("app,has_expert,x,,\n", "person"), ("app,owned_by,x,,\n", "team"),
        ("app,owned_by,x,,\ndb,supplied_by,x,,\n", "supplier"), ("db,located_in,x,,\n", "facility"),
        ("db,replicates_to,x,,\n", "database"), ("app,part_of,x,,\n", "application"),
        ("x,depends_on,app,,\nx,runs_on,app,,\nx,located_in,y,,\n", "software"),
        ("x,delivered_by,app,,\n", "business_service"),
        ("app,runs_on,x,,\napp,runs_on,x,,p\nx,uses,app,,\n", "application"),
        ("app,invented,x,,\n", ""), ("x,uses,x,,\n", ""),
    ],
)  # fmt: skip
def test_the_kind_of_a_stub_fits_all_its_relations(tmp_path: Path, relations: str, kind: str) -> None:
    found = stubs(stubbed(tmp_path / "in", relations))
    assert found.get("x", "") == kind


def test_what_a_stub_says(tmp_path: Path) -> None:
    found = stubbed(tmp_path / "in", "app,runs_on,x,,p\ny,member_of,z,,\n", pools="ci,pool,required\napp,p,1\n")
    check_model(found, MODEL, EMPTY, ())
    assert found.problems.count == 0
    assert found.cis[2] == CI(CiId("x"), "server", "x", "shared", "live", '{"stub":true}', "test")
    assert stubs(found) == {"x": "server", "y": "person", "z": "team"}
    assert len(found.ci_origin.rows) == len(found.cis)


def test_nothing_missing_is_nothing_done(tmp_path: Path) -> None:
    found = made(write(tmp_path / "in"))
    assert with_stubs(found, MODEL, EMPTY) is found


def test_what_somebody_recorded_is_no_stub(tmp_path: Path) -> None:
    current = recorded(write(tmp_path / "a", "id,kind,name\nx,server,X\n", LINKS), "other")
    assert stubs(stubbed(tmp_path / "b", "app,runs_on,x,,\napp,runs_on,y,,\n", current)) == {"y": "server"}


def test_an_end_that_only_looks_like_a_known_one_stays_a_problem(tmp_path: Path) -> None:
    found = stubbed(tmp_path / "in", "app,depends_on,DB,,\napp,runs_on,X,,\ndb,runs_on,x,,\n")
    assert stubs(found) == {}
    check_model(found, MODEL, EMPTY, ())
    assert [problem.code for problem in found.problems.problems] == ["DANGLING_RELATION"] * 3


def test_the_owner_of_a_pool_that_no_relation_names_stays_a_problem(tmp_path: Path) -> None:
    found = stubbed(tmp_path / "in", "", pools="ci,pool,required\nx,p,1\n")
    assert (stubs(found), [p.code for p in found.problems.problems]) == ({}, ["RULE_WITHOUT_POOL"])


def test_again_is_no_change_and_what_is_named_no_more_goes(tmp_path: Path, store: SqliteStore) -> None:
    for name, relations, alive in (
        ("a", "app,runs_on,x,,\n", ["app", "db", "x"]), ("b", "app,runs_on,x,,\n", ["app", "db", "x"]),
        ("c", "", ["app", "db"]), ("d", "app,runs_on,x,,\n", ["app", "db", "x"]),
    ):  # fmt: skip
        before = store.head().revision
        load(store, stubbed(tmp_path / name, relations, store.dump()))
        assert sorted(ci.id for ci in store.dump().cis if ci.lifecycle == "live") == alive
        assert (store.head().revision == before) == (name == "b")


def test_a_stub_keeps_its_kind_while_that_fits(tmp_path: Path) -> None:
    first = stubbed(tmp_path / "a", "app,runs_on,x,,\n")
    current = EMPTY._replace(cis=sorted(first.cis), relations=sorted(first.relations))
    again = stubbed(tmp_path / "b", "app,depends_on,x,,\n", current)
    assert stubs(again) == {"x": "server"}
    assert stubs(stubbed(tmp_path / "c", "app,supplied_by,x,,\n", current)) == {"x": "supplier"}


def test_a_later_import_completes_it(tmp_path: Path, store: SqliteStore) -> None:
    relations = "app,runs_on,x,,\n"
    load(store, stubbed(tmp_path / "a", relations, store.dump()))
    load(store, made(write(tmp_path / "b", "id,kind,name\nx,virtual_machine,The X\n", LINKS), "other"), "other")
    load(store, stubbed(tmp_path / "c", relations, store.dump()))
    x = store.get([CiId("x")])[CiId("x")].ci
    assert (x.kind, x.name, x.attributes, x.lifecycle) == ("virtual_machine", "The X", {}, "live")
    assert links(store.dump().relations) == [("app", "runs_on", "x", "")]
    load(store, made(write(tmp_path / "d", CIS + "x,server,My X\n", LINKS + relations)))
    assert "stub" not in store.get([CiId("x")])[CiId("x")].ci.attributes


def test_the_end_of_a_relation_held_back_becomes_a_stub_where_that_is_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "in", CIS + "x,servr,X\n", LINKS + "app,runs_on,x,,\napp,runs_on,y,,\n")
    held = hold_back(made(path), MODEL, EMPTY, lambda kept: with_stubs(kept, MODEL, EMPTY))
    assert (ids(held), stubs(held.kept)) == (["app", "db", "x", "y"], {"x": "server", "y": "server"})
    assert told(held) == [("ci", "cis.csv row 4", "UNKNOWN_KIND")]


def test_the_usual_ends_are_those_of_the_model() -> None:
    model = standard_model()
    assert USUAL.keys() == model.relations.keys()
    for type_, ends in USUAL.items():
        assert SAME in ends or (ends[0], type_, ends[1]) in model.allowed


ENDS = ImportOptions(missing_ends=MissingEnds.stub)
HOLD = ImportOptions(bad_rows=BadRows.hold)
TWO = LINKS + "app,runs_on,x,,\napp,supported_by,t,,\n"


def done(store: SqliteStore, path: Path, options: ImportOptions = DEFAULT, source: str = "a") -> ImportPlan:
    """Import `path` as `cmdb import` does."""
    found = plan_import(store, MODEL, path, source, options=options)
    run_plan(store, found, Signed("ann", source))
    return found


def alive(store: SqliteStore) -> list[str]:
    return sorted(ci.id for ci in store.dump().cis if ci.lifecycle == "live")


@pytest.mark.parametrize(
    "options",
    [DEFAULT, HOLD, ENDS, ImportOptions(partial=True), ImportOptions(bad_rows=BadRows.hold, partial=True)], ids=str,
)  # fmt: skip
@pytest.mark.parametrize("worthwhile", [0, digests.WORTHWHILE])
def test_a_stub_that_is_still_named_stands_whatever_is_asked(
    tmp_path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch, options: ImportOptions, worthwhile: int
) -> None:
    monkeypatch.setattr(digests, "WORTHWHILE", worthwhile)
    folder = write(tmp_path / "in", CIS, TWO)
    assert done(store, folder, ENDS).stubs == 2
    again = done(store, folder, options)
    assert (again.empty, again.stubs, again.stated, again.owned) == (True, 2, 4, 4)
    assert alive(store) == ["app", "db", "t", "x"]


def test_what_is_named_no_more_goes_and_what_is_new_is_refused(tmp_path: Path, store: SqliteStore) -> None:
    done(store, write(tmp_path / "a", CIS, TWO), ENDS)
    with pytest.raises(InvalidInput) as refused:
        done(store, write(tmp_path / "b", CIS, TWO + "db,runs_on,y,,\n"))
    assert [(problem.code, problem.found) for problem in refused.value.problems] == [("DANGLING_RELATION", "'y'")]
    fewer = write(tmp_path / "c", CIS, LINKS + "app,runs_on,x,,\n")
    done(store, fewer, ImportOptions(partial=True))
    assert alive(store) == ["app", "db", "t", "x"]
    done(store, fewer)
    assert alive(store) == ["app", "db", "x"]
    done(store, write(tmp_path / "d", CIS, TWO))
    assert alive(store) == ["app", "db", "x"]


def test_a_stub_stands_beside_rows_that_are_held_back(tmp_path: Path, store: SqliteStore) -> None:
    done(store, write(tmp_path / "a", CIS, TWO), ENDS)
    bad = write(tmp_path / "b", CIS, LINKS + "app,runz_on,x,,\napp,supported_by,t,,\napp,runs_on,y,,\n")
    for options in (HOLD, ImportOptions(bad_rows=BadRows.hold, missing_ends=MissingEnds.stub)):
        done(store, bad, options)
        assert {"t", "x"} <= set(alive(store))
        assert ("app", "runs_on", "x", "") in links(store.dump().relations)
    done(store, write(tmp_path / "c", CIS + "x,servr,X\n", TWO), HOLD)
    assert {"t", "x"} <= set(alive(store))


def test_a_stub_stands_beside_an_id_that_looks_the_same(tmp_path: Path, store: SqliteStore) -> None:
    done(store, write(tmp_path / "a", CIS, TWO), ENDS)
    options = ImportOptions(bad_rows=BadRows.hold, missing_ends=MissingEnds.stub)
    held = done(store, write(tmp_path / "b", CIS, TWO + "db,runs_on,X,,\n"), options)
    assert ([row.code for row in held.held], alive(store)) == (["DANGLING_RELATION"], ["app", "db", "t", "x"])


@pytest.mark.parametrize("options", [DEFAULT, ENDS], ids=str)
def test_a_stub_that_others_know(tmp_path: Path, store: SqliteStore, options: ImportOptions) -> None:
    folder, names = write(tmp_path / "a", CIS, TWO), "id,kind,name\n"
    done(store, folder, ENDS)
    done(store, write(tmp_path / "b", names + "b,application,B\nx,server,The X\n", LINKS), source="b")
    done(store, folder, options)
    x = store.get([CiId("x")])[CiId("x")].ci
    assert (x.name, x.source, alive(store)) == ("The X", "b", ["app", "b", "db", "t", "x"])
    done(store, write(tmp_path / "c", names + "c,application,C\n", LINKS + "c,runs_on,z,,\n"), ENDS, "c")
    assert done(store, folder, options).empty
    assert "z" in alive(store)


@pytest.mark.parametrize("draft", [Draft("x", name="Our X"), Draft("x", lifecycle="retired")], ids=str)
def test_what_a_person_said_of_a_stub_stands(tmp_path: Path, store: SqliteStore, draft: Draft) -> None:
    folder = write(tmp_path / "a", CIS, TWO)
    done(store, folder, ENDS)
    Inventory(store, MODEL).upsert([draft], Signed("bob", "cli"))
    before = store.get([CiId("x")])[CiId("x")].ci
    assert done(store, folder).empty
    assert store.get([CiId("x")])[CiId("x")].ci == before


def test_a_missing_end_between_which_nothing_fits_says_so(tmp_path: Path, store: SqliteStore) -> None:
    cis = CIS + "pay,business_service,Payments\n"
    folder = write(tmp_path / "in", cis, LINKS + "pay,runs_on,x,,\ndb,stores_data_on,y,,\napp,supported_by,y,,\n")
    with pytest.raises(InvalidInput) as refused:
        plan_import(store, MODEL, folder, "a", options=ENDS)
    accepted = [problem.accepted for problem in refused.value.problems]
    assert accepted[0].startswith("runs_on from ")
    assert accepted[0].endswith("; no kind of CI fits here, as the other end is of the kind business_service")
    assert [text.rpartition("; ")[2] for text in accepted[1:]] == ["no kind of CI fits all relations that name it"] * 2


def test_a_near_id_is_told_whatever_its_case(tmp_path: Path, store: SqliteStore) -> None:
    done(store, write(tmp_path / "a", "id,kind,name\nPäy,application,Pay\n", LINKS), source="b")
    problems = problems_of(write(tmp_path / "b", CIS, LINKS + "app,depends_on,PAY,,\n"), store)
    assert [problem.accepted.rpartition("; ")[2] for problem in problems] == ["near: 'Päy'"]
