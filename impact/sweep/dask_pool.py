"""A sweep over the workers of a `dask.distributed` scheduler, on this machine or others. Needs the extra `dask`.

Workers must have this package, of the same version. Each gets the lineup once, and keeps scratch for it, one for each
of its threads, until the sweep is over.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, get_ident
from typing import Any
from uuid import uuid4

import numpy as np

from impact.kernels.jit import compile_kernels
from impact.kernels.types import B1, I32
from impact.sweep.lineup import Lineup
from impact.sweep.pool import SHARES, parted
from impact.sweep.work import Share, Worker

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
    """Where one thread of a worker works: its scratch, and the failures it knows to be large, by place in line."""

    worker: Worker
    large: B1


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
            large[sources] = True
            try:
                for share in _settled(client, small, Task(f"{name}-small", lineup, sources[::-1]), threads):
                    large[share.sources] = False
                    yield share
                rest = sources[large[sources]]
                if len(rest):
                    yield from _settled(client, together, Task(f"{name}-large", lineup, rest), threads)
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


def _settled(client: Any, work: Callable[[Task, int, int], Share], task: Task, threads: int) -> Iterator[Share]:
    """The shares of a task as they are done."""
    from distributed import as_completed

    everywhere = client.scatter(task, broadcast=True, hash=False)
    ends = np.cumsum([len(part) for part in parted(task.sources, threads * SHARES)]).tolist()
    futures = client.map(work, [everywhere] * len(ends), [0, *ends[:-1]], ends, pure=False)
    for done in as_completed(futures, loop=client.loop):
        yield done.result()
        done.release()


def small(task: Task, begin: int, end: int) -> Share:
    """Settle those of a part of the sources that hit few CIs."""
    place = place_for(task)
    return place.worker.small(task.sources[begin:end], place.large)


def together(task: Task, begin: int, end: int) -> Share:
    """Settle a part of the sources together."""
    return place_for(task).worker.large(task.sources[begin:end])


def place_for(task: Task) -> Place:
    """The place of this thread for a task."""
    key = (task.name, get_ident())
    with _lock:
        compile_kernels()
        if key not in _places:
            _places[key] = Place(Worker(task.lineup), np.zeros(len(task.lineup.line), np.bool_))
        return _places[key]


def forget(name: str) -> None:
    """Give back the scratch of a sweep."""
    with _lock:
        for key in [key for key in _places if key[0].startswith(name)]:
            del _places[key]
