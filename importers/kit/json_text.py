"""JSON documents: read whole, within limits, and asked for values of a stated type."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from cmdb.model.errors import shown
from importers.kit.files import read_bytes
from importers.kit.findings import Cell, Findings

MAX_DEPTH = 100
_QUOTED = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_MEMBER = re.compile(rb'("(?:[^"\\]++|\\.)*+")(\s*:)?|[{}]', re.DOTALL)


def read_json(path: Path, problems: Findings, name: str = "") -> Any:
    """The document at `path`, `name` in findings (else the file's); None with a finding when it cannot be read."""
    data, file = read_bytes(path, problems), name or path.name
    if data is None:
        return None
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as fault:
        problems.add("BAD_JSON", Cell(f"{file} line {fault.lineno}"), fault.msg.split(":")[0], "a JSON document")
        return None
    members, depth = _extent(value)
    if depth > MAX_DEPTH:
        problems.add("BAD_JSON", Cell(file), "deep nesting", f"at most {MAX_DEPTH} levels")
        return None
    if members != _QUOTED.sub(b"", data).count(b":"):
        line, key = _repeated(data)
        problems.add("DUPLICATE_KEY", Cell(f"{file} line {line}"), shown(key), "every key of an object once")
        return None
    return value


def _extent(value: Any) -> tuple[int, int]:
    """How many members all objects in `value` have together, and how deep it nests."""
    members = depth = 0
    level = [value]
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        members += sum(len(part) for part in level if isinstance(part, dict))
        level = [inner for part in level for inner in (part.values() if isinstance(part, dict) else part)]
    return members, depth


def _repeated(data: bytes) -> tuple[int, str]:
    """The line and name of the first key that stands twice in its object."""
    within = list[set[str]]()
    for found in _MEMBER.finditer(data):
        if found[0] == b"{":
            within.append(set())
        elif found[0] == b"}":
            within.pop()
        elif found[2]:
            key = orjson.loads(found[1])
            if key in within[-1]:
                return data.count(b"\n", 0, found.start()) + 1, key
            within[-1].add(key)
    raise AssertionError("no key stands twice")


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
