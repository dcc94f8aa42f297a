"""The store port: what any store must do, in batches. One acceptance suite (`tests/store`) runs over every store."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.record import Record, RecordKey
from cmdb.store.slices import Slice


class Head(NamedTuple):
    """A revision: its number (0 for an empty store) and when it was recorded (UTC, never before its predecessor)."""

    revision: int
    recorded_at: datetime


class StoredCI(NamedTuple):
    """A CI and the revision that last changed it, which is what `Changeset.expected` compares."""

    ci: CI
    revision: int


class Around(NamedTuple):
    """Relations that start or end at the CIs asked for, and the pools those CIs or relations belong to."""

    relations: list[Relation]
    pools: list[Pool]


class Page(NamedTuple):
    """One page of CIs in total order (id), the count of all that match, and whether more follow."""

    cis: list[StoredCI]
    total: int
    more: bool


class Hit(NamedTuple):
    """A CI found by text search; `score` runs from 0 to 100, best first."""

    ci: CI
    score: float


class Change(NamedTuple):
    """One recorded change of one thing: `entity` is ci, relation, pool or record; a missing side is None.

    The sides of a record are its body with its kind, source and number.
    """

    revision: int
    recorded_at: datetime
    who: str
    source: str
    message: str
    entity: Literal["ci", "relation", "pool", "record"]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


class Touched(NamedTuple):
    """What changed after a revision and up to `head`: CIs of which a record, relation or pool was written.

    `cis` is None when so much changed that reading everything anew is cheaper.
    """

    head: Head
    cis: frozenset[CiId] | None


class StoredRecord(NamedTuple):
    """A record and the revision that last changed it, which is what `Changeset.expected_records` compares."""

    record: Record
    revision: int


class Records(NamedTuple):
    """Records in order of key, as they stood at `head`."""

    head: Head
    records: list[StoredRecord]


class Logged(NamedTuple):
    """A revision: who made it, when and why, the records it wrote, and how many CIs it touched, themselves, their
    relations or their pools (None: very many)."""

    revision: int
    recorded_at: datetime
    who: str
    source: str
    message: str
    records: tuple[RecordKey, ...]
    cis: int | None


class Dump(NamedTuple):
    """The whole inventory at one revision, ordered by id; records by key."""

    head: Head
    cis: list[CI]
    relations: list[Relation]
    pools: list[Pool]
    records: Sequence[Record] = ()


T = TypeVar("T")


class Columns(NamedTuple, Generic[T]):
    """The whole inventory now: what was made of the slices of its CIs and of its relations, which are in no order."""

    head: Head
    cis: list[T]
    relations: list[T]
    pools: list[Pool]
    records: Sequence[Record]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a changeset did. `revision` is the new one, or the head when nothing had to change."""

    revision: int
    created: int = 0
    changed: int = 0
    removed: int = 0
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class CiFilter:
    """Which CIs to page through; empty parts do not restrict. `kinds` are concrete kind names."""

    kinds: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    lifecycles: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()


@dataclass
class Conflict(Exception):
    """A CI is not at the revision the changeset expected; nothing was written."""

    ci: CiId
    expected: int
    actual: int
    code: str = field(default="CONFLICT", init=False)


@dataclass
class RecordConflict(Exception):
    """A record is not at the revision the changeset expected; nothing was written."""

    key: RecordKey
    expected: int
    actual: int
    code: str = field(default="CONFLICT", init=False)


@dataclass
class Moved(Exception):
    """Another revision is the newest than the one that the changeset was made for; nothing was written."""

    expected: int
    actual: int
    code: str = field(default="CONFLICT", init=False)


@dataclass
class KeyReused(Exception):
    """An idempotency key came back with other content; nothing was written."""

    key: str
    code: str = field(default="KEY_REUSED", init=False)


@dataclass
class StoreUnavailable(Exception):
    """The store cannot be reached, opened or written now. `reason` is a stated fact without paths or queries."""

    reason: str
    code: str = field(default="STORE_UNAVAILABLE", init=False)


class Store(Protocol):
    """Where the inventory is kept. Every method may raise `StoreUnavailable`; all are safe to call from any thread.

    Where a method takes `at`, it tells what was recorded at the end of that revision; None means now, and revision
    0 is empty. Raises `InvalidInput` UNKNOWN_REVISION for one that is not recorded.
    """

    def head(self, at: datetime | None = None) -> Head:
        """The newest revision, also when another process wrote it; or the newest one recorded at or before the
        time `at` (with an offset), which is revision 0 before the first."""

    def apply(self, changeset: Changeset) -> Applied:
        """Apply all of it in one transaction as one revision, with history, or nothing.

        Values equal to what is stored change nothing; a changeset that changes nothing makes no revision.
        Raises `Conflict`, `RecordConflict`, `Moved`, `KeyReused`, `InvalidInput` (a relation without its ends, say).
        """

    def get(self, ids: Iterable[CiId], at: int | None = None) -> dict[CiId, StoredCI]:
        """The CIs that exist among `ids`, each with the revision that made it what it was."""

    def around(self, ids: Iterable[CiId], at: int | None = None) -> Around:
        """What touches these CIs."""

    def page(self, where: CiFilter, first: int, after: CiId | None = None, at: int | None = None) -> Page:
        """At most `first` CIs that match, by id, from the one behind `after`."""

    def search(self, text: str, first: int) -> list[Hit]:
        """Current CIs whose id, name, aliases, hostname or external id resemble `text`.

        Forgives typos and Unicode forms.
        """

    def history(self, ids: Sequence[CiId], first: int, before: int | None = None) -> list[Change]:
        """Changes of these CIs, their relations and pools, newest revision first, at most `first` revisions,
        only those older than revision `before`."""

    def changes(self, after: int, until: int | None = None) -> Touched:
        """What changed after revision `after` and up to revision `until` (None: the newest).

        A span that cannot be followed, such as one that ends before it begins, has None for its CIs. Raises
        `InvalidInput` UNKNOWN_REVISION for an `until` that is not recorded.
        """

    def records(self, after: int = 0, at: int | None = None) -> Records:
        """Records as they stood at the end of revision `at`, of which that version was written after revision
        `after`: all of them for 0, those that changed since for the last revision seen."""

    def record_history(self, key: RecordKey, first: int, before: int | None = None) -> list[Change]:
        """Changes of one record, newest revision first, at most `first` revisions, only those older than `before`."""

    def log(self, after: int, first: int) -> list[Logged]:
        """The revisions after `after`, oldest first, at most `first` of them."""

    def dump(self, at: int | None = None) -> Dump:
        """Everything, at one revision."""

    def columns(self, told: Callable[[Slice], T]) -> Columns[T]:
        """Everything now, for a comparison of very many things: what `told` makes of slices of them."""

    def close(self) -> None:
        """Let go of files and connections."""
