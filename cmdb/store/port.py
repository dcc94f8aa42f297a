"""The store port: what any store must do, in batches. One acceptance suite (`tests/store`) runs over every store."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation


class Head(NamedTuple):
    """The newest revision: its number (0 for an empty store) and when it was recorded (UTC)."""

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
    """One recorded change of one thing: `entity` is ci, relation or pool; a missing side is None."""

    revision: int
    recorded_at: datetime
    who: str
    source: str
    message: str
    entity: Literal["ci", "relation", "pool"]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


class Touched(NamedTuple):
    """What changed since a revision: CIs whose own record, relations or pools are not what they were.

    `cis` is None when so much changed that reading everything anew is cheaper.
    """

    head: Head
    cis: frozenset[CiId] | None


class Dump(NamedTuple):
    """The whole current inventory at one revision, ordered by id."""

    head: Head
    cis: list[CI]
    relations: list[Relation]
    pools: list[Pool]


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
    """Where the inventory is kept. Every method may raise `StoreUnavailable`; all are safe to call from any thread."""

    def head(self) -> Head:
        """The newest revision, also when another process wrote it."""

    def apply(self, changeset: Changeset) -> Applied:
        """Apply all of it in one transaction as one revision, with history, or nothing.

        Values equal to what is stored change nothing; a changeset that changes nothing makes no revision.
        Raises `Conflict`, `KeyReused`, `InvalidInput` (a relation without its ends, say).
        """

    def get(self, ids: Iterable[CiId]) -> dict[CiId, StoredCI]:
        """The CIs that exist among `ids`."""

    def around(self, ids: Iterable[CiId]) -> Around:
        """What touches these CIs."""

    def page(self, where: CiFilter, first: int, after: CiId | None = None) -> Page:
        """At most `first` CIs that match, by id, from the one behind `after`."""

    def search(self, text: str, first: int) -> list[Hit]:
        """CIs whose id, name, aliases, hostname or external id resemble `text`; forgives typos and Unicode forms."""

    def history(self, ids: Sequence[CiId], first: int, before: int | None = None) -> list[Change]:
        """Changes of these CIs, their relations and pools, newest revision first, at most `first` revisions,
        only those older than revision `before`."""

    def changes(self, after: int) -> Touched:
        """What changed after revision `after`."""

    def dump(self) -> Dump:
        """Everything current, at one revision."""

    def close(self) -> None:
        """Let go of files and connections."""
