"""Recovery times of one failure: how many of the services that it takes down miss their RTO.

Only what leads to a service that could be late takes part, in the order of the line: a graph of its own (`Ahead`),
small enough to stay near the processor. A CI's moment is the minutes that it waits for what it requires, and one more:
zero where it does not wait at all.
"""

from typing import Any, NamedTuple

import numpy as np

from impact.kernels.jit import Kernel, fetch, part
from impact.kernels.line import COUNTED, FAR, LATE
from impact.kernels.types import I32, U8, U32, U64

UNSETTLED = -1
"""In place of a number where a circle is down: recovery times have to be found otherwise."""
FIRST, POOLED, OWN, OVER, LIMIT = range(5)
"""Columns of `Ahead.table`: where a CI's plain dependents begin in `edges`, and where its pools; its restore time; as
`look_ahead` leaves it; its RTO, if it is a service to count."""
NO_LIMIT = 2 * FAR - 1
"""LIMIT of what is no such service."""
BIT = np.zeros(67, np.int64)
"""Which bit is set in a word of one bit, by its remainder of 67: all 64 differ."""
BIT[[(1 << bit) % 67 for bit in range(64)]] = range(64)
ONE = np.uint64(1)


class Ahead(NamedTuple):
    """The CIs that lead to services that could be late, as they stand in line; what they take down stands in `edges`.

    `number[p]` is the row of the CI at place p, -1 for none. An edge is a row and its OVER; or, of a pool that takes a
    CI down, where its longest moments stand in `Waits.ranked`, and how many decide when it is back, then in a second
    row the CI and its OVER.
    """

    number: I32
    table: I32
    edges: I32


class Waits(NamedTuple):
    """Scratch, all zero between failures but the list `touched`. `waiting` has a bit for each CI that waits, `groups`
    one for each of its words that is not zero."""

    moment: I32
    waiting: U64
    groups: U64
    ranked: I32
    touched: I32


@Kernel
def lead(
    nodes: U32, words: U32, pools: I32, marks: U8, restore: I32, rto: I32, over: I32
) -> tuple[I32, I32, I32, int]:  # fmt: skip
    """The `Ahead` of a line, and how many moments its pools rank."""
    size, rows, total = len(marks), 0, 0
    number, start = np.full(size, -1, np.int32), np.zeros(len(pools) + 1, np.int32)
    for at in range(size):
        if over[at] > -FAR:
            number[at] = rows
            rows += 1
            total += int(nodes[at + 1, 0]) - int(nodes[at, 0]) + int(nodes[at + 1, 0]) - int(nodes[at, 3])
    for pool in range(len(pools)):
        start[pool + 1] = start[pool] + pools[pool, 1] + 1
    table, edges, filled = np.zeros((rows + 1, 5), np.int32), np.empty((total, 2), np.int32), 0
    for at in range(size):
        row = number[at]
        if row < 0:
            continue
        table[row, FIRST], table[row, OWN], table[row, OVER] = filled, max(restore[at], 0), over[at]
        table[row, LIMIT] = rto[at] if marks[at] & (LATE | COUNTED) == LATE | COUNTED else NO_LIMIT
        for edge in range(nodes[at, 0], nodes[at, 1]):
            to = words[edge]
            if number[to] >= 0:
                edges[filled, 0], edges[filled, 1] = number[to], over[to]
                filled += 1
        table[row, POOLED] = filled
        for edge in range(nodes[at, 3], nodes[at + 1, 0]):
            pool = words[edge]
            to = np.uint32(pools[pool, 0])
            if pools[pool, 3] == 3 and number[to] >= 0:
                edges[filled, 0], edges[filled, 1] = start[pool], pools[pool, 1] + 1
                edges[filled + 1, 0], edges[filled + 1, 1] = number[to], over[to]
                filled += 2
    table[rows, FIRST] = filled
    return number, table, edges[:filled].copy(), int(start[len(pools)])


def new_waits(ahead: Ahead, ranks: int) -> Waits:
    """Scratch for what leads to late services."""
    rows = len(ahead.table)
    return Waits(
        np.zeros(rows, np.int32), np.zeros(rows // 64 + 1, np.uint64), np.zeros(rows // 4096 + 1, np.uint64),
        np.zeros(ranks, np.int32), np.empty(ranks, np.int32),
    )  # fmt: skip


@part
def first_bit(word: np.uint64) -> int:
    """The lowest bit that is set in a word that is not zero."""
    return int(BIT[np.int64((word ^ (word & (word - ONE))) % np.uint64(67))])


@part
def wait(ahead: Ahead, waits: Waits, row: Any, moment: Any) -> None:
    """A CI waits for what it requires, until this moment at least."""
    fetch(ahead.table, row)
    waits.moment[row] = max(np.int64(waits.moment[row]), moment)
    waits.waiting[row >> 6] |= ONE << np.uint64(row & 63)
    waits.groups[row >> 12] |= ONE << np.uint64(row >> 6 & 63)


@part
def rank(waits: Waits, first: Any, decisive: Any, touched: int, moment: Any) -> tuple[Any, int]:
    """One more member of a pool is back at `moment`: when the pool is back then, and how many pools were touched."""
    if waits.ranked[first] == 0:
        waits.touched[touched] = first
        touched += 1
    for at in range(first, first + decisive):
        longest = max(np.int64(waits.ranked[at]), moment)
        moment = min(np.int64(waits.ranked[at]), moment)
        waits.ranked[at] = longest
    return np.int64(waits.ranked[first + decisive - 1]), touched


@part
def count_missed(ahead: Ahead, waits: Waits, source: int) -> int:
    """How many services are back too late if the CI of a row fails alone; UNSETTLED where a circle is down.

    Goes only where some service beyond could still be late.
    """
    table, edges, groups, waiting = ahead.table, ahead.edges, waits.groups, waits.waiting
    missed, circle, touched = 0, False, 0
    group = source >> 12
    wait(ahead, waits, source, 1)
    while group < len(groups):
        if groups[group] == 0:
            group += 1
            continue
        word = (group << 6) + first_bit(groups[group])
        row = (word << 6) + first_bit(waiting[word])
        waiting[word] &= waiting[word] - ONE
        if waiting[word] == 0:
            groups[group] &= groups[group] - ONE
        moment = np.int64(waits.moment[row]) + np.int64(table[row, OWN])
        waits.moment[row] = 0
        missed += moment - 1 > table[row, LIMIT]
        for edge in range(table[row, FIRST], table[row, POOLED]):
            to = np.int64(edges[edge, 0])
            if moment + edges[edge, 1] > 1:
                if to <= row:
                    circle = True
                else:
                    wait(ahead, waits, to, moment)
        for edge in range(table[row, POOLED], table[row + 1, FIRST], 2):
            to = np.int64(edges[edge + 1, 0])
            back, touched = rank(waits, np.int64(edges[edge, 0]), np.int64(edges[edge, 1]), touched, moment)
            if back and back + edges[edge + 1, 1] > 1:
                if to <= row:
                    circle = True
                else:
                    wait(ahead, waits, to, back)
    for i in range(touched):
        at = waits.touched[i]
        while at < len(waits.ranked) and waits.ranked[at]:
            waits.ranked[at] = 0
            at += 1
    return UNSETTLED if circle else missed
