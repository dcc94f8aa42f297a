"""The inventory as it will be once a changeset is applied, without applying it: what is recorded, and the changes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.model import Model
from cmdb.reconcile.validate import dependent
from cmdb.store.port import Around, Dump, Store, StoredCI

BATCH = 5_000
"""Ids that a store is asked about at once."""


WIDE, MOST = 16, 200_000
"""What surrounds more than this part of all CIs is quicker read as a whole, unless there are more than `MOST` CIs."""


class Recorded:
    """What is recorded in a store of about `size` CIs: each thing is read once, and everything where much is asked."""

    def __init__(self, store: Store, size: int) -> None:
        self._store, self._size = store, size
        self._known, self._surrounded = set[CiId](), set[CiId]()
        self._cis = dict[CiId, StoredCI]()
        self._relations = defaultdict[CiId, dict[Relation, None]](dict)
        self._pools = defaultdict[CiId, dict[Pool, None]](dict)
        self._dump: Dump | None = None

    def dump(self) -> Dump:
        """Everything."""
        if self._dump is None:
            self._dump = self._store.dump()
        return self._dump

    def get(self, ids: Iterable[CiId]) -> dict[CiId, StoredCI]:
        """The CIs that exist among `ids`."""
        asked = set(ids)
        for part in batches(asked - self._known):
            self._cis |= self._store.get(part)
            self._known.update(part)
        return {ci: self._cis[ci] for ci in asked & self._cis.keys()}

    def around(self, ids: Iterable[CiId]) -> Around:
        """What touches these CIs: their relations, their pools, and those of the CIs that the relations lead to."""
        asked = set(ids)
        missing = asked - self._surrounded
        if WIDE * len(missing) > self._size <= MOST:
            self._keep(Around(self.dump().relations, self.dump().pools), [ci.id for ci in self.dump().cis])
            missing -= self._surrounded
        for part in batches(missing):
            self._keep(self._store.around(part), part)
        relations = dict.fromkeys(relation for ci in asked for relation in self._relations.get(ci, ()))
        owners = asked.union(*((relation.from_id, relation.to_id) for relation in relations if relation.pool))
        return Around(list(relations), [pool for ci in owners for pool in self._pools.get(ci, ())])

    def _keep(self, found: Around, asked: Iterable[CiId]) -> None:
        self._surrounded.update(asked)
        for relation in found.relations:
            self._relations[relation.from_id][relation] = None
            self._relations[relation.to_id][relation] = None
        for pool in found.pools:
            self._pools[pool.ci][pool] = None


@dataclass(frozen=True)
class Ahead:
    """What is `recorded`, with `changeset` laid over it. Cost follows what is asked for and the size of the changeset.

    As in a store, what is put is there although it is removed as well, and what is retired is so although it is put.
    """

    recorded: Recorded
    changeset: Changeset
    model: Model

    def get(self, ids: Iterable[CiId]) -> dict[CiId, StoredCI]:
        """The CIs that will exist among `ids`; those that the changeset puts are of the revision to come."""
        asked = set(ids) - self._deleted
        found = self.recorded.get(asked)
        coming = (self.changeset.base or 0) + 1
        found |= {ci: StoredCI(self._put[ci], coming) for ci in asked & self._put.keys()}
        for ci in self._retired & found.keys():
            found[ci] = StoredCI(found[ci].ci._replace(lifecycle="retired"), coming)
        return found

    def around(self, ids: Iterable[CiId]) -> Around:
        """What will touch these CIs: their relations, their pools and those that the relations name."""
        asked = set(ids) - self._deleted
        stored = self.recorded.around(asked)
        relations = self._relations(stored.relations, asked)
        pools = {(p.ci, p.name): p for p in self._pools(stored.pools)}
        used = {(dependent(self.model, r), r.pool) for r in relations if r.pool}
        if others := {owner for owner, name in used if (owner, name) not in pools}:
            pools |= {(p.ci, p.name): p for p in self._pools(self.recorded.around(others).pools)}
        return Around(sorted(relations), sorted(p for key, p in pools.items() if p.ci in asked or key in used))

    def dump(self) -> Dump:
        """Everything there will be."""
        stored = self.recorded.dump()
        cis = {ci.id: ci for ci in chain(stored.cis, self.changeset.put_cis)}
        for ci in self._retired & cis.keys():
            cis[ci] = cis[ci]._replace(lifecycle="retired")
        kept = sorted(ci for ci in cis.values() if ci.id not in self._deleted)
        return Dump(
            stored.head, kept, sorted(self._relations(stored.relations)), sorted(self._pools(stored.pools)),
            stored.records,
        )  # fmt: skip

    @cached_property
    def _put(self) -> dict[CiId, CI]:
        return {ci.id: ci for ci in self.changeset.put_cis}

    @cached_property
    def _retired(self) -> frozenset[CiId]:
        return frozenset(self.changeset.retire)

    @cached_property
    def _deleted(self) -> frozenset[CiId]:
        return frozenset(self.changeset.delete) - self._put.keys()

    def _relations(self, stored: Iterable[Relation], asked: Collection[CiId] | None = None) -> list[Relation]:
        put = [r for r in self.changeset.put_relations if asked is None or r[0] in asked or r[2] in asked]
        gone: set[tuple[str, ...]] = {*self.changeset.remove_relations, *(r[:4] for r in put)}
        kept = (r for r in stored if r[:4] not in gone)
        if self._deleted:
            kept = (r for r in kept if r[0] not in self._deleted and r[2] not in self._deleted)
        return [*kept, *put]

    def _pools(self, stored: Iterable[Pool]) -> list[Pool]:
        put = self.changeset.put_pools
        gone: set[tuple[str, ...]] = {*self.changeset.remove_pools, *(p[:2] for p in put)}
        return [*(p for p in stored if p[:2] not in gone and p[0] not in self._deleted), *put]


def batches(ids: Iterable[CiId]) -> Iterator[list[CiId]]:
    """`ids`, so many at a time as a store is asked about at once."""
    rest = iter(sorted(ids))
    while part := list(islice(rest, BATCH)):
        yield part
