"""How subscriptions are reached: a WebSocket at /graphql, and GET or POST /graphql that accepts an event stream."""

from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from api.body import parse_json, read_object
from api.errors import Refused
from api.events.asked import Unanswerable
from api.events.socket import Socket
from api.events.stream import MEDIA_TYPE, EventStream
from api.events.subscriptions import Subscriptions
from api.gql.endpoint import GraphQLEndpoint
from api.gql.execution import Operation, operation_of

MAX_DIGITS = 15


class Sockets:
    """The application behind a WebSocket that was let in."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection to its end."""
        await Socket(scope, receive, send, self._subscriptions).serve()


class Routes:
    """/graphql for those who subscribe, and for those who ask."""

    def __init__(self, graphql: GraphQLEndpoint, subscriptions: Subscriptions) -> None:
        self._graphql, self._subscriptions = graphql, subscriptions

    async def post(self, request: Request) -> Response:
        """A subscription, where one is sent and an event stream accepted; any other operation is answered at once."""
        operation = operation_of(await read_object(request, self._graphql.settings))
        if accepts_stream(request.headers.get("accept", "")) and self._subscribes(operation):
            return await self._stream(operation, request)
        return await self._graphql.answer(operation, request)

    async def get(self, request: Request) -> Response:
        """A subscription given in the address; without one, a page to try operations on."""
        if not accepts_stream(request.headers.get("accept", "")):
            return await self._graphql.explorer(request)
        operation = operation_of(parameters(request))
        if not self._subscribes(operation):
            raise Refused("METHOD_NOT_ALLOWED", "only a subscription can be sent with GET")
        return await self._stream(operation, request)

    async def _stream(self, operation: Operation, request: Request) -> Response:
        request_id = request.state.request_id
        last_seen = revision_of(request.headers.get("last-event-id"))
        try:
            subscription = await self._subscriptions.open(operation, request_id, last_seen)
        except Unanswerable as refusal:
            return JSONResponse({"errors": refusal.errors}, 400)
        return EventStream(subscription, self._subscriptions, request_id)

    def _subscribes(self, operation: Operation) -> bool:
        """Whether the operation that would be run is a subscription; not when that cannot be told."""
        if "subscription" not in operation.query:
            return False
        most = self._graphql.settings.max_tokens
        try:
            document = parse(operation.query, max_lexical_tokens=most, max_comments=most)
        except GraphQLError:
            return False
        found = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        named = [d for d in found if operation.name is None or (d.name and d.name.value == operation.name)]
        return len(named) == 1 and named[0].operation is OperationType.SUBSCRIPTION


def accepts_stream(accept: str) -> bool:
    """Whether a client takes server-sent events."""
    return any(part.split(";")[0].strip().lower() == MEDIA_TYPE for part in accept.split(","))


def parameters(request: Request) -> dict[str, Any]:
    """An operation as it stands in an address, where `variables` are JSON. Raises `Refused`."""
    given = dict[str, Any](request.query_params)
    if given.get("variables"):
        given["variables"] = parse_json(given["variables"].encode("utf-8", "replace"))
    return {**given, "variables": given.get("variables") or None}


def revision_of(last_event_id: str | None) -> int | None:
    """The revision that a client says it saw last. Raises `Refused` BAD_REQUEST."""
    if not last_event_id:
        return None
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= MAX_DIGITS):
        raise Refused("BAD_REQUEST", "Last-Event-ID must be the id of an event")
    return int(last_event_id)
