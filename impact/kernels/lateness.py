"""Recovery times of 64 failures settled together (`kernels.together`): which services miss their RTO.

A CI that is down is back after its own restore time and the latest of what it requires: of a plain dependency all of
it, of a pool the (spare + 1)-th longest among its lost members, kept as sorted rows. Dependents stand behind what they
require, so one pass settles all, but for circles: their lanes are handed back to be settled one by one.
"""

import numpy as np

from impact.kernels.jit import part
from impact.kernels.line import AHEAD, LATE
from impact.kernels.together import DOWN, LANES, ONE, Board
from impact.kernels.types import I32, U8, U32


@part
def longer(rows: I32, a: int, b: int) -> None:
    """Take over into row `a` what is longer in row `b`, lane by lane."""
    for lane in range(LANES):
        rows[a, lane] = max(rows[a, lane], rows[b, lane])


@part
def rank(ranked: I32, first: int, spare: int, rows: I32, mine: int, carried: I32) -> None:
    """Put row `mine` into those from `first` to `first + spare`, which are sorted in each lane, the longest first."""
    for lane in range(LANES):
        carried[lane] = rows[mine, lane]
    for at in range(first, first + spare + 1):
        for lane in range(LANES):
            less = min(ranked[at, lane], carried[lane])
            ranked[at, lane] = max(ranked[at, lane], carried[lane])
            carried[lane] = less


@part
def time_back(
    nodes: U32, words: U32, pools: I32, board: Board, found: int, touched: int, restore: I32, marks: U8
) -> tuple[I32, np.uint64]:
    """Minutes until each CI is back that leads to a service that could be late; and the lanes where a circle is down.

    There is a row for each that is down somewhere; its number is left in `board.row`.
    """
    now, row = board.now, board.row
    rows = 0
    for i in range(found):
        at = board.visited[i]
        row[at] = rows
        rows += now[at, DOWN] != 0 and marks[at] & (LATE | AHEAD) != 0
    times = np.zeros((rows, LANES), np.int32)
    ranked, total = np.empty(touched, np.int64), 0
    for i in range(touched):
        pool = board.touched[i]
        spare = pools[pool, 1]
        ranked[i] = total
        board.counted[pool, 0] = i
        if spare and board.lost[board.start[pool] + spare]:
            total += spare + 1
    sorted_rows, carried = np.zeros((total, LANES), np.int32), np.empty(LANES, np.int32)
    circle = np.uint64(0)
    for i in range(found):
        at = board.visited[i]
        down = now[at, DOWN]
        if not down or marks[at] & (LATE | AHEAD) == 0:
            continue
        mine, own = row[at], max(restore[at], np.int32(0))
        for lane in range(LANES):
            times[mine, lane] = (times[mine, lane] + own) * np.int32((down >> np.uint64(lane)) & ONE)
        for edge in range(nodes[at, 0], nodes[at, 0] + nodes[at, 1]):
            word = words[edge]
            target = word >> np.uint32(3)
            if not word & np.uint32(4):
                if word & np.uint32(3) == 3 and marks[target] & (LATE | AHEAD):
                    if target <= at:
                        circle |= down
                    else:
                        longer(times, row[target], mine)
                continue
            spare = pools[target, 1]
            broken = board.lost[board.start[target] + spare]
            to = pools[target, 0]
            if not broken or pools[target, 3] != 3 or marks[to] & (LATE | AHEAD) == 0:
                continue
            if to <= at:
                circle |= down & broken
            elif spare:
                first = ranked[np.int64(board.counted[target, 0])]
                rank(sorted_rows, first, spare, times, mine, carried)
                for lane in range(LANES):
                    times[row[to], lane] = max(times[row[to], lane], sorted_rows[first + spare, lane])
            else:
                longer(times, row[to], mine)
    return times, circle


@part
def count_late(board: Board, found: int, times: I32, rto: I32, marks: U8, wanted: np.uint8, late: I32) -> None:
    """Add to `late`, lane by lane, the services down whose RTO is shorter than the time until they are back."""
    for i in range(found):
        at = board.visited[i]
        down = board.now[at, DOWN]
        if down and marks[at] & wanted == wanted:
            mine, limit = board.row[at], rto[at]
            for lane in range(LANES):
                late[lane] += np.int32((down >> np.uint64(lane)) & ONE) & np.int32(times[mine, lane] > limit)
