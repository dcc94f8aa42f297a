"""The graph in a line: CIs renumbered so that providers stand before their dependents, and close to what shares them.

The line is a reverse postorder of a depth-first search. Begun at the CIs with the fewest dependents, it leaves CIs side
by side that lead to the same hubs, which is what makes failures cheap to settle 64 at a time.
"""

import numpy as np

from impact.kernels.jit import Kernel
from impact.kernels.types import B1, I32, U8, U32

NOWHERE = -1
FAR = 2**40
COUNTED, SERVICE, CLOCK, GROUP, LATE, AHEAD = (np.uint8(1 << bit) for bit in range(6))
"""Marks of a CI in line: it is counted; a service; one that has an RTO; a group that has a head count; a service that
could miss its RTO if everything it requires were down; a CI that leads to such a service."""


@Kernel
def explore(
    nodes: U32, words: U32, pools: I32, roots: I32, keep: B1, place: I32, pool_place: I32
) -> tuple[I32, I32, bool]:
    """What `roots` lead to without leaving `keep`: the CIs in line, the pools, and whether there is a circle.

    `place[V]` and `pool_place[P]` are NOWHERE before; afterwards they tell where in the two results a CI or pool is.
    """
    size = len(nodes)
    found, stack = np.empty(size, np.int32), np.empty(size, np.int32)
    cursor = np.empty(size, np.uint32)
    pools_found = np.empty(len(pool_place), np.int32)
    done = np.zeros(size, np.bool_)
    at, pool_count, circle = size, 0, False
    for i in range(len(roots)):
        root = roots[i]
        if place[root] != NOWHERE:
            continue
        place[root] = 0
        stack[0] = root
        cursor[0] = nodes[root, 0]
        top = 0
        while top >= 0:
            ci = stack[top]
            if cursor[top] == nodes[ci, 0] + nodes[ci, 1]:
                at -= 1
                found[at] = ci
                done[ci] = True
                top -= 1
                continue
            word = words[cursor[top]]
            cursor[top] += np.uint32(1)
            target = word >> np.uint32(3)
            dependent = np.uint32(pools[target, 0]) if word & np.uint32(4) else target
            if not keep[dependent]:
                continue
            if word & np.uint32(4) and pool_place[target] == NOWHERE:
                pool_place[target] = pool_count
                pools_found[pool_count] = target
                pool_count += 1
            if place[dependent] == NOWHERE:
                place[dependent] = 0
                top += 1
                stack[top] = dependent
                cursor[top] = nodes[dependent, 0]
            elif not done[dependent]:
                circle = True
    line = found[at:].copy()
    for i in range(len(line)):
        place[line[i]] = i
    return line, pools_found[:pool_count].copy(), circle


@Kernel
def renumber(
    nodes: U32, words: U32, pools: I32, line: I32, pool_line: I32, place: I32, pool_place: I32
) -> tuple[U32, U32, I32]:
    """The arrays of `kernels.walk` for the CIs and pools in line, by their places."""
    total = 0
    for i in range(len(line)):
        total += int(nodes[line[i], 1])
    new_nodes, new_words = np.empty((len(line), 2), np.uint32), np.empty(total, np.uint32)
    filled = 0
    for i in range(len(line)):
        ci = line[i]
        new_nodes[i, 0] = filled
        for edge in range(nodes[ci, 0], nodes[ci, 0] + nodes[ci, 1]):
            word = words[edge]
            target = word >> np.uint32(3)
            to = pool_place[target] if word & np.uint32(4) else place[target]
            if to != NOWHERE:
                new_words[filled] = (np.uint32(to) << np.uint32(3)) | (word & np.uint32(7))
                filled += 1
        new_nodes[i, 1] = filled - new_nodes[i, 0]
    new_pools = pools[pool_line]
    for q in range(len(pool_line)):
        new_pools[q, 0] = place[new_pools[q, 0]]
    return new_nodes, new_words[:filled].copy(), new_pools


@Kernel
def look_ahead(nodes: U32, words: U32, pools: I32, restore: I32, rto: I32, circle: bool, marks: U8) -> None:
    """Mark services that could be late at all, and what leads to them: recovery times matter only there.

    No recovery is longer than along the longest chain of restore times. So what leads to such a service counts only if
    the longest chain to it (`longest`), and on to a service less that one's RTO (`after`), is more than nothing. Where
    there are circles, chains have no length, and everything that leads to a service with an RTO counts.
    """
    size = len(nodes)
    longest = np.zeros(size, np.int64)
    for at in range(size):
        longest[at] += max(restore[at], 0)
        if marks[at] & CLOCK and (circle or longest[at] > rto[at]):
            marks[at] |= LATE
        for edge in range(nodes[at, 0], nodes[at, 0] + nodes[at, 1]):
            word = words[edge]
            to = word >> np.uint32(3)
            hard = word & np.uint32(3) == 3
            if word & np.uint32(4):
                hard = pools[to, 3] == 3
                to = np.uint32(pools[to, 0])
            if hard:
                longest[to] = max(longest[to], longest[at])
    after = np.full(size, -FAR, np.int64)
    again = True
    while again:
        again = False
        for at in range(size - 1, -1, -1):
            if circle and marks[at] & AHEAD:
                continue
            if marks[at] & LATE:
                after[at] = -rto[at]
            for edge in range(nodes[at, 0], nodes[at, 0] + nodes[at, 1]):
                word = words[edge]
                to = word >> np.uint32(3)
                hard = word & np.uint32(3) == 3
                if word & np.uint32(4):
                    hard = pools[to, 3] == 3
                    to = np.uint32(pools[to, 0])
                if hard and marks[to] & (LATE | AHEAD):
                    after[at] = max(after[at], after[to] + max(restore[to], 0))
                    if circle:
                        marks[at] |= AHEAD
                        again = True
                        break
            if longest[at] + after[at] > 0:
                marks[at] |= AHEAD
