"""Effective recovery: how many minutes after work begins each CI is back, if nobody waits for a free pair of hands."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact.continuity.needs import Needs, needs_of
from impact.estate import UNKNOWN
from impact.graph import ImpactGraph
from impact.kernels.recovery import ascertain, blame, order_cycles, settle
from impact.kernels.types import B1, I32, I64
from impact.kernels.work import work

NAMED = 20


@dataclass(frozen=True, eq=False)
class Recovery:
    """E of the CIs considered, in the order of `needs.nodes`.

    `minutes` are at least the true ones, and `exact` tells where they are the true ones: no unknown restore time can
    change them. `together` names, for CIs of a cycle that must be started together, one of them; for others, itself.
    `restore` holds their own times, -1 where unknown; `order` has, by position, what is required before what
    requires it; `reached` says when each requirement is met (-1: from within such a cycle alone).
    """

    needs: Needs
    restore: I32
    minutes: I64
    exact: B1
    together: I32
    order: I32
    reached: I64

    @cached_property
    def longest(self) -> I64:
        """How long work on each CI takes: of CIs started together, as long as on the slowest; unknown counts 0."""
        longest = np.zeros(len(self.needs), np.int64)
        np.maximum.at(longest, self.together, self.restore)
        return longest[self.together]

    def of(self, ci: int) -> tuple[int, bool]:
        """Minutes until a CI is back, and whether that is exact; a CI that was not considered works: (0, True)."""
        at = self.needs.position(ci)
        return (0, True) if at < 0 else (int(self.minutes[at]), bool(self.exact[at]))

    def minutes_of(self, cis: I32) -> I64:
        """The minutes of many CIs; 0 for those not considered."""
        at, here = self._places(cis)
        return np.where(here, self.minutes[at], 0) if len(self.needs) else np.zeros(len(cis), np.int64)

    def exact_of(self, cis: I32) -> B1:
        """Where the minutes of many CIs are exact; true for those not considered."""
        at, here = self._places(cis)
        return ~here | self.exact[at] if len(self.needs) else np.ones(len(cis), np.bool_)

    def unknowns(self, ci: int, ranks: Callable[[I32], I64], most: int = NAMED) -> tuple[list[int], int]:
        """The CIs whose unknown restore time keeps that of `ci` from being exact: the nearest, and how many in all.

        `ranks` orders CIs that are equally near.
        """
        at, size = self.needs.position(ci), len(self.needs)
        if at < 0:
            return [], 0
        hops, queue = np.full(size, -1, np.int32), np.empty(size, np.int32)
        filled = blame.run(
            *self.needs.arrays, self.minutes, self.together, self.reached, self.exact, at, hops, queue
        )  # fmt: skip
        found = queue[:filled][self.restore[queue[:filled]] == UNKNOWN]
        cis = self.needs.nodes[found]
        nearest = np.lexsort((ranks(cis), hops[found]))[:most]
        return cis[nearest].tolist(), len(found)

    def chain(self, ci: int) -> list[int]:
        """The CIs whose restore times add up to the minutes of `ci`, itself first: each waits for the next."""
        at, found, seen = self.needs.position(ci), list[int](), set[int]()
        while at >= 0 and at not in seen:
            seen.update(np.nonzero(self.together == self.together[at])[0].tolist())
            found.append(int(self.needs.nodes[at]))
            latest = max((r for v in self._group(at) for r in self._own(v)), key=self.reached.__getitem__, default=-1)
            if latest < 0 or self.reached[latest] < 0:
                break
            members = self.needs.members(latest)
            last = members[self.minutes[members] == self.reached[latest]]
            at = next((int(m) for m in last if m not in seen), -1)
        return found

    def _group(self, position: int) -> list[int]:
        """What is started together with a CI: the slowest last to be asked, itself included."""
        found: list[int] = np.nonzero(self.together == self.together[position])[0].tolist()
        return found

    def _own(self, position: int) -> range:
        return range(int(self.needs.first[position]), int(self.needs.first[position + 1]))

    def _places(self, cis: I32) -> tuple[I64, B1]:
        """Where CIs would stand in `needs.nodes`, and which of them do."""
        nodes = self.needs.nodes
        at = np.minimum(np.searchsorted(nodes, cis), len(nodes) - 1)
        return at, nodes[at] == cis if len(nodes) else np.zeros(len(cis), np.bool_)


def recover(graph: ImpactGraph, restore: I32, among: I32 | None = None) -> Recovery:
    """E(v) = restore(v) + the greatest E of what `v` requires, of a pool the k-th smallest.

    `restore` is by CI, in minutes, -1 where unknown (counts 0, and makes what rests on it inexact). `among` are the
    CIs to be restored: every other CI works, and counts 0; None: every CI of the estate. Soft dependencies do not
    count. Cost follows the CIs considered and their relations.
    """
    needs = needs_of(graph, among)
    return recovered(needs, restore[needs.nodes])


def recovered(needs: Needs, restore: I32) -> Recovery:
    """The recovery of CIs whose needs are known; `restore` is by their position there."""
    size, requirements = len(needs), len(needs.least)
    minutes, reached = np.full(size, -1, np.int64), np.zeros(requirements, np.int64)
    together, sequence = np.full(size, -1, np.int32), np.zeros(size + 1, np.int32)
    met, ready, lacking = np.zeros(requirements, np.bool_), np.empty(size, np.int64), np.empty(size, np.int32)
    find = _finder(needs, met)
    order, bounds = find(np.arange(size, dtype=np.int32))
    back = needs.back(_cyclic(order, bounds))
    stack, apart = [(order, bounds, 0)], False
    while stack:
        part, ends, begin = stack.pop()
        stuck, waiting = settle.run(
            *needs.arrays, restore, needs.owner, *back, part, ends, begin,
            minutes, together, sequence, reached, met, ready, lacking,
        )  # fmt: skip
        if stuck >= 0:
            apart = True
            stack.append((part, ends, stuck + 1))
            stack.append((*find(part[ends[stuck] : ends[stuck] + waiting].copy()), 0))
    exact = np.zeros(size, np.bool_)
    found = Recovery(needs, restore, minutes, exact, together, sequence[:size], reached)
    if apart:
        _timed(found)
    ascertain.run(
        *needs.arrays, restore, minutes, together, found.order, reached, exact, np.zeros(size, np.bool_)
    )  # fmt: skip
    return found


def _timed(found: Recovery) -> None:
    """Let everything begin as soon as it can, now that it is known what must be started together."""
    needs, size = found.needs, len(found.needs)
    none, unused = np.zeros(size, np.int32), np.empty(size, np.int32)
    work.run(
        needs.least, needs.start, needs.count, needs.member, needs.owner, *needs.back(),
        found.together, found.longest, np.zeros(size, np.bool_), none, 0,
        np.empty(size, np.int64), found.minutes, unused, unused.copy(), unused.copy(), found.reached, found.order,
    )  # fmt: skip


def _finder(needs: Needs, met: B1) -> Callable[[I32], tuple[I32, I32]]:
    """`order_cycles` for some of the CIs, with scratch of its own."""
    size = len(needs)
    index, low, entry = np.full(size, -1, np.int32), np.empty(size, np.int32), np.empty(size, np.int32)
    turn = np.empty(size, np.int64)

    def find(nodes: I32) -> tuple[I32, I32]:
        return order_cycles.run(
            needs.first, needs.start, needs.count, needs.member, met, nodes, index, low, turn, entry
        )  # fmt: skip

    return find


def _cyclic(order: I32, bounds: I32) -> B1:
    """Which CIs stand in a group of more than one."""
    sizes = np.diff(bounds)
    cyclic = np.zeros(len(order), np.bool_)
    cyclic[order] = np.repeat(sizes > 1, sizes)
    return cyclic
