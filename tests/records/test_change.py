"""Changes: what may be said of one, who may do what with it, and when it is carried out."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cmdb.model.ci import CiId
from cmdb.records.change import decided, edited, may_decide, moved, next_states, planned, taken_over
from cmdb.records.drafts import ChangeDraft, ChangeEdit
from cmdb.records.kinds import CHANGE_MOVES, ChangeState, ChangeType, Decision
from cmdb.records.record_types import Approval, BackOut, Change, Entry, PlannedCi
from cmdb.records.times import Window
from tests.records.faults import codes, refusals
from tests.records.times import START, after

DB = CiId("db")
HALIFAX = ZoneInfo("America/Halifax")
DRAFT = ChangeDraft(title="New firmware", start=after(60), end=after(100), cis=(PlannedCi(DB),))
NOW = START
NEW = planned(DRAFT, "CHG-0001", "ann", NOW)
YES = Approval(after(5), "eve", Decision.approved, 7, "fine")
DRAFTED, SUBMITTED, APPROVED, REJECTED, IMPLEMENTING, COMPLETED, FAILED, CANCELLED = ChangeState


def in_state(state: ChangeState, type_: ChangeType = ChangeType.normal) -> Change:
    begun = after(61) if state in (IMPLEMENTING, COMPLETED, FAILED) else None
    ended = after(90) if state in (COMPLETED, FAILED) else None
    return taken_over(replace(NEW, state=state, type=type_, actual_start=begun, actual_end=ended), NOW)


def go(change: Change, *states: ChangeState) -> Change:
    for minutes, state in enumerate(states):
        change = moved(change, state, "ann", NOW, after(70 + minutes))
    return change


def test_a_new_change_is_a_draft_requested_now() -> None:
    assert (NEW.state, NEW.requested_at, NEW.planned) == (DRAFTED, NOW, False)
    assert (NEW.window, NEW.timeline) == (Window(after(60), after(100)), (Entry(NOW, "ann", "Planned"),))


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"end": after(60)}, [("END_BEFORE_START", "end")]),
        ({"end": after(59)}, [("END_BEFORE_START", "end")]),
        ({"cis": (PlannedCi(DB), PlannedCi(CiId("app")), PlannedCi(DB, "degraded"))}, [("DUPLICATE_KEY", "cis[2].ci")]),
        ({"cis": (PlannedCi(DB, "off"),)}, [("BAD_CHOICE", "cis[0].state")]),
        ({"back_out": BackOut("again", -1)}, [("OUT_OF_RANGE", "back_out.minutes")]),
        ({"start": datetime(2026, 9, 12), "title": ""}, [("MISSING_VALUE", "title"), ("BAD_DATE", "start")]),
        ({"back_out": BackOut("x" * 10_001)}, [("FIELD_TOO_LONG", "back_out.plan")]),
    ],
)
def test_a_draft_whose_parts_do_not_fit_is_refused(stated: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert codes(lambda: planned(replace(DRAFT, **stated), "1", "ann", NOW)) == expected


def test_a_window_through_the_hour_that_comes_twice() -> None:
    start = datetime(2026, 11, 1, 1, 45, tzinfo=HALIFAX)
    end = datetime(2026, 11, 1, 1, 15, tzinfo=HALIFAX, fold=1)
    found = planned(replace(DRAFT, start=start, end=end), "1", "ann", NOW)
    assert (found.end - found.start).total_seconds() == 30 * 60
    swapped = replace(DRAFT, start=end, end=start)
    assert codes(lambda: planned(swapped, "1", "ann", NOW)) == [("END_BEFORE_START", "end")]


def test_a_window_over_the_hour_that_is_left_out() -> None:
    start, end = (datetime(2027, 3, 14, hour, 30, tzinfo=HALIFAX) for hour in (1, 3))
    found = planned(replace(DRAFT, start=start, end=end), "1", "ann", NOW)
    assert (found.end - found.start).total_seconds() == 60 * 60


@pytest.mark.parametrize("type_", ChangeType)
@pytest.mark.parametrize("state", ChangeState)
@pytest.mark.parametrize("to", ChangeState)
def test_only_the_next_states_may_be_moved_to(type_: ChangeType, state: ChangeState, to: ChangeState) -> None:
    change = in_state(state, type_)
    if to in next_states(change):
        assert moved(change, to, "ann", NOW, after(95)).state is to
    else:
        (problem,) = refusals(lambda: moved(change, to, "ann", NOW, after(95)))
        assert (problem.code, problem.place, problem.found) == ("BAD_TRANSITION", "to", f"{state} -> {to}")


@pytest.mark.parametrize("state", ChangeState)
def test_a_normal_change_is_approved_and_rejected_by_decisions_alone(state: ChangeState) -> None:
    expected = [to for to in CHANGE_MOVES[state] if to not in (APPROVED, REJECTED)]
    assert list(next_states(in_state(state))) == expected


def test_a_standard_change_is_approved_beforehand() -> None:
    standard = in_state(DRAFTED, ChangeType.standard)
    assert go(standard, APPROVED, IMPLEMENTING, COMPLETED).state is COMPLETED
    assert (may_decide(standard), may_decide(in_state(DRAFTED))) == (True, False)


@pytest.mark.parametrize("state", [DRAFTED, SUBMITTED])
def test_an_emergency_change_is_approved_afterwards(state: ChangeState) -> None:
    done = go(in_state(state, ChangeType.emergency), IMPLEMENTING, COMPLETED)
    approved = decided(done, YES, "CHG-0001.1", NOW)
    assert (approved.state, approved.approvals, approved.basis) == (COMPLETED, (YES,), "CHG-0001.1")
    assert codes(lambda: moved(in_state(state), IMPLEMENTING, "ann", NOW, after(70))) == [("BAD_TRANSITION", "to")]


def test_a_decision_moves_a_submitted_change() -> None:
    approved = decided(in_state(SUBMITTED), YES, "CHG-0001.1", NOW)
    assert (approved.state, approved.approvals, approved.basis) == (APPROVED, (YES,), "CHG-0001.1")
    assert approved.timeline[-1] == Entry(after(5), "eve", "Approved: fine")
    rejected = decided(in_state(SUBMITTED), replace(YES, decision=Decision.rejected), None, NOW)
    assert (rejected.state, rejected.basis) == (REJECTED, None)


@pytest.mark.parametrize("state", [DRAFTED, APPROVED, REJECTED, IMPLEMENTING, COMPLETED, FAILED, CANCELLED])
def test_no_other_change_is_decided(state: ChangeState) -> None:
    nobody = replace(YES, who=" ", at=datetime(2026, 1, 1))
    assert codes(lambda: decided(in_state(state), nobody, None, NOW)) == [
        ("BAD_DATE", "at"), ("BAD_TRANSITION", "decision"), ("MISSING_VALUE", "approval.who"),
    ]  # fmt: skip


def test_approval_taken_back_rests_on_nothing() -> None:
    approved = decided(in_state(SUBMITTED), YES, "CHG-0001.1", NOW)
    again = go(approved, SUBMITTED)
    assert (again.basis, again.approvals) == (None, (YES,))


def test_what_was_approved_changes_only_before() -> None:
    approved = decided(in_state(SUBMITTED), YES, None, NOW)
    edit = ChangeEdit(title="Newer firmware", start=after(61), cis=(), owner="team-a")
    assert codes(lambda: edited(approved, edit, "bob", NOW)) == [("NOT_EDITABLE", "start"), ("NOT_EDITABLE", "cis")]
    found = edited(approved, ChangeEdit(title="Newer firmware", start=after(60)), "bob", after(6))
    assert (found.title, found.timeline[-1].text) == ("Newer firmware", "Changed title")
    assert edited(go(approved, SUBMITTED), edit, "bob", NOW).start == after(61)


def test_an_edit_that_says_what_stands_changes_nothing() -> None:
    assert edited(NEW, ChangeEdit(title="New firmware ", end=after(100)), "bob", after(3)) == NEW


def test_an_edit_has_to_fit_what_stands() -> None:
    assert codes(lambda: edited(NEW, ChangeEdit(start=after(100)), "bob", NOW)) == [("END_BEFORE_START", "end")]


def test_actual_times_are_those_of_the_moves() -> None:
    begun = moved(in_state(APPROVED), IMPLEMENTING, "ann", NOW, after(65))
    done = moved(begun, FAILED, "ann", NOW, after(120), "no power")
    assert (done.window, done.outcome) == (Window(after(65), after(120)), "no power")
    assert codes(lambda: moved(begun, FAILED, "ann", NOW, after(64))) == [("END_BEFORE_START", "at")]


@pytest.mark.parametrize(("began", "window"), [(30, (30, 100)), (65, (65, 105)), (130, (130, 170))])
def test_one_that_has_begun_lasts_at_least_as_long_as_planned(began: float, window: tuple[float, float]) -> None:
    begun = moved(in_state(APPROVED), IMPLEMENTING, "ann", NOW, after(began))
    assert begun.window == Window(after(window[0]), after(window[1]))
    assert begun.window_at(after(window[1] - 1)) == begun.window
    assert begun.window_at(after(window[1])) == Window(after(began), None)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"actual_start": after(60)}, [("INCONSISTENT_RECORD", "actual_start")]),
        ({"state": COMPLETED, "actual_end": after(60)}, [("MISSING_VALUE", "actual_start")]),
        (
            {"state": COMPLETED, "actual_start": after(62), "actual_end": after(60)},
            [("END_BEFORE_START", "actual_end")],
        ),
        (
            {"state": IMPLEMENTING, "actual_start": after(60), "actual_end": after(62)},
            [("INCONSISTENT_RECORD", "actual_end")],
        ),
        ({"approvals": (replace(YES, revision=-1),)}, [("OUT_OF_RANGE", "approvals[0].revision")]),
    ],
)
def test_one_from_another_tool_has_to_fit_together(stated: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert codes(lambda: taken_over(replace(NEW, **stated), NOW)) == expected
