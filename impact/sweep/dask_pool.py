"""A sweep over the workers of a `dask.distributed` scheduler, on this machine or others. Needs the extra `dask`.

Workers must have this package, of the same version. Each gets the lineup once, and keeps scratch for it, one for each
of its threads, until the sweep is over.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from threading import Lock, get_ident
from typing import Any
from uuid import uuid4

import numpy as np

from impact.kernels.alone import CIS
from impact.kernels.jit import compile_kernels
from impact.kernels.together import LANES
from impact.kernels.types import I32
from impact.sweep.lineup import Lineup
from impact.sweep.pool import SHARES, dependents_first, hubs, parted, split
from impact.sweep.work import MOST, Share, Worker

MANY = 256
"""CIs that a failure must hit for others to be told of it."""
TIMEOUT = 10.0
"""Seconds to wait for the scheduler."""


class SchedulerUnavailable(RuntimeError):
    """The scheduler of a sweep cannot be reached, has no workers, or was lost; or `distributed` is not installed."""

    code = "SCHEDULER_UNAVAILABLE"

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        super().__init__(f"dask scheduler {address}: {reason}")


@dataclass(frozen=True)
class Task:
    """What every share of one sweep needs."""

    name: str
    lineup: Lineup
    most: int


@dataclass
class Place:
    """Where one thread of a worker works: its scratch, and how many CIs failures are known to hit, by place in line."""

    worker: Worker
    hits: I32


Known = tuple[I32, I32] | None
Work = Callable[[Task, I32, Known], Share]
Piece = tuple[Work, I32]
_places: dict[tuple[str, int], Place] = {}
_lock = Lock()


class DaskPool:
    """Settles the failures of a sweep on all workers of the scheduler at `address`, such as `tcp://10.0.0.7:8786`.

    Raises `SchedulerUnavailable` when asked for shares. Connects for each sweep, and leaves nothing behind.
    """

    def __init__(self, address: str, timeout: float = TIMEOUT) -> None:
        self.address = address
        self._timeout = timeout

    def shares(self, lineup: Lineup, sources: I32) -> Iterator[Share]:
        """First the hubs; then what is known to hit many CIs together, beside all else; then what is left of that."""
        with self._connected() as client:
            threads = sum(client.nthreads().values())
            if not threads:
                raise SchedulerUnavailable(self.address, "it has no workers")
            name, hits, hub = uuid4().hex, np.zeros(len(lineup.line), np.int32), hubs(lineup, sources)
            task: Any = client.scatter(Task(name, lineup, MOST), broadcast=True, hash=False)

            def alone(some: I32) -> list[Piece]:
                return [(small, part) for part in parted(dependents_first(some), threads * SHARES)]

            def large(some: I32) -> list[Piece]:
                return [(together, part) for part in parted(some, len(some) // LANES + 1)]

            try:
                yield from _settled(client, task, alone(sources[hub]), threads, hits)
                many, rest = split(lineup, sources, hub, hits, MOST)
                yield from _settled(client, task, [*large(many), *alone(rest)], threads, hits)
                yield from _settled(client, task, large(rest[hits[rest] > MOST]), threads, hits)
            finally:
                client.run(forget, name)

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """A client of the scheduler; what goes wrong between them is one error."""
        try:
            from distributed import Client, KilledWorker
        except ImportError as error:
            raise SchedulerUnavailable(self.address, "the package `distributed` is not installed") from error
        try:
            client = Client(self.address, timeout=self._timeout, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise SchedulerUnavailable(self.address, str(error) or "no answer") from error
        with client:
            try:
                yield client
            except (OSError, TimeoutError, CancelledError, KilledWorker) as error:
                raise SchedulerUnavailable(self.address, str(error) or type(error).__name__) from error


def _settled(client: Any, task: Any, pieces: list[Piece], threads: int, hits: I32) -> Iterator[Share]:
    """The shares of some pieces of work as they are done. How many CIs failures hit is noted in `hits`, as far as they
    are counted; more than MOST for those handed back unsettled.

    Few are under way at a time: each is told which failures are known to hit many CIs when it is sent.
    """
    from distributed import as_completed

    if not pieces:
        return
    left = iter(pieces)
    sent: dict[str, I32] = {}

    def send(count: int) -> list[Any]:
        many = np.nonzero(hits >= MANY)[0].astype(np.int32)
        known, futures = (many, hits[many]), []
        for work, part in islice(left, count):
            futures.append(client.submit(work, task, part, known if work is small else None, pure=False))
            sent[futures[-1].key] = part
        return futures

    running = as_completed(send(2 * threads), loop=client.loop)
    for done in running:
        part, share = sent.pop(done.key), done.result()
        done.release()
        hits[part] = MOST + 1
        hits[share.sources] = share.table[:, CIS : CIS + 3].sum(axis=1)
        yield share
        running.update(send(1))


def small(task: Task, sources: I32, known: Known) -> Share:
    """Settle those of some sources that hit few CIs, given some failures and how many CIs these hit."""
    place = place_for(task)
    if known:
        place.hits[known[0]] = known[1]
    return place.worker.small(sources, place.hits, task.most)


def together(task: Task, sources: I32, _known: Known) -> Share:
    """Settle some sources together."""
    return place_for(task).worker.large(sources)


def place_for(task: Task) -> Place:
    """The place of this thread for a task."""
    key = (task.name, get_ident())
    with _lock:
        compile_kernels()
        if key not in _places:
            _places[key] = Place(Worker(task.lineup), np.zeros(len(task.lineup.line), np.int32))
        return _places[key]


def forget(name: str) -> None:
    """Give back the scratch of a sweep."""
    with _lock:
        for key in [key for key in _places if key[0] == name]:
            del _places[key]
