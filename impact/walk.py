"""A walk of the graph under a scenario: which CIs are affected, how badly, and what the pins cut off."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact.graph import ImpactGraph
from impact.kernels.distance import measure
from impact.kernels.jit import compile_kernels
from impact.kernels.types import I32, U8, U32
from impact.kernels.walk import spread

NOTHING = np.empty(0, np.uint32)
PLAIN_LIMIT = 20_000
"""Relations up to which plain Python walks a graph many times as quickly, counting the time to load compiled code."""


class Scratch:
    """Reusable arrays, all zero between walks, so that a walk costs nothing for the CIs it does not reach."""

    def __init__(self, size: int, pools: int) -> None:
        self.state = np.zeros(size + 1, np.uint8)
        self.lost = np.zeros(pools + 1, np.int32)
        self.queue = np.empty((3, size + 1), np.uint32)
        self.touched = np.empty(pools + 1, np.uint32)

    @cached_property
    def far(self) -> I32:
        return np.zeros(len(self.state), np.int32)

    @cached_property
    def lost_by_level(self) -> I32:
        return np.zeros((len(self.lost), 4), np.int32)


_spare: list[Scratch] = []


def borrow(graph: ImpactGraph) -> Scratch:
    """A scratch large enough for `graph`; hand it back with `give_back` once it is zero again."""
    try:
        scratch = _spare.pop()
    except IndexError:
        scratch = None
    size, pools = graph.size, len(graph.pools)
    if scratch is None or len(scratch.state) <= size or len(scratch.lost) <= pools:
        return Scratch(size + size // 8 + 16, pools + pools // 8 + 16)
    return scratch


def give_back(scratch: Scratch) -> None:
    """Keep `scratch` for the next walk."""
    if len(_spare) < 8:
        _spare.append(scratch)


@dataclass(eq=False)
class Walk:
    """The affected CIs, worst first: `nodes[i]` is in state `levels[i]` (1 to 3). Pinned CIs are not among them."""

    graph: ImpactGraph
    seeds: U32
    floors: U8
    pins: U32
    nodes: I32
    levels: U8

    def __len__(self) -> int:
        return len(self.nodes)

    @cached_property
    def distances(self) -> I32:
        """Hops of each of `nodes` to the nearest assumption that proves its state; 0 for what was assumed."""
        scratch = borrow(self.graph)
        out = measure.run(
            *self.graph.arrays, self.seeds, self.floors, self.nodes, self.levels,
            scratch.state, scratch.lost_by_level, scratch.far, scratch.queue[0],
        )  # fmt: skip
        give_back(scratch)
        return out

    @cached_property
    def _sorted(self) -> tuple[I32, U8, I32]:
        order = np.argsort(self.nodes).astype(np.int32)
        return self.nodes[order], self.levels[order], order

    def levels_of(self, cis: I32) -> U8:
        """The state of each of `cis`; 0 where not affected, or pinned."""
        nodes, levels, _ = self._sorted
        if not len(nodes):
            return np.zeros(len(cis), np.uint8)
        at = np.minimum(np.searchsorted(nodes, cis), len(nodes) - 1)
        return np.where(nodes[at] == cis, levels[at], 0).astype(np.uint8)

    def positions_of(self, cis: I32) -> I32:
        """Where in `nodes` each of `cis` stands; -1 where not affected."""
        nodes, _, order = self._sorted
        if not len(nodes):
            return np.full(len(cis), -1, np.int32)
        at = np.minimum(np.searchsorted(nodes, cis), len(nodes) - 1)
        return np.where(nodes[at] == cis, order[at], -1).astype(np.int32)


def expect_many(graph: ImpactGraph) -> None:
    """Load the compiled kernels if several walks of `graph` follow and it is large enough for that to be quicker."""
    if graph.relation_count > PLAIN_LIMIT:
        compile_kernels()


def walk(graph: ImpactGraph, seeds: Sequence[int], floors: Sequence[int], pins: Sequence[int] = ()) -> Walk:
    """Settle the states that follow from `seeds` being at least as bad as `floors` (1 to 3) and `pins` being fine.

    Seeds and pins must be live CIs and disjoint. Cost is proportional to the affected CIs and their dependents.
    """
    seed_array, floor_array = np.array(seeds, np.uint32), np.array(floors, np.uint8)
    pin_array = np.array(pins, np.uint32) if pins else NOTHING
    scratch = borrow(graph)
    nodes, levels = spread.run(
        *graph.arrays, seed_array, floor_array, pin_array,
        scratch.state, scratch.lost, scratch.queue, scratch.touched,
    )  # fmt: skip
    give_back(scratch)
    return Walk(graph, seed_array, floor_array, pin_array, nodes, levels)
