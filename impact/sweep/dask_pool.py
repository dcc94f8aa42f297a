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

from impact.kernels.jit import compile_kernels
from impact.kernels.types import B1, I32
from impact.sweep.lineup import Lineup
from impact.sweep.pool import SHARES, parted
from impact.sweep.work import MOST, Share, Worker

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
    """What every share of one sweep needs: `sources` stand in the order in which they are to be settled."""

    name: str
    lineup: Lineup
    sources: I32


@dataclass
class Place:
    """Where one thread of a worker works: its scratch, and how many CIs failures are known to hit, by place in line."""

    worker: Worker
    hits: I32


Work = Callable[[Task, int, int, I32], Share]
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
        """The small failures first, dependents before providers; then the large ones."""
        with self._connected() as client:
            threads = sum(client.nthreads().values())
            if not threads:
                raise SchedulerUnavailable(self.address, "it has no workers")
            name = uuid4().hex
            large = np.zeros(len(lineup.line), np.bool_)
            try:
                task = Task(f"{name}-small", lineup, sources[::-1])
                for part, share in _settled(client, small, task, threads, large):
                    large[part] = True
                    large[share.sources] = False
                    yield share
                task = Task(f"{name}-large", lineup, sources[large[sources]])
                for _, share in _settled(client, together, task, threads, large):
                    yield share
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


def _settled(client: Any, work: Work, task: Task, threads: int, large: B1) -> Iterator[tuple[I32, Share]]:
    """The shares of a task as they are done, each with its part of the sources.

    Few are under way at a time: each is told which failures are known to be `large` when it is sent.
    """
    from distributed import as_completed

    if not len(task.sources):
        return
    everywhere = client.scatter(task, broadcast=True, hash=False)
    parts = parted(task.sources, threads * SHARES)
    left = iter(zip(np.cumsum([0, *map(len, parts)]).tolist(), parts, strict=False))
    sent: dict[str, I32] = {}

    def send(count: int) -> list[Any]:
        known = np.nonzero(large)[0].astype(np.int32)
        futures = []
        for begin, part in islice(left, count):
            futures.append(client.submit(work, everywhere, begin, begin + len(part), known, pure=False))
            sent[futures[-1].key] = part
        return futures

    running = as_completed(send(2 * threads), loop=client.loop)
    for done in running:
        yield sent.pop(done.key), done.result()
        done.release()
        running.update(send(1))


def small(task: Task, begin: int, end: int, known: I32) -> Share:
    """Settle those of a part of the sources that hit few CIs, given some `known` to be large."""
    place = place_for(task)
    place.hits[known] = MOST + 1
    return place.worker.small(task.sources[begin:end], place.hits, MOST)


def together(task: Task, begin: int, end: int, _known: I32) -> Share:
    """Settle a part of the sources together."""
    return place_for(task).worker.large(task.sources[begin:end])


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
        for key in [key for key in _places if key[0].startswith(name)]:
            del _places[key]
