"""The outermost layer: every request gets an id, is let in or not, is counted, and leaves a line in the log."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import orjson
import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Refused, error_body
from api.logs import request_id
from api.metrics import Metrics
from api.settings import Settings

OPEN = frozenset({"/health", "/ready"})
"""Routes that need no token."""
SAFE_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
log = structlog.get_logger()
Respond = Callable[[Send], Awaitable[None]]


class Edge:
    """ASGI middleware. `routes` are the paths that metrics tell apart."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics, routes: frozenset[str]) -> None:
        self.app, self.settings, self.metrics, self.routes = app, settings, metrics, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._exchange(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.app(scope, receive, send)

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request and its answer."""
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["request_id"] = identity = request_id(headers.get("x-request-id"))
        exchange = _Exchange(send, identity)
        start = perf_counter()
        try:
            refusal = admission(scope["path"], headers, self.settings)
            if refusal is not None:
                await exchange.refuse(refusal)
            else:
                await self.app(scope, receive, exchange.send)
        except Exception as error:
            log.error("fault", request_id=identity, exc_info=error)
            await exchange.refuse(Refused("INTERNAL", "a fault of the service; it is logged under this request id"))
        finally:
            self._count(scope, exchange, perf_counter() - start)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket. Browsers cannot give it a header with the token, so one without may present that later."""
        headers = Headers(scope=scope)
        identity, start = request_id(headers.get("x-request-id")), perf_counter()
        admitted = not self.settings.token or "authorization" in headers
        scope.setdefault("state", {}).update(request_id=identity, admitted=admitted)
        refusal = admission(scope["path"], headers, self.settings) if admitted else None
        route = scope["path"] if scope["path"] in self.routes else "other"
        self.metrics.requests.labels(route, "websocket", refusal.status if refusal else 101).inc()
        try:
            if refusal is not None:
                await _Exchange(send, identity).turn_away(refusal)
            else:
                await self.app(scope, receive, send)
        finally:
            log.info(
                "connection", request_id=identity, route=route, refused=refusal.code if refusal else None,
                milliseconds=round((perf_counter() - start) * 1000, 2),
            )  # fmt: skip

    def _count(self, scope: Scope, exchange: "_Exchange", seconds: float) -> None:
        route = scope["path"] if scope["path"] in self.routes else "other"
        method = scope["method"] if scope["method"] in {"GET", "POST", "HEAD", "OPTIONS"} else "other"
        self.metrics.requests.labels(route, method, exchange.status).inc()
        if "lasts" not in scope["state"]:  # an event stream ends when its client goes
            self.metrics.seconds.labels(route).observe(seconds)
        if route not in OPEN:
            log.info(
                "request", request_id=exchange.identity, method=method, route=route, status=exchange.status,
                milliseconds=round(seconds * 1000, 2), bytes=exchange.size,
            )  # fmt: skip


class _Exchange:
    """The answering side of one request: what was sent so far."""

    def __init__(self, send: Send, identity: str) -> None:
        self._send, self.identity = send, identity
        self.status, self.size = 0, 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = [(b"x-request-id", self.identity.encode()), *SAFE_HEADERS]
            message = {**message, "headers": [*message.get("headers", ()), *own]}
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
        await self._send(message)

    async def refuse(self, refusal: Refused) -> None:
        """Answer with a refusal, unless an answer has begun: then cut it, so that it is not taken for whole."""
        if self.status:
            raise ConnectionAbortedError("the answer was cut") from refusal
        for message in _refusal(refusal, self.identity):
            await self.send(message)

    async def turn_away(self, refusal: Refused) -> None:
        """Answer the handshake of a WebSocket with a refusal."""
        start, body = _refusal(refusal, self.identity)
        for message in (start, body):
            await self._send({**message, "type": f"websocket.{message['type']}"})


def _refusal(refusal: Refused, identity: str) -> tuple[Message, Message]:
    body = orjson.dumps(error_body(refusal.code, refusal.message, requestId=identity))
    headers: list[Any] = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    start = {"type": "http.response.start", "status": refusal.status, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


def admission(path: str, headers: Headers, settings: Settings) -> Refused | None:
    """Why a request is not let in; None when it is.

    With a token, that is asked for. Without one, the service is for this machine alone and must be called by its
    name, so that a web page elsewhere cannot reach it through a name of its own. What a browser lets any page open, a
    WebSocket and an event stream, must come from a page of this service then.
    """
    if settings.token:
        if path in OPEN or settings.admits_header(headers.get("authorization", "")):
            return None
        return Refused("UNAUTHORIZED", "send the bearer token of this service")
    host, origin = headers.get("host", ""), headers.get("origin")
    if host_name(host) not in settings.hosts:
        return Refused("WRONG_HOST", "call this service as 127.0.0.1 or localhost")
    if origin is not None and _lasts(headers) and origin.partition("://")[2].lower() != host.lower():
        return Refused("WRONG_ORIGIN", "web pages of another origin may not subscribe")
    return None


def _lasts(headers: Headers) -> bool:
    """Whether a connection is asked for that stays open for events."""
    return headers.get("upgrade", "").lower() == "websocket" or "text/event-stream" in headers.get("accept", "").lower()


def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
