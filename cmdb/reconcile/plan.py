"""What an import would change: the difference between what is recorded and what a source now says. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, Pool, Relation
from cmdb.model.errors import Problem
from cmdb.model.model import Model
from cmdb.reconcile.difference import Difference, T, difference
from cmdb.reconcile.validate import dependent
from cmdb.store.port import Dump

REMOVAL_SHARE, REMOVAL_FLOOR = 0.5, 10
"""A plan that retires more than this share of the source's CIs, and at least so many, must be confirmed."""


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

    `owned` counts the source's CIs in service or planned before the run; `warnings` are the first of `warning_count`.
    """

    changeset: Changeset
    cis: Difference[CI]
    relations: Difference[Relation]
    pools: Difference[Pool]
    owned: int
    warnings: tuple[Problem, ...] = ()
    warning_count: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.changeset.empty

    @property
    def removal_share(self) -> float:
        """The part of the source's CIs that would be retired, from 0 to 1."""
        return len(self.cis.removed) / self.owned if self.owned else 0.0

    @property
    def needs_confirmation(self) -> bool:
        """Whether so much would be retired that a person should look first."""
        return self.removal_share > REMOVAL_SHARE and len(self.cis.removed) >= REMOVAL_FLOOR

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


def plan(current: Dump, desired: tuple[list[CI], list[Relation], list[Pool]], source: str, model: Model) -> Plan:
    """How to get from `current` to what `source` says, touching nothing that only another source says.

    CIs of the source that are missing are retired, its missing relations and pools removed. What another source
    recorded and this one gives too is taken over whole. A pool that a remaining relation names is kept.
    """
    cis = difference(current.cis, desired[0], 1, source)
    owned = [ci for ci in current.cis if ci.source == source and ci.lifecycle != "retired"]
    cis = Difference(cis.created, cis.changed, [ci for ci in cis.removed if ci.lifecycle != "retired"])
    relations = difference(current.relations, desired[1], 4, source)
    pools = difference(current.pools, desired[2], 2, source)
    if pools.removed:
        named = _named(current.relations, relations, model)
        pools = Difference(pools.created, pools.changed, [p for p in pools.removed if (p.ci, p.name) not in named])
    changeset = Changeset(
        who="", source=source, base=current.head.revision,
        put_cis=_put(cis), put_relations=_put(relations), put_pools=_put(pools),
        retire=[ci.id for ci in cis.removed],
        remove_relations=[relation.key for relation in relations.removed],
        remove_pools=[pool.key for pool in pools.removed],
    )  # fmt: skip
    return Plan(changeset, cis, relations, pools, len(owned))


def _put(part: Difference[T]) -> Sequence[T]:
    changed: list[T] = [after for _, after in part.changed]
    return list(part.created) + changed if changed else part.created


def _named(stored: Iterable[Relation], part: Difference[Relation], model: Model) -> set[tuple[str, str]]:
    """The pools that relations name once the plan is applied."""
    gone = set(part.removed)
    kept = (relation for relation in chain(stored, part.created) if relation.pool and relation not in gone)
    return {(dependent(model, relation), relation.pool) for relation in kept}


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
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        yield Planned("changed", entity, _name(after), {name: (old.get(name), new.get(name)) for name in names})
    for thing in part.created:
        yield Planned("created", entity, _name(thing), {})


def _fields(thing: CI | Relation | Pool) -> dict[str, Any]:
    fields = {f"record {name}" if name == "source" else name: value for name, value in thing._asdict().items()}
    if isinstance(thing, CI):
        del fields["attributes_json"]
        fields.update(thing.attributes)
    return fields


def _name(thing: CI | Relation | Pool) -> str:
    if isinstance(thing, CI):
        return thing.id
    if isinstance(thing, Relation):
        return f"{thing.from_id} {thing.type} {thing.to_id}" + (f" in pool {thing.pool}" if thing.pool else "")
    return f"{thing.name} of {thing.ci}"
