"""What merging two CIs, or parting one, would change: worked out like an import, with what it does to the answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.identity import Disagreement, disagreements, disagreements_around
from api.import_report import Effect
from api.workspace import Workspace
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Relation
from cmdb.model.claims import claims_of, voices
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.model import Model
from cmdb.reconcile.claims import FIELDS, Judge, sets
from cmdb.reconcile.difference import Difference, T
from cmdb.reconcile.merge import Rewrite, merge, part
from cmdb.reconcile.plan import Plan
from cmdb.reconcile.validate import references, validate
from cmdb.records.faults import refused
from cmdb.records.matching import renamed
from cmdb.store.port import Around, StoredCI


@dataclass(frozen=True)
class Matching:
    """What a decision would change. `cis` stand after it; `before` are those asked about, of which `gone` goes.

    `moved` relations lie elsewhere than before, `joined` are stated by more sources than before, `dropped` would lead
    from a CI to itself; of those that both CIs of a merge have there are `shared`, the joined ones among them.
    `records` are the numbers of those that would name the CI that stays instead.
    """

    before: tuple[CI, ...]
    cis: tuple[CI, ...]
    plan: Plan
    conflicts: Sequence[Disagreement]
    moved: Sequence[Relation]
    joined: Sequence[Relation]
    dropped: Sequence[Relation]
    records: Sequence[str]
    shared: int = 0
    gone: CiId | None = None

    def effect(self, workspace: Workspace) -> Effect:
        """What it would do to the answers; to be asked before it is done. Raises `StoreUnavailable`."""
        from api.import_effect import effect_of  # loads the engine

        if self.gone is None:
            return effect_of(self.plan, workspace, apart=[frozenset(ci.id for ci in self.cis)])
        return effect_of(self.plan, workspace, same={self.gone: self.cis[0].id})


def merging(workspace: Workspace, keep: CiId, gone: CiId) -> Matching:
    """What merging `gone` into `keep` would change; touches nothing. Raises as `MatchDesk.merge` does."""
    head = workspace.store.head().revision
    cis = _found(workspace, (keep, gone), head)
    around = workspace.store.around((keep, gone), head)
    rewrite = merge(workspace.model, cis[0].ci, cis[1].ci, around.relations, around.pools)
    _check(workspace, rewrite, around, head)
    found = renamed(workspace.records().book, keep, gone, workspace.clock())
    ends = {keep, gone}
    return replace(
        _matching(workspace, rewrite, around, [stored.ci for stored in cis], head),
        dropped=[r for r in around.relations if {r.from_id, r.to_id} == ends], records=[str(r.key) for r in found],
        shared=len(_links(around.relations, keep) & _links(around.relations, gone)), gone=gone,
    )  # fmt: skip


def _links(relations: Iterable[Relation], ci: CiId) -> set[tuple[str, CiId, bool, str]]:
    """The relations of a CI, whoever it is: of which type, with which other, whether they start at it, in which
    pool."""
    starting = {(r.type, r.to_id, True, r.pool) for r in relations if r.from_id == ci}
    return starting | {(r.type, r.from_id, False, r.pool) for r in relations if r.to_id == ci}


def parting(workspace: Workspace, ci: CiId, source: str, key: str | None) -> Matching:
    """What parting a CI would change; touches nothing. Raises as `MatchDesk.part` does."""
    store, head = workspace.store, workspace.store.head().revision
    (found,) = _found(workspace, (ci,), head)
    around = store.around((ci,), head)
    new, rewrite = part(
        workspace.model, found.ci, source, key, around.relations, around.pools, lambda i: i in store.get([i], head)
    )
    _check(workspace, rewrite, around, head)
    return replace(_matching(workspace, rewrite, around, [found.ci], head), cis=(rewrite.put_cis[0], new))


def _found(workspace: Workspace, ids: tuple[CiId, ...], at: int) -> list[StoredCI]:
    if len(set(ids)) < len(ids):
        raise refused("SAME_CI", "ci", ids[0], "two different CIs")
    found = workspace.store.get(ids, at)
    if missing := [ci for ci in ids if ci not in found]:
        raise InvalidInput([Problem("UNKNOWN_CI", "ci", shown(ci), "the id of a recorded CI") for ci in missing])
    return [found[ci] for ci in ids]


def _check(workspace: Workspace, rewrite: Rewrite, around: Around, at: int) -> None:
    """Whether what would stand fits the model. Raises `InvalidInput`."""
    changes = Changeset("", "", **rewrite._asdict())
    kinds = {ci: stored.ci.kind for ci, stored in workspace.store.get(references(changes), at).items()}
    rules = {pool.key for pool in around.pools if pool.ci not in rewrite.delete}
    if problems := list(validate(workspace.model, changes, kinds, rules)):
        raise InvalidInput(problems)


def _matching(workspace: Workspace, rewrite: Rewrite, around: Around, cis: Sequence[CI], head: int) -> Matching:
    model, gone = workspace.model, set(rewrite.delete)
    left = [r.key for r in around.relations if gone & {r.from_id, r.to_id}]
    dropped = [pool.key for pool in around.pools if pool.ci in gone]
    plan = Plan(
        Changeset("", "", base=head, **rewrite._asdict()),
        _difference(cis, rewrite.put_cis, [(ci,) for ci in gone], 1),
        _difference(around.relations, rewrite.put_relations, [*rewrite.remove_relations, *left], 4),
        _difference(around.pools, rewrite.put_pools, [*rewrite.remove_pools, *dropped], 2), owned=0,
    )  # fmt: skip
    joined = [new for old, new in plan.relations.changed if len(voices(new)) > len(voices(old))]
    conflicts = [one for ci in rewrite.put_cis for one in disagreements(model, ci)]
    conflicts += disagreements_around(model, Around(rewrite.put_relations, rewrite.put_pools))
    return Matching(tuple(cis), tuple(rewrite.put_cis), plan, conflicts, plan.relations.created, joined, (), ())


def _difference(stored: Iterable[T], put: Sequence[T], removed: Iterable[tuple[str, ...]], width: int) -> Difference[T]:
    old: Mapping[tuple[str, ...], T] = {thing[:width]: thing for thing in stored}
    away = {*map(tuple, removed)} - {thing[:width] for thing in put}
    return Difference(
        [thing for thing in put if thing[:width] not in old],
        [(old[thing[:width]], thing) for thing in put if old.get(thing[:width], thing) != thing],
        [thing for key, thing in old.items() if key in away],
    )


def holders(model: Model, ci: CI) -> list[tuple[str, Any, str]]:
    """Each field and attribute of a CI with its value and whose that is."""
    judge, claims = Judge(model, ci.source), claims_of(ci)
    values = {**{name: getattr(ci, name) for name in FIELDS}, **ci.attributes}
    return [(name, value, _holder(judge, claims, name, value) or ci.source) for name, value in values.items()]


def _holder(judge: Judge, claims: Sequence[Any], name: str, value: Any) -> str:
    ranked = [claim for claim in judge.ranked(claims, name) if sets(claim, name)]
    said = ((c.source, getattr(c, name) if name in FIELDS else c.attributes[name]) for c in ranked)
    return next((source for source, told in said if told == value), "")
