"""Readiness of an open estate: now, as of a time, and at the points of a trend."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

from api.scenario import recorded
from api.workspace import Workspace
from cmdb.model.revision import parse_revision
from cmdb.store.port import Head
from impact.estate import Estate
from impact.readiness.attributes import Progress, unwatched
from impact.readiness.ledger import Ledger, Wanted, chosen, point_scores, rules_of, selected
from impact.readiness.needs import Purpose, Rule
from impact.readiness.purposes import PURPOSES
from impact.readiness.report import ReadinessBasis, ReadinessEvery, ReadinessPoint, ReadinessPurpose
from impact.report import Source
from impact.snapshot import Seen
from impact.stale import named
from impact.states import UnknownCi

MOST_POINTS = 60
INSTANT = timedelta(microseconds=1)
EVERYTHING = Wanted()


@dataclass(frozen=True)
class Moment:
    """A revision, and the moment for which is judged what is fresh."""

    head: Head
    at: datetime


@dataclass(frozen=True)
class Reading:
    """One question about readiness, settled: the wanted CIs of an estate, and the purposes asked about."""

    estate: Estate
    ledger: Ledger
    purposes: tuple[Purpose, ...]
    wanted: Wanted
    basis: ReadinessBasis

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of the purposes, each once."""
        return rules_of(self.purposes)

    def rule(self, name: str) -> Rule | None:
        """The rule called so, if one of the purposes has it."""
        return next((rule for rule in self.rules if rule.name == name), None)


def read(
    workspace: Workspace,
    purpose: ReadinessPurpose | None = None,
    wanted: Wanted = EVERYTHING,
    then: Moment | None = None,
    progress: Progress = unwatched,
) -> Reading:
    """Readiness now, or as it was `then`. Raises `UnknownCi` for an owner not recorded, and `StoreUnavailable`."""
    seen = workspace.seen() if then is None else workspace.snapshot.as_of(then.head)
    estate, now = seen.estate, datetime.now(UTC)
    if unknown := sorted(ci for ci in wanted.owners if estate.register.find(ci) is None):
        raise UnknownCi(unknown, estate.revision if seen.as_of else None)
    at = then.at if then else now
    stale = named(workspace.stale_sources(at if then else None))
    whole = workspace.ledgers.of(estate, day_of(at), progress, stale)
    workspace.series.point(estate.head, day_of(at), lambda: whole, stale)
    ledger = selected(estate, whole, wanted)
    return Reading(estate, ledger, chosen(purpose), wanted, _basis(seen, at, now, len(ledger.cis)))


def _basis(seen: Seen, at: datetime, now: datetime, cis: int) -> ReadinessBasis:
    age = max(now - seen.checked_at, timedelta(0)) // timedelta(seconds=1)
    source = Source.live if seen.live else Source.snapshot
    return ReadinessBasis(*seen.estate.head, seen.as_of, 0 if seen.live else age, source, at, cis)


def moment_of(workspace: Workspace, text: str, place: str = "at") -> Moment:
    """What `r42`, `42` or a time with offset stands for.

    A past revision is judged for when it was recorded, the newest for now, a time for itself, unless it is to come.
    Raises `InvalidInput` at `place`, and `StoreUnavailable`.
    """
    head, at, now = recorded(workspace.inventory, text, place), parse_revision(text), datetime.now(UTC)
    if isinstance(at, datetime):
        return Moment(head, min(at, now))
    return Moment(head, now if head == workspace.store.head() else head.recorded_at)


def day_of(at: datetime) -> int:
    """The day of a moment in UTC, since 1970-01-01."""
    return int(at.timestamp() // 86_400)


def trend(
    workspace: Workspace,
    moments: Sequence[Moment],
    wanted: Wanted = EVERYTHING,
    purposes: Sequence[Purpose] = PURPOSES,
) -> Iterator[ReadinessPoint]:
    """Readiness at each of `moments`; what was computed before is not computed again, unless it is filtered.

    Raises `StoreUnavailable`.
    """
    names = {purpose.name for purpose in purposes}
    for moment in moments:
        stale = named(workspace.stale_sources(moment.at))
        counted = partial(_ledger, workspace, moment, wanted, stale)
        kept, day = not wanted, day_of(moment.at)
        scores = workspace.series.point(moment.head, day, counted, stale) if kept else point_scores(counted())
        yield ReadinessPoint(*moment.head, moment.at, [score for score in scores if score.purpose.value in names])


def _ledger(workspace: Workspace, moment: Moment, wanted: Wanted, stale: frozenset[str]) -> Ledger:
    estate = workspace.snapshot.as_of(moment.head).estate
    return selected(estate, workspace.ledgers.of(estate, day_of(moment.at), stale=stale), wanted)


def steps(workspace: Workspace, every: ReadinessEvery, count: int, zone: tzinfo = UTC) -> list[Moment]:
    """Now and the ends of the days, ISO weeks or months before, in `zone`, oldest first: `count` of them in all.

    Those before the first revision are left out. Raises `StoreUnavailable`.
    """
    found = [Moment(workspace.store.head(at), at) for at in ends(every, count, datetime.now(zone))]
    return [moment for moment in found if moment.head.revision > 0]


def ends(every: ReadinessEvery, count: int, now: datetime) -> list[datetime]:
    """`now`, and the last instants of the days, ISO weeks or months before it, oldest first."""
    found, day = [now.astimezone(UTC)], now.date()
    if every is ReadinessEvery.week:
        day -= timedelta(days=day.weekday())
    elif every is ReadinessEvery.month:
        day = day.replace(day=1)
    while len(found) < count:
        start = datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
        found.append(start.astimezone(UTC) - INSTANT)
        day -= timedelta(days=7 if every is ReadinessEvery.week else 1)
        day = day.replace(day=1) if every is ReadinessEvery.month else day
    return found[::-1]
