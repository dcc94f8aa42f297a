"""A stop of the service, put off until subscribers are told: the server would only cut their connections."""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import anyio

from api.events.hub import Hub

TELL_SECONDS = 2.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ending:
    """Signals that stop the server reach it once the hub's guests have left, or after `TELL_SECONDS`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._servers: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def await_signals(self) -> None:
        """Come between the signals and the server that runs this loop; only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._loop = asyncio.get_running_loop()
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler):
                self._servers[number] = handler
                signal.signal(number, self._signalled)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        if self._hub.closed or self._loop is None:
            self._servers[number](number, frame)
        else:
            self._loop.call_soon_threadsafe(self._begin, number)

    def _begin(self, number: int) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._end(number))

    async def _end(self, number: int) -> None:
        self._hub.close()
        with anyio.move_on_after(TELL_SECONDS):
            await self._hub.deserted.wait()
        self._servers[number](number, None)
