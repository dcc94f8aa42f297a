"""Freeze windows and underlying problems."""

from dataclasses import replace

import pytest

from cmdb.model.ci import CiId
from cmdb.records import freeze as freezes
from cmdb.records import problem as problems
from cmdb.records.drafts import FreezeDraft, FreezeEdit, ProblemDraft, ProblemEdit
from cmdb.records.kinds import PROBLEM_MOVES, CauseType, FreezeType, ProblemState
from cmdb.records.record_types import Cause, CoveredCi, Entry
from tests.records.faults import codes, refusals
from tests.records.times import START, after

NOW = START
FREEZE = freezes.declared(FreezeDraft(title="Elections", start=after(0), end=after(600)), "FRZ-0001", NOW)
PROBLEM = problems.opened(ProblemDraft(title="Firmware leaks"), "PRB-0001", "ann", NOW)


def test_a_freeze_may_be_edited_until_it_is_called_off() -> None:
    found = freezes.edited(FREEZE, FreezeEdit(type=FreezeType.blackout, sectors=("health",)), NOW)
    assert found == replace(FREEZE, type=FreezeType.blackout, sectors=("health",))
    over = freezes.cancelled(found)
    assert over.cancelled
    assert codes(lambda: freezes.cancelled(over)) == [("BAD_TRANSITION", "to")]
    assert codes(lambda: freezes.edited(over, FreezeEdit(title="x"), NOW)) == [("NOT_EDITABLE", "freeze")]


def test_a_freeze_that_does_not_fit_is_refused() -> None:
    edit = FreezeEdit(end=after(0), cis=(CoveredCi(CiId("db")), CoveredCi(CiId("db"))))
    assert codes(lambda: freezes.edited(FREEZE, edit, NOW)) == [
        ("DUPLICATE_KEY", "cis[1].ci"),
        ("END_BEFORE_START", "end"),
    ]
    many = replace(FREEZE, kinds=tuple(f"k{n}" for n in range(201)))
    assert codes(lambda: freezes.taken_over(many, NOW)) == [("TOO_MANY", "kinds")]


@pytest.mark.parametrize("state", ProblemState)
@pytest.mark.parametrize("to", ProblemState)
def test_a_problem_goes_only_where_it_may(state: ProblemState, to: ProblemState) -> None:
    problem = replace(PROBLEM, state=state, closed_at=after(5) if state is ProblemState.closed else None)
    if to in PROBLEM_MOVES[state]:
        found = problems.moved(problem, to, "bob", NOW, after(9), "seen")
        assert (found.state, found.closed_at) == (to, after(9) if to is ProblemState.closed else None)
        assert found.timeline[-1].text.endswith(": seen")
    else:
        (fault,) = refusals(lambda: problems.moved(problem, to, "bob", NOW, after(9)))
        assert (fault.code, fault.accepted) == ("BAD_TRANSITION", ", ".join(PROBLEM_MOVES[state]))


def test_a_problem_is_edited_and_its_cause_taken_back() -> None:
    found = problems.edited(PROBLEM, ProblemEdit(cause=Cause(CauseType.software)), "bob", after(3))
    assert found.timeline[-1] == Entry(after(3), "bob", "Changed cause")
    assert problems.edited(found, ProblemEdit(clear=frozenset({"cause"})), "bob", after(4)).cause is None
    assert codes(lambda: problems.edited(found, ProblemEdit(clear=frozenset({"title"})), "bob", NOW)) == [
        ("BAD_CHOICE", "clear")
    ]


def test_a_problem_is_not_closed_before_it_was_opened() -> None:
    assert codes(lambda: problems.moved(PROBLEM, ProblemState.closed, "bob", NOW, after(-1))) == [
        ("END_BEFORE_START", "at")
    ]
    open_yet_closed = replace(PROBLEM, closed_at=after(1))
    assert codes(lambda: problems.taken_over(open_yet_closed, NOW)) == [("INCONSISTENT_RECORD", "closed_at")]
