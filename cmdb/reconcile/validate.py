"""Whether a changeset fits the model and the inventory it meets. Pure: both stores call it inside their transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from operator import eq, itemgetter

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId, Pool, PoolKey, Relation
from cmdb.model.errors import Problem, ValueFault, shown
from cmdb.model.kinds import LIFECYCLES
from cmdb.model.model import Model
from cmdb.model.pools import ACCEPTED, parse_required
from cmdb.model.relations import EFFECTS

Place = Callable[[Relation | Pool | CiId], str]
"""Says where a thing stood in the input (`relations.csv row 7`), or names the thing."""


def named(thing: Relation | Pool | CiId) -> str:
    """The place of a thing that came without a file: its own name."""
    if isinstance(thing, Relation):
        return f"relation {thing.from_id} {thing.type} {thing.to_id}"
    return f"pool {thing.name} of {thing.ci}" if isinstance(thing, Pool) else f"ci {thing}"


def references(changeset: Changeset) -> set[CiId]:
    """Ids the changeset relies on without putting them: their kinds must be known to `validate`."""
    ids = {end for r in changeset.put_relations for end in (r.from_id, r.to_id)}
    ids.update(p.ci for p in changeset.put_pools)
    ids.update(changeset.retire)
    return ids.difference(ci.id for ci in changeset.put_cis)


def validate(
    model: Model,
    changeset: Changeset,
    kinds: Mapping[CiId, str],
    pools: Iterable[PoolKey],
    place: Place = named,
) -> Iterator[Problem]:
    """Problems of `changeset`, given the kinds of already stored CIs and the already stored pools it may use."""
    known = {**kinds, **dict(map(itemgetter(0, 1), changeset.put_cis))}
    for gone in changeset.delete:
        known.pop(gone, None)
    yield from _cis(model, changeset, place)
    yield from _relations(model, changeset.put_relations, known, place)
    rules = {*pools, *((p.ci, p.name) for p in changeset.put_pools)}.difference(changeset.remove_pools)
    yield from _pools(model, changeset, known, rules, place)
    for ci in changeset.retire:
        if ci not in known:
            yield Problem("UNKNOWN_CI", place(ci), shown(ci), "the id of a recorded CI")


def _cis(model: Model, changeset: Changeset, place: Place) -> Iterator[Problem]:
    concrete = frozenset(model.concrete)
    sectors, lifecycles = frozenset(model.sectors), frozenset(LIFECYCLES)
    columns = ((concrete, 1), (sectors, 3), (lifecycles, 4))
    if all(accepted.issuperset(map(itemgetter(at), changeset.put_cis)) for accepted, at in columns):
        return
    for ci in changeset.put_cis:
        if ci.kind not in concrete:
            yield Problem("UNKNOWN_KIND", place(ci.id), shown(ci.kind), "one of " + ", ".join(model.concrete))
        if ci.sector not in sectors:
            yield Problem("UNKNOWN_SECTOR", place(ci.id), shown(ci.sector), "one of " + ", ".join(model.sectors))
        if ci.lifecycle not in lifecycles:
            yield Problem("UNKNOWN_LIFECYCLE", place(ci.id), shown(ci.lifecycle), "one of " + ", ".join(LIFECYCLES))


def _relations(
    model: Model, relations: Sequence[Relation], known: Mapping[CiId, str], place: Place
) -> Iterator[Problem]:
    allowed, types, effects = model.allowed, model.relations, frozenset(EFFECTS)
    if _all_fit(allowed, effects, relations, known):
        return
    for relation in relations:
        start, type_, end, _, effect, *_ = relation
        kind, other = known.get(start), known.get(end)
        if kind is not None and other is not None and (kind, type_, other) in allowed and start != end:
            if effect and effect not in effects:
                accepted = "one of " + ", ".join(EFFECTS) + ", or empty"
                yield Problem("UNKNOWN_EFFECT", place(relation), shown(effect), accepted)
        elif type_ not in types:
            accepted = "one of " + ", ".join(types)
            yield Problem("UNKNOWN_RELATION", place(relation), shown(type_), accepted)
        elif start == end:
            yield Problem("SELF_RELATION", place(relation), shown(start), "two different CIs")
        elif kind is None or other is None:
            found = shown(start if kind is None else end)
            yield Problem("DANGLING_RELATION", place(relation), found, "the id of a recorded CI, or of one in the file")
        else:
            declared = types[type_]
            accepted = f"{type_} from {'/'.join(declared.from_kinds)} to {'/'.join(declared.to_kinds)}"
            yield Problem("RELATION_NOT_ALLOWED", place(relation), f"{kind} {type_} {other}", accepted)


def _all_fit(
    allowed: frozenset[tuple[str, str, str]], effects: frozenset[str], relations: Sequence[Relation],
    known: Mapping[CiId, str],
) -> bool:  # fmt: skip
    """Whether every relation fits, judged by the few distinct combinations that many relations have."""
    starts, ends = list(map(itemgetter(0), relations)), list(map(itemgetter(2), relations))
    if any(map(eq, starts, ends)) or not effects.union({""}).issuperset(map(itemgetter(4), relations)):
        return False
    kinds, types = frozenset(known.values()), frozenset(map(itemgetter(1), relations))
    if len(kinds) * len(types) < 100 and allowed.issuperset(product(kinds, types, kinds)):
        return all(map(known.__contains__, starts)) and all(map(known.__contains__, ends))
    joined = zip(map(known.get, starts), map(itemgetter(1), relations), map(known.get, ends), strict=True)
    return allowed.issuperset(set(joined))


def _pools(
    model: Model, changeset: Changeset, known: Mapping[CiId, str], rules: set[tuple[CiId, str]], place: Place
) -> Iterator[Problem]:
    bad = {text for text in {t for p in changeset.put_pools for t in (p.required, p.full)} if not _is_rule(text)}
    for pool in changeset.put_pools:
        if pool.ci not in known:
            yield Problem(
                "DANGLING_POOL", place(pool), shown(pool.ci), "the id of a recorded CI, or of one in the file"
            )
        if pool.required in bad or pool.full in bad or not pool.required:
            yield Problem("BAD_POOL_RULE", place(pool), shown(f"{pool.required}, {pool.full}"), ACCEPTED)
        if pool.effect and pool.effect not in EFFECTS:
            yield Problem("UNKNOWN_EFFECT", place(pool), shown(pool.effect), "one of " + ", ".join(EFFECTS))
    for relation in changeset.put_relations:
        if relation[3] and (owner := dependent(model, relation), relation.pool) not in rules:
            accepted = f"a pool rule named {shown(relation.pool)} for {owner}"
            yield Problem("POOL_WITHOUT_RULE", place(relation), shown(relation.pool), accepted)


def _is_rule(text: str) -> bool:
    try:
        return parse_required(text) == text
    except ValueFault:
        return False


def dependent(model: Model, relation: Relation) -> CiId:
    """The end of `relation` that depends on the other, and so owns its pool."""
    declared = model.relations.get(relation.type)
    return relation.to_id if declared is not None and declared.impact == "from_to" else relation.from_id
