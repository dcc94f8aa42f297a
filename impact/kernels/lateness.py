"""Recovery times of many failures settled together (`kernels.together`): which services miss their RTO.

A CI that is down is back after its own restore time and the latest of what it requires: of a plain dependency all of
it, of a pool the (spare + 1)-th longest among its members. Dependents stand behind what they require, so one pass
settles all, but for circles: their lanes are handed back to be settled one by one.

A row of times has a lane for each failure: minutes and one more where the CI is down, zero where it is not.
"""

from typing import Any

import numpy as np

from impact.kernels.jit import part
from impact.kernels.missed import LIMIT, NO_LIMIT, OWN, Ahead
from impact.kernels.together import DOWN, LANES, WORDS, Needs
from impact.kernels.types import B1, I32, I64, U64


@part
def rank(ranked: Any, spare: Any, times: Any, mine: int, carried: Any) -> None:
    """Put row `mine` into the first rows of `ranked`, which are sorted in each lane, the longest first."""
    for lane in range(LANES):
        carried[lane] = times[mine, lane]
    for at in range(spare + 1):
        for lane in range(LANES):
            less = min(ranked[at, lane], carried[lane])
            ranked[at, lane] = max(ranked[at, lane], carried[lane])
            carried[lane] = less


@part
def add_late(
    needs: Needs, ahead: Ahead, pools: I32, hit: B1, now: U64, begin: int, sources: I32, order: I64, late: I32,
    circle: U64, times: Any, cap: int, live: B1, ranked: Any,
) -> None:  # fmt: skip
    """Add to `late`, lane by lane, the services down that are back later than their RTO.

    What is hit stands from place `begin` on; `times` has a row for every CI of `ahead`, where what is `cap` or more is
    `cap`. Lanes in which a circle is down are set in `circle`. `sources[order]` ascend. Scratch: `live`, and `ranked`,
    whose last two rows are for one pool member and for the CI.
    """
    turn, number, lanes = 0, ahead.number, times.shape[1]
    live[:] = False
    row, carried = len(ranked) - 1, len(ranked) - 2
    for at in range(begin, len(hit)):
        while turn < len(order) and sources[order[turn]] < at:
            turn += 1
        if not hit[at] or number[at] < 0:
            continue
        found = False
        for edge in range(needs.first[at, 0], needs.first[at, 1]):
            provider = needs.providers[edge]
            if provider >= at:
                if hit[provider]:
                    for word in range(WORDS):
                        circle[word] |= now[provider, DOWN + word]
            elif live[provider]:
                mine = number[provider]
                if found:
                    for lane in range(lanes):
                        ranked[row, lane] = max(ranked[row, lane], times[mine, lane])
                else:
                    for lane in range(lanes):
                        ranked[row, lane] = times[mine, lane]
                found = True
        if turn < len(order) and sources[order[turn]] == at:
            if not found:
                ranked[row] = 0
            found = True
            while turn < len(order) and sources[order[turn]] == at:
                ranked[row, order[turn]] = max(ranked[row, order[turn]], 1)
                turn += 1
        for edge in range(needs.first[at, 3], needs.first[at + 1, 0]):
            pool = needs.providers[edge]
            spare, any_lost = np.int64(pools[pool, 1]), False
            if pools[pool, 3] != 3:
                continue
            for i in range(needs.member[pool], needs.member[pool + 1]):
                member = needs.members[i]
                if member >= at:
                    if hit[member]:
                        for word in range(WORDS):
                            circle[word] |= now[member, DOWN + word] & now[at, DOWN + word]
                elif live[member]:
                    if not any_lost:
                        ranked[: spare + 1] = 0
                        any_lost = True
                    rank(ranked, spare, times, number[member], ranked[carried])
            if any_lost:
                if not found:
                    ranked[row] = 0
                found = True
                for lane in range(lanes):
                    ranked[row, lane] = max(ranked[row, lane], ranked[spare, lane])
        if not found:
            continue
        live[at] = True
        mine, own, limit = number[at], ahead.table[number[at], OWN], ahead.table[number[at], LIMIT]
        for lane in range(lanes):
            times[mine, lane] = min(ranked[row, lane] + own, cap) if ranked[row, lane] else 0
        if limit != NO_LIMIT:
            for lane in range(lanes):
                late[lane] += np.int32(times[mine, lane] > limit + 1)
