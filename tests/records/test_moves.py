"""Whatever is done to a record, in whatever order: it either is refused or leaves a record that holds together."""

from collections.abc import Callable
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.records import change as changes
from cmdb.records import incident as incidents
from cmdb.records import problem as problems
from cmdb.records.bulk import taken_over
from cmdb.records.drafts import AffectedDraft, ChangeDraft, ChangeEdit, IncidentDraft, IncidentEdit, ProblemDraft
from cmdb.records.fields import STATES
from cmdb.records.form import kept, read
from cmdb.records.kinds import (
    ChangeState,
    ChangeType,
    Decision,
    IncidentState,
    MajorReason,
    ProblemState,
)
from cmdb.records.record_types import AnyRecord, Approval, Change, Incident, PlannedCi, ProblemRecord
from cmdb.records.timeline import noted
from tests.records.strategies import spans
from tests.records.times import START, after

Step = Callable[[AnyRecord, datetime], AnyRecord]
moments = st.none() | st.integers(-10, 300).map(after)
cis = st.sampled_from([CiId("app"), CiId("db"), CiId("host")])
states = st.sampled_from(STATES)
sorts = st.sampled_from(["move", "state", "edit", "note"])


@st.composite
def incident_steps(draw: st.DrawFn) -> Callable[[Incident, datetime], Incident]:
    sort, at = draw(sorts), draw(moments)
    if sort == "move":
        to = draw(st.sampled_from(IncidentState))
        return lambda incident, now: incidents.moved(incident, to, "ann", now, at)
    if sort == "state":
        ci, state = draw(cis), draw(states)
        return lambda incident, now: incidents.with_state(incident, ci, state, "ann", now, at)
    if sort == "note":
        return lambda incident, now: noted(incident, "seen", "ann", now, at)
    reason = st.none() | st.sampled_from(MajorReason)
    edit = IncidentEdit(
        started_at=draw(moments), detected_at=draw(moments), resolved_at=draw(moments),
        major=draw(st.none() | st.booleans()), major_reason=draw(reason),
    )  # fmt: skip
    return lambda incident, now: incidents.edited(incident, edit, "ann", now)


@st.composite
def change_steps(draw: st.DrawFn) -> Callable[[Change, datetime], Change]:
    sort, at = draw(sorts), draw(moments)
    if sort == "move":
        to = draw(st.sampled_from(ChangeState))
        return lambda change, now: changes.moved(change, to, "ann", now, at)
    if sort == "state":
        approval = Approval(at or START, "eve", draw(st.sampled_from(Decision)), 3)
        return lambda change, now: changes.decided(change, approval, "x.1", now)
    if sort == "note":
        return lambda change, now: noted(change, "seen", "ann", now, at)
    edit = ChangeEdit(start=at, end=draw(moments), type=draw(st.none() | st.sampled_from(ChangeType)))
    return lambda change, now: changes.edited(change, edit, "ann", now)


def held_together(record: AnyRecord, now: datetime) -> None:
    assert taken_over(record, now) == record
    assert read(kept(record)) == record
    if isinstance(record, Incident | Change | ProblemRecord):
        moments = [entry.at for entry in record.timeline]
        assert moments == sorted(moments)


def tried(step: Callable[[], AnyRecord], otherwise: AnyRecord) -> AnyRecord:
    try:
        return step()
    except InvalidInput:
        return otherwise


@given(st.lists(cis, max_size=3, unique=True), st.lists(incident_steps(), max_size=12))
def test_incidents(named: list[CiId], steps: list[Callable[[Incident, datetime], Incident]]) -> None:
    draft = IncidentDraft(title="x", started_at=START, cis=tuple(map(AffectedDraft, named)))
    incident = incidents.declared(draft, "INC-0001", "ann", START)
    for number, step in enumerate(steps):
        now = after(number * 15)
        before, found = incident, tried(lambda i=incident, s=step, n=now: s(i, n), incident)  # type: ignore[misc]
        assert isinstance(found, Incident)
        incident = found
        held_together(incident, now)
        if incident.state is not before.state:
            assert len(incident.timeline) == len(before.timeline) + 1
        assert {part.ci for part in before.cis} <= {part.ci for part in incident.cis}
        going_on = {part.ci for part in incident.cis if part.until is None}
        assert not (going_on and not incident.open)
        assert incident.open == (incident.window.end is None and incident.state is not IncidentState.cancelled)
        assert incident.major == (incident.major_reason is not None)


@given(spans(), st.sampled_from(ChangeType), st.lists(change_steps(), max_size=12))
def test_changes(
    span: tuple[datetime, datetime], type_: ChangeType, steps: list[Callable[[Change, datetime], Change]]
) -> None:
    draft = ChangeDraft(title="x", start=span[0], end=span[1], type=type_, cis=(PlannedCi(CiId("db")),))
    change = changes.planned(draft, "CHG-0001", "ann", START)
    for number, step in enumerate(steps):
        now = after(number * 15)
        before, found = change, tried(lambda c=change, s=step, n=now: s(c, n), change)  # type: ignore[misc]
        assert isinstance(found, Change)
        change = found
        held_together(change, now)
        assert change.window.end is not None
        assert change.window.start <= change.window.end
        if change.state is ChangeState.implementing and before.state is not ChangeState.implementing:
            emergency = change.type is ChangeType.emergency
            assert emergency or before.state is ChangeState.approved
        if change.state is ChangeState.approved and change.type is not ChangeType.standard:
            assert change.approvals[-1].decision is Decision.approved


@given(st.lists(st.tuples(st.sampled_from(ProblemState), moments), max_size=10))
def test_problems(moves: list[tuple[ProblemState, datetime | None]]) -> None:
    problem = problems.opened(ProblemDraft(title="x"), "PRB-0001", "ann", START)
    for to, at in moves:
        found = tried(lambda p=problem, t=to, a=at: problems.moved(p, t, "ann", START, a), problem)  # type: ignore[misc]
        assert isinstance(found, ProblemRecord)
        problem = found
        held_together(problem, START)
        assert (problem.closed_at is not None) == (problem.state is ProblemState.closed)
