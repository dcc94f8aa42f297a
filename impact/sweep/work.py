"""One share of a sweep: the failures of some CIs, each alone. Pure functions of a `Lineup`, so that they can run in any
thread, process or machine."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from impact.kernels.alone import MISSED, WIDTH, fail_each
from impact.kernels.missed import LIMIT, NO_LIMIT, UNSETTLED, new_waits
from impact.kernels.small import fail_late, fail_small, new_desk
from impact.kernels.together import LANES, WIDE
from impact.kernels.types import B1, I32, U64
from impact.sweep.lineup import Lineup

MOST = 8_192
"""CIs hit beyond which a failure is settled together with others."""


@dataclass(frozen=True)
class Share:
    """What the failures of `sources` (places in line) do: rows of `kernels.alone`, and those whose recovery times a
    circle of dependencies keeps from being settled here."""

    sources: I32
    table: I32
    circle: B1


class Worker:
    """Scratch for the shares that one thread does, one after another."""

    def __init__(self, lineup: Lineup) -> None:
        self._lineup = lineup
        self._desk = tuple(new_desk(lineup.pools, lineup.facts))
        self._waits = tuple(new_waits(lineup.ahead, lineup.ranks))
        self._rows: tuple[U64, Any, int] | None = None

    def small(self, sources: I32, hits: I32, most: int) -> Share:
        """Settle those of `sources` that hit `most` CIs or fewer, and tell in `hits` how many each does, by place."""
        table, lineup = np.zeros((len(sources), WIDTH), np.int32), self._lineup
        if lineup.only_late:
            fail_late.run(sources, tuple(lineup.ahead), self._waits, table)
        else:
            fail_small.run(
                *lineup.arrays, sources, tuple(lineup.facts), tuple(lineup.ahead), self._desk, self._waits,
                lineup.inner, most, hits, table,
            )  # fmt: skip
        done = hits[sources] <= most
        return Share(sources[done], table[done], table[done, MISSED] == UNSETTLED)

    def large(self, sources: I32) -> Share:
        """Settle `sources` together."""
        if self._rows is None:
            self._rows = self._new_rows()
        table = np.zeros((len(sources), WIDTH), np.int32)
        lineup, (now, times, cap) = self._lineup, self._rows
        lanes = fail_each.run(
            tuple(lineup.needs), lineup.pools, sources, tuple(lineup.facts), tuple(lineup.lists), tuple(lineup.ahead),
            lineup.circular, now, times, cap, table,
        )  # fmt: skip
        at = np.arange(len(sources))
        return Share(sources, table, (lanes.ravel()[at // 64] >> (at % 64).astype(np.uint64) & np.uint64(1)) != 0)

    def _new_rows(self) -> tuple[U64, Any, int]:
        """Rows of states, and of times, as narrow as what they are compared with allows; and where those end."""
        table, size = self._lineup.ahead.table, len(self._lineup.line)
        limits = table[:, LIMIT][table[:, LIMIT] < NO_LIMIT]
        cap = int(limits.max(initial=0)) + 2
        width = next((width for width in (np.uint8, np.uint16) if cap <= np.iinfo(width).max), np.int32)
        return np.empty((size, WIDE), np.uint64), np.empty((len(table), LANES), width), cap
