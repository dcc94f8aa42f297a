"""Two CIs that are one become one, and one that is two is parted: what that changes, with what hangs on them. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple, TypeVar

from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, RelationKey
from cmdb.model.claims import Claim, claims_of, voices
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.model import Model
from cmdb.model.text import fitted
from cmdb.reconcile.claims import joined_voices, settled, without
from cmdb.reconcile.standing import standing, with_edit
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
    kept = settled(model, keep.id, _together(model, keep, gone), keep.source)
    ids = {gone.id: keep.id}
    moved_relations = _moved(model, relations, lambda r: _renamed(r, ids))
    moved_pools = _moved(model, pools, lambda p: p._replace(ci=ids.get(p.ci, p.ci)))
    return Rewrite([kept], [r for r in moved_relations if r.from_id != r.to_id], moved_pools, [], [], [gone.id])


def _together(model: Model, keep: CI, gone: CI) -> list[Claim]:
    """What is said of either. What people have set of the one that is kept stands before what they set of the other;
    whether that one was in service is no matter."""
    described = {claim.key: claim for ci in (gone, keep) for claim in standing(ci) if not claim.edited}
    claims = list(described.values())
    lost = (claim._replace(lifecycle=None) for claim in claims_of(gone))
    for edit in chain(lost, claims_of(keep)):
        if edit.edited and not edit.empty:
            claims = with_edit(model, claims, edit._replace(id=keep.id))
    return claims


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
    left = [other for other in standing(ci) if other.key != claim.key]
    if all(other.edited for other in left):
        raise _refused("LAST_CLAIM", source, "a source whose description is not the only one of this CI")
    new_id = _free(claim, ci.id, taken)
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
        _part_rule(model, source, new, rule, name in staying, name in leaving, rewrite)


def _part_rule(
    model: Model, source: str, new: CiId, rule: Pool, stays: bool, leaves: bool, rewrite: Rewrite
) -> None:  # fmt: skip
    mine = next((voice for voice in voices(rule) if voice.source == source), None)
    left = without(model, rule, source)
    if leaves or mine is not None:
        said = rule if mine is None else mine
        rewrite.put_pools.append(said._replace(ci=new, source=source, claims_json=""))
    if left is None and not stays:
        rewrite.remove_pools.append(rule.key)
    elif left is not None and left != rule:
        rewrite.put_pools.append(left)


def _free(claim: Claim, old: CiId, taken: Callable[[CiId], bool]) -> CiId:
    """An id for a CI of its own that no other CI has."""
    if claim.id != old and not taken(claim.id):
        return claim.id
    endings = chain([claim.source], (f"{claim.source}-{number}" for number in count(2)))
    tried = (CiId(fitted(f"{claim.id}@{ending}")) for ending in endings)
    return next(id_ for id_ in tried if id_ != old and not taken(id_))


def _claim(ci: CI, source: str, key: str | None) -> Claim:
    described = [claim for claim in standing(ci) if not claim.edited]
    found = [claim for claim in described if claim.source == source and key in (None, claim.id)]
    if len(found) != 1:
        known = ", ".join(f"{claim.source} ({claim.id})" for claim in described)
        raise _refused("UNKNOWN_CLAIM", source if key is None else f"{source} ({key})", f"one of {known}")
    return found[0]


def _refused(code: str, found: str, accepted: str) -> InvalidInput:
    return InvalidInput([Problem(code, "source", shown(found), accepted)])
