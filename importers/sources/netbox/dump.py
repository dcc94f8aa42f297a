"""Rows of a NetBox dump, by model and key."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from importers.kit.findings import Cell, Findings
from importers.kit.json_text import text_of

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One object of NetBox: `number` is its primary key, `at` where it stands."""

    model: str
    number: int
    fields: Fields
    at: str

    def text(self, name: str) -> str:
        """A field as text, on one line; empty where there is none."""
        return " ".join(text_of(self.fields, name).split())

    def number_of(self, name: str) -> int | None:
        """The key of another object; None where there is none."""
        value = self.fields.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class Dump:
    """All rows by model and key. Rows that are none (without model, key or fields) are left out."""

    rows: Mapping[str, Mapping[int, Row]]

    @classmethod
    def of(cls, file: str, rows: Iterable[Any], problems: Findings) -> "Dump":
        """The rows of a list as JSON gives it. Two rows of one key that say different things are told."""
        found: dict[str, dict[int, Row]] = {}
        for row in filter(None, (_row(file, row) for row in rows)):
            known = found.setdefault(row.model, {}).setdefault(row.number, row)
            if known.fields != row.fields:
                problems.add("CONFLICT_IN_FILE", Cell(row.at), "other values than in a row before", "every object once")
        return cls(found)

    def every(self, model: str) -> Iterator[Row]:
        """The objects of a model, by key."""
        own = self.rows.get(model, {})
        return (own[number] for number in sorted(own))

    def get(self, model: str, number: int | None) -> Row | None:
        """One object; None where there is no such one."""
        return None if number is None else self.rows.get(model, {}).get(number)


def _row(file: str, row: Any) -> Row | None:
    if not isinstance(row, dict):
        return None
    model, number, fields = row.get("model"), row.get("pk"), row.get("fields")
    if not isinstance(model, str) or not isinstance(number, int) or isinstance(number, bool):
        return None
    return Row(model, number, fields, f"{file} {model} {number}") if isinstance(fields, dict) else None
