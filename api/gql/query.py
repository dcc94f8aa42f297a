"""What can be asked."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.gql import ci, cis, diff, history, model
from api.gql.causes import CausesQuery
from api.gql.context import Info
from api.gql.continuity import ContinuityQuery
from api.gql.failures import (
    ContradictoryScenario,
    InvalidInput,
    StoreUnavailable,
    UnknownCi,
    contradictory,
    invalid,
    unavailable,
    unknown_ci,
)
from api.gql.fields import field
from api.gql.filters import CiFilter
from api.gql.impact import AssumptionInput, Impact
from api.gql.readiness import ReadinessQuery
from api.gql.spof import SpofQuery
from api.scenario import recorded, settle
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput as BadValues
from cmdb.store import port
from impact import states

CiResult = Annotated[ci.Ci | UnknownCi | InvalidInput | StoreUnavailable, strawberry.union("CiResult")]
CisResult = Annotated[cis.CiPage | InvalidInput | StoreUnavailable, strawberry.union("CisResult")]
Found = Annotated[cis.SearchResult | StoreUnavailable, strawberry.union("Found")]
HistoryResult = Annotated[history.History | UnknownCi | StoreUnavailable, strawberry.union("HistoryResult")]
ImpactResult = Annotated[
    Impact | UnknownCi | ContradictoryScenario | InvalidInput | StoreUnavailable, strawberry.union("ImpactResult")
]
DiffResult = Annotated[diff.Diff | InvalidInput | StoreUnavailable, strawberry.union("DiffResult")]
AsOf = Annotated[
    str | None,
    strawberry.argument(description="A revision (`r42`) or a time with offset: as it was recorded then. Null: now."),
]

Before = Annotated[str, strawberry.argument(description="A revision (`r42`) or a time with offset.")]
After = Annotated[str | None, strawberry.argument(description="The same; null: the newest revision.")]


def _revision(info: Info, as_of: str | None) -> int | None:
    return None if as_of is None else recorded(info.context.workspace.inventory, as_of).revision


@strawberry.type
class Query(ReadinessQuery, ContinuityQuery, CausesQuery, SpofQuery):
    @field
    def ci(self, info: Info, id: strawberry.ID, as_of: AsOf = None) -> CiResult:
        """A CI by id."""
        try:
            at = _revision(info, as_of)
            found = info.context.workspace.inventory.get([CiId(id)], at)
        except BadValues as error:
            return invalid(error)
        except port.StoreUnavailable as error:
            return unavailable(error)
        if not found:
            return unknown_ci(info.context, states.UnknownCi([id], at))
        return ci.described(info.context, list(found.values()), at)[0]

    @field
    def cis(
        self, info: Info, filter: CiFilter | None = None, first: int = 50, after: str | None = None, as_of: AsOf = None
    ) -> CisResult:
        """CIs by id, a page at a time."""
        try:
            return cis.page(info.context, filter, first, after, _revision(info, as_of))
        except BadValues as error:
            return invalid(error)
        except port.StoreUnavailable as error:
            return unavailable(error)

    @field
    def search(self, info: Info, text: str, first: int = 10) -> Found:
        """CIs whose id, name, alias or hostname resembles a text; forgives typos."""
        try:
            return cis.search(info.context, text, first)
        except port.StoreUnavailable as error:
            return unavailable(error)

    @field
    def kinds(self, info: Info) -> list[model.Kind]:
        """The kinds of CI that the model declares."""
        return model.kinds(info.context.workspace.model)

    @field
    def relations(self, info: Info) -> list[model.RelationType]:
        """The types of relation that the model declares."""
        return model.relation_types(info.context.workspace.model)

    @field
    def sectors(self, info: Info) -> list[str]:
        """The sectors that the model declares."""
        return list(info.context.workspace.model.sectors)

    @field
    def impact(
        self,
        info: Info,
        scenario: list[AssumptionInput],
        since: datetime | None = None,
        as_of: AsOf = None,
        declared: datetime | None = None,
    ) -> ImpactResult:
        """What a scenario does. `since` is when the disruption began, `declared` when work on it began (else: when
        asked), for the clocks and the restore order."""
        given = [states.Assumption(part.ci, part.state) for part in scenario]
        try:
            context = info.context
            return Impact(question=settle(context.workspace, context.metrics, given, since, as_of, declared))
        except BadValues as error:
            return invalid(error)
        except states.UnknownCi as error:
            return unknown_ci(info.context, error)
        except states.ContradictoryScenario as error:
            return contradictory(error)
        except port.StoreUnavailable as error:
            return unavailable(error)

    @field
    def diff(self, info: Info, before: Before, after: After = None) -> DiffResult:
        """What joined, left and changed between two revisions or times; what changed and changed back is not in it."""
        try:
            return diff.diff(info.context, before, after)
        except BadValues as error:
            return invalid(error)
        except port.StoreUnavailable as error:
            return unavailable(error)

    @field
    def history(self, info: Info, ci: strawberry.ID, first: int = 20, before: int | None = None) -> HistoryResult:
        """Recorded changes of a CI, its relations and its pools, newest revision first."""
        try:
            return history.history(info.context, ci, first, before)
        except states.UnknownCi as error:
            return unknown_ci(info.context, error)
        except port.StoreUnavailable as error:
            return unavailable(error)
