"""Merged cells: only what stands in their corner is shown, and a file may hold values behind it."""

from collections.abc import Iterable, Iterator, Sequence

MOST_LOOKED_AT = 8_000_000
"""Cells that are looked at; ranges of a file may lie over each other."""
Range = tuple[int, int, int, int]
"""First row and column, last row and column, from 1."""


def values_behind(merged: Iterable[Range], values: Sequence[Sequence[object]]) -> Iterator[tuple[int, int]]:
    """Row and column of the first cell with a value behind each of the merged ranges."""
    looked_at = 0
    for top, left, bottom, right in merged:
        rows = [row[left - 1 : right] for row in values[top - 1 : bottom]]
        looked_at += sum(map(len, rows))
        if looked_at > MOST_LOOKED_AT:
            return
        filled = ((y, x) for y, row in enumerate(rows, top) for x, value in enumerate(row, left) if value != "")
        behind = next((place for place in filled if place != (top, left)), None)
        if behind:
            yield behind
