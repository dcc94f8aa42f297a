"""A storm of incidents over HTTP: 23 opened within 10 s, each asking its whole picture, 20 boards that must not miss an
event, and the database silent for 3 s in the middle."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
from graphql import parse, print_ast
from graphql.utilities import separate_operations
from websockets.asyncio.client import ClientConnection, connect

from api.storm.story import read_story
from api.verbs.storm import STORM
from benchmarks.fanout import PROTOCOL, SUBSCRIPTION
from benchmarks.figures import Figure, percentile, shown
from benchmarks.loading import imported
from benchmarks.web import serving
from cmdb.model.model import standard_model
from cmdb.store.neo4j.store import Neo4jStore
from cmdb.store.port import Store
from cmdb.store.sqlite.store import SqliteStore
from impact.snapshot import Snapshot
from importers.runner import apply_plan, plan_import
from tests.neo4j.jars import ensure_jars, find_java
from tests.neo4j.server import Neo4jServer
from tests.neo4j.wiping import wipe

INCIDENTS, WITHIN_SECONDS, BOARDS = 23, 10.0, 20
PAUSED_SECONDS = 3.0
TARGET_SECONDS = 5.0
TRIES, AGAIN_SECONDS = 20, 0.5
"""How often a client asks again after STORE_UNAVAILABLE, always with the key of its first try."""
REHEARSED = 5
"""Incidents opened and called off beforehand."""
SETTLING_SECONDS = 10.0
"""How long the boards are waited for after the last answer."""
HEAP = "3g"
ROOT = Path(__file__).parents[1]
PROVINCE = ROOT / "examples" / "province"
PICTURE = ("Incident", "IncidentDrafts", "IncidentBehind")
"""What a picture is made of: the first screen; messages; what is related, and what may be behind it."""
Seeds = Sequence[tuple[str, str]]
"""CIs and the states that incidents are declared with."""


@dataclass
class Run:
    """What came of a storm. `again` counts stated refusals while the database was silent; `failures` everything that
    was neither an answer nor that."""

    declared: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    pictures: list[float] = field(default_factory=list)
    again: int = 0
    failures: list[str] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    boards: list[list[int]] = field(default_factory=list)
    told: list[float] = field(default_factory=list)


def figures(folder: Path, label: str, scratch: Path) -> Iterator[Figure]:
    """The storm on the demo province and on the estate, on both stores."""
    estates = ((PROVINCE, "demo province"), (folder, label))
    for place, name in estates:
        store = scratch / f"storm-{place.name}.db"
        imported(place, store)
        with closing(SqliteStore(store, standard_model())) as opened:
            seeds = seeds_of(opened, place)
        with serving(f"sqlite:{store}") as url:
            yield from _told(storm(url, seeds, lambda at=store: locked(at)), f"{name}, SQLite")  # type: ignore[misc]
    with Neo4jServer(scratch / "storm-neo4j", ensure_jars(), find_java(), heap=HEAP, lasting=True) as server:
        user, password = server.auth
        for place, name in estates:
            seeds = loaded(server, place)
            cache = scratch / f"cache-{place.name}"
            cache.mkdir()
            with serving(server.uri, NEO4J_USER=user, NEO4J_PASSWORD=password, CMDB_CACHE=str(cache)) as url:
                yield from _told(storm(url, seeds, lambda: paused(server)), f"{name}, Neo4j")


def loaded(server: Neo4jServer, folder: Path) -> Seeds:
    """An estate in the database, which held another."""
    with server_driver(server) as driver:
        wipe(driver)
    with closing(Neo4jStore(server.uri, *server.auth, standard_model(), silent_seconds=30)) as store:
        apply_plan(store, plan_import(store, standard_model(), folder, "bench"), "bench")
        return seeds_of(store, folder)


@contextmanager
def server_driver(server: Neo4jServer) -> Iterator[Any]:
    """A driver on the server."""
    from neo4j import GraphDatabase

    with GraphDatabase.driver(server.uri, auth=server.auth) as driver:
        yield driver


def seeds_of(store: Store, folder: Path) -> Seeds:
    """What fails: in the province as in the hurricane; elsewhere the CIs with the most direct dependents."""
    if folder == PROVINCE:
        events = [event for event in read_story(STORM).events if event.verb == "incident"]
        return [next(iter(event.fields["cis"].items())) for event in events]
    estate = Snapshot(store, standard_model()).current().estate
    counts = estate.graph.dependents.index[:, 1].astype(np.int64)
    order = np.argsort(-counts, kind="stable")[:INCIDENTS]
    return [(estate.register.ids[at], "down") for at in order.tolist()]


@contextmanager
def locked(place: Path) -> Iterator[None]:
    """The file, held by another writer."""
    with closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def paused(server: Neo4jServer) -> Iterator[None]:
    """The database, stopped in the middle of whatever it does."""
    server.pause()
    try:
        yield
    finally:
        server.resume()


def storm(url: str, seeds: Seeds, silent: Callable[[], Any]) -> Run:
    """Open the incidents against a service, its database `silent` for a while in the middle."""
    return asyncio.run(Storm(url, operations()).run(seeds, silent))


def operations() -> Mapping[str, str]:
    """The committed operations about incidents, each with the fragments it needs."""
    text = (ROOT / "graphql" / "operations" / "incidents.graphql").read_text(encoding="utf-8")
    return {name: print_ast(part) for name, part in separate_operations(parse(text)).items()}


class Storm:
    """One storm against one service."""

    def __init__(self, url: str, asked: Mapping[str, str]) -> None:
        self._url, self._asked, self.found = url, asked, Run()

    async def run(self, seeds: Seeds, silent: Callable[[], Any]) -> Run:
        """Everything, from the first subscription to the last event."""
        address = f"{self._url.replace('http', 'ws')}/graphql"
        async with httpx.AsyncClient(base_url=self._url, timeout=60) as client, AsyncExitStack() as stack:
            base = await self._rehearse(client, seeds)
            boards = [
                await stack.enter_async_context(connect(address, subprotocols=[PROTOCOL], max_queue=None))
                for _ in range(BOARDS)
            ]
            await asyncio.gather(*(self._subscribed(board, base) for board in boards))
            listening = [asyncio.create_task(self._listen(board)) for board in boards]
            every = WITHIN_SECONDS / len(seeds)
            work = [self._incident(client, at, at * every, *seed) for at, seed in enumerate(seeds)]
            await asyncio.gather(self._silence(silent), *work)
            await self._settled(client, base, listening)
        return self.found

    async def _rehearse(self, client: httpx.AsyncClient, seeds: Seeds) -> int:
        """Open some incidents, look at them and call them off, as on a service that has been in use; the revision that
        the storm then begins at."""
        for number, (ci, state) in enumerate(seeds[:REHEARSED]):
            incident = {
                "title": "Rehearsal", "startedAt": datetime.now(UTC).isoformat(), "cis": [{"ci": ci, "state": state}]
            }  # fmt: skip
            made = await self._retried(client, "DeclareIncident", {"incident": incident, "key": f"rehearsal-{number}"})
            for name in PICTURE:
                await self._retried(client, name, {"number": made["key"]})
            await self._retried(client, "MoveIncident", {"incident": made["key"], "to": "cancelled"})
        return await self._revision(client)

    async def _revision(self, client: httpx.AsyncClient) -> int:
        """The revision that the board stands at."""
        board = (await self._ask(client, "Board", {}))["board"]
        revision: int = board["completeness"]["revision"]
        return revision

    async def _subscribed(self, board: ClientConnection, base: int) -> None:
        """Subscribe to what follows a revision."""
        await board.send('{"type":"connection_init"}')
        assert orjson.loads(await board.recv())["type"] == "connection_ack"
        asked = {"query": SUBSCRIPTION, "variables": {"after": base}}
        await board.send(orjson.dumps({"id": "b", "type": "subscribe", "payload": asked}).decode())
        await board.send('{"type":"ping"}')
        while orjson.loads(await board.recv())["type"] != "pong":
            pass

    async def _listen(self, board: ClientConnection) -> None:
        """Note every event, and how old it is, until cancelled."""
        seen: list[int] = []
        self.found.boards.append(seen)
        async for message in board:
            told = orjson.loads(message)
            if told["type"] == "next":
                event = told["payload"]["data"]["boardChanged"]
                age = datetime.now(UTC) - datetime.fromisoformat(event["recordedAt"])
                seen.append(event["revision"])
                self.found.told.append(age.total_seconds())
            elif told["type"] in ("error", "complete"):
                self.found.failures.append(f"a board was told {told['type']}")

    async def _silence(self, silent: Callable[[], Any]) -> None:
        await asyncio.sleep((WITHIN_SECONDS - PAUSED_SECONDS) / 2)
        with silent():
            await asyncio.sleep(PAUSED_SECONDS)

    async def _incident(self, client: httpx.AsyncClient, number: int, after: float, ci: str, state: str) -> None:
        """Declare one when it is time, and ask its picture."""
        await asyncio.sleep(after)
        incident = {
            "title": f"Storm {number + 1}: {ci}", "startedAt": datetime.now(UTC).isoformat(),
            "cis": [{"ci": ci, "state": state}], "impactGrade": "high", "urgencyGrade": "high",
        }  # fmt: skip
        begun = time.perf_counter()
        written = await self._retried(client, "DeclareIncident", {"incident": incident, "key": f"storm-{number}"})
        self.found.declared.append(time.perf_counter() - begun)
        if "number" not in written:
            return self.found.failures.append(f"{ci} was not declared: {written}")
        self.found.numbers.add(written["number"])
        begun = time.perf_counter()
        for at, name in enumerate(PICTURE):
            part = await self._retried(client, name, {"number": written["key"]})
            if part.get("__typename") != "Incident":
                self.found.failures.append(f"{name} of {written['key']}: {part}")
            if not at:
                self.found.first.append(time.perf_counter() - begun)
        return self.found.pictures.append(time.perf_counter() - begun)

    async def _retried(self, client: httpx.AsyncClient, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The answer; asked again for as long as it is that the store is away."""
        answer: dict[str, Any] = {}
        for _ in range(TRIES):
            data = await self._ask(client, name, variables)
            (answer,) = data.values() if data else ({},)
            if answer.get("__typename") != "StoreUnavailable":
                return answer
            self.found.again += 1
            await asyncio.sleep(AGAIN_SECONDS)
        return answer

    async def _ask(self, client: httpx.AsyncClient, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of an operation; anything else is a failure."""
        body = {"query": self._asked[name], "operationName": name, "variables": variables}
        try:
            answer = await client.post("/graphql", json=body)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            self.found.failures.append(f"{name}: {error!r}")
            return {}
        if answer.status_code != 200 or "errors" in told:
            self.found.failures.append(f"{name}: {answer.status_code} {told.get('errors')}")
        data: dict[str, Any] = told.get("data") or {}
        return data

    async def _settled(self, client: httpx.AsyncClient, base: int, listening: Sequence[asyncio.Task[None]]) -> None:
        """Wait until every board knows every revision, and hold what each was told against that."""
        head = await self._revision(client)
        until = time.perf_counter() + SETTLING_SECONDS
        while time.perf_counter() < until and any(not seen or seen[-1] < head for seen in self.found.boards):
            await asyncio.sleep(0.05)
        for task in listening:
            task.cancel()
        expected = list(range(base + 1, head + 1))
        for seen in self.found.boards:
            lost, double = sorted(set(expected) - set(seen)), len(seen) - len(set(seen))
            if seen != expected:
                told = f"a board was not told {lost}, and {double} twice, of {expected[0]} to {head}"
                self.found.failures.append(told)
        if len(expected) != INCIDENTS or len(self.found.numbers) != INCIDENTS:
            told = f"{len(expected)} revisions and {len(self.found.numbers)} incidents"
            self.found.failures.append(f"{told} came of {INCIDENTS} declared")


def _told(run: Run, label: str) -> Iterator[Figure]:
    """What came of a storm, in figures; the first failures in words."""
    slowest = max(run.pictures, default=float("inf"))
    yield Figure(
        f"storm on {label}: {INCIDENTS} incidents in {WITHIN_SECONDS:.0f} s, slowest whole picture",
        shown(slowest),
        f"median {shown(percentile(run.pictures, 0.5))}; first screen at worst {shown(max(run.first))}; "
        f"declared at worst {shown(max(run.declared))}, asked again {run.again} times",
        f"≤ {TARGET_SECONDS:.0f} s", slowest <= TARGET_SECONDS,
    )  # fmt: skip
    events = sum(map(len, run.boards))
    yield Figure(
        f"storm on {label}: {BOARDS} boards, events lost or told twice, and failures of any kind",
        "; ".join(run.failures[:3]) or "0",
        f"{events} events told, median {shown(percentile(run.told, 0.5))} after they were recorded",
        "0", not run.failures,
    )  # fmt: skip
