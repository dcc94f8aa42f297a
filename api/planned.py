"""Changes, incidents and freeze windows as the engine takes them, kept from one question to the next."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar, cast

import numpy as np

from cmdb.model.ci import CiId
from cmdb.model.record import RecordKey
from cmdb.records.book import Book
from cmdb.records.kinds import FreezeType
from cmdb.records.record_types import Change, Freeze, Incident
from cmdb.records.times import Window
from impact.estate import Estate
from impact.kernels.types import B1
from impact.register import Register
from impact.reviews.planned import Frozen, Planned, planned, seconds
from impact.states import ImpactState

T = TypeVar("T")
MOST_KEPT = 64
"""Answers about changes that are kept."""


class KeptPlans:
    """The planned values of one store's records. Safe to use from any thread.

    A value is made anew when its record was written, or when a CI joined or left the estate. Answers are kept too.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._register: Register | None = None
        self._known: dict[RecordKey, tuple[Change, datetime | None, Planned]] = {}
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()

    def kept(self, about: Hashable, answer: Callable[[], T]) -> T:
        """What `answer` says; what it said before, if it was asked about the same among the last `MOST_KEPT`."""
        with self._lock:
            if about in self._answers:
                self._answers.move_to_end(about)
                return cast(T, self._answers[about])
        found = answer()
        with self._lock:
            self._answers[about] = found
            while len(self._answers) > MOST_KEPT:
                self._answers.popitem(last=False)
        return found

    def changes(self, estate: Estate, changes: Iterable[Change], now: datetime) -> list[Planned]:
        """Planned changes, as they look at a moment."""
        with self._lock:
            if not _same(self._register, estate.register):
                self._register, self._known = estate.register, {}
            return [self._change(estate, change, now) for change in changes]

    def _change(self, estate: Estate, change: Change, now: datetime) -> Planned:
        start, end = change.window_at(now)
        known = self._known.get(change.key)
        if known is not None and known[0] is change and known[1] == end:
            return known[2]
        found = planned(estate, str(change.key), levels(change), start, end)
        self._known[change.key] = change, end, found
        return found

    def incidents(self, estate: Estate, book: Book, now: datetime) -> list[Planned]:
        """Open incidents with the states that their CIs are in at a moment."""
        return [
            planned(estate, name_of(incident, book), _levels(incident.states_at(now)), incident.started_at, None, True)
            for incident in book.open_incidents()
        ]

    def freezes(self, estate: Estate, book: Book, window: Window) -> list[Frozen]:
        """Freeze and blackout windows that overlap a window, with the CIs they cover."""
        return [
            Frozen(
                str(freeze.key),
                seconds(freeze.start),
                seconds(freeze.end),
                freeze.type is FreezeType.blackout,
                covered(estate, freeze),
            )
            for freeze in book.freezes_in(window)
        ]


def levels(change: Change) -> dict[str, int]:
    """The level that each CI of a change is put in."""
    return _levels({part.ci: part.state for part in change.cis})


def _levels(states: Mapping[CiId, str]) -> dict[str, int]:
    return {ci: int(ImpactState[state].level) for ci, state in states.items()}


def name_of(incident: Incident, book: Book) -> str:
    """The key of an incident as text; with its kind before it where a change has the same."""
    twin = incident.key._replace(kind=Change.kind)
    return f"incident {incident.key}" if twin in book.changes else str(incident.key)


def covered(estate: Estate, freeze: Freeze) -> B1:
    """Which CIs of an estate a freeze window covers: named ones, and those of its kinds (abstract ones stand for their
    descendants) and sectors; where nothing is named, all."""
    if not (freeze.cis or freeze.kinds or freeze.sectors):
        return np.ones(estate.size, np.bool_)
    words = estate.vocabulary
    kinds = list(words.descended(*freeze.kinds))
    sectors = [words.sector_number[sector] for sector in freeze.sectors if sector in words.sector_number]
    marks: B1 = np.isin(estate.kind, kinds) | np.isin(estate.sector, sectors)
    for part in freeze.cis:
        at = estate.register.find(part.ci)
        if at is not None:
            marks[at] = True
    return marks


def _same(before: Register | None, after: Register) -> bool:
    """Whether every id has the same index in both registers."""
    if before is None:
        return False
    return before is after or (before.ids is after.ids and before.size == after.size and before.gone == after.gone)
