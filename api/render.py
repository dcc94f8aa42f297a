"""Answers as JSON: the names and the shape of the GraphQL answer."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any

from cmdb.store.port import Head
from impact.report import Page


@cache
def camel(name: str) -> str:
    """`age_seconds` as `ageSeconds`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def shape(value: object) -> Any:
    """A report as plain values: camelCase names, states as words, times as ISO 8601 in UTC."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if is_dataclass(value) and not isinstance(value, type):
        return {camel(f.name): shape(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [shape(item) for item in value]
    return value


def point(head: Head) -> dict[str, Any]:
    """A revision and when it was recorded."""
    return {"revision": head.revision, "recordedAt": shape(head.recorded_at)}


def paged(**lists: Page[Any]) -> dict[str, Any]:
    """Lists by name, and under `pages` what a GraphQL connection says beside its nodes."""
    return {
        **{name: shape(found.nodes) for name, found in lists.items()},
        "pages": {
            name: {
                "totalCount": found.total_count,
                "endCursor": found.end_cursor,
                "hasNextPage": found.has_next_page,
            }
            for name, found in lists.items()
        },
    }
