"""A store on the network that need not be there when we start."""

from collections.abc import Callable
from threading import Lock
from typing import Any, cast

from cmdb.store.port import Store


def opened_late(open_store: Callable[[], Store]) -> Store:
    """A store that is opened when it is first used, again and again until that works.

    Every method raises what opening raises (`StoreUnavailable`) until then.
    """
    return cast(Store, _Late(open_store))


class _Late:
    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open, self._lock = open_store, Lock()
        self._store: Store | None = None

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            if self._store is None:
                self._store = self._open()
        return getattr(self._store, name)

    def close(self) -> None:
        """Close the store, if it was ever opened."""
        if self._store is not None:
            self._store.close()
