"""Reading a list page by page while others change it: what is missed is noticed, and never looks like a removal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
Key = Callable[[Row], str]
ATTEMPTS = 3
"""How often something is read again before it is given up."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and how many rows the service says there are for this question."""

    total: int
    rows: Sequence[Row]


class Changed(Exception):
    """A list changed while it was read, or does not hold what it says. `found` says what was seen."""

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(found)


def by_offset(ask: Callable[[int], Page], key: Key) -> Iterator[Page]:
    """All rows of a list that can be asked from an offset on, and that new rows are put to the end of.

    Every page but the first is asked one row early and must begin with the last row of the page before: rows taken
    out before it would have moved it. A list that gets shorter is not trusted either. Pages are given without that
    row. Raises `Changed`; begin again then.
    """
    seen, last, page = set[str](), "", ask(0)
    total = page.total
    while True:
        rows = page.rows
        if page.total < total:
            raise Changed(f"{page.total} rows, and {total} before")
        if last:
            if not rows or key(rows[0]) != last:
                raise Changed("rows that moved while they were read")
            rows = rows[1:]
        _take(seen, [key(row) for row in rows])
        yield Page(page.total, rows)
        if len(seen) >= page.total:
            return
        if not rows:
            raise Changed(f"{len(seen)} of {page.total} rows")
        last, total = key(rows[-1]), page.total
        page = ask(len(seen) - 1)


def by_key(ask: Callable[[str], Page], key: Key, size: int) -> Iterator[Page]:
    """All rows of a list that can be asked from a key on; `total` of a page counts the rows from there to the end.

    Rows that come and go do not disturb it. A page that is shorter than it says is asked again, since its rows and
    their number are counted one after the other. Raises `Changed`.
    """
    seen, last = set[str](), ""
    while True:
        page = _whole(ask, last, size)
        keys = [key(row) for row in page.rows]
        _take(seen, keys)
        yield page
        if len(keys) >= page.total or not keys:
            return
        last = keys[-1]


def _whole(ask: Callable[[str], Page], last: str, size: int) -> Page:
    for _ in range(ATTEMPTS):
        page = ask(last)
        if len(page.rows) >= min(size, page.total):
            return page
    raise Changed(f"{len(page.rows)} of {min(size, page.total)} rows; the others may be closed to this login")


def _take(seen: set[str], keys: Sequence[str]) -> None:
    if len({*keys}) < len(keys) or not seen.isdisjoint(keys):
        raise Changed("a row twice")
    seen.update(keys)
