"""Many failures at once: as many CIs as there are LANES, each failed alone, settled together, one bit for each of them.

A state is a row of words a CI, three words for every 64 scenarios: in which of them it is down, at least degraded, at
least at risk. Each CI takes over what its providers have, in the order of the line (see `kernels.line`), so that each
is settled once, except in circles. A plain dependency is then a handful of `or`s, and scenarios share the way.
"""

from typing import Any, NamedTuple

import numpy as np

from impact.kernels.jit import Kernel, part
from impact.kernels.types import B1, I32, I64, U32, U64

WORDS = 4
LANES, WIDE = 64 * WORDS, 3 * WORDS
DOWN, DEGRADED, AT_RISK = 0, WORDS, 2 * WORDS
"""Where the words of a state, or worse, begin in a row."""
ONE = np.uint64(1)
PLANES, FEW = 28, 4
"""Planes of a count, and how many of them take what is counted first: see `count`."""


class Needs(NamedTuple):
    """What each CI in line depends on, by place: in `providers`, from `first[p, 0]` those that take it down, from
    `first[p, 1]` those that degrade it, from `first[p, 2]` those that put it at risk, from `first[p, 3]` to
    `first[p + 1, 0]` its pools. The members of a pool stand in `members` from `member[pool]`.

    `behind` marks CIs that something before them in line depends on: only in circles.
    """

    first: U32
    providers: U32
    member: I64
    members: U32
    behind: B1


@Kernel
def turn(nodes: U32, words: U32, pools: I32) -> tuple[U32, U32, I64, U32, B1]:
    """The `Needs` of a line, whose arrays tell who depends on what."""
    size = len(nodes) - 1
    count, member = np.zeros((size + 1, 4), np.uint32), np.zeros(len(pools) + 1, np.int64)
    behind = np.zeros(size, np.bool_)
    for at in range(size):
        for effect in range(3):
            for edge in range(nodes[at, effect], nodes[at, effect + 1]):
                count[words[edge], effect] += np.uint32(1)
                behind[at] |= words[edge] <= at
        for edge in range(nodes[at, 3], nodes[at + 1, 0]):
            member[words[edge] + np.uint32(1)] += 1
            behind[at] |= pools[words[edge], 0] <= at
    for pool in range(len(pools)):
        count[pools[pool, 0], 3] += np.uint32(1)
        member[pool + 1] += member[pool]
    first, filled = count, np.uint32(0)
    for at in range(size + 1):
        for column in range(4):
            filled, first[at, column] = filled + count[at, column], filled
    providers, members = np.empty(filled, np.uint32), np.empty(member[len(pools)], np.uint32)
    there, here = first.copy(), member.copy()
    for at in range(size):
        for effect in range(3):
            for edge in range(nodes[at, effect], nodes[at, effect + 1]):
                to = words[edge]
                providers[there[to, effect]] = at
                there[to, effect] += np.uint32(1)
        for edge in range(nodes[at, 3], nodes[at + 1, 0]):
            members[here[words[edge]]] = at
            here[words[edge]] += 1
    for pool in range(len(pools)):
        to = pools[pool, 0]
        providers[there[to, 3]] = pool
        there[to, 3] += np.uint32(1)
    return first, providers, member, members, behind


@part
def lose(lost: U64, first: Any, spare: Any, so_far: int, now: U64, member: int, level: int) -> None:
    """One more member is lost, after at most `so_far` others: row `first + i` says where more than i are."""
    for at in range(first + min(spare, so_far), first, -1):
        for word in range(WORDS):
            lost[at, word] |= lost[at - 1, word] & now[member, level + word]
    for word in range(WORDS):
        lost[first, word] |= now[member, level + word]


@part
def take_pool(needs: Needs, pools: I32, pool: int, hit: B1, now: U64, lost: U64, row: U64) -> bool:
    """Add to `row` what the members of a pool do to its CI; whether they do anything.

    `lost` is scratch; in it is left, from `lost[spare]` on, where more than `spare` members are down.
    """
    spare, full = np.int64(pools[pool, 1]), np.int64(pools[pool, 2])
    so_far, degraded, at_risk = 0, spare + 1, spare + full + 2
    eroded = at_risk + full + 1
    for i in range(needs.member[pool], needs.member[pool + 1]):
        member = needs.members[i]
        if not hit[member]:
            continue
        if so_far == 0:
            lost[: eroded + 1] = 0
        lose(lost, 0, spare, so_far, now, member, DOWN)
        lose(lost, degraded, full, so_far, now, member, DEGRADED)
        lose(lost, at_risk, full, so_far, now, member, AT_RISK)
        for word in range(WORDS):
            lost[eroded, word] |= now[member, DEGRADED + word]
        so_far += 1
    if so_far:
        for word in range(WORDS):
            row[AT_RISK + word] |= lost[at_risk + full, word] | lost[eroded, word]
            if pools[pool, 3] >= 2:
                row[DEGRADED + word] |= lost[degraded + full, word]
            if pools[pool, 3] == 3:
                row[DOWN + word] |= lost[spare, word]
    return so_far > 0


@part
def take(needs: Needs, at: int, hit: B1, now: U64, row: U64) -> bool:
    """Add to `row` what plain dependencies do to the CI at `at`; whether they do anything."""
    found = False
    for effect in range(3):
        for edge in range(needs.first[at, effect], needs.first[at, effect + 1]):
            provider = needs.providers[edge]
            if hit[provider]:
                found = True
                for word in range(effect * WORDS, now.shape[1]):
                    row[word] |= now[provider, word]
    return found


@part
def add_to(planes: U64, first: int, row: U64, width: int, carried: U64) -> None:
    """Count one more in each lane of a row: bit i of the counts stands in `planes[first + i]`."""
    left = np.uint64(0)
    for word in range(width):
        carried[word] = row[word]
        left |= row[word]
    at = first
    while left:
        left = np.uint64(0)
        for word in range(width):
            overflow = planes[at, word] & carried[word]
            planes[at, word] ^= carried[word]
            carried[word] = overflow
            left |= overflow
        at += 1


@part
def count(
    places: I32, begin: int, end: int, hit: B1, now: U64, width: int, planes: U64, first: int, carried: U64
) -> None:
    """Count the CIs hit among `places[begin:end]`, by the first `width` words of their rows.

    FEW planes from `first` on take up to 15 CIs before they are added to those behind them, so that few carries go far.
    """
    waiting = 0
    for i in range(begin, end):
        at = places[i]
        if not hit[at]:
            continue
        for word in range(width):
            lanes = now[at, word]
            for plane in range(first, first + FEW):
                overflow = planes[plane, word] & lanes
                planes[plane, word] ^= lanes
                lanes = overflow
        waiting += 1
        if waiting == 2**FEW - 1:
            for plane in range(FEW):
                add_to(planes, first + FEW + plane, planes[first + plane], width, carried)
                planes[first + plane] = 0
            waiting = 0


@part
def read_planes(planes: U64, first: int, word: int, bit: int) -> int:
    """The count of one lane."""
    total: Any = 0
    for plane in range(PLANES):
        weight = plane if plane < FEW else plane - FEW
        total += np.int64((planes[first + plane, word] >> np.uint64(bit)) & ONE) << weight
    return total
