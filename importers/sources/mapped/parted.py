"""Mapped tables in two parts: what is read from cells at fault, and the rest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from operator import itemgetter

import polars as pl

from cmdb.model.model import Model
from importers.kit.findings import Bad, Cell, Fault, Findings
from importers.kit.places import Places
from importers.kit.records import NativeRow, Transformed
from importers.kit.table import Table
from importers.sources.mapped.document import Entry, MappedTable
from importers.sources.mapped.transform import Mapper, Names, Read
from importers.sources.native.parted import native_rows
from importers.sources.native.transform import transform


@dataclass(frozen=True)
class MappedInput:
    """The tables that a mapping names, as they were read."""

    read: Read
    attributes: Sequence[str]
    model: Model
    source: str

    def rest(self, bad: Bad) -> Transformed:
        """The desired state without what is read from the cells at fault."""
        places = Places()
        problems, warnings = Findings(places.cell), Findings(places.cell)
        mapper = Mapper(self.read, self.attributes, places, problems, Selection(bad, taken=False), self._names)
        return transform(mapper.tables(), self.model, self.source, problems, warnings)

    def taken(self, bad: Bad) -> Sequence[NativeRow]:
        """What is read from the cells at fault; what could not be changed as the mapping says stands as it was."""
        places = Places()
        mapper = Mapper(self.read, self.attributes, places, Findings(), Selection(bad, taken=True), self._names)
        found = native_rows(mapper.tables(), places.cell, places.columns)
        said = self._said_elsewhere(bad)
        return [row for row in found if frozenset(filter(itemgetter(1), row.texts.items())) not in said]

    def _said_elsewhere(self, bad: Bad) -> set[frozenset[tuple[str, str]]]:
        """What entries for `once` make of other rows, too."""
        if not any(entry.once for mapped, _ in self.read for entry in mapped.cis):
            return set()
        mapper = Mapper(self.read, self.attributes, Places(), Findings(), Selection(bad, taken=False), self._names)
        rows = native_rows(replace(mapper.tables(), relations=None, pools=None))
        return {frozenset(filter(itemgetter(1), row.texts.items())) for row in rows}

    def left_out(self, at: Cell, _: Iterable[Fault]) -> bool:
        """Whether a place is a row of a table, of which the mapping made nothing."""
        return any(table.file == at.file and at.row in table.rows for _, table in self.read)

    @cached_property
    def _names(self) -> Names:
        return Mapper(self.read, self.attributes, Places(), Findings()).names


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows by whether what an entry of the mapping reads of them is at fault."""

    bad: Bad
    taken: bool

    def of(self, mapped: MappedTable, entry: Entry, table: Table, rows: pl.Series) -> pl.Series:
        """Those of `rows` (positions in a table) of which an entry reads a cell at fault; or the others.

        A fault of the row as a whole, or of a cell that no entry reads, is one of every entry; where it was found in
        what the entries made, of every entry of the same sort.
        """
        numbers = [
            row
            for (file, row), faults in self.bad.items()
            if file == table.file and any(_reads(mapped, entry, fault) for fault in faults.values())
        ]
        at_fault = pl.Series(table.rows, dtype=pl.Int64).gather(rows).is_in(numbers)
        return rows.filter(at_fault if self.taken else ~at_fault)


def _reads(mapped: MappedTable, entry: Entry, fault: Fault) -> bool:
    sorts = {"cis": mapped.cis, "relations": mapped.relations, "pools": mapped.pools}
    if not fault.touches(next(name for name, entries in sorts.items() if entry in entries)):
        return False
    rivals = sorts.get(fault.table, chain(*sorts.values()))
    column = fault.column.casefold()
    return column in _columns(mapped, entry) or not any(column in _columns(mapped, rival) for rival in rivals)


def _columns(mapped: MappedTable, entry: Entry) -> set[str]:
    conditions = (condition.column for condition in mapped.where)
    return {column.casefold() for column in (*entry.columns, *conditions)}
