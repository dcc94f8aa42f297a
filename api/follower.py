"""Keeps a snapshot at the newest revision, and on disk, from threads of its own: no question waits for either."""

from threading import Event, Thread
from typing import TYPE_CHECKING

from structlog import get_logger

from cmdb.store.port import StoreUnavailable
from impact.snapshot import Snapshot

if TYPE_CHECKING:
    from cmdb.records.keeper import BookKeeper

FOLLOW_SECONDS = 0.1
SAVE_SECONDS = 60.0
BUSY_SECONDS = 1.0
"""When to look again at a file that another process is writing."""


class Follower:
    """Asks the store for its newest revision ten times a second, and keeps the estate on disk once a minute.

    The records are followed with it: read when the estate is of another revision than they are.
    """

    def __init__(self, snapshot: Snapshot, book: "BookKeeper | None" = None) -> None:
        self._snapshot, self._book = snapshot, book
        self._stop, self._began = Event(), Event()
        self._threads = [
            Thread(target=self._follow, name="follower", daemon=True),
            Thread(target=self._keep, name="keeper", daemon=True),
        ]

    def start(self) -> None:
        """Begin to follow."""
        for thread in self._threads:
            thread.start()

    def wait(self, seconds: float) -> None:
        """Wait until the store was asked once, but not longer than `seconds`."""
        self._began.wait(seconds)

    def stop(self) -> None:
        """Stop following; waits for a step under way, but not for a store that hangs."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                estate = self._snapshot.current().estate
                if self._book and (self._book.seen is None or self._book.seen.book.head != estate.head):
                    self._book.current()
            except StoreUnavailable:
                pass  # nothing was ever seen; /ready says so
            except Exception:  # noqa: BLE001
                # One step's fault must not end all following; the answers say how old they are meanwhile.
                get_logger().exception("the snapshot could not be brought forward")
            self._began.set()
            self._stop.wait(FOLLOW_SECONDS)

    def _keep(self) -> None:
        """In a thread of its own, because writing a large estate takes longer than a commit may stay unseen."""
        self._began.wait()
        while not self._stop.is_set():
            pause = SAVE_SECONDS
            try:
                self._snapshot.share()
                if self._book:
                    self._book.save()
            except BlockingIOError:
                pause = BUSY_SECONDS
            except Exception:  # noqa: BLE001
                # The estate in memory is as good as before; the next turn may do.
                get_logger().exception("the snapshot could not be kept on disk")
            self._stop.wait(pause)
