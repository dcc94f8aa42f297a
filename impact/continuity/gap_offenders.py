"""Who offends against a promise: every CI it cannot do without whose own value is worse."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact.continuity.gap_paths import MOST_MINUTES, hops, longest_path, minutes_of, taking
from impact.continuity.gap_report import GapType, Offender
from impact.continuity.gaps import Assessment, assessed
from impact.estate import Estate
from impact.kernels.types import I32, I64
from impact.kernels.worst import worse_below
from impact.paging import page
from impact.report import Page

EVERYTHING = -1
"""A limit that every value is beyond."""
MOST = 21
"""Bits of minutes that lists are sorted by."""


class Closure:
    """Walks down requirements, again and again over the same marks."""

    def __init__(self, found: Assessment) -> None:
        self._needs, size = found.needs.arrays, len(found.rto)
        self._mark, self._stamp = np.zeros(size, np.int32), 0
        self._queue, self._through = np.empty(size, np.int32), np.empty(size, np.int32)

    def worse(self, ci: int, worst: I64, limit: int) -> tuple[I32, I32]:
        """CIs that make `ci` worse than `limit`, itself first, the nearest next; and the place each was reached from.

        `worst` is by CI the worst of itself and all below. The arrays are overwritten by the next call.
        """
        self._stamp += 1
        count = worse_below.run(*self._needs, ci, worst, limit, self._mark, self._stamp, self._queue, self._through)
        return self._queue[:count], self._through[:count]

    def all(self, ci: int) -> I32:
        """Everything that `ci` needs, all members of pools and itself included."""
        return self.worse(ci, self._zeros, EVERYTHING)[0]

    @cached_property
    def _zeros(self) -> I64:
        return np.zeros(len(self._mark), np.int64)


@dataclass(frozen=True)
class Offending:
    """CIs below one whose promise they break, as places in a queue, the nearest first; `own` is by CI."""

    own: I64
    limit: int
    places: I32
    queue: I32
    through: I32

    def path(self, place: int) -> list[int]:
        """The CIs from the one asked about to the one at a place of the queue."""
        found = list[int]()
        while place >= 0:
            found.append(int(self.queue[place]))
            place = int(self.through[place])
        return found[::-1]

    def worst_path(self, worst: int) -> list[int]:
        """The path to the nearest CI whose own value is `worst`."""
        return self.path(next(int(p) for p in self.places if self.own[self.queue[p]] == worst))


def offending_below(found: Assessment, type_: GapType, ci: int, closure: Closure) -> Offending:
    """Who offends against the RTO (data: the RPO) of `ci`. What it returns holds until the closure is used again."""
    own, worst, promised = _columns(found, type_)
    limit = int(promised[ci])
    queue, through = closure.worse(ci, worst, limit)
    places = np.nonzero(own[queue] > limit)[0].astype(np.int32)
    return Offending(own, limit, places[places > 0] if limit >= 0 else places[:0], queue, through)


def _columns(found: Assessment, type_: GapType) -> tuple[I64, I64, I64]:
    """Own value, worst of own and below, and promise."""
    if type_ is GapType.promise:
        return found.rto, found.rto_and_below, found.rto
    return found.loss.low, found.loss_and_below, found.rpo


def offenders(estate: Estate, ci: int, type_: GapType, first: int | None, after: str | None = None) -> Page[Offender]:
    """Every CI whose own RTO (data loss) is worse than the promise of `ci`, and that it cannot do without, the worst
    first; for recovery, the CIs whose restore times add up, in that order. Raises `BadCursor`."""
    found = assessed(estate)
    if type_ is GapType.recovery:
        return _longest(estate, found, ci, first, after)
    offending = offending_below(found, type_, ci, Closure(found))
    cis = offending.queue[offending.places]

    def build(row: int) -> Offender:
        minutes = min(int(offending.own[cis[row]]), MOST_MINUTES)
        path = hops(estate, found, type_, offending.path(int(offending.places[row])))
        return Offender(estate.ref(int(cis[row])), minutes, minutes - offending.limit, path)

    return page(estate.register, cis, worst_first(offending.own[cis]), first, after, build)


def _longest(estate: Estate, found: Assessment, ci: int, first: int | None, after: str | None) -> Page[Offender]:
    path = longest_path(found, ci)
    late = min(int(found.short[GapType.recovery][ci]), MOST_MINUTES)
    cis = np.array(taking(found, path) if late else [], np.int32)

    def build(row: int) -> Offender:
        other = int(cis[row])
        part = path[: path.index(other) + 1]
        minutes = minutes_of(found, GapType.recovery, other) or 0
        return Offender(estate.ref(other), minutes, late, hops(estate, found, GapType.recovery, part))

    return page(estate.register, cis, np.arange(len(cis)), first, after, build)


def worst_first(minutes: I64) -> I64:
    """Weights that sort the most minutes first; above four years all are alike."""
    most = (1 << MOST) - 1
    return most - np.minimum(minutes, most)
