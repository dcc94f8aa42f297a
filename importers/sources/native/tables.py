"""The three tables of the native estate format, and finding them in a folder or a workbook."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cmdb.model.model import Model
from cmdb.progress import Progress
from importers.kit.csv_text import read_csv
from importers.kit.files import read_bytes
from importers.kit.findings import Cell, Findings
from importers.kit.held_cells import HELD_COLUMNS, STOOD_AT, corrected
from importers.kit.table import Layout, Table
from importers.kit.trees import is_there, leads_out
from importers.kit.workbook import WORKBOOKS, Workbook

RELATIONS = Layout(("from", "type", "to"), ("effect", "pool", *HELD_COLUMNS))
POOLS = Layout(("ci", "pool", "required"), ("full", "effect", *HELD_COLUMNS))
NAMES = ("cis", "relations", "pools")
OPTIONAL = frozenset({"pools"})
_ENDINGS = (".csv", ".csv.gz")


@dataclass(frozen=True, slots=True)
class Tables:
    """What was read. A table is None when it is missing or cannot be read; `whole` says that neither was a fault.

    `part` says that these are rows that were held back, so that what is missing says nothing.
    """

    cis: Table | None
    relations: Table | None
    pools: Table | None
    whole: bool
    part: bool = False


def ci_layout(model: Model) -> Layout:
    """The columns `cis` may have: the fixed ones, and every attribute that some kind declares."""
    attributes = dict.fromkeys(name for kind in model.concrete for name in model.attributes[kind])
    others = dict.fromkeys(("sector", "lifecycle", *attributes, *HELD_COLUMNS))
    return Layout(("id", "kind", "name"), tuple(others), "UNKNOWN_ATTRIBUTE")


def read_tables(path: Path, model: Model, progress: Progress, problems: Findings, warnings: Findings) -> Tables:
    """Read the tables at `path`; all that is wrong with the files themselves is in `problems`."""
    layouts = dict(zip(NAMES, (ci_layout(model), RELATIONS, POOLS), strict=True))
    progress.stage("read", len(NAMES))
    found = dict(_read(path, layouts, progress, problems, warnings))
    whole = all(found.get(name) is not None for name in NAMES if name not in OPTIONAL or name in found)
    part = any(table is not None and STOOD_AT in table.columns for table in found.values())
    cis, relations, pools = (corrected(found.get(name), problems) for name in NAMES)
    return Tables(cis, relations, pools, whole, part)


def _read(
    path: Path, layouts: dict[str, Layout], progress: Progress, problems: Findings, warnings: Findings
) -> Iterator[tuple[str, Table | None]]:
    if path.is_dir():
        _note_ignored(path, warnings)
        tables = _from_folder(path, layouts, problems)
    elif path.suffix.lower() in WORKBOOKS:
        tables = _from_workbook(path, layouts, problems, warnings)
    else:
        accepted = "a folder with cis.csv and relations.csv, or an .xlsx file"
        found = "another kind of file" if path.exists() else "no such file or folder"
        problems.add("UNKNOWN_FORMAT", Cell(path.name), found, accepted)
        return
    for entry in tables:
        progress.advance(1)
        yield entry


def _from_folder(
    folder: Path, layouts: dict[str, Layout], problems: Findings
) -> Iterator[tuple[str, Table | None]]:  # fmt: skip
    for name, layout in layouts.items():
        files = [file for ending in _ENDINGS if is_there(file := folder / (name + ending))]
        if len(files) > 1:
            problems.add("DUPLICATE_FILE", Cell(name), " and ".join(f.name for f in files), "one of them")
            yield name, None
        elif files and leads_out(folder, files[0]):
            problems.add("PATH_OUTSIDE", Cell(files[0].name), "a link out of the folder", "a file in the folder")
            yield name, None
        elif files:
            data = read_bytes(files[0], problems)
            yield name, None if data is None else read_csv(data, files[0].name, layout, problems)
        elif name not in OPTIONAL:
            problems.add("MISSING_FILE", Cell(f"{name}.csv"), "no such file", f"{name}.csv or {name}.csv.gz")


def _from_workbook(
    path: Path, layouts: dict[str, Layout], problems: Findings, warnings: Findings
) -> Iterator[tuple[str, Table | None]]:  # fmt: skip
    data = read_bytes(path, problems)
    book = Workbook.open(data, path.name, problems) if data is not None else None
    if book is None:
        return
    book.note_ignored(NAMES, warnings)
    for name, layout in layouts.items():
        if name in book.sheets:
            yield name, book.table(name, layout, problems, warnings)
        elif name not in OPTIONAL:
            problems.add(
                "MISSING_SHEET", Cell(path.name), f"no sheet {name}", "the sheets cis, relations, and maybe pools"
            )


def _note_ignored(folder: Path, warnings: Findings) -> None:
    known = {name + ending for name in NAMES for ending in _ENDINGS}
    for file in sorted(folder.iterdir()):
        if file.name not in known and file.name.endswith(_ENDINGS):
            warnings.add("IGNORED_FILE", Cell(file.name), "a file that is not read", ", ".join(sorted(known)))
