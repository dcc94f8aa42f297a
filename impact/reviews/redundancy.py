"""The redundancy of a graph: its pools with members to spare, who is in them, and what can matter to them at all."""

from functools import cached_property

import numpy as np

from impact.graph import PROVIDER, ImpactGraph
from impact.kernels.types import B1, I32, I64, U8, U32
from impact.kernels.walk import spread
from impact.walk import NOTHING, borrow, give_back

DENSE = 8
"""CIs are held against all pool rows at once if they are more than one part in so many of them."""


class Redundancy:
    """What reviews need of one graph, worked out when it is first asked for.

    Only pools that can lose a member count: one that needs all of its members joins no failures, it passes each on.
    Row i says that `member[i]` is in `pool[i]`; rows are in order of pool, those of `q` begin at `start[q]`.
    """

    def __init__(self, graph: ImpactGraph) -> None:
        self.graph = graph
        self.spare = graph.pools.table[:, 1] > 0
        provider = np.arange(graph.size, dtype=np.int32)
        owner, words = graph.dependents.gather(provider)
        pooled = (words[0] & 4) != 0
        member, pool = owner[pooled], words[0][pooled] >> 3
        keep = self.spare[pool]
        order = np.argsort(pool[keep], kind="stable")
        self.pool: I64 = pool[keep][order].astype(np.int64)
        self.member: I32 = member[keep][order]
        self.start: I64 = np.searchsorted(self.pool, np.arange(len(graph.pools) + 1))

    @cached_property
    def _forward(self) -> tuple[U32, U32]:
        """The graph with every dependency a hard one, pools included: what could be reached at all."""
        found = self.graph.dependents
        words = found.columns[0][: found.used]
        target, pooled = words >> 3, (words & 4) != 0
        target[pooled] = self.graph.pools.table[target[pooled], 0]
        return found.index, (target << 3 | 3).view(np.uint32)

    @cached_property
    def _backward(self) -> tuple[U32, U32]:
        found = self.graph.providers
        return found.index, (found.columns[PROVIDER][: found.used] << 3 | 3).view(np.uint32)

    @cached_property
    def _owned(self) -> tuple[I32, I64]:
        """Pools in order of the CI they belong to, and those CIs."""
        pools = np.nonzero(np.diff(self.start))[0]
        owners = self.graph.pools.table[pools, 0]
        order = np.argsort(owners, kind="stable")
        return owners[order], pools[order]

    def reached(self, cis: I32) -> I32:
        """Every CI that could be affected if redundancy did not hold, `cis` included."""
        return self._spread(self._forward, cis)

    def upstream(self, cis: I32) -> I32:
        """Every CI that could affect one of `cis`, themselves included."""
        return self._spread(self._backward, cis)

    def marked(self, cis: I32) -> B1:
        """Marks by CI."""
        marks = np.zeros(self.graph.size, np.bool_)
        marks[cis] = True
        return marks

    def membership(self, cis: I32) -> tuple[I32, I64]:
        """Who of some CIs is a member of which pool."""
        if len(cis) * DENSE > len(self.member):
            rows = np.nonzero(self.marked(cis)[self.member])[0]
            return self.member[rows], self.pool[rows]
        owner, words = self.graph.dependents.gather(cis)
        pooled = np.nonzero(words[0] & 4)[0]
        pool = words[0][pooled].astype(np.int64) >> 3
        spare = self.spare[pool]
        return cis[owner[pooled[spare]]], pool[spare]

    def rows_of(self, pools: I64) -> tuple[I64, I64]:
        """The rows of some pools, one pool after the other, and where those of each begin."""
        count = self.start[pools + 1] - self.start[pools]
        begins = np.cumsum(count) - count
        return np.arange(int(count.sum())) + np.repeat(self.start[pools] - begins, count), begins

    def pools_of(self, cis: I32) -> I64:
        """The pools that belong to some CIs."""
        owners, pools = self._owned
        left, right = np.searchsorted(owners, cis), np.searchsorted(owners, cis, side="right")
        count = right - left
        at = np.arange(int(count.sum())) + np.repeat(left - (np.cumsum(count) - count), count)
        return pools[at]

    def fallen(self, pools: I64, state: U8) -> U8:
        """What each pool makes of its CI, given the states of all CIs."""
        rows, begins = self.rows_of(pools)
        levels = state[self.member[rows]]
        return self.outcome(pools, *(np.add.reduceat(levels >= level, begins, dtype=np.int64) for level in (3, 2, 1)))

    def outcome(self, pools: I64, down: I64, degraded: I64, at_risk: I64) -> U8:
        """What pools make of their CIs when so many members are down, at least degraded, at least at risk."""
        _, spare, full, effect = self.graph.pools.table[pools].T
        risk = (degraded > 0) | (at_risk > full)
        found = np.where(down > spare, 3, np.where(degraded > full, 2, np.where(risk, 1, 0)))
        return np.minimum(found, effect).astype(np.uint8)

    def _spread(self, way: tuple[U32, U32], cis: I32) -> I32:
        scratch = borrow(self.graph)
        seeds = cis.astype(np.uint32)
        found, _ = spread.run(
            *way, self.graph.pools.table, seeds, np.full(len(seeds), 3, np.uint8), NOTHING,
            scratch.state, scratch.lost, scratch.queue, scratch.touched,
        )  # fmt: skip
        give_back(scratch)
        return found
