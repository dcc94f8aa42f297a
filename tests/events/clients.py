"""Subscribers over real connections: a WebSocket that speaks graphql-transport-ws, and a stream of events."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, Self

import httpx
import orjson
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId
from cmdb.store.port import Store

PATIENCE_S = 20.0
BOARD = """subscription Board($after: Int) { boardChanged(after: $after) {
  revision recordedAt who source message cis recordCount records { kind number source key } } }"""


def commit(store: Store, label: str, ci: str = "host") -> int:
    """Change a CI; the revision of that."""
    one = CI(CiId(ci), "server", label, "shared", "live", "{}", "test")
    return store.apply(Changeset("me", "test", message=label, put_cis=[one])).revision


class Socket:
    """A WebSocket client. What the service asks for as a sign of life is passed over."""

    def __init__(
        self, url: str, headers: Mapping[str, str] | None = None, protocol: str | None = "graphql-transport-ws",
        origin: str | None = None,
    ) -> None:  # fmt: skip
        self._opened = connect(
            f"{url.replace('http', 'ws', 1)}/graphql",
            subprotocols=[Subprotocol(protocol)] if protocol else None,
            additional_headers=headers,
            origin=origin,  # type: ignore[arg-type]
            compression=None,
            close_timeout=1,
        )
        self.connection: ClientConnection = self._opened.__enter__()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.__exit__(None, None, None)

    def send(self, message: Mapping[str, Any] | str | bytes) -> None:
        """Send a message, or what is none."""
        self.connection.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    def receive(self) -> dict[str, Any]:
        """The next message that is no ping. Raises `ConnectionClosed`, and `TimeoutError` when none comes."""
        while True:
            message: dict[str, Any] = orjson.loads(self.connection.recv(PATIENCE_S))
            if message != {"type": "ping"}:
                return message

    def begin(self, payload: Mapping[str, Any] | None = None) -> Self:
        """Say who we are, and wait until we are let in."""
        self.send({"type": "connection_init"} | ({"payload": payload} if payload is not None else {}))
        assert self.receive() == {"type": "connection_ack"}
        return self

    def subscribe(self, id_: str = "1", query: str = BOARD, **variables: Any) -> Self:
        """Subscribe."""
        self.send({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables}})
        return self

    def settled(self) -> Self:
        """Wait until the service has read all that was sent."""
        self.send({"type": "ping"})
        assert self.receive() == {"type": "pong"}
        return self

    def event(self, id_: str = "1") -> dict[str, Any]:
        """The event that comes next."""
        message = self.receive()
        assert (message["type"], message["id"]) == ("next", id_), message
        found: dict[str, Any] = message["payload"]["data"]["boardChanged"]
        return found

    def error(self, id_: str = "1") -> str:
        """The code of the error that comes next."""
        message = self.receive()
        assert (message["type"], message["id"]) == ("error", id_), message
        code: str = message["payload"][0]["extensions"]["code"]
        return code

    def closed(self) -> int:
        """The code with which the service closes the connection."""
        with suppress(ConnectionClosed):
            while True:
                self.receive()
        code = self.connection.close_code
        assert code is not None
        return code

    def drop(self) -> None:
        """Be gone without a word."""
        self.connection.socket.shutdown(socket.SHUT_RDWR)
        self.connection.close()


class Event(NamedTuple):
    """A server-sent event."""

    id: str
    event: str
    data: Any


@contextmanager
def stream(
    url: str, query: str = BOARD, last_seen: int | None = None, method: str = "POST",
    headers: Mapping[str, str] | None = None, **variables: Any,
) -> Iterator[httpx.Response]:  # fmt: skip
    """An open event stream."""
    sent = {"accept": "text/event-stream"} | dict(headers or {})
    if last_seen is not None:
        sent["last-event-id"] = str(last_seen)
    body: dict[str, Any] = {"query": query, "variables": variables}
    given: dict[str, Any] = {"json": body}
    if method == "GET":
        given = {"params": {"query": query, "variables": orjson.dumps(variables).decode()}}
    with httpx.stream(method, f"{url}/graphql", headers=sent, timeout=PATIENCE_S, **given) as response:
        yield response


def events(response: httpx.Response) -> Iterator[Event]:
    """What a stream tells, comments and hints left out."""
    assert response.status_code == 200, response.read()
    assert response.headers["content-type"] == "text/event-stream"
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(":")
        if line and name:
            fields[name] = value.removeprefix(" ")
        elif not line:
            if "event" in fields:
                data = fields.get("data", "")
                yield Event(fields.get("id", ""), fields["event"], orjson.loads(data) if data else None)
            fields = {}


def revision(event: Event) -> int:
    """The revision that an event tells, the same in its id and in its answer."""
    assert event.event == "next", event
    found: int = event.data["data"]["boardChanged"]["revision"]
    assert event.id == str(found) == str(event.data["extensions"]["revision"])
    return found
