"""What hard failures break: which pools a failure takes too many members of, and whether it reaches a given CI.

Layouts of `nodes`, `words` and `pools` as in `kernels.walk`; only effects of `down` count, so one queue is enough.
"""

import numpy as np

from impact.kernels.jit import Kernel, part
from impact.kernels.types import B1, I32, U32


@part
def fall(
    nodes: U32, words: U32, pools: I32, inside: B1, target: int,
    down: B1, lost: I32, queue: I32, touched: I32, filled: int,
) -> tuple[int, int]:  # fmt: skip
    """Settle what goes down with the first `filled` CIs in `queue`, within `inside`; stops once `target` is down.

    How many are down then, and how many pools have lost a member (into `touched`).
    """
    done = pool_count = 0
    while done < filled and not (target >= 0 and down[target]):
        node = queue[done]
        done += 1
        for at in range(nodes[node, 0], nodes[node, 0] + nodes[node, 1]):
            word = words[at]
            to = np.int64(word >> np.uint32(3))
            if word & np.uint32(4):
                pool = to
                to = np.int64(pools[pool, 0])
                if not inside[to]:
                    continue
                if lost[pool] == 0:
                    touched[pool_count] = pool
                    pool_count += 1
                lost[pool] += 1
                if lost[pool] != pools[pool, 1] + 1 or pools[pool, 3] != 3:
                    continue
            elif word & np.uint32(3) != np.uint32(3):
                continue
            if inside[to] and not down[to]:
                down[to] = True
                queue[filled] = to
                filled += 1
    return filled, pool_count


@Kernel
def break_pools(
    nodes: U32, words: U32, pools: I32, inside: B1, sources: I32, spots: int,
    down: B1, lost: I32, queue: I32, touched: I32,
) -> tuple[I32, I32]:  # fmt: skip
    """For each pool with members to spare how many of `sources`, each failing alone, take too many of its members
    down, and the first `spots` of them (-1: no more). Scratch `down` and `lost` is zero before and after."""
    count = np.zeros(len(pools), np.int32)
    first = np.full((len(pools), spots), -1, np.int32)
    for i in range(len(sources)):
        queue[0] = sources[i]
        down[sources[i]] = True
        settled, pool_count = fall(nodes, words, pools, inside, -1, down, lost, queue, touched, 1)
        for k in range(pool_count):
            pool = touched[k]
            if pools[pool, 1] > 0 and lost[pool] > pools[pool, 1]:
                if count[pool] < spots:
                    first[pool, count[pool]] = sources[i]
                count[pool] += 1
            lost[pool] = 0
        for k in range(settled):
            down[queue[k]] = False
    return count, first


@Kernel
def take_down(
    nodes: U32, words: U32, pools: I32, inside: B1, seeds: I32, target: int, most: int,
    down: B1, lost: I32, queue: I32, touched: I32, hit: B1, eroded: I32,
) -> tuple[int, int]:  # fmt: skip
    """Mark in `hit` which rows of `seeds` (CIs that fail together) take `target` down; how many rows were tried. Gives
    up before a row once `most` CIs are settled, or `eroded` might not hold what the row does.

    With room in `eroded`, its columns tell (row, pool) of hard pools that a row weakens without breaking them; also
    how many columns.
    """
    settled, found, room = 0, 0, eroded.shape[1]
    for i in range(len(seeds)):
        if settled >= most or (room > 0 and found + len(pools) > room):
            return i, found
        filled = 0
        for k in range(seeds.shape[1]):
            if not down[seeds[i, k]]:
                down[seeds[i, k]] = True
                queue[filled] = seeds[i, k]
                filled += 1
        filled, pool_count = fall(nodes, words, pools, inside, target, down, lost, queue, touched, filled)
        hit[i] = down[target]
        for k in range(pool_count):
            pool = touched[k]
            if room > 0 and pools[pool, 3] == 3 and lost[pool] <= pools[pool, 1]:
                eroded[0, found] = i
                eroded[1, found] = pool
                found += 1
            lost[pool] = 0
        for k in range(filled):
            down[queue[k]] = False
        settled += filled
    return len(seeds), found
