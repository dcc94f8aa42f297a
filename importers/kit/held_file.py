"""Rows that are held back, as a folder in the native format: to be corrected there and imported again."""

import csv
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cmdb.model.errors import InvalidInput, Problem
from importers.kit.findings import GROUPED, Cell
from importers.kit.held import HeldRow
from importers.kit.held_cells import HELD_COLUMNS, MARK, inert
from importers.kit.native_text import COLUMNS

FILES: Mapping[str, str] = {"ci": "cis.csv", "relation": "relations.csv", "pool": "pools.csv"}
READ_AGAIN = GROUPED | {"MISSING_VALUE", "RULE_WITHOUT_POOL"}
"""Faults that are found again as long as nothing is corrected, so that no cell has to be marked."""


def write_held(folder: Path, rows: Sequence[HeldRow]) -> None:
    """Write the rows into `folder`, all files or none; it must be new or empty.

    A cell that could not be read begins with `MARK`. Raises `InvalidInput` FOLDER_IN_USE, UNWRITABLE_FOLDER.
    """
    check_free(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as fault:
        raise _unwritable(folder, fault) from None
    try:
        made.chmod(0o755)
        for entity, name in FILES.items():
            _write(made / name, entity, [row for row in rows if row.entity == entity])
        os.rename(made, folder)
    except OSError as fault:
        shutil.rmtree(made, ignore_errors=True)
        check_free(folder)
        raise _unwritable(folder, fault) from None


def check_free(folder: Path) -> None:
    """Whether rows can be written to `folder`. Raises `InvalidInput` FOLDER_IN_USE."""
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        found = "a folder with something in it" if folder.is_dir() else "something that is no folder"
        raise InvalidInput([Problem("FOLDER_IN_USE", folder.name, found, "a new folder, or an empty one")])


def _unwritable(folder: Path, fault: OSError) -> InvalidInput:
    found = fault.strerror or "an output error"
    return InvalidInput([Problem("UNWRITABLE_FOLDER", folder.name, found, "a folder that can be written")])


def _write(file: Path, entity: str, rows: Sequence[HeldRow]) -> None:
    """One file, in the order of the rows; columns that are empty in all of them are left out."""
    fixed = COLUMNS[entity]
    others = sorted({name for row in rows for name, text in _cells(row).items() if text and name not in fixed})
    with file.open("x", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow((*fixed, *others, *HELD_COLUMNS))
        for row in rows:
            cells = _cells(row)
            writer.writerow([*(cells.get(name, "") for name in (*fixed, *others)), *_told(row)])
        stream.flush()
        os.fsync(stream.fileno())


def _told(row: HeldRow) -> Iterator[str]:
    yield inert("; ".join(map(str, row.told or row.faults)))
    yield inert(str(Cell(row.at.file, row.at.row)))


def _cells(row: HeldRow) -> dict[str, str]:
    """The cells of a row; those that could not be read are marked, and, where nothing is left of them, say what was
    found."""
    cells = {name: inert(text) for name, text in row.texts.items()}
    for fault, field in row.marked:
        if fault.code not in READ_AGAIN:
            name = field or COLUMNS[row.entity][0]
            cells[name] = MARK + (row.texts.get(name, "") or fault.found)
    return cells
