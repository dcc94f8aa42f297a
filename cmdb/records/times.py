"""Windows of time: half-open, in UTC. What times a record may state."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cmdb.model.errors import ValueFault

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=3653)
"""How far in the future a stated time may be: ten years."""
ACCEPTED = "a time with its offset from UTC, from the year 2000 to ten years ahead, as 2026-11-22T02:40:00-04:00"


class Window(NamedTuple):
    """From `start` up to, not including, `end` (both UTC); `end` None: not ended yet."""

    start: datetime
    end: datetime | None

    def overlaps(self, other: "Window") -> bool:
        """Whether there is a moment in both; windows that only touch have none."""
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)

    def common(self, other: "Window") -> "Window | None":
        """What both have in common; None where there is nothing."""
        if not self.overlaps(other):
            return None
        ends = [end for end in (self.end, other.end) if end is not None]
        return Window(max(self.start, other.start), min(ends) if ends else None)

    def moved(self, by: timedelta) -> "Window":
        """The same window, later by `by`."""
        return Window(self.start + by, None if self.end is None else self.end + by)


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def taken_in(moment: datetime, now: datetime) -> datetime:
    """A stated time, in UTC. Raises `ValueFault` BAD_DATE without an offset, or out of range."""
    if moment.tzinfo is not None and moment.utcoffset() is not None:
        try:
            found = moment.astimezone(UTC)
        except OverflowError:
            raise ValueFault("BAD_DATE", moment.isoformat(), ACCEPTED) from None
        if EARLIEST <= found <= now + AHEAD:
            return found
    raise ValueFault("BAD_DATE", moment.isoformat(), ACCEPTED)
