"""The walk: the least fixpoint of the four states, each affected CI settled once, worst state first.

A contribution never exceeds the state of the provider it comes from, so states settle in the order down, degraded,
at_risk (as in Dijkstra's algorithm, with three distances). Cost follows the affected CIs and their dependents.

Layouts, chosen so that a step touches few cache lines:
`nodes[ci]` is (start, count) of its words; a word is `target << 3 | pooled << 2 | effect`, the target of a pooled
word being a pool; `pools[pool]` is (dependent, members it can lose and work, members it can lose in full service,
effect). Unsigned indices spare the test for negative ones; a CI of the level being settled is written to the queue
before knowing whether it is new, since that branch cannot be predicted.
"""

import numpy as np

from impact.kernels.jit import Kernel, part
from impact.kernels.types import I32, I64, U8, U32

PINNED = 4
"""State mark of a pinned CI: above down, so that nothing raises it."""


@part
def settle_states(
    nodes: U32, words: U32, pools: I32, state: U8, lost: I32, queue: U32, touched: U32, filled: I64, ends: I64
) -> tuple[int, int]:
    """Settle the states; how many CIs are settled then (into `queue[0]`), and pools touched.

    `filled[level]` of a row of `queue` are seeds; `ends[level]` becomes the number settled down to that level.
    """
    settled = pool_count = 0
    for level in range(3, 0, -1):
        row, done, tail = 3 - level, 0, filled[level]
        while done < tail:
            node = queue[row, done]
            done += 1
            if state[node] != level:
                continue
            queue[0, settled] = node
            settled += 1
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
                    if reach == 0:
                        continue
                else:
                    reach = min(level, int(np.int64(word & np.uint32(3))))
                old = state[target]
                new = old < reach
                if reach == level:
                    queue[row, tail] = target
                    tail += new
                    state[target] = reach if new else old
                elif new:
                    queue[3 - reach, filled[reach]] = target
                    filled[reach] += 1
                    state[target] = reach
        ends[level] = settled
    return settled, pool_count


@Kernel
def spread(
    nodes: U32, words: U32, pools: I32, seeds: U32, floors: U8, pins: U32,
    state: U8, lost: I32, queue: U32, touched: U32,
) -> tuple[I32, U8]:  # fmt: skip
    """The affected CIs, worst first, and their states, given that `seeds` are at least as bad as `floors`.

    Scratch: `state[V + 1]` and `lost[P + 1]` are zero before and after; `queue[3, V + 1]` and `touched[P + 1]` hold
    anything.
    """
    for i in range(len(pins)):
        state[pins[i]] = PINNED
    filled = np.zeros(4, np.int64)
    for i in range(len(seeds)):
        seed, floor = seeds[i], floors[i]
        if state[seed] < floor:
            state[seed] = floor
            queue[3 - floor, filled[floor]] = seed
            filled[floor] += 1
    ends = np.zeros(4, np.int64)
    settled, pool_count = settle_states(nodes, words, pools, state, lost, queue, touched, filled, ends)
    affected = np.empty(settled, np.int32)
    levels = np.empty(settled, np.uint8)
    affected[:] = queue[0, :settled]
    levels[: ends[3]] = 3
    levels[ends[3] : ends[2]] = 2
    levels[ends[2] :] = 1
    if settled * 16 > len(state):
        state[:] = 0
    else:
        for i in range(settled):
            state[queue[0, i]] = 0
    for i in range(pool_count):
        lost[touched[i]] = 0
    for i in range(len(pins)):
        state[pins[i]] = 0
    return affected, levels
