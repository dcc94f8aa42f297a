"""Connections to the store's file, one that writes and some that read; where its errors are translated.

WAL lets readers work on the last committed revision while a write goes on. `synchronous = FULL` makes a
reported commit survive a power cut, not only a crash. All writing and all checkpointing is done by one
connection, because older SQLite releases could damage a WAL file when two connections wrote or checkpointed
at once; readers never checkpoint.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

import apsw

from cmdb.store.port import StoreUnavailable
from cmdb.store.sqlite.schema import Foreign, prepare

LOCKED = "the store is locked by another writer"
CLOSED = "the store is closed"
REASONS: tuple[tuple[type[apsw.Error], str], ...] = (
    (apsw.BusyError, LOCKED),
    (apsw.LockedError, LOCKED),
    (apsw.FullError, "the disk is full"),
    (apsw.NotADBError, "the file is not a Bluenose store"),
    (apsw.CorruptError, "the store's file is damaged"),
    (apsw.CantOpenError, "the store's file cannot be opened"),
    (apsw.PermissionsError, "the store's file may not be used"),
    (apsw.ReadOnlyError, "the store's file cannot be written"),
    (apsw.IOError, "the store's file cannot be read or written"),
    (apsw.NoMemError, "there is not enough memory"),
    (apsw.ConnectionClosedError, CLOSED),
)
CACHE = "PRAGMA cache_size = -65536"


@contextmanager
def translated() -> Iterator[None]:
    """Turn SQLite's errors about the file and its surroundings into `StoreUnavailable`."""
    try:
        yield
    except Foreign as error:
        raise StoreUnavailable(str(error)) from None
    except tuple(kind for kind, _ in REASONS) as error:
        raise StoreUnavailable(next(reason for kind, reason in REASONS if isinstance(error, kind))) from error


class Connections:
    """The writer and the readers of one file. Waits at most `busy_seconds` for a lock.

    Raises `StoreUnavailable` when the file cannot be opened or is not a store.
    """

    def __init__(self, path: Path, busy_seconds: float, now: Callable[[], str]) -> None:
        self._path, self._busy = str(path.absolute()), busy_seconds
        self._lock, self._closed = Lock(), False
        self._idle: deque[apsw.Connection] = deque()
        with translated():
            self._writer = self._open(apsw.SQLITE_OPEN_CREATE)
            try:
                prepare(self._writer, now)
                self._writer.execute("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")
                self._writer.execute(CACHE)
            except BaseException:
                self._writer.close()
                raise

    @contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """The writer inside a transaction that is committed at the end, or rolled back on any error."""
        if not self._lock.acquire(timeout=self._busy):
            raise StoreUnavailable(LOCKED)
        try:
            with translated():
                self._check_open()
                yield from self._transaction()
        finally:
            self._lock.release()

    def _transaction(self) -> Iterator[apsw.Connection]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield self._writer
            self._writer.execute("COMMIT")
        finally:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """A reader inside a transaction: everything read sees one revision."""
        with translated():
            self._check_open()
            connection = self._borrowed() or self._reader()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")
                self._idle.append(connection)
        if self._closed:
            self._drain()

    def close(self) -> None:
        """Close every connection; one that is being used by another thread is closed when it comes back."""
        with self._lock, translated():
            self._closed = True
            self._drain()
            self._writer.close()

    def _borrowed(self) -> apsw.Connection | None:
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def _drain(self) -> None:
        while connection := self._borrowed():
            connection.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable(CLOSED)

    def _reader(self) -> apsw.Connection:
        connection = self._open()
        connection.execute("PRAGMA query_only = 1; PRAGMA wal_autocheckpoint = 0")
        return connection

    def _open(self, flag: int = 0) -> apsw.Connection:
        connection = apsw.Connection(self._path, flags=apsw.SQLITE_OPEN_READWRITE | flag)
        connection.set_busy_timeout(round(self._busy * 1000))
        return connection
