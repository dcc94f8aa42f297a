"""What each CI needs to be back: its hard dependencies among the CIs considered, as groups for the kernels."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact.graph import META, POOL, PROVIDER, ImpactGraph
from impact.kernels.types import B1, I32, I64
from impact.states import Level


@dataclass(frozen=True, eq=False)
class Needs:
    """Requirements among `nodes` (sorted CIs), which are spoken of by their position there.

    The requirements of `v` are `first[v]` to `first[v + 1] - 1`. Requirement `r` is met once `least[r]` of
    `member[start[r] : start[r] + count[r]]` are back: all of them for plain dependencies, which are one requirement
    per CI; as many of a pool as it still lacks. A pool that the CIs not considered can serve alone is not listed.
    """

    nodes: I32
    first: I64
    least: I32
    start: I64
    count: I32
    member: I32

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def arrays(self) -> tuple[I64, I32, I64, I32, I32]:
        """What the kernels take, besides the restore times."""
        return self.first, self.least, self.start, self.count, self.member

    @cached_property
    def owner(self) -> I32:
        """Whose requirement each is."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.first))

    def position(self, ci: int) -> int:
        """Where a CI stands in `nodes`; -1 if it is not considered."""
        at = int(np.searchsorted(self.nodes, ci))
        return at if at < len(self.nodes) and self.nodes[at] == ci else -1

    def members(self, requirement: int) -> I32:
        """Who can meet a requirement, by position."""
        begin = int(self.start[requirement])
        return self.member[begin : begin + int(self.count[requirement])]

    def back(self, of: B1 | None = None) -> tuple[I64, I32]:
        """What each CI is a member of: those of `v` are `requirements[first[v] : first[v + 1]]`, of (first,
        requirements). Only requirements of the CIs marked in `of`, if given."""
        first = np.zeros(len(self) + 1, np.int64)
        wanted = np.arange(len(self.least), dtype=np.int32)
        wanted = wanted if of is None else wanted[of[self.owner]]
        count = self.count[wanted].astype(np.int64)
        offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        member = self.member[np.repeat(self.start[wanted], count) + offset]
        np.cumsum(np.bincount(member, minlength=len(self)), out=first[1:])
        return first, np.repeat(wanted, count)[np.argsort(member, kind="stable")]


def needs_of(graph: ImpactGraph, among: I32 | None = None) -> Needs:
    """The requirements of `among` (None: of all CIs) on each other; every other CI works.

    Soft dependencies are no requirement. Cost follows the CIs and their relations, besides one column of the size of
    the estate.
    """
    nodes = np.arange(graph.size, dtype=np.int32) if among is None else np.unique(among).astype(np.int32)
    at = np.full(graph.size, -1, np.int32)
    at[nodes] = np.arange(len(nodes), dtype=np.int32)
    owner, rows = graph.providers.gather(nodes)
    member, pool = at[rows[PROVIDER]], rows[POOL]
    inside = (member >= 0) & (member != owner)
    hard = inside & (pool < 0) & (rows[META] & 3 == Level.DOWN)
    plain = _plain(owner[hard], member[hard], len(nodes))
    pooled = inside & (pool >= 0)
    pooled[pooled] &= graph.pools.table[pool[pooled], 3] == Level.DOWN
    return _joined(nodes, plain, _pooled(graph, owner[pooled], member[pooled], pool[pooled]))


Groups = tuple[I32, I32, I32, I32]
"""Requirements: owner, least, count, and the members of all, one requirement after the other."""


def _plain(owner: I32, member: I32, size: int) -> Groups:
    count = np.bincount(owner, minlength=size)
    having = np.nonzero(count)[0].astype(np.int32)
    needed = count[having].astype(np.int32)
    return having, needed, needed, member


def _pooled(graph: ImpactGraph, owner: I32, member: I32, pool: I32) -> Groups:
    """Pools, less the members that work: they are back already."""
    order = np.lexsort((member, pool))
    owner, member, pool = owner[order], member[order], pool[order]
    again = _repeats(pool) & _repeats(member)
    owner, member, pool = owner[~again], member[~again], pool[~again]
    begins = np.nonzero(~_repeats(pool))[0]
    count = np.diff(np.append(begins, len(pool))).astype(np.int32)
    numbers = pool[begins]
    least = count - graph.pools.table[numbers, 1]
    lacking = least > 0
    return owner[begins][lacking], least[lacking], count[lacking], member[np.repeat(lacking, count)]


def _repeats(values: I32) -> B1:
    """Where a value is the same as the one before it."""
    same = np.zeros(len(values), np.bool_)
    same[1:] = values[1:] == values[:-1]
    return same


def _joined(nodes: I32, plain: Groups, pooled: Groups) -> Needs:
    owner, least, count, member = (np.concatenate([a, b]) for a, b in zip(plain, pooled, strict=True))
    start = np.cumsum(count, dtype=np.int64) - count
    order = np.argsort(owner, kind="stable")
    first = np.zeros(len(nodes) + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=len(nodes)), out=first[1:])
    return Needs(
        nodes,
        first,
        least[order].astype(np.int32),
        start[order],
        count[order].astype(np.int32),
        member.astype(np.int32),
    )
