"""Every CI failed alone, one at a time: for failures that hit few CIs, which is nearly all of them.

A failure that hits more than `most` CIs, or seems to, is left to `kernels.alone`, where those share their way.

States settle as in `kernels.walk`, worst first. What is counted of a CI stands in the same byte as its state, so that
what a failure hits is counted as the bytes are cleaned.
"""

from typing import Any, NamedTuple

import numpy as np

from impact.kernels.alone import BROKEN, CIS, MISSED, PEOPLE, SERVICES, TIERS, Facts
from impact.kernels.jit import Kernel, fetch, part
from impact.kernels.line import CLOCK, COUNTED, SERVICE
from impact.kernels.missed import OVER, Ahead, Waits, count_missed
from impact.kernels.types import I32, I64, U8, U32

NOTHING, OTHER, PLAIN, TIERED, CLIENT, SILENT, CLASSES = 0, 1, 2, 3, 8, 9, 10
"""What a CI is counted as: not at all; as a CI; as a service without RTO; as one of tier 0, 1, ...; as a client group,
whose people count; as none of these, but a group that others look at."""
STATE, CLASSED, CLASS = np.uint8(3), np.uint8(252), 2
"""Bits of a byte of `Desk.state` that hold the state, those that hold the class, and how far up these stand."""
ALIKE = 4
"""How many times as many as `most` what a failure takes down must hit before it is taken for large unseen."""
SOON = 4
"""How many CIs ahead of its turn a CI's dependents begin to be loaded."""


class Desk(NamedTuple):
    """Scratch for V CIs and P pools, clean between failures but for the lists.

    `state` is clean when only the classes are left in it; `lost` when it is zero. Lists: `queue` of CIs settled that
    have dependents, `ends` of those without, `seeds[level - 1]` of what may settle at a lower level, `clients` of
    groups hit, `touched` of pools.
    """

    state: U8
    lost: I32
    queue: U32
    ends: U32
    seeds: U32
    clients: U32
    touched: U32


def new_desk(pools: I32, facts: Facts) -> Desk:
    """Scratch for the CIs in line and their pools."""
    size, marks, client = len(facts.marks), facts.marks, facts.group >= 0
    counted, clock = marks & COUNTED != 0, marks & CLOCK != 0
    classes = np.where(client, CLIENT, np.where(marks & SERVICE, PLAIN, OTHER)).astype(np.uint8)
    classes[clock] = TIERED + facts.tier[clock]
    classes[~counted] = np.where(client[~counted], SILENT, NOTHING)
    return Desk(
        (classes << CLASS).astype(np.uint8), np.zeros(len(pools) + 1, np.int32), np.empty(size + 1, np.uint32),
        np.empty(size + 1, np.uint32), np.empty((2, size + 1), np.uint32), np.empty(int(client.sum()) + 1, np.uint32),
        np.empty(len(pools) + 1, np.uint32),
    )  # fmt: skip


@part
def group_state(state: U8, start: I32, places: I32, group: int) -> int:
    """The worst state of the groups listed for `group`."""
    worst: Any = 0
    for i in range(start[group], start[group + 1]):
        worst = max(worst, np.int64(state[places[i]] & STATE))
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
def bring_in(facts: Facts, desk: Desk, clients: int) -> int:
    """Add to the groups hit, `clients` of them, those that are not but whose people they bring in: a group in a pool of
    groups can be one. How many there are then."""
    total = clients
    for k in range(clients):
        group = facts.group[desk.clients[k]]
        for i in range(facts.inside_start[group], facts.inside_start[group + 1]):
            known = desk.state[facts.inside[i]] & STATE != 0
            for other in range(clients, total):
                known = known or np.int64(desk.clients[other]) == np.int64(facts.inside[i])
            if not known:
                desk.clients[total] = facts.inside[i]
                total += 1
    return total


@part
def likely(nodes: U32, words: U32, at: int, most: int, hits: I32) -> int:
    """How many CIs a failure hits at least, going by what is known of those that it takes down with it; more than
    `most`, which is a guess, if these hit so many together that they can hardly be the same."""
    least: Any = 0
    total: Any = 0
    for edge in range(nodes[at, 0], nodes[at, 1]):
        least = max(least, np.int64(hits[words[edge]]))
        total += np.int64(hits[words[edge]])
    return least if total <= ALIKE * most else max(least, most + 1)


@Kernel
def pass_on(nodes: U32, words: U32, most: int, hits: I32) -> None:
    """Mark as large, with more than `most` hits, what takes down something large."""
    for at in range(len(hits) - 1, -1, -1):
        if hits[at] <= most:
            for edge in range(nodes[at, 0], nodes[at, 1]):
                if hits[words[edge]] > most:
                    hits[at] = most + 1
                    break


@part
def settle(
    nodes: U32, words: U32, pools: I32, desk: Desk, inner: int, most: int, level: int, settled: int, ended: int,
    pool_count: int, filled: I64, done: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Settle what is at `level`, from `queue[done]` on; how many CIs are settled then, with dependents and without, and
    how many pools are touched. Gives up once more than `most` CIs are settled.

    `filled[lower]` of `seeds[lower - 1]` are in use.
    """
    state, queue, ends, seeds, lost = desk.state, desk.queue, desk.ends, desk.seeds, desk.lost
    while done < settled and settled + ended <= most:
        at = queue[done]
        if done + 2 * SOON < settled:
            fetch(nodes, queue[done + 2 * SOON])
            fetch(words, nodes[queue[done + SOON], 0])
        done += 1
        for edge in range(nodes[at, 0], nodes[at, 4 - level]):
            target = words[edge]
            old = state[target]
            new = old & STATE < level
            state[target] = (old & CLASSED) | level if new else old
            if target < inner:
                queue[settled] = target
                settled += new
            else:
                ends[ended] = target
                ended += new
        for lower in range(level - 1, 0, -1):
            for edge in range(nodes[at, 3 - lower], nodes[at, 4 - lower]):
                target = words[edge]
                old = state[target]
                new = old & STATE < lower
                state[target] = (old & CLASSED) | lower if new else old
                seeds[lower - 1, filled[lower]] = target
                filled[lower] += new
        for edge in range(nodes[at, 3], nodes[at + 1, 0]):
            pool = words[edge]
            gone = lost[pool] + 1
            lost[pool] = gone
            desk.touched[pool_count] = pool
            pool_count += gone == 1
            if gone > pools[pool, 1]:
                reach = level
            elif gone > pools[pool, 2]:
                reach = min(level, 2)
            else:
                reach = 1 if level >= 2 else 0
            reach = min(reach, int(pools[pool, 3]))
            target = np.uint32(pools[pool, 0])
            old = state[target]
            if old & STATE >= reach:
                continue
            state[target] = (old & CLASSED) | reach
            if reach < level:
                seeds[reach - 1, filled[reach]] = target
                filled[reach] += 1
            elif target < inner:
                queue[settled] = target
                settled += 1
            else:
                ends[ended] = target
                ended += 1
    return settled, ended, pool_count


@part
def clear(desk: Desk, cis: U32, many: int, counts: I32, clients: int) -> int:
    """Count the first `many` of `cis` by class and state, and clean them, but for client groups: these are listed."""
    state = desk.state
    for k in range(many):
        at = cis[k]
        old = state[at]
        counts[old] += 1
        client = old >= CLIENT << CLASS
        desk.clients[clients] = at
        clients += client
        state[at] = old if client else old & CLASSED
    return clients


@Kernel
def fail_small(
    nodes: U32, words: U32, pools: I32, sources: I32, facts_of: tuple[Any, ...], ahead_of: tuple[Any, ...],
    desk_of: tuple[Any, ...], waits_of: tuple[Any, ...], inner: int, most: int, hits: I32, out: I32,
) -> None:  # fmt: skip
    """Fill `out[i]` with what the failure of `sources[i]` alone does, and tell in `hits` how many CIs that hits: those
    with more than `most`, where the number says no more than that, are not settled.

    `sources` are places in line, best given dependents first: what these hit tells which of their providers are large.
    """
    facts, desk, ahead, waits = Facts(*facts_of), Desk(*desk_of), Ahead(*ahead_of), Waits(*waits_of)
    filled, counts = np.zeros(4, np.int64), np.zeros(4 * CLASSES, np.int32)
    state, queue, ends, marks = desk.state, desk.queue, desk.ends, facts.marks
    nested = len(facts.inside) > 0
    for i in range(len(sources)):
        source = sources[i]
        hits[source] = likely(nodes, words, source, most, hits)
        if hits[source] > most:
            continue
        state[source] |= STATE
        queue[0] = source
        settled, ended, pool_count, broken, done = 1, 0, 0, 0, 0
        filled[:] = 0
        for level in range(3, 0, -1):
            for k in range(filled[level]):
                target = desk.seeds[level - 1, k]
                if state[target] & STATE == level:
                    if target < inner:
                        queue[settled] = target
                        settled += 1
                    else:
                        ends[ended] = target
                        ended += 1
            settled, ended, pool_count = settle(
                nodes, words, pools, desk, inner, most, level, settled, ended, pool_count, filled, done
            )
            done = settled
            if level == 3:
                for k in range(pool_count):
                    pool = desk.touched[k]
                    spare = pools[pool, 1]
                    if spare > 0 and desk.lost[pool] > spare and marks[pools[pool, 0]] & COUNTED:
                        broken += 1
            if settled + ended > most:
                break
        hits[source] = settled + ended
        if settled + ended > most:
            for k in range(settled):
                state[queue[k]] &= CLASSED
            for k in range(ended):
                state[ends[k]] &= CLASSED
            for level in range(1, 3):
                for k in range(filled[level]):
                    state[desk.seeds[level - 1, k]] &= CLASSED
        else:
            out[i, :] = 0
            out[i, BROKEN] = broken
            counts[:] = 0
            clients = clear(desk, queue, settled, counts, 0)
            clients = clear(desk, ends, ended, counts, clients)
            if nested:
                clients = bring_in(facts, desk, clients)
            for k in range(clients):
                if state[desk.clients[k]] >> CLASS == CLIENT:
                    count_group(facts, state, desk.clients[k], out, i)
            for k in range(clients):
                state[desk.clients[k]] &= CLASSED
            row = ahead.number[source]
            if row >= 0 and ahead.table[row, OVER] > 0:
                out[i, MISSED] = count_missed(ahead, waits, row)
            for level in range(1, 4):
                for kind in range(OTHER, CLIENT + 1):
                    number = counts[(kind << CLASS) + level]
                    out[i, CIS + 3 - level] += number
                    if PLAIN <= kind < CLIENT:
                        out[i, SERVICES + 3 - level] += number
                    if TIERED <= kind < CLIENT and level == 3:
                        out[i, TIERS + kind - TIERED] += number
        for k in range(pool_count):
            desk.lost[desk.touched[k]] = 0


@Kernel
def fail_late(sources: I32, ahead_of: tuple[Any, ...], waits_of: tuple[Any, ...], out: I32) -> None:
    """Fill in of `out[i]` only how many services are back too late if `sources[i]` fails alone."""
    ahead, waits = Ahead(*ahead_of), Waits(*waits_of)
    for i in range(len(sources)):
        row = ahead.number[sources[i]]
        if row >= 0 and ahead.table[row, OVER] > 0:
            out[i, MISSED] = count_missed(ahead, waits, row)
