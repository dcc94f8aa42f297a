"""The verb that fails every CI alone: single points of failure, common causes behind pools, pairs for a service."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from api.cells import plain
from api.render import shape
from api.sweeps import Points, find, points_of
from api.tables_spof import print_points, print_pools, print_service
from api.verbs.moving import drawn
from api.verbs.options import (
    STORE,
    AsOfOption,
    JsonOption,
    ModelOption,
    Refused,
    StoreOption,
    ZoneOption,
    console,
    opened,
    print_json,
    revision_of,
    zone_of,
)
from cmdb.model.model import Model
from impact.paging import PAGE_LIMIT
from impact.report import Page
from impact.sweep import points, shared
from impact.sweep.points import PointFilter
from impact.sweep.pool import Pool
from impact.sweep.sweep import Progress

PAGE = 50

PoolsOption = Annotated[bool, typer.Option("--pools", help="What looks redundant, but breaks with a single failure.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every line.")]
EveryOption = Annotated[bool, typer.Option("--every-ci", help="Also CIs that are no single points of failure.")]
KindOption = Annotated[list[str] | None, typer.Option(help="Only this kind, descendants included; may be repeated.")]
SectorOption = Annotated[list[str] | None, typer.Option(help="Only this sector; may be repeated.")]
PeopleOption = Annotated[int, typer.Option(min=0, help="Only what takes down groups of at least so many people.")]
SchedulerOption = Annotated[str, typer.Option(help="Sweep with the workers of a dask scheduler: tcp://HOST:PORT.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Everything, as CSV.")]


def spof(
    service: Annotated[
        str, typer.Argument(help="A CI, such as a service: what takes it down, alone or in pairs.")
    ] = "",
    pools: PoolsOption = False,
    everything: AllOption = False,
    every_ci: EveryOption = False,
    kind: KindOption = None,
    sector: SectorOption = None,
    min_people: PeopleOption = 0,
    scheduler: SchedulerOption = "",
    as_csv: CsvOption = False,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Single points of failure: every CI failed alone, and what that takes down; what lies behind pools; pairs."""
    if pools and (service or kind or sector or min_people or every_ci):
        raise Refused("--pools lists the pools of the whole estate; leave out the CI and the filters")
    if as_csv and as_json:
        raise Refused("take one of --csv and --json")
    zone = zone_of(tz)
    with opened(store, model) as workspace:
        where = _filter(workspace.model, kind or (), sector or (), min_people, every_ci)
        at = revision_of(workspace, as_of, zone)
        with _workers(scheduler) as workers, _drawn() as progress:
            found = points_of(workspace, where, service or None, at, workers, progress)
        first = None if everything else PAGE
        if as_csv:
            return _write_csv(found, pools)
        if pools:
            return print_json(_shared(found, first)) if as_json else print_pools(console(), found, zone, everything)
        if not service:
            return print_json(_points(found, first)) if as_json else print_points(console(), found, zone, everything)
        told = found.pairs(find(found.question, service), PAGE_LIMIT if everything else PAGE)
        if as_json:
            sure = {"completeness": shape(found.completeness())}
            return print_json({"singlePoints": _points(found, first), "pairs": {**sure, **shape(told)}})
        return print_service(console(), found, told, zone, everything)


def _points(found: Points, first: int | None) -> dict[str, Any]:
    return {
        "completeness": shape(found.completeness()),
        "failed": found.failed,
        "untried": found.untried,
        **_paged(found.page(first)),
    }


def _shared(found: Points, first: int | None) -> dict[str, Any]:
    return {"completeness": shape(found.completeness()), **_paged(found.shared(first))}


def _paged(shown: Page[Any]) -> dict[str, Any]:
    told: dict[str, Any] = shape(shown)
    return told


def _write_csv(found: Points, pools: bool) -> None:
    """Every line on standard output."""
    swept = found.swept
    columns: Sequence[str]
    lines: Iterable[tuple[object, ...]]
    if pools:
        columns, lines = shared.COLUMNS, shared.rows(swept.estate, swept.sweep, swept.broken)
    else:
        columns, lines = points.COLUMNS, points.rows(swept.estate, swept.sweep, found.where)
    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    for line in lines:
        writer.writerow([plain(cell) for cell in line])
    sys.stdout.flush()


def _filter(model: Model, kinds: Sequence[str], sectors: Sequence[str], people: int, every: bool) -> PointFilter:
    """The filter, with descendants of the kinds. Raises `Refused`."""
    for what, names, known in (("kind", kinds, model.kinds), ("sector", sectors, model.sectors)):
        if unknown := [name for name in names if name not in known]:
            raise Refused(f"no {what} '{unknown[0]}' in the model; there are {', '.join(known)}")
    concrete = [kind for kind in model.concrete if not set(kinds).isdisjoint(model.ancestors(kind))]
    return PointFilter(frozenset(concrete), frozenset(sectors), people, None, every)


@contextmanager
def _drawn() -> Iterator[Progress]:
    """A bar on the terminal while CIs are failed."""
    with drawn() as bars:
        bars.stage("failing CIs", 0)

        def progress(done: int, total: int) -> None:
            if bars.task is not None:
                bars.update(bars.task, completed=done, total=total)

        yield progress


@contextmanager
def _workers(scheduler: str) -> Iterator[Pool | None]:
    """The workers of a dask scheduler; None for this process alone. Raises `Refused`."""
    if not scheduler:
        yield None
        return
    from impact.sweep.dask_pool import DaskPool, SchedulerUnavailable

    try:
        yield DaskPool(scheduler)
    except SchedulerUnavailable as error:
        raise Refused(str(error), error.code) from None
