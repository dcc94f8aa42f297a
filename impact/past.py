"""Estates of past revisions: those asked about last are kept in memory."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from impact.estate import Estate

KEPT = 4
"""How many past estates are kept; each takes as much memory as the newest."""

Head = tuple[int, datetime]


class PastEstates:
    """A past estate never changes, so what was compiled once stays right. Safe to use from any thread."""

    def __init__(self) -> None:
        self._estates: OrderedDict[Head, Estate] = OrderedDict()
        self._reading, self._compiling = Lock(), Lock()

    def get(self, head: Head, compiled: Callable[[], Estate]) -> Estate:
        """The estate at `head`, or what `compiled` makes; of several callers for one estate, one compiles it."""
        if (found := self._kept(head)) is not None:
            return found
        with self._compiling:
            return self._kept(head) or self._keep(head, compiled())

    def _kept(self, head: Head) -> Estate | None:
        with self._reading:
            if head in self._estates:
                self._estates.move_to_end(head)
            return self._estates.get(head)

    def _keep(self, head: Head, estate: Estate) -> Estate:
        with self._reading:
            self._estates[head] = estate
            while len(self._estates) > KEPT:
                self._estates.popitem(last=False)
        return estate
