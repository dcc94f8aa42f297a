"""Service levels and trends: what the incidents and changes of a span of time come to, as of a moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property

from api.board import Board
from api.records import Standing
from api.scenario import checked_moment
from cmdb.model.errors import InvalidInput, Problem
from cmdb.records.kinds import IncidentState
from cmdb.records.record_types import Incident
from impact.incidents.after import after
from impact.incidents.compliance import Settled
from impact.incidents.months import months
from impact.incidents.operations import OpenCase, open_now
from impact.incidents.trends import executive
from impact.incidents.trends_report import Executive, OpenNow

MONTHS = 12
"""How far back a span reaches that is not stated."""
MOST_MONTHS, MOST_INCIDENTS = 120, 5_000
"""How long a span may be, and how many incidents may be looked back upon for one answer."""


@dataclass(frozen=True)
class Trends:
    """The incidents and changes recorded at `standing`, over the whole months from that of `since` on."""

    standing: Standing
    since: datetime
    zone: tzinfo

    @cached_property
    def operational(self) -> OpenNow:
        """What is open at the moment, the most pressing first."""
        rows = Board(self.standing).rows
        return open_now((OpenCase(row.picture.case, row.due, row.people) for row in rows), self.standing.moment)

    @cached_property
    def executive(self) -> Executive:
        """The span by month, service, client group and cause."""
        at = self.standing
        changes = [at.change_case(change) for change in at.book.changes.values()]
        return executive(list(self._settled()), changes, self.since, at.moment, self.zone)

    def _settled(self) -> Iterator[Settled]:
        """Every incident of the span looked back upon."""
        for incident in _within(self.standing, self.since):
            case = self.standing.case(incident)
            yield Settled(
                case, after(self.standing.estate, case.as_of(self.standing.moment) or case, self.standing.moment)
            )


def trends_of(standing: Standing, since: datetime | None, zone: tzinfo) -> Trends:
    """Trends up to the moment of `standing`; from the first of the twelve months before it, unless `since` is given.

    Raises `InvalidInput` for a span that ends before it starts, is too long, or holds too many incidents.
    """
    moment, start = standing.moment, checked_moment(since, "since")
    begin = start or moment - timedelta(days=30 * (MONTHS - 1))
    if begin >= moment:
        raise InvalidInput([Problem("END_BEFORE_START", "since", begin.isoformat(), f"before {moment.isoformat()}")])
    count = len(months(begin, moment, zone))
    if count > MOST_MONTHS:
        raise InvalidInput([Problem("OUT_OF_RANGE", "since", f"{count} months", f"at most {MOST_MONTHS} months")])
    found = len(_within(standing, begin))
    if found > MOST_INCIDENTS:
        accepted = f"a span with at most {MOST_INCIDENTS:,} incidents"
        raise InvalidInput([Problem("TOO_MANY", "since", f"{found:,} incidents", accepted)])
    return Trends(standing, begin, zone)


def _within(standing: Standing, since: datetime) -> list[Incident]:
    """Incidents that went on in the span, from the start of its first month or later."""
    earliest = since - timedelta(days=32)
    return [
        one
        for one in standing.book.incidents.values()
        if one.state is not IncidentState.cancelled
        and one.started_at <= standing.moment
        and (one.resolved_at is None or one.resolved_at >= earliest)
    ]
