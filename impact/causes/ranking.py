"""Candidates for a common cause: which single failures explain the evidence best, and how far each may be wrong.

The states that failures put the evidence in are settled for 64 candidates at once, those that most of the affected
depend on first, until no further one can be among the best.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact.causes.evidence import UNSEEN, Evidence
from impact.kernels.causes import TOGETHER, fail_each, hops, settle_alone, survey
from impact.kernels.types import B1, I32, I64, U8
from impact.states import Level
from impact.walk import Scratch, borrow, give_back

COMPARED = 250
"""Further CIs hit, above which candidates are told apart by how many CIs depend on them directly."""
NOBODY = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Cone:
    """All that the evidence depends on (see `kernels.causes`), the evidence itself first, and of that the affected;
    `reach` says how many of those, `count` in all, depend on each CI."""

    count: int
    cis: I32
    starts: I32
    providers: I32
    effects: I32
    pool_of: I32
    order: I32
    cyclic: bool
    reach: I32

    def hops(self, places: I32) -> I32:
        """The fewest dependencies that lead to each of `places` from each of the affected, by column; -1 for none."""
        return hops.run(self.starts, self.providers, self.count, places)


@dataclass(frozen=True)
class Candidates:
    """The best candidates, the best first, as columns; `states` has a column per affected CI, then per fine one.

    `score` is how many it explains as seen, less those it wrongly predicts and those seen before itself; `at_risk` how
    many more it explains only as at risk; `further` how many others it would degrade or bring down, and when those are
    more than `COMPARED`, that and how many CIs depend on it directly. `places` are those in `cone`.
    """

    cis: I32
    states: U8
    score: I32
    at_risk: I32
    further: I32
    places: I32
    cone: Cone

    def __len__(self) -> int:
        return len(self.cis)

    @cached_property
    def hops(self) -> I32:
        """The fewest dependencies that lead to each candidate from each of the affected, by column; -1 for none."""
        return self.cone.hops(self.places)

    @property
    def considered(self) -> int:
        """How many CIs the affected depend on, themselves included, without those known to be fine."""
        return int(np.count_nonzero(self.cone.reach > 0))


def rank(evidence: Evidence, most: int) -> Candidates:
    """The best `most` candidates: every live CI not known to be fine whose failure explains any of the affected.

    In order: the highest score; the most explained as at risk; the fewest further CIs hit; the nearest to the farthest
    CI it explains; the id.
    """
    graph, watched = evidence.estate.graph, evidence.watched
    scratch = borrow(graph)
    found = survey.run(
        graph.providers.index, graph.providers.columns, watched, len(evidence.affected), scratch.far, scratch.queue
    )
    cone = Cone(len(evidence.affected), *found)
    cone.reach[len(evidence.affected) : len(watched)] = -1
    scratch.far[watched] = 1
    ranked = _Ranking(evidence, cone, scratch, most).ranked()
    scratch.far[watched] = 0
    give_back(scratch)
    return ranked


def judge(evidence: Evidence, cis: I32, states: U8) -> tuple[B1, B1, B1, B1]:
    """What failures of `cis`, which lead to `states`, do to the evidence, a row each: which of the affected they
    explain at all, which as seen, which of those were seen before the cause itself; which of the fine they predict
    to be degraded or down."""
    count = len(evidence.affected)
    explained = states[:, :count] >= evidence.least
    firm = states[:, :count] >= evidence.firm
    early = np.zeros_like(firm)
    if (evidence.seen != UNSEEN).any():
        rows, places = np.nonzero(cis[:, np.newaxis] == evidence.affected)
        own = np.full(len(cis), -1, np.int64)
        own[rows] = np.where(evidence.seen[places] == UNSEEN, -1, evidence.seen[places])
        early = explained & (evidence.seen < own[:, np.newaxis])
    return explained, firm, early, states[:, count:] >= Level.DEGRADED


class _Ranking:
    """One run of the ranking. `keys` are what it sorts by, the least first: score and at_risk negated, and further;
    kept are the best `most`, and those that equal the last of them."""

    def __init__(self, evidence: Evidence, cone: Cone, scratch: Scratch, most: int) -> None:
        self.evidence, self.cone, self.scratch, self.most = evidence, cone, scratch, most
        self.watched = len(evidence.affected) + len(evidence.fine)
        self.places = np.empty(0, np.int32)
        self.states = np.empty((0, self.watched), np.uint8)
        self.keys = np.empty((0, 3), np.int32)

    def ranked(self) -> Candidates:
        """The best candidates. Those that can explain no more than the last of the best need not be settled, only
        counted, as far as the count of the last."""
        reach = self.cone.reach
        for places in self._batches(reach):
            level = int(reach[places[0]])
            score, further = self._bar()
            if level > score or (level == score and further > COMPARED):
                self._settle(places)
            elif level == score:
                self._count(places, further)
            else:
                break
        return self._best()

    def _batches(self, reach: I32) -> Iterator[I32]:
        """Places of candidates in the cone, those first on which the most of the affected depend, and of these those
        on which few CIs depend directly."""
        waiting = NOBODY
        for level in range(int(reach.max(initial=0)), 0, -1):
            found = np.nonzero(reach == level)[0].astype(np.int32)
            if len(found) > TOGETHER:
                found = found[np.argsort(self._direct(found), kind="stable")]
            waiting = np.concatenate([waiting, found])
            whole = len(waiting) // TOGETHER * TOGETHER
            for at in range(0, whole, TOGETHER):
                yield waiting[at : at + TOGETHER]
            waiting = waiting[whole:]
        if len(waiting):
            yield waiting

    def _direct(self, places: I32) -> I32:
        """How many relations lead to CIs directly."""
        return self.evidence.estate.graph.dependents.index[self.cone.cis[places], 1].astype(np.int32)

    def _bar(self) -> tuple[int, int]:
        """Score and further of the last of the best; a score below any while there are not enough."""
        if len(self.keys) < self.most:
            return -(2**30), 0
        score, _, further = self.keys[_order(self.keys)[self.most - 1]].tolist()
        return -score, further

    def _settle(self, places: I32) -> None:
        """Take in candidates of which nothing is known: first their states, then, of those that may be among the best,
        the further CIs hit."""
        graph, cone = self.evidence.estate.graph, self.cone
        states = settle_alone.run(
            graph.pools.table, cone.starts, cone.providers, cone.effects, cone.pool_of, cone.order, cone.cyclic,
            places, self.watched,
        )  # fmt: skip
        keys, explains = self._keyed(places, states)
        rows = np.nonzero(explains)[0]
        rows = rows[np.lexsort((self._direct(places[rows]), keys[rows, 1], keys[rows, 0]))]
        for part in (rows[: self.most], rows[self.most :]):
            near, limits = self._running(part, keys)
            if len(near):
                keys[near, 2] = self._further(places[near], limits)
                kept = near[(keys[near, 2] <= limits) | (limits == COMPARED)]
                self._keep(places[kept], states[kept], keys[kept])

    def _running(self, rows: I64, keys: I32) -> tuple[I64, I32]:
        """Which of `rows` may be among the best, and how many further CIs each may then hit."""
        limits = np.full(len(rows), COMPARED, np.int32)
        if len(self.keys) < self.most:
            return rows, limits
        score, at_risk, further = self.keys[_order(self.keys)[self.most - 1]].tolist()
        mine = keys[rows]
        equal = (mine[:, 0] == score) & (mine[:, 1] == at_risk)
        better = (mine[:, 0] < score) | ((mine[:, 0] == score) & (mine[:, 1] < at_risk))
        limits[equal] = min(further, COMPARED)
        return rows[equal | better], limits[equal | better]

    def _further(self, places: I32, limits: I32) -> I32:
        """Further CIs hit, `limits` + 1 where there are more; above `COMPARED` with the direct dependents added."""
        further = self._fail(places, limits)[1]
        return np.where(further > COMPARED, further + self._direct(places), further).astype(np.int32)

    def _count(self, places: I32, limit: int) -> None:
        """Take in those candidates that hit at most `limit` further CIs."""
        states, further = self._fail(places, np.full(len(places), limit, np.int32), self.evidence.watched)
        near = further <= limit
        places, states, further = places[near], states[near], further[near]
        keys, explains = self._keyed(places, states)
        keys[:, 2] = further
        self._keep(places[explains], states[explains], keys[explains])

    def _fail(self, places: I32, limits: I32, watch: I32 = NOBODY) -> tuple[U8, I32]:
        graph, scratch = self.evidence.estate.graph, self.scratch
        return fail_each.run(
            *graph.arrays, self.cone.cis[places], limits, watch, scratch.far,
            scratch.state, scratch.lost, scratch.queue, scratch.touched,
        )  # fmt: skip

    def _keyed(self, places: I32, states: U8) -> tuple[I32, B1]:
        """Keys of candidates without what they hit further, and whether they explain anything."""
        explained, firm, early, wrong = judge(self.evidence, self.cone.cis[places], states)
        keys = np.zeros((len(places), 3), np.int32)
        keys[:, 0] = wrong.sum(axis=1) + (early & firm).sum(axis=1) - firm.sum(axis=1)
        keys[:, 1] = -(explained & ~firm & ~early).sum(axis=1)
        return keys, np.any(explained, axis=1)

    def _keep(self, places: I32, states: U8, keys: I32) -> None:
        self.places = np.concatenate([self.places, places])
        self.states = np.concatenate([self.states, states])
        self.keys = np.concatenate([self.keys, keys])
        if len(self.keys) > self.most:
            order = _order(self.keys)
            behind = order[self.most :]
            equal = behind[(self.keys[behind] == self.keys[order[self.most - 1]]).all(axis=1)]
            kept = np.concatenate([order[: self.most], equal])
            self.places, self.states, self.keys = self.places[kept], self.states[kept], self.keys[kept]

    def _best(self) -> Candidates:
        evidence, cone = self.evidence, self.cone
        cis, order = cone.cis[self.places], _order(self.keys)
        if (self.keys[order[1:]] == self.keys[order[:-1]]).all(axis=1).any():
            explained = self.states[:, : cone.count] >= evidence.least
            farthest = np.where(explained, cone.hops(self.places), 0).max(axis=1, initial=0)
            order = np.lexsort((evidence.estate.register.ranks(cis), farthest, *self.keys.T[::-1]))
        order = order[: self.most]
        score, at_risk, further = self.keys[order].T
        return Candidates(cis[order], self.states[order], -score, -at_risk, further, self.places[order], cone)


def _order(keys: I32) -> I64:
    return np.lexsort((keys[:, 2], keys[:, 1], keys[:, 0]))
