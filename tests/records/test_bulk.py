"""Whole records from another tool: all or nothing, or the good ones, in one revision."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from cmdb.model.ci import CiId
from cmdb.model.errors import Problem
from cmdb.records.drafts import IncidentDraft
from cmdb.records.keeper import BookKeeper
from cmdb.records.kinds import ChangeState, IncidentState, ProblemState
from cmdb.records.record_types import (
    AffectedCi,
    AnyRecord,
    Basis,
    Change,
    CoveredCi,
    Freeze,
    Incident,
    PlannedCi,
    ProblemRecord,
)
from cmdb.records.service import Imported, Policy, RecordDesk
from cmdb.store.port import KeyReused
from cmdb.store.sqlite.store import SqliteStore
from tests.records.conftest import BY
from tests.records.faults import codes, refusals
from tests.records.times import START, Hands, after

DB, OLD = CiId("db"), CiId("old")
INCIDENT = Incident(
    number="77", source="assyst", title="Disk full", started_at=START, cis=(AffectedCi(DB, "down", START),)
)
CHANGE = Change(
    number="78", source="assyst", title="Firmware", requested_at=START, start=after(60), end=after(90),
    cis=(PlannedCi(DB),),
)  # fmt: skip
FREEZE = Freeze(number="79", source="assyst", title="Elections", start=after(0), end=after(9), kinds=("server",))
PROBLEM = ProblemRecord(number="80", source="assyst", title="Leak", opened_at=START, cis=(CoveredCi(DB),))
ALL: list[AnyRecord] = [INCIDENT, CHANGE, FREEZE, PROBLEM]
OUT = replace(INCIDENT, cis=(AffectedCi(OLD, "down", START),))
WRONG = replace(INCIDENT, number="81", title="", cis=(AffectedCi(OLD, "down", START), AffectedCi(DB, "gone", START)))
WRONG_PROBLEMS = [
    Problem("MISSING_VALUE", "records[1].title", "''", "a title"),
    Problem("BAD_CHOICE", "records[1].cis[1].state", "'gone'", "one of down, degraded, at_risk, operational"),
    Problem("RETIRED_CI", "records[1].cis[0].ci", "'old', which is retired", "a CI in service"),
]


def test_all_are_put_in_one_revision(desk: RecordDesk, store: SqliteStore, keeper: BookKeeper) -> None:
    assert desk.import_records(ALL, BY) == Imported(2, 4, 0, 0, 0, (), False)
    book = keeper.current().book
    assert [book.get(value.key) for value in ALL] == ALL
    assert [logged.records for logged in store.log(1, 9)] == [tuple(sorted(value.key for value in ALL))]


def test_only_what_differs_is_written(desk: RecordDesk, store: SqliteStore) -> None:
    desk.import_records(ALL, BY)
    assert desk.import_records(ALL, BY) == Imported(2, 0, 0, 4, 0, (), False)
    more = [*ALL[1:], replace(INCIDENT, title="Disk gone"), replace(INCIDENT, number="90")]
    assert desk.import_records(more, BY) == Imported(3, 1, 1, 3, 0, (), False)
    assert store.head().revision == 3


def test_one_fault_refuses_all(desk: RecordDesk, store: SqliteStore) -> None:
    assert refusals(lambda: desk.import_records([INCIDENT, WRONG, CHANGE], BY)) == WRONG_PROBLEMS
    assert store.head().revision == 1


def test_what_is_at_fault_may_be_left_out(desk: RecordDesk) -> None:
    done = desk.import_records([INCIDENT, WRONG, CHANGE], BY, Policy.skip)
    assert done == Imported(2, 2, 0, 0, 1, tuple(WRONG_PROBLEMS), False)


def test_a_number_twice_is_refused_unless_it_says_the_same(desk: RecordDesk) -> None:
    assert desk.import_records([INCIDENT, INCIDENT], BY).created == 1
    other = replace(INCIDENT, title="Other")
    assert codes(lambda: desk.import_records([INCIDENT, other], BY)) == [("DUPLICATE_NUMBER", "records[1].number")]


@pytest.mark.parametrize(
    ("value", "over"),
    [
        (replace(OUT, state=IncidentState.closed, resolved_at=after(9)), True),
        (OUT, False),
        (replace(CHANGE, cis=(PlannedCi(OLD),), state=ChangeState.failed, start=after(-9), end=START), True),
        (replace(CHANGE, cis=(PlannedCi(OLD),), state=ChangeState.approved, start=after(-9), end=START), False),
        (replace(CHANGE, cis=(PlannedCi(OLD),)), False),
        (replace(FREEZE, cis=(CoveredCi(OLD),), cancelled=True), True),
        (replace(FREEZE, cis=(CoveredCi(OLD),)), False),
        (replace(PROBLEM, cis=(CoveredCi(OLD),), state=ProblemState.closed), True),
        (replace(PROBLEM, cis=(CoveredCi(OLD),)), False),
    ],
)  # fmt: skip
def test_only_what_is_over_may_name_a_ci_out_of_service(desk: RecordDesk, value: AnyRecord, over: bool) -> None:
    if over:
        assert desk.import_records([value], BY).created == 1
    else:
        assert codes(lambda: desk.import_records([value], BY)) == [("RETIRED_CI", "records[0].cis[0].ci")]


def test_scopes_and_answers_are_checked_too(desk: RecordDesk, keeper: BookKeeper) -> None:
    strange = replace(FREEZE, kinds=("spoon",), sectors=("moon",))
    assert codes(lambda: desk.import_records([strange], BY)) == [
        ("UNKNOWN_KIND", "records[0].kinds[0]"), ("UNKNOWN_SECTOR", "records[0].sectors[0]"),
    ]  # fmt: skip
    basis = Basis(number="78.1", source="assyst", revision=1, asked_at=START, people=3, down=(CiId("long gone"),))
    assert desk.import_records([basis], BY).created == 1
    assert codes(lambda: desk.import_records([replace(basis, asked_at=datetime(2026, 1, 1))], BY)) == [
        ("BAD_DATE", "records[0].asked_at")
    ]


def test_times_are_taken_in_as_utc(desk: RecordDesk) -> None:
    desk.import_records([INCIDENT], BY)
    halifax = timezone(timedelta(hours=-3))
    moved = replace(INCIDENT, started_at=START.astimezone(halifax))
    assert desk.import_records([moved], BY).unchanged == 1


def test_a_retry_does_nothing_again(desk: RecordDesk, store: SqliteStore, clock: Hands) -> None:
    by = BY._replace(key="a")
    first = desk.import_records(ALL, by)
    desk.move_incident(INCIDENT.key, IncidentState.resolved, BY)
    clock.pass_(9)
    assert desk.import_records(ALL, by) == first._replace(replayed=True)
    assert store.head().revision == 3
    with pytest.raises(KeyReused):
        desk.import_records(ALL[1:], by)


def test_mirrored_records_and_our_own_stand_beside_one_another(desk: RecordDesk, keeper: BookKeeper) -> None:
    desk.import_records([replace(INCIDENT, number="INC-0500")], BY)
    own = desk.declare_incident(IncidentDraft(title="x", started_at=START), BY).value
    assert own.number == "INC-0001"
    assert {str(incident.key) for incident in keeper.current().book.of_ci(DB)} == {"assyst/INC-0500"}
