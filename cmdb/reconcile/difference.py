"""What tells two states of the inventory apart. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from cmdb.model.ci import CI, Pool, Relation
from cmdb.model.record import Record
from cmdb.store.port import Dump, Head

T = TypeVar("T", CI, Relation, Pool)
V = TypeVar("V", CI, Relation, Pool, Record)


@dataclass(frozen=True, slots=True)
class Difference(Generic[V]):
    """New things, things with another value (before, after), and things that are no longer there."""

    created: Sequence[V] = ()
    changed: Sequence[tuple[V, V]] = ()
    removed: Sequence[V] = ()


class Diff(NamedTuple):
    """What joined, changed and left between two revisions, by key; what changed and changed back is not in it."""

    before: Head
    after: Head
    cis: Difference[CI]
    relations: Difference[Relation]
    pools: Difference[Pool]
    records: Difference[Record] = Difference()

    @property
    def empty(self) -> bool:
        """Whether both revisions hold the same CIs, relations and pools; records are none of the inventory."""
        parts = (self.cis, self.relations, self.pools)
        return not any(part.created or part.changed or part.removed for part in parts)


def compare(before: Dump, after: Dump) -> Diff:
    """The difference of two whole inventories, or of the same part of both."""
    return Diff(
        before.head,
        after.head,
        difference(before.cis, after.cis, 1),
        difference(before.relations, after.relations, 4),
        difference(before.pools, after.pools, 2),
        difference(before.records, after.records, 3),
    )


def difference(stored: Sequence[V], desired: Sequence[V], width: int, source: str | None = None) -> Difference[V]:
    """Compare by key, which is the first `width` fields; only things of `source`, if named, count as removed.

    Each part is in the order of what it was given.
    """
    if not stored:
        return Difference(desired, [], [])
    same = set(stored).intersection(desired)
    wanted = {thing[:width]: thing for thing in desired if thing not in same}
    old = {thing[:width]: thing for thing in stored if thing not in same}
    return Difference(
        [thing for key, thing in wanted.items() if key not in old],
        [(old[key], thing) for key, thing in wanted.items() if key in old],
        [thing for key, thing in old.items() if key not in wanted and source in (None, thing.source)],
    )
