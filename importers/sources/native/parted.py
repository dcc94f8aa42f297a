"""Native tables in two parts: the rows at fault, and the rest."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from importers.kit.build import Build
from importers.kit.findings import Bad, Cell, Fault
from importers.kit.records import NativeRow, Transformed
from importers.kit.table import Table
from importers.sources.native.tables import Tables

LEFT_OUT = frozenset({"BAD_REFERENCE", "CONFLICT_IN_FILE", "DANGLING_RELATION", "MISSING_VALUE", "UNKNOWN_KIND"})
"""What importers of documents say of objects and references that they leave out, and of nothing else."""


@dataclass(frozen=True, slots=True)
class TablesInput:
    """Tables of the native format, as they were read; `make` makes something of them."""

    tables: Tables
    make: Callable[[Tables], Transformed]

    def rest(self, bad: Bad) -> Transformed:
        """The desired state without the rows at fault."""
        return self.make(self._part(bad, taken=False))

    def taken(self, bad: Bad) -> Sequence[NativeRow]:
        """The rows at fault."""
        return list(native_rows(self._part(bad, taken=True)))

    def left_out(self, _: Cell, __: Iterable[Fault]) -> bool:
        """Never: every row of a table is there."""
        return False

    def _part(self, bad: Bad, taken: bool) -> Tables:
        cis, relations, pools = (
            None if table is None else _part(table, bad, taken)
            for table in (self.tables.cis, self.tables.relations, self.tables.pools)
        )
        return replace(self.tables, cis=cis, relations=relations, pools=pools)


@dataclass(frozen=True, slots=True)
class BuiltInput:
    """What documents say, as it was put together; `make` makes something of all but what is at fault."""

    build: Build
    make: Callable[[Bad], Transformed]

    def rest(self, bad: Bad) -> Transformed:
        """The desired state without what is said at the places at fault only."""
        return self.make(bad)

    def taken(self, bad: Bad) -> Sequence[NativeRow]:
        """What is said at the places at fault only."""
        cis, relations, pools = self.build.tables(bad, taken=True)
        return list(native_rows(Tables(cis, relations, pools, whole=True), self.build.places.cell))

    def left_out(self, _: Cell, faults: Iterable[Fault]) -> bool:
        """Whether the importer has left out an object or a reference, and said so."""
        return all(fault.code in LEFT_OUT for fault in faults)


def _part(table: Table, bad: Bad, taken: bool) -> Table:
    rows = {row for file, row in bad if file == table.file}
    some = [at for at, row in enumerate(table.rows) if (row in rows) is taken]
    return Table(table.file, {n: c.gather(some) for n, c in table.columns.items()}, [table.rows[at] for at in some])


def native_rows(
    tables: Tables, place: Callable[[Cell], Cell] = lambda at: at,
    columns: Callable[[int], Mapping[str, str]] = lambda _: {},
) -> Iterator[NativeRow]:  # fmt: skip
    """Every row of the tables with its texts; `place` and `columns` say what of the input a row was read from."""
    for entity, table in (("ci", tables.cis), ("relation", tables.relations), ("pool", tables.pools)):
        if table is None:
            continue
        texts = {name: column.to_list() for name, column in table.columns.items()}
        for at, row in enumerate(table.rows):
            cell = place(Cell(table.file, row))
            yield NativeRow(entity, {name: column[at] for name, column in texts.items()}, cell, columns(row))
