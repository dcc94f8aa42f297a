"""What every entry point is composed of: the model, the store, the inventory and the snapshot of one estate."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from api.late import opened_late
from api.stores import is_remote, keep_of, open_store
from cmdb.model.extension import load_extension
from cmdb.model.model import Model, standard_model
from cmdb.records.times import utc_now
from cmdb.service import Inventory
from cmdb.store.port import Head, Store, StoreUnavailable
from impact.question import Asked, Question, ask
from impact.readiness.series import Ledgers, Series, subject
from impact.snapshot import Seen, Snapshot, vocabulary
from impact.stale import StaleSource
from impact.states import Assumption
from impact.sweep.held import Sweeps

if TYPE_CHECKING:
    from api.follower import Follower
    from api.identity_held import Findings
    from api.planned import KeptPlans
    from cmdb.records.book import SeenBook
    from cmdb.records.keeper import BookKeeper
    from cmdb.records.matching import MatchDesk
    from cmdb.records.service import RecordDesk

STALE_SECONDS = 1.5
FIRST_STEP_SECONDS = 3.0


@dataclass
class Workspace:
    """One open estate. Close it when done.

    Questions ask a local store for its newest revision each time, which costs microseconds. A store on the network is
    followed in the background instead (`follow`), and an answer whose estate was not confirmed for `STALE_SECONDS`
    says so. `clock` tells the present moment to everything that is asked or recorded.
    """

    model: Model
    store: Store
    inventory: Inventory
    snapshot: Snapshot
    remote: bool = False
    ledgers: Ledgers = field(default_factory=Ledgers)
    series: Series = field(default_factory=Series)
    sweeps: Sweeps = field(default_factory=Sweeps)
    clock: Callable[[], datetime] = utc_now
    book_path: Path | None = None
    digests_path: Path | None = None
    _follower: "Follower | None" = None
    _written: int = 0

    @cached_property
    def book(self) -> "BookKeeper":
        """The records of service management, followed like the estate and kept on disk beside it."""
        from cmdb.records.keeper import BookKeeper  # what reads records takes a command longer to load than to answer

        return BookKeeper(self.store, self.book_path)

    @cached_property
    def desk(self) -> "RecordDesk":
        """Where records are written."""
        from cmdb.records.service import RecordDesk

        return RecordDesk(self.store, self.model, self.book, self.clock)

    @cached_property
    def matches(self) -> "MatchDesk":
        """Where it is decided which CIs are one."""
        from cmdb.records.matching import MatchDesk
        from cmdb.records.writing import Writer

        return MatchDesk(self.store, self.model, Writer(self.store, self.book), self.clock)

    @cached_property
    def findings(self) -> "Findings":
        """CIs that may be one and conflicts of sources, kept while nothing changes."""
        from api.identity_held import Findings

        return Findings(self.store, self.model)

    @cached_property
    def plans(self) -> "KeptPlans":
        """Changes and incidents as the engine takes them, and answers about them, kept while nothing changes."""
        from api.planned import KeptPlans

        return KeptPlans()

    def follow(self) -> None:
        """Keep the snapshot at the newest revision in the background, until `close`."""
        if self._follower is None:
            from api.follower import Follower  # with its logs, it takes a command longer to load than to answer

            self._follower = Follower(self.snapshot, self.book)
            self._follower.start()
            self._follower.wait(FIRST_STEP_SECONDS)

    def wrote(self, revision: int) -> None:
        """A change of ours was recorded as `revision`: the next answer shows it."""
        self._written = max(self._written, revision)

    def seen(self) -> Seen:
        """The newest estate, and whether it is known to be that. Raises `StoreUnavailable`."""
        seen = self.snapshot.seen
        if self._follower is None or not self.remote or seen is None or seen.estate.revision < self._written:
            return self.snapshot.current()
        fresh = (datetime.now(UTC) - seen.checked_at).total_seconds() < STALE_SECONDS
        return seen if fresh else replace(seen, live=False)

    def records(self) -> "SeenBook":
        """The newest records, and whether they are known to be that. Raises `StoreUnavailable`."""
        book = self.book.seen
        if self._follower is None or not self.remote or book is None or book.book.head.revision < self._written:
            return self.book.current()
        estate = self.seen()
        if book.book.head == estate.estate.head:  # as fresh as the estate, which is asked for all the time
            return book._replace(checked_at=estate.checked_at, live=estate.live)
        return self.book.current() if estate.live else book._replace(live=False)

    def ask(
        self,
        assumptions: Sequence[Assumption],
        started_at: datetime | None = None,
        at: Head | None = None,
        declared_at: datetime | None = None,
    ) -> Question:
        """Settle a scenario on the newest revision, or as of a given one.

        Raises `UnknownCi`, `ContradictoryScenario`, `StoreUnavailable`.
        """
        seen = self.seen() if at is None else self.snapshot.as_of(at)
        now = self.clock()
        stale = self.stale_sources(seen.estate.recorded_at if seen.as_of else None)
        asked = Asked(now, seen.checked_at, seen.live, seen.as_of, stale)
        return ask(seen.estate, assumptions, asked, started_at, declared_at)

    def stale_sources(self, then: datetime | None = None) -> tuple[StaleSource, ...]:
        """The sources that were not confirmed for longer than the model says they are fresh: now, or as of a time."""
        if not self.model.precedence.fresh_for:
            return ()
        from api.freshness import stale_sources  # what reads records takes a command longer to load than to answer

        with suppress(StoreUnavailable):
            return stale_sources(self.model.precedence.fresh_for, self.records().book, then, self.clock())
        return ()

    def close(self) -> None:
        """Keep the newest estate on disk for the next start, and let go of the store."""
        if self._follower is not None:
            self._follower.stop()
        self.snapshot.save()
        if "book" in vars(self):
            self.book.save()
        self.store.close()


def open_workspace(store_url: str, extension: Path | None = None, clock: Callable[[], datetime] = utc_now) -> Workspace:
    """The estate kept at a store URL, under the standard model or one extended by a YAML file.

    A database on the network may be away: what was kept of it on disk answers meanwhile. Raises `StoreUnavailable`, and
    `InvalidInput` for a wrong extension.
    """
    model = standard_model() if extension is None else load_extension(extension, standard_model())
    remote = is_remote(store_url)
    store = opened_late(lambda: open_store(store_url, model, clock)) if remote else open_store(store_url, model, clock)
    keep = keep_of(store_url)
    series = Series(keep.place.with_suffix(".readiness"), subject(vocabulary(model), keep.store))
    snapshot = Snapshot(store, model, keep)
    sweeps = Sweeps(keep.place.with_suffix(".sweep"), snapshot.seen.estate if snapshot.seen else None)
    return Workspace(
        model, store, Inventory(store, model), snapshot, remote, series=series, sweeps=sweeps, clock=clock,
        book_path=keep.place.with_suffix(".book"), digests_path=keep.place.with_suffix(".digests"),
    )  # fmt: skip
