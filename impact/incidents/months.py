"""Calendar months of a time zone, as spans of UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo


@dataclass(frozen=True, slots=True)
class Month:
    """A month, half-open; `name` as 2026-11."""

    name: str
    since: datetime
    until: datetime


def month_of(at: datetime, zone: tzinfo) -> str:
    """The month a moment falls in."""
    local = at.astimezone(zone)
    return f"{local.year:04}-{local.month:02}"


def months(since: datetime, until: datetime, zone: tzinfo) -> list[Month]:
    """The months that overlap a span of time, whole, the oldest first; none if the span is empty."""
    found, local = list[Month](), since.astimezone(zone)
    year, month = local.year, local.month
    while (start := _first(year, month, zone)) < until:
        following = (year + month // 12, month % 12 + 1)
        found.append(Month(f"{year:04}-{month:02}", start, _first(*following, zone)))
        year, month = following
    return found if since < until else []


def _first(year: int, month: int, zone: tzinfo) -> datetime:
    """The first moment of a month; where clocks skip its midnight, the moment they skip at."""
    midnight = datetime(year, month, 1, tzinfo=zone)
    return midnight.astimezone(UTC)
