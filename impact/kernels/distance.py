"""Distances: the length of the shortest proof of each affected CI, over contributions that justify its state."""

import numpy as np

from impact.kernels.jit import Kernel
from impact.kernels.types import I32, U8, U32


@Kernel
def measure(
    nodes: U32, words: U32, pools: I32, seeds: U32, floors: U8, affected: I32, levels: U8,
    state: U8, lost: I32, far: I32, queue: U32,
) -> I32:  # fmt: skip
    """The number of hops of each of `affected` from the nearest assumption that proves its state.

    A pool member justifies the state of the pool's dependent if it is at least as bad and too few members are better
    (for at_risk: or if it is degraded or worse at all).
    Scratch: `state[V]`, `lost[P, 4]` and `far[V]` are zero before and after; `queue[V]` holds anything.
    """
    for i in range(len(affected)):
        node = affected[i]
        state[node] = levels[i]
        first = nodes[node, 0]
        for at in range(first, first + nodes[node, 1]):
            if words[at] & np.uint32(4):
                for level in range(1, levels[i] + 1):
                    lost[words[at] >> np.uint32(3), level] += 1
    filled = 0
    for i in range(len(seeds)):
        seed = seeds[i]
        if state[seed] == floors[i] and far[seed] == 0:
            far[seed] = 1
            queue[filled] = seed
            filled += 1
    done = 0
    while done < filled:
        node = queue[done]
        done += 1
        level = state[node]
        first = nodes[node, 0]
        for at in range(first, first + nodes[node, 1]):
            word = words[at]
            target = word >> np.uint32(3)
            if word & np.uint32(4):
                pool = target
                target = np.uint32(pools[pool, 0])
                reached = state[target]
                if far[target] != 0 or reached == 0 or pools[pool, 3] < reached:
                    continue
                spare = pools[pool, 1] if reached == 3 else pools[pool, 2]
                holds = (level >= reached and lost[pool, reached] > spare) or (reached == 1 and level >= 2)
            else:
                reached = state[target]
                holds = far[target] == 0 and reached != 0 and min(level, word & np.uint32(3)) == reached
            if holds:
                far[target] = far[node] + 1
                queue[filled] = target
                filled += 1
    out = np.empty(len(affected), np.int32)
    for i in range(len(affected)):
        node = affected[i]
        out[i] = far[node] - 1
        far[node] = 0
        state[node] = 0
        first = nodes[node, 0]
        for at in range(first, first + nodes[node, 1]):
            if words[at] & np.uint32(4):
                for level in range(1, 4):
                    lost[words[at] >> np.uint32(3), level] = 0
    return out
