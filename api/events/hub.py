"""Follows the newest revision while somebody listens, and hands out what the log tells: all of it, in order, once."""

import asyncio
from collections.abc import Callable
from functools import partial
from time import monotonic, sleep
from typing import TypeVar

import anyio
import anyio.to_thread
import structlog

from api.errors import Refused
from api.events.pace import Turnstile
from api.events.pages import Pages
from api.settings import Settings
from api.workspace import Workspace
from cmdb.store.port import Head, Logged, StoreUnavailable

LOOK_SECONDS = 0.1
SHOWN_SECONDS = 0.4
"""How long a revision is kept back at most for the estate in memory to get there, so that questions show it as well."""
TURN_SECONDS = 0.01
log = structlog.get_logger()
T = TypeVar("T")


class Hub:
    """What is new in one store, for the subscribers of one process.

    The store is asked ten times a second while there are guests, and left alone while there are none; it does not
    matter which process or machine a revision comes from. While it is away nothing is told, and nothing lost: nothing
    is queued for anybody, each `Reading` takes from the log what follows its position. To be used from the event loop
    alone.
    """

    def __init__(self, workspace: Workspace, settings: Settings) -> None:
        self.max_guests, self.max_replay = settings.max_subscribers, settings.max_replay
        self.turnstile = Turnstile()
        self._workspace, self.pages = workspace, Pages(workspace.store, self.turnstile)
        self._aside = anyio.CapacityLimiter(4)
        self._guests: set[Callable[[], None]] = set()
        self._wanted, self.deserted = asyncio.Event(), asyncio.Event()
        self._waiting = dict[asyncio.Future[None], None]()
        self.deserted.set()
        self.newest: Head | None = None
        self.histories = 0
        """How often the store was found to hold another history than before."""
        self.away = self.closed = False
        self._doubted = True

    def enter(self, dismiss: Callable[[], None]) -> None:
        """Follow for a connection; `dismiss` is called when the service stops. Raises `Refused`."""
        if self.closed or len(self._guests) >= self.max_guests:
            raise Refused("TOO_MANY_SUBSCRIBERS", "as many connections are open as are let in; try again later")
        self._guests.add(dismiss)
        self._wanted.set()
        self.deserted.clear()

    def leave(self, dismiss: Callable[[], None]) -> None:
        """Follow no longer for it."""
        self._guests.discard(dismiss)
        if not self._guests:
            self.deserted.set()
            if not self.closed:
                self._wanted.clear()

    def close(self) -> None:
        """Dismiss all guests and let nobody in any more."""
        self.closed = True
        self._wanted.set()
        for dismiss in tuple(self._guests):
            dismiss()

    async def run(self) -> None:
        """Follow the store until `close`."""
        while not self.closed:
            if not self._wanted.is_set():
                self._doubted = True
                await self._wanted.wait()
            try:
                await self._look()
            except StoreUnavailable:
                self.away = self._doubted = True
            except Exception:
                # One look's fault must not end all following; the next one may do.
                log.exception("the newest revision could not be told")
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        """Ask for the newest revision, and wake those who wait for one. Raises `StoreUnavailable`."""
        head, known, returned = await self._asked(self._workspace.store.head), self.newest, self.away
        doubted = self._doubted or (known is not None and head.revision < known.revision)
        if known and doubted and not await self._asked(partial(self._holds, known, head)):
            self.pages.forget()
            self.histories += 1
            known = None
        if known is None or head.revision > known.revision:
            await self._asked(partial(self._await_shown, head.revision))
            if known:
                await self.pages.after(known.revision, head.revision)
        self._doubted = self.away = False
        if known != head or returned:
            self.newest = head
            waiting, self._waiting = self._waiting, {}
            self.turnstile.release(waiting)

    async def news(self) -> None:
        """Wait until there is something new."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = None
        try:
            await turn
        finally:
            self._waiting.pop(turn, None)

    async def _asked(self, ask: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(ask, limiter=self._aside, abandon_on_cancel=True)

    def _holds(self, known: Head, head: Head) -> bool:
        """Whether the store still has the revision that was its newest; not when it was restored to an earlier one."""
        if head.revision < known.revision:
            return False
        found = self._workspace.store.head(known.recorded_at)
        return found.revision >= known.revision and found.recorded_at == known.recorded_at

    def _await_shown(self, revision: int) -> None:
        """Wait a moment until answers are of this revision; those of a local store are always of the newest."""
        until = monotonic() + SHOWN_SECONDS
        while self._workspace.remote and self._shown() < revision and monotonic() < until:
            sleep(TURN_SECONDS)

    def _shown(self) -> int:
        """The revision that both the estate and the records in memory have reached."""
        estate, records = self._workspace.snapshot.seen, self._workspace.book.seen
        return min(estate.estate.revision, records.book.head.revision) if estate and records else 0

    async def begin(self, after: int | None) -> "Reading":
        """Go on after a revision that somebody knows, or else from now on.

        While the store is away that is from the newest revision that was seen. Raises `Refused` RESUME_UNKNOWN,
        RESUME_TOO_FAR, STORE_UNAVAILABLE.
        """
        try:
            head = await self._asked(self._head)
        except StoreUnavailable as error:
            return Reading(self, self._seen(error) if after is None else after, checked=False)
        if after is not None:
            check(after, head, self.max_replay)
        return Reading(self, head.revision if after is None else after, checked=True)

    def _head(self) -> Head:
        if self.away:
            raise StoreUnavailable("the store cannot be reached")
        return self._workspace.store.head()

    def _seen(self, error: StoreUnavailable) -> int:
        seen = self._workspace.snapshot.seen
        known = [self.newest.revision] if self.newest else []
        known += [seen.estate.revision] if seen else []
        if not known:
            raise Refused(error.code, error.reason)
        return max(known)


class Reading:
    """Where one subscriber is in the log."""

    def __init__(self, hub: Hub, position: int, checked: bool) -> None:
        self._hub, self._position, self._checked = hub, position, checked
        self.history = hub.histories

    async def next(self) -> list[Logged]:
        """The revisions that follow the last ones given, at least one; waits for it. Raises `Refused` RESUME_*."""
        hub = self._hub
        while True:
            newest = hub.newest
            if self.history != hub.histories:
                raise Refused("RESUME_UNKNOWN", "the store was replaced, or restored to an earlier time")
            if newest is None or hub.away or not self._behind(newest):
                await hub.news()
            elif found := await self._page(newest):
                self._position = found[-1].revision
                return found
            else:
                await asyncio.sleep(LOOK_SECONDS)

    def _behind(self, newest: Head) -> bool:
        if not self._checked or newest.revision > self._position:
            check(self._position, newest, self._hub.max_replay)
            self._checked = True
        return newest.revision > self._position

    async def _page(self, newest: Head) -> list[Logged]:
        """What follows; nothing when the store went away just now."""
        try:
            return await self._hub.pages.after(self._position, newest.revision)
        except StoreUnavailable:
            return []


def check(after: int, head: Head, most: int) -> None:
    """Whether one can go on after a revision. Raises `Refused` RESUME_UNKNOWN, RESUME_TOO_FAR."""
    if not 0 <= after <= head.revision:
        raise Refused("RESUME_UNKNOWN", f"revision {after} is not recorded; the newest is {head.revision}")
    if head.revision - after > most:
        message = f"{head.revision - after} revisions were recorded since {after}; at most {most} are told again"
        raise Refused("RESUME_TOO_FAR", message)
