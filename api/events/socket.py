"""One connection that speaks graphql-transport-ws."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import anyio
import structlog
from starlette.types import Receive, Scope, Send

from api.errors import Refused
from api.events import messages
from api.events.asked import Unanswerable, errors_of
from api.events.messages import Closing, Farewell, Incoming
from api.events.subscriptions import Subscriptions
from api.gql.execution import Operation

TRANSPORT = "websocket"
CLOSE_SECONDS = 10.0
"""How long one who took nothing may still come to hear why the connection is closed."""
log = structlog.get_logger()


class Socket:
    """A connection from its handshake to its end. `scope["state"]` says whether the handshake bore the token."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, subscriptions: Subscriptions) -> None:
        self._scope, self._receive, self._emit = scope, receive, send
        self._subscriptions, self._settings = subscriptions, subscriptions.settings
        self._metrics, self._hub = subscriptions.metrics, subscriptions.hub
        self._request_id: str = scope["state"]["request_id"]
        self._admitted: bool = scope["state"]["admitted"]
        self._begun, self._gone = anyio.Event(), False
        self._farewell: Farewell | None = None
        self._running: dict[str, anyio.CancelScope] = {}
        self._tasks = anyio.create_task_group()

    async def serve(self) -> None:
        """Talk until one side ends it."""
        await self._receive()
        if messages.PROTOCOL not in self._scope["subprotocols"]:
            await self._emit({"type": "websocket.accept"})
            return await self._close(messages.WRONG_PROTOCOL)
        await self._emit({"type": "websocket.accept", "subprotocol": messages.PROTOCOL})
        try:
            self._hub.enter(self._dismiss)
        except Refused:
            return await self._close(messages.FULL)
        try:
            async with self._tasks:
                self._tasks.start_soon(self._watch)
                await self._listen()
        finally:
            self._hub.leave(self._dismiss)
        return await self._close(self._farewell)

    def _end(self, farewell: Farewell | None) -> None:
        """Stop all that goes on here. The first reason counts; None: the other side is gone."""
        if not self._ending:
            self._farewell, self._gone = farewell, farewell is None
        self._tasks.cancel_scope.cancel()

    @property
    def _ending(self) -> bool:
        return self._gone or self._farewell is not None

    def _dismiss(self) -> None:
        self._end(messages.STOPPING)

    async def _close(self, farewell: Farewell | None) -> None:
        """Say why, if anybody is there to hear it; one who takes nothing gets a while to do so."""
        if farewell is None:
            return
        with anyio.move_on_after(CLOSE_SECONDS):
            await self._pass({"type": "websocket.close", "code": farewell.code, "reason": farewell.reason})

    async def _listen(self) -> None:
        """Take messages until the connection ends."""
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return self._end(None)
            try:
                text = message.get("text")
                if text is None:
                    raise messages.bad("Messages are text")
                if len(text) > self._settings.max_body_bytes:
                    raise Closing(messages.TOO_BIG)
                await self._take(messages.incoming(text))
            except Closing as closing:
                return self._end(closing.farewell)

    async def _take(self, message: Incoming) -> None:
        if message.type == "connection_init":
            self._init(message)
            await self._send(messages.ACK)
        elif message.type == "ping":
            await self._send(messages.PONG)
        elif message.type == "subscribe":
            await self._subscribe(message)
        elif message.type == "complete":
            if scope := self._running.pop(message.id, None):
                scope.cancel()
        elif message.type != "pong":
            raise messages.bad("The type of the message is none that a client sends")

    def _init(self, message: Incoming) -> None:
        """Let the client in. Raises `Closing` 4401 without a token, 4403 for a wrong one, 4429 the second time."""
        if self._begun.is_set():
            raise Closing(messages.TOO_MANY_INITS)
        if not self._admitted:
            given = {name.lower(): value for name, value in (message.payload or {}).items()}.get("authorization")
            if not isinstance(given, str):
                raise Closing(messages.UNAUTHORIZED)
            if not self._settings.admits_header(given):
                raise Closing(messages.FORBIDDEN)
        self._begun.set()

    async def _subscribe(self, message: Incoming) -> None:
        if not self._begun.is_set():
            raise Closing(messages.UNAUTHORIZED)
        operation = messages.subscribed(message)
        if message.id in self._running:
            raise messages.already(message.id)
        if len(self._running) >= self._settings.max_subscriptions:
            told = f"a connection has at most {self._settings.max_subscriptions} subscriptions"
            return await self._refuse(message.id, "TOO_MANY_SUBSCRIBERS", told)
        self._running[message.id] = scope = anyio.CancelScope()
        self._tasks.start_soon(self._tell, message.id, operation, scope)
        return None

    async def _tell(self, id_: str, operation: Operation, scope: anyio.CancelScope) -> None:
        """One subscription, until it or the connection ends."""
        with scope:
            try:
                await self._tell_events(id_, operation)
            except Unanswerable as refusal:
                await self._send(messages.error(id_, refusal.errors))
            except Refused as refusal:
                self._metrics.dropped.labels(refusal.code.lower()).inc()
                await self._refuse(id_, refusal.code, refusal.message)
            except Exception:
                log.exception("fault", request_id=self._request_id)
                await self._refuse(id_, "INTERNAL", "a fault of the service; it is logged under this request id")
        if self._running.get(id_) is scope:
            del self._running[id_]

    async def _tell_events(self, id_: str, operation: Operation) -> None:
        subscription = await self._subscriptions.open(operation, self._request_id)
        head, sent = messages.next_head(id_), self._metrics.events.labels(TRANSPORT)
        with self._subscriptions.counted(subscription, TRANSPORT):
            async for event in subscription.events():
                await self._send(f"{head}{event.answer}}}")
                sent.inc()

    async def _refuse(self, id_: str, code: str, message: str) -> None:
        await self._send(messages.error(id_, errors_of(code, message, self._request_id)))

    async def _watch(self) -> None:
        """End it when the client does not begin; send a sign of life now and then."""
        with anyio.move_on_after(self._settings.init_seconds):
            await self._begun.wait()
        if not self._begun.is_set():
            return self._end(messages.INIT_TIMEOUT)
        while True:
            await anyio.sleep(self._settings.keepalive_seconds)
            await self._send(messages.PING)

    async def _send(self, text: str) -> None:
        """Send a message; one who does not take it in time is dropped."""
        try:
            async with asyncio.timeout(self._settings.slow_seconds):
                await self._pass({"type": "websocket.send", "text": text})
        except TimeoutError:
            if not self._ending:
                self._metrics.dropped.labels("too_slow").inc(max(1, len(self._running)))
            self._end(messages.TOO_SLOW)

    async def _pass(self, message: MutableMapping[str, Any]) -> None:
        try:
            await self._emit(message)
        except OSError:  # gone without a word
            self._end(None)
