"""Several processes serve one estate: each shows a commit at once, and on one machine they share its memory."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import NamedTuple

import pytest

from benchmarks.figures import percentile, seconds
from benchmarks.generator import generate
from benchmarks.inventory import changeset
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId
from cmdb.model.model import standard_model
from cmdb.store.neo4j.store import Neo4jStore
from cmdb.store.port import Store
from cmdb.store.sqlite.store import SqliteStore
from tests.e2e.serving import completeness, serving
from tests.neo4j.choice import TestServer
from tests.neo4j.plugin import note

pytestmark = pytest.mark.slow

COMMITS = int(os.environ.get("BLUENOSE_COMMITS", "12"))
WARMING = 6
"""Commits before those that count: a database just started takes seconds to plan its first queries."""
LIMIT_S = 0.5
POLL_S = 0.02
PATIENCE_S = 20.0
HELD_UP_S = 12.0
DISTRIBUTION = 63_436
"""CIs of a distribution's package graph."""


class Place(NamedTuple):
    """Where a test's inventory is: its URL, the environment of who serves it, and how to open it here."""

    url: str
    environment: dict[str, str]
    open: Callable[[], Store]


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.xdist_group("neo4j"))])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    model = standard_model()
    if request.param == "sqlite":
        return Place(f"sqlite:{tmp_path / 'cmdb.db'}", {}, lambda: SqliteStore(tmp_path / "cmdb.db", model))
    server: TestServer = request.getfixturevalue("neo4j_server")
    user, password = server.auth or ("", "")
    environment = {"NEO4J_USER": user, "NEO4J_PASSWORD": password}
    return Place(server.uri, environment, lambda: Neo4jStore(server.uri, user, password, model, silent_seconds=20))


@contextmanager
def workers(place: Place, folder: Path) -> Iterator[list[HTTPConnection]]:
    """One service of three processes."""
    with serving(place.url, "--workers", "3", CMDB_CACHE=str(folder), **place.environment) as service:
        yield list(service.connect(3).values())


@contextmanager
def machines(place: Place, folder: Path) -> Iterator[list[HTTPConnection]]:
    """Two services that know nothing of each other, each with a folder of its own."""
    with ExitStack() as stack:
        services = [
            stack.enter_context(serving(place.url, CMDB_CACHE=str(folder / name), **place.environment))
            for name in ("a", "b")
        ]
        yield [connection for service in services for connection in service.connect(1).values()]


class Watching:
    """Asks one process over and over; `shown` holds when it first showed each newer revision."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.shown: list[tuple[float, int]] = [(0.0, 0)]
        self.back: list[int] = []
        self._connection, self._stop = connection, Event()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(POLL_S):
            revision, newest = completeness(self._connection, "host")["revision"], self.shown[-1][1]
            if revision > newest:
                self.shown.append((time.monotonic(), revision))
            elif revision < newest:
                self.back.append(revision)

    def wait(self, revision: int) -> None:
        """Wait until it shows a revision, but not for ever."""
        deadline = time.monotonic() + PATIENCE_S
        while self.shown[-1][1] < revision and time.monotonic() < deadline and self._thread.is_alive():
            time.sleep(POLL_S)
        assert self.shown[-1][1] == revision

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()
        self._thread.join()

    def delay(self, revision: int, committed: float) -> float:
        """Seconds from a commit to the first answer that shows it."""
        return next(at for at, shown in self.shown if shown >= revision) - committed


def server(name: str, label: str) -> CI:
    return CI(CiId(name), "server", label, "shared", "live", "{}", "test")


def commit(store: Store, random: Random, commits: int) -> list[tuple[int, float]]:
    """Changes at random moments: the revision of each, and when its commit was known to be done."""
    done = []
    for _ in range(commits):
        time.sleep(random.uniform(0, 0.8))
        applied = store.apply(
            Changeset("me", "test", put_cis=[server(f"ci-{random.randrange(7)}", str(random.random()))])
        )
        done.append((applied.revision, time.monotonic()))
    return done


@pytest.mark.parametrize("served", [workers, machines])
def test_every_process_shows_a_commit_within_half_a_second(
    place: Place, tmp_path: Path, served: Callable[..., Iterator[list[HTTPConnection]]], request: pytest.FixtureRequest
) -> None:
    with closing(place.open()) as store:
        store.apply(Changeset("me", "test", put_cis=[server("host", "Host")]))
        with served(place, tmp_path) as connections:  # type: ignore[attr-defined]
            watchers = [Watching(connection) for connection in connections]
            random = Random(11)
            for commits in (WARMING, COMMITS):
                done = commit(store, random, commits)
                for watcher in watchers:
                    watcher.wait(done[-1][0])
            for watcher in watchers:
                watcher.stop()
                assert watcher.back == [], "an answer went back in time"
    delays = [watcher.delay(*commit_) for watcher in watchers for commit_ in done]
    middle, most, worst = percentile(delays, 0.5), percentile(delays, 0.95), max(delays)
    kind, _, _ = place.url.partition(":")
    note(request.config, f"{COMMITS} commits, {len(watchers)} {served.__name__} on {kind}: shown after "
                         f"{middle * 1e3:.0f} ms, p95 {most * 1e3:.0f} ms, at most {worst * 1e3:.0f} ms")  # fmt: skip
    assert most <= LIMIT_S


def test_no_answer_of_a_worker_is_held_back_for_an_acknowledgement(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "cmdb.db", standard_model())) as store:
        store.apply(Changeset("me", "test", put_cis=[server("host", "Host")]))
        with serving(f"sqlite:{tmp_path / 'cmdb.db'}", "--workers", "2") as service:
            for connection in service.connect(2).values():
                times = [seconds(lambda c=connection: completeness(c, "host")) for _ in range(40)]  # type: ignore[misc]
                assert percentile(times, 0.25) < 0.03, "a kernel that waits for acknowledgements waits 40 ms"


def test_a_worker_that_is_held_up_is_not_replaced(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "cmdb.db", standard_model())) as store:
        store.apply(Changeset("me", "test", put_cis=[server("host", "Host")]))
    with serving(f"sqlite:{tmp_path / 'cmdb.db'}", "--workers", "2") as service:
        before = set(service.connect(2))
        held_up = min(before)
        os.kill(held_up, signal.SIGSTOP)
        time.sleep(HELD_UP_S)
        os.kill(held_up, signal.SIGCONT)
        assert set(service.connect(2)) == before


class Memory(NamedTuple):
    """Memory of a process in MiB: resident, its share of what it has in common with others, and both of one file."""

    resident: float
    share: float
    file_resident: float
    file_share: float


def memory_of(pid: int, file: Path) -> Memory:
    """What the kernel says of a process and of the file that it maps."""
    whole = fields(Path(f"/proc/{pid}/smaps_rollup").read_text())
    mapped, inside = [0.0, 0.0], False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        name, _, rest = line.partition(" ")
        if not name.endswith(":"):
            inside = rest.endswith(str(file))
        elif inside and name in ("Rss:", "Pss:"):
            mapped[name == "Pss:"] += int(rest.split()[0]) / 1024
    return Memory(whole["Rss"], whole["Pss"], *mapped)


def fields(rollup: str) -> dict[str, float]:
    """Fields of smaps_rollup in MiB."""
    rows = (line.split() for line in rollup.splitlines()[1:])
    return {name.rstrip(":"): int(amount) / 1024 for name, amount, *_ in rows}


def test_workers_share_the_memory_of_the_estate(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    place, count = tmp_path / "cmdb.db", 3
    with closing(SqliteStore(place, standard_model())) as store:
        store.apply(changeset(generate(DISTRIBUTION)))
        ci = store.dump().cis[0].id
        with serving(f"sqlite:{place}", "--workers", str(count)) as service:
            connections = service.connect(count)
            for connection in connections.values():
                completeness(connection, ci)
            file = place.with_name("cmdb.db.estate")
            size = file.stat().st_size / 2**20
            found = [memory_of(pid, file) for pid in connections]
            note(request.config, f"estate file of {size:.1f} MiB; each of {count} workers: " + "; ".join(
                f"resident {m.resident:.0f} MiB, with what is shared divided {m.share:.0f} MiB, of the file "
                f"{m.file_resident:.1f} and {m.file_share:.1f} MiB" for m in found))  # fmt: skip
            for memory in found:
                assert memory.file_resident > 0.9 * size, "the whole file is in the memory of each"
                assert memory.file_share < memory.file_resident / (count - 0.5), "and in that of the machine once"
