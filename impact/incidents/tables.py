"""Answers as tables for spreadsheets: flat rows of plain values, with the names of their columns."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, cast, get_type_hints

Cell = str | int | float | bool | None
SEPARATOR = "; "


def columns(row_type: type) -> tuple[str, ...]:
    """The columns of a report: its fields; those of a report inside it with the outer name before them."""
    return tuple(name for name, _ in _flat_fields(row_type))


def rows(found: Sequence[Any], row_type: type) -> Iterator[tuple[Cell, ...]]:
    """The rows of some reports of one type, one cell per column; times are ISO 8601 with offset."""
    paths = [path for _, path in _flat_fields(row_type)]
    for one in found:
        yield tuple(_cell(_at(one, path)) for path in paths)


def _flat_fields(row_type: type) -> Iterator[tuple[str, tuple[str, ...]]]:
    hints = get_type_hints(row_type)
    for field in fields(row_type):
        inner = hints[field.name]
        if isinstance(inner, type) and is_dataclass(inner):
            for name, path in _flat_fields(inner):
                yield f"{field.name}_{name}", (field.name, *path)
        else:
            yield field.name, (field.name,)


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = getattr(value, name)
    return value


def _cell(value: Any) -> Cell:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list):
        return SEPARATOR.join(str(_cell(one)) for one in value)
    return cast(Cell, value)
