"""Incidents: what may be said of one, and how it goes from state to state."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cmdb.model.ci import CiId
from cmdb.records.drafts import AffectedDraft, IncidentDraft, IncidentEdit
from cmdb.records.incident import declared, edited, moved, taken_over, with_state
from cmdb.records.kinds import INCIDENT_MOVES, CauseType, Grade, IncidentState, MajorReason
from cmdb.records.record_types import AffectedCi, Cause, Entry, Incident
from cmdb.records.timeline import MOST_NOTED, noted
from tests.records.faults import codes, refusals
from tests.records.times import START, after

APP, DB = CiId("app"), CiId("db")
DRAFT = IncidentDraft(title="Disk full", started_at=START, cis=(AffectedDraft(DB), AffectedDraft(APP, "degraded")))
NOW = after(10)
NEW = declared(DRAFT, "INC-0001", "ann", NOW)


def resolve(incident: Incident, minutes: float) -> Incident:
    return moved(incident, IncidentState.resolved, "ann", NOW, after(minutes))


def course(incident: Incident, ci: CiId) -> list[tuple[str, datetime, datetime | None]]:
    return [(part.state, part.since, part.until) for part in incident.cis if part.ci == ci]


def test_a_new_incident_begins_with_its_cis_and_is_declared_now() -> None:
    assert (NEW.number, NEW.state, NEW.declared_at, NEW.timeline) == (
        "INC-0001", IncidentState.new, NOW, (Entry(NOW, "ann", "Declared"),),
    )  # fmt: skip
    assert NEW.cis == (AffectedCi(DB, "down", START), AffectedCi(APP, "degraded", START))
    assert (NEW.major, NEW.priority, NEW.open) == (False, 3, True)


def test_one_that_starts_later_is_not_declared_before() -> None:
    assert declared(replace(DRAFT, started_at=after(60)), "1", "ann", NOW).declared_at == after(60)


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"), [("high", "high", 1), ("high", "low", 3), ("low", "low", 5)]
)
def test_priority_is_of_impact_and_urgency(impact: str, urgency: str, priority: int) -> None:
    draft = replace(DRAFT, impact=Grade(impact), urgency=Grade(urgency))
    assert declared(draft, "1", "ann", NOW).priority == priority


def test_every_problem_of_a_draft_is_told_at_once() -> None:
    draft = IncidentDraft(
        title=" ", started_at=datetime(2026, 9, 12, 3, 0), number="a/b", owner="x" * 201,
        cis=(AffectedDraft(DB, "gone"), AffectedDraft(CiId(""))), cause=Cause(CauseType.change, "t" * 5001, change="/"),
        major=True,
    )  # fmt: skip
    assert codes(lambda: declared(draft, "1", "ann", NOW)) == [
        ("MISSING_VALUE", "title"),
        ("BAD_DATE", "started_at"),
        ("BAD_NUMBER", "number"),
        ("BAD_CHOICE", "cis[0].state"),
        ("MISSING_VALUE", "cis[1].ci"),
        ("FIELD_TOO_LONG", "owner"),
        ("FIELD_TOO_LONG", "cause.text"),
        ("BAD_NUMBER", "cause.change"),
        ("MISSING_VALUE", "major_reason"),
    ]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"detected_at": after(-1)}, [("END_BEFORE_START", "detected_at")]),
        ({"declared_at": after(-1)}, [("END_BEFORE_START", "declared_at")]),
        ({"cis": (AffectedDraft(DB, since=after(-1)),)}, [("END_BEFORE_START", "cis[0].since")]),
        ({"cis": (AffectedDraft(DB, since=after(5), until=after(4)),)}, [("END_BEFORE_START", "cis[0].until")]),
        ({"cis": (AffectedDraft(DB), AffectedDraft(DB, since=after(5)))}, [("OVERLAPPING_STATES", "cis[1].since")]),
        ({"title": "a\nb"}, [("BAD_CHARACTER", "title")]),
        ({"title": "\ud800"}, [("ENCODING_INVALID", "title")]),
        ({"title": "x" * 301}, [("FIELD_TOO_LONG", "title")]),
        ({"source": ""}, [("BAD_NUMBER", "source")]),
        ({"cis": tuple(AffectedDraft(CiId(f"c{n}")) for n in range(1001))}, [("TOO_MANY", "cis")]),
    ],
    ids=lambda value: None if isinstance(value, list) else next(iter(value)),
)
def test_a_draft_whose_parts_do_not_fit_is_refused(stated: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert codes(lambda: declared(replace(DRAFT, **stated), "1", "ann", NOW)) == expected


def test_a_thousand_cis_are_taken() -> None:
    draft = replace(DRAFT, cis=tuple(AffectedDraft(CiId(f"c{n}")) for n in range(1000)))
    assert len(declared(draft, "1", "ann", NOW).cis) == 1000


def test_texts_and_ids_are_taken_in_their_one_form() -> None:
    draft = replace(DRAFT, title="  Disk  ", cis=(AffectedDraft(CiId(" Za\u0308hler "), "DOWN"),))
    found = declared(draft, "1", "ann", NOW)
    assert (found.title, found.cis) == ("Disk", (AffectedCi(CiId("Z\u00e4hler"), "down", START),))


@pytest.mark.parametrize("state", IncidentState)
@pytest.mark.parametrize("to", IncidentState)
def test_only_the_declared_moves_are_allowed(state: IncidentState, to: IncidentState) -> None:
    over = state in (IncidentState.resolved, IncidentState.closed)
    incident = taken_over(replace(NEW, state=state, resolved_at=after(20) if over else None), NOW)
    if to in INCIDENT_MOVES[state]:
        assert moved(incident, to, "ann", NOW, after(30)).state is to
        return
    (problem,) = refusals(lambda: moved(incident, to, "ann", NOW, after(30)))
    assert (problem.code, problem.place, problem.found) == ("BAD_TRANSITION", "to", f"{state} -> {to}")
    assert problem.accepted == (", ".join(INCIDENT_MOVES[state]) or f"no move: {state} is its last state")


def test_resolving_ends_the_states_of_its_cis_and_opening_again_begins_them() -> None:
    over = resolve(with_state(NEW, APP, "operational", "ann", NOW, after(15)), 30)
    assert (over.resolved_at, over.open, over.window.end) == (after(30), False, after(30))
    assert course(over, DB) == [("down", START, after(30))]
    again = moved(over, IncidentState.in_progress, "ann", NOW, after(40))
    assert (again.resolved_at, again.open) == (None, True)
    assert course(again, DB) == [("down", START, after(30)), ("down", after(40), None)]
    assert course(again, APP) == [
        ("degraded", START, after(15)), ("operational", after(15), after(30)), ("operational", after(40), None),
    ]  # fmt: skip
    assert again.states_at(after(35)) == {}


def test_opened_again_at_the_moment_it_was_resolved_it_never_stopped() -> None:
    again = moved(resolve(NEW, 30), IncidentState.in_progress, "ann", NOW, after(30))
    assert again.cis == NEW.cis


def test_a_ci_that_was_back_before_the_end_stays_so_when_it_is_opened_again() -> None:
    parts = (AffectedCi(DB, "down", START, after(20)), AffectedCi(APP, "down", START))
    again = moved(
        resolve(edited(NEW, IncidentEdit(cis=parts), "ann", NOW), 30), IncidentState.in_progress, "ann", NOW, after(40)
    )
    assert course(again, DB) == [("down", START, after(20))]
    assert course(again, APP)[-1] == ("down", after(40), None)


def test_calling_off_ends_the_states_of_its_cis() -> None:
    over = moved(NEW, IncidentState.cancelled, "ann", NOW, after(12), "a drill")
    assert [part.until for part in over.cis] == [after(12), after(12)]
    assert over.timeline[-1] == Entry(after(12), "ann", "Cancelled: a drill")


def test_a_state_ends_where_the_next_begins() -> None:
    found = with_state(NEW, DB, "degraded", "bob", NOW, after(20), "one disk is back")
    assert course(found, DB) == [("down", START, after(20)), ("degraded", after(20), None)]
    assert found.states_at(after(20))[DB] == "degraded"
    assert found.timeline[-1] == Entry(after(20), "bob", "db: Degraded: one disk is back")
    assert with_state(found, DB, "degraded", "bob", NOW, after(25)) == found


def test_a_state_corrected_at_its_own_beginning_is_replaced() -> None:
    assert course(with_state(NEW, DB, "at_risk", "bob", NOW, START), DB) == [("at_risk", START, None)]


def test_a_ci_may_join() -> None:
    assert course(with_state(NEW, CiId("host"), "down", "bob", NOW, after(3)), CiId("host")) == [
        ("down", after(3), None)
    ]


@pytest.mark.parametrize(("ci", "minutes"), [(DB, -1), (CiId("host"), -1), (DB, 19)])
def test_moments_out_of_order_are_refused(ci: CiId, minutes: float) -> None:
    later = with_state(NEW, DB, "degraded", "bob", NOW, after(20))
    assert codes(lambda: with_state(later, ci, "down", "bob", NOW, after(minutes))) == [("END_BEFORE_START", "at")]


@pytest.mark.parametrize("to", [IncidentState.resolved, IncidentState.cancelled, IncidentState.in_progress])
@pytest.mark.parametrize("minutes", [-1, 19])
def test_a_move_before_what_is_told_already_is_refused(to: IncidentState, minutes: float) -> None:
    later = with_state(NEW, DB, "degraded", "bob", NOW, after(20))
    assert codes(lambda: moved(later, to, "bob", NOW, after(minutes))) == [("END_BEFORE_START", "at")]


@pytest.mark.parametrize("to", [IncidentState.in_progress, IncidentState.closed])
def test_nothing_follows_on_a_resolution_before_it(to: IncidentState) -> None:
    assert codes(lambda: moved(resolve(NEW, 30), to, "bob", NOW, after(29))) == [("END_BEFORE_START", "at")]


def test_states_change_only_while_it_is_open() -> None:
    (problem,) = refusals(lambda: with_state(resolve(NEW, 30), DB, "down", "bob", NOW, after(40)))
    assert (problem.code, problem.found) == ("BAD_TRANSITION", "resolved")
    assert problem.accepted == "an incident that is new, in_progress, on_hold"


def test_every_problem_of_a_move_is_told_at_once() -> None:
    def call() -> Incident:
        at = datetime(2026, 1, 1)
        return moved(
            resolve(NEW, 30), IncidentState.new, "ann", NOW, at, "x" * 4001, cause=Cause(CauseType.power, ci=CiId(""))
        )

    assert [code for code, _ in codes(call)] == [
        "BAD_TRANSITION", "BAD_DATE", "FIELD_TOO_LONG", "MISSING_VALUE",
    ]  # fmt: skip


def test_major_needs_a_reason_and_may_end() -> None:
    assert codes(lambda: edited(NEW, IncidentEdit(major=True), "ann", NOW)) == [("MISSING_VALUE", "major_reason")]
    major = edited(NEW, IncidentEdit(major_reason=MajorReason.interruption), "ann", NOW)
    assert (major.major, major.major_reason) == (True, MajorReason.interruption)
    assert edited(major, IncidentEdit(major=True), "ann", NOW) == major
    over = edited(major, IncidentEdit(major=False), "ann", after(11))
    assert (over.major, over.major_reason) == (False, None)
    both = IncidentEdit(major=False, major_reason=MajorReason.degradation)
    assert codes(lambda: edited(major, both, "ann", NOW)) == [("INCONSISTENT_RECORD", "major_reason")]


def test_an_edit_changes_what_it_states_and_says_so() -> None:
    found = edited(NEW, IncidentEdit(title="Disk of db full", owner="team-a", problem="assyst/ 7"), "bob", after(11))
    assert found == replace(
        NEW, title="Disk of db full", owner="team-a", problem="assyst/ 7",
        timeline=(*NEW.timeline, Entry(after(11), "bob", "Changed title, owner, problem")),
    )  # fmt: skip


@pytest.mark.parametrize("edit", [IncidentEdit(), IncidentEdit(title=" Disk full "), IncidentEdit(started_at=START)])
def test_an_edit_that_says_what_stands_changes_nothing(edit: IncidentEdit) -> None:
    assert edited(NEW, edit, "bob", after(11)) == NEW


def test_fields_can_be_emptied() -> None:
    full = edited(NEW, IncidentEdit(detected_at=after(1), cause=Cause(CauseType.power), problem="PRB-1"), "ann", NOW)
    cleared = edited(full, IncidentEdit(clear=frozenset({"detected_at", "cause"}), problem=""), "ann", NOW)
    assert (cleared.detected_at, cleared.cause, cleared.problem) == (None, None, None)
    assert codes(lambda: edited(NEW, IncidentEdit(clear=frozenset({"title"})), "ann", NOW)) == [("BAD_CHOICE", "clear")]


def test_what_began_and_ended_with_it_follows_a_corrected_start_and_end() -> None:
    over = resolve(with_state(NEW, APP, "down", "ann", NOW, after(5)), 30)
    found = edited(over, IncidentEdit(started_at=after(-10), resolved_at=after(25)), "ann", NOW)
    assert course(found, DB) == [("down", after(-10), after(25))]
    assert course(found, APP) == [("degraded", after(-10), after(5)), ("down", after(5), after(25))]


def test_a_corrected_start_behind_what_is_told_is_refused() -> None:
    later = with_state(NEW, DB, "degraded", "bob", NOW, after(20))
    assert ("END_BEFORE_START", "cis[0].until") in codes(
        lambda: edited(later, IncidentEdit(started_at=after(25)), "ann", NOW)
    )


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"state": IncidentState.resolved}, [("MISSING_VALUE", "resolved_at")]),
        ({"resolved_at": after(30)}, [("INCONSISTENT_RECORD", "resolved_at")]),
        ({"closed_at": after(30)}, [("INCONSISTENT_RECORD", "closed_at")]),
        ({"state": IncidentState.resolved, "resolved_at": after(-1), "cis": ()}, [("END_BEFORE_START", "resolved_at")]),
        ({"state": IncidentState.closed, "resolved_at": after(9), "closed_at": after(8)},
         [("END_BEFORE_START", "closed_at")]),
        ({"major": True}, [("MISSING_VALUE", "major_reason")]),
        ({"major_reason": MajorReason.degradation}, [("INCONSISTENT_RECORD", "major_reason")]),
        ({"state": IncidentState.resolved, "resolved_at": after(9), "cis": (AffectedCi(DB, "down", START, after(10)),)},
         [("INCONSISTENT_RECORD", "cis[0].until")]),
    ],
)  # fmt: skip
def test_one_from_another_tool_has_to_fit_together(stated: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert codes(lambda: taken_over(replace(NEW, declared_at=None, **stated), NOW)) == expected


def test_one_that_comes_resolved_has_no_state_going_on() -> None:
    found = taken_over(replace(NEW, state=IncidentState.closed, resolved_at=after(30)), NOW)
    assert [part.until for part in found.cis] == [after(30), after(30)]


def test_notes_stand_in_order_of_time() -> None:
    found = noted(noted(NEW, "second", "bob", NOW, after(20)), " first ", "bob", NOW, after(12))
    assert [entry.text for entry in found.timeline] == ["Declared", "first", "second"]


def test_empty_long_and_too_many_notes_are_refused() -> None:
    assert codes(lambda: noted(NEW, " ", "bob", NOW)) == [("MISSING_VALUE", "text")]
    assert codes(lambda: noted(NEW, "x" * 4001, "bob", NOW)) == [("FIELD_TOO_LONG", "text")]
    full = replace(NEW, timeline=tuple(Entry(NOW + timedelta(seconds=n), "ann", "x") for n in range(MOST_NOTED)))
    assert codes(lambda: noted(full, "x", "bob", NOW)) == [("TOO_MANY", "timeline")]
    assert resolve(full, 60).state is IncidentState.resolved
