"""The store on Neo4j: a graph that people can query by hand, and that any number of processes may share."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from uuid import uuid4

from neo4j import ManagedTransaction

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId
from cmdb.model.model import Model
from cmdb.model.record import RecordKey
from cmdb.reconcile.moment import recorded_at
from cmdb.store.bulk import collector_paused
from cmdb.store.checks import check, check_encodable, check_rules
from cmdb.store.neo4j import history, queries, read, records, search, write
from cmdb.store.neo4j.door import Door
from cmdb.store.neo4j.schema import prepare
from cmdb.store.neo4j.stored import StoredGraph
from cmdb.store.neo4j.vocabulary import Vocabulary
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
from cmdb.store.slices import Slice, in_slices

COUNTS = 1_000
"""How many counts of matching CIs are kept, so that paging on does not count again."""


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class Neo4jStore:
    """A `Store` in the database at `uri` (`neo4j://` or `bolt://`); see `cmdb.store.port.Store`.

    An empty database is made a store; one that holds something else is refused. After `silent_seconds` without a
    word the database counts as gone; as long as it is heard of, a read may take `read_seconds`, reading everything
    `dump_seconds`, and a write may wait `write_seconds` for others. Raises `StoreUnavailable` when it cannot be
    reached.
    """

    def __init__(
        self, uri: str, user: str, password: str, model: Model, database: str = "neo4j",
        silent_seconds: float = 2.0, read_seconds: float = 20.0, write_seconds: float = 60.0,
        dump_seconds: float = 60.0, clock: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self._model, self._vocabulary, self._clock = model, Vocabulary(model), clock
        self._counts: dict[tuple[int, CiFilter], int] = {}
        self._door = Door(uri, user, password, database, silent_seconds, read_seconds, write_seconds, dump_seconds)
        try:
            self._door.prepare(lambda session: prepare(session, clock))
        except BaseException:
            self._door.close()
            raise

    def head(self, at: datetime | None = None) -> Head:
        if at is None:
            return self._door.glance(read.mark)
        return self._door.read(lambda tx: read.head_at(tx, at))

    def apply(self, changeset: Changeset) -> Applied:
        check_encodable(changeset)
        digest = changeset.digest() if changeset.key else ""
        attempt, size = uuid4().hex, write.size(changeset)
        begun: list[None] = []

        def work(tx: ManagedTransaction) -> Applied:
            again = bool(begun)
            begun.append(None)
            return self._apply(tx, changeset, digest, attempt, again)

        with collector_paused() if size >= write.BULK else nullcontext():
            return self._door.write(work, size)

    def _apply(self, tx: ManagedTransaction, changeset: Changeset, digest: str, attempt: str, again: bool) -> Applied:
        """Apply in this transaction; `again` when an earlier one of the same attempt may have been committed."""
        tx.run(queries.LOCK).consume()
        if changeset.key:
            done = write.replay(tx, changeset.key, digest, attempt)
        else:
            done = write.attempted(tx, attempt) if again else None
        if done:
            return done
        at = read.head(tx)
        check(StoredGraph(tx), self._model, changeset, at)
        found = write.compare(tx, changeset)
        done = Applied(at.revision)
        if found:
            new = Head(at.revision + 1, recorded_at(changeset, at, self._clock()))
            done = write.write(tx, self._vocabulary, changeset, found, new, attempt)
            if found.pools.removed:
                check_rules(StoredGraph(tx), self._model, found.pools.removed)
        if changeset.key:
            write.remember(tx, changeset.key, digest, attempt, done)
        return done

    def get(self, ids: Iterable[CiId], at: int | None = None) -> dict[CiId, StoredCI]:
        asked = list(ids)
        return self._door.read(lambda tx: read.get(tx, asked, at))

    def around(self, ids: Iterable[CiId], at: int | None = None) -> Around:
        asked = list(ids)
        return self._door.read(lambda tx: read.around(tx, self._model, asked, at))

    def page(self, where: CiFilter, first: int, after: CiId | None = None, at: int | None = None) -> Page:
        wanted = max(first, 0)

        def work(tx: ManagedTransaction) -> tuple[Page, int]:
            newest = read.head(tx).revision
            past = read.known(tx, at)
            cis = read.some(tx, where, wanted + 1, after, past)
            revision = newest if past is None else past
            total = self._counts.get((revision, where))
            if total is None:
                total = read.count(tx, where, past)
            return Page(cis[:wanted], total, len(cis) > wanted), revision

        page, revision = self._door.read(work)
        if len(self._counts) >= COUNTS:
            self._counts.clear()
        self._counts[revision, where] = page.total
        return page

    def search(self, text: str, first: int) -> list[Hit]:
        return self._door.read(lambda tx: search.search(tx, text, first))

    def history(self, ids: Sequence[CiId], first: int, before: int | None = None) -> list[Change]:
        return self._door.read(lambda tx: history.history(tx, ids, first, before))

    def changes(self, after: int, until: int | None = None) -> Touched:
        return self._door.read(lambda tx: history.changes(tx, after, until))

    def records(self, after: int = 0, at: int | None = None) -> Records:
        return self._door.read(lambda tx: records.records(tx, after, at))

    def record_history(self, key: RecordKey, first: int, before: int | None = None) -> list[Change]:
        return self._door.read(lambda tx: records.history(tx, key, first, before))

    def log(self, after: int, first: int) -> list[Logged]:
        return self._door.read(lambda tx: records.log(tx, after, first))

    def dump(self, at: int | None = None) -> Dump:
        parts = read.Parts(at)
        with collector_paused():
            self._door.follow(parts.begin, parts.current, parts.past)
            return parts.whole()

    def columns(self, told: Callable[[Slice], T]) -> Columns[T]:
        dump = self.dump()
        cis, relations = map(told, in_slices(dump.cis)), map(told, in_slices(dump.relations))
        return Columns(dump.head, list(cis), list(relations), dump.pools, dump.records)

    def close(self) -> None:
        self._door.close()
