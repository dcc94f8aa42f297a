"""When each CI is back if nobody waits for free hands: cycles first, then times, what is required first.

Requirements are laid out as in `continuity.needs`: those of `v` are `first[v]` to `first[v + 1] - 1`; requirement `r`
is met once `least[r]` of `member[start[r] : start[r] + count[r]]` are back.
"""

from heapq import heappop, heappush

import numpy as np

from impact.kernels.jit import Kernel
from impact.kernels.types import B1, I32, I64


@Kernel
def order_cycles(
    first: I64, start: I64, count: I32, member: I32, met: B1, nodes: I32,
    index: I32, low: I32, turn: I64, entry: I32,
) -> tuple[I32, I32]:  # fmt: skip
    """`nodes` in an order in which what is waited for comes first, and where each group of it begins (and the end).

    A group is a strongly connected component of the waits for requirements not `met` (Tarjan's algorithm).
    Scratch: `index` is -1 before and after; `low`, `turn` and `entry` hold anything; all of the size of `first`.
    """
    size = len(nodes)
    order = np.empty(size, np.int32)
    bounds = np.empty(size + 1, np.int32)
    open_, path = np.empty(size, np.int32), np.empty(size, np.int32)
    for i in range(size):
        index[nodes[i]] = 0
    ordered = groups = opened = depth = seen = 0
    for i in range(size):
        if index[nodes[i]] != 0:
            continue
        path[0] = nodes[i]
        depth = 1
        while depth > 0:
            node = path[depth - 1]
            if index[node] == 0:
                seen += 1
                index[node] = low[node] = seen
                turn[node], entry[node] = first[node], 0
                open_[opened] = node
                opened += 1
            deeper = False
            while turn[node] < first[node + 1] and not deeper:
                at = turn[node]
                if met[at] or entry[node] == count[at]:
                    turn[node] += 1
                    entry[node] = 0
                    continue
                other = member[start[at] + entry[node]]
                if index[other] == 0:
                    path[depth] = other
                    depth += 1
                    deeper = True
                else:
                    entry[node] += 1
                    if index[other] > 0:
                        low[node] = min(low[node], low[other])
            if deeper:
                continue
            depth -= 1
            if low[node] == index[node]:
                bounds[groups] = ordered
                groups += 1
                last = -1
                while last != node:
                    opened -= 1
                    last = open_[opened]
                    index[last] = -1
                    order[ordered] = last
                    ordered += 1
    bounds[groups] = ordered
    return order, bounds[: groups + 1]


@Kernel
def settle(
    first: I64, least: I32, start: I64, count: I32, member: I32, restore: I32,
    owner: I32, back_first: I64, back: I32, order: I32, bounds: I32, begin: int,
    minutes: I64, together: I32, sequence: I32, reached: I64, met: B1, ready: I64, lacking: I32,
) -> tuple[int, int]:  # fmt: skip
    """Fill in the recovery of the groups from number `begin` on, of a result of `order_cycles`.

    A group of one is back once its requirements are and it has been restored. In a larger one, CIs finish in order of
    time, as in Dijkstra's algorithm, so that a pool with a way out of the cycle is used; those that wait for each
    other are started together: they finish with the slowest of them, and `together` names one of them for all.
    `sequence` gets the CIs as they finish, what is required before what requires it, its last place counts them;
    `reached` when each requirement is met (-1: within the group). Where a group falls apart, stops: (its number, how
    many of it still wait, now at its front), else (-1, 0); times must be taken from `work` then.
    `back[back_first[v] : back_first[v + 1]]` are the requirements of CIs in cycles that `v` is a member of; `minutes`
    and `together` are -1 before; `ready` and `lacking` are scratch, one place per CI.
    """
    size = len(minutes)
    heap = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for group in range(begin, len(bounds) - 1):
        low, high = bounds[group], bounds[group + 1]
        for i in range(low, high):
            together[order[i]] = -2
        if high - low > 1:
            done = sequence[size]
            for i in range(low, high):
                node = order[i]
                ready[node], lacking[node] = 0, first[node + 1] - first[node]
                for at in range(first[node], first[node + 1]):
                    reached[at] = -least[at]
                    for e in range(start[at], start[at] + count[at]):
                        if minutes[member[e]] >= 0:
                            heappush(heap, (minutes[member[e]], np.int64(size + at)))
                if lacking[node] == 0:
                    heappush(heap, (np.int64(max(restore[node], 0)), np.int64(node)))
            while len(heap) > 0:
                time, code = heappop(heap)
                if code < size:
                    minutes[code], together[code] = time, code
                    sequence[sequence[size]] = code
                    sequence[size] += 1
                for b in range(back_first[code + 1] - back_first[code] if code < size else 1):
                    at = int(back[back_first[code] + b]) if code < size else int(code) - size
                    node = owner[at]
                    if together[node] != -2 or reached[at] >= 0:
                        continue
                    reached[at] += 1
                    if reached[at] == 0:
                        reached[at] = time
                        ready[node] = max(ready[node], time)
                        lacking[node] -= 1
                        if lacking[node] == 0:
                            heappush(heap, (ready[node] + max(restore[node], 0), np.int64(node)))
            split, waiting = sequence[size] > done, 0
            for i in range(low, high):
                node = order[i]
                if together[node] != -2:
                    continue
                order[i], order[low + waiting] = order[low + waiting], node
                waiting += 1
                for at in range(first[node], first[node + 1]):
                    if reached[at] >= 0 and not met[at]:
                        met[at] = True
                        for e in range(start[at], start[at] + count[at]):
                            split = split or together[member[e]] == -2
            if waiting == 0:
                continue
            if split:
                for i in range(low, low + waiting):
                    together[order[i]] = -1
                return group, waiting
        longest = latest = np.int64(0)
        for i in range(low, high):
            node = order[i]
            longest = max(longest, restore[node])
            for at in range(first[node], first[node + 1]):
                wanted, outside, moment = least[at], 0, np.int64(0)
                for e in range(start[at], start[at] + count[at]):
                    if together[member[e]] == -2:
                        wanted -= 1
                    else:
                        outside += 1
                        moment = max(moment, minutes[member[e]])
                if wanted <= 0:
                    moment = np.int64(-1)
                elif wanted < outside:
                    times = np.empty(outside, np.int64)
                    filled = 0
                    for e in range(start[at], start[at] + count[at]):
                        if together[member[e]] != -2:
                            times[filled] = minutes[member[e]]
                            filled += 1
                    times.sort()
                    moment = times[wanted - 1]
                reached[at] = moment
                latest = max(latest, moment)
        for i in range(low, high):
            minutes[order[i]] = latest + longest
            together[order[i]] = order[low]
            sequence[sequence[size]] = order[i]
            sequence[size] += 1
    return -1, 0


@Kernel
def ascertain(
    first: I64, least: I32, start: I64, count: I32, member: I32, restore: I32,
    minutes: I64, together: I32, sequence: I32, reached: I64, exact: B1, seen: B1,
) -> None:  # fmt: skip
    """Mark in `exact`, false before, the CIs whose `minutes` no unknown restore time can change.

    A requirement is exact if as many members as it needs are, among those back by the time it is met. CIs started
    together stand next to each other in `sequence`, and are exact together. `seen` is false before.
    """
    late = changed = True
    while late and changed:
        late, changed, low = False, False, 0
        seen[:] = False
        while low < len(sequence):
            leader, high, good = together[sequence[low]], low, True
            while high < len(sequence) and together[sequence[high]] == leader:
                seen[sequence[high]] = True
                high += 1
            for i in range(low, high):
                node = sequence[i]
                good = good and restore[node] >= 0
                for at in range(first[node], first[node + 1]):
                    wanted = least[at]
                    for e in range(start[at], start[at] + count[at]):
                        other = member[e]
                        if together[other] == leader:
                            wanted -= 1
                        elif minutes[other] <= reached[at]:
                            wanted -= exact[other]
                            late = late or not seen[other]
                    good = good and wanted <= 0
            for i in range(low, high):
                changed = changed or good != exact[sequence[i]]
                exact[sequence[i]] = good
            low = high


@Kernel
def blame(
    first: I64, least: I32, start: I64, count: I32, member: I32,
    minutes: I64, together: I32, reached: I64, exact: B1, begin: int, hops: I32, queue: I32,
) -> int:  # fmt: skip
    """Put into `queue` what keeps the minutes of `begin`, itself included, from being exact, and say how many.

    Leads through requirements that are not exact to those of their members that are not, and are back no later than
    it is met. `hops` gets how far away each is; it is -1 before.
    """
    queue[0], hops[begin] = begin, 0
    filled = 0 if exact[begin] else 1
    done = 0
    while done < filled:
        node = queue[done]
        done += 1
        for at in range(first[node], first[node + 1]):
            wanted = least[at]
            for e in range(start[at], start[at] + count[at]):
                wanted -= exact[member[e]] and minutes[member[e]] <= reached[at]
            if wanted <= 0:
                continue
            for e in range(start[at], start[at] + count[at]):
                other = member[e]
                near = minutes[other] <= reached[at] or together[other] == together[node]
                if hops[other] < 0 and near and not exact[other]:
                    hops[other] = hops[node] + 1
                    queue[filled] = other
                    filled += 1
    return filled
