"""Records as questions take them: what stands in the book beside the graph, now or as of a revision, at a moment."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from api.scenario import checked_moment, recorded
from api.workspace import Workspace
from cmdb.model.errors import InvalidInput, ValueFault
from cmdb.model.record import RecordKey, parse_key
from cmdb.model.revision import parse_revision
from cmdb.records.book import Book, SeenBook
from cmdb.records.record_types import Change, Incident
from cmdb.store.port import Change as Written
from cmdb.store.port import Head
from impact.estate import Estate
from impact.incidents.values import ChangeCase, IncidentCase, Part
from impact.paging import BadCursor, decode_cursor, encode_cursor
from impact.question import Asked, Question, ask
from impact.report import CiRef, Page
from impact.snapshot import Seen
from impact.stale import StaleSource
from impact.states import Assumption, ImpactState
from impact.walk import expect_many

T = TypeVar("T")
DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Standing:
    """What is recorded, now or as of a revision (`head`), and the `moment` that states and clocks are told for.

    The book is read before the graph, so that what a record names is in the graph. Its fields raise
    `StoreUnavailable` where nothing was ever seen, or as of a revision while the store is away.
    """

    workspace: Workspace
    moment: datetime
    head: Head | None = None

    @cached_property
    def records(self) -> SeenBook:
        """The book, and whether it is known to be the newest."""
        if self.head is None:
            return self.workspace.records()
        newest = self.workspace.store.head()
        if newest == self.head:
            seen = self.workspace.records()
            if seen.book.head == self.head:
                return seen
        return SeenBook(self.workspace.book.as_of(self.head), datetime.now(UTC), True)

    @cached_property
    def seen(self) -> Seen:
        """The graph, marked not live if it or the book is not; then as old as the older of them."""
        records = self.records
        seen = self.workspace.seen() if self.head is None else self.workspace.snapshot.as_of(self.head)
        if records.live or not seen.live:
            return seen
        return replace(seen, live=False, checked_at=min(seen.checked_at, records.checked_at))

    @property
    def book(self) -> Book:
        return self.records.book

    @property
    def estate(self) -> Estate:
        return self.seen.estate

    @cached_property
    def checked_at(self) -> datetime:
        """When the answer was last known to be the newest, on the clock that `moment` is read from."""
        return self.moment - max(datetime.now(UTC) - self.seen.checked_at, timedelta(0))

    @cached_property
    def stale(self) -> tuple[StaleSource, ...]:
        """The sources not heard of for too long, at the time that the graph is of."""
        return self.workspace.stale_sources(self.estate.recorded_at if self.seen.as_of else None)

    @cached_property
    def asked(self) -> Asked:
        """How questions are asked: at the moment, of the graph as it is seen."""
        return Asked(self.moment, self.checked_at, self.seen.live, self.seen.as_of, self.stale)

    def ask(
        self, given: Sequence[Assumption] = (), began: datetime | None = None, declared: datetime | None = None
    ) -> Question:
        """What a scenario does at the moment. Raises `UnknownCi` and `ContradictoryScenario`."""
        return ask(self.estate, given, self.asked, began, declared)

    def ref(self, ci: str) -> CiRef:
        """A CI by id, named as in the graph; one that is not in it by its id alone."""
        at = self.estate.register.find(ci)
        return CiRef(ci, "", ci) if at is None else self.estate.ref(at)

    def knows(self, ci: str) -> bool:
        """Whether a CI is in the graph."""
        return self.estate.register.find(ci) is not None

    def case(self, incident: Incident) -> IncidentCase:
        """An incident with its CIs by index; those that are not in the graph are left out."""
        cause = incident.cause
        return IncidentCase(
            key=str(incident.key),
            number=incident.number,
            title=incident.title,
            state=incident.state.value,
            started_at=incident.started_at,
            detected_at=incident.detected_at,
            declared_at=incident.declared_at,
            resolved_at=incident.resolved_at,
            parts=tuple(self._parts(incident)),
            priority=incident.priority,
            major=incident.major,
            major_reason=incident.major_reason.value if incident.major_reason else "",
            cause=cause.type.value if cause else "",
            cause_change=(cause.change or "") if cause else "",
        )

    def _parts(self, incident: Incident) -> Iterator[Part]:
        find = self.estate.register.find
        for part in incident.cis:
            at = find(part.ci)
            if at is not None:
                yield Part(at, int(ImpactState[part.state].level), part.since, part.until)

    def change_case(self, change: Change) -> ChangeCase:
        """A change with its CIs by index; those that are not in the graph are left out."""
        found = (self.estate.register.find(planned.ci) for planned in change.cis)
        window = change.window
        return ChangeCase(
            key=str(change.key),
            number=change.number,
            title=change.title,
            type=change.type.value,
            state=change.state.value,
            start=window.start,
            end=window.end or change.end,
            cis=tuple(at for at in found if at is not None),
            outcome=change.outcome,
        )


def standing(workspace: Workspace, as_of: str | None = None, at: datetime | None = None) -> Standing:
    """What is recorded now, or as of a revision or time; states are told for `at`.

    Without `at` the moment is now, or the time that `as_of` gives, or when the revision that it names was recorded.
    Raises `InvalidInput` and `StoreUnavailable`.
    """
    moment = checked_moment(at, "at")
    head = None if as_of is None else recorded(workspace.inventory, as_of)
    found = Standing(workspace, moment or _told(as_of, head) or workspace.clock(), head)
    expect_many(found.estate.graph)
    return found


def _told(as_of: str | None, head: Head | None) -> datetime | None:
    """The moment that `as_of` speaks of."""
    if as_of is None or head is None:
        return None
    told = parse_revision(as_of)
    return head.recorded_at if isinstance(told, int) else told


def key_of(kind: str, text: str, place: str = "") -> RecordKey:
    """The key that a number stands for. Raises `InvalidInput` BAD_NUMBER."""
    try:
        return parse_key(kind, text)
    except ValueFault as fault:
        raise InvalidInput([fault.at(place or kind)]) from None


def in_order(key: RecordKey) -> tuple[tuple[tuple[int, int | str], ...], str]:
    """What records are listed by: the number, with its digits compared as numbers, then the source."""
    parts = DIGITS.split(key.number)
    return tuple((1, int(p[:18])) if p.isdecimal() else (0, p) for p in parts if p), key.source


def page_of(
    found: Sequence[T], key: Callable[[T], RecordKey], first: int | None, after: str | None, kind: str
) -> Page[T]:
    """Records by number: at most `first` behind the cursor `after`. Raises `BadCursor`."""
    ordered = sorted(found, key=lambda one: in_order(key(one)))
    start = 0
    if after is not None:
        last = in_order(_key_in(after, kind))
        start = sum(in_order(key(one)) <= last for one in ordered)
    shown = ordered[start:] if first is None else ordered[start : start + first]
    end = encode_cursor(0, str(key(shown[-1]))) if shown else None
    return Page(list(shown), len(ordered), end, start + len(shown) < len(ordered))


def _key_in(cursor: str, kind: str) -> RecordKey:
    weight, text = decode_cursor(cursor)
    try:
        if weight == 0:
            return parse_key(kind, text)
    except ValueFault:
        pass
    raise BadCursor("not a cursor of this list")


def listed(found: Sequence[T], first: int, after: str | None) -> Page[T]:
    """A page of a list in an order of its own: at most `first` behind the cursor `after`. Raises `BadCursor`."""
    start = 0
    if after is not None:
        start, text = decode_cursor(after)
        if text:
            raise BadCursor("not a cursor of this list")
    shown = list(found[start : start + first])
    end = start + len(shown)
    return Page(shown, len(found), encode_cursor(end, "") if shown else None, end < len(found))


@dataclass(frozen=True)
class Revised:
    """One revision of a record: `fields` are those with another value than before."""

    change: Written
    fields: list[str] = field(default_factory=list)


def record_history(
    workspace: Workspace, key: RecordKey, first: int, before: int | None = None
) -> tuple[list[Revised], int | None]:
    """Revisions of a record, newest first, at most `first`; and what to give as `before` for older ones."""
    found = workspace.store.record_history(key, first + 1, before)
    shown = [Revised(change, _changed(change)) for change in found[:first]]
    return shown, shown[-1].change.revision if shown and len(found) > first else None


def _changed(change: Written) -> list[str]:
    old, new = _body(change.before), _body(change.after)
    return [name for name in {**new, **old} if old.get(name) != new.get(name)]


def _body(side: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return {} if side is None else side
