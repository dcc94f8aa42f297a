"""The graphql-transport-ws protocol is kept strictly: every wrong message ends with the code that is stated for it."""

from collections.abc import Iterator

import pytest

from api.settings import Settings
from api.workspace import Workspace
from tests.contract.service import Service, serving
from tests.events.clients import BOARD, Socket, commit, events, stream

HASTY = Settings(init_seconds=0.2, keepalive_seconds=0.1, max_subscriptions=2, max_operations=2)


@pytest.fixture
def hasty(workspace: Workspace) -> Iterator[Service]:
    """A service with little patience and small limits."""
    with serving(workspace, HASTY) as found:
        yield found


@pytest.mark.parametrize(
    "message",
    [
        "", "no JSON", "[]", "null", "{}", '{"type": 1}', '{"type": "unknown"}', '{"type": "next", "id": "1"}',
        '{"type": "connection_ack"}', '{"type": "subscribe"}', '{"type": "subscribe", "id": ""}',
        '{"type": "subscribe", "id": 1, "payload": {}}', '{"type": "subscribe", "id": "1", "payload": []}',
        '{"type": "subscribe", "id": "1", "payload": {}}', '{"type": "complete"}', b"bytes", "[" * 10_000,
        '{"type": "subscribe", "id": "1", "payload": {"query": 5}}', '{"type": "ping", "type": "ping"}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}', '{"id": "\\ud800"}',
        f'{{"type": "complete", "id": "{"x" * 201}"}}', '{"type": "ping", "payload": 1}',
    ],
)  # fmt: skip
def test_what_is_no_message_closes_the_connection(service: Service, message: str | bytes) -> None:
    with Socket(service.url).begin() as client:
        client.send(message)
        assert client.closed() == 4400


def test_what_comes_too_early_too_late_or_twice_closes_it(hasty: Service) -> None:
    with Socket(hasty.url) as client:
        assert client.closed() == 4408
    with Socket(hasty.url) as client:
        assert client.subscribe().closed() == 4401
    with Socket(hasty.url).begin() as client:
        client.send({"type": "connection_init"})
        assert client.closed() == 4429
    with Socket(hasty.url, protocol="graphql-ws") as client:
        assert client.closed() == 4406
    with Socket(hasty.url, protocol=None) as client:
        assert client.closed() == 4406


def test_an_id_is_free_again_once_its_subscription_is_complete(service: Service) -> None:
    with Socket(service.url).begin().subscribe(after=1) as client:
        assert client.event()["revision"] == 2
        client.send({"type": "complete", "id": "1"})
        commit(service.workspace.store, "three")
        client.subscribe(after=2)
        assert client.event()["revision"] == 3
        assert client.subscribe(after=2).closed() == 4409


def test_subscriptions_of_one_connection_are_told_apart(service: Service) -> None:
    with Socket(service.url).begin().subscribe("a", after=2).subscribe('"b', after=1) as client:
        assert client.event('"b')["revision"] == 2
        client.settled()
        commit(service.workspace.store, "three")
        assert {client.receive()["id"] for _ in range(2)} == {"a", '"b'}


def test_a_message_that_is_too_long_closes_it(service: Service) -> None:
    with Socket(service.url).begin() as client:
        client.send(f'{{"type": "ping", "payload": {{"a": "{"x" * 1_000_000}"}}}}')
        assert client.closed() == 1009


def test_pings_are_answered_and_sent(hasty: Service) -> None:
    with Socket(hasty.url).begin().settled() as client:
        assert [client.connection.recv(5) for _ in range(3)] == ['{"type":"ping"}'] * 3
    with stream(hasty.url) as response:
        found = response.iter_lines()
        assert [next(found) for _ in range(6)] == ["retry: 1000", "", ":", "", ":", ""]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_SYNTAX"),
        ("subscription { nothing }", "GRAPHQL_INVALID"),
        ("subscription { __typename }", "GRAPHQL_INVALID"),
        ("subscription { a: boardChanged { revision } b: boardChanged { revision } }", "GRAPHQL_INVALID"),
        ("subscription($after: Int!) { boardChanged(after: $after) { revision } }", "GRAPHQL_INVALID"),
        ("{ kinds { name } }", "BAD_REQUEST"),
        ('mutation { retire(cis: [{id: "host"}]) { __typename } }', "BAD_REQUEST"),
        ("subscription { boardChanged { records(first: 201) { key } } }", "PAGE_TOO_LARGE"),
        ("subscription { boardChanged(after: 7) { revision } }", "RESUME_UNKNOWN"),
        ("subscription { boardChanged(after: -1) { revision } }", "RESUME_UNKNOWN"),
        (f"subscription {{ boardChanged {{ {' '.join(f'a{n}: who' for n in range(40))} }} }}", "TOO_MANY_ALIASES"),
        (f"subscription {{ boardChanged {{ {' '.join(['who'] * 5_000)} }} }}", "TOO_MANY_TOKENS"),
        ("subscription A { boardChanged { who } } subscription B { boardChanged { who } }", "BAD_REQUEST"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused_and_the_connection_stays(service: Service, query: str, code: str) -> None:
    with Socket(service.url).begin().subscribe(query=query) as client:
        assert client.error() == code
        client.subscribe(after=1)
        assert client.event()["revision"] == 2
    answer = service.client.post("/graphql", json={"query": query}, headers={"accept": "text/event-stream"})
    if "mutation" not in query and "kinds" not in query:
        assert 400 <= answer.status_code < 500
        assert answer.json()["errors"][0]["extensions"]["code"] == code


def test_a_connection_and_the_service_have_their_limits(hasty: Service) -> None:
    fields = ("who", "source", "message")
    queries = [f"subscription {{ boardChanged(after: 1) {{ revision {name} }} }}" for name in fields]
    with Socket(hasty.url).begin().subscribe("a").subscribe("b").subscribe("c") as client:
        assert client.error("c") == "TOO_MANY_SUBSCRIBERS"
    with Socket(hasty.url).begin().subscribe("a", queries[0]).subscribe("b", queries[1]) as client:
        assert {client.receive()["id"] for _ in range(2)} == {"a", "b"}
        with Socket(hasty.url).begin().subscribe("c", queries[2]) as other:
            assert other.error("c") == "TOO_MANY_SUBSCRIBERS"
        with Socket(hasty.url).begin().subscribe("d", queries[0].replace("1", "0")) as other:
            assert other.event("d")["revision"] == 1, "an operation that others have asked for is no further one"


def test_no_more_connect_than_may(workspace: Workspace) -> None:
    with serving(workspace, Settings(max_subscribers=1)) as service:
        with Socket(service.url).begin().subscribe(after=1) as client:
            assert client.event()["revision"] == 2
            with Socket(service.url) as other:
                assert other.closed() == 1013
            with stream(service.url) as response:
                assert response.status_code == 503
        with stream(service.url, after=1) as response:
            assert next(events(response)).id == "2", "who leaves makes room"


def test_only_who_takes_an_event_stream_gets_one(service: Service) -> None:
    for accept in ("application/json", "*/*", "text/event-streams"):
        answer = service.client.post("/graphql", json={"query": BOARD}, headers={"accept": accept})
        assert answer.status_code == 400
    both = {"accept": "application/json, text/event-stream;q=0.5"}
    answer = service.client.post("/graphql", json={"query": "{ sectors }"}, headers=both)
    assert answer.json()["data"]["sectors"]
    answer = service.client.get("/graphql", params={"query": "{ sectors }"}, headers=both)
    assert answer.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"
    for wrong in ("x", "-1", "1.5", "9" * 30):
        with stream(service.url, headers={"last-event-id": wrong}) as response:
            assert response.status_code == 400
