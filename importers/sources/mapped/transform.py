"""Mapped tables to the tables of the native format, which its transform then turns into CIs, relations and pools."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Protocol

import polars as pl

from cmdb.model.errors import shown
from cmdb.model.text import folded
from importers.kit.findings import Findings
from importers.kit.places import Part, Places, Rows
from importers.kit.table import Table, near_names
from importers.kit.texts import constant, folded_column, places_of, replaced, stripped
from importers.sources.mapped.columns import changed, chosen, joined, stays_plain, texts_of
from importers.sources.mapped.document import CI_FIELDS, POOL_FIELDS, RELATION_FIELDS, Entry, Expression, MappedTable
from importers.sources.native.tables import Tables

Read = Sequence[tuple[MappedTable, Table]]
Placed = tuple[MappedTable, Entry, Table]
NEEDED: Mapping[tuple[str, ...], tuple[str, ...]] = {
    RELATION_FIELDS: ("from", "type", "to"),
    POOL_FIELDS: ("ci", "pool"),
}
"""Fields without which a row makes no relation, or no pool."""
AT = "#row"
"""The column that says from which row of its table something is made: its position, then its place."""
ONCE = "#once"
_HINTS = 20
"""For how many unknown names similar ones are looked up."""


class Selection(Protocol):
    """Which rows of a table an entry of the mapping makes something of; `taken`: of those at fault."""

    @property
    def taken(self) -> bool:
        """Whether it is what is at fault."""

    def of(self, mapped: MappedTable, entry: Entry, table: Table, rows: pl.Series) -> pl.Series:
        """Those of `rows`, which are positions in the table."""


class Made:
    """A table that grows, entry by entry, with the places it comes from."""

    def __init__(self, names: Iterable[str], places: Places) -> None:
        self._names, self._places = tuple(names), places
        self._plain = dict.fromkeys(self._names, True)
        self._parts = [pl.DataFrame(schema=dict.fromkeys(self._names, pl.String) | {AT: pl.Int64, ONCE: pl.Boolean})]

    def add(self, entry: Entry, table: Table, found: pl.DataFrame) -> None:
        """The texts of an entry by field, and the rows of a table they are made of."""
        expressions = {**entry.fields, **entry.attributes}
        own = {name: expression.columns[0] for name, expression in expressions.items() if expression.columns}
        for name, expression in expressions.items():
            self._plain[name] &= stays_plain(table, expression)
        number = self._places.add(Part(table.file, own))
        at = pl.Series(table.rows, dtype=pl.Int64).gather(found[AT]) + number
        texts = [found[n] if n in found.columns else constant("", len(found)).alias(n) for n in self._names]
        once = pl.repeat(entry.once, len(found), dtype=pl.Boolean, eager=True)
        self._parts.append(pl.DataFrame([*texts, at.alias(AT), once.alias(ONCE)]))

    def table(self, name: str) -> Table:
        """All of it as one table; what entries for `once` say alike stands there once."""
        whole = pl.concat(self._parts)
        said = whole.filter(whole[ONCE])
        if said.select(self._names).hash_rows().n_unique() < len(said):
            said = said.unique(self._names, keep="first", maintain_order=True)
            whole = pl.concat([whole.filter(~whole[ONCE]), said])
        texts = {name: whole[name] for name in self._names if (whole[name] != "").any()}
        return Table(name, texts, Rows(whole[AT]), {name: True for name, plain in self._plain.items() if plain})


class Mapper:
    """Makes native tables of those that were read; what is wrong is told at the cells of the files."""

    def __init__(
        self, read: Read, attributes: Iterable[str], places: Places, problems: Findings,
        selection: "Selection | None" = None, names: "Names | None" = None,
    ) -> None:  # fmt: skip
        """Of a `selection` only is anything made; `names` are those of all CIs, where that leaves out some."""
        self._read, self._places, self._problems = read, places, problems
        self._attributes, self._selection, self._names = tuple(attributes), selection, names

    @property
    def names(self) -> "Names":
        """What the CIs are called."""
        return Names(self._cis())

    def tables(self) -> Tables:
        """The native tables."""
        cis = self._cis()
        names = self._names or Names(cis)
        relations = self._plain(RELATION_FIELDS, [(t, e, table) for t, table in self._read for e in t.relations], names)
        pools = self._plain(POOL_FIELDS, [(t, e, table) for t, table in self._read for e in t.pools], names)
        return Tables(cis, relations, pools if len(pools) else None, whole=True)

    def _cis(self) -> Table:
        made = Made((*CI_FIELDS, *self._attributes), self._places)
        for mapped, table in self._read:
            for entry in mapped.cis:
                rows = self._rows(mapped, entry, table)
                expressions = {**entry.fields, **entry.attributes}
                texts = {n: texts_of(table, rows, e, self._problems, self._as_read) for n, e in expressions.items()}
                found = pl.DataFrame({**texts, AT: rows})
                made.add(entry, table, found.filter(pl.col("id") != "") if entry.once else found)
        return made.table("cis")

    def _plain(self, names: tuple[str, ...], entries: Sequence[Placed], known: "Names") -> Table:
        made = Made(names, self._places)
        for mapped, entry, table in entries:
            rows = self._rows(mapped, entry, table)
            texts = {name: joined(table, rows, expression) for name, expression in entry.fields.items()}
            found = pl.DataFrame({**texts, AT: rows})
            for name, expression in entry.fields.items():
                if expression.split:
                    found = _split(found, name, expression.split)
            for name, expression in entry.fields.items():
                own = changed(table, found[AT], found[name], expression, self._problems, self._as_read)
                if expression.find == "name":
                    own = known.ids(table, found[AT], own, expression, self._problems, self._as_read)
                found = found.with_columns(own.alias(name))
            full = pl.all_horizontal(pl.col(*NEEDED[names]) != "")
            made.add(entry, table, found.filter(full))
        return made.table("relations" if names == RELATION_FIELDS else "pools")

    def _rows(self, mapped: MappedTable, entry: Entry, table: Table) -> pl.Series:
        rows = chosen(table, chain(mapped.where, entry.where))
        return rows if self._selection is None else self._selection.of(mapped, entry, table, rows)

    @property
    def _as_read(self) -> bool:
        """Whether a text at fault stays as it is."""
        return self._selection is not None and self._selection.taken


def _split(found: pl.DataFrame, name: str, mark: str) -> pl.DataFrame:
    """A row for each part of the texts of one field."""
    parts = found.with_columns(found[name].str.split(mark)).explode(name)
    return parts.with_columns(stripped(parts[name])).filter(pl.col(name) != "")


class Names:
    """What CIs of a table are called: names and aliases, whatever their case, accents and spaces."""

    def __init__(self, cis: Table) -> None:
        self._cis, self._hints = cis, 0

    @cached_property
    def _known(self) -> pl.DataFrame:
        """Every CI by every way in which it may be called."""
        ids, columns = self._cis.column("id"), (self._cis.column("name"), self._cis.column("aliases").str.split(";"))
        called = [pl.DataFrame({"id": ids, "look": column}) for column in columns]
        every = pl.concat([called[0], called[1].explode("look")]).filter(
            pl.col("look").str.strip_chars() != "", pl.col("id") != ""
        )
        return every.with_columns(folded_column(every["look"]).alias("look")).unique()

    def ids(
        self, table: Table, rows: pl.Series, texts: pl.Series, expression: Expression, problems: Findings,
        as_read: bool = False,
    ) -> pl.Series:  # fmt: skip
        """The id of the one CI that each text names; others are reported and become empty, or stay `as_read`."""
        looks = {text: folded(text) for text in texts.unique(maintain_order=True).to_list() if text}
        named = self._known.filter(pl.col("look").is_in(set(looks.values()))).sort("id").group_by("look").agg("id")
        by_look: dict[str, list[str]] = dict(named.rows())
        found = {text: by_look.get(look, []) for text, look in looks.items()}
        faults = {text: self._fault(text, ids) for text, ids in found.items() if len(ids) != 1}
        column = expression.columns[0] if expression.columns else ""
        for at in places_of(texts, faults):
            code, told, accepted = faults[texts[at]]
            problems.add(code, table.cell(rows[at], column), told, accepted)
        return replaced(texts, {text: ids[0] if len(ids) == 1 else text * as_read for text, ids in found.items()})

    def _fault(self, text: str, ids: Sequence[str]) -> tuple[str, str, str]:
        if ids:
            told = f"{shown(text)}, the name of {', '.join(ids[:5])}"
            return "AMBIGUOUS_NAME", told, "a name that one CI has"
        self._hints += 1
        near = ", ".join(near_names(folded(text), self._known["look"].to_list())) if self._hints <= _HINTS else ""
        accepted = "the name or an alias of a CI that the mapping makes" + (f"; near: {near}" if near else "")
        return "UNKNOWN_NAME", shown(text), accepted
