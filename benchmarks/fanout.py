"""Subscribers told of a change: how long until the last one knows, and what questions feel of it.

`python -m benchmarks.fanout URL PLACE` is the process of the subscribers: it says when they all listen, and once it is
told to begin, changes the store at PLACE and says how long the last subscriber waited for each change.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.figures import Figure, percentile, seconds, shown
from benchmarks.loading import imported
from benchmarks.web import QUERY, serving
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId
from cmdb.model.model import standard_model
from cmdb.store.port import Store
from cmdb.store.sqlite.store import SqliteStore
from impact.estate import Estate
from impact.snapshot import Snapshot

SUBSCRIBERS = 500
CHANGES = 20
PAUSE_SECONDS = 0.5
"""Between changes; the events of one are told long before the next."""
WARMING = 100
PROTOCOL = Subprotocol("graphql-transport-ws")
SUBSCRIPTION = """subscription Board($after: Int) {
  boardChanged(after: $after) { revision recordedAt who message cis recordCount records { kind number source } } }"""


def figures(folder: Path, label: str, scratch: Path) -> Iterator[Figure]:
    """Seconds until all subscribers are told, and the p99 of questions before and meanwhile."""
    place = scratch / "fanout.db"
    imported(folder, place)
    with closing(SqliteStore(place, standard_model())) as store:
        ci = busy(Snapshot(store, standard_model()).current().estate)
    with serving(f"sqlite:{place}") as url:
        before, during, told = measured(url, place, ci)
    yield Figure(
        f"{label}: one graph change, all of {SUBSCRIBERS} subscribers told, slowest of {CHANGES}",
        shown(max(told)), f"median {shown(percentile(told, 0.5))}", "≤ 1 s", max(told) <= 1,
    )  # fmt: skip
    ratio = percentile(during, 0.99) / percentile(before, 0.99)
    yield Figure(
        f"{label}: impact of {ci} over HTTP while {SUBSCRIBERS} are told of {CHANGES} changes, p99",
        f"{shown(percentile(during, 0.99))} ({ratio:.2f}x)", f"nothing changes: {shown(percentile(before, 0.99))}",
        "≤ 2x", ratio <= 2,
    )  # fmt: skip


def busy(estate: Estate) -> str:
    """A CI with more direct dependents than 99 in 100 have: questions about it are many in the time there is."""
    counts = estate.graph.dependents.index[:, 1]
    return estate.register.ids[int(np.argsort(counts, kind="stable")[int(0.99 * len(counts))])]


def measured(url: str, place: Path, ci: str) -> tuple[list[float], list[float], list[float]]:
    """Seconds that questions took with subscribers but no change, and during changes; and of each change's telling."""
    command = [sys.executable, "-m", "benchmarks.fanout", url, str(place)]
    subscribers = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert subscribers.stdin is not None
    assert subscribers.stdout is not None
    with subscribers, httpx.Client(base_url=url, timeout=30) as client:
        assert subscribers.stdout.readline() == "listening\n"
        for _ in range(WARMING):
            ask(client, ci)
        before = asking(client, ci)
        subscribers.stdin.write("begin\n")
        subscribers.stdin.flush()
        during = asking(client, ci)
        return before, during, orjson.loads(subscribers.stdout.readline())


def asking(client: httpx.Client, ci: str) -> list[float]:
    """Seconds that questions take, one after the other, for as long as changes do."""
    until, found = time.perf_counter() + CHANGES * PAUSE_SECONDS, list[float]()
    while time.perf_counter() < until:
        found.append(seconds(lambda: ask(client, ci)))
    return found


def ask(client: httpx.Client, ci: str) -> None:
    answer = client.post("/graphql", json={"query": QUERY, "variables": {"ci": ci}})
    assert answer.json()["data"]["impact"]["affected"]["totalCount"]


async def listen(url: str, place: Path) -> None:
    """All subscribers, and who makes the changes they are told of."""
    async with AsyncExitStack() as stack:
        store = stack.enter_context(closing(SqliteStore(place, standard_model())))
        newest = store.head().revision
        clients = [await stack.enter_async_context(client(url)) for _ in range(SUBSCRIBERS)]
        await asyncio.gather(*(subscribe(each, newest - 1) for each in clients))
        await asyncio.gather(*(arrival(each, newest) for each in clients))
        print("listening", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print(orjson.dumps(await changes(store, clients)).decode(), flush=True)


def client(url: str) -> Any:
    """A connection that keeps what it is sent until it is read."""
    address = f"{url.replace('http', 'ws')}/graphql"
    return connect(address, subprotocols=[PROTOCOL], max_queue=None, ping_interval=None)


async def subscribe(client: ClientConnection, after: int) -> None:
    """Begin, and subscribe to what follows a revision."""
    await client.send('{"type":"connection_init"}')
    await client.recv()
    payload = {"query": SUBSCRIPTION, "variables": {"after": after}}
    await client.send(orjson.dumps({"id": "board", "type": "subscribe", "payload": payload}).decode())


async def changes(store: Store, clients: list[ClientConnection]) -> list[float]:
    """Change one CI again and again: the seconds from each commit until the last client knew."""
    found = []
    for number in range(CHANGES):
        began = time.perf_counter()
        one = CI(CiId("fanout"), "server", f"change {number}", "shared", "live", "{}", "bench")
        applied = await asyncio.to_thread(store.apply, Changeset("bench", "bench", put_cis=[one]))
        committed = time.perf_counter()
        last = max(await asyncio.gather(*(arrival(each, applied.revision) for each in clients)))
        found.append(last - committed)
        await asyncio.sleep(max(0, began + PAUSE_SECONDS - time.perf_counter()))
    return found


async def arrival(client: ClientConnection, revision: int) -> float:
    """When a client was told of a revision, the next one it is told of."""
    while True:
        message = orjson.loads(await client.recv())
        if message["type"] == "next":
            assert message["payload"]["extensions"]["revision"] == revision, message
            return time.perf_counter()


if __name__ == "__main__":
    asyncio.run(listen(sys.argv[1], Path(sys.argv[2])))
