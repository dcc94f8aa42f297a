"""What can be asked."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.gql import ci, cis, history, model
from api.gql.context import Info
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
from api.scenario import settle
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput as BadValues
from cmdb.store import port
from impact import states

CiResult = Annotated[ci.Ci | UnknownCi | StoreUnavailable, strawberry.union("CiResult")]
CisResult = Annotated[cis.CiPage | StoreUnavailable, strawberry.union("CisResult")]
Found = Annotated[cis.SearchResult | StoreUnavailable, strawberry.union("Found")]
HistoryResult = Annotated[history.History | UnknownCi | StoreUnavailable, strawberry.union("HistoryResult")]
ImpactResult = Annotated[
    Impact | UnknownCi | ContradictoryScenario | InvalidInput | StoreUnavailable, strawberry.union("ImpactResult")
]


@strawberry.type
class Query:
    @field
    def ci(self, info: Info, id: strawberry.ID) -> CiResult:
        """A CI by id."""
        try:
            found = info.context.workspace.inventory.get([CiId(id)])
        except port.StoreUnavailable as error:
            return unavailable(error)
        if not found:
            return unknown_ci(info.context, states.UnknownCi([id]))
        return ci.described(info.context, list(found.values()))[0]

    @field
    def cis(self, info: Info, filter: CiFilter | None = None, first: int = 50, after: str | None = None) -> CisResult:
        """CIs by id, a page at a time."""
        try:
            return cis.page(info.context, filter, first, after)
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
    def impact(self, info: Info, scenario: list[AssumptionInput], since: datetime | None = None) -> ImpactResult:
        """What a scenario does. `since` is when the disruption began, for the clocks."""
        given = [states.Assumption(part.ci, part.state) for part in scenario]
        try:
            return Impact(question=settle(info.context.workspace, info.context.metrics, given, since))
        except BadValues as error:
            return invalid(error)
        except states.UnknownCi as error:
            return unknown_ci(info.context, error)
        except states.ContradictoryScenario as error:
            return contradictory(error)
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
