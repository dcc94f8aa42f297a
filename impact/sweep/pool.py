"""Who does the work of a sweep: threads of this process, or the workers of a dask scheduler."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Protocol

import numpy as np

from impact.kernels.together import LANES
from impact.kernels.types import I32
from impact.sweep.lineup import Lineup
from impact.sweep.work import Share, Worker

SHARES = 32
"""Shares for each worker, so that none waits long for another at the end."""


class Pool(Protocol):
    """Settles the failures of `sources`, places in `lineup`, in shares that come in any order."""

    def shares(self, lineup: Lineup, sources: I32) -> Iterator[Share]:
        """Every source in exactly one share."""
        ...


class Threads:
    """Threads of this process; the kernels let go of the interpreter lock."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count or os.cpu_count() or 1

    def shares(self, lineup: Lineup, sources: I32) -> Iterator[Share]:
        """The small failures first, dependents before providers; then the large ones."""
        workers: SimpleQueue[Worker] = SimpleQueue()
        count = min(self.count, max(1, len(sources) // 1_000))
        for _ in range(count):
            workers.put(Worker(lineup))
        large = np.zeros(len(lineup.line), np.bool_)

        def small(part: I32) -> Share:
            worker = workers.get()
            try:
                return worker.small(part, large)
            finally:
                workers.put(worker)

        def together(part: I32) -> Share:
            worker = workers.get()
            try:
                return worker.large(part)
            finally:
                workers.put(worker)

        with ThreadPoolExecutor(count) as threads:
            yield from threads.map(small, parted(sources[::-1], count * SHARES))
            rest = sources[large[sources]]
            yield from threads.map(together, parted(rest, len(rest) // LANES + 1))


def parted(sources: I32, count: int) -> list[I32]:
    """`sources` in at most `count` parts of whole batches."""
    width = max(LANES, -(-len(sources) // count // LANES) * LANES)
    return [sources[at : at + width] for at in range(0, len(sources), width)]
