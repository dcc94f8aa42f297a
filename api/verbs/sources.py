"""The verbs about sources: how they stand, what their imports did, and undoing that."""

from typing import Annotated, Any

import typer

from api.render import shape
from api.verbs.moving import drawn
from api.verbs.options import (
    STORE,
    JsonOption,
    ModelOption,
    Refused,
    StoreOption,
    ZoneOption,
    console,
    opened,
    print_json,
    zone_of,
)
from api.verbs.signing import signed
from api.workspace import Workspace
from cmdb.model.revision import NUMBER, parse_revision

FIRST = 20


def runs(
    number: Annotated[str, typer.Argument(help="RUN-0007: the report of one run; all runs when it is left out.")] = "",
    source: Annotated[str, typer.Option(help="Only runs of this source.")] = "",
    first: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = FIRST,
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """What imports did: when, who, how much, and what was wrong."""
    from api.sources import one_run, run_reports
    from api.tables_sources import print_run, print_runs

    zone = zone_of(tz)
    with opened(store, model) as workspace:
        if number:
            run = one_run(workspace, number)
            return print_json(shape(run)) if as_json else print_run(console(), run, zone)
        found, total = run_reports(workspace, source, first)
    if as_json:
        return print_json({"runs": shape(found), "totalCount": total})
    return print_runs(console(), found, total, zone)


def sources(
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Where the inventory comes from: each source, its last import, and whether it is fresh."""
    from api.sources import source_reports
    from api.tables_sources import print_sources

    zone = zone_of(tz)
    with opened(store, model) as workspace:
        found = source_reports(workspace)
    if as_json:
        return print_json({"sources": shape(found)})
    return print_sources(console(), found, zone)


def undo(
    what: Annotated[str, typer.Argument(help="RUN-0007, or a revision such as r42.")],
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what would change and touch nothing.")] = False,
    message: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Take back what an import, an edit or an undo did: all of it, or nothing if any of it was changed since."""
    from api.tables_sources import print_undo
    from cmdb.reconcile.plan import Plan
    from cmdb.records.undoing import plan_undo
    from cmdb.records.undoing import undo as apply_undo

    with opened(store, model) as workspace, drawn() as progress:
        revision = _revision(workspace, what)
        planned = plan_undo(workspace.store, workspace.model, revision, progress)
        applied = None
        if not plan_only:
            by = signed("", message)
            planned, applied = apply_undo(workspace.store, workspace.model, planned, by, workspace.clock, progress)
        found = planned.undo
        plan = Plan(found.changeset, found.cis, found.relations, found.pools, owned=0)
    if as_json:
        return print_json(_told(planned.revision, plan, applied.revision if applied else None))
    return print_undo(console(), planned, plan, applied)


def _told(revision: int, plan: Any, applied: int | None) -> dict[str, Any]:
    """An undo as JSON."""
    return {
        "applied": applied is not None,
        "revision": applied,
        "undoes": revision,
        "counts": [count._asdict() for count in plan.counts()],
        "changes": [{**change._asdict(), "fields": dict(change.fields)} for change in plan.changes(FIRST)],
    }


def _revision(workspace: Workspace, text: str) -> int:
    """The revision that `r42` or the run `RUN-0007` stands for. Raises `InvalidInput`."""
    if NUMBER.fullmatch(text.strip()):
        told = parse_revision(text)
        if not isinstance(told, int) or told < 1:
            raise Refused("revision 0 is the empty store: there is nothing before it", "BAD_REVISION")
        return told
    from api.sources import one_run

    return one_run(workspace, text).revision
