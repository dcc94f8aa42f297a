"""Places in several files at once: a row number that knows its table, and the cell it stands for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import polars as pl

from importers.kit.findings import Cell

SHIFT = 32
"""Bits of a row number within its table."""


class Row(int):
    """A row of one of several tables, printed as the row that a person sees, or as the `place` that it stands for."""

    place = ""

    def __str__(self) -> str:
        return self.place or str(int(self) & ((1 << SHIFT) - 1))

    __repr__ = __str__

    def __format__(self, _: str) -> str:
        return str(self)


class Rows(Sequence[int]):
    """Rows of several tables as one list; a `Row` is made only for the one that is asked for."""

    def __init__(self, numbers: pl.Series | Sequence[int], places: "Places | None" = None) -> None:
        self._numbers, self._places = numbers, places

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> "Rows": ...
    def __getitem__(self, at: int | slice) -> "int | Rows":
        if isinstance(at, slice):
            return Rows(self._numbers[at], self._places)
        row = Row(self._numbers[at])
        if self._places is not None:
            row.place = self._places.cell(Cell("", row)).file
        return row


@dataclass(frozen=True, slots=True)
class Part:
    """A file or sheet, and the columns that each field of what is made from it is read from."""

    file: str
    columns: Mapping[str, str]


class Places:
    """The parts that rows are numbered by, from 1 on, so that rows of a table that was read are left as they are."""

    def __init__(self) -> None:
        self._parts: list[Part] = []

    def add(self, part: Part) -> int:
        """What the row numbers of a part are marked with."""
        self._parts.append(part)
        return len(self._parts) << SHIFT

    def cell(self, at: Cell) -> Cell:
        """The cell of the input that a cell of a made table stands for."""
        number = at.row >> SHIFT
        if not number:
            return at
        part = self._parts[number - 1]
        return Cell(part.file, at.row & ((1 << SHIFT) - 1), part.columns.get(at.column, at.column))

    def columns(self, row: int) -> Mapping[str, str]:
        """The columns of the input by field of what was made from a row."""
        number = row >> SHIFT
        return self._parts[number - 1].columns if number else {}
