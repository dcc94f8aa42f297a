"""Many who ask the same are told at once; one who does not listen is dropped, harms nobody, and can come back."""

import asyncio
import socket
import time
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, suppress
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from api.events.asked import key_of
from api.events.messages import PROTOCOL
from api.events.socket import Socket as Connection
from api.events.subscriptions import Subscriptions
from api.gql.execution import Operation
from api.metrics import Metrics
from api.settings import Settings
from api.workspace import Workspace
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId
from tests.contract.service import Service, serving
from tests.events.clients import BOARD, Socket, commit, events, revision, stream
from tests.events.waiting import metric, until

LARGE = 200_000
LITERAL = "subscription { boardChanged(after: %d) { revision who } }"


def test_who_asks_the_same_shares_one_answer_wherever_each_begins(service: Service) -> None:
    store = service.workspace.store
    with ExitStack() as stack:
        clients = [stack.enter_context(Socket(service.url)).begin() for _ in range(12)]
        for number, client in enumerate(clients):
            if number % 2:
                client.subscribe(after=number % 3)
            else:
                client.subscribe(query=LITERAL % (number % 3))
        for number, client in enumerate(clients):
            assert [client.event()["revision"] for _ in range(2 - number % 3)] == list(range(number % 3 + 1, 3))
        assert metric(service, "cmdb_event_answers_total") == 4
        commit(store, "three")
        assert {client.event()["revision"] for client in clients} == {3}
        assert metric(service, "cmdb_event_answers_total") == 6
        assert metric(service, 'cmdb_subscribers{transport="websocket"}') == 12
    until(lambda: metric(service, 'cmdb_subscribers{transport="websocket"}') == 0)


@pytest.mark.parametrize(
    ("query", "variables", "same"),
    [
        (BOARD, {"after": 7}, True),
        (BOARD, {}, True),
        (BOARD, {"after": 7, "other": 1}, False),
        (BOARD.replace("$after", "$since"), {"since": 7}, False),
        (BOARD.replace("who", ""), {"after": 7}, False),
    ],
)  # fmt: skip
def test_only_where_to_begin_may_differ(query: str, variables: dict[str, int], same: bool) -> None:
    mine = key_of(Operation(BOARD, {"after": 1}, "Board"))
    assert (key_of(Operation(query, variables, "Board")) == mine) is same


def test_a_variable_that_says_more_than_where_to_begin_counts() -> None:
    query = "subscription($n: Int) { boardChanged(after: $n) { records(first: $n) { key } } }"
    assert key_of(Operation(query, {"n": 1}, None)) != key_of(Operation(query, {"n": 2}, None))


@pytest.fixture
def strict(workspace: Workspace) -> Iterator[Service]:
    with serving(workspace, Settings(slow_seconds=2, max_replay=60, keepalive_seconds=0.2)) as found:
        yield found


def commit_large(service: Service, count: int) -> None:
    one = CI(CiId("host"), "server", "", "shared", "live", "{}", "test")
    for number in range(count):
        message = f"{number}{'x' * LARGE}"
        service.workspace.store.apply(
            Changeset("me", "test", message=message, put_cis=[one._replace(name=message[:9])])
        )


class Deaf(Socket):
    """A client that takes next to nothing from its connection until it reads."""

    def begin_deaf(self) -> "Deaf":
        """Subscribe, and read no more."""
        self.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self.begin().subscribe(after=2)
        return self

    def rest(self) -> Iterator[int]:
        """Read what there is, until the connection is closed."""
        with suppress(ConnectionClosed):
            while True:
                yield self.event()["revision"]


def test_one_who_takes_nothing_is_dropped_and_can_come_back(strict: Service) -> None:
    with Deaf(strict.url).begin_deaf() as deaf, Socket(strict.url).begin().subscribe(after=2) as other:
        commit_large(strict, 55)
        assert [other.event()["revision"] for _ in range(55)] == list(range(3, 58))
        until(partial(dropped, strict))
        told = list(deaf.rest())
        assert deaf.connection.close_code == 1013
        assert 0 < len(told) < 55
    with Socket(strict.url).begin().subscribe(after=told[-1]) as again:
        told += [again.event()["revision"] for _ in range(55 - len(told))]
    assert told == list(range(3, 58))


def test_two_things_it_does_not_take_drop_a_connection_once() -> None:
    """Both run out of time at once where the process was held up."""
    given = iter([{"type": "websocket.connect"}, text('{"type": "connection_init"}'), text('{"type": "ping"}')])
    metrics, waiting = Metrics(), list[str]()

    async def receive() -> MutableMapping[str, Any]:
        for message in given:
            return message
        return await asyncio.Future[dict[str, str]]()

    async def send(message: MutableMapping[str, Any]) -> None:
        if message.get("text", "").endswith(('"ping"}', '"pong"}')):
            waiting.append(message["text"])
            if len(waiting) == 2:
                time.sleep(0.2)
            await asyncio.Event().wait()

    scope = {"state": {"request_id": "r", "admitted": True}, "subprotocols": [PROTOCOL]}
    hub = SimpleNamespace(enter=lambda _: None, leave=lambda _: None)
    settings = Settings(slow_seconds=0.1, keepalive_seconds=0.01)
    subscriptions = cast(Subscriptions, SimpleNamespace(settings=settings, metrics=metrics, hub=hub))

    async def serve() -> None:
        await Connection(scope, receive, send, subscriptions).serve()

    asyncio.run(serve())
    assert sorted(waiting) == ['{"type":"ping"}', '{"type":"pong"}']
    assert metrics.dropped.labels("too_slow")._value.get() == 1


def text(said: str) -> dict[str, str]:
    return {"type": "websocket.receive", "text": said}


def test_a_stream_that_is_not_read_is_cut(strict: Service) -> None:
    with stream(strict.url, after=2) as response:
        commit_large(strict, 55)
        until(partial(dropped, strict))
        told = list(until_cut(response))
        assert told == list(range(3, 3 + len(told)))
        assert len(told) < 55


def until_cut(response: httpx.Response) -> Iterator[int]:
    """What comes until a stream is cut, which a client can tell from one that is complete."""
    with suppress(httpx.RemoteProtocolError):
        yield from map(revision, events(response))
        raise AssertionError("the stream came to an end")


def dropped(service: Service) -> bool:
    return metric(service, 'cmdb_subscriptions_dropped_total{reason="too_slow"}') == 1


def test_who_missed_more_than_is_told_again_has_to_ask_anew(strict: Service) -> None:
    for number in range(3, 70):
        commit(strict.workspace.store, f"r{number}")
    with Socket(strict.url).begin().subscribe(after=8) as client:
        assert client.error() == "RESUME_TOO_FAR"
        client.subscribe(after=9)
        assert client.event()["revision"] == 10
    with stream(strict.url, last_seen=8) as response:
        assert response.status_code == 410
