"""Lets through a few at a time, so that telling hundreds of subscribers holds up nothing else."""

import asyncio
from collections import deque
from collections.abc import Iterable
from math import ceil

PAUSE_SECONDS = 0.004
"""Between batches."""
LEAST, MOST = 10, 100
"""How many a batch holds: more where they would not all be through in time."""
SPREAD_SECONDS = 0.25


class Turnstile:
    """One for all subscribers of a process; who waits is let through in order of arrival. For the event loop alone."""

    def __init__(self) -> None:
        self._waiting = deque[asyncio.Future[None]]()
        self._passed, self._timed = 0, False
        self._due = 0.0

    async def turn(self) -> None:
        """Wait for one's turn."""
        if self._passed < LEAST and not self._waiting:
            self._pass()
            return
        turn = asyncio.get_running_loop().create_future()
        self._queue([turn])
        await turn

    def release(self, turns: Iterable["asyncio.Future[None]"]) -> None:
        """Let those through who wait for these, each in its turn."""
        self._queue(turns)
        if not self._timed:
            self._next()

    def _queue(self, turns: Iterable["asyncio.Future[None]"]) -> None:
        if not self._waiting:
            self._due = asyncio.get_running_loop().time() + SPREAD_SECONDS
        self._waiting.extend(turns)

    def _pass(self) -> None:
        self._passed += 1
        if not self._timed:
            self._timed = True
            asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._next)

    def _next(self) -> None:
        self._passed, self._timed = 0, False
        left = max(self._due - asyncio.get_running_loop().time(), PAUSE_SECONDS)
        batch = min(max(LEAST, ceil(len(self._waiting) * PAUSE_SECONDS / left)), MOST)
        while self._waiting and self._passed < batch:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._pass()
