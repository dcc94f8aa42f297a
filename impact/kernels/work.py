"""Work with few hands: what is done when, by whom, if no more than so many CIs are restored at once; and what waits."""

from heapq import heappop, heappush

import numpy as np

from impact.kernels.jit import Kernel
from impact.kernels.types import B1, I32, I64


@Kernel
def work(
    least: I32, start: I64, count: I32, member: I32, owner: I32, back_first: I64, back: I32,
    together: I32, longest: I64, hands: B1, rank: I32, crews: int,
    begun: I64, minutes: I64, crew: I32, turn: I32, by: I32, reached: I64, sequence: I32,
) -> None:  # fmt: skip
    """List scheduling: whenever a crew is free, it takes the CI of least `rank` whose requirements are met.

    CIs with the same `together` are one piece of work, of the time and the rank of the CI named there. Work without
    `hands` needs no crew. Requirements are laid out as in `continuity.needs`, with what each CI is a member of in
    `back[back_first[v] : back_first[v + 1]]`. Filled in, by CI: when work on it has `begun`, `minutes` when it is
    done, by which `crew` (-1: none), the `turn` of its beginning among all, and the CI that it is back `by` (itself,
    or where it takes no hands, the last work it waited for; -1: none); by requirement: when it is `reached` (-1: at
    once); `sequence`: the CIs as they are done.
    """
    size, leads = len(together), len(least)
    left, lacking = np.empty(leads, np.int32), np.zeros(size, np.int32)
    after = np.full(size, -1, np.int32)
    for node in range(size):
        leader = together[node]
        if leader != node:
            after[node], after[leader] = after[leader], node
    for at in range(leads):
        leader, reached[at] = together[owner[at]], -1
        left[at] = least[at]
        for e in range(start[at], start[at] + count[at]):
            left[at] -= together[member[e]] == leader
        lacking[leader] += left[at] > 0
    ready = [(np.int64(0), np.int64(0)) for _ in range(0)]
    running = [(np.int64(0), np.int64(0), np.int64(0)) for _ in range(0)]
    idle = [np.int64(0) for _ in range(0)]
    hired = order = done = now = np.int64(0)
    for node in range(size):
        crew[node], by[node] = -1, node if hands[together[node]] else -1
        if together[node] == node and lacking[node] == 0:
            if hands[node]:
                heappush(ready, (np.int64(rank[node]), np.int64(node)))
            else:
                begun[node], turn[node] = 0, order
                heappush(running, (longest[node], order, np.int64(node)))
                order += 1
    while len(ready) > 0 or len(running) > 0:
        if len(ready) > 0 and (len(running) == 0 or running[0][0] > now) and (len(idle) > 0 or hired < crews):
            chosen = np.int64(heappop(ready)[1])
            if len(idle) > 0:
                crew[chosen] = heappop(idle)
            else:
                crew[chosen] = hired
                hired += 1
            begun[chosen], turn[chosen] = now, order
            heappush(running, (now + longest[chosen], order, chosen))
            order += 1
            continue
        now, _, leader = heappop(running)
        if crew[leader] >= 0:
            heappush(idle, np.int64(crew[leader]))
        part = leader
        while part >= 0:
            begun[part], minutes[part], crew[part] = begun[leader], now, crew[leader]
            turn[part], by[part] = turn[leader], by[leader]
            sequence[done] = part
            done += 1
            for b in range(back_first[part], back_first[part + 1]):
                need = back[b]
                group = np.int64(together[owner[need]])
                if group == leader:
                    continue
                left[need] -= 1
                if left[need] != 0:
                    continue
                reached[need] = now
                lacking[group] -= 1
                if lacking[group] == 0:
                    if hands[group]:
                        heappush(ready, (np.int64(rank[group]), group))
                    else:
                        begun[group], turn[group], by[group] = now, order, by[leader]
                        heappush(running, (now + longest[group], order, group))
                        order += 1
            part = np.int64(after[part])


@Kernel
def require(
    first: I64, start: I64, count: I32, member: I32, restore: I32, longest: I64,
    minutes: I64, together: I32, sequence: I32, reached: I64,
    latest: I64, sure: B1, tail: I64,
) -> None:  # fmt: skip
    """Hand `latest`, the moment by which each CI must be back, down to what it requires; and reckon each `tail`.

    `latest` and `sure` hold each CI's own promise before, and the least of all afterwards; `sure` is false where an
    unknown restore time may make it less. `tail` is the longest work that waits for a CI. Of a pool, only the members
    that are back by the time it is met are required. `sequence` is as `settle` leaves it.
    """
    rank = np.empty(len(sequence), np.int32)
    for i in range(len(sequence)):
        rank[sequence[i]] = i
    high = len(sequence)
    while high > 0:
        leader, low = together[sequence[high - 1]], high
        moment, good, waiting = latest[sequence[high - 1]], True, np.int64(0)
        while low > 0 and together[sequence[low - 1]] == leader:
            low -= 1
            node = sequence[low]
            moment, waiting = min(moment, latest[node]), max(waiting, tail[node])
            good = good and sure[node]
        known = good
        for i in range(low, high):
            known = known and restore[sequence[i]] >= 0
        for i in range(low, high):
            node = sequence[i]
            latest[node], sure[node], tail[node] = moment, good, waiting
            for at in range(first[node], first[node + 1]):
                for e in range(start[at], start[at] + count[at]):
                    other = member[e]
                    if minutes[other] > reached[at] or rank[other] >= low:
                        continue
                    tail[other] = max(tail[other], waiting + longest[leader])
                    if moment < NEVER:
                        latest[other] = min(latest[other], moment - longest[leader])
                        sure[other] = sure[other] and known
        high = low


NEVER = 2**62
"""A moment that stands for no promise at all."""


@Kernel
def helped(
    first: I64, start: I64, count: I32, member: I32, minutes: I64, together: I32, sequence: I32, reached: I64,
    groups: I32, people: I64, total: I64,
) -> None:  # fmt: skip
    """Add to `total` of each CI the `people` of the `groups` that require it, through any number of hops.

    Done for 64 groups at a time; a group's people count once, however many ways lead to it.
    """
    size = len(sequence)
    rank, marks = np.empty(size, np.int32), np.empty(size, np.uint64)
    sums = np.zeros((8, 256), np.int64)
    for i in range(size):
        rank[sequence[i]] = i
    for begin in range(0, len(groups), 64):
        marks[:] = 0
        sums[:] = 0
        for bit in range(min(64, len(groups) - begin)):
            marks[groups[begin + bit]] |= np.uint64(1) << np.uint64(bit)
            for byte in range(256):
                if byte >> (bit % 8) & 1:
                    sums[bit // 8, byte] += people[begin + bit]
        high = size
        while high > 0:
            leader, low, mark = together[sequence[high - 1]], high, np.uint64(0)
            while low > 0 and together[sequence[low - 1]] == leader:
                low -= 1
                mark |= marks[sequence[low]]
            found = np.int64(0)
            for at in range(8 * (mark != np.uint64(0))):
                found += sums[at, np.int64(mark >> np.uint64(8 * at) & np.uint64(255))]
            for i in range(low, high):
                node = sequence[i]
                total[node] += found
                if mark == np.uint64(0):
                    continue
                for at in range(first[node], first[node + 1]):
                    for e in range(start[at], start[at] + count[at]):
                        if minutes[member[e]] <= reached[at] and rank[member[e]] < low:
                            marks[member[e]] |= mark
            high = low
