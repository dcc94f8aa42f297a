"""A changeset: what one transaction is to change, who wants it, and what it may assume."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

import orjson

from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, RelationKey
from cmdb.model.record import Record, RecordKey


@dataclass(frozen=True, slots=True)
class Changeset:
    """Everything one revision is to change.

    `put_*` create or replace whole values; `remove_*` take relations and pools away; `retire` sets the lifecycle to
    retired (the CI stays, with its relations); `delete` removes a CI, its relations and its pools, the history stays.
    `expected` maps a CI to the revision it was last seen at (0: it must not exist), `expected_records` a record; a
    mismatch is a conflict. Records are never taken away: they end in a state of their own.
    `key` makes a retry safe: the same key with the same content is applied once, with other content refused.
    `base` is the revision the changeset was validated against; if the store is still there, validation stands.
    With `only_at`, it is refused (`cmdb.store.port.Moved`) if the store is at another revision.
    `recorded_at` is set only when a revision is copied from another store; it then has to follow `base`.
    """

    who: str
    source: str
    message: str = ""
    key: str = ""
    put_cis: Sequence[CI] = ()
    put_relations: Sequence[Relation] = ()
    put_pools: Sequence[Pool] = ()
    remove_relations: Sequence[RelationKey] = ()
    remove_pools: Sequence[PoolKey] = ()
    retire: Sequence[CiId] = ()
    delete: Sequence[CiId] = ()
    expected: Mapping[CiId, int] = field(default_factory=dict)
    put_records: Sequence[Record] = ()
    expected_records: Mapping[RecordKey, int] = field(default_factory=dict)
    base: int | None = None
    recorded_at: datetime | None = None
    only_at: int | None = None

    def digest(self) -> str:
        """A fingerprint of what it changes, to tell a retry from a reused key."""
        parts: tuple[object, ...] = (
            self.source, *map(_bare, (self.put_cis, self.put_relations, self.put_pools)), self.remove_relations,
            self.remove_pools, self.retire, self.delete, sorted(self.expected.items()),
        )  # fmt: skip
        if self.put_records or self.expected_records:
            parts += (self.put_records, sorted(self.expected_records.items()))
        return blake2b(orjson.dumps(parts, default=list), digest_size=16).hexdigest()

    @property
    def empty(self) -> bool:
        return not (
            self.put_cis or self.put_relations or self.put_pools
            or self.remove_relations or self.remove_pools or self.retire or self.delete or self.put_records
        )  # fmt: skip


def _bare(things: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Things without claims where they have none: as they were before there were any."""
    return [thing if thing[-1] else thing[:-1] for thing in things]
