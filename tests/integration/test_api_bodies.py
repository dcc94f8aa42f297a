"""Odd bodies are refused with a stated code, and the service goes on."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.contract.service import Service

JSON = {"content-type": "application/json"}
DIGITS = b"9" * 5_000


@pytest.fixture(autouse=True)
def still_alive(service: Service) -> Iterator[None]:
    yield
    assert service.ask("{ sectors }")["sectors"][0] == "shared"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"query": "{ sectors }", "variables": {"x": NaN}}', "BAD_JSON"),
        (b'{"query": "{ sectors }", "variables": {"x": -Infinity}}', "BAD_JSON"),
        (b'{"query": "{ sectors }", "variables": {"x": 1e999}}', "BAD_JSON"),
        (b'{"query": "{ sectors }", "variables": {"x": ' + DIGITS + b"}}", "NUMBER_TOO_LONG"),
        (b'{"query": "{ sectors }", "query": "{ kinds { name } }"}', "BAD_JSON"),
        (b'{"query": "\\ud800"}', "BAD_JSON"),
        (b'{"query": "{ sectors }"', "BAD_JSON"),
        (b"", "BAD_JSON"),
        (b"\xef\xbb\xbf{}", "BAD_JSON"),
        (b'{"query": "\xff"}', "BAD_ENCODING"),
        (b"\xff", "BAD_ENCODING"),
        (b'"x"', "BAD_REQUEST"),
        (b"null", "BAD_REQUEST"),
        (b"17", "BAD_REQUEST"),
        (b"{}", "BAD_REQUEST"),
        (b'{"query": 1}', "BAD_REQUEST"),
        (b'{"query": "  "}', "BAD_REQUEST"),
        (b'{"query": "{ sectors }", "variables": []}', "BAD_REQUEST"),
        (b'{"query": "{ sectors }", "operationName": 1}', "BAD_REQUEST"),
        (b'{"query": "query A { sectors } query B { sectors }"}', "BAD_REQUEST"),
        (b'{"query": "query A { sectors }", "operationName": "C"}', "BAD_REQUEST"),
        (b'[{"query": "{ sectors }"}]', "BATCH_NOT_SUPPORTED"),
        (b"[" * 100_000, "TOO_DEEP"),
        (b'{"variables": ' + b'{"a":' * 100_000, "TOO_DEEP"),
        (b'{"query": "' + b"{a" * 20_000 + b'"}', "TOO_DEEP"),
        (b'{"query": "{ sectors"}', "GRAPHQL_SYNTAX"),
        (b'{"query": "subscription { sectors }"}', "BAD_REQUEST"),
    ],
)
def test_odd_body(service: Service, body: bytes, code: str) -> None:
    answer = service.client.post("/graphql", content=body, headers=JSON)
    assert (answer.status_code, [e["extensions"]["code"] for e in answer.json()["errors"]]) == (400, [code])


def test_many_open_quotes_cost_no_time(service: Service) -> None:
    body = b'{"query": "' + b'\\"' * 450_000
    answer = service.client.post("/graphql", content=body, headers=JSON)
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_JSON"
    assert answer.elapsed.total_seconds() < 2


def test_a_whole_number_too_large_for_int_is_an_error_of_the_variable(service: Service) -> None:
    body = service.post('query($n: Int!) { search(text: "a", first: $n) { __typename } }', n=10**15)
    assert body["errors"][0]["extensions"]["code"] in {"GRAPHQL_INVALID", "PAGE_TOO_LARGE"}


def test_another_content_type_is_refused(service: Service) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = service.client.post("/graphql", content=b'{"query": "{ sectors }"}', headers={"content-type": kind})
        assert answer.status_code == 415


def test_a_body_that_says_it_is_too_large_is_refused_unread(service: Service) -> None:
    answer = raw(service, b"Content-Length: 1000001\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"BODY_TOO_LARGE" in answer


def test_a_body_that_turns_out_too_large_is_refused(service: Service) -> None:
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    answer = raw(service, b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 16 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def raw(service: Service, rest: bytes) -> bytes:
    """What the service answers to a request written by hand."""
    place = urlsplit(service.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
        head = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
        connection.sendall(head + rest)
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
        return b"".join(parts)


def test_unknown_routes_and_methods_are_stated(service: Service) -> None:
    for method, path, status, code in (
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("DELETE", "/graphql", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/graphql", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/docs", 404, "NOT_FOUND"),
    ):
        answer = service.client.request(method, path)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
