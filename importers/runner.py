"""One import: read, check, plan, and only then write, all of it or nothing, with a report of the run beside it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from shutil import rmtree

from cmdb.model.errors import InvalidInput, Problem
from cmdb.model.model import Model
from cmdb.model.record import OWN_SOURCE, RecordKey
from cmdb.progress import Progress, Silent
from cmdb.reconcile.edit import Edit
from cmdb.reconcile.plan import REMOVAL_SHARE, Plan
from cmdb.records.times import utc_now
from cmdb.service import Signed
from cmdb.store.bulk import collector_paused
from cmdb.store.port import Applied, Moved, RecordConflict, Store, StoreUnavailable
from importers.digests import WORTHWHILE, newest
from importers.options import DEFAULT, ImportOptions
from importers.planned import ImportPlan, Read, asked, plan_transformed
from importers.registry import importer_for
from importers.reports import Clock, Ran, Writing, replay_of
from importers.view import View

TRIES = 8
"""How often an import is planned anew because what it touches was changed meanwhile."""
ALLOWING = "--allow-removals; allow_removals: true for cmdb sync"
"""How removals are allowed, by hand and in the file of scheduled imports."""
NEVER = RecordKey("run", OWN_SOURCE, "never")
"""The key of no record."""


def plan_import(
    store: Store, model: Model, path: Path, source: str, progress: Progress | None = None,
    options: ImportOptions = DEFAULT, named: str = "", clock: Clock = utc_now,
) -> ImportPlan:  # fmt: skip
    """What importing `path` as `source` would change; touches nothing.

    `source` names the origin of the records and scopes what may be removed; `named` is what the report calls the
    input. Raises `InvalidInput` with the problems of all files together, in the order of files and rows.
    """
    watched = progress or Silent()
    with collector_paused(), View(store, source, options) as view:
        read = read_input(model, path, source, watched, options, named, clock)
        watched.stage("compare", 0)
        return plan_transformed(view, read, watched)


def read_input(
    model: Model, path: Path, source: str, progress: Progress, options: ImportOptions, named: str, clock: Clock
) -> Read:  # fmt: skip
    """What the importer makes of `path`. Raises `InvalidInput`."""
    started_at = clock()
    importer = importer_for(path, options.importer)
    transformed = importer.read(path, model, source, progress)
    return Read(path, named or path.name, source, importer.name, started_at, options, model, transformed)


def apply_plan(
    store: Store, planned: ImportPlan, who: str, key: str = "", message: str = "", allow_removals: bool = False
) -> Applied:
    """Write the plan as one revision, with its report. `key` makes a retry safe. Raises as `run_plan` does."""
    options = replace(planned.read.options, allow_removals=allow_removals or planned.read.options.allow_removals)
    read = replace(planned.read, options=options)
    return run_plan(store, replace(planned, read=read), Signed(who, read.source, message, key)).applied


def run_plan(
    store: Store, planned: ImportPlan, by: Signed, progress: Progress | None = None, clock: Clock = utc_now,
    next_at: datetime | None = None,
) -> Ran:  # fmt: skip
    """Write the plan as one revision, with its report; planned anew if what it touches was changed meanwhile.

    A plan that changes nothing is reported too: the source is confirmed. Raises `InvalidInput` DELETE_THRESHOLD for
    one that retires most of the source's CIs, unless that is allowed, and whatever `Store.apply` raises.
    """
    watched, request = progress or Silent(), planned.read.request if by.key else ""
    writer = Writing(store, by, request, clock, next_at)
    for _ in range(TRIES):
        check_removals(planned)
        watched.stage("write", 0)
        try:
            with _held_rows(planned):
                done = writer.write(planned)
            _keep_digests(store, planned.read.options.digests, done.applied)
            return done
        except Moved as moved:
            last = moved
        with collector_paused(), View(store, planned.read.source, planned.read.options) as view:
            watched.stage("compare", 0)
            planned = plan_transformed(view, planned.read, watched)
    raise last


def _keep_digests(store: Store, place: Path | None, applied: Applied) -> None:
    """After an import that wrote very much, digests of it are there for the next one."""
    written = applied.created + applied.changed + applied.removed
    if place is not None and written >= WORTHWHILE and not applied.replayed:
        with suppress(StoreUnavailable):  # it is written; the next import takes longer
            newest(store, place)


@contextmanager
def _held_rows(planned: ImportPlan) -> Iterator[None]:
    """The rows that are held back are in their folder before anything is recorded, and gone if nothing was."""
    folder = planned.read.options.held
    if folder is None or not planned.held:
        yield
        return
    from importers.kit.held_file import write_held  # what reads tables takes a command longer to load than to answer

    write_held(folder, planned.held)
    try:
        yield
    except BaseException:
        rmtree(folder, ignore_errors=True)
        raise


def check_removals(planned: Plan) -> None:
    """Whether a plan may retire what it would. Raises `InvalidInput` DELETE_THRESHOLD."""
    if planned.needs_confirmation and not removals_allowed(planned):
        left = " or left to other sources" if planned.released else ""
        told = []
        if planned.loses_cis:
            told.append(f"{planned.dropped:,} of {planned.owned:,} CIs would be retired{left}")
        if planned.loses_relations:
            told.append(f"{planned.relations_lost:,} of {planned.relations_before:,} relations would be removed")
        found = " and ".join(told)
        accepted = f"at most {REMOVAL_SHARE:.0%} of what the source stated, unless removals are allowed ({ALLOWING})"
        raise InvalidInput([Problem("DELETE_THRESHOLD", planned.changeset.source, found, accepted)])


def removals_allowed(planned: Plan) -> bool:
    """Whether whoever asked for the plan said that most of the source's CIs may go."""
    return isinstance(planned, ImportPlan) and planned.read.options.allow_removals


def replayed(store: Store, path: Path, by: Signed, options: ImportOptions = DEFAULT) -> Ran | None:
    """What came of the same request when it came before under the same key; None if it never did.

    Raises `KeyReused` where the key came with another request.
    """
    if not by.key:
        return None
    try:
        done = store.apply(Edit(*by, expected_records={NEVER: -1}, request=asked(path, by.source, options)))
    except RecordConflict:
        return None
    return replay_of(store, done)
