"""What tells two states of the inventory apart. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from cmdb.model.ci import CI, Pool, Relation
from cmdb.store.port import Dump, Head

T = TypeVar("T", CI, Relation, Pool)


@dataclass(frozen=True, slots=True)
class Difference(Generic[T]):
    """New things, things with another value (before, after), and things that are no longer there."""

    created: Sequence[T] = ()
    changed: Sequence[tuple[T, T]] = ()
    removed: Sequence[T] = ()


class Diff(NamedTuple):
    """What joined, changed and left between two revisions, by key; what changed and changed back is not in it."""

    before: Head
    after: Head
    cis: Difference[CI]
    relations: Difference[Relation]
    pools: Difference[Pool]

    @property
    def empty(self) -> bool:
        """Whether both revisions hold the same."""
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
    )


def difference(stored: Sequence[T], desired: Sequence[T], width: int, source: str | None = None) -> Difference[T]:
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
