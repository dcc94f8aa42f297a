"""A store's things as few long texts: what is compared by the million is told apart without making it."""

from collections.abc import Iterator, Sequence

VALUE, THING = "\0\1", "\0\2"
"""What stands in a `Slice` between the values of a thing, and between things; no value holds U+0000."""
Slice = str
"""Some things, with `THING` between; of each all values as its tuple has them, with `VALUE` between."""
SLICE = 5_000
"""Things in one slice: with 200 kB each, their values still make a text that SQLite can hold (a billion bytes)."""


def in_slices(things: Sequence[tuple[str, ...]]) -> Iterator[Slice]:
    """Things, some at a time."""
    for begin in range(0, len(things), SLICE):
        yield THING.join(map(VALUE.join, things[begin : begin + SLICE]))
