"""An incident looked back upon: recovery objectives kept or missed, people-minutes, who was hit when."""

from datetime import datetime

import strawberry

from api.gql.context import page_size
from api.gql.fields import field
from api.records import listed
from impact.incidents import report as told
from impact.incidents.report import GroupOutcome, PeopleMinutes, PeopleSpan, ServiceOutcome
from impact.report import Page


@strawberry.type(name="PostIncident", description="An incident looked back upon from a moment.")
class PostIncident:
    found: strawberry.Private[told.PostIncident]

    @field
    def since(self) -> datetime:
        """When it began."""
        return self.found.since

    @field
    def until(self) -> datetime:
        """When its last CI was back, or the moment asked about."""
        return self.found.until

    @field
    def over(self) -> bool:
        """Whether all of its CIs were back by then."""
        return self.found.over

    @field
    def kept(self) -> int:
        """Services that were down and kept their RTO."""
        return self.found.kept

    @field
    def missed(self) -> int:
        """Services that were down and missed their RTO."""
        return self.found.missed

    @field
    def unknown(self) -> int:
        """Services that were down and have no RTO."""
        return self.found.unknown

    @field
    def people_minutes(self) -> PeopleMinutes:
        """People times minutes by the worst state that hit them, each person counted once."""
        return self.found.people_minutes

    @field
    def unknown_groups(self) -> int:
        """Client groups hit without a head count: people are at least what it says."""
        return self.found.unknown_groups

    @field
    def most_people(self) -> int:
        """The most people down or degraded at one time."""
        return self.found.most_people

    @field
    def services(self, first: int = 50, after: str | None = None) -> Page[ServiceOutcome]:
        """Services that were hit: worst first, then the most late."""
        return listed(self.found.services, page_size(first), after)

    @field
    def groups(self, first: int = 50, after: str | None = None) -> Page[GroupOutcome]:
        """Client groups that were hit: worst first, then the most people."""
        return listed(self.found.groups, page_size(first), after)

    @field
    def spans(self, first: int = 50, after: str | None = None) -> Page[PeopleSpan]:
        """Who was hit when: one span for each time the states of its CIs changed."""
        return listed(self.found.timeline, page_size(first), after)
