"""What an import would change: the difference between what is recorded and what a source now says. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, Pool, Relation, plain
from cmdb.model.errors import Problem
from cmdb.model.model import Model
from cmdb.reconcile.claims import Conflict
from cmdb.reconcile.difference import Difference, T
from cmdb.reconcile.identify import Doubt, Join
from cmdb.reconcile.reconcile import Clash, Desired, Source, reconcile
from cmdb.store.port import Dump

REMOVAL_SHARE, REMOVAL_FLOOR = 0.5, 10
"""A plan that drops more than this share of the source's CIs, and at least so many, must be confirmed."""
KEPT = 1_000
"""How many conflicts a plan tells; beyond it they are counted only."""


class Count(NamedTuple):
    """How many of one kind: `action` is created, changed or removed; `entity` is ci, relation or pool.

    `kind` is a kind or a relation type, empty for pools. Removed CIs are retired; they stay recorded.
    """

    action: str
    entity: str
    kind: str
    number: int


class Planned(NamedTuple):
    """One change in words: `fields` are those that change, with (before, after); None where there is no value."""

    action: str
    entity: str
    name: str
    fields: dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do. `changeset.base` is the revision it was worked out against; nothing is written yet.

    `owned` counts the CIs in service or planned that the source stated before the run, `released` those among them
    that it states no more while others do, `relations_before` the relations that it stated; `warnings` are the first of
    `warning_count`, `conflicts` of `conflict_count`. `joined` are its records that were taken to be recorded CIs by a
    key of their kind, `doubts` those that may be and were not; with `clashes` the plan is not to be applied.
    """

    changeset: Changeset
    cis: Difference[CI]
    relations: Difference[Relation]
    pools: Difference[Pool]
    owned: int
    warnings: tuple[Problem, ...] = ()
    warning_count: int = 0
    released: int = 0
    relations_before: int = 0
    joined: tuple[Join, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    conflict_count: int = 0
    clashes: tuple[Clash, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.changeset.empty

    @property
    def removal_share(self) -> float:
        """The part of the source's CIs that it would state no more, from 0 to 1."""
        return self.dropped / self.owned if self.owned else 0.0

    @property
    def dropped(self) -> int:
        """How many CIs the source would state no more: those retired, and those that others still state."""
        return len(self.cis.removed) + self.released

    @property
    def relations_lost(self) -> int:
        """How many relations fewer there would be: those removed less those that are new."""
        return max(0, len(self.relations.removed) - len(self.relations.created))

    @property
    def loses_cis(self) -> bool:
        """Whether so many CIs would go that a person should look first."""
        return self.removal_share > REMOVAL_SHARE and self.dropped >= REMOVAL_FLOOR

    @property
    def loses_relations(self) -> bool:
        """Whether so many relations would go that a person should look first."""
        return self.relations_lost > REMOVAL_SHARE * self.relations_before and self.relations_lost >= REMOVAL_FLOOR

    @property
    def needs_confirmation(self) -> bool:
        """Whether so much would go that a person should look first."""
        return self.loses_cis or self.loses_relations

    def counts(self) -> list[Count]:
        """How many things of each kind would be created, changed and removed; never a zero."""
        return [
            Count(action, entity, kind, number)
            for action in ("created", "changed", "removed")
            for entity, things in (
                ("ci", _after(self.cis, action)),
                ("relation", _after(self.relations, action)),
                ("pool", _after(self.pools, action)),
            )
            for kind, number in sorted(Counter(map(_kind, things)).items())
        ]

    def changes(self, first: int) -> list[Planned]:
        """The first so many changes in words: of CIs, relations, pools; removed, then changed, then new ones."""
        described = (_described("ci", self.cis), _described("relation", self.relations), _described("pool", self.pools))
        return list(islice(chain.from_iterable(described), first))


def plan(
    current: Dump,
    desired: Desired,
    source: str,
    model: Model,
    partial: bool = False,
    stale: Collection[str] = frozenset(),
) -> Plan:
    """How to get from `current` to what `source` says, taking nothing away that another source says too.

    CIs that no source states any more are retired, relations and pools removed. A `partial` statement takes nothing
    away. `stale` sources are believed after fresh ones. A pool that a remaining relation names is kept.
    """
    found = reconcile(current, desired, Source(source, model, partial, stale))
    cis, relations, pools = found.cis, found.relations, found.pools
    changeset = Changeset(
        who="", source=source, base=current.head.revision,
        put_cis=_put(cis), put_relations=_put(relations), put_pools=_put(pools),
        retire=[ci.id for ci in cis.removed],
        remove_relations=[relation.key for relation in relations.removed],
        remove_pools=[pool.key for pool in pools.removed],
    )  # fmt: skip
    joined, doubts = found.identified
    return Plan(
        changeset, cis, relations, pools, found.owned,
        released=found.released, relations_before=len(desired[1]) - len(relations.created) + len(relations.removed),
        joined=tuple(joined.values()), doubts=tuple(doubts),
        conflicts=tuple(islice(found.conflicts, KEPT)), conflict_count=len(found.conflicts),
        clashes=tuple(found.clashes),
    )  # fmt: skip


def _put(part: Difference[T]) -> Sequence[T]:
    changed: list[T] = [after for _, after in part.changed]
    return list(part.created) + changed if changed else part.created


def _after(part: Difference[T], action: str) -> Iterable[T]:
    if action == "changed":
        return (after for _, after in part.changed)
    return part.created if action == "created" else part.removed


def _kind(thing: CI | Relation | Pool) -> str:
    return "" if isinstance(thing, Pool) else thing.kind if isinstance(thing, CI) else thing.type


def _described(entity: str, part: Difference[T]) -> Iterator[Planned]:
    for thing in part.removed:
        yield Planned("removed", entity, _name(thing), {})
    for before, after in part.changed:
        old, new = _fields(before), _fields(after)
        if "known to" in {**old, **new}:
            old.setdefault("known to", before.source)
            new.setdefault("known to", after.source)
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        yield Planned("changed", entity, _name(after), {name: (old.get(name), new.get(name)) for name in names})
    for thing in part.created:
        yield Planned("created", entity, _name(thing), {})


def _fields(thing: CI | Relation | Pool) -> dict[str, Any]:
    told = plain(thing)
    attributes, claims = told.pop("attributes", {}), told.pop("claims", None)
    if claims:
        told["known to"] = ", ".join(claim["source"] for claim in claims)
    fields = {f"record {name}" if name == "source" else name: value for name, value in told.items()}
    return {**fields, **attributes}


def _name(thing: CI | Relation | Pool) -> str:
    if isinstance(thing, CI):
        return thing.id
    if isinstance(thing, Relation):
        return f"{thing.from_id} {thing.type} {thing.to_id}" + (f" in pool {thing.pool}" if thing.pool else "")
    return f"{thing.name} of {thing.ci}"
