"""Who does the work of a sweep: threads of this process, or the workers of a dask scheduler."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Protocol

import numpy as np

from impact.kernels.small import pass_on
from impact.kernels.together import LANES
from impact.kernels.types import B1, I32
from impact.sweep import work
from impact.sweep.lineup import Lineup
from impact.sweep.work import Share, Worker

SHARES = 32
"""Shares for each worker, so that none waits long for another at the end."""
HUB = 8
"""Dependents from which on a CI may hit many."""
MEANWHILE = 8
"""Shares to do while one thread prepares what failures are settled together with."""
Task = Callable[[Worker], Share]


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
        """First the hubs; then what is known to hit many CIs together, beside all else; then what is left of that."""
        workers: SimpleQueue[Worker] = SimpleQueue()
        count = min(self.count, max(1, len(sources) // 1_000))
        for _ in range(count):
            workers.put(Worker(lineup))
        hits, most, hub = np.zeros(len(lineup.line), np.int32), work.MOST, hubs(lineup, sources)

        def done(task: Task) -> Share:
            worker = workers.get()
            try:
                return task(worker)
            finally:
                workers.put(worker)

        def alone(some: I32) -> list[Task]:
            parts = parted(dependents_first(some), count * SHARES)
            return [partial(Worker.small, sources=part, hits=hits, most=most) for part in parts]

        def together(some: I32) -> list[Task]:
            prepared = threads.submit(lambda: lineup.needs) if len(some) else None

            def settled(worker: Worker, part: I32) -> Share:
                if prepared:
                    prepared.result()
                return worker.large(part)

            return [partial(settled, part=part) for part in parted(some, len(some) // LANES + 1)]

        with ThreadPoolExecutor(count) as threads:
            yield from threads.map(done, alone(sources[hub]))
            large, rest = split(lineup, sources, hub, hits, most)
            first, others = together(large), alone(rest)
            yield from threads.map(done, [*others[:MEANWHILE], *first, *others[MEANWHILE:]])
            yield from threads.map(done, together(rest[hits[rest] > most]))


def hubs(lineup: Lineup, sources: I32) -> B1:
    """Which of `sources` have many dependents."""
    return np.diff(lineup.nodes[:, 0])[sources] >= HUB


def split(lineup: Lineup, sources: I32, hub: B1, hits: I32, most: int) -> tuple[I32, I32]:
    """What is left when the hubs are settled: the sources that hit more CIs than `most`, by what is known of them and
    of those that they take down; and the others."""
    left = ~hub | (hits[sources] > most)
    pass_on.run(lineup.nodes, lineup.words, most, hits)
    large = hits[sources] > most
    return sources[left & large], sources[left & ~large]


def dependents_first(sources: I32) -> I32:
    """Places in line, the last first: what a CI takes down is known before it is looked at."""
    return np.ascontiguousarray(sources[::-1])


def parted(sources: I32, count: int) -> list[I32]:
    """`sources` in at most `count` parts of whole batches."""
    width = max(LANES, -(-len(sources) // count // LANES) * LANES)
    return [sources[at : at + width] for at in range(0, len(sources), width)]
