"""The tables of records in a file, a folder or a workbook, each read within the limits of every import."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from importers.kit.csv_text import read_csv
from importers.kit.files import read_bytes
from importers.kit.findings import Cell, Findings
from importers.kit.table import Table
from importers.kit.workbook import WORKBOOKS, Workbook
from importers.records.layouts import FORMS, Form, written

TEXTS = (".csv", ".csv.gz")
TOGETHER = "records"
"""The stem of a workbook with a sheet for each kind of record."""


class Found(NamedTuple):
    """A table of records, the form it has, and the names that it gives to the form's columns."""

    table: Table
    form: Form
    names: Mapping[str, str]


def stem(path: Path) -> str:
    """The name of a file that may hold records, without its ending and in lower case; empty for any other."""
    name = path.name.casefold()
    ending = next((end for end in (*TEXTS, *WORKBOOKS) if name.endswith(end)), "")
    return name.removesuffix(ending) if ending else ""


def accepts(path: Path) -> bool:
    """Whether `path` holds records: one of their files, or a folder with one and without CIs or a mapping to them."""
    if not path.is_dir():
        return stem(path) in {*FORMS, TOGETHER}
    stems = {stem(file) for file in path.iterdir()}
    return bool(stems & FORMS.keys()) and "cis" not in stems and not (path / "mapping.yaml").exists()


def read_tables(path: Path, problems: Findings, warnings: Findings) -> list[Found]:
    """The tables at `path`; all that is wrong with the files themselves is in `problems`."""
    if not path.is_dir():
        return list(_from_file(path, problems, warnings))
    return [found for file in _files(path, problems, warnings) for found in _from_file(file, problems, warnings)]


def _files(folder: Path, problems: Findings, warnings: Findings) -> Iterator[Path]:
    """The files of a folder in the order of the forms, at most one for each."""
    by_stem: dict[str, list[Path]] = {}
    for file in sorted(folder.iterdir()):
        if name := stem(file):
            by_stem.setdefault(name, []).append(file)
    for name in FORMS:
        first, *others = by_stem.pop(name, [None])
        if others:
            names = " and ".join(file.name for file in (first, *others) if file)
            problems.add("DUPLICATE_FILE", Cell(name), names, "one of them")
        elif first is not None:
            yield first
    for file in (file for files in by_stem.values() for file in files):
        warnings.add("IGNORED_FILE", Cell(file.name), "a file that is not read", ", ".join(f"{n}.csv" for n in FORMS))


def _from_file(path: Path, problems: Findings, warnings: Findings) -> Iterator[Found]:
    name, data = stem(path), read_bytes(path, problems)
    if data is None:
        return
    if path.suffix.casefold() in WORKBOOKS:
        yield from _from_workbook(data, path.name, name, problems, warnings)
    elif name == TOGETHER:
        problems.add("UNKNOWN_FORMAT", Cell(path.name), "records of any kind in one CSV", "one file for each kind")
    else:
        form = FORMS[name]
        yield from _found(read_csv(data, path.name, form.layout, problems), form, problems)


def _from_workbook(
    data: bytes, file: str, name: str, problems: Findings, warnings: Findings
) -> Iterator[Found]:  # fmt: skip
    book = Workbook.open(data, file, problems)
    if book is None:
        return
    sheets = {sheet: sheet for sheet in book.sheets if sheet in (FORMS if name == TOGETHER else {name})}
    if not sheets and name != TOGETHER and len(book.sheets) == 1:
        sheets = {name: next(iter(book.sheets))}
    if not sheets:
        accepted = "a sheet called " + (name if name in FORMS else ", ".join(FORMS))
        problems.add("MISSING_SHEET", Cell(file), "no such sheet", accepted)
    book.note_ignored(tuple(sheets.values()), warnings)
    for kind in filter(sheets.__contains__, FORMS):
        form = FORMS[kind]
        yield from _found(book.table(sheets[kind], form.layout, problems, warnings), form, problems)


def _found(table: Table | None, form: Form, problems: Findings) -> Iterator[Found]:
    names = None if table is None else written(table, form, problems)
    if table is not None and names is not None:
        yield Found(table, form, names)
