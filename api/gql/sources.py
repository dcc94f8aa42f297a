"""Where the inventory comes from: sources, how fresh they are, and what their imports did."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.gql.context import Info, page_size
from api.gql.failures import StoreUnavailable
from api.gql.fields import field, question
from api.gql.pages import Paged
from api.records import listed
from api.sources import RunReport, SourceReport, SourceState, revision_of, run_report, source_reports
from cmdb.records.runs import newest_first
from cmdb.records.source_types import RunOutcome
from impact.report import Page

strawberry.enum(RunOutcome, description=RunOutcome.__doc__)
strawberry.enum(SourceState, description=SourceState.__doc__)


@strawberry.type(description="How many things of one kind a run created, changed or removed.")
class RunThings:
    action: str = strawberry.field(description="created, changed or removed; removed CIs are retired.")
    entity: str = strawberry.field(description="ci, relation or pool.")
    kind: str = strawberry.field(description="A kind or type of relation; empty for pools.")
    number: int


@strawberry.type(description="How often something was wrong, by its error code.")
class CodeCount:
    code: str
    count: int


@strawberry.type(description="The report of one import.")
class ImportRun:
    told: strawberry.Private[RunReport]

    @field
    def number(self) -> str:
        """Such as RUN-0007; `undoRevision` takes it."""
        return self.told.number

    @field
    def revision(self) -> int:
        """The revision that the run made."""
        return self.told.revision

    @field
    def source(self) -> str:
        """The source that was imported."""
        return self.told.source

    @field
    def importer(self) -> str:
        """What read it."""
        return self.told.importer

    @field
    def file(self) -> str:
        """What was read, without its folder."""
        return self.told.file

    @field
    def started_at(self) -> datetime:
        return self.told.started_at

    @field
    def finished_at(self) -> datetime:
        return self.told.finished_at

    @field
    def who(self) -> str:
        """Who ran it."""
        return self.told.who

    @field
    def outcome(self) -> RunOutcome:
        """What came of it."""
        return self.told.outcome

    @field
    def counts(self) -> list[RunThings]:
        """What it did."""
        return [
            RunThings(action=one.action, entity=one.entity, kind=one.kind, number=one.number)
            for one in self.told.counts
        ]

    @field
    def stated_cis(self) -> int:
        """How many CIs the source stated in the end."""
        return self.told.stated_cis

    @field
    def joined(self) -> int:
        """How many of its records were found to be CIs recorded under another id."""
        return self.told.joined

    @field
    def conflicts(self) -> int:
        """How many of its values others contradict; see `conflicts`."""
        return self.told.conflicts

    @field
    def stubs(self) -> int:
        """How many CIs only relations name."""
        return self.told.stubs

    @field
    def held_rows(self) -> int:
        """How many rows were held back."""
        return self.told.held_rows

    @field
    def warnings(self) -> int:
        """How many warnings there were."""
        return self.told.warnings

    @field
    def codes(self) -> list[CodeCount]:
        """What was wrong: with rows held back, or with a refused run."""
        return [CodeCount(code=code, count=count) for code, count in self.told.codes.items()]

    @field
    def partial(self) -> bool:
        """Whether it only added and changed, so that it does not confirm the source as a whole."""
        return self.told.partial

    @field
    def undone_at(self) -> datetime | None:
        """When it was undone; null: it was not."""
        return self.told.undone_at

    @field
    def next_at(self) -> datetime | None:
        """When it is due again, if it is scheduled."""
        return self.told.next_at


@strawberry.type(description="A source, and how it stands.")
class InventorySource:
    told: strawberry.Private[SourceReport]

    @field
    def name(self) -> str:
        return self.told.source

    @field
    def cis(self) -> int:
        """How many CIs in service come from it."""
        return self.told.cis

    @field
    def last(self) -> ImportRun | None:
        """Its last run; null: it was never imported, or not by a run that left a report."""
        return ImportRun(told=self.told.last) if self.told.last else None

    @field
    def confirmed_at(self) -> datetime | None:
        """When it was last confirmed as a whole."""
        return self.told.confirmed_at

    @field
    def age_minutes(self) -> int | None:
        """How long ago that was."""
        return self.told.age_minutes

    @field
    def fresh_for_minutes(self) -> int | None:
        """For how long it is fresh, as the model declares; null: nobody said."""
        return self.told.fresh_for_minutes

    @field
    def state(self) -> SourceState:
        """Whether it is fresh."""
        return self.told.state

    @field
    def failures(self) -> int:
        """Runs that were refused since the last good one."""
        return self.told.failures

    @field
    def next_at(self) -> datetime | None:
        """When a scheduled run is due."""
        return self.told.next_at

    @field
    def overdue(self) -> bool:
        """Whether that has passed."""
        return self.told.overdue


@strawberry.type(description="Reports of imports, the newest first.")
class ImportRuns(Paged):
    @field
    def nodes(self) -> list[ImportRun]:
        """Those of this page."""
        return [ImportRun(told=told) for told in self.shown.nodes]


@strawberry.type(description="Every source that describes a CI, was imported or is said to be fresh for a time.")
class SourceList:
    nodes: list[InventorySource] = strawberry.field(description="By name.")


ImportRunsResult = Annotated[ImportRuns | StoreUnavailable, strawberry.union("ImportRunsResult")]
SourcesResult = Annotated[SourceList | StoreUnavailable, strawberry.union("SourcesResult")]


@strawberry.type
class SourcesQuery:
    @question
    def import_runs(
        self, info: Info, source: str | None = None, first: int = 50, after: str | None = None
    ) -> ImportRunsResult:
        """What imports did: of one source, or of all; the newest first."""
        workspace = info.context.workspace
        book = workspace.records().book
        found = newest_first(run for run in book.runs.values() if source in (None, run.of))
        page = listed(found, page_size(first), after)
        told = [run_report(run, revision_of(workspace.store, book, run)) for run in page.nodes]
        return ImportRuns(shown=Page(told, page.total_count, page.end_cursor, page.has_next_page))

    @question
    def sources(self, info: Info) -> SourcesResult:
        """Where the inventory comes from, and whether each source is fresh."""
        return SourceList(nodes=[InventorySource(told=told) for told in source_reports(info.context.workspace)])
