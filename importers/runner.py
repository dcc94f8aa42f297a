"""One import: read, check, plan, and only then write, all of it or nothing."""

from dataclasses import replace
from pathlib import Path

from cmdb.model.errors import InvalidInput, Problem
from cmdb.model.model import Model
from cmdb.progress import Progress, Silent
from cmdb.reconcile.plan import REMOVAL_SHARE, Plan, plan
from cmdb.store.bulk import collector_paused
from cmdb.store.port import Applied, Dump, Store
from importers.kit.checks import check_lookalikes, check_model
from importers.kit.records import Transformed
from importers.registry import importer_for


def plan_import(
    store: Store, model: Model, path: Path, source: str, progress: Progress | None = None, importer: str = ""
) -> Plan:
    """What importing `path` as `source` would change; touches nothing.

    `source` names the origin of the records and scopes what may be removed. Raises `InvalidInput` with the problems
    of all files together, in the order of files and rows.
    """
    watched = progress or Silent()
    with collector_paused():
        transformed = importer_for(path, importer).read(path, model, source, watched)
        watched.stage("compare", 0)
        return plan_transformed(_current(store), model, transformed, source, watched)


def plan_transformed(
    current: Dump, model: Model, transformed: Transformed, source: str, progress: Progress
) -> Plan:  # fmt: skip
    """The plan for what an importer read. Raises `InvalidInput`."""
    desired = (transformed.cis, transformed.relations, transformed.pools)
    planned = plan(current, desired, source, model)
    if transformed.whole:
        progress.stage("check", len(transformed.cis) + len(transformed.relations) + len(transformed.pools))
        check_model(transformed, model, current, planned.changeset.remove_pools)
        check_lookalikes(transformed, planned.cis.created, current.cis)
    transformed.problems.refuse()
    warnings = transformed.warnings
    return replace(planned, warnings=tuple(warnings.problems), warning_count=warnings.count)


def apply_plan(
    store: Store, planned: Plan, who: str, key: str = "", message: str = "", allow_removals: bool = False
) -> Applied:
    """Write the plan as one revision. `key` makes a retry safe.

    Raises `InvalidInput` DELETE_THRESHOLD for a plan that retires most of the source's CIs, unless
    `allow_removals`; and whatever `Store.apply` raises.
    """
    if planned.needs_confirmation and not allow_removals:
        found = f"{len(planned.cis.removed)} of {planned.owned} CIs would be retired"
        accepted = f"at most {REMOVAL_SHARE:.0%} of the source's CIs, unless removals are allowed"
        raise InvalidInput([Problem("DELETE_THRESHOLD", planned.changeset.source, found, accepted)])
    return store.apply(replace(planned.changeset, who=who, key=key, message=message))


def _current(store: Store) -> Dump:
    head = store.head()
    return store.dump() if head.revision else Dump(head, [], [], [])
