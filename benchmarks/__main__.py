"""Every figure of docs/performance.md, side by side with its peers, in one run: `python -m benchmarks [GROUP …]`.

BLUENOSE_ESTATE may name a folder in the native format to import and ask, with BLUENOSE_ESTATE_CI the CI to fail;
without it an estate of the same size is generated.
"""

import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from benchmarks import (
    causes,
    changes,
    command,
    continuity,
    cypher,
    duplicates,
    fanout,
    gaps,
    loading,
    mapped,
    readiness,
    reviews,
    storm,
    sweep,
    walks,
    web,
)
from benchmarks.figures import Figure
from benchmarks.inventory import write_files

GROUPS = (
    "walks",
    "changes",
    "loading",
    "mapped",
    "web",
    "command",
    "readiness",
    "continuity",
    "gaps",
    "causes",
    "sweep",
    "reviews",
    "cypher",
    "fanout",
    "storm",
    "duplicates",
)


def run(group: str, folder: Path, label: str, ci: str, scratch: Path) -> Iterator[Figure]:
    """The figures of one group."""
    groups: dict[str, Callable[[], Iterator[Figure]]] = {
        "walks": walks.figures,
        "changes": lambda: changes.figures(scratch),
        "loading": lambda: loading.figures(folder, label, scratch),
        "mapped": lambda: mapped.figures(scratch),
        "web": lambda: web.figures(folder, label, ci, scratch),
        "fanout": lambda: fanout.figures(folder, label, scratch),
        "command": lambda: command.figures(scratch),
        "gaps": gaps.figures,
        "sweep": sweep.figures,
        "reviews": lambda: reviews.figures(folder, label, scratch),
        "storm": lambda: storm.figures(folder, label, scratch),
        "continuity": continuity.figures,
        "causes": causes.figures,
        "duplicates": duplicates.figures,
        "readiness": readiness.figures,
        "cypher": lambda: cypher.figures(folder, label, scratch),
    }
    return groups[group]()


def main(groups: list[str]) -> int:
    """Print the figures; 0 if all targets are reached."""
    table = Table(
        "what",
        "measured",
        "beside",
        "target",
        "",
        title=f"Bluenose on {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    )
    missed = 0
    with TemporaryDirectory() as place:
        scratch = Path(place)
        given = os.environ.get("BLUENOSE_ESTATE")
        folder = Path(given) if given else scratch / "estate"
        if not given:
            write_files(folder)
        label = folder.name if given else "a generated estate"
        for group in groups or list(GROUPS):
            for figure in run(group, folder, label, os.environ.get("BLUENOSE_ESTATE_CI", ""), scratch):
                missed += figure.reached is False
                mark = {True: "reached", False: "MISSED", None: ""}[figure.reached]
                table.add_row(figure.what, figure.measured, figure.peer, figure.target, mark)
                print(" | ".join((*figure[:4], mark)), flush=True)
    Console(width=160).print(table)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
