"""The whole command, from start to exit, on the demo province."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, seconds, shown

RUNS = 7


def figures(scratch: Path) -> Iterator[Figure]:
    """`cmdb impact` on a warm disk."""
    store = f"sqlite:{scratch / 'demo.db'}"
    environment = {**os.environ, "CMDB_STORE": store}
    cmdb = [sys.executable, "-m", "api.cli"]

    def call(*arguments: str) -> None:
        subprocess.run([*cmdb, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)

    call("demo", "--no-serve", "--store", store)
    times = [seconds(lambda: call("impact", "san-gdc-01")) for _ in range(RUNS)]
    yield Figure(
        "cmdb impact on the demo province, whole process", shown(median(times)), "", "≤ 1.5 s", median(times) <= 1.5
    )
