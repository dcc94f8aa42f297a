"""Messages of the graphql-transport-ws protocol: read strictly, and written."""

from typing import Any, NamedTuple

import orjson

from api.body import parse_object
from api.errors import Refused
from api.gql.execution import Operation, operation_of

PROTOCOL = "graphql-transport-ws"
MAX_ID = 200
ACK, PING, PONG = '{"type":"connection_ack"}', '{"type":"ping"}', '{"type":"pong"}'


class Farewell(NamedTuple):
    """Why a connection is closed: a code of the protocol or of WebSocket itself, and words for people."""

    code: int
    reason: str


STOPPING = Farewell(1001, "The service stops; come back")
TOO_BIG = Farewell(1009, "Message too big")
FULL = Farewell(1013, "Too many connections; try again later")
TOO_SLOW = Farewell(1013, "Too slow; come back and go on from the last revision seen")
UNAUTHORIZED = Farewell(4401, "Unauthorized")
FORBIDDEN = Farewell(4403, "Forbidden")
WRONG_PROTOCOL = Farewell(4406, "Subprotocol not acceptable")
INIT_TIMEOUT = Farewell(4408, "Connection initialisation timeout")
TOO_MANY_INITS = Farewell(4429, "Too many initialisation requests")


class Closing(Exception):
    """A message after which the connection is closed."""

    def __init__(self, farewell: Farewell) -> None:
        self.farewell = farewell
        super().__init__(farewell.reason)


class Incoming(NamedTuple):
    """A message of a client. `id` is empty where the type has none; `payload` is an object or None."""

    type: str
    id: str
    payload: dict[str, Any] | None


def incoming(text: str) -> Incoming:
    """A message as it came. Raises `Closing` 4400."""
    try:
        found = parse_object(text.encode())
    except (Refused, UnicodeEncodeError):
        raise bad("The message is not a JSON object") from None
    type_, id_, payload = found.get("type"), found.get("id", ""), found.get("payload")
    if not isinstance(type_, str):
        raise bad("The message has no type")
    if payload is not None and not isinstance(payload, dict):
        raise bad("The payload is not an object")
    if type_ in ("subscribe", "complete") and not (isinstance(id_, str) and 0 < len(id_) <= MAX_ID):
        raise bad(f"The message needs an id of 1 to {MAX_ID} characters")
    return Incoming(type_, id_ if isinstance(id_, str) else "", payload)


def subscribed(message: Incoming) -> Operation:
    """The operation that a `subscribe` message carries. Raises `Closing` 4400."""
    try:
        return operation_of(message.payload or {})
    except Refused as refusal:
        raise bad(refusal.message) from None


def bad(reason: str) -> Closing:
    """A message that is not of the protocol. A reason has room for 123 bytes."""
    return Closing(Farewell(4400, reason))


def already(id_: str) -> Closing:
    """A subscription whose id is in use."""
    return Closing(Farewell(4409, f"Subscriber for {_short(id_)} already exists"))


def next_head(id_: str) -> str:
    """What stands before the answer in a `next` message, which `}` ends."""
    return f'{{"id":{orjson.dumps(id_).decode()},"type":"next","payload":'


def error(id_: str, errors: list[Any]) -> str:
    """The message that an operation failed; it is the last one about it."""
    return orjson.dumps({"id": id_, "type": "error", "payload": errors}).decode()


def _short(id_: str) -> str:
    return id_.encode()[:40].decode(errors="ignore")
