"""A table as columns of text, with the row number that a person sees for every row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import eq
from typing import TypeVar, cast

from rapidfuzz import fuzz, process

from cmdb.model.errors import ValueFault, shown
from importers.kit.findings import Cell, Findings

T = TypeVar("T")


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
    """The body of a table. `rows[i]` is the row number of the i-th record; every column is as long as `rows`."""

    file: str
    columns: dict[str, Sequence[str]]
    rows: Sequence[int]
    _clean: dict[str, bool] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> Sequence[str]:
        """The texts of a column; empty texts when the file does not have it."""
        return self.columns[name] if name in self.columns else [""] * len(self.rows)

    def cell(self, index: int, column: str = "") -> Cell:
        """The place of a record, or of one of its cells."""
        return Cell(self.file, self.rows[index], column)

    def header(self, column: str = "") -> Cell:
        """The place of the header, or of one of its cells."""
        return Cell(self.file, 1, column)

    def clean(self, name: str) -> bool:
        """Whether the whole column is printable ASCII, below 10,000 characters, without blanks at either end."""
        if name not in self._clean:
            self._clean[name] = _clean(self.column(name))
        return self._clean[name]

    def parsed(self, name: str, parse: Callable[[str], T], findings: Findings, empty: T) -> Sequence[T]:
        """The column through `parse`, each distinct text once; what it refuses is reported and becomes `empty`."""
        texts, values, faults = self.column(name), dict[str, T](), dict[str, ValueFault]()
        for text in set(texts):
            try:
                values[text] = parse(text)
            except ValueFault as fault:
                values[text], faults[text] = empty, fault
        if faults:
            for index, text in enumerate(texts):
                if text in faults:
                    findings.add_fault(faults[text], self.cell(index, name))
        if all(map(eq, values, values.values())):
            return cast(Sequence[T], texts)
        return list(map(values.__getitem__, texts))

    def require(self, name: str, values: Sequence[str], findings: Findings) -> None:
        """Report every blank cell of a column that must be filled; `values` are what its texts were parsed to."""
        if "" in values:
            for index, text in enumerate(self.column(name)):
                if not text.strip():
                    findings.add("MISSING_VALUE", self.cell(index, name), "nothing", "a value; it is required")


def _clean(texts: Sequence[str]) -> bool:
    joined = "\n".join(texts)
    ends = f"\n{joined}\n"
    return (
        joined.isascii()
        and joined.count("\n") == max(0, len(texts) - 1)
        and joined.replace("\n", "").isprintable()
        and "\n " not in ends
        and " \n" not in ends
        and max(map(len, texts), default=0) <= 10_000
    )


def table_of(
    file: str, header: Sequence[str], columns: Sequence[Sequence[str]], rows: Sequence[int], layout: Layout,
    findings: Findings,
) -> Table | None:  # fmt: skip
    """A table with a checked header, or None when the header cannot be used. `columns` is as wide as `header`."""
    names = [name.strip().casefold() for name in header]
    usable = _check_missing(file, names, layout, findings) & _check_double(file, names, findings)
    kept: dict[str, Sequence[str]] = {}
    for name, original, column in zip(names, header, columns, strict=True):
        if name in layout.names:
            kept[name] = column
        elif layout.unknown and (name or any(column)):
            near = "; near: " + ", ".join(found) if (found := near_names(name, layout.names)) else ""
            accepted = "one of " + ", ".join(layout.names) + near
            findings.add_text(layout.unknown, Cell(file, 1), original, accepted)
    return Table(file, kept, rows) if usable else None


def table_of_records(
    file: str, records: Sequence[Sequence[str]], starts: Sequence[int], layout: Layout, findings: Findings
) -> Table | None:
    """A table from whole records, the header first; records of another width than the header are reported."""
    header, body = records[0], records[1:]
    if not set(map(len, body)) <= {len(header)}:
        places = (Cell(file, start) for start in starts[1:])
        body = [_fitted(record, header, at, findings) for record, at in zip(body, places, strict=True)]
    columns: list[Sequence[str]] = list(zip(*body, strict=True)) if body else [()] * len(header)
    return table_of(file, header, columns, starts[1:], layout, findings)


def _fitted(record: Sequence[str], header: Sequence[str], at: Cell, findings: Findings) -> Sequence[str]:
    if len(record) == len(header):
        return record
    code = "SHORT_ROW" if len(record) < len(header) else "LONG_ROW"
    findings.add(code, at, f"{len(record)} cells", f"{len(header)} cells, as in the header")
    findings.mute(at.file, at.row)
    return [*record, *repeat("", len(header))][: len(header)]


def near_names(name: str, names: Sequence[str]) -> list[str]:
    """At most three of `names` that look like `name`."""
    return [found for found, *_ in process.extract(name, names, scorer=fuzz.ratio, limit=3, score_cutoff=70)]


def _check_missing(file: str, names: list[str], layout: Layout, findings: Findings) -> bool:
    missing = [name for name in layout.required if name not in names]
    for name in missing:
        findings.add(
            "MISSING_COLUMN", Cell(file, 1, name), "no such column", "the columns " + ", ".join(layout.required)
        )
    return not missing


def _check_double(file: str, names: list[str], findings: Findings) -> bool:
    double = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    for name in double:
        found = f"{shown(name)} {names.count(name)} times"
        findings.add("DUPLICATE_COLUMN", Cell(file, 1, name), found, "every column once")
    return not double
