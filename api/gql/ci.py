"""CIs as they are recorded: attributes with their units, relations and pools around them."""

from collections.abc import Iterable, Sequence
from enum import Enum
from functools import cached_property
from itertools import groupby, islice

import strawberry
from strawberry.scalars import JSON

from api.gql.claims import SourceClaim, SourceConflict, claims_of
from api.gql.context import Context, Info, page_size
from api.gql.fields import field
from api.gql.model import Effect, Lifecycle
from api.identity import every_disagreement
from api.known_as import KnownAs
from api.scenario import refs
from cmdb.model.ci import CiId, Pool, Relation
from cmdb.model.relations import RelationType
from cmdb.store.port import Around, StoredCI
from impact.report import CiRef
from impact.stale import named


@strawberry.enum(description="Whether a relation leaves the CI or arrives at it.")
class Direction(Enum):
    outgoing = "outgoing"
    incoming = "incoming"


@strawberry.type(description="A recorded value of a CI.")
class AttributeValue:
    name: str
    value: JSON = strawberry.field(description="A text, number, boolean or list of texts; durations in whole minutes.")
    type: str
    unit: str
    description: str


@strawberry.type(description="One relation of a CI.")
class Neighbour:
    ci: CiRef = strawberry.field(description="The CI at the other end.")
    effect: Effect | None = strawberry.field(
        description="The relation's own or its type's, where no pool rule overrides it; null: impact never flows."
    )
    pool: str | None = strawberry.field(description="The pool it belongs to.")


@strawberry.type(description="The relations of one type and direction.")
class RelationGroup:
    type: str
    direction: Direction
    total_count: int
    nodes: list[Neighbour] = strawberry.field(description="The first of them, by id.")


@strawberry.type(description="A redundancy rule of a CI.")
class PoolRule:
    name: str
    required: str = strawberry.field(description="How many members must work: a count, or a percentage of live ones.")
    full: str | None = strawberry.field(description="How many are needed for full service; null: the same.")
    effect: Effect


class Surroundings:
    """Relations and pools of all CIs of one page, read together when the first of them is asked for."""

    def __init__(self, context: Context, ids: Sequence[CiId], at: int | None) -> None:
        self.context, self.ids, self.at = context, ids, at
        self._cis: dict[CiId, StoredCI] = {}

    @cached_property
    def relations(self) -> dict[CiId, list[Relation]]:
        """Relations by the CI asked about, grouped by direction and type, then by the id at the other end."""
        found: dict[CiId, list[Relation]] = {ci: [] for ci in self.ids}
        for relation in self._around.relations:
            for end in {relation.from_id, relation.to_id} & found.keys():
                found[end].append(relation)
        for ci, relations in found.items():
            relations.sort(key=lambda r, ci=ci: (r.from_id != ci, r.type, _other(r, ci), r.pool))  # type: ignore[misc]
        return found

    @cached_property
    def pools(self) -> dict[CiId, list[Pool]]:
        """Rules by the CI that owns them."""
        found: dict[CiId, list[Pool]] = {ci: [] for ci in self.ids}
        for pool in self._around.pools:
            if pool.ci in found:
                found[pool.ci].append(pool)
        return found

    def named(self, ids: Iterable[CiId]) -> dict[CiId, CiRef]:
        """CIs by id, each read once."""
        wanted = set(ids)
        if missing := wanted - self._cis.keys():
            self._cis.update(self.context.workspace.inventory.get(missing, self.at))
        return {ci: refs([self._cis[ci].ci])[0] for ci in wanted if ci in self._cis}

    @cached_property
    def stale(self) -> frozenset[str]:
        """The sources that are not believed for now; in the past, none."""
        return frozenset() if self.at is not None else named(self.context.workspace.stale_sources())

    @cached_property
    def _around(self) -> Around:
        return self.context.workspace.store.around(self.ids, self.at)


@strawberry.type(description="How an id that no CI has any more led to this one.")
class AskedAs:
    id: strawberry.ID = strawberry.field(description="The id that was asked for.")
    since: int | None = strawberry.field(
        description="The revision in which the CI of that id was merged into this one."
    )
    source: str | None = strawberry.field(description="Where nothing was merged: the source that knows it by that id.")


@strawberry.type(description="A configuration item as recorded.")
class Ci:
    stored: strawberry.Private[StoredCI]
    around: strawberry.Private[Surroundings]
    found: strawberry.Private[KnownAs | None] = None

    @field
    def id(self) -> strawberry.ID:
        """Its stable id."""
        return strawberry.ID(self.stored.ci.id)

    @field
    def kind(self) -> str:
        """Its kind, as in the model."""
        return self.stored.ci.kind

    @field
    def name(self) -> str:
        """What people call it."""
        return self.stored.ci.name

    @field
    def sector(self) -> str:
        return self.stored.ci.sector

    @field
    def lifecycle(self) -> Lifecycle:
        return Lifecycle(self.stored.ci.lifecycle)

    @field
    def revision(self) -> int:
        """The revision that last changed it: what `expected` is compared with."""
        return self.stored.revision

    @field
    def source(self) -> str:
        """The import or person that its record came from."""
        return self.stored.ci.source

    @field
    def asked_as(self) -> AskedAs | None:
        """Null unless it was found by an id that no CI has any more."""
        found = self.found
        if found is None:
            return None
        return AskedAs(id=strawberry.ID(found.asked), since=found.since, source=found.source or None)

    @field
    def claims(self) -> list[SourceClaim]:
        """What each source says of it, by source; behind them what was set by hand, the newest at the end."""
        return claims_of(self.stored.ci)

    @field
    def conflicts(self, info: Info) -> list[SourceConflict]:
        """Where sources disagree about it, by attribute; then about its pools and the relations by which it depends."""
        ci, around = self.stored.ci, self.around
        beside = Around(around.relations[ci.id], around.pools[ci.id])
        found = every_disagreement(info.context.workspace.model, ci, around.stale, beside)
        return [SourceConflict(of=self.stored.ci, told=told) for told in found]

    @field
    def attributes(self, info: Info) -> list[AttributeValue]:
        """Recorded values, by name; what is not recorded is not there."""
        declared = info.context.workspace.model.attributes[self.stored.ci.kind]
        return [
            AttributeValue(
                name=name, value=JSON(value), type=declared[name].type, unit=declared[name].unit,
                description=declared[name].description,
            )
            for name, value in sorted(self.stored.ci.attributes.items())
        ]  # fmt: skip

    @field
    def relations(self, info: Info, first: int = 50, types: list[str] | None = None) -> list[RelationGroup]:
        """What it is related to, by type and direction; at most `first` of each."""
        page_size(first)
        ci = self.stored.ci.id
        mine = [r for r in self.around.relations[ci] if types is None or r.type in types]
        groups = [(*key, list(rows)) for key, rows in groupby(mine, lambda r: (r.type, r.from_id == ci))]
        shown = [_other(r, ci) for _, _, rows in groups for r in rows[:first]]
        named = self.around.named(shown)
        defaults = info.context.workspace.model.relations
        return [
            RelationGroup(
                type=type_,
                direction=Direction.outgoing if leaves else Direction.incoming,
                total_count=len(rows),
                nodes=[
                    Neighbour(ci=named[_other(r, ci)], effect=_effect(r, defaults[r.type]), pool=r.pool or None)
                    for r in islice(rows, first)
                    if _other(r, ci) in named
                ],
            )
            for type_, leaves, rows in groups
        ]

    @field
    def pools(self) -> list[PoolRule]:
        """Its redundancy rules, by name."""
        return [
            PoolRule(name=p.name, required=p.required, full=p.full or None, effect=Effect(p.effect or "down"))
            for p in sorted(self.around.pools[self.stored.ci.id], key=lambda p: p.name)
        ]


def described(context: Context, found: Sequence[StoredCI], at: int | None) -> list[Ci]:
    """CIs of one page as of a revision; what is around them is read only if it is asked for."""
    around = Surroundings(context, [stored.ci.id for stored in found], at)
    return [Ci(stored=stored, around=around) for stored in found]


def _effect(relation: Relation, declared: RelationType) -> Effect | None:
    return Effect(relation.effect or declared.effect) if declared.impact != "none" else None


def _other(relation: Relation, ci: CiId) -> CiId:
    return relation.to_id if relation.from_id == ci else relation.from_id
