"""Every CI failed alone: what each failure does, in numbers, as many failures at a time as there are lanes."""

from typing import Any, NamedTuple

import numpy as np

from impact.kernels.jit import Kernel, part
from impact.kernels.lateness import add_late
from impact.kernels.line import CLOCK, COUNTED, GROUP, SERVICE
from impact.kernels.missed import Ahead
from impact.kernels.together import (
    AT_RISK,
    DEGRADED,
    DOWN,
    FEW,
    LANES,
    ONE,
    PLANES,
    WIDE,
    WORDS,
    Needs,
    add_to,
    count,
    read_planes,
    take,
    take_pool,
)
from impact.kernels.types import B1, I32, I64, U8, U64

CIS, SERVICES, TIERS, PEOPLE, MISSED, BROKEN, WIDTH = 0, 3, 6, 11, 14, 15, 16
"""Columns of the result, each a sum over what the failure hits: CIs down, degraded, at risk; services the same;
services down by tier, T0 to T4; people in groups that are down, at least degraded, at least at risk; services that
cannot be back within their RTO; pools with members to spare of which it takes too many at once."""


TIERLESS = PEOPLE - TIERS
"""Stands for the tier of a service without RTO."""


class Facts(NamedTuple):
    """What is counted, by CI in line: `marks` as in `kernels.line`, the tier of a service with an RTO, the number of a
    group (-1: none).

    By group: `people` recorded; `cover` are the places of the groups that bring its people in when they are hit
    (itself, and those around it without a count), `block` the groups around it whose counts include its own, `inside`
    the places of the other groups with people that it covers.
    """

    marks: U8
    tier: U8
    group: I32
    people: I32
    cover_start: I32
    cover: I32
    block_start: I32
    block: I32
    inside_start: I32
    inside: I32


class Lists(NamedTuple):
    """Places of what is counted: CIs; services, by tier from `tiers[tier]` to `tiers[tier + 1]`, then those without an
    RTO; groups with people."""

    counted: I32
    services: I32
    tiers: I64
    groups: I32


def list_up(facts: Facts) -> Lists:
    """What is counted of a line."""
    marks = facts.marks
    counted = marks & COUNTED != 0
    services = np.nonzero(counted & (marks & SERVICE != 0))[0].astype(np.int32)
    tier = np.where(marks[services] & CLOCK, facts.tier[services], TIERLESS)
    order = np.argsort(tier, kind="stable")
    tiers = np.searchsorted(tier[order], np.arange(TIERLESS + 1)).astype(np.int64)
    groups = np.nonzero(counted & (marks & GROUP != 0))[0].astype(np.int32)
    return Lists(np.nonzero(counted)[0].astype(np.int32), services[order], tiers, groups)


@part
def group_lanes(hit: B1, now: U64, word: int, start: I32, places: I32, group: int) -> np.uint64:
    """A word of the rows of the groups listed for `group`: in which lanes any of them is so."""
    lanes = np.uint64(0)
    for i in range(start[group], start[group + 1]):
        if hit[places[i]]:
            lanes |= now[places[i], word]
    return lanes


@part
def count_people(facts: Facts, hit: B1, now: U64, at: int, people: I32) -> None:
    """Add the people of the group at `at` to `people[level, lane]`, unless a group around it counts them."""
    group = facts.group[at]
    for word in range(WIDE):
        lanes = group_lanes(hit, now, word, facts.cover_start, facts.cover, group)
        for i in range(facts.block_start[group], facts.block_start[group + 1]):
            lanes &= ~group_lanes(hit, now, word, facts.cover_start, facts.cover, facts.block[i])
        if lanes:
            level, first = word // WORDS, word % WORDS * 64
            for bit in range(64):
                people[level, first + bit] += facts.people[group] * np.int32((lanes >> np.uint64(bit)) & ONE)


@part
def settle(
    needs: Needs, pools: I32, facts: Facts, begin: int, sources: I32, order: I64, hit: B1, now: U64,
    counting: bool, planes: U64, row: U64, carried: U64, lost: U64,
) -> bool:  # fmt: skip
    """Settle all from place `begin` on, and count the pools broken, if so wanted; whether there may be more to settle.

    `sources[order]` ascend.
    """
    marks, turn, again, wide = facts.marks, 0, False, now.shape[1]
    for at in range(begin, len(hit)):
        for word in range(wide):
            row[word] = 0
        found = take(needs, at, hit, now, row)
        while turn < len(order) and sources[order[turn]] == at:
            word, bit = order[turn] >> 6, ONE << np.uint64(order[turn] & 63)
            row[DOWN + word] |= bit
            row[DEGRADED + word] |= bit
            row[AT_RISK + word] |= bit
            found = True
            turn += 1
        for edge in range(needs.first[at, 3], needs.first[at + 1, 0]):
            pool = needs.providers[edge]
            if take_pool(needs, pools, pool, hit, now, lost, row):
                found = True
                if counting and pools[pool, 1] and marks[at] & COUNTED:
                    add_to(planes, 7 * PLANES + FEW, lost[pools[pool, 1]], wide // 3, carried)
        if needs.behind[at] and found:
            for word in range(WIDE):
                again |= not hit[at] or now[at, word] != row[word]
        hit[at] = found
        if not found:
            continue
        for word in range(wide):
            now[at, word] = row[word]
    return again


@Kernel
def fail_each(
    needs_of: tuple[Any, ...], pools: I32, sources: I32, facts_of: tuple[Any, ...], lists_of: tuple[Any, ...],
    ahead_of: tuple[Any, ...], circular: bool, now: U64, times: Any, cap: int, out: I32,
) -> U64:  # fmt: skip
    """Fill `out[i]` with what the failure of `sources[i]` alone does; columns as above.

    Scratch: `now[V, WIDE]`, and `times[R, LANES]` with a row for every CI of the `Ahead`, where what is `cap` or more
    is `cap`. For every LANES sources a row of words is handed back: the lanes in which a circle is down, whose MISSED
    is not settled here.
    """
    facts, needs, lists, ahead = Facts(*facts_of), Needs(*needs_of), Lists(*lists_of), Ahead(*ahead_of)
    total, size, most = len(sources), len(now), 0
    for pool in range(len(pools)):
        most = max(most, int(pools[pool, 1]) + 2 * int(pools[pool, 2]) + 4)
    circles = np.zeros(((total + LANES - 1) // LANES, WORDS), np.uint64)
    planes, row, carried = np.zeros((8 * PLANES, WIDE), np.uint64), np.zeros(WIDE, np.uint64), np.zeros(WIDE, np.uint64)
    lost, ranked = np.zeros((most, WORDS), np.uint64), np.zeros((most + 3, LANES), times.dtype)
    people, late = np.zeros((3, LANES), np.int32), np.zeros(LANES, np.int32)
    hit, live = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    for batch in range(len(circles)):
        first = batch * LANES
        some = sources[first : min(total, first + LANES)]
        order = np.argsort(some)
        begin = 0 if circular else some[order[0]]
        planes[:] = 0
        people[:, :] = 0
        late[:] = 0
        hit[:] = False
        while circular and settle(needs, pools, facts, begin, some, order, hit, now, False, planes, row, carried, lost):
            continue
        settle(needs, pools, facts, begin, some, order, hit, now, True, planes, row, carried, lost)
        count(lists.counted, 0, len(lists.counted), hit, now, now.shape[1], planes, 0, carried)
        count(lists.services, 0, len(lists.services), hit, now, now.shape[1], planes, PLANES, carried)
        for tier in range(5):
            start, end = lists.tiers[tier], lists.tiers[tier + 1]
            count(lists.services, start, end, hit, now, now.shape[1] // 3, planes, (2 + tier) * PLANES, carried)
        for i in range(len(lists.groups)):
            if hit[lists.groups[i]]:
                count_people(facts, hit, now, lists.groups[i], people)
        add_late(
            needs, ahead, pools, hit, now, begin, some, order, late, circles[batch], times, cap, live, ranked
        )  # fmt: skip
        for i in range(len(some)):
            word, bit, at = i >> 6, i & 63, first + i
            for level in range(3):
                out[at, CIS + level] = read_planes(planes, 0, level * WORDS + word, bit)
                out[at, SERVICES + level] = read_planes(planes, PLANES, level * WORDS + word, bit)
                out[at, PEOPLE + level] = people[level, i]
            for level in range(2, 0, -1):
                out[at, CIS + level] -= out[at, CIS + level - 1]
                out[at, SERVICES + level] -= out[at, SERVICES + level - 1]
            for tier in range(5):
                out[at, TIERS + tier] = read_planes(planes, (2 + tier) * PLANES, word, bit)
            out[at, MISSED] = late[i]
            out[at, BROKEN] = read_planes(planes, 7 * PLANES, word, bit)
    return circles
