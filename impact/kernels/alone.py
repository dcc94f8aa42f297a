"""Every CI failed alone: what each failure does, in numbers, 64 failures at a time."""

from typing import Any, NamedTuple

import numpy as np

from impact.kernels.jit import Kernel, part
from impact.kernels.lateness import count_late, time_back
from impact.kernels.line import AHEAD, CLOCK, COUNTED, GROUP, LATE, SERVICE
from impact.kernels.together import (
    AT_RISK,
    DEGRADED,
    DOWN,
    LANES,
    ONE,
    PLANES,
    Board,
    add_to,
    forget,
    next_waiting,
    read_planes,
    settle_circles,
    tell,
)
from impact.kernels.types import I32, U8, U32, U64

CIS, SERVICES, TIERS, PEOPLE, MISSED, BROKEN, WIDTH = 0, 3, 6, 11, 14, 15, 16
"""Columns of the result, each a sum over what the failure hits: CIs down, degraded, at risk; services the same;
services down by tier, T0 to T4; people in groups that are down, at least degraded, at least at risk; services that
cannot be back within their RTO; pools with members to spare of which it takes too many at once."""


class Facts(NamedTuple):
    """What is counted, by CI in line: `marks` as in `kernels.line`, minutes of RTO and restore (-1 unknown), the tier
    of a service with an RTO, the number of a group.

    By group: `people` recorded; `cover` are the places of the groups that bring its people in when they are hit
    (itself, and those around it without a count), `block` the groups around it whose counts include its own.
    """

    marks: U8
    rto: I32
    restore: I32
    tier: U8
    group: I32
    people: I32
    cover_start: I32
    cover: I32
    block_start: I32
    block: I32


@part
def group_lanes(board: Board, level: int, start: I32, places: I32, group: int) -> np.uint64:
    """In which lanes any of the groups listed for `group` is at `level` or worse."""
    lanes = np.uint64(0)
    for i in range(start[group], start[group + 1]):
        lanes |= board.now[places[i], level]
    return lanes


@part
def count_people(facts: Facts, board: Board, at: int, people: I32) -> None:
    """Add the people of the group at `at` to `people[level, lane]`, unless a group around it counts them."""
    group = facts.group[at]
    for level in range(3):
        lanes = group_lanes(board, level, facts.cover_start, facts.cover, group)
        for i in range(facts.block_start[group], facts.block_start[group + 1]):
            lanes &= ~group_lanes(board, level, facts.cover_start, facts.cover, facts.block[i])
        if lanes:
            for lane in range(LANES):
                people[level, lane] += facts.people[group] * np.int32((lanes >> np.uint64(lane)) & ONE)


@part
def count(marks: U8, tiers: U8, at: int, down: np.uint64, some: np.uint64, risky: np.uint64, planes: U64) -> None:
    """Count the CI at `at` where it is degraded or at risk; a service in every state, and by tier."""
    if some:
        add_to(planes, PLANES, some)
    if risky:
        add_to(planes, 2 * PLANES, risky)
    if marks[at] & SERVICE:
        add_to(planes, 3 * PLANES, down)
        add_to(planes, 4 * PLANES, some)
        add_to(planes, 5 * PLANES, risky)
        if marks[at] & CLOCK:
            add_to(planes, (TIERS + tiers[at]) * PLANES, down)


@part
def settle(
    nodes: U32, words: U32, pools: I32, facts: Facts, board: Board, circular: bool, planes: U64
) -> tuple[int, int]:
    """Settle a batch and count what it hits; how many CIs were reached, and how many pools.

    Where there is no circle, a CI is counted as it is settled. The lowest bits of the commonest count are local.
    """
    marks, tiers, now, waiting, visited = facts.marks, facts.tier, board.now, board.waiting, board.visited
    news, ready = np.empty(3, np.uint64), 0
    found = touched = group = 0
    if circular:
        ready, touched = settle_circles(nodes, words, pools, board)
    bit0 = bit1 = bit2 = bit3 = np.uint64(0)
    while found < ready or group < len(waiting):
        if circular:
            at = visited[found]
            group = len(waiting)
        else:
            if waiting[group] == 0:
                group += 1
                continue
            at = next_waiting(waiting, group)
            visited[found] = at
        found += 1
        down, degraded, at_risk = now[at, DOWN], now[at, DEGRADED], now[at, AT_RISK]
        if marks[at] & COUNTED:
            carry0 = bit0 & down
            carry1 = bit1 & carry0
            carry2 = bit2 & carry1
            carry3 = bit3 & carry2
            bit0, bit1, bit2, bit3 = bit0 ^ down, bit1 ^ carry0, bit2 ^ carry1, bit3 ^ carry2
            if carry3:
                add_to(planes, 4, carry3)
            if at_risk != down or marks[at] & SERVICE:
                count(marks, tiers, at, down, degraded & ~down, at_risk & ~degraded, planes)
        if not circular:
            news[DOWN], news[DEGRADED], news[AT_RISK] = down, degraded, at_risk
            _, touched = tell(nodes, words, pools, board, at, news, touched)
    planes[0], planes[1], planes[2], planes[3] = bit0, bit1, bit2, bit3
    return found, touched


@Kernel
def fail_each(
    nodes: U32, words: U32, pools: I32, sources: I32, facts_of: tuple[Any, ...], board_of: tuple[Any, ...],
    circular: bool, out: I32,
) -> U64:  # fmt: skip
    """Fill `out[i]` with what the failure of `sources[i]` alone does; columns as above.

    Returns a word for each 64 sources: those in which a circle is down, whose MISSED is not settled here.
    """
    facts, board = Facts(*facts_of), Board(*board_of)
    total = len(sources)
    circles = np.zeros((total + LANES - 1) // LANES, np.uint64)
    planes = np.zeros((PEOPLE + 1) * PLANES, np.uint64)
    people, late = np.zeros((3, LANES), np.int32), np.zeros(LANES, np.int32)
    for batch in range(len(circles)):
        first = batch * LANES
        last = min(total, first + LANES)
        timed = False
        for i in range(first, last):
            at = sources[i]
            bit = ONE << np.uint64(i - first)
            for level in range(3):
                board.now[at, level] |= bit
            board.waiting[at >> 6] |= ONE << np.uint64(at & 63)
            timed |= facts.marks[at] & (LATE | AHEAD) != 0
        planes[:] = 0
        people[:, :] = 0
        late[:] = 0
        found, touched = settle(nodes, words, pools, facts, board, circular, planes)
        for i in range(found):
            at = board.visited[i]
            if facts.marks[at] & (GROUP | COUNTED) == GROUP | COUNTED:
                count_people(facts, board, at, people)
        for i in range(touched):
            pool = board.touched[i]
            spare = pools[pool, 1]
            if spare and facts.marks[pools[pool, 0]] & COUNTED:
                add_to(planes, PEOPLE * PLANES, board.lost[board.start[pool] + spare])
        if timed:
            times, circles[batch] = time_back(nodes, words, pools, board, found, touched, facts.restore, facts.marks)
            count_late(board, found, times, facts.rto, facts.marks, COUNTED | LATE, late)
        for i in range(first, last):
            lane = i - first
            for column in range(PEOPLE):
                out[i, column] = read_planes(planes, column * PLANES, lane)
            for level in range(3):
                out[i, PEOPLE + level] = people[level, lane]
            out[i, MISSED] = late[lane]
            out[i, BROKEN] = read_planes(planes, PEOPLE * PLANES, lane)
        forget(board, found, touched)
    return circles
