"""The revisions of a store, read back through the port one by one."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NoReturn, TypeVar

from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from cmdb.model.errors import InvalidInput, Problem
from cmdb.move.hashing import Content, content_hash
from cmdb.move.revision import Mark, Revision, revision_of
from cmdb.reconcile.difference import Diff, Difference, compare
from cmdb.store.port import Change, Head, Store

T = TypeVar("T", CI, Relation, Pool)


class Recorded:
    """The revisions that a store holds now; newer ones that it gets meanwhile are left for another time.

    Errors are those of the store, and `InvalidInput` HISTORY_INCOMPLETE when its history does not add up to what
    it holds.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.head = store.head()

    def mark(self, number: int) -> Mark:
        """What identifies one revision, from 1 to the newest."""
        touched = self._store.changes(number - 1, number)
        some = next(iter(touched.cis), None) if touched.cis else next(_ids(self._dumped(number)), None)
        last = self._last([some] if some else [], number)[0]
        content = content_hash(self._store, number)
        return Mark(number, touched.head.recorded_at, last.who, last.source, last.message, content)

    def revisions(self, after: int) -> Iterator[Revision]:
        """Every revision after number `after`, in order; at the end, that they add up to the newest state."""
        content = Content()
        if after:
            content.add(self._store.dump(after))
        for number in range(after + 1, self.head.revision + 1):
            head, last, diff = self._changed(number)
            mark = Mark(number, head.recorded_at, last.who, last.source, last.message, content.follow(diff))
            yield revision_of(mark, diff)
        if content.hash != content_hash(self._store, self.head.revision):
            _broken(self.head.revision, "other contents than its history adds up to")

    def _changed(self, number: int) -> tuple[Head, Change, Diff]:
        """When a revision was recorded, one of its changes, and all of them."""
        head, ids = self._store.changes(number - 1, number)
        if ids is None:
            diff = self._dumped(number)
            return head, self._last(list(_ids(diff))[:1], number)[0], diff
        changes = self._last(sorted(ids), number)
        return head, changes[0], diff_of(changes, head)

    def _dumped(self, number: int) -> Diff:
        return compare(self._store.dump(number - 1), self._store.dump(number))

    def _last(self, ids: Sequence[CiId], number: int) -> list[Change]:
        """What revision `number`, which touched these CIs, did to them."""
        changes = self._store.history(ids, 1, before=number + 1)
        if not changes or changes[0].revision != number:
            _broken(number, "no record of what it changed")
        return changes


def diff_of(changes: Sequence[Change], head: Head) -> Diff:
    """The changes of one revision, as the difference it made."""
    cis = _difference([(_ci(c.before), _ci(c.after)) for c in changes if c.entity == "ci"])
    relations = [_pair(Relation, change) for change in changes if change.entity == "relation"]
    pools = [_pair(Pool, change) for change in changes if change.entity == "pool"]
    return Diff(head, head, cis, _difference(relations), _difference(pools))


def _difference(pairs: Sequence[tuple[T | None, T | None]]) -> Difference[T]:
    return Difference(
        [after for before, after in pairs if before is None and after is not None],
        [(before, after) for before, after in pairs if before is not None and after is not None],
        [before for before, after in pairs if before is not None and after is None],
    )


def _ci(plain: Mapping[str, Any] | None) -> CI | None:
    if plain is None:
        return None
    values = {**plain, "attributes_json": attributes_json(plain["attributes"])}
    return CI._make(values[name] for name in CI._fields)


def _pair(kind: type[T], change: Change) -> tuple[T | None, T | None]:
    before, after = (None if side is None else kind(**side) for side in (change.before, change.after))
    return before, after


def _ids(diff: Diff) -> Iterator[CiId]:
    """CIs that a difference touches."""
    for cis in (diff.cis.created, diff.cis.removed, (after for _, after in diff.cis.changed)):
        yield from (ci.id for ci in cis)
    relations = (diff.relations.created, diff.relations.removed, (after for _, after in diff.relations.changed))
    yield from (relation.from_id for relation in chain(*relations))
    pools = (diff.pools.created, diff.pools.removed, (after for _, after in diff.pools.changed))
    yield from (pool.ci for pool in chain(*pools))


def _broken(number: int, found: str) -> NoReturn:
    raise InvalidInput([Problem("HISTORY_INCOMPLETE", f"revision {number}", found, "a history that adds up")])
