"""Trends: what many incidents and changes, as plain values, come to.

Cancelled incidents count in nothing. An incident counts in the month it began in, a change in the one it ended in.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from impact.incidents.compliance import Settled, compliance_by_group, compliance_by_service, percent
from impact.incidents.months import Month, month_of, months
from impact.incidents.trends_report import (
    ChangeCaused,
    ChangeSuccess,
    Executive,
    MeanTime,
    MeanTimes,
    MonthCause,
    MonthRow,
)
from impact.incidents.values import VOID, ChangeCase, IncidentCase

MINUTE = timedelta(minutes=1)
FAILED = "failed"
CARRIED_OUT = frozenset({"completed", FAILED})
UNKNOWN_CAUSE = "unknown"


def executive(
    settled: Sequence[Settled], changes: Sequence[ChangeCase], since: datetime, moment: datetime, zone: tzinfo
) -> Executive:
    """The executive view as of `moment` over the whole months from that of `since` on.

    `settled` are the incidents looked back on from `moment`; those that began after it, or before the span, are only
    counted where they are open. Changes that ended after `moment` are left out.
    """
    span = months(since, moment, zone)
    start = span[0].since if span else moment
    known = [Settled(case, one.after) for one in settled if (case := _real(one.incident, moment))]
    inside = [one for one in known if one.incident.started_at >= start]
    cases, ended = [one.incident for one in inside], _ended(changes, start, moment)
    everything = [one.incident for one in known]
    return Executive(
        moment,
        str(zone),
        [_month_row(month, known, changes, moment) for month in span],
        mean_times(cases),
        mean_times([case for case in cases if case.major]),
        compliance_by_service(inside),
        compliance_by_group(inside),
        majors(cases, zone),
        change_success(ended, everything),
        caused(changes, cases),
    )


def majors(cases: Iterable[IncidentCase], zone: tzinfo) -> list[MonthCause]:
    """Major incidents by month and cause, the oldest month first, then the most incidents."""
    found = Counter((month_of(one.started_at, zone), one.cause or UNKNOWN_CAUSE) for one in cases if one.major)
    rows = [MonthCause(month, cause, count) for (month, cause), count in found.items()]
    return sorted(rows, key=lambda row: (row.month, -row.incidents, row.cause))


def mean_times(cases: Sequence[IncidentCase]) -> MeanTimes:
    """Mean times from the start of an incident until it was detected, declared and resolved."""
    return MeanTimes(
        _mean((one.detected_at, one.started_at) for one in cases),
        _mean((one.declared_at, one.started_at) for one in cases),
        _mean((one.resolved_at, one.started_at) for one in cases),
    )


def _mean(pairs: Iterable[tuple[datetime | None, datetime]]) -> MeanTime:
    found = [(at - start) / MINUTE for at, start in pairs if at is not None]
    return MeanTime(round(sum(found) / len(found), 1) if found else None, len(found))


def change_success(changes: Iterable[ChangeCase], cases: Iterable[IncidentCase]) -> ChangeSuccess:
    """How changes went: of those carried out, which failed, and which an incident names as its cause."""
    done = {one.key: one for one in changes if one.state in CARRIED_OUT}
    blamed = Counter(one.cause_change for one in cases if one.cause_change in done)
    failed = {key for key, one in done.items() if one.state == FAILED}
    return ChangeSuccess(
        len(done), len(failed), len(blamed), blamed.total(), percent(len(failed | blamed.keys()), len(done))
    )


def caused(changes: Iterable[ChangeCase], cases: Iterable[IncidentCase]) -> list[ChangeCaused]:
    """The changes that incidents name as their cause, whatever their state, the most incidents first."""
    blamed: dict[str, list[IncidentCase]] = {}
    for case in sorted(cases, key=lambda one: (one.started_at, one.key)):
        blamed.setdefault(case.cause_change, []).append(case)
    rows = [
        ChangeCaused(one.key, one.number, one.title, one.type, one.state, one.end, [c.number for c in blamed[one.key]])
        for one in changes
        if one.key in blamed
    ]
    return sorted(rows, key=lambda row: (-len(row.incidents), row.ended_at, row.key))


def _month_row(month: Month, known: Sequence[Settled], changes: Iterable[ChangeCase], moment: datetime) -> MonthRow:
    until = min(month.until, moment)
    began = [one for one in known if month.since <= one.incident.started_at < month.until]
    cases = [one.incident for one in began]
    kept, missed = sum(one.after.kept for one in began), sum(one.after.missed for one in began)
    return MonthRow(
        month.name, month.since, until, len(cases), sum(one.major for one in cases),
        sum(_open_at(one.incident, until) for one in known),
        mean_times(cases), mean_times([one for one in cases if one.major]),
        kept, missed, sum(one.after.unknown for one in began), percent(kept, kept + missed),
        sum(one.after.people_minutes.down for one in began), sum(one.after.people_minutes.degraded for one in began),
        change_success(_ended(changes, month.since, until), [one.incident for one in known]),
    )  # fmt: skip


def _real(incident: IncidentCase, moment: datetime) -> IncidentCase | None:
    return None if incident.state in VOID else incident.as_of(moment)


def _open_at(incident: IncidentCase, moment: datetime) -> bool:
    """Whether it had begun before a moment and was not resolved by then."""
    begun = incident.started_at < moment
    return begun and (incident.open if incident.resolved_at is None else incident.resolved_at > moment)


def _ended(changes: Iterable[ChangeCase], since: datetime, until: datetime) -> list[ChangeCase]:
    return [one for one in changes if since <= one.end < until]
