"""The impact answer: one settled question; each field is one analysis, run only if it is asked for."""

from typing import Annotated

import strawberry

import api.gql.derive  # noqa: F401  (makes the types of answers)
from api.gql.context import Info, page_size
from api.gql.failures import UnknownCi, unknown_ci
from api.gql.fields import field
from api.gql.filters import AffectedFilter
from api.scenario import checked_crews
from impact import analyses, report, states
from impact.continuity.report import RestoreOrder
from impact.question import Question
from impact.states import ImpactState

WhyResult = Annotated[report.Why | UnknownCi, strawberry.union("WhyResult", description="A proof, or no such CI.")]
WhyNotResult = Annotated[
    report.Margin | UnknownCi, strawberry.union("WhyNotResult", description="What holds it up, or no such CI.")
]


@strawberry.input(description="One part of a scenario: a CI and the state it is assumed to be in, or worse.")
class AssumptionInput:
    ci: strawberry.ID
    state: ImpactState = strawberry.field(default=ImpactState.down, description="operational: checked, it is fine.")


@strawberry.type(
    description="What a scenario does, computed on the whole graph; pages and filters only limit the view."
)
class Impact:
    question: strawberry.Private[Question]

    @field
    def scenario(self) -> list[report.Assumed]:
        """What was assumed, and what each pin cut off."""
        return analyses.scenario(self.question)

    @field
    def completeness(self) -> report.Completeness:
        """On what the answer rests, and what the records do not say."""
        return analyses.completeness(self.question)

    @field
    def summary(self) -> report.Summary:
        """Counts by state, kind and tier; people; the soonest clock."""
        return analyses.summarize(self.question)

    @field
    def affected(
        self, info: Info, first: int = 50, after: str | None = None, filter: AffectedFilter | None = None
    ) -> report.Page[report.AffectedCi]:
        """Affected CIs, the assumed ones included: worst first, then nearest, then by id."""
        where = filter.checked(info.context.workspace.model) if filter else None
        return analyses.affected(self.question, page_size(first), after, where)

    @field
    def services(self, first: int = 50, after: str | None = None) -> report.Page[report.AffectedService]:
        """Affected services: worst first, then the tightest RTO."""
        return analyses.affected_services(self.question, page_size(first), after)

    @field
    def clocks(self, first: int = 50, after: str | None = None) -> report.Page[report.AffectedService]:
        """The services that are down: the one with the least slack first, those without any promise last."""
        return analyses.clocks(self.question, page_size(first), after)

    @field
    def restore_order(self, crews: int | None = None, first: int = 50, after: str | None = None) -> RestoreOrder:
        """What to restore when, and which services and people are back with it. `crews` (1 to 1000) is how many work
        at once; without it nothing waits for free hands."""
        return analyses.restore_order(self.question, checked_crews(crews), page_size(first), after)

    @field
    def client_groups(self, first: int = 50, after: str | None = None) -> report.Page[report.AffectedClientGroup]:
        """Affected client groups: worst first, then the most people."""
        return analyses.client_groups(self.question, page_size(first), after)

    @field
    def call(self, first: int = 20) -> list[report.Contact]:
        """Whom to call: for what failed, then for the services hit, worst first."""
        return analyses.call(self.question, page_size(first))

    @field
    def notify(self, first: int = 20) -> list[report.Contact]:
        """Who speaks for the client groups hit, the largest first."""
        return analyses.notify(self.question, page_size(first))

    @field
    def holding(self, first: int = 10, after: str | None = None) -> report.Page[report.Margin]:
        """Services that are not down although a pool they lean on has lost members."""
        return analyses.holding(self.question, page_size(first), after)

    def _place(self, info: Info, ci: str) -> int | UnknownCi:
        estate = self.question.estate
        at = estate.register.find(ci)
        if at is not None:
            return at
        return unknown_ci(info.context, states.UnknownCi([ci], estate.revision if self.question.as_of else None))

    @field
    def why(self, info: Info, ci: strawberry.ID) -> WhyResult:
        """The shortest proof of a CI's state; empty for one that is not affected."""
        at = self._place(info, ci)
        return analyses.why(self.question, at) if isinstance(at, int) else at

    @field
    def why_not(self, info: Info, ci: strawberry.ID) -> WhyNotResult:
        """What keeps a CI from being down, and how much more it can take."""
        at = self._place(info, ci)
        return analyses.why_not(self.question, at) if isinstance(at, int) else at
