"""What an import would do to the answers: what matters among its changes, and whose blast radius it moves."""

from collections.abc import Collection, Mapping

from api.import_ahead import Ahead, Recorded
from api.import_matters import MOST_COMPARED, MOST_LOSING, matters, too_many, too_many_to_compare
from api.import_radius import blast_radius
from api.import_report import BlastRadius, Effect
from api.import_sides import Sides
from api.workspace import Workspace
from cmdb.model.ci import CiId
from cmdb.reconcile.plan import Plan
from impact.estate import Estate


def effect_of(
    plan: Plan, workspace: Workspace, same: Mapping[CiId, CiId] | None = None,
    apart: Collection[frozenset[CiId]] = (),
) -> Effect:  # fmt: skip
    """What `plan` would do to the estate of `workspace`; to be asked before the plan is applied.

    Where it carries out a decision, `same` are CIs that go on as others, `apart` pairs that are two: see `Sides`. Cost
    follows what the plan touches and what depends on that, within limits that the answer states when it meets
    them. Raises `StoreUnavailable`.
    """
    if plan.empty:
        return Effect(blast_radius=BlastRadius("nothing changes"))
    before = _estate(plan, workspace)
    if before is None:
        return Effect(first_import=True, blast_radius=BlastRadius("first import: everything is new"))
    if before.revision != plan.changeset.base:
        words = "something else was recorded since the plan was worked out"
        return Effect(blast_radius=BlastRadius(words), not_looked_at=[f"what matters among the changes: {words}"])
    ahead = Ahead(Recorded(workspace.store, before.size), plan.changeset, workspace.model)
    sides = Sides(before, plan, ahead, same or {}, apart)
    return Effect(False, matters(sides), blast_radius(sides), _left_out(sides))


def _estate(plan: Plan, workspace: Workspace) -> Estate | None:
    """The newest estate; None if nothing is recorded."""
    if plan.changeset.base == 0:
        return None
    estate = workspace.snapshot.current().estate
    return estate if estate.size else None


def _left_out(sides: Sides) -> list[str]:
    left_out = []
    if too_many(sides):
        what = "lost dependencies, pools and contacts, and what is still needed"
        left_out.append(f"{what}: more than {MOST_LOSING:,} CIs, relations and pools go or change")
    if too_many_to_compare(sides):
        what = "new CIs that look like recorded ones"
        left_out.append(f"{what}: more than {MOST_COMPARED:,} CIs; cmdb duplicates finds them afterwards")
    return left_out
