"""Both sides of a planned import: what is recorded now, and what will be once it is applied."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain

from api.import_ahead import Ahead
from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, RelationKey, T
from cmdb.model.model import Model
from cmdb.reconcile.plan import Plan
from cmdb.store.port import Around
from impact.estate import Estate
from impact.graph import Rule, clamp
from impact.report import CiRef
from impact.states import Level
from impact.vocabulary import LIVE

Relied = dict[str, dict[CiId, str]]
"""By relation type without impact, or `needs` for all with impact: the CIs in service that one points to, each with
how hard it is needed, in a word."""
Lives = Callable[[str], bool]
"""Whether a CI is in service."""
NEEDS = "needs"
RANKS = {"at_risk": 1, "degraded": 2, "down": 3}


def moved(before: T, after: T) -> bool:
    """Whether a thing changes in more than who says so."""
    return before._replace(source=after.source, claims_json=after.claims_json) != after


def _again(changed: Iterable[tuple[T, T]]) -> set[T]:
    return {after for before, after in changed if not moved(before, after)}


@dataclass(frozen=True)
class Redundancy:
    """A pool as it is computed: its members in service, and its rule as recorded."""

    members: frozenset[CiId]
    rule: Pool

    @property
    def required(self) -> int:
        """How many of the members must work."""
        rule = self.rule
        return clamp(Rule(0, rule.name, rule.required, rule.full, Level.DOWN), len(self.members))[0]


@dataclass(frozen=True)
class Side:
    """What some CIs rely on at one side: their links by CI, and their pools."""

    relied: Mapping[CiId, Relied]
    pools: Mapping[tuple[CiId, str], Redundancy]


@dataclass(frozen=True)
class Sides:
    """`before` is the newest estate; what is to come is told from the plan.

    `same` are CIs that go on as others: what relies on the one relies on the other, and loses nothing by it. `apart`
    are pairs of CIs that the plan itself says are two.
    """

    before: Estate
    plan: Plan
    ahead: Ahead
    same: Mapping[CiId, CiId] = field(default_factory=dict)
    apart: Collection[frozenset[CiId]] = ()

    @property
    def model(self) -> Model:
        return self.ahead.model

    @cached_property
    def place(self) -> Callable[[str], int | None]:
        """The index of a CI in `before`; None for one that is not recorded."""
        it = self.ahead.changeset
        calls = len(it.put_cis) + len(it.put_relations) + len(it.remove_relations) + len(it.retire)
        return cache(self.before.register.finder(8 * calls))

    def is_live(self, ci: str) -> bool:
        """Whether it is in service now."""
        at = self.place(ci)
        return at is not None and bool(self.before.live[at])

    def will_be_live(self, ci: str) -> bool:
        """Whether it is in service once the plan is applied."""
        if ci in self._retired:
            return False
        put = self._put.get(CiId(ci))
        return self.is_live(ci) if put is None else put.lifecycle == LIVE

    def lifecycle(self, ci: str) -> str:
        """The lifecycle of a CI that leaves service, once the plan is applied."""
        put = self._put.get(CiId(ci))
        return "retired" if put is None or ci in self._retired else put.lifecycle

    def kind(self, ci: str) -> str:
        """Its kind once the plan is applied."""
        put, at = self._put.get(CiId(ci)), self.place(ci)
        if put is not None:
            return put.kind
        return "" if at is None else self.before.vocabulary.kinds[self.before.kind[at]]

    def role(self, ci: str) -> str:
        """What an impact answer makes of it."""
        return self.model.roles.get(self.kind(ci), "plain")

    def ref(self, ci: str) -> CiRef:
        """A CI as it will be called."""
        put, at = self._put.get(CiId(ci)), self.place(ci)
        if put is not None:
            return CiRef(put.id, put.kind, put.name)
        return CiRef(ci, "", ci) if at is None else self.before.ref(at)

    @cached_property
    def touched(self) -> frozenset[CiId]:
        """CIs of which a record, relation or pool changes in more than who says so."""
        it, again = self.ahead.changeset, _again(self.plan.cis.changed)
        told = chain((ci.id for ci in it.put_cis if ci not in again), it.retire, it.delete)
        ends = (end for key in self._relations for end in (key.from_id, key.to_id))
        return frozenset(chain(told, (key.ci for key in self._pools), ends))

    @cached_property
    def leaving(self) -> frozenset[CiId]:
        """CIs in service that will not be, also not as another."""
        return frozenset(ci for ci in self._going if not self.will_be_live(self.same.get(ci, ci)))

    @cached_property
    def _going(self) -> frozenset[CiId]:
        """CIs in service that will not be under their id."""
        changeset = self.ahead.changeset
        moved = (ci.id for ci in changeset.put_cis if ci.lifecycle != LIVE)
        return frozenset(ci for ci in {*changeset.retire, *changeset.delete, *moved} if self.is_live(ci))

    @cached_property
    def arriving(self) -> frozenset[CiId]:
        """CIs that will be in service and are not."""
        return frozenset(
            ci.id for ci in self.ahead.changeset.put_cis if ci.lifecycle == LIVE and not self.is_live(ci.id)
        )

    @property
    def may_lose(self) -> int:
        """How many relations, rules and CIs go or change, at least: what `losing` costs to tell."""
        it, plan = self.ahead.changeset, self.plan
        changed = len(plan.relations.changed) + len(plan.pools.changed)
        return changed + len(it.remove_relations) + len(it.remove_pools) + len(self._going)

    @cached_property
    def losing(self) -> frozenset[CiId]:
        """CIs in service, now and then, that may rely on less, or otherwise, than now."""
        changeset = self.ahead.changeset
        keys = [*changeset.remove_relations, *(old.key for old, new in self.plan.relations.changed if moved(old, new))]
        rules = [*changeset.remove_pools, *(old.key for old, new in self.plan.pools.changed if moved(old, new))]
        above = {self.owner(r.key) for r in self._around_going.relations}
        found = {*map(self.owner, keys), *(key.ci for key in rules), *above}
        return frozenset(ci for ci in found if self.is_live(ci) and self.will_be_live(ci))

    @cached_property
    def rewired(self) -> frozenset[CiId]:
        """CIs that will depend on something else, or otherwise, than now, or come into service, or leave it."""
        owners = (self.owner(key) for key in self._relations if self._flows(key.type))
        return frozenset(chain(owners, (key.ci for key in self._pools), self._going, self.arriving))

    @cached_property
    def resized(self) -> frozenset[CiId]:
        """CIs that will have another head count."""
        moved = (
            (old.attributes, new) for old, new in self.plan.cis.changed if old.attributes_json != new.attributes_json
        )
        return frozenset(new.id for was, new in moved if was.get("head_count") != new.attributes.get("head_count"))

    @cached_property
    def still_needed(self) -> dict[CiId, list[CiId]]:
        """CIs that leave service, each with the CIs in service that are recorded to depend on it even then."""
        found = defaultdict[CiId, list[CiId]](list)
        for relation in self.ahead.around(self.leaving).relations if self.leaving else ():
            owner = self.owner(relation.key)
            other = relation.to_id if owner == relation.from_id else relation.from_id
            if other in self.leaving and self._flows(relation.type) and self.will_be_live(owner):
                found[other].append(owner)
        return dict(found)

    def now(self, cis: Collection[CiId]) -> Side:
        """What `cis` rely on now, CIs that go on as others being these already; pools have the members that are
        recorded, since one fewer is one fewer whichever goes."""
        return self._side(cis, self.ahead.recorded.around(cis), self.is_live, self.same)

    def then(self, cis: Collection[CiId]) -> Side:
        """What `cis` will rely on."""
        return self._side(cis, self.ahead.around(cis), self.will_be_live, {})

    def owner(self, key: RelationKey) -> CiId:
        """The end of a relation that depends on the other; where no impact flows, its start."""
        declared = self.model.relations.get(key.type)
        return key.to_id if declared is not None and declared.impact == "from_to" else key.from_id

    @cached_property
    def _put(self) -> dict[CiId, CI]:
        return {ci.id: ci for ci in self.ahead.changeset.put_cis}

    @cached_property
    def _retired(self) -> frozenset[CiId]:
        return frozenset([*self.ahead.changeset.retire, *self.ahead.changeset.delete])

    @cached_property
    def _relations(self) -> list[RelationKey]:
        """The relations that come, go, also with a deleted CI, or change in more than who says so."""
        it, again = self.ahead.changeset, _again(self.plan.relations.changed)
        swept = self.ahead.recorded.around(it.delete).relations if it.delete else ()
        return [*(r.key for r in chain(it.put_relations, swept) if r not in again), *it.remove_relations]

    @cached_property
    def _pools(self) -> list[PoolKey]:
        """The pools that come, go, or change in more than who says so."""
        it, again = self.ahead.changeset, _again(self.plan.pools.changed)
        return [*(pool.key for pool in it.put_pools if pool not in again), *it.remove_pools]

    @cached_property
    def _around_going(self) -> Around:
        return self.ahead.recorded.around(self._going) if self._going else Around([], [])

    def _flows(self, type_: str) -> bool:
        declared = self.model.relations.get(type_)
        return declared is not None and declared.impact != "none"

    def _side(self, cis: Collection[CiId], found: Around, live: Lives, same: Mapping[CiId, CiId]) -> Side:
        relied = {ci: defaultdict[str, dict[CiId, str]](dict) for ci in cis}
        members = defaultdict[tuple[CiId, str], set[CiId]](set)
        for owner, other, relation in self._owned(found.relations, relied, live):
            flows = self._flows(relation.type)
            known = same.get(other, other)
            if known != owner:
                links = relied[owner][NEEDS if flows else relation.type]
                links[known] = self._harder(links.get(known, ""), relation)
            if flows and relation.pool:
                members[owner, relation.pool].add(other)
        rules = {(pool.ci, pool.name): pool for pool in found.pools}
        pools = {key: Redundancy(frozenset(of), rules[key]) for key, of in members.items() if key in rules}
        return Side({ci: dict(links) for ci, links in relied.items()}, pools)

    def _owned(
        self, relations: Iterable[Relation], owners: Collection[CiId], live: Lives
    ) -> Iterator[tuple[CiId, CiId, Relation]]:
        for relation in relations:
            owner = self.owner(relation.key)
            other = relation.to_id if owner == relation.from_id else relation.from_id
            if owner in owners and live(other):
                yield owner, other, relation

    def _harder(self, word: str, relation: Relation) -> str:
        """How hard something is needed, given one more relation to it: the harder of the two, plain before pooled."""
        if relation.pool:
            return word or f"pool {relation.pool}"
        effect = relation.effect or self.model.relations[relation.type].effect
        return effect if RANKS.get(effect, 0) > RANKS.get(word, 0) else word
