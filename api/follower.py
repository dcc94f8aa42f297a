"""Keeps a snapshot at the newest revision from a thread of its own, so that no question waits for the store."""

from threading import Event, Thread

from structlog import get_logger

from cmdb.store.port import StoreUnavailable
from impact.snapshot import Snapshot

FOLLOW_SECONDS = 0.2
SAVE_SECONDS = 60.0


class Follower:
    """Asks the store for its newest revision five times a second, and keeps the estate on disk once a minute."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._stop, self._began = Event(), Event()
        self._thread = Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait until the store was asked once, but not longer than `seconds`."""
        self._began.wait(seconds)

    def stop(self) -> None:
        """Stop following; waits for a step under way, but not for a store that hangs."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        since_saved = SAVE_SECONDS
        while not self._stop.is_set():
            try:
                self._snapshot.current()
                if since_saved >= SAVE_SECONDS:
                    self._snapshot.save()
                    since_saved = 0.0
            except StoreUnavailable:
                pass  # nothing was ever seen; /ready says so
            except Exception:  # noqa: BLE001
                # One step's fault must not end all following; the answers say how old they are meanwhile.
                get_logger().exception("the snapshot could not be brought forward")
            self._began.set()
            self._stop.wait(FOLLOW_SECONDS)
            since_saved += FOLLOW_SECONDS
