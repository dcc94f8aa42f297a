"""How fresh each source is, from the reports of its imports: what the engine is told of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from cmdb.records.book import Book
from cmdb.records.runs import confirmed, freshness
from impact.stale import StaleSource


def stale_sources(
    fresh_for: Mapping[str, int], book: Book, then: datetime | None, now: datetime
) -> tuple[StaleSource, ...]:  # fmt: skip
    """The stale ones of the sources that are fresh for so many minutes, by name: now, or as things stood `then`."""
    times, moment = confirmed(book.runs.values(), then), then or now
    found = []
    for source in sorted(fresh_for):
        told = freshness(fresh_for, times, source)
        if told.stale(moment) and told.fresh_for is not None:
            age = None if told.confirmed_at is None else max(moment - told.confirmed_at, timedelta(0))
            found.append(StaleSource(source, age, told.fresh_for))
    return tuple(found)
