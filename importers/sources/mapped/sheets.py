"""Tables as `suggest` looks at them: as they were found, and under the headers that people wrote."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from importers.kit.csv_text import read_csv
from importers.kit.encoding import decode
from importers.kit.files import read_bytes
from importers.kit.findings import Findings
from importers.kit.table import Layout, Table
from importers.kit.texts import stripped
from importers.kit.workbook import WORKBOOKS, Workbook


@dataclass
class Sheet:
    """A table: `header` as people wrote it, cells without space around them, rows that are equal once. So its rows
    have the numbers of no file."""

    file: str
    sheet: str
    delimiter: str
    header: list[str]
    table: Table
    unnamed: Sequence[int] = ()
    """Which columns, from 1, have no header."""
    used: set[str] = field(default_factory=set)
    why: dict[str, str] = field(default_factory=dict)
    """Why a column is not used though its header is known."""

    def texts(self, column: str) -> list[str]:
        """What stands in a column, without empty cells."""
        return [text for text in self.cells(column) if text]

    def cells(self, column: str) -> list[str]:
        """What stands in a column, row by row."""
        return self.table.column(column.casefold()).to_list()

    def filled(self, column: str) -> bool:
        """Whether no cell of a column is empty."""
        return len(self.texts(column)) == len(self.table)

    def reason(self, column: str) -> str:
        """Why a column is not used, in brackets; empty where its header says nothing known."""
        return f" ({self.why[column]})" if column in self.why else ""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.file} sheet {self.sheet}" if self.sheet else self.file


def sheets_at(path: Path, problems: Findings) -> Iterator[Sheet]:
    """The tables of a CSV file or a workbook, rows that are equal once; what cannot be read is in `problems`."""
    data = read_bytes(path, problems)
    if data is None:
        return
    if path.suffix.lower() in WORKBOOKS:
        book = Workbook.open(data, path.name, problems)
        for name, title in book.titles.items() if book else ():
            rows = book.reader.get_sheet_by_name(title).to_python(nrows=1) if book else []
            header = [str(cell).strip() for cell in rows[0]] if rows else []
            table = book.table(name, _layout(header), problems, Findings()) if book and any(header) else None
            if table is not None:
                yield _sheet(path.name, title, ",", header, table)
        return
    text = decode(data, path.name, problems)
    if text is None:
        return
    first = text.lstrip("\r\n").split("\n", 1)[0].rstrip("\r")
    delimiter = max(",;\t|", key=first.count)
    header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    table = read_csv(data, path.name, _layout(header), problems, delimiter)
    if table is not None:
        yield _sheet(path.name, "", delimiter, header, table)


def _sheet(file: str, title: str, delimiter: str, header: Sequence[str], table: Table) -> Sheet:
    unnamed = [at for at, name in enumerate(header, 1) if not name]
    return Sheet(file, title, delimiter, [name for name in header if name], _without_copies(table), unnamed)


def _without_copies(table: Table) -> Table:
    """Rows that are equal once, as an import takes them."""
    columns = pl.DataFrame([stripped(texts).alias(name) for name, texts in table.columns.items()])
    once = columns.unique(keep="first", maintain_order=True)
    return Table(table.file, {name: once[name] for name in table.columns}, range(2, len(once) + 2))


def _layout(header: Iterable[str]) -> Layout:
    return Layout(tuple(dict.fromkeys(name.casefold() for name in header if name)), (), unknown="")
