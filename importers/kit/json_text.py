"""JSON documents: read whole, within limits, and asked for values of a stated type."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from importers.kit.files import read_bytes
from importers.kit.findings import Cell, Findings


def read_json(path: Path, problems: Findings, name: str = "") -> Any:
    """The document at `path`, `name` in findings (else the file's); None with a finding when it cannot be read."""
    data = read_bytes(path, problems)
    if data is None:
        return None
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as fault:
        problems.add(
            "BAD_JSON", Cell(f"{name or path.name} line {fault.lineno}"), fault.msg.split(":")[0], "a JSON document"
        )
    return None


def text_of(values: Mapping[str, Any], name: str) -> str:
    """A value as text: texts, numbers and booleans as they are written; anything else is empty."""
    value = values.get(name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float) else ""


def line_of(values: Mapping[str, Any], name: str) -> str:
    """A value as text on one line; empty where there is none."""
    return " ".join(text_of(values, name).split())


def mapping_of(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A value that is an object; anything else is an empty one."""
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def list_of(values: Mapping[str, Any], name: str) -> Sequence[Any]:
    """A value that is a list; anything else is an empty one."""
    value = values.get(name)
    return value if isinstance(value, list) else []


def texts_of(values: Mapping[str, Any], name: str) -> list[str]:
    """The texts of a list, in its order; anything else is left out."""
    return [value for value in list_of(values, name) if isinstance(value, str)]


def mappings_of(values: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of a list, in its order; anything else is left out."""
    return [value for value in list_of(values, name) if isinstance(value, dict)]
