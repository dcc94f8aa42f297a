"""The verbs that move records in and out: import, export."""

import csv
import getpass
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from api.import_report import Effect
from api.sources import run_json
from api.tables_import import print_import, told_import
from api.verbs.options import STORE, JsonOption, ModelOption, Refused, StoreOption, console, opened, print_json
from api.verbs.record_files import Given, import_records
from api.workspace import Workspace
from cmdb.service import Signed
from cmdb.store.bulk import collector_paused
from cmdb.store.port import Dump
from importers.live.apis import is_address
from importers.options import BadRows, ImportOptions, MissingEnds
from importers.planned import ImportPlan
from importers.reports import Ran
from importers.runner import plan_import, replayed, run_plan
from importers.source import Found, fetched

FIRST = 20
"""Rows held back that are told of in JSON."""


def import_(
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH", help="A folder with cis.csv, relations.csv, pools.csv; one .xlsx; incidents.csv; https://…"
        ),
    ],
    source: Annotated[str, typer.Option(help="Name of the source; a later import of it may retire only its own.")] = "",
    importer: Annotated[str, typer.Option(help="Which importer reads it; else the first that accepts it.")] = "",
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what would change and touch nothing.")] = False,
    bad_rows: Annotated[BadRows, typer.Option(help="Rows at fault: refuse everything, or hold them back.")] = (
        BadRows.refuse
    ),
    held: Annotated[Path | None, typer.Option(help="With --bad-rows hold: a new folder for rows held back.")] = None,
    missing_ends: Annotated[
        MissingEnds, typer.Option(help="CIs that only relations name: refuse them, or record them as stubs.")
    ] = MissingEnds.refuse,
    keep: Annotated[Path | None, typer.Option(help="With an address: a new folder to keep what was fetched.")] = None,
    partial: Annotated[bool, typer.Option(help="Add and change only: what is missing is not retired.")] = False,
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

    if not is_address(path) and accepts_records(Path(path)):
        given = Given(Path(path), source, plan_only, message, key, date_format, tz)
        return import_records(given, as_json, store, model)
    if date_format or tz:
        raise Refused("--date-format and --tz are for incidents, changes, freezes and problems")
    if (held is not None) != (bad_rows is BadRows.hold):
        raise Refused("--bad-rows hold and --held FOLDER go together")
    if keep is not None and not is_address(path):
        raise Refused("--keep goes with an address")
    options = ImportOptions(importer, bad_rows, held, missing_ends, partial, allow_removals)
    with (
        opened(store, model) as workspace,
        collector_paused(),
        drawn() as progress,
        fetched(path, source, importer, progress, keep) as found,
    ):
        by = Signed(getpass.getuser(), source or found.path.stem, message, key)
        kept = replace(options, digests=workspace.digests_path)
        done = _imported(workspace, found, by, kept, plan_only, progress)
    if as_json:
        return print_json(told(done))
    return print_done(console(), done)


class Done(NamedTuple):
    """A plan and what it would do (None for a repeat of a run), and what came of it (None where nothing was tried)."""

    plan: ImportPlan | None
    effect: Effect | None
    ran: Ran | None


def _imported(
    workspace: Workspace, found: Found, by: Signed, options: ImportOptions, plan_only: bool, progress: "Bars"
) -> Done:
    """Plan, and write the plan unless it is only to be shown; a repeat of a run under the same key is not run again."""
    store = workspace.store
    if not plan_only and (ran := replayed(store, found.path, by, options)) is not None:
        return Done(None, None, ran)
    planned = plan_import(store, workspace.model, found.path, by.source, progress, options, found.name)
    if plan_only:
        from api.import_effect import effect_of  # loads the engine

        return Done(planned, effect_of(planned, workspace), None)
    ran = run_plan(store, planned, by, progress)
    return Done(ran.plan, None, ran)


def told(done: Done) -> dict[str, Any]:
    """A plan, and what came of it, as JSON."""
    ran = done.ran
    run = None if ran is None or ran.run is None else run_json(ran.run, ran.applied.revision)
    replay = ran is not None and ran.applied.replayed
    if done.plan is None:
        return {"applied": True, "replayed": replay, "revision": ran and ran.applied.revision, "run": run}
    problems = [str(problem) for row in done.plan.held[:FIRST] for problem in row.problems]
    held = {"heldRows": len(done.plan.held), "heldProblems": problems}
    return {**told_import(done.plan, done.effect, ran and ran.applied), **held, "replayed": replay, "run": run}


def print_done(out: Console, done: Done) -> None:
    """A plan, and what came of it, in words."""
    ran = done.ran
    if done.plan is not None:
        print_import(out, done.plan, done.effect, ran and ran.applied)
    elif ran is not None:
        out.print(f"nothing was done: this run was made before, as revision {ran.applied.revision}")
    if done.plan is not None and done.plan.held:
        folder = done.plan.read.options.held
        again = f"cmdb import {folder} --source {done.plan.read.source}"
        where = f"are held back; correct them in {folder}, then: {again}" if ran else "would be held back"
        out.print(escape(f"  {len(done.plan.held):,} rows {where}"), style="yellow")
    if ran is not None and ran.run is not None and not ran.applied.replayed:
        back = "" if done.plan is None or done.plan.empty else f"; to take it back: cmdb undo {ran.run.number}"
        out.print(f"[dim]report {ran.run.number}{back}[/]")


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


def export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder for cis.csv, relations.csv and pools.csv.")],
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Write the whole inventory in the native format, to keep, to edit or to import elsewhere.

    A text that a spreadsheet would compute begins with an apostrophe, which import takes away again.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused("the folder is not empty; name a new one")
    with opened(store, model) as workspace:
        dump = workspace.store.dump()
    folder.mkdir(parents=True, exist_ok=True)
    from importers.kit.held_cells import inert  # with it, what reads whole columns is loaded

    for name, header, rows in tables(dump):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows([*map(inert, row)] for row in rows)
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
