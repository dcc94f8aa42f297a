"""Reports of imports: what number the next one gets, which one confirmed a source last, and how fresh that is."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from cmdb.model.record import OWN_SOURCE, Record, RecordKey
from cmdb.records.numbers import numbered, ordinal
from cmdb.records.source_types import ImportRun, RunOutcome
from cmdb.store.port import Store

GOOD = (RunOutcome.applied, RunOutcome.unchanged)
"""Outcomes after which the inventory says what the source says."""


class RunNumbers:
    """Numbers for new reports. Of several processes that take the same, one succeeds and the others take the next."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen, self._last = 0, 0

    def next(self) -> RecordKey:
        """The next free number, as far as is known now. Raises `StoreUnavailable`."""
        found = self._store.records(self._seen)
        self._seen = found.head.revision
        taken = (ordinal(stored.record.key) for stored in found.records if stored.record.kind == ImportRun.kind)
        self._last = max(self._last, *taken, 0)
        return RecordKey(ImportRun.kind, OWN_SOURCE, numbered(ImportRun.kind, self._last + 1))


def kept_run(run: ImportRun) -> Record:
    """A report as stores keep it."""
    from cmdb.records.form import kept  # with pydantic, it takes longer to load than most commands run

    return kept(run)


def run_in(store: Store, revision: int) -> ImportRun | None:
    """The report that a revision holds, as it was written then; None where it holds none."""
    found = (stored.record for stored in store.records(revision - 1, revision).records)
    return next(runs_among(found), None)


def runs_among(records: Iterable[Record]) -> Iterator[ImportRun]:
    """The reports among some records; those of a form that this program does not know are left out."""
    from cmdb.records.form import read

    for record in records:
        if record.kind == ImportRun.kind:
            with suppress(ValueError):
                run = read(record)
                if isinstance(run, ImportRun):
                    yield run


def confirms(run: ImportRun, at: datetime | None = None) -> bool:
    """Whether a run, as things stood at a moment, shows that the inventory says what its source said then."""
    undone = run.undone_at is not None and (at is None or run.undone_at <= at)
    return run.outcome in GOOD and not run.partial and not undone and (at is None or run.finished_at <= at)


def confirmed(runs: Iterable[ImportRun], at: datetime | None = None) -> dict[str, datetime]:
    """When each source was last confirmed, as things stood at a moment (None: now).

    Undoing a run of a source ends what its runs until then confirmed.
    """
    found: dict[str, datetime] = {}
    undone: dict[str, datetime] = {}
    for run in runs:
        if confirms(run, at):
            found[run.of] = max(run.finished_at, found.get(run.of, run.finished_at))
        if run.undone_at is not None and (at is None or run.undone_at <= at):
            undone[run.of] = max(run.undone_at, undone.get(run.of, run.undone_at))
    return {source: when for source, when in found.items() if source not in undone or when > undone[source]}


class Freshness(NamedTuple):
    """When a source was last confirmed (None: by no recorded run), and for how long it is fresh after that (None: it
    was not said, so it is never called stale)."""

    confirmed_at: datetime | None
    fresh_for: timedelta | None

    def stale(self, now: datetime) -> bool:
        """Whether the source was not confirmed for longer than it is fresh."""
        if self.fresh_for is None:
            return False
        return self.confirmed_at is None or now - self.confirmed_at > self.fresh_for


def freshness(minutes: Mapping[str, int], confirmed_at: Mapping[str, datetime], source: str) -> Freshness:
    """How fresh a source is, given for how many minutes each one is fresh and when it was last confirmed."""
    stated = minutes.get(source)
    return Freshness(confirmed_at.get(source), None if stated is None else timedelta(minutes=stated))


def newest_first(runs: Iterable[ImportRun]) -> list[ImportRun]:
    """Reports in the order in which people look for them."""
    return sorted(runs, key=lambda run: (run.finished_at, ordinal(run.key)), reverse=True)


def failures(runs: Iterable[ImportRun], source: str) -> int:
    """How many runs of a source were refused since one was not; 0 after a good one."""
    count = 0
    for run in newest_first(run for run in runs if run.of == source):
        if run.outcome in GOOD:
            break
        count += 1
    return count
