"""The search for collisions: sets of scenarios, every one needed, that together do what no fewer of them do.

A plain dependency passes states on one by one, so scenarios can only join forces at a pool: the first place where a set
does more than any fewer of its members is a pool that two or more of them take members of, by themselves or through
what some of them do together. So sets are put together at pools, from the members each takes alone; each set found is
then settled, and what it takes of further pools is added to what the others take there, until nothing new is found.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import numpy as np

from impact.kernels.types import I32, I64, U8
from impact.reviews.alone import Alone, Kept, Taken, joint, taken
from impact.reviews.planned import Planned
from impact.reviews.region import Region
from impact.walk import Walk, walk

COMBINATIONS = 3_000
"""Combinations of takers tried at one pool; where there are more, one set is made for each moment."""
WORK = 40_000_000
"""CIs settled in verifying sets, at most."""
LEAST = 2_000
"""What verifying a set counts for at least."""


class Source(NamedTuple):
    """A set of participants (bits of `who`) and the members it takes of one pool (bits by their places in it): those
    down, at least degraded, at least at risk; the pool's CI is in state `owner` all the same."""

    who: int
    down: int
    degraded: int
    at_risk: int
    owner: int


@dataclass(frozen=True, eq=False)
class Found:
    """A set that does more than any fewer of its members: the walk of all, which of its CIs are worse for it, and what
    they were at worst with any one member left out."""

    who: int
    walk: Walk
    worse: I64
    before: U8


@dataclass(eq=False)
class Search:
    """One search. Participants are numbers, sets of them the bits of an integer.

    With a `subject` (a participant) only sets that hold it are wanted; `region` is what can matter to those.
    `friends[i]` are the participants whose windows overlap that of `i`.
    """

    kept: Kept
    participants: Sequence[Planned]
    scenarios: Sequence[tuple[I32, U8]]
    friends: Sequence[int]
    subject: int | None = None
    region: Region | None = None
    complete: bool = True
    _work: int = WORK
    _walks: dict[int, Walk] = field(default_factory=dict)
    _tried: dict[int, Found | None] = field(default_factory=dict)
    _joint: dict[int, list[Source]] = field(default_factory=dict)

    def run(self) -> list[Found]:
        """Every set that collides, as far as the work allowed reaches: the smallest first."""
        changed = self._several() if len(self.participants) > 1 else set()
        while changed:
            new = sorted(self._candidates(changed), key=lambda who: (not self._wanted(who), who.bit_count(), who))
            changed = set()
            for who in new:
                if found := self._verified(who):
                    changed |= self._spread(found)
        collide = [one for one in self._tried.values() if one and self._wanted(one.who)]
        return sorted(collide, key=lambda one: (one.who.bit_count(), one.who))

    def _wanted(self, who: int) -> bool:
        return self.subject is None or bool(who >> self.subject & 1)

    def alone(self, participant: int) -> Alone:
        """A participant by itself."""
        return self.kept.of(*self.scenarios[participant])

    def settled(self, who: int) -> Walk:
        """The joint walk of a set."""
        if who.bit_count() == 1:
            return self.alone(who.bit_length() - 1).walk
        found = self._walks.get(who)
        if found is None:
            cis, levels = joint([self.scenarios[one] for one in bits(who)])
            found = self._walks[who] = walk(self.kept.parts.graph, cis.tolist(), levels.tolist())
            self._work -= len(found) + LEAST
        return found

    @cached_property
    def _taken(self) -> tuple[Taken, I64]:
        """What each participant takes of pools, in order of pool, then of participant; and who takes it."""
        takes = [self._relevant(self.alone(one).taken) for one in range(len(self.participants))]
        who = np.repeat(np.arange(len(takes)), [len(one.pool) for one in takes])
        found = Taken(*(np.concatenate([getattr(one, part.name) for one in takes]) for part in fields(Taken)))
        order = np.lexsort((who, found.pool))
        return found.part(order), who[order]

    def _relevant(self, takes: Taken) -> Taken:
        """What is taken of pools that the subject can reach, or whose CI can matter to such a pool."""
        if self.region is None:
            return takes
        keep = self.region.reach[takes.pool]
        keep |= self.region.inner[self.kept.parts.graph.pools.table[takes.pool, 0]]
        return takes if keep.all() else takes.part(np.nonzero(keep)[0])

    def _sources(self, pool: int) -> list[Source]:
        """Who takes members of a pool: participants alone, and sets found to take more together; wanted ones first."""
        found, who = self._taken
        rows = slice(*np.searchsorted(found.pool, (pool, pool + 1)).tolist())
        sources = [
            *_grouped(
                self._bits(pool, found.part(rows)), [1 << one for one in who[rows].tolist()], found.owner[rows].tolist()
            ),
            *self._joint.get(pool, ()),
        ]
        return sorted(sources, key=lambda source: not self._wanted(source.who))

    def _bits(self, pool: int, takes: Taken) -> list[tuple[int, int]]:
        """The members taken of one pool, as bits, and their states."""
        parts = self.kept.parts
        members = parts.member[parts.start[pool] : parts.start[pool + 1]]
        places = np.searchsorted(members, takes.member).tolist()
        return [(1 << place, level) for place, level in zip(places, takes.level.tolist(), strict=True)]

    def _several(self) -> set[int]:
        """Pools of which two or more take members, and that all of them together make worse than two do alone."""
        found, who = self._taken
        parts = self.kept.parts
        rows = self._shared(found.pool, who)
        takes, who = found.part(rows), who[rows]
        pools, place = np.unique(takes.pool, return_inverse=True)
        order = np.lexsort((-takes.level.astype(np.int64), takes.member, place))
        p, m, worst = place[order], takes.member[order], takes.level[order]
        first = np.ones(len(p), np.bool_)
        first[1:] = (p[1:] != p[:-1]) | (m[1:] != m[:-1])
        counts = [np.bincount(p[first & (worst >= at)], minlength=len(pools)) for at in (3, 2, 1)]
        gain = takes.owner < parts.outcome(pools, *counts)[place]
        more = np.unique(place[gain] * len(self.participants) + who[gain]) // len(self.participants)
        return set(pools[np.bincount(more, minlength=len(pools)) > 1].tolist())

    def _shared(self, pool: I64, who: I64) -> I64:
        """Rows, in order of pool and participant, of pools that several take members of; with a subject, of those it
        takes members of itself, or whose CI can matter to it."""
        size = len(self.kept.parts.graph.pools)
        new = np.ones(len(pool), np.bool_)
        new[1:] = (pool[1:] != pool[:-1]) | (who[1:] != who[:-1])
        several = np.bincount(pool[new], minlength=size) > 1
        if self.region is not None:
            mine = self.region.inner[self.kept.parts.graph.pools.table[:, 0]]
            mine[pool[who == self.subject]] = True
            several &= mine
        return np.nonzero(several[pool])[0]

    def _candidates(self, pools: Iterable[int]) -> set[int]:
        """Sets that make a pool worse than any fewer of its takers would, as far as the pool alone can tell."""
        found: set[int] = set()
        owners = self.kept.parts.graph.pools.table[:, 0]
        for pool in sorted(pools):
            everybody = self.region is None or bool(self.region.inner[owners[pool]])
            found.update(self._sets(pool, everybody))
        return found - self._tried.keys()

    def _sets(self, pool: int, everybody: bool) -> Iterator[int]:
        """Sets that gain at a pool; unless `everybody`, only those that are wanted."""
        sources, budget = self._sources(pool), COMBINATIONS
        rule: list[int] = self.kept.parts.graph.pools.table[pool].tolist()
        worst, most = outcome(rule, sources), rule[1] + 1
        todo: deque[tuple[tuple[Source, ...], int, int, int]] = deque([((), 0, -1, 0)])
        while todo:
            chosen, who, friends, at = todo.popleft()
            for place in range(at, len(sources)):
                source = sources[place]
                if not chosen and not everybody and not self._wanted(source.who):
                    break
                if source.who & ~friends:
                    continue
                budget -= 1
                if budget < 0:
                    self.complete = False
                    yield from self._greedy(rule, sources)
                    return
                more = (*chosen, source)
                then = outcome(rule, more)
                if chosen and gains(rule, more, then):
                    yield who | source.who
                if len(more) < most and then < worst:
                    todo.append((more, who | source.who, friends & self._together(source.who), place + 1))

    def _together(self, who: int) -> int:
        """The participants that overlap every one of a set."""
        found = -1
        for one in bits(who):
            found &= self.friends[one] | 1 << one
        return found

    def _greedy(self, rule: list[int], sources: list[Source]) -> Iterator[int]:
        """For each moment at which somebody begins, one set that makes the pool as bad as all then under way do."""
        for start in sorted({self.participants[one].start for source in sources for one in bits(source.who)}):
            there = [source for source in sources if all(self._at(one, start) for one in bits(source.who))]
            there.sort(key=lambda source: (not self._wanted(source.who), -source.at_risk.bit_count()))
            then = outcome(rule, there)
            if not there or then <= min(source.owner for source in there):
                continue
            there = [source for source in there if source.owner < then]
            for source in reversed(list(there)):
                fewer = [other for other in there if other is not source]
                if outcome(rule, fewer) >= then:
                    there = fewer
            who = 0
            for source in there:
                who |= source.who
            if who.bit_count() > 1:
                yield who

    def _at(self, participant: int, moment: int) -> bool:
        return self.participants[participant].overlaps(moment, moment + 1)

    def _verified(self, who: int) -> Found | None:
        """The set settled and held against each one of it left out; None if it does no more than fewer do."""
        if who in self._tried:
            return self._tried[who]
        if self._work <= 0:
            self.complete = False
            return None
        found = self.settled(who)
        before = np.zeros(self.kept.parts.graph.size, np.uint8)
        for one in bits(who):
            fewer = self.settled(who & ~(1 << one))
            before[fewer.nodes] = np.maximum(before[fewer.nodes], fewer.levels)
        worse = np.nonzero(found.levels > before[found.nodes])[0]
        new = Found(who, found, worse, before[found.nodes[worse]]) if len(worse) else None
        self._tried[who] = new
        return new

    def _spread(self, found: Found) -> set[int]:
        """Add what a set takes, only together, of further pools; the pools where that can matter to others."""
        takes = taken(self.kept.parts, found.walk.nodes[found.worse].astype(np.int32), found.walk)
        pools = np.unique(takes.pool).tolist()
        for pool in pools:
            here = takes.part(np.nonzero(takes.pool == pool)[0])
            owners, who = here.owner.tolist(), [found.who] * len(here.owner)
            self._joint.setdefault(pool, []).extend(_grouped(self._bits(pool, here), who, owners))
        return set(pools)


def outcome(rule: Sequence[int], chosen: Iterable[Source]) -> int:
    """What a pool makes of its CI, by the members that some sources take."""
    down = degraded = at_risk = 0
    for source in chosen:
        down |= source.down
        degraded |= source.degraded
        at_risk |= source.at_risk
    _, spare, full, effect = rule
    if down.bit_count() > spare:
        return min(3, effect)
    if degraded.bit_count() > full:
        return min(2, effect)
    return int(degraded > 0 or at_risk.bit_count() > full)


def gains(rule: Sequence[int], chosen: Sequence[Source], then: int) -> bool:
    """Whether some sources together make a pool's CI worse (`then`) than it is for each, every one of them needed."""
    if then <= max(source.owner for source in chosen):
        return False
    return all(outcome(rule, [s for s in chosen if s is not source]) < then for source in chosen)


def _grouped(taken_: Iterable[tuple[int, int]], who: Iterable[int], owners: Iterable[int]) -> Iterator[Source]:
    """Sources from rows (member, state), those of the same set one after the other."""
    for key, rows in groupby(zip(taken_, who, owners, strict=True), key=lambda row: row[1]):
        held = list(rows)
        down, degraded, at_risk = (sum(bit for (bit, state), _, _ in held if state >= level) for level in (3, 2, 1))
        yield Source(key, down, degraded, at_risk, held[0][2])


def bits(who: int) -> Iterator[int]:
    """The numbers in a set, ascending."""
    while who:
        low = who & -who
        yield low.bit_length() - 1
        who ^= low
