"""What a source says brought together with what is recorded: which CI a record is, and what several sources come to.

Pure. A source's record is known again by its identity link, by its id, which means the same CI in every source, or by
a key of its kind (`cmdb.reconcile.identify`); whatever is uncertain is told and not joined.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from operator import itemgetter, ne
from typing import NamedTuple, TypeVar

import orjson

from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.model.claims import Claim, claim_of, claims_json, claims_of, voices
from cmdb.model.model import Model
from cmdb.model.record import Record
from cmdb.reconcile.claims import Conflict, conflicts, disputed, settled, spoken, without
from cmdb.reconcile.difference import Difference
from cmdb.reconcile.identify import Identified, identify
from cmdb.reconcile.standing import forsaken, standing
from cmdb.reconcile.validate import dependent
from cmdb.store.port import Dump

T = TypeVar("T", Relation, Pool)
V = TypeVar("V", CI, Relation, Pool)
Desired = tuple[Sequence[CI], Sequence[Relation], Sequence[Pool]]
NOBODY = Identified({}, [])


@dataclass(frozen=True, slots=True)
class Source:
    """Whose statement it is. A `partial` one takes nothing away. `stale` are sources not believed for now."""

    name: str
    model: Model
    partial: bool = False
    stale: Collection[str] = frozenset()


class Clash(NamedTuple):
    """A relation of the source, in its own terms, that the kinds of its ends do not allow once sources are joined; or
    a recorded one of others that a kind which the source changes does not allow."""

    relation: Relation
    from_kind: str
    to_kind: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The difference that a source makes. `ids` are its keys of CIs that have another id; `released` are CIs that it
    states no more and others do; `owned` is how many CIs in service or planned it stated before."""

    cis: Difference[CI]
    relations: Difference[Relation]
    pools: Difference[Pool]
    identified: Identified = NOBODY
    ids: Mapping[CiId, CiId] = field(default_factory=dict)
    owned: int = 0
    released: int = 0
    conflicts: Sequence[Conflict] = ()
    clashes: Sequence[Clash] = ()


def reconcile(current: Dump, desired: Desired, source: Source) -> Reconciled:
    """What changes if `source` says `desired`, which is all it says unless it is partial."""
    if not current.cis:
        return Reconciled(Difference(desired[0]), Difference(desired[1]), Difference(desired[2]))
    known = _Known(current, source)
    found = known.find(desired[0])
    cis, shared = known.cis(found)
    ids = dict(known.names)
    for target, stated in found.targets.items():
        ids.update((ci.id, target) for ci in stated)
    ids = {key: target for key, target in ids.items() if key != target}
    stated_relations = _renamed_relations(desired[1], ids)
    relations, shared_relations = _things(current.relations, stated_relations, source)
    pools, shared_pools = _things(current.pools, _renamed_pools(desired[2], ids), source)
    if pools.removed:
        named = _named(current.relations, relations, source.model)
        pools = Difference(pools.created, pools.changed, [p for p in pools.removed if p.key not in named])
    return Reconciled(
        cis, relations, pools, found.identified, ids, known.owned, known.released,
        [
            *(conflict for ci in shared for conflict in conflicts(source.model, ci, source.stale)),
            *(conflict for relation in shared_relations for conflict in disputed(source.model, relation)),
            *(conflict for pool in shared_pools for conflict in disputed(source.model, pool)),
        ],
        [
            *_clashes(desired[1], ids, cis, shared, current, source.model),
            *_stranded(current, cis, relations, stated_relations, source.model),
        ],
    )  # fmt: skip


Links = dict[CiId, CiId]
"""The CI that a source's key leads to."""


def links(cis: Iterable[CI], source: str) -> tuple[Links, Links]:
    """Where the keys of `source` lead that are kept with claims, and those of other sources."""
    mine: Links = {}
    others: Links = {}
    for ci in [ci for ci in cis if ci.claims_json]:
        for claim in claims_of(ci):
            if not claim.edited:
                (mine if claim.source == source else others)[claim.id] = ci.id
    return mine, others


def named_by(cis: Iterable[CI], mine: Links, others: Links) -> Links:
    """What a source may call recorded CIs by, beside their ids: its own keys, and those of others."""
    if not others:
        return mine
    stored = {ci.id for ci in cis}
    return {**{key: ci for key, ci in others.items() if key not in stored}, **mine}


def differing(stored: Sequence[V], desired: Sequence[V], width: int) -> tuple[list[V], list[V]]:
    """What stands only in the one just so, and only in the other, in the order given. The key is the first `width`
    fields."""
    key = itemgetter(0) if width == 1 else itemgetter(slice(width))
    old = dict(zip(map(key, stored), stored, strict=True))
    new = dict(zip(map(key, desired), desired, strict=True))
    others = compress(stored, map(ne, map(new.get, map(key, stored)), stored))
    return list(others), list(compress(desired, map(ne, map(old.get, map(key, desired)), desired)))


class _Found(NamedTuple):
    """Records of the source by the recorded CI that they are, without those that are recorded as they stand; those of
    no recorded one; and the recorded CIs (`others`) that the source does not state just so."""

    others: Sequence[CI]
    targets: dict[CiId, list[CI]]
    new: list[CI]
    identified: Identified


class _Known:
    """The recorded CIs, and which of them the source states."""

    def __init__(self, current: Dump, source: Source) -> None:
        self._source, self._records = source, current.records
        self._every = current.cis
        self._links, self._others = links(current.cis, source.name)
        self.released = 0
        self._linked = set(self._links.values())
        self.owned = sum(self._mine(ci) and ci.lifecycle != "retired" for ci in current.cis)

    @property
    def names(self) -> Mapping[CiId, CiId]:
        """What CIs are called by the source, or by others where it is silent."""
        return named_by(self._every, self._links, self._others)

    def _sole(self, ci: CI) -> bool:
        return ci.source == self._source.name and not ci.claims_json

    def _mine(self, ci: CI) -> bool:
        """Whether the source states a CI, as far as is recorded."""
        return self._sole(ci) or ci.id in self._linked

    def find(self, desired: Sequence[CI]) -> _Found:
        """Which recorded CI each of the source's records is."""
        others, rest = differing(self._every, desired, 1)
        stored = {ci.id for ci in others}
        targets: dict[CiId, list[CI]] = {}
        unknown = []
        for ci in rest:
            target = self._links.get(ci.id) or (ci.id if ci.id in stored else self._others.get(ci.id))
            if target is None:
                unknown.append(ci)
            else:
                targets.setdefault(target, []).append(ci)
        identified = self._identified(unknown, self._still_linked(desired) | targets.keys() if unknown else set())
        for ci in unknown:
            if ci.id in identified.joined:
                targets.setdefault(identified.joined[ci.id].known, []).append(ci)
        return _Found(others, targets, [ci for ci in unknown if ci.id not in identified.joined], identified)

    def _still_linked(self, desired: Sequence[CI]) -> set[CiId]:
        """The CIs of which the source still has a record that was linked to them before."""
        stated = {ci.id for ci in desired}
        return {ci for key, ci in self._links.items() if key in stated or self._source.partial}

    def _identified(self, unknown: Sequence[CI], taken: Collection[CiId]) -> Identified:
        others = [ci for ci in self._every if not self._sole(ci) and ci.lifecycle != "retired"] if unknown else []
        if not others:
            return NOBODY
        return identify(self._source.model, unknown, others, taken, parted(self._records))

    def cis(self, found: _Found) -> tuple[Difference[CI], list[CI]]:
        """What changes among CIs, and those that several sources state once it has."""
        changed: list[tuple[CI, CI]] = []
        removed: list[CI] = []
        shared: list[CI] = []
        for old in found.others:
            if (stated := found.targets.get(old.id)) is not None:
                new = self._stated(old, stated)
                if new.claims_json:
                    shared.append(new)
            elif not self._mine(old) or self._source.partial:
                continue
            elif (left := self._unstated(old)) is None:
                if old.lifecycle != "retired":
                    removed.append(old)
                    continue
                new = self._forsaken(old)
            else:
                new = left
                self.released += 1
            if new != old:
                changed.append((old, new))
        return Difference(found.new, changed, removed), shared

    def _stated(self, old: CI, stated: Sequence[CI]) -> CI:
        """A recorded CI once the source says `stated` of it. Of what nobody stated any more, only edits still count."""
        if self._sole(old) and len(stated) == 1 and stated[0].id == old.id:
            return stated[0]
        given = [claim_of(ci) for ci in stated]
        keys = {claim.id for claim in given}
        every = standing(old)
        claims = [claim for claim in every if not self._said(claim, keys)]
        if old.lifecycle == "retired" and all(claim.edited or claim.lifecycle is None for claim in every):
            claims = [claim for claim in claims if claim.edited]
        return settled(self._source.model, old.id, [*claims, *given], old.source, self._source.stale)

    def _said(self, claim: Claim, keys: Collection[CiId]) -> bool:
        """Whether the source says something else now, or nothing."""
        mine = claim.source == self._source.name and not claim.edited
        return mine and (claim.id in keys or not self._source.partial)

    def _unstated(self, old: CI) -> CI | None:
        """A recorded CI once the source states it no more; None where no other source does."""
        claims = [claim for claim in claims_of(old) if claim.edited or claim.source != self._source.name]
        if all(claim.edited for claim in claims):
            return None
        return settled(self._source.model, old.id, claims, old.source, self._source.stale)

    def _forsaken(self, old: CI) -> CI:
        """A retired CI once the last source states it no more: should an edit have retired it, it stays retired
        without that edit."""
        if self._sole(old) or forsaken(old, claims := claims_of(old)):
            return old
        left = [claim if claim.edited else claim._replace(lifecycle=None) for claim in claims]
        return old._replace(claims_json=claims_json(old.id, left))


def parted(records: Iterable[Record]) -> frozenset[frozenset[CiId]]:
    """Pairs of CIs that a person said are not the same, as `cmdb.records.book.Book.decisions` has it."""
    matches = sorted(
        (record for record in records if record.kind == "match"), key=lambda one: (len(one.number), one.number)
    )
    told = (orjson.loads(match.body_json) for match in matches)
    return apart(
        (one.get("verdict", ""), [part["ci"] for part in one.get("cis", ())]) for one in told if "undone_at" not in one
    )


def apart(decisions: Iterable[tuple[str, Iterable[CiId]]]) -> frozenset[frozenset[CiId]]:
    """Pairs of which the last decision (verdict, CIs) is that they are two."""
    last: dict[frozenset[CiId], str] = {}
    for verdict, cis in decisions:
        last[frozenset(cis)] = verdict
    return frozenset(pair for pair, verdict in last.items() if verdict in ("distinct", "parted"))


def _renamed_relations(relations: Sequence[Relation], ids: Mapping[CiId, CiId]) -> Sequence[Relation]:
    """Relations between recorded CIs: each once, and none from a CI to itself."""
    if not any(r.from_id in ids or r.to_id in ids for r in relations):
        return relations
    named = (r._replace(from_id=ids.get(r.from_id, r.from_id), to_id=ids.get(r.to_id, r.to_id)) for r in relations)
    return _each_once(r for r in named if r.from_id != r.to_id)


def _renamed_pools(pools: Sequence[Pool], ids: Mapping[CiId, CiId]) -> Sequence[Pool]:
    if not any(pool.ci in ids for pool in pools):
        return pools
    return _each_once(p._replace(ci=ids.get(p.ci, p.ci)) for p in pools)


def _each_once(things: Iterable[T]) -> list[T]:
    """Things by key, whatever their order: of several with the same key the last by their values."""
    found: dict[tuple[str, ...], T] = {}
    for thing in things:
        if found.setdefault(thing.key, thing) < thing:
            found[thing.key] = thing
    return list(found.values())


def _things(stored: Sequence[T], desired: Sequence[T], source: Source) -> tuple[Difference[T], list[T]]:
    """What changes among relations, or among pools; and those that the source and others state once it has."""
    if not stored:
        return Difference(desired), []
    others, rest = differing(stored, desired, len(stored[0].key))
    wanted = {thing.key: thing for thing in rest}
    old = {thing.key: thing for thing in others}
    created = [thing for key, thing in wanted.items() if key not in old]
    said = [(old[key], _said(old[key], thing, source)) for key, thing in wanted.items() if key in old]
    changed = [(before, after) for before, after in said if before != after]
    removed: list[T] = []
    for key, thing in old.items() if not source.partial else ():
        if key not in wanted and any(voice.source == source.name for voice in voices(thing)):
            left = without(source.model, thing, source.name)
            if left is None:
                removed.append(thing)
            else:
                changed.append((thing, left))
    return Difference(created, changed, removed), [after for _, after in said if after.claims_json]


def _said(old: T, new: T, source: Source) -> T:
    sole = old.source == source.name and not old.claims_json
    return new if sole else spoken(source.model, old, new)


def _named(stored: Iterable[Relation], part: Difference[Relation], model: Model) -> set[tuple[str, str]]:
    """The pools that relations name once the difference is applied."""
    gone = set(part.removed)
    kept = (relation for relation in chain(stored, part.created) if relation.pool and relation not in gone)
    return {(dependent(model, relation), relation.pool) for relation in kept}


def _clashes(
    relations: Sequence[Relation], ids: Mapping[CiId, CiId], cis: Difference[CI], shared: Sequence[CI], current: Dump,
    model: Model,
) -> Iterator[Clash]:  # fmt: skip
    """Relations at CIs that several sources state, where the kind they come to does not allow them."""
    joined = {ci.id for ci in shared}
    kinds = _kinds(current, cis) if joined else {}
    for relation in relations if joined else ():
        start, end = (ids.get(at, at) for at in (relation.from_id, relation.to_id))
        if (start in joined or end in joined) and start != end:
            yield from _clash(relation, kinds.get(start), kinds.get(end), model)


def _stranded(
    current: Dump, cis: Difference[CI], relations: Difference[Relation], stated: Sequence[Relation], model: Model
) -> Iterator[Clash]:  # fmt: skip
    """Recorded relations that only others state, where the kind that a CI changes to does not allow them."""
    moved = {new.id for old, new in cis.changed if old.kind != new.kind}
    kinds = _kinds(current, cis) if moved else {}
    gone = {relation.key for part in (relations.removed, stated) for relation in part} if moved else set()
    for relation in current.relations if moved else ():
        if (relation.from_id in moved or relation.to_id in moved) and relation.key not in gone:
            yield from _clash(relation, kinds[relation.from_id], kinds[relation.to_id], model)


def _kinds(current: Dump, cis: Difference[CI]) -> dict[CiId, str]:
    """The kinds of all CIs once the difference is applied."""
    return {ci.id: ci.kind for part in (current.cis, cis.created, (new for _, new in cis.changed)) for ci in part}


def _clash(relation: Relation, start: str | None, end: str | None, model: Model) -> Iterator[Clash]:
    """Whether CIs of these kinds may not be related so; of no kind are those that are missing, which is told apart."""
    if start and end and relation.type in model.relations and (start, relation.type, end) not in model.allowed:
        yield Clash(relation, start, end)
