"""Sources that nobody heard of lately: what they say may not be so any more."""

from datetime import timedelta
from typing import NamedTuple

from impact.words import counted

UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"))
MINUTE = timedelta(minutes=1)


class StaleSource(NamedTuple):
    """A source that was not confirmed for longer than it is fresh, and how long ago that was (None: never)."""

    name: str
    age: timedelta | None
    fresh_for: timedelta

    @property
    def words(self) -> str:
        """The same in words."""
        last = "never confirmed" if self.age is None else f"last confirmed {span_words(self.age)} ago"
        return f"source {self.name} {last}, fresh for {span_words(self.fresh_for)}"


def span_words(span: timedelta) -> str:
    """A span in the largest unit that it fills at least twice: `9 days`, `47 hours`."""
    unit, name = next(((unit, name) for unit, name in UNITS if span >= 2 * unit), (MINUTE, "minute"))
    return counted(span // unit, name)


def named(stale: tuple[StaleSource, ...]) -> frozenset[str]:
    """The names of some sources."""
    return frozenset(source.name for source in stale)
