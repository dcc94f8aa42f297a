"""Imports sources when they are due, one at a time, until it is told to stop. What fails is tried again later."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from cmdb.model.errors import InvalidInput
from cmdb.model.model import Model
from cmdb.model.record import OWN_SOURCE
from cmdb.progress import Silent
from cmdb.records.runs import failures, newest_first
from cmdb.records.source_types import ImportRun, RunOutcome
from cmdb.service import Signed
from cmdb.store.port import Conflict, Moved, RecordConflict, Store, StoreUnavailable
from importers.live.apis import is_address
from importers.reports import record_refusal
from importers.runner import plan_import, run_plan
from importers.schedule.config import Scheduled
from importers.source import fetched, named

FIRST_PAUSE = timedelta(minutes=1)
"""How long a source that failed once is left alone; each further failure doubles it, up to its interval."""
UNRECORDED = "not recorded"


class Stopping(Exception):
    """It was told to stop, and stops between two steps of an import; nothing of that import was written."""


class Outcome(NamedTuple):
    """What came of one run of a source: `run` is its report (None where the store could not keep one), `problem` says
    what was wrong in words, and is empty after a good run."""

    source: str
    started_at: datetime
    finished_at: datetime
    run: ImportRun | None
    revision: int | None
    problem: str
    next_at: datetime

    @property
    def good(self) -> bool:
        """Whether the inventory now says what the source says."""
        return not self.problem


@dataclass
class Due:
    """When a source is to be imported next, and how often it failed since it last did not."""

    scheduled: Scheduled
    at: datetime
    failed: int = 0


class Schedule:
    """The sources of a store and when each is due, from the reports that the store keeps.

    `stopped` says whether to stop; `wait` waits so many seconds, or until it is to stop. `tell` is told of each run.
    """

    def __init__(
        self, store: Store, model: Model, sources: Sequence[Scheduled], who: str, clock: Callable[[], datetime],
        stopped: Callable[[], bool], wait: Callable[[float], None], tell: Callable[[Outcome], None],
        runs: Iterable[ImportRun] = (),
    ) -> None:  # fmt: skip
        self._store, self._model, self._who = store, model, who
        self._clock, self._stopped, self._wait, self._tell = clock, stopped, wait, tell
        known = newest_first(runs)
        self._due = [self._first_due(source, known) for source in sources]

    def _first_due(self, source: Scheduled, runs: Sequence[ImportRun]) -> Due:
        """Now where it was never imported, else as long after its last run as if this had gone on."""
        last = next((run for run in runs if run.of == source.name), None)
        if last is None:
            return Due(source, self._clock())
        failed = failures(runs, source.name)
        after = last.finished_at + pause(failed, source.every) if failed else last.started_at + source.every
        return Due(source, after, failed)

    def run_once(self) -> list[Outcome]:
        """Import every source once, due or not. Stops early when it is told to."""
        found = []
        for due in self._due:
            if self._stopped():
                break
            if (outcome := self._run(due)) is not None:
                found.append(outcome)
        return found

    def run(self) -> None:
        """Import each source when it is due, until it is told to stop."""
        while not self._stopped():
            due = min(self._due, key=lambda one: (one.at, one.scheduled.name))
            left = (due.at - self._clock()).total_seconds()
            if left > 0:
                self._wait(left)
            else:
                self._run(due)

    def _run(self, due: Due) -> Outcome | None:
        """Import one source and say when it is due next; None where it was told to stop meanwhile."""
        started = self._clock()
        try:
            outcome = self._imported(due, started)
        except Stopping:
            return None
        due.at, due.failed = outcome.next_at, 0 if outcome.good else due.failed + 1
        self._tell(outcome)
        return outcome

    def _imported(self, due: Due, started: datetime) -> Outcome:
        try:
            return self._applied(due, started)
        except StoreUnavailable as error:
            return self._failed(due, started, {error.code: 1}, error.reason, record=False)
        except InvalidInput as error:
            codes = Counter(problem.code for problem in error.problems)
            return self._failed(due, started, codes, _words(error))
        except (Conflict, RecordConflict, Moved) as error:
            return self._failed(due, started, {error.code: 1}, "others kept changing the same things")
        except Stopping:
            raise
        except Exception as error:  # noqa: BLE001  a fault in one importer must not end the imports of the other sources
            return self._failed(due, started, {"INTERNAL": 1}, f"a fault of the program: {type(error).__name__}")

    def _applied(self, due: Due, started: datetime) -> Outcome:
        source, next_at, steps = due.scheduled, started + due.scheduled.every, _Steps(self._stopped)
        options = source.options
        if options.held is not None:
            options = replace(options, held=options.held / f"{started:%Y%m%dT%H%M%SZ}")
        by = Signed(self._who, source.name, "scheduled")
        with fetched(source.place, source.name, options.importer, steps) as found:
            planned = plan_import(
                self._store, self._model, found.path, source.name, steps, options, found.name, self._clock
            )
            ran = run_plan(self._store, planned, by, steps, self._clock, next_at)
        return Outcome(source.name, started, self._clock(), ran.run, ran.applied.revision, "", next_at)

    def _failed(
        self, due: Due, started: datetime, codes: dict[str, int], problem: str, record: bool = True
    ) -> Outcome:  # fmt: skip
        source, now = due.scheduled, self._clock()
        next_at = now + pause(due.failed + 1, source.every)
        refused = ImportRun(
            number="", source=OWN_SOURCE, of=source.name, importer=source.options.importer, file=_name(source.place),
            started_at=started, finished_at=max(now, started), who=self._who, outcome=RunOutcome.refused,
            codes=tuple(sorted(codes.items())), partial=source.options.partial, next_at=next_at,
        )  # fmt: skip
        run, revision = None, None
        if record:
            try:
                run, revision = record_refusal(self._store, refused)
            except (StoreUnavailable, RecordConflict):
                problem = f"{problem}; {UNRECORDED}"
        return Outcome(source.name, started, now, run, revision, problem, next_at)


class _Steps(Silent):
    """Stops an import between two of its steps; once it writes, it goes on to the end."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped

    def stage(self, name: str, total: int) -> None:
        """A step begins. Raises `Stopping`."""
        if self._stopped():
            raise Stopping


def pause(failed: int, every: timedelta) -> timedelta:
    """How long a source is left alone after so many failures in a row: doubled each time, at most its interval."""
    return min(FIRST_PAUSE * (1 << min(failed - 1, 20)), every)


def _words(error: InvalidInput) -> str:
    """The first problem, and how many more there are; what would be accepted is said by `cmdb import --plan`."""
    first, more = error.problems[0], f", and {error.count - 1:,} more" if error.count > 1 else ""
    return f"{first.code} at {first.place}: {first.found}{more}"


def _name(place: str) -> str:
    return named(place) if is_address(place) else place.rstrip("/").rpartition("/")[2]
