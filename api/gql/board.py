"""The board: every open incident at a moment, and what they do together."""

from datetime import datetime
from typing import Annotated

import strawberry

from api import board
from api.gql.context import Info, page_size
from api.gql.failures import InvalidInput, StoreUnavailable
from api.gql.fields import AsOf, field, question
from api.gql.impact import Impact
from api.gql.incidents import Incident, incident_shown
from api.gql.pages import Paged
from api.gql.records import At
from api.joint import Joint
from api.records import standing
from impact.analyses import completeness
from impact.report import AffectedClientGroup, AffectedService, Completeness, Page, StateCounts, Summary
from impact.reviews.report import Collision


@strawberry.type(
    description="What several incidents do together: each CI and each person is counted once, and each clock runs from "
    "when its service was hit."
)
class JointImpact(Impact):
    joint: strawberry.Private[Joint]

    @field
    def summary(self) -> Summary:
        """Counts by state, kind and tier; people; the soonest clock."""
        return self.joint.summary()

    @field
    def services(self, first: int = 50, after: str | None = None) -> Page[AffectedService]:
        """Affected services: worst first, then the tightest RTO."""
        return self.joint.services_page(page_size(first), after)

    @field
    def clocks(self, first: int = 50, after: str | None = None) -> Page[AffectedService]:
        """The services that are down: the one with the least slack first, those without any promise last."""
        return self.joint.clocks_page(page_size(first), after)

    @field
    def client_groups(self, first: int = 50, after: str | None = None) -> Page[AffectedClientGroup]:
        """Affected client groups: worst first, then the most people."""
        return self.joint.groups_page(page_size(first), after)


@strawberry.type(description="An open incident on the board: what it does alone.")
class BoardRow:
    row: strawberry.Private[board.BoardRow]

    @field
    def incident(self) -> Incident:
        """The incident, with all that can be asked of it."""
        return incident_shown(self.row.picture.standing, self.row.incident)

    @field
    def services(self) -> StateCounts:
        """Services that it hits, by state."""
        return self.row.services

    @field
    def people(self) -> int:
        """People whose services it takes down or degrades, each counted once."""
        return self.row.people

    @field
    def due(self) -> datetime | None:
        """The first moment a service that it takes down breaks its RTO; null if none is known."""
        return self.row.due

    @field
    def remaining_minutes(self) -> int | None:
        """Whole minutes left until then; negative when overdue."""
        return self.row.remaining_minutes


@strawberry.type(description="Pools that hold against each incident alone and not against several at once.")
class BrokenTogetherPage(Paged):
    complete: bool = strawberry.field(
        description="False: so many incidents are open that not every combination was tried."
    )

    @field
    def nodes(self) -> list[Collision]:
        """The incidents that break something together, the most people first."""
        return list(self.shown.nodes)


@strawberry.type(
    description="All open incidents at a moment: the one whose clock runs out first is first, those without a clock "
    "last, by priority."
)
class Board(Paged):
    found: strawberry.Private[board.Board]

    @field
    def at(self) -> datetime:
        """The moment it is told for."""
        return self.found.standing.moment

    @field
    def completeness(self) -> Completeness:
        """On what it rests, and what the records do not say of everything that is hit."""
        return completeness(self.found.question)

    @field
    def nodes(self) -> list[BoardRow]:
        """The incidents of this page."""
        return [BoardRow(row=row) for row in self.shown.nodes]

    @field
    def major(self) -> int:
        """How many of them are major."""
        return self.found.major

    @field
    def overdue(self) -> int:
        """How many of them have a service past its RTO."""
        return self.found.overdue

    @field
    def impact(self) -> JointImpact:
        """What all of them do together."""
        return JointImpact(question=self.found.question, joint=self.found.question)

    @field
    def together(self, first: int = 20, after: str | None = None) -> BrokenTogetherPage:
        """What they break only together: the pool, the numbers, and what that does."""
        found = self.found.together
        return BrokenTogetherPage(shown=self.found.broken(page_size(first), after), complete=found.complete)


BoardResult = Annotated[Board | InvalidInput | StoreUnavailable, strawberry.union("BoardResult")]


@strawberry.type
class BoardQuery:
    @question
    def board(
        self, info: Info, first: int = 50, after: str | None = None, as_of: AsOf = None, at: At = None
    ) -> BoardResult:
        """All open incidents with their joint impact: now, or as it was recorded and as it stood at a moment."""
        found = board.Board(standing(info.context.workspace, as_of, at))
        return Board(found=found, shown=found.page(page_size(first), after))
