"""`cmdb serve` as processes of their own, and connections of which it is known which process answers."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
ATTEMPTS = 2_000
QUESTION = """query($ci: ID!) { impact(scenario: [{ci: $ci}]) {
  ... on Impact { completeness { revision source } summary { affected { down } } } } }"""


class Serving:
    """A running `cmdb serve` on a port of its own."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port
        self._connections: list[HTTPConnection] = []

    def connect(self, workers: int) -> dict[int, HTTPConnection]:
        """An open connection to each of the processes that answer, by process id; closed when the service stops."""
        found: dict[int, HTTPConnection] = {}
        for _ in range(ATTEMPTS):
            connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
            self._connections.append(connection)
            for each in (connection, *found.values()):  # an idle connection would be closed, an idle worker hit again
                assert asked(each, "GET", "/health") == {"status": "alive"}
            pid = self._answering(connection)
            if found.setdefault(pid, connection) is not connection:
                connection.close()
            if len(found) == workers:
                return found
        raise AssertionError(f"of {workers} workers, {len(found)} answered {ATTEMPTS} connections")

    def close(self) -> None:
        """Close the connections and stop the service."""
        for connection in self._connections:
            connection.close()
        everyone = family(self.process.pid)
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            for pid in everyone:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            raise

    def _answering(self, connection: HTTPConnection) -> int:
        """The process that holds the other end of a connection, as the kernel knows it (Linux)."""
        mine = connection.sock.getsockname()[1]
        sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        ends = {(port_of(row[1]), port_of(row[2])): row[9] for row in sockets}
        wanted = f"socket:[{ends[self.port, mine]}]"
        return next(pid for pid in family(self.process.pid) if wanted in opened_by(pid))


@contextmanager
def serving(store: str, *arguments: str, **environment: str) -> Iterator[Serving]:
    """`cmdb serve` of a store, ready to answer; stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "api.cli", "serve", "--store", store, "--port", str(port), *arguments]
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    service = Serving(process, port)
    try:
        await_ready(process, port)
        yield service
    finally:
        service.close()


def await_ready(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until a process on `port` says that it is ready."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the service stopped while starting"
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass  # not listening yet
        finally:
            connection.close()
        time.sleep(0.1)
    raise AssertionError(f"not ready after {START_TIMEOUT_S:g} s")


def asked(connection: HTTPConnection, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
    """The JSON that answers a request."""
    headers = {"content-type": "application/json"} if body is not None else {}
    connection.request(method, path, orjson.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content
    return orjson.loads(content)


def completeness(connection: HTTPConnection, ci: str) -> dict[str, Any]:
    """What an answer about a CI says of the revision it is of."""
    body = asked(connection, "POST", "/graphql", {"query": QUESTION, "variables": {"ci": ci}})
    found: dict[str, Any] = body["data"]["impact"]["completeness"]
    return found


def port_of(end: str) -> int:
    """The port of `ADDRESS:PORT` in the kernel's hexadecimal."""
    return int(end.rpartition(":")[2], 16)


def opened_by(pid: int) -> set[str]:
    """What the file descriptors of a process lead to."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(os.readlink(link))
        except FileNotFoundError:
            continue  # closed meanwhile
    return found


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []  # it has ended
    return [pid, *(grandchild for child in children for grandchild in family(int(child)))]
