"""Neo4j paused, killed or cut off: answers go on, and say how old they are."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from threading import Event, Thread
from typing import Any, NamedTuple

import httpx
import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId
from cmdb.model.model import standard_model
from cmdb.store.neo4j.store import Neo4jStore
from tests.neo4j.proxy import Proxy
from tests.neo4j.server import Neo4jServer

pytestmark = pytest.mark.slow

QUESTION = """{ impact(scenario: [{ci: "host"}]) { ... on Impact {
  completeness { revision source ageSeconds } summary { affected { down } } } } }"""
RATE = 50


def ci(name: str, kind: str = "server") -> CI:
    return CI(CiId(name), kind, name, "shared", "live", "{}", "test")


def opened(server: Neo4jServer, port: int | None = None) -> Neo4jStore:
    return Neo4jStore(f"bolt://127.0.0.1:{port or server.port}", *server.auth, standard_model())


class Told(NamedTuple):
    """One answer: when it was asked, how long it took, whether it was live, the age it gave."""

    at: float
    took: float
    live: bool
    age: int


@contextmanager
def api(server: Neo4jServer, port: int, cache: Path) -> Iterator[str]:
    """`cmdb serve` on the database behind `port`, ready."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        listen = probe.getsockname()[1]
    environment = {**os.environ, "CMDB_STORE": f"bolt://127.0.0.1:{port}", "NEO4J_USER": server.auth[0],
                   "NEO4J_PASSWORD": server.auth[1], "CMDB_CACHE": str(cache)}  # fmt: skip
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(listen)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{listen}"
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{url}/ready").status_code == 200:
                    break
            except httpx.TransportError:
                pass  # not listening yet
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


class Asking:
    """Asks RATE questions a second until it is left; `answers` holds what came, `failures` what did not."""

    def __init__(self, url: str) -> None:
        self.url, self.answers, self.failures = url, list[Told](), list[str]()
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self._stop.wait(1 / RATE):
                at = time.monotonic()
                try:
                    told = ask(client, self.url)
                    self.answers.append(Told(at, time.monotonic() - at, told["source"] == "live", told["ageSeconds"]))
                except (httpx.HTTPError, KeyError, TypeError) as error:
                    self.failures.append(repr(error))


def ask(client: httpx.Client, url: str) -> dict[str, Any]:
    """The completeness of one answer."""
    answer = client.post(f"{url}/graphql", json={"query": QUESTION}).json()["data"]["impact"]
    assert answer["summary"]["affected"]["down"] == 1
    found: dict[str, Any] = answer["completeness"]
    return found


def lose(server: Neo4jServer, proxy: Proxy, how: str) -> None:
    {"paused": server.pause, "killed": server.kill, "half-open": proxy.hang}[how]()


def bring_back(server: Neo4jServer, proxy: Proxy, how: str) -> None:
    {"paused": server.resume, "killed": server.restart, "half-open": proxy.restore}[how]()


@pytest.mark.parametrize("how", ["paused", "killed", "half-open"])
def test_answers_go_on_while_the_database_is_away(neo4j_process: Neo4jServer, tmp_path: Path, how: str) -> None:
    store = opened(neo4j_process)
    store.apply(Changeset("me", "test", put_cis=[ci("host")]))
    store.close()
    with Proxy(neo4j_process.port) as proxy, api(neo4j_process, proxy.port, tmp_path) as url, Asking(url) as asking:
        time.sleep(2)
        lost = time.monotonic()
        lose(neo4j_process, proxy, how)
        time.sleep(6)
        bring_back(neo4j_process, proxy, how)
        back = time.monotonic()
        deadline = back + 30
        while time.monotonic() < deadline and not asking.answers[-1].live:
            time.sleep(0.1)
        time.sleep(1)
    assert asking.failures == []
    early = [(round(a.at - lost, 2), a.age) for a in asking.answers if a.at < lost and not a.live]
    assert early == []
    stale = [a for a in asking.answers if not a.live]
    assert stale
    assert stale[0].at - lost <= 2
    assert max(a.took for a in asking.answers) <= 1
    assert all(abs(a.age - (a.at - lost)) <= 1 for a in stale if a.at < back)
    assert asking.answers[-1].live


def test_a_restart_answers_while_the_database_is_down(neo4j_process: Neo4jServer, tmp_path: Path) -> None:
    store = opened(neo4j_process)
    store.apply(Changeset("me", "test", put_cis=[ci("host")]))
    store.close()
    with api(neo4j_process, neo4j_process.port, tmp_path) as url, httpx.Client(timeout=10) as client:
        assert ask(client, url)["source"] == "live"
    neo4j_process.kill()
    with api(neo4j_process, neo4j_process.port, tmp_path) as url, httpx.Client(timeout=10) as client:
        told = ask(client, url)
        assert told["source"] == "snapshot"
        neo4j_process.restart()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and ask(client, url)["source"] != "live":
            time.sleep(0.2)
        assert ask(client, url)["source"] == "live"
