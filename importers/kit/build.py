"""Tables of the native format, built thing by thing from documents that are no tables: JSON, YAML, XML."""

from collections.abc import Sequence

from cmdb.model.model import Model
from importers.kit.places import Part, Places, Rows
from importers.kit.table import Table

CI_COLUMNS = ("id", "kind", "name", "sector", "lifecycle")
RELATION_COLUMNS = ("from", "type", "to", "effect", "pool")
POOL_COLUMNS = ("ci", "pool", "required", "full", "effect")


class Build:
    """What documents say, each thing with the place where it stands. Values are checked later, as those of a file are.

    Several documents may say the same thing of a CI, of a relation or of a pool; that counts once.
    """

    def __init__(self, model: Model, places: Places) -> None:
        attributes = dict.fromkeys(name for kind in model.concrete for name in model.attributes[kind])
        self._cis = _Columns((*CI_COLUMNS, *attributes))
        self._relations, self._pools = _Columns(RELATION_COLUMNS), _Columns(POOL_COLUMNS)
        self._places = places
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

    def tables(self) -> tuple[Table, Table, Table]:
        """CIs, relations and pools."""
        named = (("cis", self._cis), ("relations", self._relations), ("pools", self._pools))
        cis, relations, pools = (columns.table(name, self._places) for name, columns in named)
        return cis, relations, pools

    def _row(self, at: str) -> int:
        if at not in self._at:
            self._at[at] = self._places.add(Part(at, {}))
        return self._at[at]


class _Columns:
    def __init__(self, names: Sequence[str]) -> None:
        self._columns: dict[str, list[str]] = {name: [] for name in names}
        self._rows: list[int] = []
        self._seen: set[tuple[str, ...]] = set()

    def add(self, row: int, values: dict[str, str]) -> None:
        if unknown := values.keys() - self._columns.keys():
            raise KeyError(f"the format has no {', '.join(sorted(unknown))}")
        record = tuple(values.get(name, "") for name in self._columns)
        if record not in self._seen:
            self._seen.add(record)
            self._rows.append(row)
            for column, value in zip(self._columns.values(), record, strict=True):
                column.append(value)

    def table(self, name: str, places: Places) -> Table:
        used: dict[str, Sequence[str]] = {column: texts for column, texts in self._columns.items() if any(texts)}
        return Table(name, used, Rows(self._rows, places))
