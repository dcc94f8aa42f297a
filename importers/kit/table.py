"""A table as columns of text, with the row number that a person sees for every row."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import TypeVar

import polars as pl
from rapidfuzz import fuzz, process

from cmdb.model.errors import ValueFault, shown
from importers.kit.findings import Cell, Findings
from importers.kit.texts import (
    PLAIN,
    column_of,
    constant,
    holds,
    longest_of,
    matches,
    parsed_once,
    places_of,
    replaced,
    stripped,
    which_plain,
)

T = TypeVar("T")
MOST_COLUMNS = 4_096
"""Columns that a table may have; a workbook has fewer still."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns a table has: those it must have, those it may have, and the code for any other (empty: others are
    no fault)."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    unknown: str = "UNKNOWN_COLUMN"

    @property
    def names(self) -> tuple[str, ...]:
        return self.required + self.optional


@dataclass(frozen=True, slots=True)
class Table:
    """The body of a table. `rows[i]` is the row number of the i-th record; every column is as long as `rows`.

    `known_plain` are columns of which it is known whether all their texts are `PLAIN`.
    """

    file: str
    columns: Mapping[str, pl.Series]
    rows: Sequence[int]
    known_plain: dict[str, bool] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> pl.Series:
        """The texts of a column; empty texts when the file does not have it."""
        return self.columns[name] if name in self.columns else constant("", len(self.rows))

    def cell(self, index: int, column: str = "") -> Cell:
        """The place of a record, or of one of its cells."""
        return Cell(self.file, self.rows[index], column)

    def header(self, column: str = "") -> Cell:
        """The place of the header, or of one of its cells."""
        return Cell(self.file, 1, column)

    def plain(self, name: str) -> bool:
        """Whether all texts of a column are `PLAIN`."""
        if name not in self.known_plain:
            asked = {other: texts for other, texts in self.columns.items() if other not in self.known_plain}
            self.known_plain.update(which_plain(asked), **({} if name in self.columns else {name: True}))
        return self.known_plain[name]

    def parsed(self, name: str, parse: Callable[[str], T], findings: Findings, empty: T) -> list[T]:
        """The column through `parse`, each distinct text once; what it refuses is reported and becomes `empty`."""
        texts = self.column(name)
        values, faults = parsed_once(texts, parse, empty)
        self._report(name, faults, findings)
        return list(map(values.__getitem__, texts.to_list()))

    def cleaned(self, name: str, parse: Callable[[str], str], findings: Findings, longest: int = 0) -> pl.Series:
        """Like `parsed`, as a column: empty texts, and `PLAIN` ones of no more than `longest` bytes, are left alone."""
        texts = self.column(name)
        if longest and self.plain(name) and longest_of(texts) <= longest:
            return texts
        alone = matches(texts, PLAIN) & (texts.str.len_bytes() <= longest) if longest else texts == ""
        values, faults = parsed_once(texts.filter(~alone), parse, "")
        self._report(name, faults, findings)
        return replaced(texts, values)

    def require(self, name: str, values: pl.Series | Sequence[str], findings: Findings) -> None:
        """Report every blank cell of a column that must be filled; `values` are what its texts were parsed to.

        One that is blank only because what stood there could not be read is reported already.
        """
        if holds(values, ""):
            for index in (stripped(self.column(name)) == "").arg_true():
                if not findings.unreadable(at := self.cell(index, name)):
                    findings.add("MISSING_VALUE", at, "nothing", "a value; it is required")

    def _report(self, name: str, faults: Mapping[str, ValueFault], findings: Findings) -> None:
        texts = self.column(name)
        for index in places_of(texts, faults):
            findings.add_fault(faults[texts[index]], self.cell(index, name))


def table_of(
    file: str, header: Sequence[str], columns: Sequence[pl.Series], rows: Sequence[int], layout: Layout,
    findings: Findings,
) -> Table | None:  # fmt: skip
    """A table with a checked header, or None when the header cannot be used. `columns` is as wide as `header`."""
    names = [name.strip().casefold() for name in header]
    usable = _check_missing(file, names, layout, findings) & _check_double(file, names, findings)
    kept: dict[str, pl.Series] = {}
    for name, original, column in zip(names, header, columns, strict=True):
        if name in layout.names:
            kept[name] = column
        elif layout.unknown and (name or (column != "").any()):
            near = "; near: " + ", ".join(found) if (found := near_names(name, layout.names)) else ""
            accepted = "one of " + ", ".join(layout.names) + near
            findings.add_text(layout.unknown, Cell(file, 1), original, accepted)
    return Table(file, kept, rows) if usable else None


def table_of_records(
    file: str, records: Sequence[Sequence[str]], starts: Sequence[int], layout: Layout, findings: Findings
) -> Table | None:
    """A table from whole records, the header first; records of another width than the header are reported."""
    header, body = records[0], records[1:]
    if len(header) > MOST_COLUMNS:
        findings.add("TOO_MANY", Cell(file, starts[0]), f"{len(header):,} columns", f"at most {MOST_COLUMNS:,} columns")
        return None
    if not set(map(len, body)) <= {len(header)}:
        places = (Cell(file, start) for start in starts[1:])
        body = [_fitted(record, header, at, findings) for record, at in zip(body, places, strict=True)]
    columns: Iterable[Sequence[str]] = zip(*body, strict=True) if body else [()] * len(header)
    return table_of(file, header, list(map(column_of, columns)), starts[1:], layout, findings)


def _fitted(record: Sequence[str], header: Sequence[str], at: Cell, findings: Findings) -> Sequence[str]:
    if len(record) == len(header):
        return record
    code = "SHORT_ROW" if len(record) < len(header) else "LONG_ROW"
    findings.add(code, at, f"{len(record)} cells", f"{len(header)} cells, as in the header")
    findings.mute(at.file, at.row)
    return [*record, *repeat("", len(header))][: len(header)]


LONGEST_WORD = 200
"""Characters of a text that are compared with words that are known."""


def near_names(name: str, names: Sequence[str]) -> list[str]:
    """At most three of `names` that look like `name`."""
    return [
        found for found, *_ in process.extract(name[:LONGEST_WORD], names, scorer=fuzz.ratio, limit=3, score_cutoff=70)
    ]


def _check_missing(file: str, names: list[str], layout: Layout, findings: Findings) -> bool:
    missing = [name for name in layout.required if name not in names]
    for name in missing:
        findings.add(
            "MISSING_COLUMN", Cell(file, 1, name), "no such column", "the columns " + ", ".join(layout.required)
        )
    return not missing


def _check_double(file: str, names: list[str], findings: Findings) -> bool:
    double = {name: count for name, count in Counter(names).items() if name and count > 1}
    for name, count in double.items():
        found = f"{shown(name)} {count} times"
        findings.add("DUPLICATE_COLUMN", Cell(file, 1, name), found, "every column once")
    return not double
