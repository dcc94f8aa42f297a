"""The verbs that move records in and out: import, export."""

import csv
import getpass
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from api.verbs.options import STORE, JsonOption, ModelOption, Refused, StoreOption, console, opened, print_json
from api.verbs.record_files import Given, import_records
from cmdb.model.errors import Problem
from cmdb.reconcile.plan import Plan
from cmdb.store.bulk import collector_paused
from cmdb.store.port import Applied, Dump
from importers.runner import apply_plan, plan_import

SHOWN = 20


def import_(
    path: Annotated[
        Path, typer.Argument(help="A folder with cis.csv, relations.csv, pools.csv; one .xlsx; or incidents.csv…")
    ],
    source: Annotated[str, typer.Option(help="Name of the source; a later import of it may retire only its own.")] = "",
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what would change and touch nothing.")] = False,
    allow_removals: Annotated[bool, typer.Option(help="Go ahead although most of the source's CIs would go.")] = False,
    date_format: Annotated[str, typer.Option(help="How incidents.csv and such write times: %d/%m/%Y %H:%M.")] = "",
    tz: Annotated[str, typer.Option(help="Time zone of times without an offset in them.")] = "",
    message: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    key: Annotated[str, typer.Option(help="A key of your choice that makes a repeated run safe.")] = "",
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Bring in an estate, or incidents, changes, freezes and problems: all of it or nothing; again changes nothing."""
    from importers.records.tables import accepts as accepts_records

    if accepts_records(path):
        import_records(Given(path, source, plan_only, message, key, date_format, tz), as_json, store, model)
        return
    if date_format or tz:
        raise Refused("--date-format and --tz are for incidents, changes, freezes and problems")
    with opened(store, model) as workspace, collector_paused(), drawn() as progress:
        planned = plan_import(workspace.store, workspace.model, path, source or path.stem, progress)
        applied = None
        if not plan_only:
            progress.stage("write", 0)
            # A repeated run finds everything recorded: the plan is empty, and no longer what the key was used for.
            kept = "" if planned.empty else key
            applied = apply_plan(workspace.store, planned, getpass.getuser(), kept, message, allow_removals)
    if as_json:
        print_json(told(planned, applied))
    else:
        print_plan(console(), planned, applied)


class Bars(Progress):
    """Progress bars on standard error, one per stage; nothing when it is not a terminal."""

    task: TaskID | None = None

    def stage(self, name: str, total: int) -> None:
        """A stage begins; the one before is done."""
        if self.task is not None:
            self.update(self.task, total=1, completed=1)
        self.task = self.add_task(name, total=total or None)

    def advance(self, n: Any = 1, advance: float = 1) -> None:
        """`n` more things of the stage are done."""
        if self.task is not None:
            super().advance(self.task, float(n))


def drawn() -> Bars:
    """Progress for the terminal."""
    columns = (TextColumn("  {task.description:<12}"), BarColumn(), TimeElapsedColumn())
    return Bars(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


def told(planned: Plan, applied: Applied | None) -> dict[str, Any]:
    """A plan, and what came of it, as JSON."""
    return {
        "applied": applied is not None,
        "revision": applied.revision if applied else None,
        "source": planned.changeset.source,
        "counts": [count._asdict() for count in planned.counts()],
        "changes": [{**change._asdict(), "fields": dict(change.fields)} for change in planned.changes(SHOWN)],
        "removalShare": planned.removal_share,
        "needsConfirmation": planned.needs_confirmation,
        "warnings": [warning._asdict() for warning in planned.warnings],
        "warningCount": planned.warning_count,
    }


def print_plan(out: Console, planned: Plan, applied: Applied | None) -> None:
    """A plan, and what came of it, in words."""
    for warning in planned.warnings[:SHOWN]:
        out.print(f"  [yellow]warning[/] {escape(_warned(warning))}")
    if planned.warning_count > SHOWN:
        out.print(f"  [dim]and {planned.warning_count - SHOWN:,} more warnings[/]")
    if planned.empty:
        return out.print("nothing to change: everything is recorded already")
    tense = "" if applied else "would be "
    for count in planned.counts():
        what = f"{count.kind} " if count.kind else ""
        noun = {"ci": "CI", "relation": "relation", "pool": "pool"}[count.entity] + ("" if count.number == 1 else "s")
        action = "retired" if (count.action, count.entity) == ("removed", "ci") else count.action
        out.print(f"  {count.number:>9,} {what}{noun} {tense}{action}")
    if applied is None:
        for change in planned.changes(SHOWN):
            fields = ", ".join(f"{k}: {a} → {b}" for k, (a, b) in change.fields.items())
            out.print(escape(f"    {change.action} {change.entity} {change.name} {fields}".rstrip()), style="dim")
        if planned.needs_confirmation:
            out.print(f"  {planned.removal_share:.0%} of this source's CIs would be retired: needs --allow-removals")
        return out.print("nothing was written; run it without --plan to write it")
    return out.print(f"recorded as revision {applied.revision}")


def _warned(problem: Problem) -> str:
    return f"{problem.code} at {problem.place}: {problem.found}; {problem.accepted}"


def export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder for cis.csv, relations.csv and pools.csv.")],
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Write the whole inventory in the native format, to keep, to edit or to import elsewhere."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused("the folder is not empty; name a new one")
    with opened(store, model) as workspace:
        dump = workspace.store.dump()
    folder.mkdir(parents=True, exist_ok=True)
    for name, header, rows in tables(dump):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
    console().print(f"{len(dump.cis):,} CIs, {len(dump.relations):,} relations, {len(dump.pools):,} pools written")


def tables(dump: Dump) -> Iterable[tuple[str, list[str], Iterable[list[str]]]]:
    """The sheets of the native format: file name, header, rows."""
    attributes = [ci.attributes for ci in dump.cis]
    columns = sorted({name for found in attributes for name in found})
    yield (
        "cis.csv",
        ["id", "kind", "name", "sector", "lifecycle", *columns],
        (
            [ci.id, ci.kind, ci.name, ci.sector, ci.lifecycle, *(_cell(found.get(c)) for c in columns)]
            for ci, found in zip(dump.cis, attributes, strict=True)
        ),
    )
    relations = ([r.from_id, r.type, r.to_id, r.effect, r.pool] for r in dump.relations)
    yield "relations.csv", ["from", "type", "to", "effect", "pool"], relations
    pools = ([p.ci, p.name, p.required, p.full, p.effect] for p in dump.pools)
    yield "pools.csv", ["ci", "pool", "required", "full", "effect"], pools


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)
