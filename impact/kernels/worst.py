"""The worst value below each CI: the longest promise, or the greatest data loss, among what it cannot do without.

Layouts of `nodes`, `words` and `pools` as in `kernels.walk`; only effects of `down` count. The requirements of a CI
(`first`, `least`, `start`, `count`, `member`) as in `continuity.needs`.
"""

import numpy as np

from impact.kernels.jit import Kernel
from impact.kernels.types import I32, I64, U32


@Kernel
def rise(nodes: U32, words: U32, pools: I32, order: I32, values: I64) -> tuple[I64, I32, I32]:
    """For each CI the worst value below it (-1: none), the provider it comes through, and the CI whose value it is.

    `order` holds the CIs that have a value, the greatest first. A pool lets a value through once too few members stand
    below it, so the value of a pool is that of its k-th best member. Values settle the greatest first, each CI once:
    this is the walk with as many states as there are values, and cycles are as harmless.
    """
    size = len(nodes)
    below = np.full(size, -1, np.int64)
    via, root = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    settled = np.zeros(size, np.bool_)
    lost = np.zeros(len(pools), np.int32)
    queue = np.empty(size, np.int32)
    done = filled = at = 0
    while at < len(order):
        level = values[order[at]]
        while at < len(order) and values[order[at]] == level:
            node = order[at]
            at += 1
            if not settled[node]:
                settled[node] = True
                queue[filled] = node
                filled += 1
        while done < filled:
            node = queue[done]
            done += 1
            source = node if values[node] == level else root[node]
            begin = nodes[node, 0]
            for place in range(begin, begin + nodes[node, 1]):
                word = words[place]
                target = np.int64(word >> np.uint32(3))
                if word & np.uint32(4):
                    pool = target
                    if pools[pool, 3] != 3:
                        continue
                    lost[pool] += 1
                    if lost[pool] != pools[pool, 1] + 1:
                        continue
                    target = np.int64(pools[pool, 0])
                elif word & np.uint32(3) != np.uint32(3):
                    continue
                if below[target] < 0 and target != node:
                    below[target] = level
                    via[target] = node
                    root[target] = source
                if not settled[target]:
                    settled[target] = True
                    queue[filled] = target
                    filled += 1
    return below, via, root


@Kernel
def worse_below(
    first: I64, least: I32, start: I64, count: I32, member: I32,
    asked: int, worst: I64, limit: int, mark: I32, stamp: int, queue: I32, through: I32,
) -> int:  # fmt: skip
    """How many CIs make `asked` worse than `limit`: put into `queue`, the nearest first, `asked` itself at its head.

    Followed are members worse than `limit` of requirements that fewer than `least` better ones meet. `through[i]` is
    the place in the queue that `queue[i]` was reached from. Scratch: no `mark` equals `stamp` before.
    """
    queue[0] = asked
    through[0] = -1
    mark[asked] = stamp
    done, filled = 0, 1
    while done < filled:
        node = queue[done]
        for need in range(first[node], first[node + 1]):
            good = 0
            for place in range(start[need], start[need] + count[need]):
                if worst[member[place]] <= limit:
                    good += 1
            if good >= least[need]:
                continue
            for place in range(start[need], start[need] + count[need]):
                other = member[place]
                if worst[other] > limit and mark[other] != stamp:
                    mark[other] = stamp
                    queue[filled] = other
                    through[filled] = done
                    filled += 1
        done += 1
    return filled


@Kernel
def resting_on(nodes: U32, words: U32, pools: I32, start: int) -> I32:
    """`start` and every CI that what happens to it can matter to: all that need it, or have it in a pool they need."""
    queue, seen = np.empty(len(nodes), np.int32), np.zeros(len(nodes), np.bool_)
    queue[0], seen[start] = start, True
    done, filled = 0, 1
    while done < filled:
        node = queue[done]
        done += 1
        begin = nodes[node, 0]
        for place in range(begin, begin + nodes[node, 1]):
            word = words[place]
            target = np.int64(word >> np.uint32(3))
            if word & np.uint32(4):
                effect = np.int64(pools[target, 3])
                target = np.int64(pools[target, 0])
            else:
                effect = np.int64(word & np.uint32(3))
            if effect == 3 and not seen[target]:
                seen[target] = True
                queue[filled] = target
                filled += 1
    return queue[:filled].copy()


@Kernel
def critical(
    first: I64, least: I32, start: I64, count: I32, member: I32,
    minutes: I64, restore: I32, together: I32, rank: I32,
) -> I32:  # fmt: skip
    """For each CI the one that it waits for longest (-1: it waits for none), as `kernels.recovery` settled them.

    Of CIs started together each waits for the slowest of them, and that one for what the whole group waits for.
    `rank` is the order in which they are back: of equals the first is taken, so that the steps lead into no circle.
    """
    size = len(minutes)
    via, slowest = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    latest = np.full(size, -1, np.int64)
    for node in range(size):
        group = together[node]
        if slowest[group] < 0 or restore[node] > restore[slowest[group]]:
            slowest[group] = node
        for need in range(first[node], first[node + 1]):
            wanted = least[need]
            for place in range(start[need], start[need] + count[need]):
                wanted -= together[member[place]] == group
            if wanted <= 0:
                continue
            for place in range(start[need], start[need] + count[need]):
                other = member[place]
                if together[other] == group:
                    continue
                if least[need] < count[need]:
                    before = 0
                    for rival_place in range(start[need], start[need] + count[need]):
                        rival = member[rival_place]
                        if together[rival] != group and (
                            minutes[rival] < minutes[other]
                            or (minutes[rival] == minutes[other] and rank[rival] < rank[other])
                        ):
                            before += 1
                    if before != wanted - 1:
                        continue
                old = via[group]
                if latest[group] < minutes[other] or (latest[group] == minutes[other] and rank[other] < rank[old]):
                    latest[group] = minutes[other]
                    via[group] = other
    found = np.empty(size, np.int32)
    for node in range(size):
        last = slowest[together[node]]
        found[node] = via[together[node]] if node == last else last
    return found


@Kernel
def second_worst(first: I64, least: I32, start: I64, count: I32, member: I32, worst: I64, via: I32) -> I64:
    """For each CI the worst that its requirements come to without the plain ones on `via`; -1 if to nothing."""
    found = np.full(len(worst), -1, np.int64)
    for node in range(len(worst)):
        for need in range(first[node], first[node + 1]):
            for place in range(start[need], start[need] + count[need]):
                other = member[place]
                if worst[other] <= found[node]:
                    continue
                if least[need] == count[need]:
                    if other != via[node]:
                        found[node] = worst[other]
                    continue
                better = 0
                for rival in range(start[need], start[need] + count[need]):
                    better += worst[member[rival]] < worst[other]
                if better < least[need]:
                    found[node] = worst[other]
    return found


@Kernel
def tally(
    starts: I32, excess: I64, via: I32, root: I32, gain: I64, ease: I64, hops: int, ends: I64, edges: I64, spots: I64
) -> None:
    """Count, for paths that lead from each of `starts` along `via`, how often each CI is where to change something.

    `ends[root]` counts every path; `spots[v]` those whose `excess` is not more than the `gain` possible at `v`, and
    `edges[v]` those where it is not more than the `ease` without the step from `v` to `via[v]`. A path is followed for
    at most `hops` steps. All three are added to.
    """
    for at in range(len(starts)):
        node, last = starts[at], root[starts[at]]
        if last >= 0:
            ends[last] += 1
        for _ in range(hops):
            if gain[node] >= excess[at]:
                spots[node] += 1
            if node == last or via[node] < 0:
                break
            if ease[node] >= excess[at]:
                edges[node] += 1
            node = via[node]
