"""Making hundreds of thousands of values without the garbage collector walking them again and again."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cmdb.store.port import THING, VALUE, Slice

SLICE = 20_000
"""Things in one slice: their values make one text, far below the longest that SQLite makes, a billion bytes."""


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector; it is as before afterwards, whatever happens."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def in_slices(things: Sequence[tuple[str, ...]], *ids: int) -> Iterator[Slice]:
    """Things in columns, with the ids that stand at these places."""
    for begin in range(0, len(things), SLICE):
        part = things[begin : begin + SLICE]
        yield *(THING.join(thing[at] for thing in part) for at in ids), THING.join(map(VALUE.join, part))
