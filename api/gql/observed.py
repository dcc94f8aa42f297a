"""Observed dependencies: what is proposed, verified, questioned, rejected, and deciding on it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import strawberry

import api.observed_report as report
from api.gql.context import Context, Info, page_size
from api.gql.derive import derive
from api.gql.failures import InvalidInput, KeyReused, StoreUnavailable
from api.gql.fields import field, mutation, question
from api.gql.model import Effect
from api.gql.pages import Paged
from api.gql.writing import Key, Message, signed
from api.observed import Hint, Hints, desk_of
from api.records import Standing, standing
from cmdb.records.observing import Decided
from cmdb.service import Signed
from impact.report import CiRef

derive(report, Risk="DependencyRisk", HintCounts="DependencyHintCounts", HintState="DependencyHintState")

Numbers = Annotated[list[str], strawberry.argument(description="Numbers of observations, such as OBS-0007.")]


@strawberry.type(description="A dependency that was observed, or one that is declared and was not.")
class DependencyHint:
    hints: strawberry.Private[Hints]
    hint: strawberry.Private[Hint]
    from_: CiRef = strawberry.field(name="from", description="Who calls, and so depends on the other.")

    @field
    def state(self) -> report.HintState:
        """Proposed: seen, not recorded. Questioned: recorded, not seen. Verified: both."""
        return self.hint.state

    @field
    def number(self) -> str | None:
        """Of the observation, to confirm or reject it; null for a questioned one."""
        return self.hint.number

    @field
    def to(self) -> CiRef:
        """Who is called."""
        return self.hint.to

    @field
    def source(self) -> str:
        """What observed it; of a questioned one, what observes both ends."""
        return self.hint.source

    @field
    def calls(self) -> float:
        """How often it was called, as far as that was counted; a whole number."""
        return self.hint.calls

    @field
    def first_seen(self) -> datetime:
        """When it was first called; of a questioned one, since when both ends are observed."""
        return self.hint.first_seen

    @field
    def last_seen(self) -> datetime | None:
        """When it was last called."""
        return self.hint.last_seen

    @field
    def types(self) -> list[str]:
        """The types of the relations that record it."""
        return list(self.hint.types)

    @field
    def through(self) -> CiRef | None:
        """Of a proposed one, a CI between the two, as recorded: one depends on it, it on the other."""
        return self.hint.through

    @field
    def decided(self) -> str | None:
        """What was decided before: confirmed or rejected."""
        return self.hint.decided

    @field
    def decided_calls(self) -> float:
        """How many calls were known then."""
        return self.hint.decided_calls

    @field
    def who(self) -> str:
        """Who decided."""
        return self.hint.who

    @field
    def decided_at(self) -> datetime | None:
        """When."""
        return self.hint.decided_at

    @field
    def would_hit(self) -> report.Risk | None:
        """Of a proposed one, what a failure of the called CI would hit once it is recorded, and does not hit now."""
        return self.hints.risk(self.hint)


def _told(hints: Hints, hint: Hint) -> DependencyHint:
    return DependencyHint(hints=hints, hint=hint, from_=hint.from_)


@strawberry.type(description="Observed dependencies in one state.")
class Observations(Paged):
    hints: strawberry.Private[Hints]

    @field
    def counts(self) -> report.HintCounts:
        """How many there are in each state."""
        return self.hints.counts()

    @field
    def nodes(self) -> list[DependencyHint]:
        """Those of this page."""
        return [_told(self.hints, hint) for hint in self.shown.nodes]


@strawberry.type(description="A relation that was recorded.")
class RecordedRelation:
    from_: strawberry.ID = strawberry.field(name="from")
    type: str
    to: strawberry.ID


@strawberry.type(description="What a decision did. All of it is one revision.")
class ObservationsDecided:
    revision: int
    replayed: bool = strawberry.field(description="This key was applied before; nothing was done again.")
    observations: list[DependencyHint] = strawberry.field(description="The observations as they stand now.")
    relations: list[RecordedRelation] = strawberry.field(description="The relations that were recorded.")


ObservationsResult = Annotated[Observations | InvalidInput | StoreUnavailable, strawberry.union("ObservationsResult")]
ObservationsWritten = Annotated[
    ObservationsDecided | KeyReused | InvalidInput | StoreUnavailable, strawberry.union("ObservationsWritten")
]


@strawberry.type
class ObservedQuery:
    @question
    def observations(
        self, info: Info, state: report.HintState = report.HintState.proposed, first: int = 50, after: str | None = None
    ) -> ObservationsResult:
        """Observed dependencies in a state: proposed ones by how often they were called, verified ones by how long ago,
        questioned ones by how long they were not, the others by number."""
        hints = Hints(standing(info.context.workspace))
        return Observations(hints=hints, shown=hints.page(state, page_size(first), after))


@strawberry.type
class ObservedMutation:
    """The changes of this page, inherited by `Mutation`."""

    @mutation
    def confirm_observations(
        self, info: Info, numbers: Numbers, type: str | None = None, effect: Effect | None = None, key: Key = None,
        message: Message = "",
    ) -> ObservationsWritten:  # fmt: skip
        """Record a relation for each, by which the caller depends on the called. `type` null: depends_on or uses;
        `effect` null: that of the type."""
        desk, told = desk_of(info.context.workspace), effect.value if effect else ""
        return _decided(info.context, key, message, lambda by: desk.confirm(numbers, by, type or "", told))

    @mutation
    def reject_observations(
        self, info: Info, numbers: Numbers, key: Key = None, message: Message = ""
    ) -> ObservationsWritten:
        """Say that these are no dependencies. They are proposed again once they were called ten times as often."""
        desk = desk_of(info.context.workspace)
        return _decided(info.context, key, message, lambda by: desk.reject(numbers, by))


def _decided(context: Context, key: str | None, message: str, act: Callable[[Signed], Decided]) -> ObservationsDecided:
    """Decide, and show the observations as they stand then."""
    done = act(signed(context, key, message))
    context.workspace.wrote(done.revision)
    hints = Hints(Standing(context.workspace, context.workspace.clock()))
    numbers = {one.key for one in done.observations}
    places = [at for at, one in enumerate(hints.observations) if one.key in numbers]
    shown = [_told(hints, hints.hint(at)) for at in places]
    relations = [
        RecordedRelation(from_=strawberry.ID(r.from_id), type=r.type, to=strawberry.ID(r.to_id)) for r in done.relations
    ]
    return ObservationsDecided(revision=done.revision, replayed=done.replayed, observations=shown, relations=relations)
