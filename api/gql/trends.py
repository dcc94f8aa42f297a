"""Service levels and trends: the operational view of now, the executive view by month."""

from datetime import datetime
from typing import Annotated

import strawberry

from api import trends
from api.gql.context import Info, page_size
from api.gql.failures import InvalidInput, StoreUnavailable
from api.gql.fields import AsOf, field, question
from api.gql.records import At, zone_named
from api.records import listed, standing
from api.trends import trends_of
from impact.analyses import completeness
from impact.incidents.trends_report import (
    ChangeCaused,
    ChangeSuccess,
    ComplianceRow,
    CountOf,
    Executive,
    MeanTimes,
    MonthCause,
    MonthRow,
    OpenNow,
    OpenRow,
)
from impact.report import Completeness, Page


@strawberry.type(name="OpenNow", description="The operational view: what is open, the most pressing first.")
class Operational:
    found: strawberry.Private[OpenNow]

    @field
    def incidents(self) -> int:
        return self.found.incidents

    @field
    def major(self) -> int:
        return self.found.major

    @field
    def overdue(self) -> int:
        """Incidents with a service past its RTO."""
        return self.found.overdue

    @field
    def by_priority(self) -> list[CountOf]:
        """Priorities 1 to 5, those with none too."""
        return self.found.by_priority

    @field
    def by_state(self) -> list[CountOf]:
        """States, the most first."""
        return self.found.by_state

    @field
    def rows(self, first: int = 50, after: str | None = None) -> Page[OpenRow]:
        """The incidents: by priority, then the soonest due, then the oldest."""
        return listed(self.found.rows, page_size(first), after)


@strawberry.type(name="Executive", description="The executive view: whole months, up to the moment asked about.")
class ExecutiveView:
    found: strawberry.Private[Executive]

    @field
    def months(self, first: int = 24, after: str | None = None) -> Page[MonthRow]:
        """Every month of the span, those without incidents too."""
        return listed(self.found.months, page_size(first), after)

    @field
    def times(self) -> MeanTimes:
        """Mean times over the whole span."""
        return self.found.times

    @field
    def major_times(self) -> MeanTimes:
        """The same of major incidents."""
        return self.found.major_times

    @field
    def services(self, first: int = 50, after: str | None = None) -> Page[ComplianceRow]:
        """RTO compliance by service, the most missed first."""
        return listed(self.found.services, page_size(first), after)

    @field
    def groups(self, first: int = 50, after: str | None = None) -> Page[ComplianceRow]:
        """RTO compliance by client group, of the services it lost."""
        return listed(self.found.groups, page_size(first), after)

    @field
    def majors(self, first: int = 50, after: str | None = None) -> Page[MonthCause]:
        """Major incidents by month and cause."""
        return listed(self.found.majors, page_size(first), after)

    @field
    def changes(self) -> ChangeSuccess:
        """How the changes of the span went."""
        return self.found.changes

    @field
    def caused(self, first: int = 50, after: str | None = None) -> Page[ChangeCaused]:
        """Changes that caused incidents, the most incidents first."""
        return listed(self.found.caused, page_size(first), after)


@strawberry.type(description="Service levels and trends from the records.")
class Trends:
    told: strawberry.Private[trends.Trends]

    @field
    def at(self) -> datetime:
        """The moment they are told for."""
        return self.told.standing.moment

    @field
    def since(self) -> datetime:
        """Where the span starts: with the month that this falls in."""
        return self.told.since

    @field
    def zone(self) -> str:
        """Whose months they are."""
        return str(self.told.zone)

    @field
    def completeness(self) -> Completeness:
        """On what they rest: every incident is looked back upon on this graph."""
        return completeness(self.told.standing.ask())

    @field
    def operational(self) -> Operational:
        """What is open at the moment."""
        return Operational(found=self.told.operational)

    @field
    def executive(self) -> ExecutiveView:
        """The span by month, service, client group and cause."""
        return ExecutiveView(found=self.told.executive)


TrendsResult = Annotated[Trends | InvalidInput | StoreUnavailable, strawberry.union("TrendsResult")]


@strawberry.type
class TrendsQuery:
    @question
    def trends(
        self, info: Info, since: datetime | None = None, zone: str = "UTC", as_of: AsOf = None, at: At = None
    ) -> TrendsResult:
        """Service levels and trends over the months of a time zone, from that of `since` (else the last twelve) up to
        the moment."""
        return Trends(told=trends_of(standing(info.context.workspace, as_of, at), since, zone_named(zone)))
