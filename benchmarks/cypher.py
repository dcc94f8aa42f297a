"""Blast radius beside the best plain Cypher on the same Neo4j and data; loading beside a bare UNWIND; the snapshot.

The Cypher is set-wise: with DISTINCT ends the planner expands breadth first and visits each CI once, instead of
enumerating paths. It finds what is reachable; it knows nothing of states, effects and pools, so it also reports what
redundancy holds up.
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np
from neo4j import Driver, GraphDatabase

from benchmarks.figures import Figure, fastest, seconds, shown
from benchmarks.loading import TABLES, read
from benchmarks.web import QUERY, serving
from cmdb.model.model import standard_model
from cmdb.store.neo4j.store import Neo4jStore
from impact.estate import Estate
from impact.kept import Keep
from impact.kernels.jit import compile_kernels
from impact.snapshot import Snapshot, compile_estate, vocabulary
from impact.walk import walk
from importers.runner import apply_plan, plan_import
from tests.neo4j.jars import ensure_jars, find_java
from tests.neo4j.server import Neo4jServer
from tests.neo4j.wiping import wipe

ASKED, LARGE = 20, 1_000
BATCH = 10_000
MODEL = standard_model()
HEAP = "3g"
"""One changeset is one transaction: 350,000 rows and their history need this much."""


def figures(folder: Path, label: str, scratch: Path) -> Iterator[Figure]:
    """Everything that is measured on a server of our own."""
    with Neo4jServer(scratch / "neo4j", ensure_jars(), find_java(), heap=HEAP, lasting=True) as server:
        driver = GraphDatabase.driver(server.uri, auth=server.auth)
        yield from loading(driver, server.uri, server.auth, folder, label)
        yield from snapshots(server.uri, server.auth, label, scratch)
        yield from radii(driver, server.uri, server.auth, label)
        driver.close()


def loading(driver: Driver, uri: str, auth: tuple[str, str], folder: Path, label: str) -> Iterator[Figure]:
    """The store's apply beside a bare UNWIND load of the same rows, each into an empty, warm database."""
    rows = {name: read(folder, name) for name in TABLES}
    unwind(driver, rows)  # the first load on a fresh server is twice as slow, whoever makes it
    wipe(driver)
    bare = seconds(lambda: unwind(driver, rows))
    wipe(driver)
    store = Neo4jStore(uri, *auth, MODEL)
    planned = plan_import(store, MODEL, folder, "bench")
    ours = seconds(lambda: apply_plan(store, planned, "bench"))
    store.close()
    count = sum(len(r) - 1 for r in rows.values())
    yield Figure(
        f"load {label} ({count:,} rows) into Neo4j, one transaction, with history", shown(ours),
        f"bare UNWIND of the same rows in batches, no history: {shown(bare)} ({ours / bare:.1f}x)",
        "≤ 2x", ours <= 2 * bare,
    )  # fmt: skip


def unwind(driver: Driver, rows: dict[str, list[list[str]]]) -> None:
    """The rows as nodes and relationships, nothing else: one constraint, batches, nodes first."""
    driver.execute_query("CREATE CONSTRAINT ci_id IF NOT EXISTS FOR (n:CI) REQUIRE n.id IS UNIQUE")
    statements = (
        ("cis", "UNWIND $rows AS r CREATE (n:CI) SET n = r"),
        ("relations", "UNWIND $rows AS r MATCH (a:CI {id: r.from}) MATCH (b:CI {id: r.to}) "
                      "CREATE (a)-[:DEPENDS_ON {effect: r.effect, pool: r.pool}]->(b)"),
        ("pools", "UNWIND $rows AS r MATCH (c:CI {id: r.ci}) "
                  "CREATE (:Pool {name: r.pool, required: r.required})-[:OF]->(c)"),
    )  # fmt: skip
    for name, statement in statements:
        header, *body = rows[name]
        for at in range(0, len(body), BATCH):
            batch = [dict(zip(header, row, strict=True)) for row in body[at : at + BATCH]]
            driver.execute_query(statement, rows=batch)


def snapshots(uri: str, auth: tuple[str, str], label: str, scratch: Path) -> Iterator[Figure]:
    """Reading everything at one revision and compiling it; and starting again from what was kept on disk."""
    keep = Keep(scratch / "neo4j.estate", uri)
    store = Neo4jStore(uri, *auth, MODEL)
    snapshot = Snapshot(store, MODEL, keep)
    read_all = seconds(snapshot.current)
    snapshot.save()
    again = fastest(lambda: Snapshot(store, MODEL, keep).current(), 3)
    store.close()
    yield Figure(f"snapshot of {label} from Neo4j", shown(read_all), "", "≤ 10 s", read_all <= 10)
    yield Figure("start again from the snapshot on disk, confirmed by the store", shown(again), "", "≤ 1 s", again <= 1)


def radii(driver: Driver, uri: str, auth: tuple[str, str], label: str) -> Iterator[Figure]:
    """The blast radius of CIs with large and small radii: Cypher, our engine, and our API over HTTP."""
    compile_kernels()
    store = Neo4jStore(uri, *auth, MODEL)
    estate = compile_estate(vocabulary(MODEL), store.dump())
    store.close()
    large, small = asked(estate)
    ids = estate.register.ids
    with serving(uri, NEO4J_USER=auth[0], NEO4J_PASSWORD=auth[1]) as url, httpx.Client(timeout=60) as client:
        for words, cis, in_process, over_http in (("above 1,000", large, 100, 20), ("below 1,000", small, None, 1)):
            ours = median(fastest(lambda ci=ci: walk(estate.graph, [ci], [3]), 3) for ci in cis)  # type: ignore[misc]
            http = median(fastest(lambda ci=ci: post(client, url, ids[ci]), 3) for ci in cis)  # type: ignore[misc]
            cypher = median(fastest(lambda ci=ci: reach(driver, ids[ci]), 3) for ci in cis)  # type: ignore[misc]
            yield Figure(
                f"{label}: {len(cis)} blast radii {words}, in process", shown(ours),
                f"plain Cypher {shown(cypher)} ({cypher / ours:,.0f}x)", f"≥ {in_process}x" if in_process else "",
                None if in_process is None else cypher / ours >= in_process,
            )  # fmt: skip
            yield Figure(
                f"{label}: the same over HTTP, first page and summary", shown(http),
                f"plain Cypher {shown(cypher)} ({cypher / http:.1f}x)", f"≥ {over_http}x", cypher / http >= over_http,
            )  # fmt: skip
    wrong = [ci for ci in (*large, *small) if len(reach(driver, ids[ci])) + 1 != down(estate, ci)]
    yield Figure(
        f"{label}: CIs asked of which reachability names others than those down",
        f"{len(wrong)} of {len(large + small)}", "pools hold the rest up", "", None,
    )  # fmt: skip


def asked(estate: Estate) -> tuple[list[int], list[int]]:
    """Ten CIs with a large radius and ten with a small one, spread over what there is."""
    random = np.random.default_rng(3)
    sizes = [(len(walk(estate.graph, [ci], [3])), ci) for ci in random.integers(0, estate.size, 4_000).tolist()]
    half = ASKED // 2
    large = [ci for size, ci in sizes if size > LARGE][:half]
    small = [ci for size, ci in sizes if 2 <= size <= LARGE][:half]
    return large, small


def reach(driver: Driver, ci: str) -> list[str]:
    """Everything that depends on a CI, set-wise, in plain Cypher."""
    query = "MATCH (:CI {id: $ci})<-[:DEPENDS_ON*1..]-(d:CI) RETURN DISTINCT d.id AS id"
    return [record["id"] for record in driver.execute_query(query, ci=ci).records]


def down(estate: Estate, ci: int) -> int:
    """How many CIs are down when one is."""
    return int((walk(estate.graph, [ci], [3]).levels == 3).sum())


def post(client: httpx.Client, url: str, ci: str) -> Any:
    """The first page and the summary over HTTP."""
    return client.post(f"{url}/graphql", json={"query": QUERY, "variables": {"ci": ci}}).json()["data"]["impact"]
