"""A table of incidents to incidents."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from cmdb.model.ci import CiId
from cmdb.records.kinds import PRIORITY, Grade, IncidentState, MajorReason
from cmdb.records.record_types import AffectedCi, Incident
from importers.records.cells import NO_STATES, parse_flag, parse_states
from importers.records.sheet import Sheet
from importers.records.words import GRADES, INCIDENT_STATES, MAJOR_REASONS, PRIORITIES

BY_PRIORITY: Mapping[str, tuple[Grade, Grade]] = {
    "1": (Grade.high, Grade.high),
    "2": (Grade.high, Grade.medium),
    "3": (Grade.medium, Grade.medium),
    "4": (Grade.medium, Grade.low),
    "5": (Grade.low, Grade.low),
}
"""Impact and urgency where a tool tells only the priority."""
REASONS: Mapping[str, MajorReason] = {
    "down": MajorReason.interruption,
    "degraded": MajorReason.degradation,
    "at_risk": MajorReason.increased_risk,
}
"""What a major incident is called by the worst state of its CIs, where a tool only tells that it is major."""


def incidents(sheet: Sheet) -> Iterator[Incident | None]:
    """The incident of each row; None where one cannot be made of it, which is reported."""
    started = sheet.moments("started_at", required=True)
    resolved, closed = sheet.ends("resolved_at", started), sheet.moments("closed_at")
    states = sheet.words("state", INCIDENT_STATES)
    grades = _grades(sheet)
    rows = zip(
        sheet.numbers(), sheet.titles(), sheet.texts("description"), started, resolved, closed, states,
        sheet.moments("detected_at"), sheet.moments("declared_at"), sheet.parsed("cis", parse_states, NO_STATES),
        grades, sheet.parsed("major", parse_flag, False), sheet.words("major_reason", MAJOR_REASONS),
        sheet.lines("owner"), sheet.texts("resolution"), sheet.causes(), sheet.keys("problem", "problem"),
        strict=True,
    )  # fmt: skip
    for row, (number, title, description, start, end, close, state, detected, declared, cis, (impact, urgency), major,
              reason, owner, resolution, cause, problem) in enumerate(rows):  # fmt: skip
        if not number or start is None:
            yield None
            continue
        own, ended = _incident_end(sheet, row, state, end, close)
        yield Incident(
            number=number, source=sheet.source, title=title, description=description, state=own, started_at=start,
            detected_at=detected, declared_at=declared, resolved_at=ended, closed_at=close,
            cis=tuple(AffectedCi(ci, level, start, ended) for ci, level in cis), impact=impact, urgency=urgency,
            major=major or reason is not None, major_reason=reason or (_reason(cis) if major else None), owner=owner,
            resolution=resolution, cause=cause,
            problem=problem,
        )  # fmt: skip


def _reason(cis: Sequence[tuple[CiId, str]]) -> MajorReason | None:
    """Why an incident is major that only says that it is: what the worst state of its CIs is called."""
    states = {state for _, state in cis}
    return next((reason for state, reason in REASONS.items() if state in states), None)


def _incident_end(
    sheet: Sheet, row: int, told: IncidentState | None, end: datetime | None, close: datetime | None
) -> tuple[IncidentState, datetime | None]:
    """The state, from the moments where none is stated, and the end; one that is open has none."""
    derived = IncidentState.closed if close else IncidentState.resolved if end else IncidentState.new
    state, at = told or derived, sheet.cell(row, "resolved_at")
    if state in (IncidentState.resolved, IncidentState.closed):
        return state, end or close
    if end is not None and state is not IncidentState.cancelled:
        sheet.warnings.add("IGNORED_VALUE", at, f"{end.isoformat()}, though it is {state}", "an empty cell; left out")
    return state, end if state is IncidentState.cancelled else None


def _grades(sheet: Sheet) -> list[tuple[Grade, Grade]]:
    """Impact and urgency of each row, from the priority where they are not stated."""
    columns = (sheet.words("impact", GRADES), sheet.words("urgency", GRADES), sheet.words("priority", PRIORITIES))
    return [_graded(sheet, row, *told) for row, told in enumerate(zip(*columns, strict=True))]


def _graded(
    sheet: Sheet, row: int, impact: Grade | None, urgency: Grade | None, priority: str | None
) -> tuple[Grade, Grade]:
    if priority is None:
        return impact or Grade.medium, urgency or Grade.medium
    if impact is None and urgency is None:
        return BY_PRIORITY[priority]
    fitting = [pair for pair, found in PRIORITY.items() if found == int(priority)]
    pairs = [pair for pair in fitting if impact in (None, pair[0]) and urgency in (None, pair[1])]
    if pairs:
        return pairs[0]
    pair = impact or Grade.medium, urgency or Grade.medium
    found = f"{priority}, though impact {pair[0]} and urgency {pair[1]} make {PRIORITY[pair]}"
    sheet.warnings.add("IGNORED_VALUE", sheet.cell(row, "priority"), found, "a priority that fits; left out")
    return pair
