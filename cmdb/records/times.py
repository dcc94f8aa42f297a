"""Windows of time: half-open, in UTC."""

from datetime import datetime, timedelta
from typing import NamedTuple


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
