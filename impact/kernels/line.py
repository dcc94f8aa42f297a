"""The graph in a line: CIs renumbered so that providers stand before their dependents.

CIs stand by level, the number of hops on the longest way to them, so that what a failure reaches one after another
stands together; within a level, those with the most dependents first, so that what is looked at most often does, too.
CIs without dependents stand at the end of the line: what is reached there leads nowhere, and that is told by its place
alone.

What depends on the CI at a place p stands in `words`, ordered by what losing it does, so that nothing has to be asked
of each: from `nodes[p, 0]` those it takes down, from `nodes[p, 1]` those it degrades, from `nodes[p, 2]` those it puts
at risk, each as a place; from `nodes[p, 3]` to `nodes[p + 1, 0]` the pools it is a member of.
"""

from typing import Any

import numpy as np

from impact.kernels.jit import Kernel, part
from impact.kernels.types import B1, I32, U8, U32

NOWHERE = -1
FAR = 2**30
COUNTED, SERVICE, CLOCK, GROUP, LATE = (np.uint8(1 << bit) for bit in range(5))
"""Marks of a CI in line: it is counted; a service; one that has an RTO; a group that has a head count; a service that
could miss its RTO if everything it requires were down."""


@part
def by_degree(cis: I32, nodes: U32) -> I32:
    """The CIs, those with the most dependents first."""
    most: Any = 0
    for i in range(len(cis)):
        most = max(most, np.int64(nodes[cis[i], 1]))
    begin = np.zeros(most + 2, np.int64)
    for i in range(len(cis)):
        begin[most - np.int64(nodes[cis[i], 1]) + 1] += 1
    begin = np.cumsum(begin)
    ordered = np.empty(len(cis), np.int32)
    for i in range(len(cis)):
        rank = most - np.int64(nodes[cis[i], 1])
        ordered[begin[rank]] = cis[i]
        begin[rank] += 1
    return ordered


@part
def by_level(cis: I32, level: I32, leads: B1, deepest: int) -> tuple[I32, int]:
    """The CIs by level, those that lead nowhere behind all others; and how many these are."""
    begin, inner = np.zeros(2 * deepest + 3, np.int64), 0
    for i in range(len(cis)):
        begin[level[cis[i]] + (0 if leads[cis[i]] else deepest + 1) + 1] += 1
        inner += leads[cis[i]]
    begin = np.cumsum(begin)
    line = np.empty(len(cis), np.int32)
    for i in range(len(cis)):
        rank = level[cis[i]] + (0 if leads[cis[i]] else deepest + 1)
        line[begin[rank]] = cis[i]
        begin[rank] += 1
    return line, inner


@Kernel
def explore(index: U32, providers: I32, nodes: U32, roots: I32, keep: B1, place: I32) -> tuple[I32, int, bool]:
    """The CIs to `keep`, which are `roots`, in line; the place of the first without dependents among them; and whether
    there is a circle.

    The providers of CI v stand from `providers[index[v, 0]]` on, so many as `index[v, 1]`. `place[V]` is NOWHERE
    before; afterwards it tells where in the result a CI is.
    """
    size = len(roots)
    stack, cursor = np.empty(size, np.int32), np.empty(size, np.uint32)
    level, leads, done = np.zeros(len(index), np.int32), np.zeros(len(index), np.bool_), np.zeros(len(index), np.bool_)
    deepest, circle = 0, False
    for i in range(size):
        if place[roots[i]] != NOWHERE:
            continue
        place[roots[i]], stack[0], cursor[0] = 0, roots[i], index[roots[i], 0]
        top = 0
        while top >= 0:
            ci = stack[top]
            if cursor[top] == index[ci, 0] + index[ci, 1]:
                done[ci] = True
                deepest = max(deepest, level[ci])
                if top:
                    level[stack[top - 1]] = max(level[stack[top - 1]], level[ci] + 1)
                top -= 1
                continue
            provider = providers[cursor[top]]
            cursor[top] += np.uint32(1)
            if not keep[provider]:
                continue
            leads[provider] = True
            if place[provider] == NOWHERE:
                top += 1
                place[provider], stack[top], cursor[top] = 0, provider, index[provider, 0]
            elif done[provider]:
                level[ci] = max(level[ci], level[provider] + 1)
            else:
                circle = True
    line, inner = by_level(by_degree(roots, nodes), level, leads, deepest)
    for at in range(size):
        place[line[at]] = at
    return line, inner, circle


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
        first, end = nodes[line[i], 0], nodes[line[i], 0] + nodes[line[i], 1]
        for column in range(4):
            new_nodes[i, column] = filled
            kind = 4 if column == 3 else 3 - column
            for edge in range(first, end):
                if words[edge] & np.uint32(7) == kind:
                    target = words[edge] >> np.uint32(3)
                    to = pool_place[target] if column == 3 else place[target]
                    if to != NOWHERE:
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
