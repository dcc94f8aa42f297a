"""One subscription as server-sent events (GraphQL over SSE, distinct connections)."""

import asyncio

import anyio
import orjson
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.errors import Refused
from api.events.asked import errors_of
from api.events.subscriptions import Subscription, Subscriptions

TRANSPORT = "sse"
MEDIA_TYPE = "text/event-stream"
HEADERS = [(b"content-type", MEDIA_TYPE.encode()), (b"x-accel-buffering", b"no")]
BEGIN = b"retry: 1000\n\n"
ALIVE = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"
log = structlog.get_logger()


class EventStream(Response):
    """Events as `next`, each with its revision as `id`, so that a client that comes back goes on from there.

    A stream that cannot go on says `complete`. One that ends because the service stops does not: its client is to come
    back.
    """

    def __init__(self, subscription: Subscription, subscriptions: Subscriptions, request_id: str) -> None:
        super().__init__()
        self._subscription, self._subscriptions, self._request_id = subscription, subscriptions, request_id
        self._settings, self._metrics = subscriptions.settings, subscriptions.metrics
        self._tasks = anyio.create_task_group()
        self._cut = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until one side ends it. Raises `Refused` before the first byte."""
        hub, dismiss = self._subscriptions.hub, self._tasks.cancel_scope.cancel
        hub.enter(dismiss)
        try:
            with self._subscriptions.counted(self._subscription, TRANSPORT):
                scope["state"]["lasts"] = True
                await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
                async with self._tasks as tasks:
                    await self._send(send, BEGIN)
                    tasks.start_soon(self._await_leave, receive)
                    tasks.start_soon(self._keep_alive, send)
                    await self._tell(send)
                    tasks.cancel_scope.cancel()
        finally:
            hub.leave(dismiss)
        if not self._cut:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, send: Send) -> None:
        sent = self._metrics.events.labels(TRANSPORT)
        try:
            async for event in self._subscription.events():
                await self._send(send, f"id: {event.revision}\nevent: next\ndata: {event.answer}\n\n".encode())
                sent.inc()
        except Refused as refusal:
            self._metrics.dropped.labels(refusal.code.lower()).inc()
            await self._fail(send, refusal.code, refusal.message)
        except Exception:
            log.exception("fault", request_id=self._request_id)
            await self._fail(send, "INTERNAL", "a fault of the service; it is logged under this request id")

    async def _fail(self, send: Send, code: str, message: str) -> None:
        body = orjson.dumps({"errors": errors_of(code, message, self._request_id)})
        await self._send(send, b"event: next\ndata: " + body + b"\n\n" + COMPLETE)

    async def _await_leave(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._tasks.cancel_scope.cancel()

    async def _keep_alive(self, send: Send) -> None:
        while True:
            await anyio.sleep(self._settings.keepalive_seconds)
            await self._send(send, ALIVE)

    async def _send(self, send: Send, body: bytes) -> None:
        """Send a part; a stream whose client does not take it in time is cut."""
        try:
            async with asyncio.timeout(self._settings.slow_seconds):
                await send({"type": "http.response.body", "body": body, "more_body": True})
        except TimeoutError:
            if not self._cut:
                self._metrics.dropped.labels("too_slow").inc()
            self._cut = True
            self._tasks.cancel_scope.cancel()
