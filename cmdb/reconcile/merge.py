"""Two CIs that are one become one, and one that is two is parted: what that changes, with what hangs on them. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, RelationKey
from cmdb.model.claims import Claim, claims_of, voices
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.model import Model
from cmdb.model.text import fitted
from cmdb.reconcile.claims import joined_voices, settled, without
from cmdb.reconcile.validate import dependent

T = TypeVar("T", Relation, Pool)


class Rewrite(NamedTuple):
    """What one changeset is to write: see the fields of `cmdb.model.changeset.Changeset`."""

    put_cis: list[CI]
    put_relations: list[Relation]
    put_pools: list[Pool]
    remove_relations: list[RelationKey]
    remove_pools: list[PoolKey]
    delete: list[CiId]


def merge(model: Model, keep: CI, gone: CI, relations: Iterable[Relation], pools: Iterable[Pool]) -> Rewrite:
    """`gone` becomes part of `keep`: its claims, relations and pools move there, and its id goes.

    `relations` and `pools` are all of both. Its sources find it by their identity links from then on.
    """
    stated = {claim.key: claim for claim in (*claims_of(gone), *claims_of(keep))}
    kept = settled(model, keep.id, list(stated.values()), keep.source)
    ids = {gone.id: keep.id}
    moved_relations = _moved(model, relations, lambda r: _renamed(r, ids))
    moved_pools = _moved(model, pools, lambda p: p._replace(ci=ids.get(p.ci, p.ci)))
    return Rewrite([kept], [r for r in moved_relations if r.from_id != r.to_id], moved_pools, [], [], [gone.id])


def _renamed(relation: Relation, ids: Mapping[CiId, CiId]) -> Relation:
    start, end = (ids.get(at, at) for at in (relation.from_id, relation.to_id))
    return relation._replace(from_id=start, to_id=end)


def _moved(model: Model, things: Iterable[T], rename: Callable[[T], T]) -> list[T]:
    """Those that are renamed; what then is the same thing is one, as all its sources state it."""
    listed = list(things)
    found = {thing.key: thing for thing in listed if rename(thing) == thing}
    written: dict[tuple[str, ...], T] = {}
    for thing in listed:
        new = rename(thing)
        if new == thing:
            continue
        there = written.get(new.key) or found.get(new.key)
        written[new.key] = new if there is None else _both(model, there, new)
    return list(written.values())


def _both(model: Model, there: T, new: T) -> T:
    every = voices(there)
    heard = {voice.source for voice in every}
    every.extend(voice for voice in voices(new) if voice.source not in heard)
    return joined_voices(model, every, there.source)


def part(
    model: Model, ci: CI, source: str, key: str | None, relations: Iterable[Relation], pools: Iterable[Pool],
    taken: Callable[[CiId], bool],
) -> tuple[CI, Rewrite]:  # fmt: skip
    """What `source` describes under `key` becomes a CI of its own, with the relations and pools that it states.

    Its id is the key, unless that is `taken`. A source that has two records in the CI keeps its relations where they
    are; its next import puts them right. Raises `InvalidInput` UNKNOWN_CLAIM and LAST_CLAIM.
    """
    claim = _claim(ci, source, key)
    left = [other for other in claims_of(ci) if other.key != claim.key]
    if all(other.edited for other in left):
        raise _refused("LAST_CLAIM", source, "a source whose description is not the only one of this CI")
    new_id = claim.id if claim.id != ci.id and not taken(claim.id) else CiId(fitted(f"{claim.id}@{source}"))
    new = settled(model, new_id, [claim], source)
    rewrite = Rewrite([settled(model, ci.id, left, ci.source), new], [], [], [], [], [])
    if not any(other.source == source and not other.edited for other in left):
        rules = {pool.name: pool for pool in pools if pool.ci == ci.id}
        _part_relations(model, source, ci.id, new_id, list(relations), rules, rewrite)
    return new, rewrite


def _part_relations(
    model: Model, source: str, old: CiId, new: CiId, relations: Sequence[Relation], rules: Mapping[str, Pool],
    rewrite: Rewrite,
) -> None:  # fmt: skip
    """What `source` states goes to the new CI; what others state too stays as well. A pool that either names keeps its
    rule there."""
    staying, leaving = set[str](), set[str]()
    for relation in relations:
        left = without(model, relation, source)
        mine = dependent(model, relation) == old and bool(relation.pool)
        if left is not None and mine:
            staying.add(relation.pool)
        if left == relation:
            continue
        (voice,) = (voice for voice in voices(relation) if voice.source == source)
        rewrite.put_relations.append(_renamed(voice, {old: new}))
        if left is None:
            rewrite.remove_relations.append(relation.key)
        else:
            rewrite.put_relations.append(left)
        leaving.update([relation.pool] if mine else [])
    for name, rule in rules.items():
        if name in leaving:
            rewrite.put_pools.append(rule._replace(ci=new, source=source, claims_json=""))
        if name not in staying:
            rewrite.remove_pools.append(rule.key)


def _claim(ci: CI, source: str, key: str | None) -> Claim:
    described = [claim for claim in claims_of(ci) if not claim.edited]
    found = [claim for claim in described if claim.source == source and key in (None, claim.id)]
    if len(found) != 1:
        known = ", ".join(f"{claim.source} ({claim.id})" for claim in described)
        raise _refused("UNKNOWN_CLAIM", source if key is None else f"{source} ({key})", f"one of {known}")
    return found[0]


def _refused(code: str, found: str, accepted: str) -> InvalidInput:
    return InvalidInput([Problem(code, "source", shown(found), accepted)])
