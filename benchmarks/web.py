"""A GraphQL answer over HTTP beside the same answer in process: first page, summary, a radius of tens of thousands."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from socket import socket

import httpx
import numpy as np

from benchmarks.figures import Figure, percentile, seconds, shown
from benchmarks.loading import imported
from cmdb.model.model import standard_model
from cmdb.store.sqlite.store import SqliteStore
from impact.analyses import affected, summarize
from impact.estate import Estate
from impact.kernels.jit import compile_kernels
from impact.question import Asked, ask
from impact.snapshot import Snapshot
from impact.states import Assumption

REQUESTS = 200
QUERY = """
query Impact($ci: ID!) {
  impact(scenario: [{ci: $ci}]) {
    ... on Impact {
      summary { affected { down degraded atRisk } services { down degraded atRisk } people { total groups } soonestDue }
      affected(first: 50) { totalCount hasNextPage endCursor nodes { id kind name sector state distance tier rto } }
    }
  }
}
"""


def figures(folder: Path, label: str, ci: str, scratch: Path) -> Iterator[Figure]:
    """p95 over HTTP on loopback, beside the median in process."""
    place = scratch / "web.db"
    imported(folder, place)
    store = SqliteStore(place, standard_model())
    estate = Snapshot(store, standard_model()).current().estate
    store.close()
    compile_kernels()
    ci = ci or busiest(estate)
    question = ask(estate, [Assumption(ci)], Asked(datetime.now(UTC)))
    own = sorted(seconds(lambda: engine(estate, ci)) for _ in range(50))[25]
    with serving(f"sqlite:{place}") as url, httpx.Client(timeout=30) as client:
        body = {"query": QUERY, "variables": {"ci": ci}}

        def request() -> None:
            answer = client.post(f"{url}/graphql", json=body).json()["data"]["impact"]
            assert answer["affected"]["totalCount"] == len(question.walk)

        for _ in range(20):
            request()
        p95 = percentile([seconds(request) for _ in range(REQUESTS)], 0.95)
        yield Figure(
            f"{label}: impact of {ci} ({len(question.walk):,} affected), first page and summary over HTTP, p95",
            shown(p95), f"the engine in process: {shown(own)}", f"≤ {shown(3 * own + 0.020)} (3x + 20 ms)",
            p95 <= 3 * own + 0.020,
        )  # fmt: skip


def engine(estate: Estate, ci: str) -> None:
    """The same answer without the web: settle, count, take the first page."""
    question = ask(estate, [Assumption(ci)], Asked(datetime.now(UTC)))
    summarize(question)
    affected(question, 50)


def busiest(estate: Estate) -> str:
    """The CI with the most direct dependents."""
    return estate.register.ids[int(np.argmax(estate.graph.dependents.index[:, 1]))]


@contextmanager
def serving(store: str, **environment: str) -> Iterator[str]:
    """`cmdb serve` on a free port, ready to answer."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port), "--store", store]
    around = {**os.environ, **environment}
    server = subprocess.Popen(command, env=around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                if httpx.get(f"{url}/ready").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(10)
