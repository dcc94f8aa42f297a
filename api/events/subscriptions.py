"""Subscriptions, whatever they are sent over: checked, counted, and each an iterator of events with their answers."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import anyio
import anyio.to_thread
from strawberry import Schema

from api.errors import Refused
from api.events.answers import Answers
from api.events.asked import Asked, asked
from api.events.hub import Hub, Reading
from api.events.pace import Turnstile
from api.gql.context import Context
from api.gql.endpoint import Desk
from api.gql.execution import Operation
from api.metrics import Metrics
from api.settings import Settings
from api.workspace import Workspace


class Told(NamedTuple):
    """An event: its revision, and the answer to it as JSON."""

    revision: int
    answer: str


class Subscriptions:
    """All subscriptions of one process."""

    def __init__(
        self, workspace: Workspace, settings: Settings, metrics: Metrics, schema: Schema, desk: Desk, hub: Hub
    ) -> None:
        self.settings, self.metrics, self.hub = settings, metrics, hub
        self._workspace, self._schema = workspace, schema
        self._answers = Answers(schema, desk, settings.max_operations, hub.turnstile)
        self._aside = anyio.CapacityLimiter(1)
        self._count = 0

    async def open(self, operation: Operation, request_id: str, last_seen: int | None = None) -> "Subscription":
        """A subscription that goes on after `last_seen`, or where its operation says. Raises `Unanswerable`, `Refused`.

        The connection has to be a guest of the hub.
        """
        context = Context(
            self._workspace, self.settings, self.metrics, self.settings.principal, request_id, operation.name
        )
        about = await anyio.to_thread.run_sync(asked, self._schema, operation, context, limiter=self._aside)
        reading = await self.hub.begin(about.after if last_seen is None else last_seen)
        return Subscription(about, reading, self._answers, self.hub.turnstile)

    @contextmanager
    def counted(self, subscription: "Subscription", transport: str) -> Iterator[None]:
        """Count it while it is open. Raises `Refused` TOO_MANY_SUBSCRIBERS."""
        if self._count >= self.settings.max_subscribers:
            raise Refused("TOO_MANY_SUBSCRIBERS", f"{self._count} subscriptions are open; try again later")
        with self._answers.holding(subscription.about), self.metrics.subscribers.labels(transport).track_inprogress():
            self._count += 1
            try:
                yield
            finally:
                self._count -= 1


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscriber: what it asked, and where it is."""

    about: Asked
    reading: Reading
    answers: Answers
    turnstile: Turnstile

    async def events(self) -> AsyncIterator[Told]:
        """What is new, as it comes, without end. Raises `Refused` RESUME_UNKNOWN, RESUME_TOO_FAR."""
        while True:
            for event in await self.reading.next():
                yield Told(event.revision, await self.answers.of(self.about, event, self.reading.history))
                await self.turnstile.turn()
