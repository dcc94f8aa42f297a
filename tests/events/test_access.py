"""Who may subscribe: who has the token, in a header or the first message; without one, this machine and its pages."""

from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus

from api.settings import Settings
from api.workspace import Workspace
from tests.contract.service import Service, serving
from tests.events.clients import Socket, events, revision, stream

TOKEN = "correct-horse-battery"
BEARER = f"Bearer {TOKEN}"


@pytest.fixture
def guarded(workspace: Workspace) -> Iterator[Service]:
    with serving(workspace, Settings(token=TOKEN)) as found:
        yield found


def test_the_token_is_taken_from_the_header_or_the_first_message(guarded: Service) -> None:
    with Socket(guarded.url, {"authorization": BEARER}).begin().subscribe(after=1) as client:
        assert client.event()["revision"] == 2
    for name in ("authorization", "Authorization"):
        with Socket(guarded.url).begin({name: BEARER}).subscribe(after=1) as client:
            assert client.event()["revision"] == 2
    with stream(guarded.url, headers={"authorization": BEARER}, after=1) as response:
        assert revision(next(events(response))) == 2


def test_without_the_token_nobody_is_let_in(guarded: Service) -> None:
    for payload, code in (
        (None, 4401), ({}, 4401), ({"authorization": 5}, 4401), ({"authorization": "Bearer wrong"}, 4403),
        ({"authorization": TOKEN}, 4403), ({"token": TOKEN}, 4401),
    ):  # fmt: skip
        with Socket(guarded.url) as client:
            client.send({"type": "connection_init"} | ({"payload": payload} if payload is not None else {}))
            assert client.closed() == code, payload
    with pytest.raises(InvalidStatus) as refusal:
        Socket(guarded.url, {"authorization": "Bearer wrong"})
    assert refusal.value.response.status_code == 401
    assert refusal.value.response.headers["www-authenticate"] == "Bearer"
    with stream(guarded.url) as response:
        assert response.status_code == 401


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1.evil.example"]
)
def test_no_page_of_another_origin_may_subscribe(service: Service, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        Socket(service.url, origin=origin)
    assert refusal.value.response.status_code == 403
    for method in ("GET", "POST"):
        with stream(service.url, method=method, headers={"origin": origin}) as response:
            assert response.status_code == 403


def test_a_page_of_this_service_may(service: Service) -> None:
    with Socket(service.url, origin=service.url).begin().subscribe(after=1) as client:
        assert client.event()["revision"] == 2
    with stream(service.url, method="GET", headers={"origin": service.url}, after=1) as response:
        assert revision(next(events(response))) == 2


def test_a_host_that_is_not_this_machine_is_refused(service: Service) -> None:
    handshake = {
        "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13", "host": "evil.example",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-protocol": "graphql-transport-ws",
    }  # fmt: skip
    answer = service.client.get("/graphql", headers=handshake)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (421, "WRONG_HOST")


def test_there_is_no_socket_elsewhere(service: Service) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        Socket(f"{service.url}/metrics")
    assert refusal.value.response.status_code == 403
