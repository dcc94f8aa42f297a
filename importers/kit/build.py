"""Tables of the native format, built thing by thing from documents that are no tables: JSON, YAML, XML."""

from collections.abc import Iterator, Mapping, Sequence

from cmdb.model.model import Model
from importers.kit.findings import Bad, Cell, Fault, Spot
from importers.kit.places import Part, Places, Rows
from importers.kit.table import Table
from importers.kit.texts import column_of

CI_COLUMNS = ("id", "kind", "name", "sector", "lifecycle")
RELATION_COLUMNS = ("from", "type", "to", "effect", "pool")
POOL_COLUMNS = ("ci", "pool", "required", "full", "effect")
NOWHERE: Bad = {}


class Build:
    """What documents say, each thing with the place where it stands. Values are checked later, as those of a file are.

    Several documents may say the same thing of a CI, of a relation or of a pool; that counts once.
    """

    def __init__(self, model: Model, places: Places) -> None:
        attributes = dict.fromkeys(name for kind in model.concrete for name in model.attributes[kind])
        self._cis = _Columns((*CI_COLUMNS, *attributes))
        self._relations, self._pools = _Columns(RELATION_COLUMNS), _Columns(POOL_COLUMNS)
        self.places = places
        self._at: dict[str, int] = {}

    def ci(self, at: str, id_: str, kind: str, name: str, **fields: str) -> str:
        """A CI; `fields` are sector, lifecycle and attributes, empty ones left out. Its id."""
        self._cis.add(self._row(at), {"id": id_, "kind": kind, "name": name or id_, **fields})
        return id_

    def relation(self, at: str, from_: str, type_: str, to: str, pool: str = "", effect: str = "") -> None:
        """A relation."""
        self._relations.add(self._row(at), {"from": from_, "type": type_, "to": to, "pool": pool, "effect": effect})

    def pool(self, at: str, ci: str, pool: str, required: str, full: str = "", effect: str = "") -> None:
        """The rule of a pool."""
        self._pools.add(
            self._row(at), {"ci": ci, "pool": pool, "required": required, "full": full, "effect": effect}
        )  # fmt: skip

    def tables(self, bad: Bad = NOWHERE, taken: bool = False) -> tuple[Table, Table, Table]:
        """CIs, relations and pools, without what is said only at the places at fault; or, `taken`, just that."""
        named = (("cis", self._cis), ("relations", self._relations), ("pools", self._pools))
        cis, relations, pools = (columns.table(name, self.places, bad, taken) for name, columns in named)
        return cis, relations, pools

    def _row(self, at: str) -> int:
        if at not in self._at:
            self._at[at] = self.places.add(Part(at, {}))
        return self._at[at]


class _Columns:
    def __init__(self, names: Sequence[str]) -> None:
        self._names, self._known = names, frozenset(names)
        self._said: dict[tuple[str, ...], list[int]] = {}

    def add(self, row: int, values: dict[str, str]) -> None:
        if unknown := values.keys() - self._known:
            raise KeyError(f"the format has no {', '.join(sorted(unknown))}")
        rows = self._said.setdefault(tuple(values.get(name, "") for name in self._names), [])
        if row not in rows[-1:]:
            rows.append(row)

    def table(self, name: str, places: Places, bad: Bad, taken: bool) -> Table:
        """The records as a table: those that hold good, or those that do not."""
        chosen = {record: row for record, row in self._chosen(name, places, bad) if (row is None) == taken}
        rows = [self._said[record][0] if row is None else row for record, row in chosen.items()]
        columns = dict(zip(self._names, zip(*chosen, strict=True), strict=bool(chosen)))
        used = {column: column_of(texts) for column, texts in columns.items() if any(texts)}
        return Table(name, used, Rows(rows, places))

    def _chosen(self, name: str, places: Places, bad: Bad) -> Iterator[tuple[tuple[str, ...], int | None]]:
        """Every record with the first good place where it is said; None where there is none."""
        for record, rows in self._said.items():
            faults = [_of(name, bad.get(places.cell(Cell("", row))[:2], {})) for row in rows] if bad else [{}]
            good = (row for row, found in zip(rows, faults, strict=False) if not found)
            yield record, None if self._at_fault(record, faults[0]) else next(good, None)

    def _at_fault(self, record: tuple[str, ...], faults: Mapping[str, Fault]) -> bool:
        """Whether it is what the record says that is wrong, so that it is wrong wherever it is said."""
        return any(
            (text or faults[name].code == "MISSING_VALUE")
            for name, text in zip(self._names, record, strict=True)
            if name in faults
        )


def _of(table: str, faults: Mapping[Spot, Fault]) -> dict[str, Fault]:
    """The faults at a place that are those of a table, or of the place itself, by column."""
    return {fault.column: fault for fault in faults.values() if fault.touches(table)}
