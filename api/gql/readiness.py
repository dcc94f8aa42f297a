"""Decision readiness: whether the data has what each kind of decision needs, and the worklists behind the numbers."""

from datetime import UTC
from typing import Annotated

import strawberry

from api.errors import Refused
from api.gql.context import Context, Info, page_size
from api.gql.failures import InvalidInput, StoreUnavailable, UnknownCi
from api.gql.fields import AsOf, field, question
from api.gql.filters import kinds_named, sectors_named
from api.readiness import MOST_POINTS, Moment, Reading, moment_of, read, steps, trend
from api.workspace import Workspace
from cmdb.model.errors import InvalidInput as BadValues
from cmdb.model.model import Model
from impact.readiness.groups import group
from impact.readiness.ledger import Wanted, scores
from impact.readiness.needs import Rule
from impact.readiness.report import (
    ReadinessBasis,
    ReadinessBy,
    ReadinessEvery,
    ReadinessGroup,
    ReadinessPoint,
    ReadinessPurpose,
    ReadinessScore,
    ReadinessWork,
)
from impact.readiness.worklist import worklist
from impact.report import Page

RuleName = Annotated[
    str | None, strawberry.argument(description="Only what misses this one, such as `service_rto`; null: any.")
]
At = Annotated[
    list[str] | None,
    strawberry.argument(description="At these revisions (`r42`) or times with offset instead, in this order."),
]


@strawberry.input(description="Of which CIs; what is left out does not restrict.")
class ReadinessFilter:
    kinds: list[str] | None = strawberry.field(default=None, description="An abstract kind stands for its descendants.")
    sectors: list[str] | None = None
    owners: list[strawberry.ID] | None = strawberry.field(default=None, description="Owned by one of these.")

    def checked(self, model: Model) -> Wanted:
        """This filter in the engine's words. Raises `Refused` BAD_FILTER."""
        return Wanted(
            kinds_named(model, self.kinds), sectors_named(model, self.sectors), frozenset(map(str, self.owners or ()))
        )


@strawberry.type(
    description="How far the data has what decisions need. Every need counts the same; there are no weights."
)
class Readiness:
    reading: strawberry.Private[Reading]

    @field
    def basis(self) -> ReadinessBasis:
        """On what the numbers rest."""
        return self.reading.basis

    @field
    def scores(self) -> list[ReadinessScore]:
        """The purposes asked about, each with its rules, the lowest share first."""
        return scores(self.reading.ledger, self.reading.purposes)

    @field
    def groups(self, by: ReadinessBy, first: int = 50, after: str | None = None) -> Page[ReadinessGroup]:
        """The same by kind, owner or sector, most needs not met first; a rule of several purposes counts once."""
        reading = self.reading
        return group(reading.estate, reading.ledger, reading.rules, by, page_size(first), after)

    @field
    def worklist(self, rule: RuleName = None, first: int = 50, after: str | None = None) -> Page[ReadinessWork]:
        """The CIs that miss something: services by tier, then by criticality, then the larger, then by id."""
        reading = self.reading
        return worklist(reading.estate, reading.ledger, _rules(reading, rule), page_size(first), after)

    @field
    def trend(
        self, info: Info, every: ReadinessEvery = ReadinessEvery.week, first: int = 8, at: At = None
    ) -> list[ReadinessPoint]:
        """Now and the ends of the days, weeks or months (in UTC) before, oldest first: at most `first` points."""
        if not 1 <= max(first, len(at or ())) <= MOST_POINTS:
            raise Refused("PAGE_TOO_LARGE", f"a trend has from 1 to {MOST_POINTS} points")
        workspace = info.context.workspace
        moments = steps(workspace, every, first, UTC) if at is None else _moments(workspace, at)
        return list(trend(workspace, moments, self.reading.wanted, self.reading.purposes))


ReadinessResult = Annotated[
    Readiness | UnknownCi | InvalidInput | StoreUnavailable, strawberry.union("ReadinessResult")
]


@strawberry.type
class ReadinessQuery:
    @question
    def readiness(
        self,
        info: Info,
        purpose: ReadinessPurpose | None = None,
        filter: ReadinessFilter | None = None,
        as_of: AsOf = None,
    ) -> ReadinessResult:
        """Whether the data has what a purpose needs, or every purpose: shares, groups, worklists, trend."""
        return _answer(info.context, purpose, filter, as_of)


def _answer(
    context: Context, purpose: ReadinessPurpose | None, filter: ReadinessFilter | None, as_of: str | None
) -> Readiness:
    workspace = context.workspace
    wanted = filter.checked(workspace.model) if filter else Wanted()
    then = moment_of(workspace, as_of, "asOf") if as_of is not None else None
    return Readiness(reading=read(workspace, purpose, wanted, then))


def _rules(reading: Reading, name: str | None) -> tuple[Rule, ...]:
    if name is None:
        return reading.rules
    rule = reading.rule(name)
    if rule is None:
        raise Refused("BAD_FILTER", f"no rule {name!r} here; ask `scores` for those there are")
    return (rule,)


def _moments(workspace: Workspace, texts: list[str]) -> list[Moment]:
    try:
        return [moment_of(workspace, text) for text in texts]
    except BadValues as error:
        (problem,) = error.problems
        raise Refused("BAD_REQUEST", f"at: found {problem.found}; accepted is {problem.accepted}") from None
