"""The impact answer: one settled question; each field is one analysis, run only if it is asked for."""

from typing import Annotated

import strawberry

from api.gql.context import Info, page_size
from api.gql.failures import UnknownCi, unknown_ci
from api.gql.filters import AffectedFilter
from impact import analyses, report, states
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


@strawberry.type(description="What a scenario does, computed on the whole graph; pages and filters only limit the view.")
class Impact:
    question: strawberry.Private[Question]

    @strawberry.field(description="What was assumed, and what each pin cut off.")
    def scenario(self) -> list[report.Assumed]:
        return analyses.scenario(self.question)

    @strawberry.field(description="On what the answer rests, and what the records do not say.")
    def completeness(self) -> report.Completeness:
        return analyses.completeness(self.question)

    @strawberry.field(description="Counts by state, kind and tier; people; the soonest clock.")
    def summary(self) -> report.Summary:
        return analyses.summarize(self.question)

    @strawberry.field(description="Affected CIs, the assumed ones included: worst first, then nearest, then by id.")
    def affected(
        self, info: Info, first: int = 50, after: str | None = None, filter: AffectedFilter | None = None
    ) -> report.Page[report.AffectedCi]:
        where = filter.checked(info.context.workspace.model) if filter else None
        return analyses.affected(self.question, page_size(first), after, where)

    @strawberry.field(description="Affected services: worst first, then the tightest RTO.")
    def services(self, first: int = 50, after: str | None = None) -> report.Page[report.AffectedService]:
        return analyses.affected_services(self.question, page_size(first), after)

    @strawberry.field(description="Affected client groups: worst first, then the most people.")
    def client_groups(self, first: int = 50, after: str | None = None) -> report.Page[report.AffectedClientGroup]:
        return analyses.client_groups(self.question, page_size(first), after)

    @strawberry.field(description="Whom to call: for what failed, then for the services hit, worst first.")
    def call(self, first: int = 20) -> list[report.Contact]:
        return analyses.call(self.question, page_size(first))

    @strawberry.field(description="Who speaks for the client groups hit, the largest first.")
    def notify(self, first: int = 20) -> list[report.Contact]:
        return analyses.notify(self.question, page_size(first))

    @strawberry.field(description="Services that are not down although a pool they lean on has lost members.")
    def holding(self, first: int = 10, after: str | None = None) -> report.Page[report.Margin]:
        return analyses.holding(self.question, page_size(first), after)

    @strawberry.field(description="The shortest proof of a CI's state; empty for one that is not affected.")
    def why(self, info: Info, ci: strawberry.ID) -> WhyResult:
        at = self.question.estate.register.find(ci)
        if at is None:
            return unknown_ci(info.context, states.UnknownCi([ci]))
        return analyses.why(self.question, at)

    @strawberry.field(description="What keeps a CI from being down, and how much more it can take.")
    def why_not(self, info: Info, ci: strawberry.ID) -> WhyNotResult:
        at = self.question.estate.register.find(ci)
        if at is None:
            return unknown_ci(info.context, states.UnknownCi([ci]))
        return analyses.why_not(self.question, at)
