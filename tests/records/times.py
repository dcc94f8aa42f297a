"""A clock that tests move, and moments told from one start."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 9, 12, 3, 0, tzinfo=UTC)


def after(minutes: float) -> datetime:
    """A moment so many minutes after the start."""
    return START + timedelta(minutes=minutes)


@dataclass
class Hands:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, minutes: float) -> datetime:
        """Move on, and tell the time."""
        self.now += timedelta(minutes=minutes)
        return self.now
