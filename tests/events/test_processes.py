"""Subscribers of `cmdb serve` as it runs: in several processes, on a database that is lost and found, to its end."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from cmdb.model.model import standard_model
from cmdb.store.neo4j.store import Neo4jStore
from cmdb.store.port import Store
from cmdb.store.sqlite.store import SqliteStore
from tests.e2e.serving import Serving, family, opened_by, port_of, serving
from tests.events.clients import Socket, commit, events, revision, stream
from tests.events.dropping import Follow, by_socket, by_stream, follow
from tests.events.waiting import until
from tests.neo4j.choice import TestServer
from tests.neo4j.proxy import Proxy
from tests.neo4j.server import Neo4jServer

pytestmark = pytest.mark.slow

MOST = 200
"""Connections opened at most until each process has one."""


@contextmanager
def served_file(folder: Path, *arguments: str) -> Iterator[tuple[Serving, Store, str]]:
    """A service on a file, its store as another process opens it, and its address."""
    with closing(SqliteStore(folder / "cmdb.db", standard_model())) as store:
        commit(store, "one")
        with serving(f"sqlite:{folder / 'cmdb.db'}", *arguments) as service:
            yield service, store, f"http://127.0.0.1:{service.port}"


def answering(service: Serving, client: Socket) -> int:
    """The process at the other end of a connection, as the kernel knows it (Linux)."""
    mine = client.connection.socket.getsockname()[1]
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = {(port_of(row[1]), port_of(row[2])): row[9] for row in rows}
    wanted = f"socket:[{ends[service.port, mine]}]"
    return next(pid for pid in family(service.process.pid) if wanted in opened_by(pid))


def test_subscribers_of_every_worker_are_told(tmp_path: Path) -> None:
    with served_file(tmp_path, "--workers", "2") as (service, store, url), ExitStack() as stack:
        clients = dict[int, list[Socket]]()
        while len(clients) < 2:
            client = stack.enter_context(Socket(url)).begin().subscribe(after=1)
            clients.setdefault(answering(service, client), []).append(client)
            assert sum(map(len, clients.values())) < MOST
        for number in range(2, 22):
            commit(store, f"r{number}")
        for client in (client for found in clients.values() for client in found):
            assert [client.event()["revision"] for _ in range(20)] == list(range(2, 22))


def test_one_may_come_back_to_another_worker(tmp_path: Path) -> None:
    with served_file(tmp_path, "--workers", "2") as (_, store, url):
        follow(url, store, by_socket, 3)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_subscribers_are_told_that_the_service_stops(tmp_path: Path, workers: str) -> None:
    with served_file(tmp_path, "--workers", workers) as (service, store, url):
        with ExitStack() as stack:
            clients = [stack.enter_context(Socket(url)).begin().subscribe(after=0) for _ in range(20)]
            idle = stack.enter_context(Socket(url)).begin()
            told = events(stack.enter_context(stream(url, after=0)))
            assert {client.event()["revision"] for client in clients} == {revision(next(told))} == {1}
            service.process.send_signal(signal.SIGTERM)
            for client in (*clients, idle):
                with pytest.raises(ConnectionClosed) as closed:
                    client.receive()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1001
            assert list(told) == [], "an end without `complete`: the client is to come back"
        service.process.wait(20)
        assert store.head().revision == 1


@pytest.mark.parametrize("by", [by_socket, by_stream])
def test_nothing_is_lost_or_told_twice_on_a_database(neo4j_server: TestServer, tmp_path: Path, by: Follow) -> None:
    user, password = neo4j_server.auth or ("", "")
    around = {"NEO4J_USER": user, "NEO4J_PASSWORD": password, "CMDB_CACHE": str(tmp_path)}
    with closing(Neo4jStore(neo4j_server.uri, user, password, standard_model(), silent_seconds=20)) as store:
        commit(store, "one")
        with serving(neo4j_server.uri, "--workers", "2", **around) as service:
            follow(f"http://127.0.0.1:{service.port}", store, by, 7)


@pytest.mark.parametrize("how", ["paused", "killed", "half-open"])
def test_nothing_is_lost_while_the_database_is_away(neo4j_process: Neo4jServer, tmp_path: Path, how: str) -> None:
    user, password = neo4j_process.auth
    around = {"NEO4J_USER": user, "NEO4J_PASSWORD": password, "CMDB_CACHE": str(tmp_path)}
    lose = {"paused": neo4j_process.pause, "killed": neo4j_process.kill}
    find = {"paused": neo4j_process.resume, "killed": neo4j_process.restart}
    with closing(Neo4jStore(neo4j_process.uri, user, password, standard_model())) as store:
        commit(store, "one")
        with (
            Proxy(neo4j_process.port) as proxy,
            serving(f"bolt://127.0.0.1:{proxy.port}", **around) as service,
            Socket(f"http://127.0.0.1:{service.port}").begin().subscribe(after=0) as client,
        ):
            assert client.event()["revision"] == 1
            for first in (2, 12):
                lose.get(how, proxy.hang)()
                if how == "half-open":
                    commit_some(store, first)
                until_away(f"http://127.0.0.1:{service.port}")
                find.get(how, proxy.restore)()
                if how != "half-open":
                    commit_some(store, first)
                assert [client.event()["revision"] for _ in range(10)] == list(range(first, first + 10))


def commit_some(store: Store, first: int) -> None:
    for number in range(first, first + 10):
        assert commit(store, f"r{number}") == number


def until_away(url: str) -> None:
    """Wait until the service knows that the store is away."""
    until(lambda: not httpx.get(f"{url}/ready", timeout=20).json()["live"])
