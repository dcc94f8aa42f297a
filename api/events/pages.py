"""Pages of the log: each read once, however many subscribers go on from the same revision."""

from collections import OrderedDict
from functools import partial

import anyio
import anyio.to_thread

from api.events.once import Once
from api.events.pace import Turnstile
from cmdb.store.port import Logged, Store

PAGE = 100
KEPT = 64


class Pages:
    """What follows a revision, for those who know that one. To be used from the event loop alone."""

    def __init__(self, store: Store, turnstile: Turnstile) -> None:
        self._store = store
        self._aside = anyio.CapacityLimiter(2)
        self._kept = OrderedDict[int, list[Logged]]()
        self._reads = Once[list[Logged]](turnstile)

    async def after(self, revision: int, newest: int) -> list[Logged]:
        """The next revisions after `revision`, oldest first, none beyond `newest`. Raises `StoreUnavailable`."""
        found = self._kept.get(revision)
        if found:
            return found
        return await self._reads.of((revision, id(self._kept)), partial(self._read, revision, newest))

    def forget(self) -> None:
        """Let go of everything: the log is another one now."""
        self._kept = OrderedDict()

    async def _read(self, revision: int, newest: int) -> list[Logged]:
        kept = self._kept
        rows = await anyio.to_thread.run_sync(self._store.log, revision, PAGE, limiter=self._aside)
        page = [row for row in rows if row.revision <= newest]
        if page:
            kept[revision] = page
            if len(kept) > KEPT:
                kept.popitem(last=False)
        return page
