"""The operational view: what is open now, the most pressing first, with clocks that have run out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from impact.incidents.trends_report import CountOf, OpenNow, OpenRow
from impact.incidents.values import IncidentCase

MINUTE = timedelta(minutes=1)
PRIORITIES = range(1, 6)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An incident with what its impact says: the soonest moment a service must be back, people down or degraded."""

    incident: IncidentCase
    due: datetime | None
    people: int


def open_now(cases: Iterable[OpenCase], now: datetime) -> OpenNow:
    """The open ones of some incidents: by priority, then the soonest due (so the most overdue), then the oldest."""
    rows = [_row(case, now) for case in cases if case.incident.open]
    states = Counter(row.state for row in rows)
    return OpenNow(
        now,
        len(rows),
        sum(row.major for row in rows),
        sum(row.overdue_minutes > 0 for row in rows),
        [CountOf(str(priority), sum(row.priority == priority for row in rows)) for priority in PRIORITIES],
        [CountOf(state, count) for state, count in sorted(states.items(), key=lambda one: (-one[1], one[0]))],
        sorted(rows, key=_pressing),
    )


def _row(case: OpenCase, now: datetime) -> OpenRow:
    one = case.incident
    overdue = 0 if case.due is None else max(0, -((case.due - now) // MINUTE))
    return OpenRow(
        one.key, one.number, one.title, one.state, one.priority, one.major, one.started_at,
        max(0, (now - one.started_at) // MINUTE), case.people, case.due, overdue,
    )  # fmt: skip


def _pressing(row: OpenRow) -> tuple[int, bool, float, datetime, str]:
    due = row.due.timestamp() if row.due else 0.0
    return row.priority, row.due is None, due, row.started_at, row.key
