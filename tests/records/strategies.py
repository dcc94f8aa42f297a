"""Records as hypothesis makes them: whole ones of any content, and such as may stand beside one another in a book."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from cmdb.model.ci import CiId
from cmdb.records.fields import STATES
from cmdb.records.kinds import (
    CauseType,
    ChangeState,
    ChangeType,
    Decision,
    FreezeType,
    Grade,
    IncidentState,
    MajorReason,
    ProblemState,
)
from cmdb.records.record_types import (
    AffectedCi,
    AnyRecord,
    Approval,
    BackOut,
    Basis,
    Cause,
    Change,
    CoveredCi,
    Entry,
    Freeze,
    Incident,
    PlannedCi,
    ProblemRecord,
)
from tests.records.times import START

moments = st.datetimes(datetime(2000, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))
texts = st.text(st.characters(codec="utf-8"), max_size=12)
cis = st.sampled_from([CiId(name) for name in ("app", "db", "host-1", "Zählwerk", "x y")])
sources = st.sampled_from(["bluenose", "assyst", "a/b"])
numbers = st.sampled_from(["INC-0001", "INC-0002", "CHG-0007", "FRZ-0003", "PRB-12", "7", "é"])
entries = st.builds(Entry, at=moments, who=texts, text=texts)
maybe_moments = st.none() | moments
maybe_keys = st.none() | st.sampled_from(["PRB-0001", "assyst/77"])
causes = st.builds(
    Cause, type=st.sampled_from(CauseType), text=texts, ci=st.none() | cis, change=st.none() | st.just("CHG-0001")
)


def few(of: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    """A tuple of at most three."""
    return st.lists(of, max_size=3).map(tuple)


whole_records: st.SearchStrategy[AnyRecord] = st.one_of(
    st.builds(
        Incident, number=numbers, source=sources, title=texts, description=texts, state=st.sampled_from(IncidentState),
        started_at=moments, detected_at=maybe_moments, declared_at=maybe_moments, resolved_at=maybe_moments,
        closed_at=maybe_moments, impact=st.sampled_from(Grade), urgency=st.sampled_from(Grade), major=st.booleans(),
        major_reason=st.none() | st.sampled_from(MajorReason), owner=texts, timeline=few(entries), resolution=texts,
        cause=st.none() | causes, problem=maybe_keys,
        cis=few(st.builds(AffectedCi, ci=cis, state=st.sampled_from(STATES), since=moments, until=maybe_moments)),
    ),
    st.builds(
        Change, number=numbers, source=sources, title=texts, description=texts, type=st.sampled_from(ChangeType),
        state=st.sampled_from(ChangeState), requested_at=moments, start=moments, end=moments,
        actual_start=maybe_moments, actual_end=maybe_moments, owner=texts, timeline=few(entries), outcome=texts,
        back_out=st.builds(BackOut, plan=texts, minutes=st.none() | st.integers(0, 10**6)), basis=st.none() | numbers,
        cis=few(st.builds(PlannedCi, ci=cis, state=st.sampled_from(STATES))),
        approvals=few(
            st.builds(Approval, at=moments, who=texts, decision=st.sampled_from(Decision), revision=st.integers(0, 99),
                      text=texts)
        ),
    ),
    st.builds(
        Freeze, number=numbers, source=sources, title=texts, type=st.sampled_from(FreezeType), start=moments,
        end=moments, cis=few(st.builds(CoveredCi, ci=cis)), kinds=few(texts), sectors=few(texts),
        cancelled=st.booleans(),
    ),
    st.builds(
        ProblemRecord, number=numbers, source=sources, title=texts, description=texts,
        state=st.sampled_from(ProblemState), opened_at=moments, closed_at=maybe_moments,
        cis=few(st.builds(CoveredCi, ci=cis)), cause=st.none() | causes, timeline=few(entries),
    ),
    st.builds(
        Basis, number=numbers, source=sources, revision=st.integers(0, 10**9), asked_at=moments,
        people=st.integers(0, 10**9), down=few(cis), degraded=few(cis), at_risk=few(cis), collisions=few(texts),
        risk=st.integers(0, 100),
    ),
)  # fmt: skip
"""Records of any content: what is in them need not fit together."""

hours = st.integers(0, 12).map(lambda number: START + timedelta(hours=number))
"""Few moments, so that windows often touch."""


@st.composite
def spans(draw: st.DrawFn) -> tuple[datetime, datetime]:
    """A start and a later end."""
    start, end = sorted((draw(hours), draw(hours)))
    return start, end if start < end else end + timedelta(hours=1)


@st.composite
def booked(draw: st.DrawFn) -> AnyRecord:
    """A record for a book: of few numbers, CIs and moments."""
    number, source = f"INC-{draw(st.integers(1, 3)):04}", draw(st.sampled_from(["bluenose", "assyst"]))
    named = draw(st.lists(cis, max_size=2, unique=True))
    start, end = draw(spans())
    kind = draw(st.sampled_from(["incident", "change", "freeze", "problem", "basis"]))
    if kind == "incident":
        state = draw(st.sampled_from(IncidentState))
        parts = tuple(AffectedCi(ci, "down", start) for ci in named)
        return Incident(number=number, source=source, title="x", state=state, started_at=start, cis=parts)
    if kind == "change":
        state_ = draw(st.sampled_from(ChangeState))
        plan = tuple(PlannedCi(ci) for ci in named)
        number = number.replace("INC", "CHG")
        return Change(
            number=number, source=source, title="x", state=state_, requested_at=start, start=start, end=end, cis=plan
        )
    covered = tuple(CoveredCi(ci) for ci in named)
    if kind == "freeze":
        return Freeze(
            number=number, source=source, title="x", start=start, end=end, cis=covered, cancelled=draw(st.booleans())
        )
    if kind == "problem":
        return ProblemRecord(number=number, source=source, title="x", opened_at=start, cis=covered)
    return Basis(number=number, source=source, revision=1, asked_at=start, people=0, down=tuple(named))
