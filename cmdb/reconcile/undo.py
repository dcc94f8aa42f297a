"""What undoes a revision: everything it created, changed and removed put back, if all of it still stands so. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.reconcile.difference import Diff, Difference, T
from cmdb.store.port import Dump, Head


class Met(NamedTuple):
    """A thing that the revision wrote, or that hangs on what it created, and that is not as it left it: `entity` is
    ci, relation or pool; `name` what people call it; `key` its key; `ci` one whose history tells what happened."""

    entity: str
    name: str
    key: tuple[str, ...]
    ci: CiId


@dataclass(frozen=True, slots=True)
class Undo:
    """What would undo a revision: `cis`, `relations` and `pools` as a plan has them, from how things stand at `head`.

    It may be applied only if it met nothing: nothing is half-undone. CIs that were created are deleted, with their
    relations and pools; their history stays.
    """

    head: Head
    cis: Difference[CI]
    relations: Difference[Relation]
    pools: Difference[Pool]
    met: Sequence[Met]
    changeset: Changeset

    @property
    def empty(self) -> bool:
        """Whether nothing of the inventory is to be put back: the revision wrote records alone."""
        return self.changeset.empty


def undone(diff: Diff, now: Dump) -> Undo:
    """What undoes `diff`, given how things stand `now`: all of the inventory, or the CIs of the diff and what is
    around them."""
    made = frozenset(ci.id for ci in diff.cis.created)
    met = [
        *(Met("ci", ci.id, (ci.id,), ci.id) for ci in _met(diff.cis, _by_key(now.cis, 1), 1)),
        *(_met_relation(relation) for relation in _met(diff.relations, _by_key(now.relations, 4), 4)),
        *(_met_pool(pool) for pool in _met(diff.pools, _by_key(now.pools, 2), 2)),
        *_hanging(made, diff, now),
    ]
    changeset = Changeset(
        who="", source="", base=now.head.revision,
        put_cis=_put(diff.cis), put_relations=_put(diff.relations), put_pools=_put(diff.pools),
        delete=[ci.id for ci in diff.cis.created],
        remove_relations=[r.key for r in diff.relations.created if made.isdisjoint((r.from_id, r.to_id))],
        remove_pools=[pool.key for pool in diff.pools.created if pool.ci not in made],
    )  # fmt: skip
    return Undo(now.head, _back(diff.cis), _back(diff.relations), _back(diff.pools), met, changeset)


def _hanging(made: frozenset[CiId], diff: Diff, now: Dump) -> Iterator[Met]:
    """Relations and pools that were recorded since of CIs that would be deleted."""
    if not made:
        return
    known_relations = {relation.key for relation in diff.relations.created}
    known_pools = {pool.key for pool in diff.pools.created}
    for relation in now.relations:
        if (relation.from_id in made or relation.to_id in made) and relation.key not in known_relations:
            yield _met_relation(relation)
    for pool in now.pools:
        if pool.ci in made and pool.key not in known_pools:
            yield _met_pool(pool)


def _met(part: Difference[T], now: Mapping[tuple[str, ...], T], width: int) -> list[T]:
    """What does not stand as the revision left it."""
    changed = [after for _, after in part.changed if now.get(after[:width]) != after]
    created = [thing for thing in part.created if now.get(thing[:width]) != thing]
    removed = [thing for thing in part.removed if thing[:width] in now]
    return created + changed + removed


def _put(part: Difference[T]) -> list[T]:
    """What is to stand again."""
    before = [before for before, _ in part.changed]
    return before + list(part.removed)


def _back(part: Difference[T]) -> Difference[T]:
    """The difference that undoing makes."""
    return Difference(part.removed, [(after, before) for before, after in part.changed], part.created)


def _by_key(things: Sequence[T], width: int) -> dict[tuple[str, ...], T]:
    return {thing[:width]: thing for thing in things}


def _met_relation(relation: Relation) -> Met:
    pool = f" in pool {relation.pool}" if relation.pool else ""
    name = f"{relation.from_id} {relation.type} {relation.to_id}{pool}"
    return Met("relation", name, relation.key, relation.from_id)


def _met_pool(pool: Pool) -> Met:
    return Met("pool", f"{pool.name} of {pool.ci}", pool.key, pool.ci)
