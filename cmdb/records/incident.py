"""How an incident is declared, corrected and moved through its states. Pure: values in, values out.

Every function raises `InvalidInput` with all that is wrong; `now` is the clock's time, in UTC.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from cmdb.model.ci import CiId
from cmdb.model.errors import shown
from cmdb.records.drafts import CLEARABLE, AffectedDraft, IncidentDraft, IncidentEdit
from cmdb.records.faults import Faults, refused
from cmdb.records.fields import MOST_CIS, PARSERS, note, settled, taken
from cmdb.records.kinds import INCIDENT_MOVES, OPEN_INCIDENT, IncidentState
from cmdb.records.record_types import AffectedCi, Cause, Entry, Incident
from cmdb.records.timeline import MOST_ENTRIES, differing, entered, moment_of, sentence

OVER = frozenset({IncidentState.resolved, IncidentState.closed})
MOST_PARTS = 5_000
"""States that the CIs of one incident may have gone through."""
PLAIN = ("title", "description", "detected_at", "declared_at", "impact", "urgency", "owner", "resolution", "cause",
         "problem")  # fmt: skip
"""Fields that an edit replaces without consequences for others."""


def declared(draft: IncidentDraft, number: str, who: str, now: datetime) -> Incident:
    """The new incident that a draft describes."""
    faults = Faults()
    draft = settled(draft, faults, now)
    if draft.major and draft.major_reason is None:
        faults.add("MISSING_VALUE", "major_reason", "none", "interruption, degradation or increased_risk")
    faults.settle()
    incident = Incident(
        number=draft.number or number, source=draft.source, title=draft.title, description=draft.description,
        started_at=draft.started_at, detected_at=draft.detected_at,
        declared_at=draft.declared_at or max(now, draft.started_at),
        cis=tuple(_begun(part, draft.started_at) for part in draft.cis), impact=draft.impact, urgency=draft.urgency,
        major=draft.major_reason is not None, major_reason=draft.major_reason, owner=draft.owner, cause=draft.cause,
        problem=draft.problem or None, timeline=(Entry(now, who, "Declared"),),
    )  # fmt: skip
    return _checked(incident)


def _begun(part: AffectedDraft, started_at: datetime) -> AffectedCi:
    return AffectedCi(part.ci, part.state, part.since or started_at, part.until)


def edited(incident: Incident, edit: IncidentEdit, who: str, now: datetime) -> Incident:
    """The incident with what the edit states; unchanged if that is how it was."""
    faults = Faults()
    edit = settled(edit, faults, now)
    for name in sorted(edit.clear.difference(CLEARABLE[Incident.kind])):
        faults.add("BAD_CHOICE", "clear", shown(name), "one of " + ", ".join(CLEARABLE[Incident.kind]))
    faults.settle()
    after = _with_major(_with_times(incident, edit), edit)
    stated: dict[str, Any] = {name: value for name in PLAIN if (value := getattr(edit, name)) is not None}
    stated |= dict.fromkeys(edit.clear)
    after = replace(after, **stated)
    after = _checked(replace(after, problem=after.problem or None))
    told = differing(incident, after)
    return replace(after, timeline=entered(after.timeline, Entry(now, who, told))) if told else incident


def _with_times(incident: Incident, edit: IncidentEdit) -> Incident:
    """With its start and end corrected; what began or ended with the incident still does."""
    start, end = edit.started_at or incident.started_at, edit.resolved_at or incident.resolved_at
    cis = edit.cis
    if cis is None:
        cis = tuple(
            replace(
                part,
                since=start if part.since == incident.started_at else part.since,
                until=end if part.until is not None and part.until == incident.resolved_at else part.until,
            )
            for part in incident.cis
        )
    return replace(incident, started_at=start, resolved_at=end, cis=cis)


def _with_major(incident: Incident, edit: IncidentEdit) -> Incident:
    if edit.major is False:
        if edit.major_reason is not None:
            raise refused(
                "INCONSISTENT_RECORD", "major_reason", edit.major_reason, "none for an incident that is not major"
            )
        return replace(incident, major=False, major_reason=None)
    reason = edit.major_reason or incident.major_reason
    if edit.major and reason is None:
        raise refused("MISSING_VALUE", "major_reason", "none", "interruption, degradation or increased_risk")
    return replace(incident, major=reason is not None, major_reason=reason)


def moved(
    incident: Incident, to: IncidentState, who: str, now: datetime, at: datetime | None = None, text: str = "",
    resolution: str | None = None, cause: Cause | None = None,
) -> Incident:  # fmt: skip
    """The incident in another state: resolving and cancelling end the states of its CIs, opening again begins them."""
    faults = Faults()
    allowed = INCIDENT_MOVES[incident.state]
    if to not in allowed:
        accepted = ", ".join(allowed) or f"no move: {incident.state} is its last state"
        faults.add("BAD_TRANSITION", "to", f"{incident.state} -> {to}", accepted)
    moment, told = moment_of(at, now, faults), note(text, faults)
    _check_order(incident, moment, faults)
    stated = settled(IncidentEdit(resolution=resolution, cause=cause), faults, now)
    faults.settle()
    after = replace(
        _at_end(incident, to, moment),
        state=to,
        resolution=incident.resolution if stated.resolution is None else stated.resolution,
        cause=stated.cause or incident.cause,
        timeline=entered(incident.timeline, Entry(moment, who, sentence(to, told))),
    )
    return _checked(after)


def _check_order(incident: Incident, moment: datetime, faults: Faults) -> None:
    """Whether everything that the incident tells of had happened by the moment of a move."""
    faults.ordered(incident.started_at, moment, "at", "its start")
    faults.ordered(incident.resolved_at, moment, "at", "it was resolved")
    newest = max((part.until or part.since for part in incident.cis), default=None)
    if moment >= incident.started_at and incident.resolved_at is None:
        faults.ordered(newest, moment, "at", "the newest state of its CIs")


def _at_end(incident: Incident, to: IncidentState, at: datetime) -> Incident:
    """With the times that a move sets."""
    if to is IncidentState.resolved:
        return replace(incident, resolved_at=at, cis=_ended(incident.cis, at))
    if to is IncidentState.cancelled:
        return replace(incident, cis=_ended(incident.cis, at))
    if to is IncidentState.closed:
        return replace(incident, closed_at=at)
    if to is IncidentState.in_progress and incident.declared_at is None:
        incident = replace(incident, declared_at=at)
    if incident.resolved_at is None:
        return incident
    return replace(incident, resolved_at=None, cis=_reopened(incident.cis, incident.resolved_at, at))


def _ended(cis: Iterable[AffectedCi], at: datetime) -> tuple[AffectedCi, ...]:
    return tuple(replace(part, until=at) if part.until is None else part for part in cis)


def _reopened(cis: tuple[AffectedCi, ...], resolved_at: datetime, at: datetime) -> tuple[AffectedCi, ...]:
    """Those that ended with the incident begin again."""
    if at == resolved_at:
        return tuple(replace(part, until=None) if part.until == at else part for part in cis)
    again = {part.ci: AffectedCi(part.ci, part.state, at) for part in cis if part.until == resolved_at}
    return (*cis, *again.values())


def with_state(
    incident: Incident, ci: CiId, state: str, who: str, now: datetime, at: datetime | None = None, text: str = ""
) -> Incident:
    """The incident with a CI in `state` from a moment on; its state until then ends there. It may be new to it."""
    faults = Faults()
    moment, told = moment_of(at, now, faults), note(text, faults)
    stated = AffectedCi(
        CiId(faults.taken(PARSERS["ci"], ci, "ci") or ""), faults.taken(PARSERS["state"], state, "state") or "", moment
    )
    if incident.state not in OPEN_INCIDENT:
        accepted = "an incident that is " + ", ".join(s for s in IncidentState if s in OPEN_INCIDENT)
        faults.add("BAD_TRANSITION", "state", incident.state, accepted)
    faults.ordered(incident.started_at, moment, "at", "the start of the incident")
    last = _last(incident, stated.ci)
    if last is not None and moment >= incident.started_at:
        faults.ordered(last.until or last.since, moment, "at", f"the newest state of {stated.ci}")
    faults.settle()
    if last is not None and last.until is None and last.state == stated.state:
        return incident
    line = Entry(moment, who, f"{stated.ci}: " + sentence(stated.state, told))
    return _checked(
        replace(incident, cis=_followed(incident.cis, last, stated), timeline=entered(incident.timeline, line))
    )


def _last(incident: Incident, ci: CiId) -> AffectedCi | None:
    """The newest state of a CI."""
    return max((part for part in incident.cis if part.ci == ci), key=lambda part: part.since, default=None)


def _followed(cis: tuple[AffectedCi, ...], last: AffectedCi | None, new: AffectedCi) -> tuple[AffectedCi, ...]:
    """With a new state behind the last one of its CI; one that lasted no time is replaced."""
    if last is None or (last.until is not None and last.since < last.until):
        return (*cis, new)
    if last.since == new.since:
        return tuple(new if part is last else part for part in cis)
    ended = replace(last, until=new.since) if last.until is None else last
    return (*(ended if part is last else part for part in cis), new)


def taken_over(incident: Incident, now: datetime) -> Incident:
    """An incident that comes whole, from another tool, as it is kept; one that is over has no state going on."""
    incident = taken(incident, now)
    return _checked(replace(incident, problem=incident.problem or None))


def _checked(incident: Incident) -> Incident:
    """The incident, if all it says fits together."""
    faults = Faults()
    if incident.state in OVER and incident.resolved_at is not None:
        incident = replace(incident, cis=_ended(incident.cis, incident.resolved_at))
    faults.limited(len({part.ci for part in incident.cis}), MOST_CIS, "cis", "CIs")
    faults.limited(len(incident.cis), MOST_PARTS, "cis", "states of CIs")
    faults.limited(len(incident.timeline), MOST_ENTRIES, "timeline", "lines")
    for name in ("detected_at", "declared_at", "resolved_at", "closed_at"):
        faults.ordered(incident.started_at, getattr(incident, name), name, "started_at")
    faults.ordered(incident.resolved_at, incident.closed_at, "closed_at", "resolved_at")
    _check_state(incident, faults)
    _check_course(incident, faults)
    faults.settle()
    return incident


def _check_state(incident: Incident, faults: Faults) -> None:
    """Whether its state fits its times, and being major its reason."""
    if incident.state in OVER and incident.resolved_at is None:
        faults.add("MISSING_VALUE", "resolved_at", "none", f"when it was resolved, since it is {incident.state}")
    if incident.state in OPEN_INCIDENT and incident.resolved_at is not None:
        found = incident.resolved_at.isoformat()
        faults.add("INCONSISTENT_RECORD", "resolved_at", found, f"none while it is {incident.state}")
    if incident.state is not IncidentState.closed and incident.closed_at is not None:
        found = incident.closed_at.isoformat()
        faults.add("INCONSISTENT_RECORD", "closed_at", found, f"none while it is {incident.state}")
    if incident.major and incident.major_reason is None:
        faults.add("MISSING_VALUE", "major_reason", "none", "interruption, degradation or increased_risk")
    if incident.major_reason is not None and not incident.major:
        faults.add(
            "INCONSISTENT_RECORD", "major_reason", incident.major_reason, "none for an incident that is not major"
        )


def _check_course(incident: Incident, faults: Faults) -> None:
    """Whether the states of every CI follow one another within the incident."""
    course: dict[CiId, list[tuple[int, AffectedCi]]] = {}
    for number, part in enumerate(incident.cis):
        course.setdefault(part.ci, []).append((number, part))
        faults.ordered(incident.started_at, part.since, f"cis[{number}].since", "started_at")
        faults.ordered(part.since, part.until, f"cis[{number}].until", "since")
        if part.until is not None and incident.resolved_at is not None and part.until > incident.resolved_at:
            accepted = f"not after resolved_at, {incident.resolved_at.isoformat()}"
            faults.add("INCONSISTENT_RECORD", f"cis[{number}].until", part.until.isoformat(), accepted)
    for parts in course.values():
        parts.sort(key=lambda numbered: (numbered[1].since, numbered[1].until is None, numbered[1].until))
        for (_, before), (number, after) in pairwise(parts):
            if before.until is None or after.since < before.until:
                end = "has not ended" if before.until is None else f"ended {before.until.isoformat()}"
                accepted = f"a state that begins when the one of {before.since.isoformat()}, which {end}, is over"
                faults.add("OVERLAPPING_STATES", f"cis[{number}].since", after.since.isoformat(), accepted)
