"""What can be asked."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import strawberry

from api.gql import ci, cis, diff, history, model
from api.gql.board import BoardQuery
from api.gql.causes import CausesQuery
from api.gql.changes import ChangesQuery
from api.gql.context import Info
from api.gql.continuity import ContinuityQuery
from api.gql.failures import ContradictoryScenario, InvalidInput, StoreUnavailable, UnknownCi
from api.gql.fields import AsOf, field, head, question
from api.gql.filters import CiFilter
from api.gql.identity import IdentityQuery
from api.gql.impact import AssumptionInput, Impact
from api.gql.incidents import IncidentQuery
from api.gql.observed import ObservedQuery
from api.gql.problems import ProblemQuery
from api.gql.readiness import ReadinessQuery
from api.gql.sources import SourcesQuery
from api.gql.spof import SpofQuery
from api.gql.trends import TrendsQuery
from api.known_as import known_as
from api.scenario import settle
from cmdb.model.ci import CiId
from impact import states

CiResult = Annotated[ci.Ci | UnknownCi | InvalidInput | StoreUnavailable, strawberry.union("CiResult")]
CisResult = Annotated[cis.CiPage | InvalidInput | StoreUnavailable, strawberry.union("CisResult")]
Found = Annotated[cis.SearchResult | StoreUnavailable, strawberry.union("Found")]
HistoryResult = Annotated[history.History | UnknownCi | StoreUnavailable, strawberry.union("HistoryResult")]
ImpactResult = Annotated[
    Impact | UnknownCi | ContradictoryScenario | InvalidInput | StoreUnavailable, strawberry.union("ImpactResult")
]
DiffResult = Annotated[diff.Diff | InvalidInput | StoreUnavailable, strawberry.union("DiffResult")]

Before = Annotated[str, strawberry.argument(description="A revision (`r42`) or a time with offset.")]
After = Annotated[str | None, strawberry.argument(description="The same; null: the newest revision.")]


def _revision(info: Info, as_of: str | None) -> int | None:
    at = head(info, as_of)
    return None if at is None else at.revision


@strawberry.type
class Query(
    ReadinessQuery, ContinuityQuery, CausesQuery, SpofQuery, IncidentQuery, ProblemQuery, BoardQuery, TrendsQuery,
    ChangesQuery, ObservedQuery, IdentityQuery, SourcesQuery,
):  # fmt: skip
    @question
    def ci(self, info: Info, id: strawberry.ID, as_of: AsOf = None) -> CiResult:
        """A CI by id. Asked of now, an id that was merged away leads to the CI it was merged into: see `askedAs`."""
        at, workspace = _revision(info, as_of), info.context.workspace
        found = workspace.inventory.get([CiId(id)], at)
        if found:
            return ci.described(info.context, list(found.values()), at)[0]
        known = None if at is not None else known_as(workspace, id)
        if known is None:
            raise states.UnknownCi([id], at)
        return replace(ci.described(info.context, [known.stored], at)[0], found=known)

    @question
    def cis(
        self, info: Info, filter: CiFilter | None = None, first: int = 50, after: str | None = None, as_of: AsOf = None
    ) -> CisResult:
        """CIs by id, a page at a time."""
        return cis.page(info.context, filter, first, after, _revision(info, as_of))

    @question
    def search(self, info: Info, text: str, first: int = 10) -> Found:
        """CIs whose id, name, alias or hostname resembles a text; forgives typos."""
        return cis.search(info.context, text, first)

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

    @question
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
        context = info.context
        return Impact(question=settle(context.workspace, context.metrics, given, since, as_of, declared))

    @question
    def diff(self, info: Info, before: Before, after: After = None) -> DiffResult:
        """What joined, left and changed between two revisions or times; what changed and changed back is not in it."""
        return diff.diff(info.context, before, after)

    @question
    def history(self, info: Info, ci: strawberry.ID, first: int = 20, before: int | None = None) -> HistoryResult:
        """Recorded changes of a CI, its relations and its pools, newest revision first."""
        return history.history(info.context, ci, first, before)
