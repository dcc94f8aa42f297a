"""The continuity report: which promises cannot be relied on, before anything breaks."""

from typing import Annotated

import strawberry

from api.continuity import facts, place
from api.errors import Refused
from api.gql.context import Info, page_size
from api.gql.failures import InvalidInput, StoreUnavailable, UnknownCi, unknown_ci
from api.gql.fields import AsOf, field, head, question
from api.gql.filters import kinds_named, sectors_named
from cmdb.model.errors import shown
from impact import report, states
from impact.continuity import fixes, gap_counts, gap_offenders, gap_pages
from impact.continuity.gap_pages import GapFilter as Wanted
from impact.continuity.gap_report import (
    CiContinuity,
    ContinuityGap,
    ContinuitySummary,
    Fix,
    GapType,
    Offender,
    SectorContinuity,
    UnknownPromise,
)
from impact.question import Question

CiContinuityResult = Annotated[
    CiContinuity | UnknownCi, strawberry.union("CiContinuityResult", description="What is promised, or no such CI.")
]
OffendersResult = Annotated[
    report.Page[Offender] | UnknownCi, strawberry.union("OffendersResult", description="Who offends, or no such CI.")
]


@strawberry.input(description="Which gaps to show; all are computed. What is left out does not restrict.")
class GapFilter:
    kinds: list[str] | None = strawberry.field(default=None, description="An abstract kind stands for its descendants.")
    sectors: list[str] | None = None
    service: strawberry.ID | None = strawberry.field(
        default=None, description="A CI, such as a service: only gaps among what it needs, itself included."
    )


@strawberry.type(description="Promises of recovery time and of data loss, held against what they rest on.")
class Continuity:
    question: strawberry.Private[Question]

    @field
    def completeness(self) -> report.Completeness:
        """On what the report rests, and what the records do not say."""
        return facts(self.question)

    @field
    def summary(self) -> ContinuitySummary:
        """How many promises are kept, broken and unknown; how many gaps there are."""
        return gap_counts.summary(self.question.estate)

    @field
    def sectors(self) -> list[SectorContinuity]:
        """The same for each sector that promises anything."""
        return gap_counts.sectors(self.question.estate)

    @field
    def services(
        self, info: Info, first: int = 50, after: str | None = None, filter: GapFilter | None = None
    ) -> report.Page[CiContinuity]:
        """Services with what becomes of their promises: broken first, then unknown, then kept."""
        return gap_counts.services(self.question.estate, page_size(first), after, self._wanted(info, filter))

    @field
    def promise_gaps(
        self, info: Info, first: int = 50, after: str | None = None, filter: GapFilter | None = None
    ) -> report.Page[ContinuityGap]:
        """CIs that promise to be back sooner than something they cannot do without: services first, worst first."""
        return self._gaps(info, GapType.promise, first, after, filter)

    @field
    def recovery_gaps(
        self, info: Info, first: int = 50, after: str | None = None, filter: GapFilter | None = None
    ) -> report.Page[ContinuityGap]:
        """CIs whose recorded restore times add up to more than their RTO: services first, worst first."""
        return self._gaps(info, GapType.recovery, first, after, filter)

    @field
    def data_gaps(
        self, info: Info, first: int = 50, after: str | None = None, filter: GapFilter | None = None
    ) -> report.Page[ContinuityGap]:
        """CIs that can lose more data than their RPO: services first, worst first."""
        return self._gaps(info, GapType.data, first, after, filter)

    @field
    def unknown_promises(
        self, info: Info, first: int = 50, after: str | None = None, filter: GapFilter | None = None
    ) -> report.Page[UnknownPromise]:
        """CIs with an RTO that restore times are missing to check: services first, tightest RTO first."""
        where = self._wanted(info, filter)
        return gap_pages.unknown_promises(self.question.estate, page_size(first), after, where)

    @field
    def fixes(self, first: int = 5) -> list[Fix]:
        """Single changes that would close most gaps, each recomputed on the whole estate."""
        return fixes.fixes(self.question.estate, page_size(first))

    @field
    def ci(self, info: Info, id: strawberry.ID) -> CiContinuityResult:
        """What is promised for one CI, and what becomes of it."""
        at = place(self.question, id)
        return self._unknown(info, id) if at is None else gap_counts.of_ci(self.question.estate, at)

    @field
    def offenders(
        self, info: Info, ci: strawberry.ID, type: GapType, first: int = 50, after: str | None = None
    ) -> OffendersResult:
        """All that stands against a promise of one CI, the worst first."""
        at = place(self.question, ci)
        if at is None:
            return self._unknown(info, ci)
        return gap_offenders.offenders(self.question.estate, at, type, page_size(first), after)

    def _gaps(
        self, info: Info, type_: GapType, first: int, after: str | None, given: GapFilter | None
    ) -> report.Page[ContinuityGap]:
        return gap_pages.gaps(self.question.estate, type_, page_size(first), after, self._wanted(info, given))

    def _wanted(self, info: Info, given: GapFilter | None) -> Wanted:
        if given is None:
            return Wanted()
        model, service = info.context.workspace.model, None
        if given.service is not None and (service := place(self.question, given.service)) is None:
            raise Refused("BAD_FILTER", f"no CI {shown(given.service)} to filter by")
        return Wanted(kinds_named(model, given.kinds), sectors_named(model, given.sectors), service)

    def _unknown(self, info: Info, ci: str) -> UnknownCi:
        at = self.question.estate.revision if self.question.as_of else None
        return unknown_ci(info.context, states.UnknownCi([ci], at))


ContinuityResult = Annotated[Continuity | InvalidInput | StoreUnavailable, strawberry.union("ContinuityResult")]


@strawberry.type
class ContinuityQuery:
    """The root field of this page, inherited by `Query`."""

    @question
    def continuity(
        self,
        info: Info,
        as_of: AsOf = None,
    ) -> ContinuityResult:
        """Which promises of recovery time and data loss cannot be kept, on the records, before anything breaks."""
        return Continuity(question=info.context.workspace.ask([], at=head(info, as_of)))
