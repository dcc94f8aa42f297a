"""A record as it stands with what a file says of it: what the file does not state stays, and so does its course."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cmdb.model.ci import CiId
from cmdb.records.kinds import IncidentState
from cmdb.records.record_types import AffectedCi, AnyRecord, Incident
from importers.records.transform import Told


def merged(stored: AnyRecord, told: Told, now: datetime) -> AnyRecord:
    """The stored record with the fields that the file states.

    A file tells in which state a CI is, not since when: one that is in another state than recorded is so from `now`;
    of an incident that is over, it is the last state that is corrected.
    """
    after = replace(stored, **{name: getattr(told.value, name) for name in told.given})
    if isinstance(stored, Incident) and isinstance(after, Incident):
        return _followed(stored, after, "cis" in told.given, now)
    return after


def _followed(stored: Incident, after: Incident, given: bool, now: datetime) -> Incident:
    """With its times in accord with its state, and the states of its CIs with both."""
    if after.open:
        after = replace(after, resolved_at=None, closed_at=None)
    elif after.state is not IncidentState.closed:
        after = replace(after, closed_at=None)
    course = [_moved(part, stored, after) for part in stored.cis]
    if not given:
        return replace(after, cis=tuple(course))
    told = {part.ci: part.state for part in after.cis}
    if after.open:
        return replace(after, cis=tuple(_going_on(course, told, after.started_at, max(now, after.started_at))))
    return replace(after, cis=tuple(_over(course, told, after)))


def _moved(part: AffectedCi, stored: Incident, after: Incident) -> AffectedCi:
    """A state that began or ended with the incident still does when that has moved."""
    since = after.started_at if part.since == stored.started_at else part.since
    last = part.until is None or part.until == stored.resolved_at
    return replace(part, since=since, until=after.resolved_at if last else part.until)


def _going_on(
    course: Sequence[AffectedCi], told: Mapping[CiId, str], start: datetime, now: datetime
) -> Iterator[AffectedCi]:
    """The course of every CI with another state from now on where the file tells of one, or of none."""
    current = {part.ci: part.state for part in course if part.until is None}
    for part in course:
        if part.until is not None or told.get(part.ci) == part.state:
            yield part
        elif part.since < now:
            yield replace(part, until=now)
    known = {part.ci for part in course}
    for ci, state in told.items():
        if current.get(ci) != state:
            yield AffectedCi(ci, state, now if ci in known else start)


def _over(course: Sequence[AffectedCi], told: Mapping[CiId, str], incident: Incident) -> Iterator[AffectedCi]:
    """The course of every CI with the last state that the file tells; one it does not know was so all along."""
    last = {part.ci: part for part in course}
    for part in course:
        yield replace(part, state=told.get(part.ci, part.state)) if part is last[part.ci] else part
    for ci, state in told.items():
        if ci not in last:
            yield AffectedCi(ci, state, incident.started_at, incident.resolved_at)
