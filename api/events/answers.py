"""Answers to events: each operation is run once for each event, however many have subscribed to it."""

from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import partial

import anyio
from strawberry import Schema

from api.errors import Refused
from api.events.asked import Asked, answer
from api.events.once import Once
from api.events.pace import Turnstile
from api.gql.endpoint import Desk
from cmdb.store.port import Logged

KEPT_CHARACTERS = 32_000_000
AT_ONCE = 2
"""How many answers are at the desk at once, so that questions are not crowded out."""


class Answers:
    """The answers given last, and those under way. To be used from the event loop alone."""

    def __init__(self, schema: Schema, desk: Desk, most: int, turnstile: Turnstile) -> None:
        self._schema, self._desk, self._most = schema, desk, most
        self._turn = anyio.CapacityLimiter(AT_ONCE)
        self._open = Counter[Hashable]()
        self._kept: OrderedDict[Hashable, str] = OrderedDict()
        self._runs = Once[str](turnstile)
        self._size = 0

    @contextmanager
    def holding(self, about: Asked) -> Iterator[None]:
        """Count an operation as subscribed to. Raises `Refused` when there are too many different ones."""
        if about.key not in self._open and len(self._open) >= self._most:
            raise Refused(
                "TOO_MANY_SUBSCRIBERS", f"{self._most} different operations are subscribed to, as many as may"
            )
        self._open[about.key] += 1
        try:
            yield
        finally:
            self._open[about.key] -= 1
            if not self._open[about.key]:
                del self._open[about.key]

    async def of(self, about: Asked, event: Logged, history: int) -> str:
        """The answer of an operation to an event, as JSON; `history` tells apart events of one revision."""
        key = about.key, event.revision, history
        found = self._kept.get(key)
        if found is not None:
            return found
        return await self._runs.of(key, partial(self._run, about, event, key))

    async def _run(self, about: Asked, event: Logged, key: Hashable) -> str:
        async with self._turn:
            found = await self._desk.run(lambda: answer(self._schema, about, event), patient=True)
        about.context.metrics.answers.inc()
        self._kept[key] = found
        self._size += len(found)
        while self._size > KEPT_CHARACTERS:
            _, gone = self._kept.popitem(last=False)
            self._size -= len(gone)
        return found
