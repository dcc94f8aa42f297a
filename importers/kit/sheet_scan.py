"""What a worksheet holds besides values: formulas, hidden rows and columns, percentages, and how far it reaches.

The XML is streamed, and was checked to have no document type, so no entity can grow or reach out.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from importers.kit.findings import Cell, Findings
from importers.kit.merged import Range

MAX_COLUMNS, MAX_AREA, MAX_EMPTY_ROWS = 1_000, 8_000_000, 100_000
MAX_MERGED = 1_000
"""Merged cells of which it is told when values stand behind them."""
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)
_PERCENT_FORMATS = frozenset({"9", "10"})


@dataclass(slots=True)
class SheetFacts:
    """Positions are (row, column), both from 1."""

    formulas: list[tuple[int, int, bool, str]] = field(default_factory=list)
    """Row, column, whether a computed value is stored, the formula."""
    errors: list[tuple[int, int, str]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    percents: set[tuple[int, int]] = field(default_factory=set)
    merged: list[Range] = field(default_factory=list)
    rows: int = 0
    last_row: int = 0
    last_column: int = 0

    @property
    def too_large(self) -> str:
        """Why the sheet is not read, or an empty text."""
        if self.last_column > MAX_COLUMNS or self.last_row * self.last_column > MAX_AREA:
            return f"{self.last_row} rows by {self.last_column} columns"
        empty = self.last_row - self.rows
        return f"{empty} empty rows" if empty > MAX_EMPTY_ROWS else ""


def scan(xml: bytes, percent_styles: frozenset[str]) -> SheetFacts:
    """Read a worksheet part. Raises `ElementTree.ParseError` or ValueError when it is not one."""
    facts, row = SheetFacts(), 0
    for _, element in ElementTree.iterparse(io.BytesIO(xml)):
        tag = element.tag.rpartition("}")[2]
        if tag == "col" and _true(element.get("hidden")):
            low, high = int(element.get("min", "1")), int(element.get("max", "1"))
            facts.hidden_columns += range(low, min(high, MAX_COLUMNS) + 1)
        elif tag == "mergeCell" and len(facts.merged) < MAX_MERGED:
            facts.merged.append(_range(element.get("ref", "")))
        elif tag == "row":
            row = int(element.get("r", row + 1))
            _row(element, row, facts, percent_styles)
            element.clear()
    return facts


def _row(element: ElementTree.Element, row: int, facts: SheetFacts, percent_styles: frozenset[str]) -> None:
    column, filled = 0, False
    for cell in element:
        column = _column(cell.get("r"), column + 1)
        filled |= len(cell) > 0
        facts.last_column = max(facts.last_column, column)
        _cell(cell, row, column, facts, percent_styles)
    if filled and _true(element.get("hidden")):
        facts.hidden_rows.append(row)
    if column:
        facts.rows += filled
        facts.last_row = max(facts.last_row, row)


def _cell(
    cell: ElementTree.Element, row: int, column: int, facts: SheetFacts, percent_styles: frozenset[str]
) -> None:  # fmt: skip
    value = next((child.text for child in cell if child.tag.endswith("}v")), None)
    formula = next((child for child in cell if child.tag.endswith("}f")), None)
    if cell.get("t") == "s" and value is not None and not (value.isascii() and value.isdecimal()):
        raise ValueError("not the number of a text")
    if formula is not None:
        facts.formulas.append((row, column, bool(value), "=" + (formula.text or "")))
    elif cell.get("t") == "e":
        facts.errors.append((row, column, value or ""))
    elif cell.get("s") in percent_styles and cell.get("t", "n") == "n":
        facts.percents.add((row, column))


def _true(text: str | None) -> bool:
    return text in {"1", "true"}


def _range(reference: str) -> Range:
    first, _, last = reference.partition(":")
    (top, left), (bottom, right) = _position(first), _position(last or first)
    return top, left, bottom, right


def _position(reference: str) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference)
    return int(match.group(2)) if match else 0, _column(reference, 0)


def _column(reference: str | None, following: int) -> int:
    if reference is None:
        return following
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError("not a cell reference")
    number = 0
    for letter in match.group(1):
        number = number * 26 + ord(letter) - 64
    return number


def percent_styles(styles: bytes | None) -> frozenset[str]:
    """Indexes of the cell styles that show a number as a percentage. Raises `ElementTree.ParseError`."""
    if styles is None:
        return frozenset()
    formats, indexes = set(_PERCENT_FORMATS), list[str]()
    for element in ElementTree.fromstring(styles):
        tag = element.tag.rpartition("}")[2]
        if tag == "numFmts":
            formats |= {f.get("numFmtId", "") for f in element if "%" in f.get("formatCode", "")}
        elif tag == "cellXfs":
            indexes = [style.get("numFmtId", "") for style in element]
    return frozenset(str(index) for index, name in enumerate(indexes) if name in formats)


def report(facts: SheetFacts, header: list[str], file: str, problems: Findings, warnings: Findings) -> None:
    """Turn what was seen into problems and warnings, naming columns by their header."""
    for row, column, stored, formula in facts.formulas:
        code = "FORMULA_CELL" if stored else "FORMULA_NO_VALUE"
        problems.add_text(code, Cell(file, row, _name(header, column)), formula, "a value; paste values over formulas")
    for row, column, error in facts.errors:
        problems.add_text("CELL_ERROR", Cell(file, row, _name(header, column)), error, "a value, or an empty cell")
    for cell, found in _hidden(facts, header, file):
        warnings.add("HIDDEN_DATA", cell, found, "read all the same; show it, or delete it if it is not meant")


def _hidden(facts: SheetFacts, header: list[str], file: str) -> Iterator[tuple[Cell, str]]:
    if facts.hidden_rows:
        yield Cell(file, facts.hidden_rows[0]), f"hidden rows: {len(facts.hidden_rows)}"
    for column in facts.hidden_columns:
        if column <= facts.last_column:
            yield Cell(file, 0, _name(header, column)), "a hidden column"


def _name(header: list[str], column: int) -> str:
    return header[column - 1] if column <= len(header) and header[column - 1] else f"number {column}"
