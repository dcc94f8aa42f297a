"""The compiled impact graph: who depends on whom, both ways, with pools; an immutable value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from impact.adjacency import Adjacency
from impact.kernels.jit import PLAIN_LIMIT, compile_kernels
from impact.kernels.types import B1, I32, U32

PROVIDER, META, POOL = 0, 1, 2
"""Columns of `providers`: provider CI; relation type << 2 | effect; pool number, or -1 for a plain dependency."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A pool rule as recorded: counts (`2`) or percentages (`50%`) of live members; `full` is empty for `required`."""

    dependent: int
    name: str
    required: str
    full: str
    effect: int


@dataclass(frozen=True, slots=True)
class Pools:
    """Pools by number. `table` is for the kernels (see `kernels.walk`), `size` counts distinct live members, `bad`
    marks rules that had to be put right to be computed."""

    table: I32
    size: I32
    bad: B1
    rules: Sequence[Rule]

    def __len__(self) -> int:
        return len(self.rules)

    def needs(self, pool: int) -> tuple[int, int, int]:
        """(members, required, full) of a pool as it is computed."""
        size = int(self.size[pool])
        return size, size - int(self.table[pool, 1]), size - int(self.table[pool, 2])


@dataclass(frozen=True)
class ImpactGraph:
    """Dependencies among live CIs, by index.

    `dependents` leads from a provider to packed words (see `kernels.walk`), `providers` from a dependent to its
    relations, `pools` holds the rules of both.
    """

    dependents: Adjacency
    providers: Adjacency
    pools: Pools

    @property
    def size(self) -> int:
        """How many CIs there are, live or not."""
        return len(self.dependents.index)

    @cached_property
    def arrays(self) -> tuple[U32, U32, I32]:
        """What the kernels walk: nodes, words and pools."""
        return self.dependents.index, self.dependents.columns[0].view(np.uint32), self.pools.table

    @cached_property
    def relation_count(self) -> int:
        """How many relations impact can flow along."""
        return self.providers.used - self.providers.dead

    @property
    def wasted(self) -> bool:
        """Whether so much of the arrays is dead that compiling anew would be smaller and faster."""
        spare = self.dependents.used // 2 + 10_000
        return self.dependents.dead > spare or self.providers.dead > spare


@dataclass(frozen=True)
class Dependencies:
    """Live impact relations as columns: dependent, provider, relation type << 2 | effect, pool (or -1)."""

    dependent: I32
    provider: I32
    meta: I32
    pool: I32
    rules: Sequence[Rule] = field(default=())


def compile_graph(size: int, found: Dependencies) -> ImpactGraph:
    """The graph of `size` CIs; pool numbers in `found` count its `rules`."""
    if len(found.dependent) > PLAIN_LIMIT:
        compile_kernels()
    members, words = _forward(found, 0)
    pools = _pools(found.rules, members[1])
    return ImpactGraph(
        Adjacency.build(words[0], size, words[1]),
        Adjacency.build(found.dependent, size, found.provider, found.meta, found.pool),
        pools,
    )


def patch_graph(graph: ImpactGraph, size: int, dependents: I32, found: Dependencies) -> ImpactGraph:
    """`graph` grown to `size` CIs, with all dependencies of `dependents` replaced by those in `found`.

    Cost follows the changed CIs and their providers, besides copying the per-CI columns.
    """
    gone = np.zeros(size, np.bool_)
    gone[dependents] = True
    existing = dependents[dependents < graph.size]
    old = graph.providers.gather(existing)[1][PROVIDER] if len(existing) else np.empty(0, np.int32)
    base = len(graph.pools)
    members, words = _forward(found, base)
    pools = _joined(graph.pools, _pools(found.rules, members[1] - base))
    pools.bad[:base] &= ~gone[pools.table[:base, 0]]
    hubs = np.unique(np.concatenate([old, words[0]])).astype(np.int32)
    known = hubs[hubs < graph.size]
    owner, rows = graph.dependents.gather(known)
    target = rows[0] >> 3
    pooled = (rows[0] & 4) != 0
    target[pooled] = graph.pools.table[target[pooled], 0]
    stay = ~gone[target]
    forward = graph.dependents.replaced(
        hubs,
        np.concatenate([np.searchsorted(hubs, known)[owner[stay]], np.searchsorted(hubs, words[0])]).astype(np.int32),
        np.concatenate([rows[:, stay], words[1][np.newaxis]], axis=1),
        size,
    )
    ordered = np.unique(dependents).astype(np.int32)
    pool = np.where(found.pool < 0, found.pool, found.pool + base).astype(np.int32)
    backward = graph.providers.replaced(
        ordered,
        np.searchsorted(ordered, found.dependent).astype(np.int32),
        np.stack([found.provider, found.meta, pool]).astype(np.int32),
        size,
    )
    return ImpactGraph(forward, backward, pools)


def _forward(found: Dependencies, base: int) -> tuple[I32, I32]:
    """Distinct (provider, pool) members, and the forward words as (provider, word); pools are numbered from `base`."""
    pooled = found.pool >= 0
    pairs = np.unique(np.stack([found.provider[pooled], found.pool[pooled] + base]), axis=1).astype(np.int32)
    plain = ~pooled
    words = np.concatenate([found.dependent[plain] << 3 | found.meta[plain] & 3, pairs[1] << 3 | 4])
    return pairs, np.stack([np.concatenate([found.provider[plain], pairs[0]]), words]).astype(np.int32)


def _pools(rules: Sequence[Rule], members: I32) -> Pools:
    size = np.bincount(members, minlength=len(rules)).astype(np.int32)
    table, bad = np.zeros((len(rules), 4), np.int32), np.zeros(len(rules), np.bool_)
    for at, (rule, count) in enumerate(zip(rules, size.tolist(), strict=True)):
        required, full = clamp(rule, count)
        table[at] = rule.dependent, count - required, count - full, rule.effect
        bad[at] = (amount(rule.required, count), amount(rule.full or str(full), count)) != (required, full)
    return Pools(table, size, bad, list(rules))


def clamp(rule: Rule, members: int) -> tuple[int, int]:
    """(required, full) that a pool of `members` live CIs is computed with: never a false alarm in a healthy graph."""
    required = min(max(amount(rule.required, members), 1), members)
    full = min(max(amount(rule.full, members), required), members) if rule.full else required
    return required, full


def amount(text: str, members: int) -> int:
    """`2` as 2; `50%` of `members`, rounded up."""
    return -(-int(text[:-1]) * members // 100) if text.endswith("%") else int(text)


def _joined(a: Pools, b: Pools) -> Pools:
    return Pools(
        np.concatenate([a.table, b.table]),
        np.concatenate([a.size, b.size]),
        np.concatenate([a.bad, b.bad]),
        [*a.rules, *b.rules],
    )
