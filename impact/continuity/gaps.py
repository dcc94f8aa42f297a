"""Continuity gaps of the whole estate: which promises cannot be relied on, computed once and kept as columns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from weakref import ReferenceType, ref

import numpy as np

from impact.continuity.data_loss import UNBOUNDED, OwnLoss, own_loss
from impact.continuity.gap_report import GapType
from impact.continuity.needs import Needs, needs_of
from impact.continuity.recovery import Recovery, recovered
from impact.estate import UNKNOWN, Estate
from impact.graph import ImpactGraph
from impact.kernels.jit import compile_kernels
from impact.kernels.types import B1, I32, I64
from impact.kernels.worst import critical, rise

COMPILE_FROM = 20_000
"""Relations from which compiled kernels pay: the report walks the whole estate several times."""
KEPT = 2


@dataclass(frozen=True, eq=False)
class Below:
    """By CI: the worst value among all it cannot do without (-1: none), through which provider, and whose it is."""

    worst: I64
    via: I32
    root: I32


@dataclass(frozen=True, eq=False)
class Facts:
    """What a report is computed from; a change to be tried out is another value of it."""

    graph: ImpactGraph
    live: B1
    numbers: Mapping[str, I32]
    carries_data: tuple[bool, ...]

    @classmethod
    def of(cls, estate: Estate) -> "Facts":
        return cls(estate.graph, estate.live, estate.numbers, estate.vocabulary.data)

    def promised(self, name: str) -> I64:
        """The values of live CIs, -1 elsewhere."""
        return np.where(self.live, self.numbers[name], UNKNOWN).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Assessment:
    """Every promise of the estate, held against what it rests on. Columns are by CI."""

    facts: Facts
    needs: Needs
    recovery: Recovery
    promise: Below

    @cached_property
    def rto(self) -> I64:
        return self.facts.promised("rto")

    @cached_property
    def rpo(self) -> I64:
        """What each CI promises of its data; places that only hold the data of others promise nothing."""
        return np.where(self.loss.places, UNKNOWN, self.facts.promised("rpo"))

    @cached_property
    def loss(self) -> OwnLoss:
        found = own_loss(self.facts.graph, self.facts.carries_data, self.facts.numbers["rpo"])
        live = self.facts.live
        return replace(found, low=np.where(live, found.low, -1), high=np.where(live, found.high, -1))

    @cached_property
    def data(self) -> Below:
        """The worst data loss below each CI, as far as it is known."""
        return worst_below(self.facts.graph, self.loss.low)

    @cached_property
    def data_at_most(self) -> I64:
        """The worst data loss below each CI, were every unknown one without bounds."""
        if np.array_equal(self.loss.low, self.loss.high):
            return self.data.worst
        return worst_below(self.facts.graph, self.loss.high).worst

    @cached_property
    def effective_rpo(self) -> tuple[I64, I64]:
        """Effective RPO, at least and at most (`UNBOUNDED`: not known); -1 where no data is recorded."""
        low = np.maximum(self.data.worst, np.where(self._holds, self.loss.low, -1))
        return low, np.minimum(np.maximum(self.data_at_most, np.where(self._holds, self.loss.high, -1)), UNBOUNDED)

    @cached_property
    def rto_and_below(self) -> I64:
        """The longest RTO of each CI and all it cannot do without; -1 if none is recorded."""
        return np.maximum(self.rto, self.promise.worst)

    @cached_property
    def loss_and_below(self) -> I64:
        """The worst data loss of each CI and all it cannot do without; -1 if there is no data."""
        return np.maximum(self.loss.low, self.data.worst)

    @property
    def _holds(self) -> B1:
        return self.loss.keeps | self.loss.places

    @cached_property
    def waits_for(self) -> I32:
        """For each CI the one its recovery waits for longest; -1 if none."""
        found = self.recovery
        rank = np.empty(len(found.order), np.int32)
        rank[found.order] = np.arange(len(found.order), dtype=np.int32)
        return critical.run(*self.needs.arrays, found.minutes, found.restore, found.together, rank)

    @cached_property
    def short(self) -> Mapping[GapType, I64]:
        """By type: the minutes each promise is short by; 0 where there is no gap."""
        return shorts(self.rto, self.rpo, self.promise, self.recovery.minutes, self.data)

    @property
    def gap_count(self) -> int:
        """Gaps of all types."""
        return sum(int(np.count_nonzero(short)) for short in self.short.values())

    @cached_property
    def unsettled(self) -> B1:
        """CIs with an RTO whose effective recovery is not known."""
        return (self.rto >= 0) & ~self.recovery.exact

    def verdicts(self, of_data: bool) -> "Marks":
        """Where a promise is kept, broken and unknown; for data loss, or for recovery time."""
        return self._of_data if of_data else self._of_time

    @cached_property
    def _of_time(self) -> "Marks":
        promised = self.rto >= 0
        broken = (self.short[GapType.promise] > 0) | (self.short[GapType.recovery] > 0)
        kept = promised & ~broken & self.recovery.exact
        return kept, broken, promised & ~broken & ~kept

    @cached_property
    def _of_data(self) -> "Marks":
        promised = self.rpo >= 0
        broken = self.short[GapType.data] > 0
        recorded = (self.data.worst >= 0) | self.loss.keeps
        kept = promised & ~broken & recorded & (self.data_at_most <= self.rpo)
        return kept, broken, promised & ~broken & ~kept


Marks = tuple[B1, B1, B1]


def shorts(rto: I64, rpo: I64, promise: Below, recovery: I64, data: Below) -> Mapping[GapType, I64]:
    """By type of gap: the minutes each promise is short by; 0 where there is no gap. Own data is no gap."""
    own = data.root == np.arange(len(rto))
    return {
        GapType.promise: short_by(rto, promise.worst),
        GapType.recovery: short_by(rto, recovery),
        GapType.data: np.where(own, 0, short_by(rpo, data.worst)),
    }


def short_by(promised: I64, found: I64) -> I64:
    """The minutes by which `found` is beyond what was promised (-1: nothing was)."""
    return np.where((promised >= 0) & (found > promised), found - promised, 0)


def worst_below(graph: ImpactGraph, values: I64) -> Below:
    """The worst of `values` (-1: none) among all that each CI cannot do without."""
    having = np.nonzero(values >= 0)[0].astype(np.int32)
    order = having[np.argsort(-values[having], kind="stable")]
    return Below(*rise.run(*graph.arrays, order, values))


def assess(facts: Facts) -> Assessment:
    """Hold every promise against what it rests on."""
    if facts.graph.relation_count >= COMPILE_FROM:
        compile_kernels()
    needs = needs_of(facts.graph)
    recovery = recovered(needs, facts.numbers["restore"])
    return Assessment(facts, needs, recovery, worst_below(facts.graph, facts.promised("rto")))


_kept: list[tuple["ReferenceType[Estate]", Assessment]] = []
_computing = Lock()


def assessed(estate: Estate) -> Assessment:
    """The assessment of an estate; that of the last few is kept for as long as the estate is."""
    with _computing:
        for known, found in _kept:
            if known() is estate:
                return found
        found = assess(Facts.of(estate))
        _kept[:] = [(ref(estate), found), *(entry for entry in _kept if entry[0]() is not None)][:KEPT]
        return found
