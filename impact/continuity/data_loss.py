"""Data loss: how many minutes of its data each CI loses at most, from its own `rpo` and those of its copies.

A CI carries data when it has an `rpo` or is an end of a relation whose type carries data. Where such a relation is hard
(`stores_data_on`), its provider is the place of the data; where it is weaker (`replicates_to`, `backed_up_by`), a copy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np

from impact.estate import UNKNOWN
from impact.graph import META, POOL, PROVIDER, ImpactGraph
from impact.kernels.types import B1, I32, I64
from impact.states import Level

NOTHING = -1
"""Loss of a CI that adds no data of its own."""
UNBOUNDED = 1 << 40
"""The most that an unknown loss can be."""


@dataclass(frozen=True, eq=False)
class OwnLoss:
    """By CI: the loss of its own data in minutes is from `low` to `high`; `NOTHING` where it adds none.

    `keeps` marks CIs that keep data somewhere or copy it, `places` those that only hold the data of others.
    """

    low: I64
    high: I64
    keeps: B1
    places: B1


def own_loss(graph: ImpactGraph, carries_data: Sequence[bool], rpo: I32) -> OwnLoss:
    """The loss of every CI's own data: its `rpo`, and along a chain of copies the sum, by way of the best copy.

    A copy at the end of a chain adds its `rpo` if that is recorded, else nothing. Any other CI with copies and without
    `rpo` makes the sum unknown, and so does a CI that keeps data in places of which nothing is recorded either.
    """
    owner, rows = graph.providers.gather(np.arange(graph.size, dtype=np.int32))
    provider, pool = rows[PROVIDER], rows[POOL]
    data = np.array(carries_data, np.bool_)[rows[META] >> 2]
    owner, provider, pool, effect = owner[data], provider[data], pool[data], (rows[META] & 3)[data]
    pooled = pool >= 0
    effect[pooled] = graph.pools.table[pool[pooled], 3]
    hard = effect == Level.DOWN
    low, high = _chains(rpo, owner[~hard], provider[~hard])
    keeps, places = np.zeros(graph.size, np.bool_), np.zeros(graph.size, np.bool_)
    keeps[owner], places[provider] = True, True
    told = np.zeros(graph.size, np.bool_)
    told[owner[hard][high[provider[hard]] >= 0]] = True
    silent = np.zeros(graph.size, np.bool_)
    silent[owner[hard]] = True
    silent &= ~told & (high < 0)
    low[silent], high[silent] = 0, UNBOUNDED
    return OwnLoss(low, high, keeps, places & ~keeps)


def _chains(rpo: I32, owner: I32, copy: I32) -> tuple[I64, I64]:
    """Own losses where only copies are looked at."""
    low = np.where(rpo == UNKNOWN, NOTHING, rpo).astype(np.int64)
    high = low.copy()
    copies: dict[int, list[int]] = {}
    for a, b in zip(owner.tolist(), copy.tolist(), strict=True):
        copies.setdefault(a, []).append(b)
    everyone = {*copies, *copy.tolist()}
    least = {ci: max(int(rpo[ci]), 0) for ci in everyone}
    most = {ci: UNBOUNDED if ci in copies and rpo[ci] == UNKNOWN else least[ci] for ci in everyone}
    for column, cost in ((low, least), (high, most)):
        for ci, minutes in best_copies(copies, cost, least).items():
            column[ci] = min(minutes, UNBOUNDED)
    return low, high


def best_copies(
    copies: Mapping[int, Sequence[int]], cost: Mapping[int, int], at_end: Mapping[int, int]
) -> dict[int, int]:
    """For each CI that has copies, its cost and the least that a way along copies adds, up to the end of a chain.

    CIs that copy to each other in a circle without a way out are at the end of it for one another.
    """
    copied = {c for found in copies.values() for c in found}
    originals: dict[int, list[int]] = {}
    for ci, found in copies.items():
        for copy in found:
            originals.setdefault(copy, []).append(ci)
    ends = copied - copies.keys()
    ends |= _endless(copies, originals, ends)
    heap = [(at_end[end] + cost[ci], ci) for end in ends for ci in originals[end]]
    heapify(heap)
    best: dict[int, int] = {}
    while heap:
        minutes, ci = heappop(heap)
        if ci in best:
            continue
        best[ci] = minutes
        if ci not in ends:
            for original in originals.get(ci, ()):
                heappush(heap, (minutes + cost[original], original))
    return best


def _endless(
    copies: Mapping[int, Sequence[int]], originals: Mapping[int, Sequence[int]], ends: Iterable[int]
) -> set[int]:
    """CIs in circles of copies from which no chain leads to an end."""
    reached, stack = set(ends), list(ends)
    while stack:
        for original in originals.get(stack.pop(), ()):
            if original not in reached:
                reached.add(original)
                stack.append(original)
    lost = copies.keys() - reached
    waiting = {ci: len(set(originals.get(ci, ())) & lost) for ci in lost}
    free = [ci for ci, number in waiting.items() if not number]
    while free:
        ci = free.pop()
        lost.discard(ci)
        for copy in set(copies[ci]) & lost:
            waiting[copy] -= 1
            if not waiting[copy]:
                free.append(copy)
    return lost
