"""The verb that says how far the data has what decisions need."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import Enum
from typing import Annotated, Any, Protocol, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from api import tables_readiness as tables
from api.readiness import MOST_POINTS, Moment, Reading, moment_of, read, steps, trend
from api.render import paged, shape
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
from api.verbs.options import moment_of as time_of
from api.workspace import Workspace
from cmdb.model.model import Model
from cmdb.model.revision import NUMBER
from impact.readiness.attributes import Progress, unwatched
from impact.readiness.groups import group
from impact.readiness.ledger import Wanted, scores
from impact.readiness.needs import Rule
from impact.readiness.report import ReadinessBy, ReadinessEvery, ReadinessPoint, ReadinessPurpose
from impact.readiness.worklist import whole, worklist
from impact.report import Page

FIRST_SCREEN, PAGE = 20, 50
E = TypeVar("E", bound=Enum)

PurposeArgument = Annotated[str, typer.Argument(help="major_incident, change, continuity or assets; left out: all.")]
ByOption = Annotated[str, typer.Option(help="By kind, owner or sector.")]
WorklistOption = Annotated[bool, typer.Option("--worklist", help="The CIs that miss something, most valuable first.")]
RuleOption = Annotated[str, typer.Option(help="The worklist of one rule, such as service_rto.")]
TrendOption = Annotated[bool, typer.Option("--trend", help="How it went, by --every and --points, or --at.")]
EveryOption = Annotated[str, typer.Option(help="Step of the trend: day, week or month.")]
PointsOption = Annotated[int, typer.Option(min=1, max=MOST_POINTS, help="Points of the trend.")]
AtOption = Annotated[list[str] | None, typer.Option(help="A point of the trend: r42 or a time; may be repeated.")]
KindOption = Annotated[list[str] | None, typer.Option(help="Only this kind, descendants included; may be repeated.")]
SectorOption = Annotated[list[str] | None, typer.Option(help="Only this sector; may be repeated.")]
OwnerOption = Annotated[list[str] | None, typer.Option(help="Only what this CI owns; may be repeated.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Everything, as CSV.")]


def readiness(
    purpose: PurposeArgument = "",
    by: ByOption = "",
    work: WorklistOption = False,
    rule: RuleOption = "",
    over_time: TrendOption = False,
    every: EveryOption = "week",
    points: PointsOption = 8,
    at: AtOption = None,
    kind: KindOption = None,
    sector: SectorOption = None,
    owner: OwnerOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Every rule, group or CI.")] = False,
    as_csv: CsvOption = False,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """How far the data has what decisions need: by purpose and rule; by kind, owner or sector; worklists; trend."""
    zone, step = zone_of(tz), _named(ReadinessEvery, every, "--every")
    aim = _named(ReadinessPurpose, purpose, "the purpose") if purpose else None
    grouped = _named(ReadinessBy, by, "--by") if by else None
    if sum((grouped is not None, work or bool(rule), over_time or bool(at))) > 1 or (as_csv and as_json):
        raise Refused("take one of --by, --worklist (or --rule) and --trend (or --at), and one of --csv and --json")
    with opened(store, model) as workspace:
        wanted = _wanted(workspace.model, kind or (), sector or (), owner or ())
        then = _moment(workspace, as_of, zone) if as_of else None
        with _progress() as progress:
            reading = read(workspace, aim, wanted, then, progress)
        view: View
        if grouped is not None:
            view = Groups(reading, grouped, everything)
        elif work or rule:
            view = Worklist(reading, _rules(reading, rule), everything)
        elif over_time or at:
            moments = [_moment(workspace, text, zone) for text in at] if at else steps(workspace, step, points, zone)
            view = Trend(_points(workspace, moments, reading), zone)
        else:
            view = Scores(reading, everything or aim is not None)
        if as_json:
            print_json({"basis": shape(reading.basis), **view.shaped()})
        elif as_csv:
            tables.write_csv(sys.stdout, *view.rows())
        else:
            out = console()
            tables.print_head(out, reading, zone)
            view.show(out)


class View(Protocol):
    """One way to look at readiness: as JSON in the shape of the GraphQL answer, as rows, for people."""

    def shaped(self) -> dict[str, Any]:
        """What the GraphQL field gives, under its name."""

    def rows(self) -> tuple[list[str], Iterable[list[object]]]:
        """A header and rows of CSV: all there is."""

    def show(self, out: Console) -> None:
        """Print it."""


@dataclass(frozen=True)
class Scores:
    """Purposes and rules."""

    reading: Reading
    everything: bool

    def shaped(self) -> dict[str, Any]:
        return {"scores": shape(scores(self.reading.ledger, self.reading.purposes))}

    def rows(self) -> tuple[list[str], Iterable[list[object]]]:
        return tables.score_rows(scores(self.reading.ledger, self.reading.purposes))

    def show(self, out: Console) -> None:
        tables.print_scores(out, scores(self.reading.ledger, self.reading.purposes), self.everything)


@dataclass(frozen=True)
class Groups:
    """Kinds, owners or sectors."""

    reading: Reading
    by: ReadinessBy
    everything: bool

    def _page(self, first: int | None) -> Page[Any]:
        reading = self.reading
        return group(reading.estate, reading.ledger, reading.rules, self.by, None if self.everything else first)

    def shaped(self) -> dict[str, Any]:
        return paged(groups=self._page(PAGE))

    def rows(self) -> tuple[list[str], Iterable[list[object]]]:
        return tables.group_rows(self._page(None).nodes)

    def show(self, out: Console) -> None:
        tables.print_groups(out, self._page(FIRST_SCREEN), self.by)


@dataclass(frozen=True)
class Worklist:
    """CIs that miss something."""

    reading: Reading
    rules: tuple[Rule, ...]
    everything: bool

    def _page(self, first: int | None) -> Page[Any]:
        return worklist(self.reading.estate, self.reading.ledger, self.rules, None if self.everything else first)

    def shaped(self) -> dict[str, Any]:
        return paged(worklist=self._page(PAGE))

    def rows(self) -> tuple[list[str], Iterable[list[object]]]:
        return tables.work_rows(whole(self.reading.estate, self.reading.ledger, self.rules))

    def show(self, out: Console) -> None:
        tables.print_worklist(out, self._page(FIRST_SCREEN))


@dataclass(frozen=True)
class Trend:
    """Shares over time."""

    points: Sequence[ReadinessPoint]
    zone: tzinfo

    def shaped(self) -> dict[str, Any]:
        return {"trend": shape(self.points)}

    def rows(self) -> tuple[list[str], Iterable[list[object]]]:
        return tables.point_rows(self.points)

    def show(self, out: Console) -> None:
        tables.print_trend(out, self.points, self.zone)


def _named(words: type[E], text: str, place: str) -> E:
    """The member of an enumeration called `text`; `-` and `_` are the same. Raises `Refused`."""
    wanted = text.strip().lower().replace("-", "_")
    if wanted not in words.__members__:
        raise Refused(f"'{text}' is not accepted for {place}; write one of {', '.join(words.__members__)}")
    return words[wanted]


def _wanted(model: Model, kinds: Sequence[str], sectors: Sequence[str], owners: Sequence[str]) -> Wanted:
    """The filter, with descendants of the kinds. Raises `Refused`."""
    for what, names, known in (("kind", kinds, model.kinds), ("sector", sectors, model.sectors)):
        if unknown := [name for name in names if name not in known]:
            raise Refused(f"no {what} '{unknown[0]}' in the model; there are {', '.join(known)}")
    concrete = [kind for kind in model.concrete if not set(kinds).isdisjoint(model.ancestors(kind))]
    return Wanted(frozenset(concrete), frozenset(sectors), frozenset(owners))


def _moment(workspace: Workspace, text: str, zone: tzinfo) -> Moment:
    """What `r42`, `02:40` or a time stands for. Raises `Refused`."""
    head = revision_of(workspace, text, zone)
    moment = None if NUMBER.fullmatch(text.strip()) else time_of(text, zone)
    if head is None or moment is None:
        return moment_of(workspace, text.strip())
    return moment_of(workspace, moment.astimezone(UTC).isoformat())


def _rules(reading: Reading, name: str) -> tuple[Rule, ...]:
    if not name:
        return reading.rules
    found = reading.rule(name.strip().lower().replace("-", "_"))
    if found is None:
        raise Refused(f"no rule '{name}' here; there are {', '.join(rule.name for rule in reading.rules)}")
    return (found,)


def _points(workspace: Workspace, moments: Sequence[Moment], reading: Reading) -> list[ReadinessPoint]:
    """The points of a trend, with a bar on the terminal while they are computed."""
    with _progress("points") as progress:
        found = []
        for point in trend(workspace, moments, reading.wanted, reading.purposes):
            found.append(point)
            progress(len(found), len(moments))
    return found


@contextmanager
def _progress(what: str = "CIs") -> Iterator[Progress]:
    """Shows on a terminal how far the work is; says nothing where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield unwatched
        return
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"reading {what}", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
