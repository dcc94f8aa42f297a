"""Work that many wait for and that is done once."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from api.events.pace import Turnstile

T = TypeVar("T")


class Once(Generic[T]):
    """What is under way, by key. Who waits may go: the work goes on for the others. For the event loop alone."""

    def __init__(self, turnstile: Turnstile) -> None:
        self._turnstile = turnstile
        self._under_way: dict[Hashable, tuple[asyncio.Task[T], list[asyncio.Future[None]]]] = {}

    async def of(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `work` returns, or what the work already under way for `key` does. Raises what that raises."""
        if key not in self._under_way:
            task = asyncio.create_task(work())
            self._under_way[key] = task, []
            task.add_done_callback(lambda _: self._end(key))
        task, waiting = self._under_way[key]
        turn = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        await turn
        return task.result()

    def _end(self, key: Hashable) -> None:
        task, waiting = self._under_way.pop(key)
        if not task.cancelled():
            task.exception()  # nobody may be left to take it
        self._turnstile.release(waiting)
