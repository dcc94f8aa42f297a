"""Candidates for a common cause: which single failures explain the evidence best, and how far each may be wrong.

The states that failures put the evidence in are settled for 64 candidates at once, those that most of the affected
depend on first, until no further one can be among the best.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact.causes.evidence import Evidence
from impact.kernels.causes import TOGETHER, fail_each, hops, settle_alone, survey
from impact.kernels.types import B1, I32, I64, U8
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
    kinds: I32
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


class _Ranking:
    """One run of the ranking. `keys` are what it sorts by, the least first: score and at_risk negated, and further;
    kept are the best `most`, and those that equal the last of them, whose key is the `bar`: None while there are not
    enough."""

    def __init__(self, evidence: Evidence, cone: Cone, scratch: Scratch, most: int) -> None:
        self.evidence, self.cone, self.scratch, self.most = evidence, cone, scratch, most
        self.watched = len(evidence.affected) + len(evidence.fine)
        self.places = np.empty(0, np.int32)
        self.states = np.empty((0, self.watched), np.uint8)
        self.keys = np.empty((0, 3), np.int32)
        self.bar: tuple[int, int, int] | None = None

    def ranked(self) -> Candidates:
        """The best candidates. Those that can explain no more than the last of the best need not be settled, only
        counted, as far as the count of the last."""
        numbers = np.bincount(np.maximum(self.cone.reach, 0), minlength=1)
        levels = np.nonzero(numbers[1:])[0][::-1] + 1
        least = 0
        while least < len(levels) and self._open(int(levels[least])):
            most, least = least, least + 1
            while least < len(levels) and numbers[levels[most:least]].sum() < TOGETHER:
                least += 1
            places = self._between(int(levels[most]), int(levels[least - 1]))
            for at in range(0, len(places), TOGETHER):
                self._take(places[at : at + TOGETHER])
        return self._best()

    def _between(self, most: int, least: int) -> I32:
        """Places of the candidates on which so many of the affected depend: those with the most first, then those on
        which few CIs depend directly."""
        reach = self.cone.reach
        found = np.nonzero((reach <= most) & (reach >= least))[0].astype(np.int32)
        return found[np.lexsort((self._direct(found), -reach[found]))]

    def _direct(self, places: I32) -> I32:
        """How many relations lead to CIs directly."""
        return self.evidence.estate.graph.dependents.index[self.cone.cis[places], 1].astype(np.int32)

    def _open(self, level: int) -> bool:
        """Whether a candidate that can explain `level` CIs may be among the best."""
        return self.bar is None or level >= -self.bar[0]

    def _take(self, places: I32) -> None:
        """Take in candidates that may be among the best; the first of `places` can explain the most."""
        level, bar = int(self.cone.reach[places[0]]), self.bar
        if bar is None or level > -bar[0] or (level == -bar[0] and bar[2] > COMPARED):
            self._settle(places)
        elif level == -bar[0]:
            self._count(places, bar[2])

    def _settle(self, places: I32) -> None:
        """Take in candidates of which nothing is known: first their states, then, of those that may be among the best,
        the further CIs hit."""
        cone = self.cone
        states = settle_alone.run(
            self.evidence.estate.graph.pools.table, cone.starts, cone.providers, cone.kinds, cone.order,
            cone.cyclic, places, self.watched,
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
        if self.bar is None or not len(rows):
            return rows, limits
        score, at_risk, further = self.bar
        scores, at_risks = keys[rows, 0], keys[rows, 1]
        equal = (scores == score) & (at_risks == at_risk)
        better = (scores < score) | ((scores == score) & (at_risks < at_risk))
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
        keys = self.evidence.judge(places, states)[1]
        explains = keys[:, 2] == 0
        keys[:, 2] = 0
        return keys, explains

    def _keep(self, places: I32, states: U8, keys: I32) -> None:
        places, states = np.concatenate([self.places, places]), np.concatenate([self.states, states])
        keys = np.concatenate([self.keys, keys])
        if len(keys) >= self.most:
            order = _order(keys)
            last, behind = keys[order[self.most - 1]], order[self.most :]
            kept = np.concatenate([order[: self.most], behind[(keys[behind] == last).all(axis=1)]])
            places, states, keys = places[kept], states[kept], keys[kept]
            score, at_risk, further = last.tolist()
            self.bar = (score, at_risk, further)
        self.places, self.states, self.keys = places, states, keys

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
