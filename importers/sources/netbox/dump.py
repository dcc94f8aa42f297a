"""Rows of a NetBox dump, by model and key."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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
    def of(cls, file: str, rows: Iterable[Any]) -> "Dump":
        """The rows of a list as JSON gives it."""
        found: dict[str, dict[int, Row]] = {}
        for row in rows:
            if not isinstance(row, dict):
                continue
            model, number, fields = row.get("model"), row.get("pk"), row.get("fields")
            if isinstance(model, str) and isinstance(number, int) and isinstance(fields, dict):
                found.setdefault(model, {})[number] = Row(model, number, fields, f"{file} {model} {number}")
        return cls(found)

    def every(self, model: str) -> Iterator[Row]:
        """The objects of a model, by key."""
        own = self.rows.get(model, {})
        return (own[number] for number in sorted(own))

    def get(self, model: str, number: int | None) -> Row | None:
        """One object; None where there is no such one."""
        return None if number is None else self.rows.get(model, {}).get(number)
