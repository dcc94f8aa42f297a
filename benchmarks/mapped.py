"""A million rows through a mapping file: read, checked and planned, beside polars reading and typing the same file.

Everything is measured in processes of their own, where what they need is loaded before the clock starts:
`python -m benchmarks.mapped typed|planned|told|applied FOLDER STORE`.
"""

import csv
import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchmarks.figures import Figure, shown
from cmdb.model.model import standard_model
from cmdb.store.sqlite.store import SqliteStore
from importers.options import ImportOptions
from importers.planned import ImportPlan
from importers.registry import importer_for
from importers.runner import apply_plan, plan_import

Work = Callable[[], dict[str, int]]
MODEL = standard_model()

ROWS, RUNS, SEED, CHANGED = 1_000_000, 3, 7, 0.001
TARGET, NIGHTLY_TARGET, MEMORY_TARGET_MIB = 5.0, 1.5, 1_536
MAPPING = """
tables:
  - file: servers.csv
    cis:
      - id: "{Ref}"
        kind: {column: Class, values: {Linux: server, Windows: server, Guest: virtual_machine, Host: hypervisor}}
        name: "{Name}"
        sector: {column: Sector, values: {Health: health, Government: government, Shared: shared}}
        attributes:
          hostname: "{Host}"
          ip_address: "{Address}"
          os: "{OS}"
          memory_gib: "{Memory}"
          rto: "{RTO}"
          verified_at: {column: Checked, date: "%d/%m/%Y"}
    relations:
      - {from: "{Ref}", type: {value: hosted_on}, to: "{Hosted On}"}
"""
HEADER = ("Ref", "Name", "Class", "Sector", "Host", "Address", "OS", "Memory", "RTO", "Checked", "Hosted On")
SECTORS = {"Health": "health", "Government": "government", "Shared": "shared"}
CLASSES = {"Linux": "server", "Windows": "server", "Guest": "virtual_machine", "Host": "hypervisor"}
MINUTES = {"30m": 30, "2h 30m": 150, "4h": 240, "1d": 1_440, "": None}
SYSTEMS = ("RHEL 9", "Debian 13", "Windows Server 2022", "")
USES = ("payroll", "claims", "web", "mail", "files")
PER_HOST = 20


class Took(NamedTuple):
    """What one process took: seconds by the wall and of processor time, and its largest memory."""

    wall: float
    processor: float
    peak_mib: int
    found: dict[str, int]


def write_table(folder: Path, rows: int = ROWS, changed: float = 0.0) -> None:
    """The servers and their mapping; the same ones every time but for a share that has more memory than before."""
    draw, again = random.Random(SEED), random.Random(SEED + 1)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    with (folder / "servers.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for at in range(rows):
            row = _row(at, rows // PER_HOST, draw)
            if again.random() < changed:
                row[7] = "256"
            writer.writerow(row)


def _row(at: int, hosts: int, draw: random.Random) -> list[str]:
    host = at < hosts
    return [
        f"SRV{at:07d}", f"Server {at} for {draw.choice(USES)}", "Host" if host else draw.choice(tuple(CLASSES)[:3]),
        draw.choice(tuple(SECTORS)), f"srv{at:07d}.example.org", f"10.{at >> 16}.{at >> 8 & 255}.{at & 255}",
        draw.choice(SYSTEMS), str(2 ** draw.randint(3, 7)), draw.choice(tuple(MINUTES)),
        f"{draw.randint(1, 28):02d}/{draw.randint(1, 12):02d}/{draw.randint(2023, 2025)}",
        "" if host or draw.random() < 0.4 else f"SRV{draw.randrange(hosts):07d}",
    ]  # fmt: skip


def figures(scratch: Path) -> Iterator[Figure]:
    """The first import beside polars, then the same estate a night later."""
    tonight, tomorrow, store = scratch / "tonight", scratch / "tomorrow", scratch / "servers.db"
    write_table(tonight)
    write_table(tomorrow, changed=CHANGED)
    runs = [(_took("typed", tonight, store), _took("planned", tonight, scratch / "none.db")) for _ in range(RUNS)]
    peer, ours = (min(column, key=lambda took: took.wall) for column in zip(*runs, strict=True))
    by_wall, by_processor = ours.wall / peer.wall, ours.processor / peer.processor
    yield Figure(
        f"{ROWS:,} rows of {len(HEADER)} columns through a mapping, checked and planned", _times(ours),
        f"polars reads and types them: {_times(peer)} ({by_wall:.1f}x, processor {by_processor:.1f}x)",
        f"≤ {TARGET:g}x", by_wall <= TARGET,
    )  # fmt: skip
    yield Figure(
        "the same, memory", f"{ours.peak_mib:,} MiB", f"{peer.peak_mib:,} MiB", f"≤ {MEMORY_TARGET_MIB:,} MiB",
        ours.peak_mib <= MEMORY_TARGET_MIB,
    )  # fmt: skip
    shown_too = _took("told", tonight, scratch / "none.db")
    yield Figure(
        "the same, and its counts and first changes told, for which the CIs are made one by one", _times(shown_too),
        f"{shown_too.peak_mib:,} MiB", "", None,
    )  # fmt: skip
    _took("applied", tonight, store)
    nightly = min((_took("applied", tomorrow, _copy(store, run)) for run in range(RUNS)), key=lambda took: took.wall)
    changed, written, ratio = nightly.found["changed"], nightly.found["written"], nightly.wall / ours.wall
    yield Figure(
        f"the next night, {changed:,} of them changed: planned and written", _times(nightly),
        f"the first plan {shown(ours.wall)} ({ratio:.1f}x), {written:,} CIs written",
        f"≤ {NIGHTLY_TARGET:g}x, only the changes", written == changed and ratio <= NIGHTLY_TARGET,
    )  # fmt: skip
    yield Figure("the same, memory", f"{nightly.peak_mib:,} MiB", "", "", None)


def _times(took: Took) -> str:
    return f"{shown(took.wall)}, processor {shown(took.processor)}"


def _copy(store: Path, run: int) -> Path:
    for file in (store, kept_beside(store)):
        shutil.copy(file, file.with_stem(f"night-{run}"))
    return store.with_stem(f"night-{run}")


def kept_beside(store: Path) -> Path:
    """Where the digests of a store are kept."""
    return store.with_suffix(".digests")


def _took(what: str, folder: Path, store: Path) -> Took:
    command = [sys.executable, "-m", "benchmarks.mapped", what, str(folder), str(store)]
    return Took(*json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def typed(folder: Path, *_: object) -> Work:
    """polars: read the table, and bring its columns to the types that the attributes have."""

    def work() -> dict[str, int]:
        read = pl.read_csv(folder / "servers.csv", infer_schema=False)
        table = read.with_columns(
            pl.col("Class").replace_strict(CLASSES).cast(pl.Categorical),
            pl.col("Sector").replace_strict(SECTORS).cast(pl.Categorical),
            pl.col("OS").cast(pl.Categorical), pl.col("Memory").cast(pl.Float64),
            pl.col("RTO").replace_strict(MINUTES, default=None, return_dtype=pl.Int32),
            pl.col("Checked").str.to_date("%d/%m/%Y"),
        )  # fmt: skip
        return {"rows": len(table)}

    return work


def planned(folder: Path, store: SqliteStore, kept: Path) -> Work:
    """Everything up to the plan; nothing is written."""
    return lambda: {"created": len(_plan(folder, store, kept).cis.created)}


def told(folder: Path, store: SqliteStore, kept: Path) -> Work:
    """The plan, and what a person is shown of it: how many of each kind, and the first changes."""

    def work() -> dict[str, int]:
        found = _plan(folder, store, kept)
        return {"created": sum(count.number for count in found.counts()), "shown": len(found.changes(50))}

    return work


def applied(folder: Path, store: SqliteStore, kept: Path) -> Work:
    """An import, written: how many CIs are new and changed, and how many things of all sorts were written."""

    def work() -> dict[str, int]:
        found = _plan(folder, store, kept)
        done = apply_plan(store, found, "bench")
        written = done.created + done.changed + done.removed
        return {"created": len(found.cis.created), "changed": len(found.cis.changed), "written": written}

    return work


def _plan(folder: Path, store: SqliteStore, kept: Path) -> ImportPlan:
    return plan_import(store, MODEL, folder, "bench", options=ImportOptions(digests=kept))


def _measured(work: Work) -> Took:
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = re.search(r"VmHWM:\s*(\d+) kB", status)
    return Took(wall, processor, int(peak.group(1)) >> 10 if peak else 0, found)


def main(what: str, folder: str, store: str) -> None:
    """Do one thing, with everything it needs loaded, and print what it took."""
    opened = SqliteStore(Path(store), MODEL)
    importer_for(Path(folder))
    import_module("cmdb.records.form")
    works: dict[str, Callable[..., Work]] = {"typed": typed, "planned": planned, "told": told, "applied": applied}
    print(json.dumps(_measured(works[what](Path(folder), opened, kept_beside(Path(store))))))
    opened.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
