"""Every CI failed alone, one at a time: for failures that hit few CIs, which is nearly all of them.

A failure that hits more than `most` CIs is left to `kernels.alone`, where those share their way.
"""

from typing import Any, NamedTuple

import numpy as np

from impact.kernels.alone import BROKEN, CIS, MISSED, PEOPLE, SERVICES, TIERS, Facts
from impact.kernels.jit import Kernel, part
from impact.kernels.line import AHEAD, CLOCK, COUNTED, GROUP, LATE, SERVICE
from impact.kernels.types import B1, I32, I64, U8, U32
from impact.kernels.walk import settle_states

UNSETTLED = -1
"""MISSED where a circle is down: recovery times have to be found otherwise."""


class Desk(NamedTuple):
    """Scratch for V CIs and P pools, all zero between failures but `queue` and `touched`, which hold anything.

    A pool's longest recovery times stand from `start[pool]` in `ranked`, as many as decide when it is back.
    """

    state: U8
    lost: I32
    queue: U32
    touched: U32
    times: I32
    start: I64
    ranked: I32


def new_desk(size: int, pools: I32) -> Desk:
    """Scratch for the CIs in line and their pools."""
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(pools[:, 1].astype(np.int64) + 1)])
    return Desk(
        np.zeros(size + 1, np.uint8), np.zeros(len(pools) + 1, np.int32), np.empty((3, size + 1), np.uint32),
        np.empty(len(pools) + 1, np.uint32), np.zeros(size, np.int32), start, np.zeros(int(start[-1]), np.int32),
    )  # fmt: skip


@part
def group_state(state: U8, start: I32, places: I32, group: int) -> int:
    """The worst state of the groups listed for `group`."""
    worst: Any = 0
    for i in range(start[group], start[group + 1]):
        worst = max(worst, np.int64(state[places[i]]))
    return worst


@part
def count_group(facts: Facts, state: U8, at: int, out: I32, row: int) -> None:
    """Add the people of the group at `at`, at each level at which no group around it counts them."""
    group = facts.group[at]
    mine = group_state(state, facts.cover_start, facts.cover, group)
    around = 0
    for i in range(facts.block_start[group], facts.block_start[group + 1]):
        around = max(around, group_state(state, facts.cover_start, facts.cover, facts.block[i]))
    for level in range(around + 1, mine + 1):
        out[row, PEOPLE + 3 - level] += facts.people[group]


@part
def count_missed(nodes: U32, words: U32, pools: I32, facts: Facts, desk: Desk, down: I32) -> int:
    """How many of the services in `down` (places, ascending) are back too late; UNSETTLED where a circle is down."""
    missed, circle = 0, False
    marks, times, ranked = facts.marks, desk.times, desk.ranked
    for i in range(len(down)):
        at = down[i]
        mine = times[at] + max(facts.restore[at], np.int32(0))
        times[at] = mine
        if marks[at] & (LATE | COUNTED) == LATE | COUNTED and mine > facts.rto[at]:
            missed += 1
        for edge in range(nodes[at, 0], nodes[at, 0] + nodes[at, 1]):
            word = words[edge]
            to = word >> np.uint32(3)
            time = mine
            if word & np.uint32(4):
                pool = to
                to = np.uint32(pools[pool, 0])
                if pools[pool, 3] != 3:
                    continue
                for rank in range(desk.start[pool], desk.start[pool + 1]):
                    longer = max(ranked[rank], time)
                    time = min(ranked[rank], time)
                    ranked[rank] = longer
                time = ranked[desk.start[pool + 1] - 1]
            elif word & np.uint32(3) != 3:
                continue
            if desk.state[to] == 3:
                circle |= to <= at
                times[to] = max(times[to], time)
    return UNSETTLED if circle else missed


@part
def clean_times(nodes: U32, words: U32, desk: Desk, down: I32) -> None:
    """Clean what `count_missed` wrote."""
    for i in range(len(down)):
        at = down[i]
        desk.times[at] = 0
        for edge in range(nodes[at, 0], nodes[at, 0] + nodes[at, 1]):
            if words[edge] & np.uint32(4):
                pool = words[edge] >> np.uint32(3)
                for rank in range(desk.start[pool], desk.start[pool + 1]):
                    desk.ranked[rank] = 0
            else:
                desk.times[words[edge] >> np.uint32(3)] = 0


@part
def sure_to_be_large(nodes: U32, words: U32, at: int, large: B1) -> bool:
    """Whether the CI takes down another that is known to hit many."""
    for edge in range(nodes[at, 0], nodes[at, 0] + nodes[at, 1]):
        if words[edge] & np.uint32(7) == 3 and large[words[edge] >> np.uint32(3)]:
            return True
    return False


@Kernel
def fail_small(
    nodes: U32, words: U32, pools: I32, sources: I32, facts_of: tuple[Any, ...], desk_of: tuple[Any, ...],
    most: int, large: B1, out: I32,
) -> None:  # fmt: skip
    """Fill `out[i]` with what the failure of `sources[i]` alone does, or mark it `large`.

    `sources` are places in line, best given dependents first: what is found large tells that its providers are.
    """
    facts, desk = Facts(*facts_of), Desk(*desk_of)
    filled, ends = np.zeros(4, np.int64), np.zeros(4, np.int64)
    state, queue, marks = desk.state, desk.queue, facts.marks
    down = np.empty(most + 1, np.int32)
    for i in range(len(sources)):
        source = sources[i]
        if sure_to_be_large(nodes, words, source, large):
            large[source] = True
            continue
        state[source] = 3
        queue[0, 0] = source
        filled[1], filled[2], filled[3] = 0, 0, 1
        settled, pool_count = settle_states(
            nodes, words, pools, state, desk.lost, queue, desk.touched, filled, ends, 3, 3, 0, 0, most
        )
        broken = 0
        for k in range(pool_count):
            pool = desk.touched[k]
            spare = pools[pool, 1]
            if spare > 0 and desk.lost[pool] > spare and marks[pools[pool, 0]] & COUNTED:
                broken += 1
        if settled <= most:
            settled, pool_count = settle_states(
                nodes, words, pools, state, desk.lost, queue, desk.touched, filled, ends,
                2, 1, settled, pool_count, most,
            )  # fmt: skip
        if settled > most:
            large[source] = True
            for row in range(3):
                for k in range(max(filled[3 - row], settled if row == 0 else 0)):
                    state[queue[row, k]] = 0
        else:
            out[i, :] = 0
            out[i, BROKEN] = broken
            timed = False
            hard = 0
            for k in range(settled):
                at = queue[0, k]
                mark, level = marks[at], 3 - (np.int64(k >= ends[3]) + np.int64(k >= ends[2]))
                if level == 3 and mark & (LATE | AHEAD):
                    down[hard] = at
                    hard += 1
                    timed |= mark & LATE != 0
                if mark & COUNTED == 0:
                    continue
                out[i, CIS + 3 - level] += 1
                if mark & SERVICE:
                    out[i, SERVICES + 3 - level] += 1
                    if level == 3 and mark & CLOCK:
                        out[i, TIERS + facts.tier[at]] += 1
                elif mark & GROUP:
                    count_group(facts, state, at, out, i)
            if timed:
                places = np.sort(down[:hard])
                out[i, MISSED] = count_missed(nodes, words, pools, facts, desk, places)
                clean_times(nodes, words, desk, places)
            for k in range(settled):
                state[queue[0, k]] = 0
        for k in range(pool_count):
            desk.lost[desk.touched[k]] = 0
