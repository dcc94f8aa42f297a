"""The embedded store: one SQLite file that any number of processes on one machine may share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import apsw

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.model.model import Model
from cmdb.model.record import RecordKey
from cmdb.reconcile.moment import recorded_at
from cmdb.store.bulk import collector_paused
from cmdb.store.checks import NOT_ENCODABLE, check_encodable
from cmdb.store.port import (
    Applied,
    Around,
    Change,
    CiFilter,
    Columns,
    Dump,
    Head,
    Hit,
    Logged,
    Page,
    Records,
    StoredCI,
    T,
    Touched,
)
from cmdb.store.slices import Slice
from cmdb.store.sqlite import history, read, records, search, write
from cmdb.store.sqlite.connections import Connections
from cmdb.store.sqlite.delta import BULK

COUNTS = 1_000
"""How many counts of matching CIs are kept, so that paging on does not count again."""


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class SqliteStore:
    """A `Store` in the file at `path`, which is created when it is missing; see `cmdb.store.port.Store`.

    `busy_seconds` is how long a write waits for another one. Raises `StoreUnavailable` when the file cannot
    be opened, or is something else.
    """

    def __init__(
        self, path: Path, model: Model, busy_seconds: float = 10.0, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._model, self._clock = model, clock
        self._connections = Connections(path, busy_seconds, lambda: stamp(clock()))
        self._counts: dict[tuple[int, CiFilter], int] = {}

    def head(self, at: datetime | None = None) -> Head:
        with self._connections.reading() as connection:
            return read.head(connection) if at is None else read.head_at(connection, at)

    def apply(self, changeset: Changeset) -> Applied:
        size = len(changeset.put_cis) + len(changeset.put_relations) + len(changeset.put_pools)
        digest = _digest(changeset) if changeset.key else ""
        with (
            collector_paused() if size >= BULK else nullcontext(),
            _encodable(),
            self._connections.writing() as connection,
        ):
            if changeset.key and (done := write.replay(connection, changeset.key, digest)):
                return done
            at = read.head(connection)
            write.check(connection, self._model, changeset, at)
            deltas = write.compare(connection, changeset)
            applied = Applied(at.revision)
            if any(deltas):
                new = Head(at.revision + 1, recorded_at(changeset, at, self._clock()))
                applied = write.record(connection, changeset, deltas, new)
                write.check_rules(connection, self._model, deltas[2].removed)
            if changeset.key:
                write.remember(connection, changeset.key, digest, applied)
            return applied

    def get(self, ids: Iterable[CiId], at: int | None = None) -> dict[CiId, StoredCI]:
        with self._connections.reading() as connection:
            return read.get(connection, ids, read.known(connection, at))

    def around(self, ids: Iterable[CiId], at: int | None = None) -> Around:
        with self._connections.reading() as connection:
            return read.around(connection, self._model, ids, read.known(connection, at))

    def page(self, where: CiFilter, first: int, after: CiId | None = None, at: int | None = None) -> Page:
        with self._connections.reading() as connection:
            at = read.known(connection, at)
            cis = read.some(connection, where, max(first, 0) + 1, after, at)
            return Page(cis[: max(first, 0)], self._count(connection, where, at), len(cis) > max(first, 0))

    def _count(self, connection: apsw.Connection, where: CiFilter, at: int | None) -> int:
        revision = read.head(connection).revision if at is None else at
        count = self._counts.get((revision, where))
        if count is None:
            count = read.count(connection, where, at)
            if len(self._counts) >= COUNTS:
                self._counts.clear()
            self._counts[revision, where] = count
        return count

    def search(self, text: str, first: int) -> list[Hit]:
        with self._connections.reading() as connection:
            return search.search(connection, text, first)

    def history(self, ids: Sequence[CiId], first: int, before: int | None = None) -> list[Change]:
        with self._connections.reading() as connection:
            return list(history.history(connection, ids, first, before))

    def changes(self, after: int, until: int | None = None) -> Touched:
        with self._connections.reading() as connection:
            return history.changes(connection, after, until, write.TOUCHED)

    def records(self, after: int = 0, at: int | None = None) -> Records:
        with self._connections.reading() as connection:
            return records.records(connection, after, at)

    def record_history(self, key: RecordKey, first: int, before: int | None = None) -> list[Change]:
        with self._connections.reading() as connection:
            return list(records.history(connection, key, first, before))

    def log(self, after: int, first: int) -> list[Logged]:
        with self._connections.reading() as connection:
            return list(records.log(connection, after, first))

    def dump(self, at: int | None = None) -> Dump:
        with collector_paused(), self._connections.reading() as connection:
            return read.dump(connection, read.known(connection, at))

    def columns(self, told: Callable[[Slice], T]) -> Columns[T]:
        with self._connections.reading() as connection:
            return read.columns(connection, told)

    def close(self) -> None:
        self._connections.close()


def stamp(moment: datetime) -> str:
    """A UTC time as it is kept: ISO 8601 with microseconds, which also sorts as text."""
    return moment.isoformat(timespec="microseconds")


@contextmanager
def _encodable() -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError:
        raise InvalidInput([NOT_ENCODABLE]) from None


def _digest(changeset: Changeset) -> str:
    check_encodable(changeset)
    return changeset.digest()
