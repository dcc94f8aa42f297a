"""Single points of failure: what each CI would take down alone, what lies behind pools, and pairs for a service."""

from typing import Annotated

import strawberry

from api.errors import Refused
from api.gql.context import Info, page_size
from api.gql.failures import InvalidInput, StoreUnavailable, UnknownCi
from api.gql.fields import AsOf, field, head, question
from api.gql.filters import kinds_named, sectors_named
from api.gql.pages import Paged
from api.sweeps import Points, find, points_of
from cmdb.model.model import Model
from impact import report
from impact.sweep.points import PointFilter
from impact.sweep.report import FatalPair, FatalPairs, SharedCause, SinglePoint


@strawberry.input(description="Which CIs to show; all are failed. What is left out does not restrict.")
class SinglePointFilter:
    kinds: list[str] | None = strawberry.field(default=None, description="An abstract kind stands for its descendants.")
    sectors: list[str] | None = None
    min_people: int | None = strawberry.field(default=None, description="Takes down groups of at least so many people.")
    service: strawberry.ID | None = strawberry.field(
        default=None, description="A CI, such as a service: only what takes it down alone, itself left out."
    )
    everything: bool = strawberry.field(default=False, description="Also CIs that are no single points of failure.")

    def checked(self, model: Model) -> PointFilter:
        """This filter in the engine's words, without the service. Raises `Refused` BAD_FILTER."""
        people = self.min_people or 0
        if people < 0:
            raise Refused("BAD_FILTER", f"minPeople must not be negative, found {people}")
        return PointFilter(
            kinds_named(model, self.kinds), sectors_named(model, self.sectors), people, None, self.everything
        )


@strawberry.type(
    description="CIs whose failure alone takes down a service besides themselves, or, unless they are services or "
    "client groups, a client group with people; by rank."
)
class SinglePoints(Paged):
    found: strawberry.Private[Points]

    @field
    def completeness(self) -> report.Completeness:
        """On what the numbers rest, and what the records do not say."""
        return self.found.completeness()

    @field
    def failed(self) -> int:
        """How many CIs were failed alone: every live one."""
        return self.found.failed

    @field
    def untried(self) -> int:
        """With `service`: how many CIs it needs were not tried; 0 unless there are very many."""
        return self.found.untried

    @field
    def nodes(self) -> list[SinglePoint]:
        """The CIs of this page."""
        return list(self.shown.nodes)


@strawberry.type(
    description="Pools with members to spare that a single failure breaks. First those that take a service down with "
    "them, then the most local cause, which hits the fewest CIs, then by the rank of their CI."
)
class SharedCauses(Paged):
    found: strawberry.Private[Points]

    @field
    def completeness(self) -> report.Completeness:
        """On what the answer rests, and what the records do not say."""
        return self.found.completeness()

    @field
    def nodes(self) -> list[SharedCause]:
        """The pools of this page."""
        return list(self.shown.nodes)


@strawberry.type(
    description="Pairs of members of redundant pools that together take a service down, though neither does alone."
)
class Pairs:
    found: strawberry.Private[Points]
    told: strawberry.Private[FatalPairs]

    @field
    def completeness(self) -> report.Completeness:
        """On what the answer rests, and what the records do not say."""
        return self.found.completeness()

    @field
    def ci(self) -> report.CiRef:
        """The service."""
        return self.told.ci

    @field
    def in_service(self) -> bool:
        """False for one that is not live: nothing takes it down."""
        return self.told.in_service

    @field
    def nodes(self) -> list[FatalPair]:
        """Most people down first, then most services down."""
        return self.told.nodes

    @field
    def total_count(self) -> int:
        """How many were found in all."""
        return self.told.total_count

    @field
    def tested(self) -> int:
        """How many pairs were tried: all that weaken a pool in common."""
        return self.told.tested

    @field
    def untested(self) -> int:
        """How many more there are, at most; not 0 where the work for one answer was spent."""
        return self.told.untested

    @field
    def members(self) -> int:
        """How many pool members were considered; those that take it down alone are not among them."""
        return self.told.members

    @field
    def alone(self) -> int:
        """How many CIs besides itself take it down alone; see `singlePoints`."""
        return self.told.alone

    @field
    def alone_untested(self) -> int:
        """How many of the CIs it needs were not tried alone."""
        return self.told.alone_untested


SinglePointsResult = Annotated[
    SinglePoints | UnknownCi | InvalidInput | StoreUnavailable, strawberry.union("SinglePointsResult")
]
SharedCausesResult = Annotated[SharedCauses | InvalidInput | StoreUnavailable, strawberry.union("SharedCausesResult")]
PairsResult = Annotated[Pairs | UnknownCi | InvalidInput | StoreUnavailable, strawberry.union("PairsResult")]


@strawberry.type
class SpofQuery:
    """The root fields of this page, inherited by `Query`."""

    @question
    def single_points(
        self,
        info: Info,
        filter: SinglePointFilter | None = None,
        first: int = 50,
        after: str | None = None,
        as_of: AsOf = None,
    ) -> SinglePointsResult:
        """Every live CI failed alone, and what that does: most people down first. The first answer on a revision may
        take seconds on a large estate; after a change only what it can affect is computed anew."""
        workspace = info.context.workspace
        where = filter.checked(workspace.model) if filter else PointFilter()
        found = points_of(workspace, where, filter.service if filter else None, head(info, as_of))
        return SinglePoints(found=found, shown=found.page(page_size(first), after))

    @question
    def shared_causes(
        self, info: Info, first: int = 50, after: str | None = None, as_of: AsOf = None
    ) -> SharedCausesResult:
        """Common causes behind pools: what looks redundant, but a single failure takes too many members of it."""
        found = points_of(info.context.workspace, PointFilter(), None, head(info, as_of))
        return SharedCauses(found=found, shown=found.shared(page_size(first), after))

    @question
    def pairs(self, info: Info, service: strawberry.ID, first: int = 20, as_of: AsOf = None) -> PairsResult:
        """Pairs of pool members whose joint failure takes a service down, though neither alone does."""
        found = points_of(info.context.workspace, PointFilter(), None, head(info, as_of))
        return Pairs(found=found, told=found.pairs(find(found.question, service), page_size(first)))
