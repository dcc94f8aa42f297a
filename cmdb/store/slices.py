"""A store's things in columns, as few long texts: what is compared by the million is told apart without making it."""

from collections.abc import Iterator, Sequence

VALUE, THING = "\0\1", "\0\2"
"""What stands in a `Slice` between the values of a thing, and between things; no value holds U+0000."""
Slice = tuple[str, ...]
"""Some things in columns, as texts with `THING` between: the ids of CIs, none of relations; and all their values, with
`VALUE` between them."""
SLICE = 5_000
"""Things in one slice: with 200 kB each, their values still make a text that SQLite can hold (a billion bytes)."""


def in_slices(things: Sequence[tuple[str, ...]], *ids: int) -> Iterator[Slice]:
    """Things in columns, with the ids that stand at these places."""
    for begin in range(0, len(things), SLICE):
        part = things[begin : begin + SLICE]
        yield *(THING.join(thing[at] for thing in part) for at in ids), THING.join(map(VALUE.join, part))
