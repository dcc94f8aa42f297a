"""Many failures at once: 64 CIs, each failed alone, settled together, one bit of a word for each of them.

A state is three words a CI: in which of the 64 scenarios it is down, at least degraded, at least at risk. A plain
dependency is then a handful of `or`s, and scenarios that reach the same CIs share the way. What a pool has lost is
counted in unary: word i of its row says in which scenarios more than i members are lost.

CIs stand in line (see `kernels.line`): providers before dependents, so that each is settled once, except in circles.
"""

from math import frexp
from typing import Any, NamedTuple

import numpy as np

from impact.kernels.jit import part
from impact.kernels.types import I32, I64, U32, U64

LANES = 64
DOWN, DEGRADED, AT_RISK = 0, 1, 2
"""Columns of the state words: in this state or worse."""
ONE = np.uint64(1)
PLANES = 24


class Board(NamedTuple):
    """Scratch of a batch, for V CIs and P pools; all zero between batches but `visited` and `row`.

    `now[V, 4]` are the state words, `told[V, 4]` what dependents were told of them (used where there is a circle).
    `waiting` has a bit for each CI that has something to tell. `visited` lists the CIs reached, in the order settled.
    A pool's words stand from `start[pool]` in `lost`: members lost for its required, for its full number, twice.
    `counted[P, 2]` is how many members were counted, and the lanes in which any is degraded or worse.
    """

    now: U64
    told: U64
    waiting: U64
    visited: I32
    row: I32
    start: I64
    lost: U64
    counted: U64
    touched: I32


def new_board(size: int, pools: I32) -> Board:
    """Scratch for the CIs in line and their pools."""
    width = pools[:, 1].astype(np.int64) + 1 + 2 * (pools[:, 2].astype(np.int64) + 1)
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(width)])
    return Board(
        np.zeros((size, 4), np.uint64), np.zeros((size, 4), np.uint64), np.zeros(size // LANES + 2, np.uint64),
        np.empty(size, np.int32), np.empty(size, np.int32),
        start, np.zeros(int(start[-1]), np.uint64), np.zeros((len(pools), 2), np.uint64),
        np.empty(len(pools), np.int32),
    )  # fmt: skip


@part
def count_loss(lost: U64, first: int, spare: int, counted: Any, lanes: np.uint64) -> np.uint64:
    """One more member is lost in `lanes`, after at most `counted` others; where more than `spare` are lost now."""
    for at in range(first + min(spare, counted), first, -1):
        lost[at] |= lost[at - 1] & lanes
    lost[first] |= lanes
    return lost[first + spare]


@part
def tell(nodes: U32, words: U32, pools: I32, board: Board, at: int, news: U64, touched: int) -> tuple[int, int]:
    """Push what is new about the CI at `at` to its dependents; the first of them in line, and the pools touched."""
    now, waiting = board.now, board.waiting
    down, degraded, at_risk = news[0], news[1], news[2]
    back: Any = len(nodes)
    for edge in range(nodes[at, 0], nodes[at, 0] + nodes[at, 1]):
        word = words[edge]
        target = word >> np.uint32(3)
        new_down, new_degraded, new_risk = down, degraded, at_risk
        effect = np.int64(word & np.uint32(3))
        if word & np.uint32(4):
            pool = target
            spare, full, effect = pools[pool, 1], pools[pool, 2], np.int64(pools[pool, 3])
            target = np.uint32(pools[pool, 0])
            counted = np.int64(board.counted[pool, 0])
            if counted == 0:
                board.touched[touched] = pool
                touched += 1
            board.counted[pool, 0] += ONE
            board.counted[pool, 1] |= degraded
            first = board.start[pool]
            new_down = count_loss(board.lost, first, spare, counted, down)
            new_degraded = count_loss(board.lost, first + spare + 1, full, counted, degraded)
            new_risk = count_loss(board.lost, first + spare + full + 2, full, counted, at_risk) | board.counted[pool, 1]
        gained = new_risk & ~now[target, 2]
        now[target, 2] |= new_risk
        if effect >= 2:
            gained |= new_degraded & ~now[target, 1]
            now[target, 1] |= new_degraded
            if effect == 3:
                gained |= new_down & ~now[target, 0]
                now[target, 0] |= new_down
        if gained:
            waiting[target >> np.uint32(6)] |= ONE << np.uint64(target & np.uint32(63))
            back = min(back, np.int64(target))
    return back, touched


@part
def next_waiting(waiting: U64, group: int) -> int:
    """The first CI that waits in a word of `waiting` that is not zero."""
    word = waiting[group]
    rest = word & (word - ONE)
    waiting[group] = rest
    return (group << 6) + frexp(float(word ^ rest))[1] - 1


@part
def settle_circles(nodes: U32, words: U32, pools: I32, board: Board) -> tuple[int, int]:
    """Let what waits tell its dependents until nothing is new; how many CIs were reached, and how many pools."""
    now, told, waiting = board.now, board.told, board.waiting
    news = np.empty(3, np.uint64)
    found = touched = group = 0
    while group < len(waiting):
        if waiting[group] == 0:
            group += 1
            continue
        at = next_waiting(waiting, group)
        if told[at, AT_RISK] == 0:
            board.visited[found] = at
            found += 1
        for level in range(3):
            news[level] = now[at, level] & ~told[at, level]
            told[at, level] = now[at, level]
        back, touched = tell(nodes, words, pools, board, at, news, touched)
        group = min(group, back >> 6)
    return found, touched


@part
def add_to(planes: U64, first: int, lanes: np.uint64) -> None:
    """Count one more in each of `lanes`: bit i of the counts stands in `planes[first + i]`."""
    at, carried = first, lanes
    while carried:
        overflow = planes[at] & carried
        planes[at] ^= carried
        carried = overflow
        at += 1


@part
def read_planes(planes: U64, first: int, lane: int) -> int:
    """The count of one lane."""
    total: Any = 0
    for bit in range(PLANES):
        total += np.int64((planes[first + bit] >> np.uint64(lane)) & ONE) << bit
    return total


@part
def forget(board: Board, found: int, touched: int) -> None:
    """Clean the scratch."""
    for i in range(found):
        at = board.visited[i]
        for level in range(3):
            board.now[at, level] = 0
            board.told[at, level] = 0
    for i in range(touched):
        pool = board.touched[i]
        board.counted[pool, 0] = board.counted[pool, 1] = 0
        for word in range(board.start[pool], board.start[pool + 1]):
            board.lost[word] = 0
