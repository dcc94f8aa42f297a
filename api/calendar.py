"""The calendar: changes, freeze windows and open incidents of a span of time, with those that collide marked."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

import numpy as np

from api.planned import covered
from api.records import Standing
from api.reviews import named
from api.reviews_report import CalendarItem, FreezeWindow, NamedRecord
from api.scenario import checked_moment
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.records.kinds import ChangeState
from cmdb.records.record_types import Change, Freeze, Incident
from cmdb.records.times import Window
from impact.paging import BadCursor, decode_cursor, encode_cursor
from impact.report import Page
from impact.reviews.report import Collisions
from impact.reviews.review import collisions_among

T = TypeVar("T")
LONGEST = timedelta(days=366)
"""The longest span of a calendar."""
SHOWN_CIS = 20
SHOWN_STATES = frozenset(
    {
        ChangeState.submitted,
        ChangeState.approved,
        ChangeState.implementing,
        ChangeState.completed,
        ChangeState.failed,
    }
)
"""States of the changes of a calendar: what is still a draft, refused or called off is not in it."""
COLUMNS = ("kind", "key", "title", "type", "state", "start", "end", "cis", "ci_count", "collides_with")


@dataclass(frozen=True)
class Calendar:
    """A span of time, on what stands at the moment of `standing`."""

    standing: Standing
    span: Window

    @cached_property
    def records(self) -> list[Change | Freeze | Incident]:
        """What is in it, by start, then by kind and key."""
        at, span = self.standing, self.span
        found: list[Change | Freeze | Incident] = [
            change
            for change in at.book.changes.values()
            if change.state in SHOWN_STATES and change.window_at(at.moment).overlaps(span)
        ]
        found += at.book.freezes_in(span)
        found += [incident for incident in at.book.open_incidents() if incident.window.overlaps(span)]
        return sorted(found, key=place)

    @cached_property
    def collisions(self) -> Collisions:
        """Every collision of its changes and incidents, within the span; kept while nothing changes."""
        at = self.standing
        about = ("calendar", self.span, at.estate.head, at.book.head, at.moment.replace(second=0, microsecond=0))
        return at.workspace.plans.kept(about, self._collisions)

    def _collisions(self) -> Collisions:
        at, plans = self.standing, self.standing.workspace.plans
        changes = plans.changes(at.estate, at.book.planned_changes(self.span, at.moment), at.moment)
        found = collisions_among(at.estate, [*changes, *plans.incidents(at.estate, at.book, at.moment)])
        within = [one for one in found.nodes if Window(one.start, one.end).overlaps(self.span)]
        return Collisions(within, found.complete, found.overlapping, found.near)

    @cached_property
    def names(self) -> dict[str, NamedRecord]:
        """Every change and incident of it, by key."""
        return {found.key: found for found in (named(record, self.standing) for record in self.records)}

    @cached_property
    def _colliding(self) -> dict[str, set[str]]:
        """With whom each of them collides."""
        found: dict[str, set[str]] = {}
        for collision in self.collisions.nodes:
            keys = {party.key for party in collision.parties}
            for key in keys:
                found.setdefault(key, set()).update(keys - {key})
        return found

    def page(self, first: int | None, after: str | None = None) -> Page[CalendarItem]:
        """At most `first` items (None: all) behind the cursor `after`. Raises `BadCursor`."""
        found = ordered(self.records, place, first, after)
        return Page([self._item(one) for one in found.nodes], found.total_count, found.end_cursor, found.has_next_page)

    def _item(self, record: Change | Freeze | Incident) -> CalendarItem:
        at, told = self.standing, named(record, self.standing)
        cis = list(dict.fromkeys(part.ci for part in record.cis))
        count = len(cis)
        if isinstance(record, Freeze):
            kind, state = record.type.value, _phase(record, at.moment)
            count = int(np.count_nonzero(covered(at.estate, record) & at.estate.live))
        else:
            kind = record.type.value if isinstance(record, Change) else f"P{record.priority}"
            state = told.state
        refs = [at.ref(ci) for ci in cis[:SHOWN_CIS]]
        with_ = sorted(self._colliding.get(told.key, ()))
        return CalendarItem(told.kind, told.key, told.title, kind, state, told.start, told.end, refs, count, with_)

    def rows(self) -> Iterator[tuple[object, ...]]:
        """Every item as a row of `COLUMNS`."""
        for item in self.page(None).nodes:
            names = "; ".join(ref.id for ref in item.cis) + ("; …" if item.ci_count > len(item.cis) else "")
            yield (
                item.kind.value,
                item.key,
                item.title,
                item.type,
                item.state,
                item.start,
                item.end,
                names,
                item.ci_count,
                "; ".join(item.collides_with),
            )


def calendar(standing: Standing, start: datetime, end: datetime) -> Calendar:
    """The calendar from `start` up to, not including, `end`.

    Raises `InvalidInput` BAD_DATE, END_BEFORE_START, and OUT_OF_RANGE for more than a year.
    """
    problems: list[Problem] = []
    for place, at in (("from", start), ("to", end)):
        try:
            checked_moment(at, place)
        except InvalidInput as error:
            problems += error.problems
    if not problems and end <= start:
        problems.append(Problem("END_BEFORE_START", "to", shown(end.isoformat()), f"after from, {start.isoformat()}"))
    if not problems and end - start > LONGEST:
        problems.append(Problem("OUT_OF_RANGE", "to", f"{(end - start).days} days", f"at most {LONGEST.days} days"))
    if problems:
        raise InvalidInput(problems)
    return Calendar(standing, Window(start, end))


def freeze_window(standing: Standing, freeze: Freeze, revision: int | None = None) -> FreezeWindow:
    """A freeze window as it is shown; `revision` is the one that made it so, if it is not the newest."""
    return FreezeWindow(
        key=str(freeze.key),
        number=freeze.number,
        source=freeze.source,
        title=freeze.title,
        type=freeze.type,
        start=freeze.start,
        end=freeze.end,
        cancelled=freeze.cancelled,
        cis=[standing.ref(part.ci) for part in freeze.cis],
        kinds=list(freeze.kinds),
        sectors=list(freeze.sectors),
        covered=int(np.count_nonzero(covered(standing.estate, freeze) & standing.estate.live)),
        revision=standing.book.revisions.get(freeze.key, 0) if revision is None else revision,
    )


def freezes(standing: Standing, start: datetime | None, end: datetime | None, cancelled: bool = False) -> list[Freeze]:
    """Freeze and blackout windows of a span (each end may be open), by start. Raises `InvalidInput` BAD_DATE."""
    start, end = checked_moment(start, "from"), checked_moment(end, "to")
    found = [
        freeze
        for freeze in standing.book.freezes.values()
        if (cancelled or not freeze.cancelled)
        and (start is None or freeze.end > start)
        and (end is None or freeze.start < end)
    ]
    return sorted(found, key=place)


def ordered(found: Sequence[T], order: Callable[[T], str], first: int | None, after: str | None) -> Page[T]:
    """A page of a list that is in order of `order`: at most `first` (None: all) behind the cursor `after`.

    Raises `BadCursor`.
    """
    start = 0
    if after is not None:
        weight, text = decode_cursor(after)
        if weight:
            raise BadCursor("not a cursor of this list")
        start = bisect_right(found, text, key=order)
    shown_ = list(found[start : None if first is None else start + first])
    end = encode_cursor(0, order(shown_[-1])) if shown_ else None
    return Page(shown_, len(found), end, start + len(shown_) < len(found))


def place(record: Change | Freeze | Incident) -> str:
    """Where a record stands in a list: by start, then by kind and key."""
    start = record.start if isinstance(record, Freeze) else record.window.start
    return f"{start:%Y-%m-%dT%H:%M:%S.%f} {record.kind} {record.key}"


def _phase(freeze: Freeze, now: datetime) -> str:
    if freeze.start <= now:
        return "going_on" if now < freeze.end else "over"
    return "planned"
