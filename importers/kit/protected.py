"""What is recorded and stays as it is, because the rows that would say it anew are held back."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation
from cmdb.model.errors import shown
from cmdb.model.model import Model
from cmdb.model.text import folded
from cmdb.reconcile.validate import dependent
from cmdb.store.port import Dump
from importers.kit.held import Held, HeldRow
from importers.kit.recorded import own_cis, own_pools, own_relations
from importers.kit.records import Origin, Transformed

GONE = ("retired", "")
"""The lifecycles of what a source does not state any more, or states to be out of service."""
Key = tuple[str | None, str | None, str | None]
"""From, type and to of a relation; None stands for any."""


def with_protected(held: Held, current: Dump, source: str, model: Model) -> Transformed:
    """What is kept, and with it what `source` has recorded of what is held back: the desired state for the plan.

    A CI that is held back stays as it is, with its relations and pools, and so do relations and pools of which the row
    is held back. Where a row may stand for anything, all that is recorded and missing stays.
    """
    cis, relations, pools = protected(current, held, source, model)
    kept = held.kept
    return replace(
        kept, cis=[*kept.cis, *cis], relations=[*kept.relations, *relations], pools=[*kept.pools, *pools],
        ci_origin=_longer(kept.ci_origin, len(cis)), relation_origin=_longer(kept.relation_origin, len(relations)),
        pool_origin=_longer(kept.pool_origin, len(pools)),
    )  # fmt: skip


def protected(
    current: Dump, held: Held, source: str, model: Model
) -> tuple[list[CI], list[Relation], list[Pool]]:  # fmt: skip
    """What `source` has recorded of what is held back, as the source says it; none of it is in `held.kept`."""
    if not held.rows:
        return [], [], []
    touched, kept = Touched(held), held.kept
    known, links, rules = {ci.id for ci in kept.cis}, {r.key for r in kept.relations}, {p.key for p in kept.pools}
    owned = (own for ci, own in own_cis(current.cis, source) if ci.lifecycle != "retired" and own.lifecycle not in GONE)
    cis = [ci for ci in owned if ci.id not in known and touched.ci(ci.id)]
    stated = known.union(ci.id for ci in cis)
    relations = [r for r in own_relations(current, source, stated) if r.key not in links and touched.relation(r)]
    named = {PoolKey(dependent(model, r), r.pool) for r in relations if r.pool}
    pools = [p for p in own_pools(current, source, stated) if p.key not in rules and _stays(p, named, touched)]
    return cis, relations, pools


def _stays(pool: Pool, named: Container[PoolKey], touched: "Touched") -> bool:
    return pool.key in named or touched.pool(pool)


def _longer(origin: Origin, count: int) -> Origin:
    """Where things stood, and behind them those that stood nowhere."""
    rows: Sequence[int] = [*origin.rows, *[0] * count] if count else origin.rows
    return Origin(origin.file, rows)


@dataclass(frozen=True)
class Touched:
    """What the rows held back may stand for."""

    held: Held

    def ci(self, id_: CiId) -> bool:
        """Whether a CI may be one that is held back, be it under an id that only looks the same."""
        return not self.held.all_known or id_ in self.held.ids or folded(id_) in self._looks

    def relation(self, relation: Relation) -> bool:
        """Whether a relation may be one that is held back, or is one of a CI held back."""
        if not self.held.all_known or self.ci(relation.from_id) or self.ci(relation.to_id):
            return True
        from_, type_, to = relation[:3]
        keys: tuple[Key, ...] = (
            (from_, type_, to), (from_, type_, None), (from_, None, to), (None, type_, to),
            (from_, None, None), (None, None, to),
        )  # fmt: skip
        return not self._keys.isdisjoint(keys)

    def pool(self, pool: Pool) -> bool:
        """Whether the rule of a pool may be one that is held back, or is one of a CI held back."""
        return self.ci(pool.ci) or pool.ci in self._owners

    @cached_property
    def _looks(self) -> frozenset[str]:
        return frozenset(map(folded, self.held.ids))

    @cached_property
    def _keys(self) -> frozenset[Key]:
        gone = frozenset(map(shown, self.held.ids))
        return frozenset(key for row in self.held.rows if row.entity == "relation" for key in _keys(row, gone))

    @cached_property
    def _owners(self) -> frozenset[CiId]:
        rows = (row for row in self.held.rows if row.entity == "pool")
        return frozenset(owner for row in rows if (owner := row.readable("ci")) is not None)


def _keys(row: HeldRow, gone: frozenset[str]) -> Iterator[Key]:
    """The relations that a row may stand for: itself where all of it holds good but for CIs that are held back
    (`gone`, as faults name them) or a rule; else those that agree with two of its three parts."""
    from_, to = row.readable("from"), row.readable("to")
    type_ = None if "type" in row.unread else row.texts.get("type", "").strip().casefold() or None
    if all(fault.code == "POOL_WITHOUT_RULE" or fault.found in gone for fault in row.faults):
        yield from_, type_, to
        return
    pairs: tuple[Key, ...] = ((from_, type_, None), (from_, None, to), (None, type_, to))
    whole = [key for key in pairs if key.count(None) == 1]
    yield from whole or [(from_, None, None) if from_ is not None else (None, None, to)]
