"""Bodies without end: refused while they arrive, and not kept."""

import resource
import socket
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from api.settings import Settings
from tests.contract.service import Service, load_province, serving
from tests.integration.command import runner

HEAD = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
MOST = 64 * 2**20
"""Bytes by which the memory may grow."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    workspace = load_province(tmp_path_factory.mktemp("hostile") / "cmdb.db")
    with serving(workspace, Settings(body_seconds=2)) as found:
        found.ask("{ sectors }")
        yield found
    workspace.close()


def answered(service: Service, rest: bytes, body: Iterator[bytes]) -> bytes:
    """What is answered, at the latest when the service has closed the connection."""
    place = urlsplit(service.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=30) as connection:
        connection.sendall(HEAD % b"/graphql" + rest)
        try:
            for part in body:
                connection.sendall(part)
        except OSError:
            pass  # the service has heard enough
        try:
            return connection.recv(65_536)
        except OSError:
            return b""


def endless(part: bytes, most: int) -> Iterator[bytes]:
    for _ in range(most // len(part)):
        yield part


CHUNK = b"10000\r\n" + b" " * 65_536 + b"\r\n"


@pytest.mark.parametrize(
    ("rest", "part"),
    [
        (b"Content-Length: 10737418240\r\n\r\n", b" " * 65_536),
        (b"Content-Length: 99999999999999999999\r\n\r\n", b" " * 65_536),
        (b"Transfer-Encoding: chunked\r\n\r\n", CHUNK),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"x" * 4_096 + b"\r\n \r\n"),
    ],
    ids=["10 GB", "more than can be counted", "chunks", "chunks with long remarks"],
)
def test_a_body_without_end_is_not_kept(service: Service, rest: bytes, part: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    try:
        answer = answered(service, rest, endless(part, 200 * 2**20))
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()
    assert not answer or answer.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 ", b"HTTP/1.1 408 "))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST // 1024
    assert service.ask("{ sectors }")["sectors"][0] == "shared"


def test_what_the_command_says_of_a_bad_file_shows_no_path(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cis.csv").write_bytes(b"id,kind,name\nx,server,a\x1b[2J\xe2\x80\xaeb\n")
    (tmp_path / "in" / "relations.csv").write_bytes(b"from,type,to\n")
    run = runner(capfdbinary, "import", str(tmp_path / "in"), "--store", f"sqlite:{tmp_path / 'cmdb.db'}")
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "cis.csv row 2, column name" in err
    for mark in ("\x1b", "\u202e", str(tmp_path), "Traceback"):
        assert mark not in err
