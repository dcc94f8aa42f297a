"""Checks of a whole desired state against the model and against what is recorded."""

from collections.abc import Callable, Iterable, Sequence

from rapidfuzz import fuzz, process

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, PoolKey, Relation
from cmdb.model.errors import Problem, shown
from cmdb.model.kinds import LIFECYCLES
from cmdb.model.model import Model
from cmdb.model.relations import EFFECTS
from cmdb.model.text import folded
from cmdb.reconcile.validate import validate
from cmdb.store.port import Dump
from importers.kit.records import Thing, Transformed
from importers.kit.stubs import Ends

_COLUMNS = {
    "UNKNOWN_KIND": "kind",
    "UNKNOWN_SECTOR": "sector",
    "UNKNOWN_LIFECYCLE": "lifecycle",
    "UNKNOWN_RELATION": "type",
    "RELATION_NOT_ALLOWED": "type",
    "SELF_RELATION": "to",
    "UNKNOWN_EFFECT": "effect",
    "POOL_WITHOUT_RULE": "pool",
    "DANGLING_POOL": "ci",
}
_HINTS = 20


def check_model(transformed: Transformed, model: Model, current: Dump, gone: Iterable[PoolKey]) -> None:
    """Add to the problems whatever does not fit the model, or the recorded CIs and pools less those `gone`."""
    if all_fit(transformed, model):
        return
    desired = Changeset(
        who="", source="", put_cis=transformed.cis, put_relations=transformed.relations,
        put_pools=transformed.pools, remove_pools=tuple(gone),
    )  # fmt: skip
    kinds = {ci.id: ci.kind for ci in current.cis}
    seen: dict[str, Thing] = {}

    def place(thing: Thing) -> str:
        token = str(len(seen))
        seen[token] = thing
        return token

    near = _near_ids(transformed.cis, current.cis)
    missed: Ends | None = None
    kindless = {ci.id for ci in transformed.cis if ci.kind not in model.concrete}
    for problem in validate(model, desired, kinds, [pool.key for pool in current.pools], place):
        thing = seen[problem.place]
        if problem.code == "UNKNOWN_KIND" and problem.found == shown(""):
            continue  # reported as a missing value, or as one that cannot be read
        ends = {thing.from_id, thing.to_id} if isinstance(thing, Relation) else set[CiId]()
        if problem.code == "RELATION_NOT_ALLOWED" and ends & kindless:
            continue  # it is the kind of an end that is reported
        accepted = problem.accepted
        if problem.code.startswith("DANGLING"):
            missing = _missing(thing, problem)
            if isinstance(thing, Relation):
                missed = missed or Ends(transformed, model, current.cis)
                accepted = missed.accepted(thing, missing, accepted)
            accepted += near(missing)
        cell = transformed.cell(thing, _column(thing, problem))
        transformed.problems.add(problem.code, cell, problem.found, accepted)


def all_fit(transformed: Transformed, model: Model) -> bool:
    """Whether everything fits, judged by the few different words in it; if not, each thing has to be looked at."""
    known = transformed.summary
    if known is None or known.cis is not transformed.cis or known.relations is not transformed.relations:
        return False
    words = ((known.kinds, model.concrete), (known.sectors, model.sectors), (known.lifecycles, LIFECYCLES),
             (known.effects, ("", *EFFECTS)), (known.pools, ("",)))  # fmt: skip
    fit = all(found.issubset(accepted) for found, accepted in words) and not transformed.pools
    return fit and known.joined is not None and known.joined <= model.allowed


def check_lookalikes(transformed: Transformed, created: Iterable[CI], recorded: Sequence[CI]) -> None:
    """Add a problem for every new id that differs only in case, space or Unicode form from one that its source has
    recorded, and a warning where another source has: each may write ids in its own way."""
    new = list(created) if recorded else []
    looks = {folded(ci.id): ci for ci in recorded if ci.lifecycle != "retired"} if new else {}
    for ci in new if looks else ():
        if twin := looks.get(folded(ci.id)):
            own = twin.source == ci.source
            told = transformed.problems if own else transformed.warnings
            whose = "" if own else f" from {twin.source}"
            found = f"{shown(ci.id)}, like {shown(twin.id)}, which is recorded{whose}"
            accepted = "the recorded id, or one that differs in more than case, accents, space or Unicode form"
            told.add("LOOKALIKE_ID", transformed.cell(ci.id, "id"), found, accepted)


def _column(thing: Thing, problem: Problem) -> str:
    if isinstance(thing, Relation) and problem.code == "DANGLING_RELATION":
        return "from" if problem.found == shown(thing.from_id) else "to"
    return _COLUMNS.get(problem.code, "")


def _missing(thing: Thing, problem: Problem) -> CiId:
    if isinstance(thing, Relation):
        return thing.from_id if problem.found == shown(thing.from_id) else thing.to_id
    return thing if isinstance(thing, str) else thing.ci


def _near_ids(*cis: Iterable[CI]) -> Callable[[CiId], str]:
    """A hint for ids that are not there: the known id that looks most like it, whatever its case, for the first few
    asked about."""
    ids, looks, asked = list[str](), list[str](), dict[str, str]()

    def near(missing: CiId) -> str:
        if missing not in asked and len(asked) < _HINTS:
            if not asked:
                ids.extend(ci.id for part in cis for ci in part)
                looks.extend(map(folded, ids))
            found = process.extractOne(folded(missing), looks, scorer=fuzz.ratio, score_cutoff=80)
            asked[missing] = f"; near: {shown(ids[found[2]])}" if found else ""
        return asked.get(missing, "")

    return near
