"""Kernels of the common cause: what the evidence depends on, what may hit it, and CIs failed alone.

Layouts of `nodes`, `words` and `pools` as in `kernels.walk`; `index` and `columns` are those of `graph.providers`.
The cone of some CIs, them and all they depend on, is a graph of its own, small enough to stay near the processor. Its
CIs are numbered from 0: those asked about, then the nearest. The dependencies of CI i are the rows from `starts[i]` to
`starts[i + 1]` of `providers` and `kinds`: the effect of a plain dependency, or -1 - the number of the pool. `order`
holds each CI behind all that depend on it; where there are cycles, some stand before.
"""

import numpy as np

from impact.kernels.jit import Kernel, part
from impact.kernels.types import I32, I64, U8, U32, U64

TOGETHER = 64
"""How many CIs `settle_alone` settles at once: one bit each."""
UNSEEN = 2**63 - 1
"""In place of a time that is not known: later than any other."""
EXPLAINED, AS_SEEN, EARLY, WRONG = 1, 2, 4, 8
"""Marks of `judge`: a symptom explained, as it was seen, seen before the cause itself; a fine CI predicted to fail."""


@part
def discover(index: U32, columns: I32, asked: I32, number: I32, queue: U32) -> int:
    """Number `asked` and all they depend on, from 1 in `number`, in the order of `queue[0]`: how many they are."""
    size = done = 0
    for i in range(len(asked)):
        queue[0, size] = asked[i]
        size += 1
        number[asked[i]] = size
    while done < size:
        node = queue[0, done]
        done += 1
        first = index[node, 0]
        for at in range(first, first + index[node, 1]):
            provider = columns[0, at]
            if number[provider] == 0:
                queue[0, size] = provider
                size += 1
                number[provider] = size
    return size


@part
def sort_cone(starts: I32, providers: I32, waiting: I32, marks: U64) -> tuple[I32, bool]:
    """The `order` of a cone, and whether it has cycles; adds to the marks of each CI those of all that depend on it.

    `waiting` holds how many relations lead to each CI, and is used up.
    """
    size, filled, done, cyclic = len(marks), 0, 0, False
    order = np.empty(size, np.int32)
    for i in range(size):
        if waiting[i] == 0:
            order[filled] = i
            filled += 1
    while done < size:
        if done == filled:
            cyclic = True
            for i in range(size):
                if waiting[i] > 0:
                    waiting[i] = -len(providers)
                    order[filled] = i
                    filled += 1
        node = order[done]
        done += 1
        for at in range(starts[node], starts[node + 1]):
            provider = providers[at]
            for k in range(marks.shape[1]):
                marks[provider, k] |= marks[node, k]
            waiting[provider] -= 1
            if waiting[provider] == 0:
                order[filled] = provider
                filled += 1
    return order, cyclic


@part
def spread_marks(starts: I32, providers: I32, order: I32, marks: U64) -> None:
    """Add to the marks of each CI of a cone those of all that depend on it, also around cycles."""
    grown = True
    while grown:
        grown = False
        for i in range(len(order)):
            node = order[i]
            for at in range(starts[node], starts[node + 1]):
                for k in range(marks.shape[1]):
                    new = marks[providers[at], k] | marks[node, k]
                    grown = grown or new != marks[providers[at], k]
                    marks[providers[at], k] = new


@part
def counted_bits(marks: U64) -> I32:
    """How many bits each row has."""
    found = np.zeros(len(marks), np.int32)
    for i in range(len(marks)):
        for k in range(marks.shape[1]):
            left = marks[i, k]
            while left:
                left &= left - np.uint64(1)
                found[i] += 1
    return found


@Kernel
def climb(index: U32, columns: I32, asked: I32, number: I32, queue: U32) -> tuple[I32, I32, I32, I32]:
    """An upstream walk: `asked` and all they depend on, the nearest first; for each how many dependencies away it is,
    the place that it was found from, and the type of that relation (-1 for those asked about).

    Scratch: `number[V]` is zero before and after, `queue[3, V + 1]` holds anything.
    """
    size = done = 0
    for i in range(len(asked)):
        if number[asked[i]] == 0:
            queue[0, size] = asked[i]
            size += 1
            number[asked[i]] = size
    own = size
    while done < size:
        node = queue[0, done]
        first = index[node, 0]
        for at in range(first, first + index[node, 1]):
            provider = columns[0, at]
            if number[provider] == 0:
                queue[0, size], queue[1, size], queue[2, size] = provider, done, at
                size += 1
                number[provider] = size
        done += 1
    cis, far = np.empty(size, np.int32), np.zeros(size, np.int32)
    through, relation = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    for i in range(size):
        cis[i] = queue[0, i]
        number[cis[i]] = 0
        if i >= own:
            through[i], relation[i] = queue[1, i], columns[1, queue[2, i]] >> 2
            far[i] = far[through[i]] + 1
    return cis, far, through, relation


@Kernel
def survey(
    index: U32, columns: I32, asked: I32, count: int, number: I32, queue: U32
) -> tuple[I32, I32, I32, I32, I32, bool, I32]:
    """The cone of `asked`: its CIs, `starts`, `providers`, `kinds` and `order`, whether it has cycles, and how many of
    the first `count` of `asked` depend on each of its CIs.

    Scratch: `number[V]` is zero before and after, `queue[3, V + 1]` holds anything.
    """
    size = discover(index, columns, asked, number, queue)
    cis, starts = np.empty(size, np.int32), np.empty(size + 1, np.int32)
    filled = 0
    for i in range(size):
        cis[i], starts[i] = queue[0, i], filled
        filled += int(np.int64(index[queue[0, i], 1]))
    starts[size] = filled
    providers, kinds = np.empty(filled, np.int32), np.empty(filled, np.int32)
    waiting = np.zeros(size, np.int32)
    for i in range(size):
        start, first = starts[i], int(np.int64(index[cis[i], 0]))
        for at in range(starts[i + 1] - start):
            provider, pool = number[columns[0, first + at]] - 1, columns[2, first + at]
            providers[start + at] = provider
            kinds[start + at] = -1 - pool if pool >= 0 else columns[1, first + at] & 3
            waiting[provider] += 1
    for i in range(size):
        number[cis[i]] = 0
    marks = np.zeros((size, (count + 63) // 64), np.uint64)
    for i in range(count):
        marks[i, i >> 6] = np.uint64(1) << np.uint64(i & 63)
    order, cyclic = sort_cone(starts, providers, waiting, marks)
    if cyclic:
        spread_marks(starts, providers, order, marks)
    return cis, starts, providers, kinds, order, cyclic, counted_bits(marks)


@part
def pool_bits(
    providers: I32, kinds: I32, at: int, end: int, spare: int, full_spare: int,
    bad: U64, lost: U64, counted: I32, stamp: int,
) -> tuple[np.uint64, np.uint64, np.uint64]:  # fmt: skip
    """What the pool of row `at`, the first of its rows, which end before `end`, contributes: at_risk, degraded, down.

    `lost[state, n]` collects the bits of which at least n members are in that state or worse; a member that `counted`
    has with `stamp` was counted before.
    """
    lost[1:, 1 : spare + 2] = 0
    eroded = np.uint64(0)
    for other in range(at, end):
        member = providers[other]
        if kinds[other] != kinds[at] or counted[member] == stamp:
            continue
        counted[member] = stamp
        eroded |= bad[member, 2]
        for count in range(spare + 1, 0, -1):
            for state in range(1, 4):
                lost[state, count] |= lost[state, count - 1] & bad[member, state]
    return lost[1, full_spare + 1] | eroded, lost[2, full_spare + 1], lost[3, spare + 1]


@part
def settle_one(
    pools: I32, begin: int, end: int, providers: I32, kinds: I32,
    bad: U64, lost: U64, counted: I32, stamp: int,
) -> tuple[np.uint64, np.uint64, np.uint64, U64]:  # fmt: skip
    """What the dependencies of one CI, the rows `begin` to `end`, contribute: at_risk, degraded, down; and `lost`."""
    at_risk = degraded = down = np.uint64(0)
    for at in range(begin, end):
        provider, effect = providers[at], kinds[at]
        if effect >= 0:
            eroded, lamed, gone = bad[provider, 1], bad[provider, 2], bad[provider, 3]
        else:
            before = begin
            while kinds[before] != effect:
                before += 1
            if before < at:
                continue
            pool = -1 - effect
            spare, full_spare, effect = pools[pool, 1], pools[pool, 2], pools[pool, 3]
            if lost.shape[1] < spare + 2:
                lost = np.full((4, 2 * spare + 2), ~np.uint64(0))
            eroded, lamed, gone = pool_bits(
                providers, kinds, at, end, spare, full_spare, bad, lost, counted, stamp + at - begin
            )
        at_risk |= eroded
        if effect >= 2:
            degraded |= lamed
        if effect == 3:
            down |= gone
    return at_risk, degraded, down, lost


@Kernel
def settle_alone(
    pools: I32, starts: I32, providers: I32, kinds: I32, order: I32, cyclic: bool, tried: I32, watched: int
) -> U8:  # fmt: skip
    """The states of the first `watched` CIs of a cone when each of `tried`, at most 64 of them, is down alone.

    The law of states over bits: bit i of `bad[ci, s]` says that `ci` is in state s or worse when `tried[i]` is down.
    All that a CI of the cone depends on is in it, so these are its states in the whole graph.
    """
    size, stamp, grown = len(order), 1, True
    bad = np.zeros((size, 4), np.uint64)
    for i in range(len(tried)):
        bad[tried[i], 1:] |= np.uint64(1) << np.uint64(i)
    lost, counted = np.full((4, 8), ~np.uint64(0)), np.zeros(size, np.int32)
    while grown:
        grown = False
        for i in range(size - 1, -1, -1):
            node = order[i]
            begin, end = starts[node], starts[node + 1]
            reached = np.uint64(0)
            for at in range(begin, end):
                reached |= bad[providers[at], 1]
            if reached == 0:
                continue
            at_risk, degraded, down, lost = settle_one(pools, begin, end, providers, kinds, bad, lost, counted, stamp)
            stamp += end - begin
            down |= bad[node, 3]
            degraded |= bad[node, 2] | down
            at_risk |= bad[node, 1] | degraded
            grown = grown or (cyclic and (at_risk != bad[node, 1] or degraded != bad[node, 2] or down != bad[node, 3]))
            bad[node, 1], bad[node, 2], bad[node, 3] = at_risk, degraded, down
    states = np.zeros((len(tried), watched), np.uint8)
    for i in range(len(tried)):
        bit = np.uint64(1) << np.uint64(i)
        for k in range(watched):
            for state in range(1, 4):
                if bad[k, state] & bit:
                    states[i, k] = state
    return states


@Kernel
def judge(states: U8, own: I32, least: U8, firm: U8, seen: I64) -> tuple[U8, I32]:
    """What failures that lead to `states` (a row each: the affected, then the fine) do to the evidence: marks in the
    same places, and keys to sort by, the best first: the score negated, the number explained only as at risk negated,
    and whether nothing is explained.

    `own` says which of the affected each failed CI is itself, -1 for none; it was seen when `seen` says.
    """
    count = len(least)
    marks = np.zeros(states.shape, np.uint8)
    keys = np.zeros((len(states), 3), np.int32)
    for i in range(len(states)):
        at = seen[own[i]] if own[i] >= 0 and seen[own[i]] != UNSEEN else -UNSEEN
        keys[i, 2] = 1
        for k in range(count):
            if states[i, k] < least[k]:
                continue
            keys[i, 2] = 0
            early = seen[k] < at
            marks[i, k] = EXPLAINED | (EARLY if early else 0)
            if states[i, k] >= firm[k]:
                marks[i, k] |= AS_SEEN
                keys[i, 0] -= not early
            else:
                keys[i, 1] -= not early
        for k in range(count, states.shape[1]):
            if states[i, k] >= 2:
                marks[i, k] = WRONG
                keys[i, 0] += 1
    return marks, keys


@Kernel
def fail_each(
    nodes: U32, words: U32, pools: I32, tried: I32, limits: I32, watch: I32, known: I32,
    state: U8, lost: I32, queue: U32, touched: U32,
) -> tuple[U8, I32]:  # fmt: skip
    """Each of `tried` down alone: the states of the CIs in `watch`, and how many others are degraded or down.

    CIs that are not zero in `known` are not counted, nor is the one that failed. A count above `limits[i]` is not
    pursued: it is then `limits[i] + 1`, and the states are not to be used. The rules are those of `kernels.walk`.
    Scratch: `state[V + 1]` and `lost[P + 1]` are zero before and after; `queue[3, V + 1]` and `touched[P + 1]` hold
    anything.
    """
    states = np.zeros((len(tried), len(watch)), np.uint8)
    hits = np.empty(len(tried), np.int32)
    filled = np.zeros(4, np.int64)
    for i in range(len(tried)):
        filled[:] = 0
        state[tried[i]] = 3
        queue[0, 0] = tried[i]
        filled[3] = 1
        hit = pool_count = 0
        limit, level = limits[i], 3
        while level > 0 and hit <= limit:
            row, done = 3 - level, 0
            while done < filled[level] and hit <= limit:
                node = queue[row, done]
                done += 1
                if state[node] != level:
                    continue
                first = nodes[node, 0]
                for at in range(first, first + nodes[node, 1]):
                    word = words[at]
                    target = word >> np.uint32(3)
                    if word & np.uint32(4):
                        gone = lost[target] + 1
                        lost[target] = gone
                        touched[pool_count] = target
                        pool_count += gone == 1
                        if gone > pools[target, 1]:
                            reach = level
                        elif gone > pools[target, 2]:
                            reach = min(level, 2)
                        else:
                            reach = 1 if level >= 2 else 0
                        reach = min(reach, int(pools[target, 3]))
                        target = np.uint32(pools[target, 0])
                    else:
                        reach = min(level, int(np.int64(word & np.uint32(3))))
                    old = state[target]
                    if old < reach:
                        state[target] = reach
                        queue[3 - reach, filled[reach]] = target
                        filled[reach] += 1
                        if reach >= 2 and old < 2 and known[target] == 0:
                            hit += 1
                            if hit > limit:
                                break
            level -= 1
        hits[i] = hit
        for k in range(len(watch)):
            states[i, k] = state[watch[k]]
        for level in range(1, 4):
            for k in range(filled[level]):
                state[queue[3 - level, k]] = 0
        for k in range(pool_count):
            lost[touched[k]] = 0
    return states, hits


@Kernel
def hops(starts: I32, providers: I32, count: int, wanted: I32) -> I32:
    """The fewest dependencies from each of the first `count` CIs of a cone (columns) to each of `wanted` (rows), -1
    where none lead there."""
    size = len(starts) - 1
    found = np.empty((len(wanted), count), np.int32)
    far, queue = np.zeros(size, np.int32), np.empty(size, np.int32)
    for k in range(count):
        far[k], queue[0] = 1, k
        done, filled = 0, 1
        while done < filled:
            node = queue[done]
            done += 1
            for at in range(starts[node], starts[node + 1]):
                provider = providers[at]
                if far[provider] == 0:
                    far[provider] = far[node] + 1
                    queue[filled] = provider
                    filled += 1
        for i in range(len(wanted)):
            found[i, k] = far[wanted[i]] - 1
        for i in range(filled):
            far[queue[i]] = 0
    return found
