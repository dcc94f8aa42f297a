"""How a point in the inventory's history is written."""

import re
from datetime import UTC, datetime

from cmdb.model.errors import ValueFault

ACCEPTED = "a revision, as r42, or a time with its offset, as 2026-11-22T02:40:00-04:00"
NUMBER = re.compile(r"r?(\d{1,18})", re.ASCII | re.IGNORECASE)


def parse_revision(text: str) -> int | datetime:
    """The number of a revision (`r42`, `42`), or a time in UTC (ISO 8601 with offset). Raises BAD_REVISION."""
    raw = text.strip()
    if number := NUMBER.fullmatch(raw):
        return int(number[1])
    try:
        moment = datetime.fromisoformat(raw)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueFault("BAD_REVISION", text, ACCEPTED) from None
    raise ValueFault("BAD_REVISION", text, ACCEPTED)
