"""What takes one service down: CIs that do so alone, and pairs of pool members that do so together."""

from dataclasses import dataclass

import numpy as np

from impact.analyses.people import headcount_of
from impact.estate import Estate
from impact.graph import META, POOL, PROVIDER
from impact.kernels.breaking import take_down
from impact.kernels.types import B1, I32, I64
from impact.states import Level
from impact.sweep.report import FatalPair, FatalPairs
from impact.sweep.sweep import Sweep
from impact.walk import walk

BUDGET = 1_000_000
"""CIs to settle in trying the CIs a service needs, and as many again in trying pairs."""
MOST_PAIRS = 200_000
JOINED = 200
"""Pairs whose joint effect is worked out: those whose CIs rank highest alone."""


class Trial:
    """What a CI cannot do without, `cis` from the nearest on, and what happens to it when some of those fail."""

    def __init__(self, estate: Estate, target: int) -> None:
        graph = estate.graph
        self.estate, self.target = estate, target
        self.cis = required_upstream(estate, target)
        self._inside = np.zeros(graph.size, np.bool_)
        self._inside[self.cis] = True
        self._down, self._lost = np.zeros(graph.size, np.bool_), np.zeros(len(graph.pools), np.int32)
        self._queue, self._touched = np.empty(graph.size, np.int32), np.empty(len(graph.pools), np.int32)

    def take_down(self, seeds: I32) -> tuple[B1, int]:
        """Which rows of `seeds` take it down, and how many rows were tried."""
        hit, tried, _ = self._run(seeds, 0)
        return hit, tried

    def erode(self, members: I32) -> tuple[I32, int]:
        """Columns (position in `members`, pool) of pools that each member weakens, and how many were tried."""
        room = len(self.estate.graph.pools) + 64 * len(members)
        _, tried, found = self._run(members[:, np.newaxis], room)
        return found, tried

    def _run(self, seeds: I32, room: int) -> tuple[B1, int, I32]:
        hit, eroded = np.zeros(len(seeds), np.bool_), np.empty((2, room), np.int32)
        tried, found = take_down.run(
            *self.estate.graph.arrays, self._inside, seeds.astype(np.int32), self.target, BUDGET,
            self._down, self._lost, self._queue, self._touched, hit, eroded,
        )  # fmt: skip
        return hit, tried, eroded[:, :found]


def required_upstream(estate: Estate, ci: int) -> I32:
    """Every CI whose failure can have a part in taking `ci` down, itself first, then from the nearest on."""
    graph = estate.graph
    seen = np.zeros(graph.size, np.bool_)
    seen[ci] = True
    ring, rings = np.array([ci], np.int32), list[I32]()
    while len(ring):
        rings.append(ring)
        rows = graph.providers.gather(ring)[1]
        effect = rows[META] & 3
        pooled = rows[POOL] >= 0
        effect[pooled] = graph.pools.table[rows[POOL][pooled], 3]
        around = np.unique(rows[PROVIDER][effect == Level.DOWN])
        around = around[~seen[around]].astype(np.int32)
        ring = around[np.argsort(estate.register.ranks(around))]
        seen[ring] = True
    return np.concatenate(rings)


def own_points(trial: Trial) -> tuple[I32, int]:
    """The CIs besides itself that take the target down alone, and how many of those it needs were not tried."""
    others = trial.cis[1:]
    hit, tried = trial.take_down(others[:, np.newaxis])
    return others[hit], len(others) - tried


@dataclass(frozen=True)
class _Candidates:
    """Pairs of `members`, by position, each with the nearest pool that both weaken; `beyond` more were not listed."""

    pairs: I32
    pool: I32
    beyond: int


def pairs(estate: Estate, sweep: Sweep, service: int, most: int) -> FatalPairs:
    """At most `most` pairs of members of redundant pools that together take a service down, though neither does alone.

    What takes a member down alone does the same as it: see the member's own single points.
    """
    trial = Trial(estate, service)
    alone, alone_untested = own_points(trial)
    members = _members(trial, alone)
    found = _candidates(trial, members)
    hit, tried = trial.take_down(members[found.pairs])
    fatal = members[found.pairs[hit]]
    shown = _joined(estate, sweep, fatal, found.pool[hit])[:most]
    untested = len(found.pairs) - tried + found.beyond
    return FatalPairs(
        estate.ref(service), bool(estate.live[service]), shown, len(fatal), tried, untested, len(members), len(alone),
        alone_untested,
    )  # fmt: skip


def _members(trial: Trial, alone: I32) -> I32:
    """The members of redundant pools among what the target needs, nearest pools first, without those in `alone`."""
    graph = trial.estate.graph
    rows = graph.providers.gather(trial.cis)[1]
    pool = rows[POOL]
    redundant = pool >= 0
    table = graph.pools.table[pool[redundant]]
    redundant[redundant] = (table[:, 1] > 0) & (table[:, 3] == Level.DOWN)
    members, first = np.unique(rows[PROVIDER][redundant], return_index=True)
    members = members[np.argsort(first)]
    return members[~np.isin(members, alone) & (members != trial.target)].astype(np.int32)


def _candidates(trial: Trial, members: I32) -> _Candidates:
    """The pairs that weaken a pool in common; the nearest pools first."""
    eroded, tried = trial.erode(members)
    graph = trial.estate.graph
    place = np.zeros(graph.size, np.int64)
    place[trial.cis] = np.arange(len(trial.cis))
    distance = place[graph.pools.table[eroded[1], 0]] * (len(graph.pools) + 1) + eroded[1]
    order = np.argsort(distance, kind="stable")
    who, pool = eroded[0][order], eroded[1][order]
    starts, ends = np.nonzero(np.diff(pool, prepend=-1))[0], np.nonzero(np.diff(pool, append=-1))[0] + 1
    keys, pools, listed = list[I64](), list[I32](), 0
    beyond = (len(members) - tried) * len(members)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        size = end - start
        if listed + size * (size - 1) // 2 > MOST_PAIRS:
            beyond += size * (size - 1) // 2
            continue
        a, b = np.triu_indices(size, 1)
        mine = np.sort(who[start:end]).astype(np.int64)
        keys.append(mine[a] * len(members) + mine[b])
        pools.append(np.full(len(a), pool[start], np.int32))
        listed += len(a)
    if not keys:
        return _Candidates(np.empty((0, 2), np.int32), np.empty(0, np.int32), beyond)
    joined = np.concatenate(keys)
    _, first = np.unique(joined, return_index=True)
    first.sort()
    found = np.stack(np.divmod(joined[first], len(members)), axis=1).astype(np.int32)
    return _Candidates(found, np.concatenate(pools)[first], beyond)


def _joined(estate: Estate, sweep: Sweep, fatal: I32, pools: I32) -> list[FatalPair]:
    """The pairs whose CIs rank highest alone, by what they do together."""
    ranks = sweep.ranks[np.searchsorted(sweep.cis, fatal)]
    fatal = np.take_along_axis(fatal, np.argsort(ranks, axis=1), axis=1)
    order = np.lexsort((ranks.max(axis=1), ranks.min(axis=1)))[:JOINED]
    found = [_pair(estate, int(fatal[at, 0]), int(fatal[at, 1]), int(pools[at])) for at in order.tolist()]
    return sorted(found, key=lambda pair: (-pair.people_down, -pair.services_down))


def _pair(estate: Estate, first: int, second: int, pool: int) -> FatalPair:
    found = walk(estate.graph, [first, second], [Level.DOWN] * 2)
    down = found.nodes[found.levels == Level.DOWN]
    people = headcount_of(estate, down[estate.having_role(down, "client")].tolist())
    rule = estate.graph.pools.rules[pool]
    return FatalPair(
        estate.ref(first), estate.ref(second), estate.ref(rule.dependent), rule.name,
        int(estate.having_role(down, "service").sum()), people,
    )  # fmt: skip
