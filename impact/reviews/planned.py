"""What a review is about: scenarios with a window, freeze windows, and what is stated of the change itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import overload

import numpy as np

from impact.estate import Estate
from impact.kernels.types import B1, I32, I64, U8

FOREVER = 2**62
"""The end of what is open."""
NONE = np.empty(0, np.int32)


@dataclass(frozen=True, eq=False)
class Planned:
    """A planned change or an open incident.

    `cis` are indices of the estate, each once; `levels` the state each is put in (0 to 3). Level 0 is no assumption:
    the CI is changed and stays operational, and hides nothing. `start` and `end` are seconds since 1970-01-01 UTC,
    half-open; `end` None: open. `missing` are ids it names that the estate does not hold.
    """

    key: str
    cis: I32
    levels: U8
    start: int
    end: int | None = None
    incident: bool = False
    missing: tuple[str, ...] = ()

    @property
    def until(self) -> int:
        """The end as a number, `FOREVER` if open."""
        return FOREVER if self.end is None else self.end

    def overlaps(self, start: int, until: int) -> bool:
        """Whether any moment of it lies in a half-open window."""
        return self.start < until and start < self.until


class Plans(Sequence[Planned]):
    """Many planned changes and incidents, laid out so that those at a time or about some CIs are found at once.

    Worth keeping for as long as none of them changes: every review asks it.
    """

    def __init__(self, plans: Iterable[Planned]) -> None:
        self._plans = tuple(plans)
        self.starts: I64 = np.array([one.start for one in self._plans], np.int64)
        self.untils: I64 = np.array([one.until for one in self._plans], np.int64)
        self._cis: I32 = np.concatenate([NONE, *(one.cis for one in self._plans)]).astype(np.int32)
        self._count: I64 = np.array([len(one.cis) for one in self._plans], np.int64)
        self._begin: I64 = np.cumsum(self._count) - self._count

    @classmethod
    def of(cls, plans: Sequence[Planned]) -> "Plans":
        """As given, laid out if they are not yet."""
        return plans if isinstance(plans, cls) else cls(plans)

    @overload
    def __getitem__(self, at: int) -> Planned: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Planned, ...]: ...
    def __getitem__(self, at: int | slice) -> Planned | tuple[Planned, ...]:
        return self._plans[at]

    def __len__(self) -> int:
        return len(self._plans)

    def around(self, subject: Planned) -> I64:
        """Places of those that overlap the window of `subject`, itself (by its key) left out."""
        found = np.nonzero((self.starts < subject.until) & (subject.start < self.untils))[0]
        return np.array([at for at in found.tolist() if self._plans[at].key != subject.key], np.int64)

    def touching(self, marks: B1, among: I64) -> list[Planned]:
        """Those at some places that name a marked CI."""
        count = self._count[among]
        rows = np.arange(int(count.sum())) + np.repeat(self._begin[among] - (np.cumsum(count) - count), count)
        hit = np.zeros(len(among), np.bool_)
        hit[np.repeat(np.arange(len(among)), count)[marks[self._cis[rows]]]] = True
        return [self._plans[at] for at in among[hit].tolist()]


@dataclass(frozen=True, eq=False)
class Frozen:
    """A freeze (`blackout` false) or blackout window, [start, end) in seconds; `covers` marks CIs by index."""

    key: str
    start: int
    end: int
    blackout: bool
    covers: B1


@dataclass(frozen=True)
class Stated:
    """What is stated of the change under review: its type (standard, normal, emergency), when it was requested
    (seconds), how many minutes taking it back needs (None: not known)."""

    type: str
    requested_at: int
    back_out_minutes: int | None = None


def planned(
    estate: Estate, key: str, states: dict[str, int], start: datetime, end: datetime | None, incident: bool = False
) -> Planned:
    """A planned value from ids and levels; ids that the estate does not hold become its `missing`."""
    places = {ci: estate.register.find(ci) for ci in states}
    found = {at: states[ci] for ci, at in places.items() if at is not None}
    cis, levels = np.array(list(found), np.int32), np.array(list(found.values()), np.uint8)
    missing = tuple(ci for ci, at in places.items() if at is None)
    return Planned(key, cis, levels, seconds(start), None if end is None else seconds(end), incident, missing)


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970-01-01 UTC."""
    return int(moment.timestamp())


def moment(at: int) -> datetime:
    """The moment of a number of seconds, in UTC."""
    return datetime.fromtimestamp(at, UTC)


def ending(at: int) -> datetime | None:
    """The moment of an end; None for what is open."""
    return None if at >= FOREVER else moment(at)
