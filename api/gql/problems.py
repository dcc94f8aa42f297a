"""Problems: what lies behind incidents."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.gql.context import Info, page_size
from api.gql.failures import InvalidInput, StoreUnavailable
from api.gql.fields import AsOf, field, question
from api.gql.pages import Paged
from api.gql.records import RecordedCause, RecordHistory, TimelineEntry, cause_of, history_of, timeline
from api.records import Standing, in_order, key_of, listed, page_of, standing
from cmdb.model.record import RecordKey
from cmdb.records import record_types
from cmdb.records.kinds import PROBLEM_MOVES, ProblemState
from impact.report import CiRef, Page


@strawberry.type(name="ProblemRecord", description="An underlying problem; incidents link to it.")
class ProblemRecord:
    standing: strawberry.Private[Standing]
    value: strawberry.Private[record_types.ProblemRecord]
    revised: strawberry.Private[int]

    @field
    def key(self) -> str:
        """As people name it: its number, behind its source unless it is our own."""
        return str(self.value.key)

    @field
    def number(self) -> str:
        return self.value.number

    @field
    def source(self) -> str:
        """Whose record it is; `bluenose` for our own."""
        return self.value.source

    @field
    def revision(self) -> int:
        """The revision that wrote it last; give it as `expected`."""
        return self.revised

    @field
    def title(self) -> str:
        return self.value.title

    @field
    def description(self) -> str:
        return self.value.description

    @field
    def state(self) -> ProblemState:
        return self.value.state

    @field
    def moves(self) -> list[ProblemState]:
        """The states it may be moved to."""
        return list(PROBLEM_MOVES[self.value.state])

    @field
    def opened_at(self) -> datetime:
        return self.value.opened_at

    @field
    def closed_at(self) -> datetime | None:
        return self.value.closed_at

    @field
    def cis(self, first: int = 50, after: str | None = None) -> Page[CiRef]:
        """The CIs it is about."""
        refs = [self.standing.ref(covered.ci) for covered in self.value.cis]
        return listed(refs, page_size(first), after)

    @field
    def cause(self) -> RecordedCause | None:
        return cause_of(self.standing, self.value.cause)

    @field
    def incidents(self, first: int = 50) -> list[str]:
        """The keys of the first incidents that are linked to it, by number."""
        mine = str(self.value.key)
        found = [one.key for one in self.standing.book.incidents.values() if one.problem == mine]
        return [str(key) for key in sorted(found, key=in_order)[: page_size(first)]]

    @field
    def timeline(self, first: int = 50, after: str | None = None) -> Page[TimelineEntry]:
        """What happened, the newest line first."""
        return timeline(self.value.timeline, first, after)

    @field
    def history(self, info: Info, first: int = 20, before: int | None = None) -> RecordHistory:
        """The revisions that wrote it, newest first."""
        return history_of(info, self.value.key, first, before)


@strawberry.type(description="Problems by number; digits compare as numbers.")
class Problems(Paged):
    standing: strawberry.Private[Standing]

    @field
    def nodes(self) -> list[ProblemRecord]:
        """The problems of this page."""
        return [
            ProblemRecord(standing=self.standing, value=one, revised=self.standing.book.revisions.get(one.key, 0))
            for one in self.shown.nodes
        ]


def problem_shown(standing: Standing, text: str) -> ProblemRecord | None:
    """The problem with a key; None where it is not recorded."""
    key = key_of("problem", text)
    value = standing.book.problems.get(key)
    revised = standing.book.revisions.get(key, 0)
    return None if value is None else ProblemRecord(standing=standing, value=value, revised=revised)


def _key(problem: record_types.ProblemRecord) -> RecordKey:
    return problem.key


ProblemResult = Annotated[ProblemRecord | InvalidInput | StoreUnavailable, strawberry.union("ProblemResult")]
ProblemsResult = Annotated[Problems | InvalidInput | StoreUnavailable, strawberry.union("ProblemsResult")]


@strawberry.type
class ProblemQuery:
    @question
    def problem(self, info: Info, number: str, as_of: AsOf = None) -> ProblemResult:
        """A problem by number, such as PRB-0003."""
        at = standing(info.context.workspace, as_of)
        value = at.book.find("problem", number)
        return ProblemRecord(standing=at, value=value, revised=at.book.revisions.get(value.key, 0))

    @question
    def problems(
        self,
        info: Info,
        states: list[ProblemState] | None = None,
        first: int = 50,
        after: str | None = None,
        as_of: AsOf = None,
    ) -> ProblemsResult:
        """Problems by number, a page at a time; `states` null: all."""
        at = standing(info.context.workspace, as_of)
        found = [one for one in at.book.problems.values() if states is None or one.state in states]
        return Problems(standing=at, shown=page_of(found, _key, page_size(first), after, "problem"))
