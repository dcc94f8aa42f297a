"""The revisions of a store, read back through the port one by one."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn, TypeVar

from cmdb.model.ci import CI, CiId, Pool, Relation, of_plain
from cmdb.model.errors import InvalidInput, Problem
from cmdb.model.record import Record, RecordKey
from cmdb.move.hashing import Content, content_hash
from cmdb.move.revision import Mark, Revision, revision_of
from cmdb.reconcile.difference import Diff, Difference, compare
from cmdb.store.port import Change, Head, Logged, Store

T = TypeVar("T", CI, Relation, Pool, Record)
U = TypeVar("U", CI, Relation, Pool)


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
        return _mark(self._logged(number), content_hash(self._store, number))

    def revisions(self, after: int) -> Iterator[Revision]:
        """Every revision after number `after`, in order; at the end, that they add up to the newest state."""
        content, records = Content(), Standing()
        if after:
            before = self._store.dump(after)
            content.add(before)
            records.add(before.records)
        for number in range(after + 1, self.head.revision + 1):
            logged = self._logged(number)
            diff = self._changed(number)._replace(records=records.follow(self._written(logged)))
            yield revision_of(_mark(logged, content.follow(diff)), diff)
        if content.hash != content_hash(self._store, self.head.revision):
            _broken(self.head.revision, "other contents than its history adds up to")

    def _logged(self, number: int) -> Logged:
        """Who made a revision, when and why, and which records it wrote."""
        (logged,) = self._store.log(number - 1, 1)
        return logged

    def _written(self, logged: Logged) -> list[Record]:
        """The records that a revision wrote, as they were at its end."""
        if not logged.records:
            return []
        return [stored.record for stored in self._store.records(logged.revision - 1, logged.revision).records]

    def _changed(self, number: int) -> Diff:
        """What a revision changed among CIs, relations and pools."""
        head, ids = self._store.changes(number - 1, number)
        if ids is None:
            return self._dumped(number)
        changes = self._last(sorted(ids), number) if ids else []
        return diff_of(changes, head)

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
    cis = _difference([_pair(CI, change) for change in changes if change.entity == "ci"])
    relations = [_pair(Relation, change) for change in changes if change.entity == "relation"]
    pools = [_pair(Pool, change) for change in changes if change.entity == "pool"]
    return Diff(head, head, cis, _difference(relations), _difference(pools))


def _difference(pairs: Sequence[tuple[T | None, T | None]]) -> Difference[T]:
    return Difference(
        [after for before, after in pairs if before is None and after is not None],
        [(before, after) for before, after in pairs if before is not None and after is not None],
        [before for before, after in pairs if before is not None and after is None],
    )


def _pair(kind: type[U], change: Change) -> tuple[U | None, U | None]:
    before, after = (None if side is None else of_plain(kind, side) for side in (change.before, change.after))
    return before, after


class Standing:
    """The records that stand at a revision, which follows them through the next ones."""

    def __init__(self) -> None:
        self._records: dict[RecordKey, Record] = {}

    def add(self, records: Iterable[Record]) -> None:
        """Take in records that stand."""
        self._records.update((record.key, record) for record in records)

    def follow(self, written: Sequence[Record]) -> Difference[Record]:
        """Take in what a revision wrote; what it changed."""
        found = _difference([(self._records.get(record.key), record) for record in written])
        self.add(written)
        return found


def _mark(logged: Logged, content: str) -> Mark:
    return Mark(logged.revision, logged.recorded_at, logged.who, logged.source, logged.message, content)


def _broken(number: int, found: str) -> NoReturn:
    raise InvalidInput([Problem("HISTORY_INCOMPLETE", f"revision {number}", found, "a history that adds up")])
