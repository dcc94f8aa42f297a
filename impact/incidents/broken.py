"""Pools that several incidents break together and none of them breaks alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from impact.analyses.why import pool_facts, reasons
from impact.estate import Estate
from impact.incidents.joint import Levels, assumptions, joint_levels
from impact.incidents.report import BrokenTogether
from impact.kernels.types import B1, I32, U8
from impact.question import Asked, Question, ask
from impact.states import STATES
from impact.walk import Walk

LOOKED_AT = 2000
"""CIs worse off together of which the pools are looked at: the worst, and of those the nearest to the incidents."""


@dataclass(frozen=True, eq=False)
class Broken:
    """Pools broken together, by number, worst first: the CIs they belong to are in `alone[i]` at worst by one incident,
    and worse by all. `worse` counts the CIs that are worse off together, in all."""

    question: Question
    pools: I32
    alone: U8
    worse: int

    @property
    def count(self) -> int:
        return len(self.pools)

    def told(self, most: int) -> list[BrokenTogether]:
        """The first of them."""
        owners = self.question.estate.graph.pools.table[self.pools[:most], 0]
        return [
            BrokenTogether(pool_facts(self.question, int(pool)), self.question.state(int(owner)), STATES[level])
            for pool, owner, level in zip(self.pools[:most], owners, self.alone[:most], strict=True)
        ]


def broken_together(estate: Estate, members: Sequence[Levels], walks: Sequence[Walk], moment: datetime) -> Broken:
    """What scenarios break together: pools whose CI is worse off by all than by any one, for the loss of a member that
    is lost already without that. Pools that only follow from those are not named."""
    question = ask(estate, assumptions(estate, joint_levels(members, walks)), Asked(moment))
    return Together(question, walks).broken()


@dataclass(frozen=True, eq=False)
class Together:
    """A joint question and the walks of its parts."""

    question: Question
    walks: Sequence[Walk]

    def alone(self, cis: I32) -> U8:
        """The worst that any one part puts each of `cis` in."""
        found = np.zeros(len(cis), np.uint8)
        for walk in self.walks:
            found = np.maximum(found, walk.levels_of(cis))
        return found

    @cached_property
    def worse(self) -> B1:
        """Which of the affected are worse off than by any one part."""
        found = self.question.walk
        marks: B1 = found.levels > self.alone(found.nodes)
        return marks

    def broken(self) -> Broken:
        found = self.question.walk
        rows = np.nonzero(self.worse)[0]
        if not len(rows):
            return Broken(self.question, np.empty(0, np.int32), np.empty(0, np.uint8), 0)
        order = np.lexsort((found.distances[rows], -found.levels[rows].astype(np.int64)))
        cis = found.nodes[rows[order][:LOOKED_AT]]
        pools = np.array([pool for ci in cis.tolist() for pool in self._roots(ci)], np.int32)
        owners = self.question.estate.graph.pools.table[pools, 0]
        return Broken(self.question, pools, self.alone(owners), len(rows))

    def _roots(self, ci: int) -> list[int]:
        """The pools of a CI to blame, with a member lost that is no worse off than by one part alone."""
        blamed, _ = reasons(self.question, ci)
        pooled = [(provider, pool) for provider, _, pool in blamed if pool >= 0]
        if not pooled:
            return []
        members = np.array([provider for provider, _ in pooled], np.int32)
        firm = self.question.walk.levels_of(members) == self.alone(members)
        return sorted({pool for (_, pool), own in zip(pooled, firm, strict=True) if own})
