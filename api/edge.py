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
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
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

    def _count(self, scope: Scope, exchange: "_Exchange", seconds: float) -> None:
        route = scope["path"] if scope["path"] in self.routes else "other"
        method = scope["method"] if scope["method"] in {"GET", "POST", "HEAD", "OPTIONS"} else "other"
        self.metrics.requests.labels(route, method, exchange.status).inc()
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
        body = orjson.dumps(error_body(refusal.code, refusal.message, requestId=self.identity))
        headers: list[Any] = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        if refusal.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        await self.send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def admission(path: str, headers: Headers, settings: Settings) -> Refused | None:
    """Why a request is not let in; None when it is.

    With a token, that is asked for. Without one, the service is for this machine alone and must be called by its
    name, so that a web page elsewhere cannot reach it through a name of its own.
    """
    if settings.token:
        if path in OPEN:
            return None
        scheme, _, presented = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and settings.admits(presented.strip()):
            return None
        return Refused("UNAUTHORIZED", "send the bearer token of this service")
    if host_name(headers.get("host", "")) not in settings.hosts:
        return Refused("WRONG_HOST", "call this service as 127.0.0.1 or localhost")
    return None


def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
