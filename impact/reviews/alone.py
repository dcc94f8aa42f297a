"""What each change or incident does alone: its walk, and the pools it takes members of; kept between reviews."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np

from impact.estate import Estate
from impact.graph import ImpactGraph
from impact.kernels.types import I32, I64, U8
from impact.reviews.planned import Planned
from impact.reviews.redundancy import Redundancy
from impact.walk import Walk, walk

ROOM = 8_000_000
"""Affected CIs in all the walks that are kept, five bytes each besides what they take of pools."""
FLOOR = 200
"""What a walk counts for at least, in CIs."""
GRAPHS = 2
"""Graphs for which walks are kept: the newest, and the one before it, which others may still be asking about."""


@dataclass(frozen=True, eq=False)
class Taken:
    """Members that a scenario takes of pools it does not break for good: `member[i]` of `pool[i]` is in `level[i]`,
    and the pool's CI in state `owner[i]` all the same."""

    pool: I64
    member: I32
    level: U8
    owner: U8

    def part(self, rows: I64 | slice) -> "Taken":
        """Some of the rows."""
        return Taken(self.pool[rows], self.member[rows], self.level[rows], self.owner[rows])


@dataclass(frozen=True, eq=False)
class Alone:
    """One scenario, settled by itself."""

    parts: Redundancy
    walk: Walk

    @cached_property
    def taken(self) -> Taken:
        """What it takes of pools whose CI could still become worse through them."""
        return taken(self.parts, self.walk.nodes, self.walk)


def taken(parts: Redundancy, nodes: I32, found: Walk) -> Taken:
    """What `nodes`, some or all of those of a walk, are of pools whose CI could still become worse through them."""
    graph = parts.graph
    state = np.zeros(graph.size, np.uint8)
    state[found.nodes] = found.levels
    member, pool = parts.membership(nodes)
    table = graph.pools.table
    dependent = state[table[pool, 0]]
    open_ = dependent < table[pool, 3]
    member, pool = member[open_], pool[open_]
    return Taken(pool, member, state[member], dependent[open_])


def scenario(estate: Estate, planned: Planned) -> tuple[I32, U8]:
    """The CIs in service that are assumed about, and the state each is at least in."""
    keep = estate.live[planned.cis] & (planned.levels > 0)
    return planned.cis[keep], planned.levels[keep]


def joint(scenarios: list[tuple[I32, U8]]) -> tuple[I32, U8]:
    """For every CI of some scenarios the worst of its states."""
    cis = np.concatenate([cis for cis, _ in scenarios])
    levels = np.concatenate([levels for _, levels in scenarios])
    order = np.lexsort((levels, cis))
    last = np.append(cis[order][1:] != cis[order][:-1], True) if len(cis) else np.zeros(0, np.bool_)
    return cis[order][last], levels[order][last]


class Kept:
    """Scenarios settled alone, on one graph; the ones used longest ago are forgotten."""

    def __init__(self, parts: Redundancy) -> None:
        self.parts, self._room, self._lock = parts, ROOM, Lock()
        self._found: OrderedDict[tuple[bytes, bytes], Alone] = OrderedDict()

    def of(self, cis: I32, levels: U8) -> Alone:
        """The scenario settled, now or earlier."""
        key = cis.tobytes(), levels.tobytes()
        with self._lock:
            if found := self._found.get(key):
                self._found.move_to_end(key)
                return found
        new = Alone(self.parts, walk(self.parts.graph, cis.tolist(), levels.tolist()))
        with self._lock:
            if key in self._found:
                return self._found[key]
            self._found[key] = new
            self._room -= len(new.walk) + FLOOR
            while self._room < 0 and len(self._found) > 1:
                _, old = self._found.popitem(last=False)
                self._room += len(old.walk) + FLOOR
        return new

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._found.clear()
            self._room = ROOM


_kept: OrderedDict[int, Kept] = OrderedDict()
_lock = Lock()


def kept(graph: ImpactGraph) -> Kept:
    """The walks kept for a graph."""
    with _lock:
        found = _kept.get(id(graph))
        if found is None:
            found = _kept[id(graph)] = Kept(Redundancy(graph))
        _kept.move_to_end(id(graph))
        while len(_kept) > GRAPHS:
            _kept.popitem(last=False)
        return found


def forget() -> None:
    """Let go of every walk: the next review settles what it needs anew."""
    with _lock:
        for one in _kept.values():
            one.clear()
