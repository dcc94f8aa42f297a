"""Where the inventory comes from: reports of imports, and how each source stands, as people and programs read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import numpy as np

from api.render import shape
from api.workspace import Workspace
from cmdb.records.book import Book
from cmdb.records.runs import Freshness, confirmed, freshness, newest_first
from cmdb.records.source_types import ImportRun, RunCount, RunOutcome
from cmdb.store.port import Store

TOGGLES = 100
"""Versions of a report that are looked through for the first: each undo of its run, and each undo of that, made one."""


@dataclass(frozen=True)
class RunReport:
    """A report of an import, and the revision that the run made."""

    number: str
    revision: int
    source: str
    importer: str
    file: str
    started_at: datetime
    finished_at: datetime
    who: str
    outcome: RunOutcome
    counts: tuple[RunCount, ...]
    stated_cis: int
    joined: int
    conflicts: int
    stubs: int
    held_rows: int
    warnings: int
    codes: Mapping[str, int]
    partial: bool
    undone_at: datetime | None
    next_at: datetime | None


class SourceState(Enum):
    """Whether a source was confirmed lately enough; unlimited where nobody said for how long it is fresh."""

    fresh = "fresh"
    stale = "stale"
    unlimited = "unlimited"


@dataclass(frozen=True)
class SourceReport:
    """How a source stands: the CIs in service that it describes, its last run, when it was last confirmed.

    `failures` counts runs refused since the last good one; `next_at` is when a scheduled run is due.
    """

    source: str
    cis: int
    last: RunReport | None
    confirmed_at: datetime | None
    age_minutes: int | None
    fresh_for_minutes: int | None
    state: SourceState
    failures: int
    next_at: datetime | None
    overdue: bool


def run_report(run: ImportRun, revision: int) -> RunReport:
    """A report as it is read."""
    return RunReport(
        str(run.key), revision, run.of, run.importer, run.file, run.started_at, run.finished_at, run.who, run.outcome,
        run.counts, run.owned, run.joined, run.conflicts, run.stubs, run.held, run.warnings, dict(run.codes),
        run.partial, run.undone_at, run.next_at,
    )  # fmt: skip


def run_json(run: ImportRun, revision: int) -> dict[str, Any]:
    """A report as JSON."""
    found: dict[str, Any] = shape(run_report(run, revision))
    return found


def revision_of(store: Store, book: Book, run: ImportRun) -> int:
    """The revision that a run made: the first that holds its report; later ones say that it was undone."""
    versions = store.record_history(run.key, TOGGLES)
    return versions[-1].revision if versions else book.revisions[run.key]


def run_reports(workspace: Workspace, source: str = "", first: int | None = None) -> tuple[list[RunReport], int]:
    """The newest reports, of one source or of all, and how many there are. Raises `StoreUnavailable`."""
    book = workspace.records().book
    found = newest_first(run for run in book.runs.values() if source in ("", run.of))
    shown = found if first is None else found[:first]
    return [run_report(run, revision_of(workspace.store, book, run)) for run in shown], len(found)


def one_run(workspace: Workspace, number: str) -> RunReport:
    """A report by number. Raises `InvalidInput` BAD_NUMBER, UNKNOWN_RECORD."""
    book = workspace.records().book
    run = book.find("run", number)
    return run_report(run, revision_of(workspace.store, book, run))


def source_reports(workspace: Workspace) -> list[SourceReport]:
    """Every source that describes a CI, was imported or is said to be fresh for a time, by name.

    Raises `StoreUnavailable`.
    """
    estate, book, now = workspace.seen().estate, workspace.records().book, workspace.clock()
    live = np.nonzero(estate.live)[0].astype(np.int32)
    counts, runs = estate.origins.counts(live), newest_first(book.runs.values())
    minutes = workspace.model.precedence.fresh_for
    times = confirmed(runs)
    mine: dict[str, list[ImportRun]] = {name: [] for name in {*counts, *minutes, *(run.of for run in runs)}}
    for run in runs:
        mine[run.of].append(run)
    store = workspace.store
    return [
        _source(name, counts.get(name, 0), mine[name], freshness(minutes, times, name), now, book, store)
        for name in sorted(mine)
    ]


def _source(
    name: str, cis: int, runs: Sequence[ImportRun], fresh: Freshness, now: datetime, book: Book, store: Store
) -> SourceReport:  # fmt: skip
    last = runs[0] if runs else None
    due = last.next_at if last else None
    limit = None if fresh.fresh_for is None else fresh.fresh_for // timedelta(minutes=1)
    state = SourceState.stale if fresh.stale(now) else SourceState.fresh
    age = None if fresh.confirmed_at is None else max(now - fresh.confirmed_at, timedelta(0)) // timedelta(minutes=1)
    refused = next((at for at, run in enumerate(runs) if run.outcome is not RunOutcome.refused), len(runs))
    return SourceReport(
        name, cis, run_report(last, revision_of(store, book, last)) if last else None, fresh.confirmed_at, age, limit,
        SourceState.unlimited if limit is None else state, refused, due, due is not None and due < now,
    )  # fmt: skip
