"""Which tables and fields of ServiceNow a mapping file asks for, and its records as rows of CSV."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.strict_yaml import Node
from importers.sources.mapped.document import PLACEHOLDER

KEY = "sys_id"
SHOWN = "dv_"
"""What the name of a column begins with that holds a field as people see it, rather than its value."""
MOST_TABLES, MOST_COLUMNS = 200, 200
_FILE = re.compile(r"([a-z][a-z0-9_]{0,79})\.csv", re.ASCII)
_FIELD = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*", re.ASCII)
_OPTIONS = frozenset({"file", "sheet", "delimiter"})


@dataclass(frozen=True, slots=True)
class AskedTable:
    """A table of ServiceNow: the columns that its file gets, and those of them that name records of other tables.

    `ends` are set for a table that makes relations alone; a record of it is of use only if all its ends are there.
    """

    name: str
    columns: tuple[str, ...]
    ends: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields to ask for, each once, its key first."""
        return tuple(dict.fromkeys([KEY, *(column.removeprefix(SHOWN) for column in self.columns)]))


def tables_of(mapping: Node) -> list[AskedTable]:
    """The tables that a mapping file names, in its order. Raises `InvalidInput` BAD_MAPPING for what no table is."""
    listed = mapping.value.get("tables") if isinstance(mapping.value, dict) else None
    nodes = listed.value if listed is not None and isinstance(listed.value, list) else []
    if not 0 < len(nodes) <= MOST_TABLES:
        raise _bad(mapping, f"{len(nodes)} tables", f"1 to {MOST_TABLES} tables")
    tables = [_table(node) for node in nodes]
    names = [table.name for table in tables]
    for node, name in zip(nodes, names, strict=True):
        if names.count(name) > 1:
            raise _bad(node, f"{shown(name)} several times", "every table once")
    return tables


def _table(node: Node) -> AskedTable:
    parts = node.value if isinstance(node.value, dict) else {}
    match = _FILE.fullmatch(_text(parts.get("file")))
    if match is None or "sheet" in parts or _text(parts.get("delimiter")) not in {"", ","}:
        found = shown(_text(parts.get("file"))) if "file" in parts else "no file"
        raise _bad(node, found, "`file: TABLE.csv`, a table of ServiceNow, separated by commas")
    inside = (part for name, part in parts.items() if name not in _OPTIONS)
    columns = tuple(dict.fromkeys([KEY, *(column for part in inside for column in _columns(part))]))
    for column in columns:
        if _FIELD.fullmatch(column) is None:
            raise _bad(node, f"the column {shown(column)}", f"a field of ServiceNow, or {SHOWN} and one")
    if len(columns) > MOST_COLUMNS:
        raise _bad(node, f"{len(columns)} columns", f"at most {MOST_COLUMNS}")
    return AskedTable(match[1], columns, () if "cis" in parts else tuple(dict.fromkeys(_ends(parts.get("relations")))))


def _columns(node: Node) -> Iterator[str]:
    """Every column that is named below a node, in braces or as `column`."""
    if isinstance(node.value, dict):
        for name, part in node.value.items():
            if name == "column":
                yield _text(part)
            else:
                yield from _columns(part)
    elif isinstance(node.value, list):
        for part in node.value:
            yield from _columns(part)
    elif isinstance(node.value, str):
        yield from PLACEHOLDER.findall(node.value)


def _ends(relations: Node | None) -> Iterator[str]:
    entries = relations.value if relations is not None and isinstance(relations.value, list) else []
    for entry in entries:
        for name in ("from", "to"):
            part = entry.value.get(name) if isinstance(entry.value, dict) else None
            if part is not None:
                yield from (column for column in _columns(part) if not column.startswith(SHOWN))


def cells_of(record: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """A record, with values and what people see of them, as the cells of a row; each on one line."""
    return [_cell(record.get(column.removeprefix(SHOWN)), column.startswith(SHOWN)) for column in columns]


def _cell(field: Any, seen: bool) -> str:
    if isinstance(field, dict):
        field = field.get("display_value" if seen else "value")
    if isinstance(field, bool):
        return "true" if field else "false"
    text = str(field) if isinstance(field, str | int | float) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def key_of(record: Any) -> str:
    """The key of a record; empty where it is none that can be asked from."""
    text = _cell(record.get(KEY), False) if isinstance(record, dict) else ""
    return text if re.fullmatch(r"[0-9A-Za-z_-]{1,64}", text) else ""


def is_of_use(table: AskedTable, cells: Sequence[str], known: Collection[str]) -> bool:
    """Whether all records that a row names as ends of relations are known."""
    texts = dict(zip(table.columns, cells, strict=True))
    return all(texts[end] in known for end in table.ends)


def line_of(cells: Sequence[str]) -> bytes:
    """A row as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _text(node: Node | None) -> str:
    return node.value if node is not None and isinstance(node.value, str) else ""


def _bad(node: Node, found: str, accepted: str) -> InvalidInput:
    return InvalidInput([Problem("BAD_MAPPING", node.place, found, accepted)])
