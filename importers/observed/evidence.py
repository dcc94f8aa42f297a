"""What files say was observed: who called whom, how often, when, under the names that the file uses."""

import math
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from cmdb.model.errors import ValueFault
from cmdb.records.times import EARLIEST

MOST_CALLS = 2**63 - 1
AHEAD = timedelta(days=1)
"""How far the clock of an observer may be ahead of ours."""
COUNT = re.compile(r"\+?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
ACCEPTED_COUNT = "a number of calls, from 0 up"


class Observed(NamedTuple):
    """Calls of `from_` by the name of the caller to `to`. What has the same `series` is told of the same calls.

    Of a counter, `calls` is what it stood at at `last_seen`; otherwise how many there were from `first_seen` on.
    """

    from_: str
    to: str
    series: str
    calls: int
    first_seen: datetime
    last_seen: datetime
    counter: bool


def series_of(*parts: str) -> str:
    """A short name for what is told by these texts together."""
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def count_of(text: str) -> int:
    """How many calls a number stands for: a part of a call counts as one. Raises `ValueFault`."""
    if not COUNT.fullmatch(text) or not math.isfinite(value := float(text)):
        raise ValueFault("BAD_NUMBER", text, ACCEPTED_COUNT)
    if value > MOST_CALLS:
        raise ValueFault("OUT_OF_RANGE", text, f"at most {MOST_CALLS} calls")
    return int(text) if text.isdigit() else math.ceil(value) if value < 1 else round(value)


def moment_of(seconds: float, now: datetime) -> datetime:
    """The moment that is so many seconds after 1970. Raises `ValueFault` BAD_DATE."""
    try:
        return seen(datetime.fromtimestamp(seconds, UTC), now)
    except (OverflowError, ValueError, OSError):
        raise ValueFault("BAD_DATE", repr(seconds), f"a time from {EARLIEST:%Y} to now") from None


def seen(moment: datetime, now: datetime) -> datetime:
    """A moment at which something may have been seen. Raises `ValueFault` BAD_DATE."""
    if not EARLIEST <= moment <= now + AHEAD:
        raise ValueFault("BAD_DATE", moment.isoformat(), f"a time from {EARLIEST:%Y} to now")
    return moment


def turns(samples: Iterable[tuple[datetime, int]]) -> Iterator[tuple[datetime, int]]:
    """Of the readings of a counter those that matter: where it begins, or begins anew, and where it then rose to.

    A reading of 0 tells of no call, but after others, also of an earlier input, it tells that the counter began anew.
    """
    begun: tuple[datetime, int] | None = None
    top: tuple[datetime, int] | None = None
    for one in sorted(samples):
        if top is None or one[1] < top[1]:
            if top is not None and top != begun:
                yield top
            yield one
            begun = top = one
        elif one[1] > top[1]:
            top = one
    if top is not None and top != begun:
        yield top
