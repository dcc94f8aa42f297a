"""Mapped tables to the tables of the native format, which its transform then turns into CIs, relations and pools."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain, repeat

from cmdb.model.errors import shown
from cmdb.model.text import folded
from importers.kit.findings import Findings
from importers.kit.places import Part, Places, Rows
from importers.kit.table import Table, near_names
from importers.sources.mapped.columns import changed, chosen, joined, texts_of
from importers.sources.mapped.document import CI_FIELDS, POOL_FIELDS, RELATION_FIELDS, Entry, Expression, MappedTable
from importers.sources.native.tables import Tables

Read = Sequence[tuple[MappedTable, Table]]
Placed = tuple[MappedTable, Entry, Table]
NEEDED: Mapping[tuple[str, ...], tuple[str, ...]] = {
    RELATION_FIELDS: ("from", "type", "to"),
    POOL_FIELDS: ("ci", "pool"),
}
"""Fields without which a row makes no relation, or no pool."""


class Made:
    """Columns that grow, entry by entry, and the places they come from."""

    def __init__(self, names: Iterable[str], places: Places) -> None:
        self.columns: dict[str, list[str]] = {name: [] for name in names}
        self.rows: list[int] = []
        self._places = places
        self._seen: set[tuple[str, ...]] = set()

    def add(self, entry: Entry, table: Table, rows: Sequence[int], texts: Mapping[str, Sequence[str]]) -> None:
        """Texts by field for these rows of a table; of an entry for `once`, what was said before is left out."""
        own = {n: e.columns[0] for n, e in {**entry.fields, **entry.attributes}.items() if e.columns}
        number = self._places.add(Part(table.file, own))
        records: Iterable[tuple[str, ...]] = zip(
            *(texts.get(n, repeat("", len(rows))) for n in self.columns), strict=True
        )
        places = [number | table.rows[row] for row in rows]
        if entry.once:
            kept = []
            for record, place in zip(records, places, strict=True):
                if record not in self._seen:
                    self._seen.add(record)
                    kept.append((record, place))
            records, places = [record for record, _ in kept], [place for _, place in kept]
        for column, values in zip(self.columns.values(), zip(*records, strict=True), strict=False):
            column.extend(values)
        self.rows.extend(places)

    def table(self, name: str) -> Table:
        """All of it as one table."""
        used: dict[str, Sequence[str]] = {column: texts for column, texts in self.columns.items() if any(texts)}
        return Table(name, used, Rows(self.rows))


class Mapper:
    """Makes native tables of those that were read; what is wrong is told at the cells of the files."""

    def __init__(self, read: Read, attributes: Iterable[str], places: Places, problems: Findings) -> None:
        self._read, self._places, self._problems = read, places, problems
        self._attributes = tuple(attributes)

    def tables(self) -> Tables:
        """The native tables."""
        cis = self._cis()
        names = Names(cis)
        relations = self._plain(RELATION_FIELDS, [(t, e, table) for t, table in self._read for e in t.relations], names)
        pools = self._plain(POOL_FIELDS, [(t, e, table) for t, table in self._read for e in t.pools], names)
        return Tables(cis, relations, pools if len(pools) else None, whole=True)

    def _cis(self) -> Table:
        made = Made((*CI_FIELDS, *self._attributes), self._places)
        for mapped, table in self._read:
            for entry in mapped.cis:
                rows = self._rows(mapped, entry, table)
                expressions = {**entry.fields, **entry.attributes}
                texts = {n: texts_of(table, rows, e, self._problems) for n, e in expressions.items()}
                if entry.once and "" in texts["id"]:
                    kept = [at for at, text in enumerate(texts["id"]) if text]
                    rows = [rows[at] for at in kept]
                    texts = {name: [column[at] for at in kept] for name, column in texts.items()}
                made.add(entry, table, rows, texts)
        return made.table("cis")

    def _plain(self, names: tuple[str, ...], entries: Sequence[Placed], known: "Names") -> Table:
        made = Made(names, self._places)
        for mapped, entry, table in entries:
            rows = self._rows(mapped, entry, table)
            texts = {name: joined(table, rows, expression) for name, expression in entry.fields.items()}
            for name, expression in entry.fields.items():
                if expression.split:
                    rows, texts = _split(rows, texts, name, expression.split)
            for name, expression in entry.fields.items():
                texts[name] = changed(table, rows, texts[name], expression, self._problems)
                if expression.find == "name":
                    texts[name] = known.ids(table, rows, texts[name], expression, self._problems)
            ends = [texts[name] for name in NEEDED[names]]
            full = [at for at, row in enumerate(zip(*ends, strict=True)) if all(row)]
            made.add(entry, table, [rows[at] for at in full], {n: [c[at] for at in full] for n, c in texts.items()})
        return made.table("relations" if names == RELATION_FIELDS else "pools")

    def _rows(self, mapped: MappedTable, entry: Entry, table: Table) -> Sequence[int]:
        return chosen(table, range(len(table)), chain(mapped.where, entry.where))


def _split(
    rows: Sequence[int], texts: Mapping[str, list[str]], name: str, mark: str
) -> tuple[list[int], dict[str, list[str]]]:  # fmt: skip
    """A row for each part of the texts of one field."""
    pieces = [[piece for part in text.split(mark) if (piece := part.strip())] for text in texts[name]]
    many = [at for at, parts in enumerate(pieces) for _ in parts]
    found = {field: [column[at] for at in many] for field, column in texts.items()}
    found[name] = list(chain.from_iterable(pieces))
    return [rows[at] for at in many], found


class Names:
    """What CIs of a table are called: names and aliases, whatever their case, accents and spaces."""

    def __init__(self, cis: Table) -> None:
        self._cis = cis

    @cached_property
    def _ids(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        cis = self._cis
        for ci, *texts in zip(cis.column("id"), cis.column("name"), cis.column("aliases"), strict=True):
            for text in (texts[0], *texts[1].split(";")):
                if text.strip():
                    found.setdefault(folded(text), set()).add(ci)
        return found

    def ids(
        self, table: Table, rows: Sequence[int], texts: list[str], expression: Expression, problems: Findings
    ) -> list[str]:  # fmt: skip
        """The id of the one CI that each text names; others are reported and become empty."""
        found: dict[str, str] = {"": ""}
        column = expression.columns[0] if expression.columns else ""
        for row, text in zip(rows, texts, strict=True):
            ids = self._ids.get(folded(text), set()) if text not in found else {found[text]}
            found[text] = next(iter(ids)) if len(ids) == 1 else ""
            if text and len(ids) > 1:
                told = f"{shown(text)}, the name of {', '.join(sorted(ids)[:5])}"
                problems.add("AMBIGUOUS_NAME", table.cell(row, column), told, "a name that one CI has")
            elif text and not found[text]:
                near = ", ".join(near_names(folded(text), list(self._ids)))
                accepted = "the name or an alias of a CI that the mapping makes" + (f"; near: {near}" if near else "")
                problems.add_text("UNKNOWN_NAME", table.cell(row, column), text, accepted)
        return list(map(found.__getitem__, texts))
