"""One share of a sweep: the failures of some CIs, each alone. Pure functions of a `Lineup`, so that they can run in any
thread, process or machine."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from impact.kernels.alone import MISSED, WIDTH, fail_each
from impact.kernels.small import UNSETTLED, fail_small, new_desk
from impact.kernels.together import LANES, new_board
from impact.kernels.types import B1, I32
from impact.sweep.lineup import Lineup

MOST = 8_192
"""CIs hit beyond which a failure is settled together with others."""


@dataclass(frozen=True)
class Share:
    """What the failures of `sources` (places in line) do: rows of `kernels.alone` for all that are not `large`, and
    those whose recovery times a circle of dependencies keeps from being settled here."""

    sources: I32
    table: I32
    circle: B1


class Worker:
    """Scratch for the shares that one thread does, one after another."""

    def __init__(self, lineup: Lineup) -> None:
        self._lineup = lineup
        self._desk = tuple(new_desk(len(lineup.line), lineup.pools))
        self._board: tuple[Any, ...] | None = None

    def small(self, sources: I32, large: B1) -> Share:
        """Settle those of `sources` that hit few CIs; mark the others in `large`, by place."""
        table = np.zeros((len(sources), WIDTH), np.int32)
        fail_small.run(*self._lineup.arrays, sources, tuple(self._lineup.facts), self._desk, MOST, large, table)
        done = ~large[sources]
        return Share(sources[done], table[done], table[done, MISSED] == UNSETTLED)

    def large(self, sources: I32) -> Share:
        """Settle `sources` together."""
        if self._board is None:
            self._board = tuple(new_board(len(self._lineup.line), self._lineup.pools))
        table = np.zeros((len(sources), WIDTH), np.int32)
        lanes = fail_each.run(
            *self._lineup.arrays, sources, tuple(self._lineup.facts), self._board, self._lineup.circular, table
        )  # fmt: skip
        at = np.arange(len(sources))
        return Share(sources, table, (lanes[at // LANES] >> (at % LANES).astype(np.uint64) & np.uint64(1)) != 0)
