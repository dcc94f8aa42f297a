"""What single cause explains what is seen, and what was changed below it."""

from datetime import datetime
from typing import Annotated

import strawberry

from api import changed_report
from api.causes import find_causes
from api.changed import Changed, changed
from api.changed_report import RecordedChange
from api.gql.context import Info, page_size
from api.gql.derive import derive
from api.gql.diff import Point
from api.gql.failures import ContradictoryScenario, InvalidInput, StoreUnavailable, UnknownCi, unknown_ci
from api.gql.fields import AsOf, field, head, question
from api.gql.pages import Paged
from impact import report, states
from impact.analyses import completeness
from impact.causes import answer
from impact.causes.evidence import Sighting
from impact.causes.report import CauseFacts, CausePair, Explained, Further, Mistaken, Symptom
from impact.states import ImpactState

CauseWhy = Annotated[report.Why | UnknownCi, strawberry.union("CauseWhy", description="A proof, or no such CI.")]
Since = Annotated[
    str, strawberry.argument(description="A revision (`r42`) or a time with offset: changes recorded after it.")
]
Until = Annotated[str | None, strawberry.argument(description="The same: changes up to it. Null: up to now.")]


derive(changed_report)


@strawberry.input(description="A CI known to be affected.")
class AffectedInput:
    ci: strawberry.ID
    state: ImpactState | None = strawberry.field(
        default=None, description="At least this bad; null: any state worse than operational; operational: it is fine."
    )
    seen_at: datetime | None = strawberry.field(default=None, description="When it was first seen, with offset.")


@strawberry.type(description="A CI whose failure alone explains some of what is seen.")
class Cause:
    found: strawberry.Private[answer.Cause]

    @field
    def ci(self) -> report.CiRef:
        """The CI that would have failed."""
        return self.found.ci

    @field
    def facts(self) -> CauseFacts:
        """The numbers it is ranked by."""
        return self.found.facts()

    @field
    def explained(self, first: int = 50) -> list[Explained]:
        """The first of the symptoms it explains, in the order given."""
        return self.found.explained(page_size(first))

    @field
    def unexplained(self, first: int = 50) -> list[report.CiRef]:
        """The first of the symptoms it leaves unexplained."""
        return self.found.unexplained(page_size(first))

    @field
    def wrongly_predicted(self, first: int = 50) -> list[Mistaken]:
        """The first of the CIs known to be fine that it predicts to be degraded or down."""
        return self.found.wrongly_predicted(page_size(first))

    @field
    def further(self) -> Further:
        """What else its failure would hit."""
        return self.found.further()

    @field
    def why(self, info: Info, ci: strawberry.ID) -> CauseWhy:
        """The shortest proof that its failure hits a CI; empty where it does not."""
        asked = self.found.page.question
        at = asked.estate.register.find(ci)
        if at is None:
            return unknown_ci(info.context, states.UnknownCi([ci], asked.estate.revision if asked.as_of else None))
        return self.found.why(at)


@strawberry.type(
    description="Candidates for a common cause: the best explained first, then fewest further CIs hit, then nearest."
)
class CommonCauses:
    found: strawberry.Private[answer.Causes]

    @field
    def completeness(self) -> report.Completeness:
        """On what the answer rests, and what the records do not say about what the symptoms depend on."""
        return self.found.completeness()

    @field
    def affected(self) -> list[Symptom]:
        """The symptoms, each CI once."""
        return self.found.affected()

    @field
    def fine(self) -> list[report.CiRef]:
        """The CIs known to be fine; they are no candidates."""
        return self.found.fine()

    @field
    def considered(self) -> int:
        """How many CIs the symptoms depend on, themselves included: any of them may be a candidate."""
        return self.found.considered

    @field
    def nodes(self) -> list[Cause]:
        """The candidates of this page."""
        return [Cause(found=cause) for cause in self.found.nodes]

    @field
    def end_cursor(self) -> str | None:
        """Give it as `after` for the next page."""
        return self.found.end_cursor

    @field
    def has_next_page(self) -> bool:
        """Whether there are more candidates."""
        return self.found.has_next_page

    @field
    def pair(self) -> CausePair | None:
        """Two causes together, where no single one explains all and two explain more."""
        return self.found.pair()


@strawberry.type(description="Recorded changes to what some CIs depend on, the nearest first, then the newest.")
class ChangedBelow(Paged):
    found: strawberry.Private[Changed]

    @field
    def completeness(self) -> report.Completeness:
        """On what the end of the span rests."""
        return completeness(self.found.question)

    @field
    def since(self) -> Point:
        """Where the span starts: changes after this revision."""
        return Point(revision=self.found.since.revision, recorded_at=self.found.since.recorded_at)

    @field
    def until(self) -> Point:
        """Where it ends: changes up to this revision."""
        return Point(revision=self.found.until.revision, recorded_at=self.found.until.recorded_at)

    @field
    def cis(self) -> list[report.CiRef]:
        """The CIs asked about."""
        return [self.found.ref(ci) for ci in self.found.asked]

    @field
    def cone_size(self) -> int:
        """How many CIs they depend on at the end of the span, themselves included."""
        return self.found.cone_size

    @field
    def nodes(self) -> list[RecordedChange]:
        """The changes of this page."""
        return list(self.shown.nodes)


CommonCausesResult = Annotated[
    CommonCauses | UnknownCi | ContradictoryScenario | InvalidInput | StoreUnavailable,
    strawberry.union("CommonCausesResult"),
]
ChangedResult = Annotated[ChangedBelow | UnknownCi | InvalidInput | StoreUnavailable, strawberry.union("ChangedResult")]


@strawberry.type
class CausesQuery:
    @question
    def common_causes(
        self,
        info: Info,
        affected: list[AffectedInput],
        fine: list[strawberry.ID] | None = None,
        first: int = 10,
        after: str | None = None,
        as_of: AsOf = None,
    ) -> CommonCausesResult:
        """Which single failure explains best what is seen: CIs known to be affected, and some known to be fine."""
        workspace = info.context.workspace
        sightings = [Sighting(told.ci, told.state, told.seen_at) for told in affected]
        at = head(info, as_of)
        return CommonCauses(found=find_causes(workspace, sightings, fine or (), page_size(first), after, at))

    @question
    def changed(
        self,
        info: Info,
        cis: list[strawberry.ID],
        since: Since,
        until: Until = None,
        first: int = 50,
        after: str | None = None,
    ) -> ChangedResult:
        """What was recorded about everything that some CIs depend on, themselves included, within a span."""
        found = changed(info.context.workspace, cis, since, until)
        return ChangedBelow(found=found, shown=found.page(page_size(first), after))
