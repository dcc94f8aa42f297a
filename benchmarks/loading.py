"""Import beside a bare `executemany` of the same rows, and opening the store that came of it."""

import csv
import gzip
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import apsw

from benchmarks.figures import Figure, seconds, shown
from cmdb.model.model import standard_model
from cmdb.store.bulk import collector_paused
from cmdb.store.sqlite.store import SqliteStore
from importers.runner import apply_plan, plan_import

RUNS = 5
TABLES = {"cis": 1, "relations": 5, "pools": 2}
"""Files and how many of their first columns are the key."""
READY = """
import sys, time
from api.workspace import open_workspace
from impact.states import Assumption
begun = time.perf_counter()
workspace = open_workspace(sys.argv[1])
workspace.ask([Assumption(sys.argv[2])])
print(time.perf_counter() - begun)
"""


def figures(folder: Path, label: str, scratch: Path) -> Iterator[Figure]:
    """Import `folder` and its rows bare, in turn, then open the store in a new process."""
    rows = {name: read(folder, name) for name in TABLES}
    ours, bare = [], []
    for run in range(RUNS):
        ours.append(seconds(lambda at=run: imported(folder, scratch / f"import-{at}.db")))  # type: ignore[misc]
        bare.append(seconds(lambda at=run: inserted(rows, scratch / f"bare-{at}.db")))  # type: ignore[misc]
    count = sum(len(r) - 1 for r in rows.values())
    ratio = median(a / b for a, b in zip(ours, bare, strict=True))
    yield Figure(
        f"import {label} ({count:,} rows), read, checked, planned, written, with history and search",
        shown(median(ours)), f"executemany of the same rows, no checks: {shown(median(bare))} ({ratio:.1f}x)",
        "≤ 4x", ratio <= 4,
    )  # fmt: skip
    last = f"sqlite:{scratch / f'import-{RUNS - 1}.db'}"
    times = [
        float(
            subprocess.run(
                [sys.executable, "-c", READY, last, rows["cis"][1][0]], check=True, capture_output=True
            ).stdout
        )
        for _ in range(RUNS)
    ]
    yield Figure("open that store and answer", shown(median(times)), "", "≤ 2 s", median(times) <= 2)


def read(folder: Path, name: str) -> list[list[str]]:
    """The rows of one file, header first."""
    plain = folder / f"{name}.csv"
    data = plain.read_bytes() if plain.exists() else gzip.decompress((folder / f"{name}.csv.gz").read_bytes())
    return list(csv.reader(data.decode("utf-8-sig").splitlines()))


def imported(folder: Path, place: Path) -> None:
    """What `cmdb import` does."""
    model = standard_model()
    store = SqliteStore(place, model)
    with collector_paused():
        apply_plan(store, plan_import(store, model, folder, "bench"), "bench")
    store.close()


def inserted(rows: dict[str, list[list[str]]], place: Path) -> None:
    """The same rows, already in memory, into tables with the same keys, as durable, in one transaction."""
    connection = apsw.Connection(str(place))
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    with connection:
        for name, (header, *body) in rows.items():
            columns = ", ".join(f'"{column}"' for column in header)
            keys = ", ".join(f'"{column}"' for column in header[: TABLES[name]])
            connection.execute(f"CREATE TABLE {name}({columns}, PRIMARY KEY({keys}))")
            connection.executemany(f"INSERT INTO {name} VALUES({', '.join('?' * len(header))})", body)
    connection.close()
