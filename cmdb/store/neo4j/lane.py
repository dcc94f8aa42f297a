"""A driver and the threads that use it: work that the database never answers is given up after a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock, Thread
from time import monotonic
from typing import TypeVar

from neo4j import Driver
from neo4j.exceptions import DriverError, Neo4jError

from cmdb.store.port import StoreUnavailable

R = TypeVar("R")
CLOSED = "the store is closed"
SILENT = "the database does not answer"


class Lane:
    """Runs work with a driver that `connect` makes, in at most `threads` threads of its own.

    The driver waits for an answer as long as the server told it to, minutes if it is paused or cut off. So the
    waiting is done by another thread; when `abandon` is set, the connections of a driver that kept silent are closed,
    which ends the threads that wait for it, and a new driver takes its place.
    """

    def __init__(self, name: str, threads: int, connect: Callable[[], Driver], *, abandon: bool) -> None:
        self._connect, self._abandon = connect, abandon
        self._lock, self._closed = Lock(), False
        self._threads = ThreadPoolExecutor(threads, f"neo4j-{name}")
        self._driver = connect()

    def run(
        self, work: Callable[[Driver], R], seconds: float, late: str = SILENT,
        alive: Callable[[], bool] = lambda: True, every: float = 60.0,
    ) -> R:  # fmt: skip
        """What `work` returns or raises within `seconds`, as long as `alive` says yes, asked `every` so many seconds.

        Otherwise raises `StoreUnavailable` with the reason `late`.
        """
        deadline = monotonic() + seconds
        with self._lock:
            if self._closed:
                raise StoreUnavailable(CLOSED)
            driver = self._driver
            future = self._threads.submit(work, driver)
        while True:
            try:
                return future.result(min(every, max(deadline - monotonic(), 0.0)))
            except TimeoutError:
                if future.done():
                    raise
                if monotonic() < deadline and alive():
                    continue
                future.cancel()
                self._give_up(driver)
                raise StoreUnavailable(late) from None

    def _give_up(self, driver: Driver) -> None:
        with self._lock:
            if not self._abandon or self._closed or driver is not self._driver:
                return
            self._driver = self._connect()
        Thread(target=_close, args=(driver,), daemon=True).start()

    def close(self) -> None:
        """Close every connection; the work that uses one ends with an error."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._threads.shutdown(wait=False, cancel_futures=True)
        _close(self._driver)


def _close(driver: Driver) -> None:
    with suppress(Neo4jError, DriverError, OSError):
        driver.close()
