"""The graph in a line: CIs renumbered so that providers stand before their dependents, and close to what shares them.

The line is a reverse postorder of a depth-first search. Begun at the CIs with the fewest dependents, it leaves CIs side
by side that lead to the same hubs, which is what makes failures cheap to settle many at a time. CIs without dependents
stand at its end: what is reached there leads nowhere, and that is told by its place alone.

What depends on the CI at a place p stands in `words`, ordered by what losing it does, so that nothing has to be asked
of each: from `nodes[p, 0]` those it takes down, from `nodes[p, 1]` those it degrades, from `nodes[p, 2]` those it puts
at risk, each as a place; from `nodes[p, 3]` to `nodes[p + 1, 0]` the pools it is a member of.
"""

import numpy as np

from impact.kernels.jit import Kernel
from impact.kernels.types import B1, I32, U8, U32

NOWHERE = -1
FAR = 2**30
COUNTED, SERVICE, CLOCK, GROUP, LATE = (np.uint8(1 << bit) for bit in range(5))
"""Marks of a CI in line: it is counted; a service; one that has an RTO; a group that has a head count; a service that
could miss its RTO if everything it requires were down."""


@Kernel
def explore(
    nodes: U32, words: U32, pools: I32, roots: I32, keep: B1, place: I32, pool_place: I32
) -> tuple[I32, I32, int, bool]:
    """What `roots` lead to without leaving `keep`: the CIs in line, the pools, the place of the first CI without
    dependents, and whether there is a circle.

    `place[V]` and `pool_place[P]` are NOWHERE before; afterwards they tell where in the two results a CI or pool is.
    """
    size = len(nodes)
    found, stack = np.empty(size, np.int32), np.empty(size, np.int32)
    cursor = np.empty(size, np.uint32)
    pools_found = np.empty(len(pool_place), np.int32)
    done, leads = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    at, pool_count, inner, circle = size, 0, 0, False
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
                inner += leads[ci]
                top -= 1
                continue
            word = words[cursor[top]]
            cursor[top] += np.uint32(1)
            target = word >> np.uint32(3)
            dependent = np.uint32(pools[target, 0]) if word & np.uint32(4) else target
            if not keep[dependent]:
                continue
            leads[ci] = True
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
    line, ends = np.empty(size - at, np.int32), np.array([0, inner])
    for i in range(len(line)):
        ci = found[at + i]
        place[ci] = ends[1 - leads[ci]]
        line[place[ci]] = ci
        ends[1 - leads[ci]] += 1
    return line, pools_found[:pool_count].copy(), inner, circle


@Kernel
def renumber(
    nodes: U32, words: U32, pools: I32, line: I32, pool_line: I32, place: I32, pool_place: I32
) -> tuple[U32, U32, I32]:
    """The arrays of `kernels.walk` for the CIs and pools in line, by their places and laid out as told above."""
    total = 0
    for i in range(len(line)):
        total += int(nodes[line[i], 1])
    new_nodes, new_words = np.empty((len(line) + 1, 4), np.uint32), np.empty(total, np.uint32)
    filled = 0
    for i in range(len(line)):
        first = nodes[line[i], 0]
        for column in range(4):
            new_nodes[i, column] = filled
            for edge in range(first, first + nodes[line[i], 1]):
                word = words[edge]
                target = word >> np.uint32(3)
                if word & np.uint32(4):
                    wanted, to = column == 3, pool_place[target]
                else:
                    wanted, to = word & np.uint32(3) == 3 - column, place[target]
                if wanted and to != NOWHERE:
                    new_words[filled] = to
                    filled += 1
    new_nodes[len(line)] = filled
    new_pools = pools[pool_line]
    for q in range(len(pool_line)):
        new_pools[q, 0] = place[new_pools[q, 0]]
    return new_nodes, new_words[:filled].copy(), new_pools


@Kernel
def look_ahead(nodes: U32, words: U32, pools: I32, restore: I32, rto: I32, circle: bool, marks: U8) -> I32:
    """Mark services that could be late at all; how late, if all that a CI requires is back at once, services from it on
    can be at most.

    No recovery is longer than along the longest chain of restore times. So a CI that waits t minutes for what it
    requires matters to some promise only if t and what the longest chain from it to a service (`over`) has beyond that
    one's RTO are more than nothing: `-FAR` where they cannot be. Where there are circles, chains have no length: `FAR`
    for everything that leads to a service with an RTO.
    """
    size = len(restore)
    longest, over = np.zeros(size, np.int64), np.full(size, -FAR, np.int64)
    for at in range(size):
        longest[at] += max(restore[at], 0)
        if marks[at] & CLOCK and (circle or longest[at] > rto[at]):
            marks[at] |= LATE
        for edge in range(nodes[at, 0], nodes[at, 1]):
            longest[words[edge]] = max(longest[words[edge]], longest[at])
        for edge in range(nodes[at, 3], nodes[at + 1, 0]):
            if pools[words[edge], 3] == 3:
                to = pools[words[edge], 0]
                longest[to] = max(longest[to], longest[at])
    again = True
    while again:
        again = False
        for at in range(size - 1, -1, -1):
            if over[at] == FAR:
                continue
            beyond = np.int64(-rto[at] if marks[at] & LATE else -FAR)
            for edge in range(nodes[at, 0], nodes[at, 1]):
                beyond = max(beyond, over[words[edge]])
            for edge in range(nodes[at, 3], nodes[at + 1, 0]):
                if pools[words[edge], 3] == 3:
                    beyond = max(beyond, over[pools[words[edge], 0]])
            if beyond > -FAR and circle:
                over[at] = FAR
                again = True
            elif longest[at] + beyond > 0:
                over[at] = beyond + max(restore[at], 0)
    return np.minimum(over, FAR).astype(np.int32)
