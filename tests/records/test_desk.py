"""The desk: what is asked of records, checked against the store and written to it, once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cmdb.model.ci import CiId
from cmdb.model.model import Model
from cmdb.model.record import RecordKey
from cmdb.records.drafts import (
    AffectedDraft,
    ChangeDraft,
    ChangeEdit,
    FreezeDraft,
    FreezeEdit,
    IncidentDraft,
    IncidentEdit,
    ProblemDraft,
    ProblemEdit,
)
from cmdb.records.keeper import BookKeeper
from cmdb.records.kinds import (
    CauseType,
    ChangeState,
    ChangeType,
    Decision,
    Grade,
    IncidentState,
    ProblemState,
)
from cmdb.records.record_types import AffectedCi, Approval, Basis, Cause, CoveredCi, PlannedCi
from cmdb.records.service import RecordDesk, Written
from cmdb.service import Inventory, Signed
from cmdb.store.port import KeyReused, RecordConflict, StoreUnavailable
from cmdb.store.sqlite.store import SqliteStore
from tests.records.conftest import BY
from tests.records.faults import codes, refusals
from tests.records.times import START, Hands, after

APP, DB, HOST = CiId("app"), CiId("db"), CiId("host")
DRAFT = IncidentDraft(title="Disk full", started_at=START, cis=(AffectedDraft(DB),))
PLAN = ChangeDraft(title="Firmware", start=after(60), end=after(90), cis=(PlannedCi(HOST),))
FREEZE = FreezeDraft(title="Elections", start=after(0), end=after(600))


def keyed(key: str) -> Signed:
    return BY._replace(key=key)


def numbers(desk: RecordDesk) -> list[str]:
    return [
        desk.declare_incident(DRAFT, BY).value.number,
        desk.plan_change(PLAN, BY).value.number,
        desk.declare_freeze(FREEZE, BY).value.number,
        desk.open_problem(ProblemDraft(title="Leak"), BY).value.number,
    ]


def test_each_kind_has_numbers_of_its_own(desk: RecordDesk) -> None:
    assert numbers(desk) == ["INC-0001", "CHG-0001", "FRZ-0001", "PRB-0001"]
    assert numbers(desk) == ["INC-0002", "CHG-0002", "FRZ-0002", "PRB-0002"]


def test_what_is_written_stands_in_the_store(desk: RecordDesk, keeper: BookKeeper, store: SqliteStore) -> None:
    made = desk.declare_incident(DRAFT, BY._replace(message="pager"))
    assert (made.revision, made.replayed) == (2, False)
    assert keeper.current().book.incidents == {made.value.key: made.value}
    assert store.changes(1).cis == frozenset()
    (told,) = store.record_history(made.value.key, 9)
    assert (told.revision, told.who, told.message, told.before) == (2, "ann", "pager", None)


def test_a_life_of_an_incident(desk: RecordDesk, clock: Hands) -> None:
    key = desk.declare_incident(DRAFT, BY).value.key
    clock.pass_(5)
    desk.move_incident(key, IncidentState.in_progress, BY, text="on it")
    desk.edit_incident(key, IncidentEdit(urgency=Grade.high, owner="team-a"), BY)
    clock.pass_(5)
    desk.set_state(key, HOST, "at_risk", BY)
    desk.note(key, "called the vendor", BY)
    clock.pass_(20)
    cause = Cause(CauseType.hardware, "a fan", HOST)
    over = desk.move_incident(key, IncidentState.resolved, BY, resolution="fan replaced", cause=cause).value
    assert over.cis == (AffectedCi(DB, "down", START, after(30)), AffectedCi(HOST, "at_risk", after(10), after(30)))
    assert (over.resolution, over.cause, over.priority, over.resolved_at) == ("fan replaced", cause, 2, after(30))
    assert [(entry.at, entry.text) for entry in over.timeline] == [
        (START, "Declared"),
        (after(5), "In progress: on it"),
        (after(5), "Changed urgency, owner"),
        (after(10), "host: At risk"),
        (after(10), "called the vendor"),
        (after(30), "Resolved"),
    ]


def test_a_life_of_a_change(desk: RecordDesk, keeper: BookKeeper, clock: Hands) -> None:
    key = desk.plan_change(PLAN, BY).value.key
    desk.edit_change(key, ChangeEdit(owner="team-b"), BY)
    desk.move_change(key, ChangeState.submitted, BY)
    answer = Basis(number="", revision=1, asked_at=START, people=40, down=(HOST,), risk=12)
    yes = Approval(after(3), "eve", Decision.approved, 1)
    approved = desk.decide(key, yes, BY, answer).value
    assert approved.basis == "CHG-0001.1"
    assert keeper.current().book.basis_of(approved) == replace(answer, number="CHG-0001.1")
    desk.move_change(key, ChangeState.submitted, BY)
    again = desk.decide(key, replace(yes, decision=Decision.rejected), BY, answer).value
    assert (again.basis, len(again.approvals), len(keeper.current().book.bases)) == (None, 2, 1)
    clock.pass_(1)
    desk.move_change(key, ChangeState.draft, BY)
    desk.edit_change(key, ChangeEdit(type=ChangeType.standard), BY)
    desk.move_change(key, ChangeState.approved, BY)
    clock.pass_(60)
    desk.move_change(key, ChangeState.implementing, BY)
    clock.pass_(9)
    done = desk.move_change(key, ChangeState.completed, BY, text="went well").value
    assert (done.actual_start, done.actual_end, done.outcome) == (after(61), after(70), "went well")


def test_lives_of_a_freeze_and_a_problem(desk: RecordDesk) -> None:
    freeze = desk.declare_freeze(replace(FREEZE, kinds=("server",), sectors=("health",)), BY).value
    assert desk.edit_freeze(freeze.key, FreezeEdit(kinds=()), BY).value.kinds == ()
    assert desk.cancel_freeze(freeze.key, BY).value.cancelled
    incident = desk.declare_incident(DRAFT, BY).value
    problem = desk.open_problem(ProblemDraft(title="Leak", cis=(CoveredCi(HOST),)), BY).value
    desk.edit_problem(problem.key, ProblemEdit(description="grows"), BY)
    assert desk.move_problem(problem.key, ProblemState.known_error, BY).value.state is ProblemState.known_error
    assert desk.link_problem(incident.key, problem.key, BY).value.problem == "PRB-0001"
    assert desk.link_problem(incident.key, None, BY).value.problem is None


def test_every_problem_is_told_at_once_and_nothing_written(desk: RecordDesk, store: SqliteStore) -> None:
    draft = replace(
        DRAFT, title="", problem="PRB-0001", cause=Cause(CauseType.change, ci=CiId("gone"), change="assyst/77"),
        cis=tuple(AffectedDraft(CiId(name)) for name in ("db", "nothing", "old", "next")),
    )  # fmt: skip
    assert refusals(lambda: desk.declare_incident(draft, keyed("one"))) == [
        ("MISSING_VALUE", "title", "''", "a title"),
        ("UNKNOWN_CI", "cis[1].ci", "'nothing'", "the id of a recorded CI"),
        ("RETIRED_CI", "cis[2].ci", "'old', which is retired", "a CI in service"),
        ("RETIRED_CI", "cis[3].ci", "'next', which is planned", "a CI in service"),
        ("UNKNOWN_CI", "cause.ci", "'gone'", "the id of a recorded CI"),
        ("UNKNOWN_RECORD", "problem", "'PRB-0001'", "the number of a recorded problem; none is recorded"),
        ("UNKNOWN_RECORD", "cause.change", "'assyst/77'", "the number of a recorded change; none is recorded"),
    ]
    assert store.head().revision == 1
    assert desk.declare_incident(DRAFT, keyed("one")).replayed is False


REFUSED: list[tuple[Callable[[RecordDesk], object], list[tuple[str, str]]]] = [
    (lambda d: d.plan_change(replace(PLAN, cis=(PlannedCi(CiId("next")), PlannedCi(CiId("old")))), BY),
     [("RETIRED_CI", "cis[1].ci")]),
    (lambda d: d.edit_incident(RecordKey("incident", "bluenose", "INC-0001"), IncidentEdit(cis=(
        AffectedCi(DB, "down", START), AffectedCi(CiId("old"), "down", START))), BY), [("RETIRED_CI", "cis[1].ci")]),
    (lambda d: d.set_state(RecordKey("incident", "bluenose", "INC-0001"), CiId("nix"), "off", BY, after(-5)),
     [("BAD_CHOICE", "state"), ("END_BEFORE_START", "at"), ("UNKNOWN_CI", "ci")]),
    (lambda d: d.move_incident(RecordKey("incident", "bluenose", "INC-0001"), IncidentState.closed, BY,
                               cause=Cause(CauseType.human, ci=CiId("nix"))),
     [("BAD_TRANSITION", "to"), ("UNKNOWN_CI", "cause.ci")]),
    (lambda d: d.note(RecordKey("incident", "bluenose", "INC-0007"), "x", BY), [("UNKNOWN_RECORD", "incident")]),
    (lambda d: d.note(RecordKey("freeze", "bluenose", "FRZ-0001"), "x", BY), [("BAD_CHOICE", "kind")]),
    (lambda d: d.edit_change(RecordKey("incident", "bluenose", "INC-0001"), ChangeEdit(title="x"), BY),
     [("BAD_NUMBER", "change")]),
    (lambda d: d.declare_freeze(replace(FREEZE, kinds=("server", "spoon"), sectors=("moon",), cis=(
        CoveredCi(CiId("nix")),)), BY),
     [("UNKNOWN_CI", "cis[0].ci"), ("UNKNOWN_KIND", "kinds[1]"), ("UNKNOWN_SECTOR", "sectors[0]")]),
    (lambda d: d.declare_incident(replace(DRAFT, source="assyst"), BY), [("BAD_NUMBER", "number")]),
    (lambda d: d.declare_incident(replace(DRAFT, number="\ud800", source="assyst"), keyed("k")),
     [("BAD_NUMBER", "number")]),
    (lambda d: d.link_problem(RecordKey("incident", "bluenose", "INC-0001"), RecordKey("problem", "x", "1"), BY),
     [("UNKNOWN_RECORD", "problem")]),
]  # fmt: skip


@pytest.mark.parametrize(("call", "expected"), REFUSED, ids=range(len(REFUSED)))
def test_what_refers_to_nothing_is_refused(
    desk: RecordDesk, store: SqliteStore, call: Callable[[RecordDesk], object], expected: list[tuple[str, str]]
) -> None:
    desk.declare_incident(DRAFT, BY)
    assert codes(lambda: call(desk)) == expected
    assert store.head().revision == 2


def test_a_record_whose_ci_is_retired_meanwhile_can_still_be_changed(
    desk: RecordDesk, store: SqliteStore, model: Model
) -> None:
    key = desk.declare_incident(DRAFT, BY).value.key
    Inventory(store, model).retire([DB], BY)
    assert desk.edit_incident(key, IncidentEdit(title="Disk gone"), BY).value.title == "Disk gone"
    assert desk.set_state(key, DB, "degraded", BY, after(1)).value.cis[-1].state == "degraded"
    assert codes(lambda: desk.declare_incident(DRAFT, BY)) == [("RETIRED_CI", "cis[0].ci")]


def test_a_number_declared_again_with_the_same_content_is_no_new_record(desk: RecordDesk, clock: Hands) -> None:
    draft = replace(DRAFT, number=" 4711 ", source="assyst", major=False)
    first = desk.declare_incident(draft, BY)
    clock.pass_(3)
    assert desk.declare_incident(draft, BY) == first
    assert desk.declare_incident(draft, keyed("a")) == first
    assert desk.declare_incident(draft, keyed("a")) == first._replace(replayed=True)
    other = replace(draft, title="Another")
    assert codes(lambda: desk.declare_incident(other, BY)) == [("DUPLICATE_NUMBER", "number")]
    assert desk.declare_incident(replace(other, source="remedy"), BY).value.number == "4711"
    assert desk.plan_change(replace(PLAN, number="4711", source="assyst"), BY).value.number == "4711"


def test_the_same_key_brings_the_same_number_back(desk: RecordDesk, clock: Hands) -> None:
    first = desk.declare_incident(DRAFT, keyed("a"))
    desk.declare_incident(DRAFT, keyed("b"))
    desk.move_incident(first.value.key, IncidentState.resolved, BY)
    clock.pass_(5)
    assert desk.declare_incident(DRAFT, keyed("a")) == first._replace(replayed=True)
    with pytest.raises(KeyReused):
        desk.declare_incident(replace(DRAFT, title="Another"), keyed("a"))


REPEATED: list[Callable[[RecordDesk, RecordKey, RecordKey, Signed], Written[Any]]] = [
    lambda d, i, c, by: d.move_incident(i, IncidentState.resolved, by, text="done"),
    lambda d, i, c, by: d.set_state(i, DB, "degraded", by, after(2)),
    lambda d, i, c, by: d.edit_incident(i, IncidentEdit(title="Other"), by),
    lambda d, i, c, by: d.note(i, "seen", by),
    lambda d, i, c, by: d.move_change(c, ChangeState.approved, by),
    lambda d, i, c, by: d.decide(c, Approval(after(4), "eve", Decision.approved, 1), by,
                                 Basis(number="", revision=1, asked_at=START, people=3)),
]  # fmt: skip


@pytest.mark.parametrize("ask", REPEATED, ids=range(len(REPEATED)))
def test_a_retry_with_the_same_key_does_nothing_again(
    desk: RecordDesk, store: SqliteStore, keeper: BookKeeper, clock: Hands,
    ask: Callable[[RecordDesk, RecordKey, RecordKey, Signed], Written[Any]],
) -> None:  # fmt: skip
    incident = desk.declare_incident(DRAFT, BY).value.key
    change = desk.plan_change(replace(PLAN, type=ChangeType.standard), BY).value.key
    clock.pass_(10)
    first = ask(desk, incident, change, keyed("once"))
    assert first.revision == store.head().revision
    desk.move_incident(
        incident, IncidentState.cancelled if first.value.state != "resolved" else IncidentState.closed, BY
    )
    desk.move_change(change, ChangeState.cancelled, BY)
    head = store.head()
    clock.pass_(1)
    assert ask(desk, incident, change, keyed("once")) == first._replace(replayed=True)
    assert store.head() == head
    with pytest.raises(KeyReused):
        desk.note(incident, "something else", keyed("once"))


def test_a_request_refused_once_is_not_remembered(desk: RecordDesk) -> None:
    key = desk.declare_incident(DRAFT, BY).value.key
    assert codes(lambda: desk.move_incident(key, IncidentState.closed, keyed("a"))) == [("BAD_TRANSITION", "to")]
    desk.move_incident(key, IncidentState.resolved, BY)
    assert desk.move_incident(key, IncidentState.closed, keyed("a")).replayed is False


def test_what_changes_nothing_writes_nothing(desk: RecordDesk, store: SqliteStore) -> None:
    made = desk.declare_incident(DRAFT, BY)
    desk.declare_incident(DRAFT, BY)
    for by in (BY, keyed("a"), keyed("a")):
        again = desk.edit_incident(made.value.key, IncidentEdit(title="Disk full"), by)
        assert again[:2] == made[:2]
    assert store.head().revision == 3


def test_a_record_changed_since_it_was_seen_is_a_conflict(desk: RecordDesk) -> None:
    made = desk.declare_incident(DRAFT, BY)
    seen = desk.edit_incident(made.value.key, IncidentEdit(title="Other"), keyed("a"), expected=made.revision)
    with pytest.raises(RecordConflict) as conflict:
        desk.move_incident(made.value.key, IncidentState.closed, BY, expected=made.revision)
    assert (conflict.value.key, conflict.value.expected, conflict.value.actual) == (made.value.key, 2, seen.revision)
    again = desk.edit_incident(made.value.key, IncidentEdit(title="Other"), keyed("a"), expected=made.revision)
    assert again == seen._replace(replayed=True)
    assert desk.note(made.value.key, "x", BY, expected=seen.revision).revision == seen.revision + 1


def test_nothing_is_written_while_the_store_is_away(desk: RecordDesk, store: SqliteStore, keeper: BookKeeper) -> None:
    key = desk.declare_incident(DRAFT, BY).value.key
    keeper.current()
    store.close()
    with pytest.raises(StoreUnavailable):
        desk.note(key, "x", BY)
    with pytest.raises(StoreUnavailable):
        desk.note(key._replace(number="INC-0009"), "x", BY)


@pytest.mark.parametrize("desks", [1, 4])
def test_two_who_declare_at_once_get_two_numbers(tmp_path: Path, model: Model, clock: Hands, desks: int) -> None:
    with closing(SqliteStore(tmp_path / "race.db", model, clock=clock)) as store:
        many = [RecordDesk(store, model, BookKeeper(store, clock=clock), clock) for _ in range(desks)]

        def declare(number: int) -> str:
            draft = IncidentDraft(title=str(number), started_at=START)
            return many[number % desks].declare_incident(draft, keyed(f"k{number}")).value.number

        with ThreadPoolExecutor(8) as pool:
            given = list(pool.map(declare, range(40)))
            again = list(pool.map(declare, range(40)))
    assert sorted(given) == [f"INC-{number:04}" for number in range(1, 41)]
    assert again == given


def test_notes_of_many_at_once_all_stand(tmp_path: Path, model: Model, clock: Hands) -> None:
    with closing(SqliteStore(tmp_path / "race.db", model, clock=clock)) as store:
        desks = [RecordDesk(store, model, BookKeeper(store, clock=clock), clock) for _ in range(4)]
        key = desks[0].declare_incident(IncidentDraft(title="x", started_at=START), BY).value.key
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: desks[n % 4].note(key, f"note {n}", BY), range(40)))
        timeline = desks[0].note(key, "last", BY).value.timeline
    assert {entry.text for entry in timeline} == {"Declared", "last", *(f"note {n}" for n in range(40))}
