"""The way to the database: sessions, time limits, and where the driver's errors are translated.

Neo4j reads are read-committed, and a commit becomes visible part by part while it is being applied. What a bookmark
tells makes reads whole all the same: a transaction that begins with a bookmark waits until everything up to it is
applied, and the bookmark it ends with names the newest commit of that moment. If both are the same, no commit was
applied in between and everything was read at one revision.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any, TypeVar

from neo4j import (
    Bookmarks,
    Driver,
    GraphDatabase,
    ManagedTransaction,
    NotificationMinimumSeverity,
    Session,
    unit_of_work,
)
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from cmdb.store.neo4j.lane import SILENT, Lane
from cmdb.store.neo4j.queries import ANSWER, LOCK
from cmdb.store.neo4j.schema import Foreign
from cmdb.store.port import StoreUnavailable

R = TypeVar("R")
UNKNOWN = "the database does not answer; whether the change was written is not known"
SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
WRITERS = 32
TRIES = 12
"""How often a read is begun anew because commits fell into it, before it makes the writers wait."""
DELETED = "Neo.ClientError.Statement.EntityNotFound"
"""What the database says of a thing that was deleted while a query was reading it."""
REASONS: tuple[tuple[type[Exception], str], ...] = (
    (AuthError, "the database refused the user or the password"),
    (ServiceUnavailable, SILENT),
    (SessionExpired, SILENT),
    (TransientError, "the database is busy"),
    (ClientError, "the database refused a statement"),
    (Neo4jError, "the database failed"),
    (ConfigurationError, "the database's address or settings are not usable"),
    (DriverError, SILENT),
)
NO_MEMORY = "the change needs more memory than the database may use for one transaction"


class Exhausted(Exception):
    """The database's memory for transactions does not hold this one; trying again does not help."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into `StoreUnavailable`."""
    try:
        yield
    except Foreign as error:
        raise StoreUnavailable(str(error)) from None
    except Exhausted as error:
        raise StoreUnavailable(NO_MEMORY) from error
    except (Neo4jError, DriverError) as error:
        raise StoreUnavailable(next(reason for kind, reason in REASONS if isinstance(error, kind))) from error


@contextmanager
def exhaustion() -> Iterator[None]:
    """Tell a transaction that is too large from what the driver may try again."""
    try:
        yield
    except TransientError as error:
        if "OutOfMemory" in error.code:
            raise Exhausted from error
        raise


class Door:
    """Runs work in transactions of one database. Raises `StoreUnavailable` for whatever the driver complains of.

    `silent_seconds` is how long the database may be silent before it counts as gone, five times as long while
    something is written; `read_seconds` how long a read may take while it is not silent; `write_seconds` how long
    a write may wait and take, to which 1 s is added for each 1,000 things it writes.
    """

    def __init__(
        self, uri: str, user: str, password: str, database: str,
        silent_seconds: float, read_seconds: float, write_seconds: float, dump_seconds: float,
    ) -> None:  # fmt: skip
        if uri.partition("://")[0] not in SCHEMES:
            raise StoreUnavailable("the address of the database is none of " + ", ".join(SCHEMES))
        self._uri, self._auth, self._database = uri, (user, password), database
        self._silent_seconds, self._read_seconds = silent_seconds, read_seconds
        self._write_seconds, self._dump_seconds = write_seconds, dump_seconds
        self._bookmarks = GraphDatabase.bookmark_manager()
        self._written: deque[str] = deque(maxlen=WRITERS)
        self._seen: frozenset[str] = frozenset()
        self._lanes: list[Lane] = []
        with translated():
            self._glances = self._lane("glance", 8, silent_seconds / 2, abandon=True)
            self._reads = self._lane("read", 32, silent_seconds / 2, abandon=True)
            self._dumps = self._lane("dump", 4, silent_seconds / 2, abandon=True)
            self._writes = self._lane("write", WRITERS, write_seconds / 2, abandon=False)

    def _lane(self, name: str, threads: int, retry_seconds: float, *, abandon: bool) -> Lane:
        lane = Lane(name, threads, lambda: self._driver(threads, retry_seconds), abandon=abandon)
        self._lanes.append(lane)
        return lane

    def _driver(self, threads: int, retry_seconds: float) -> Driver:
        return GraphDatabase.driver(
            self._uri,
            auth=self._auth,
            connection_timeout=self._silent_seconds,
            connection_acquisition_timeout=self._silent_seconds,
            max_transaction_retry_time=retry_seconds,
            liveness_check_timeout=30,
            max_connection_pool_size=2 * threads,
            notifications_min_severity=NotificationMinimumSeverity.OFF,
            telemetry_disabled=True,
            user_agent="bluenose",
        )

    def _session(self, driver: Driver) -> Session:
        return driver.session(database=self._database, bookmark_manager=self._bookmarks, fetch_size=10_000)

    def prepare(self, work: Callable[[Session], R]) -> R:
        """Run `work` with a session, as long as an opening may take."""

        def run(driver: Driver) -> R:
            with self._session(driver) as session:
                result = work(session)
                self._written.extend(self._see(session))
                return result

        self.glance(lambda tx: tx.run(ANSWER).consume())
        with translated():
            return self._writes.run(run, self._write_seconds)

    def glance(self, work: Callable[[ManagedTransaction], R]) -> R:
        """What `work` reads at once, not waiting for what others are committing: a single property is whole."""

        def run(driver: Driver) -> R:
            bookmarks = Bookmarks.from_raw_values(list(self._written))
            with driver.session(database=self._database, bookmarks=bookmarks) as session:
                return reread(session, limited(work, self._silent_seconds))

        with translated():
            return self._glances.run(run, self._silent_seconds)

    def _alive(self) -> bool:
        try:
            self._glances.run(self._ping, self._silent_seconds / 2)
        except (StoreUnavailable, Neo4jError, DriverError):
            return False
        return True

    def _ping(self, driver: Driver) -> None:
        with driver.session(database=self._database) as session:
            session.run(ANSWER).consume()

    def read(self, work: Callable[[ManagedTransaction], R]) -> R:
        """What `work` reads at one revision; it may be called more than once, and must only read.

        Waits for a commit that is being applied, as long as the database is heard of.
        """
        with translated():
            return self._reads.run(
                lambda driver: self._whole(driver, work),
                self._read_seconds, alive=self._alive, every=self._silent_seconds / 2,
            )  # fmt: skip

    def _whole(self, driver: Driver, work: Callable[[ManagedTransaction], R]) -> R:
        with self._session(driver) as session:
            for _ in range(TRIES):
                before = self._seen
                try:
                    result = reread(session, limited(_caught(work), self._read_seconds))
                except ClientError as error:
                    if error.code != DELETED:
                        raise
                    continue
                after = self._see(session)
                if after == before:
                    return result()
            return session.execute_write(limited(_locked(work), self._read_seconds))

    def _see(self, session: Session) -> frozenset[str]:
        self._seen = frozenset(session.last_bookmarks().raw_values)
        return self._seen

    def follow(self, *parts: Callable[[ManagedTransaction, bool], None]) -> None:
        """Long reads, one after another, each of which waits until the commits that the one before may have met
        are applied; each is told whether there was one while its predecessor read."""

        def run(driver: Driver) -> None:
            seen: list[frozenset[str]] = []
            with self._session(driver) as session:
                for part in parts:
                    reread(session, limited(part, self._dump_seconds), len(set(seen[-2:])) > 1)
                    seen.append(self._see(session))

        with translated():
            self._dumps.run(run, self._dump_seconds, alive=self._alive, every=self._silent_seconds / 2)

    def write(self, work: Callable[[ManagedTransaction], R], size: int) -> R:
        """Run `work`, which writes `size` things, in one transaction.

        It may be called more than once, also when an earlier commit did happen and its answer was lost; it has to
        look whether it did.
        """
        seconds = self._write_seconds + size / 1000
        late = Event()

        def begin(tx: ManagedTransaction) -> R:
            if late.is_set():
                raise StoreUnavailable(UNKNOWN)
            return work(tx)

        with translated():
            try:
                return self._writes.run(
                    lambda driver: self._committed(driver, limited(begin, seconds)),
                    seconds, UNKNOWN, self._alive_or_pausing, 4 * self._silent_seconds,
                )  # fmt: skip
            finally:
                late.set()

    def _alive_or_pausing(self) -> bool:
        return self._alive() or self._alive()

    def _committed(self, driver: Driver, work: Callable[[ManagedTransaction], R]) -> R:
        with self._session(driver) as session:
            try:
                result = session.execute_write(work)
            except IncompleteCommit:
                try:
                    result = session.execute_write(work)
                except (Neo4jError, DriverError) as error:
                    raise StoreUnavailable(UNKNOWN) from error
            self._written.extend(self._see(session))
            return result

    def close(self) -> None:
        """Close every connection."""
        for lane in self._lanes:
            lane.close()


def limited(work: Callable[..., R], seconds: float) -> Callable[..., R]:
    """`work` in a transaction that the server ends after `seconds`."""

    def run(tx: ManagedTransaction, *arguments: bool) -> R:
        with exhaustion():
            return work(tx, *arguments)

    return unit_of_work(timeout=seconds)(run)


def reread(session: Session, work: Callable[..., R], *arguments: bool) -> R:
    """What `work` reads, read again where only the last word of it was lost; the driver repeats all other losses."""
    try:
        return session.execute_read(work, *arguments)
    except IncompleteCommit:
        return session.execute_read(work, *arguments)


def _caught(work: Callable[[ManagedTransaction], R]) -> Callable[[ManagedTransaction], Callable[[], R]]:
    """`work`, whose result or error is only to be believed once it is known to be of one revision: what is half
    deleted has no relationship type or lacks a property, and `work` may stumble over it."""

    def run(tx: ManagedTransaction) -> Callable[[], R]:
        try:
            result = work(tx)
        except (Neo4jError, DriverError):
            raise
        except Exception as error:  # noqa: BLE001 - raised again, or not believed
            return _raising(error)
        return lambda: result

    return run


def _raising(error: Exception) -> Callable[[], Any]:
    def run() -> Any:
        raise error

    return run


def _locked(work: Callable[[ManagedTransaction], R]) -> Callable[[ManagedTransaction], R]:
    def run(tx: ManagedTransaction) -> R:
        tx.run(LOCK).consume()
        return work(tx)

    return run
