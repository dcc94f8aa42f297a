"""What a sweep sees differently in two estates, and how far that reaches."""

from dataclasses import dataclass

import numpy as np

from impact.adjacency import Adjacency
from impact.estate import UNKNOWN, Estate
from impact.graph import POOL, ImpactGraph
from impact.kernels.types import B1, I32, U32, U64


@dataclass(frozen=True)
class Changes:
    """CIs that differ, each in one list or more: in life, kind or what they depend on (`needs`); in restore time
    (`times`); in RTO or head count (`counts`)."""

    needs: I32
    times: I32
    counts: I32

    @property
    def only_times(self) -> bool:
        """Whether all that can differ is when services are back: soft dependencies are of no interest then."""
        return not len(self.needs) and not len(self.counts)

    def region(self, estate: Estate) -> B1:
        """The CIs whose part in some failure can differ: whatever depends on changed needs; services that promise
        something and depend on a changed time; what has a changed count, and groups nested in it."""
        counts, times = within(self.counts, estate), within(self.times, estate)
        groups = counts[estate.having_role(counts, "client")]
        found = reached(estate, np.union1d(within(self.needs, estate), groups), down=True)
        delayed = _listed(reached(estate, times, down=True, hard=True))
        promising = estate.having_role(delayed, "service") & (estate.numbers["rto"][delayed] != UNKNOWN)
        found[delayed[promising]] = True
        found[counts] = True
        return found

    def sources(self, estate: Estate) -> B1:
        """The CIs whose failure can do something else than before."""
        others = np.union1d(within(self.needs, estate), within(self.counts, estate))
        times = reached(estate, within(self.times, estate), down=False, hard=True)
        return reached(estate, others, down=False) | times


def within(cis: I32, estate: Estate) -> I32:
    """Those of `cis` that an estate has."""
    return cis[cis < estate.size]


def changes(before: Estate, after: Estate) -> Changes | None:
    """What differs; None if one does not follow from the other."""
    if not follows(before, after):
        return None
    size = before.size
    needs = np.ones(after.size, np.bool_)
    needs[:size] = (before.kind != after.kind[:size]) | (before.live != after.live[:size])
    moved = whole(before.graph.providers.index) != whole(after.graph.providers.index[:size])
    for ci in np.nonzero(moved & ~needs[:size])[0].tolist():
        needs[ci] = depends_on(before.graph, ci) != depends_on(after.graph, ci)
    differs = {name: before.numbers[name] != after.numbers[name][:size] for name in ("restore", "rto", "head_count")}
    return Changes(_listed(needs), _listed(differs["restore"]), _listed(differs["rto"] | differs["head_count"]))


def whole(pairs: U32) -> U64:
    """Each of some pairs as one number: to compare them at once."""
    return np.ascontiguousarray(pairs).view(np.uint64)[:, 0]


def _listed(marks: B1) -> I32:
    return np.nonzero(marks)[0].astype(np.int32)


def depends_on(graph: ImpactGraph, ci: int) -> set[tuple[int, ...]]:
    """What a CI depends on, told alike in all graphs in which its pools have the same rules and members."""
    rows = graph.providers.rows(ci)
    pools = sorted(set(rows[POOL].tolist()) - {-1}, key=lambda pool: graph.pools.rules[pool].name)
    found = set[tuple[int, ...]]()
    for provider, meta, pool in rows.T.tolist():
        rule = (pools.index(pool), *graph.pools.table[pool, 1:].tolist()) if pool >= 0 else (meta & 3,)
        found.add((provider, *rule))
    return found


def follows(before: Estate, after: Estate) -> bool:
    """Whether CIs, rows and pools of `before` stand in `after` where they stood, so that the two can be compared."""
    old, new = before.register.ids, after.register.ids
    late = before.size - old.packed
    same_ids = old is new or (
        np.array_equal(old.block, new.block)
        and np.array_equal(old.ends, new.ends)
        and old.late[:late] == new.late[:late]
    )
    return (
        same_ids
        and after.size >= before.size
        and before.vocabulary == after.vocabulary
        and extends(before.graph.dependents, after.graph.dependents)
        and extends(before.graph.providers, after.graph.providers)
        and np.array_equal(before.graph.pools.table, after.graph.pools.table[: len(before.graph.pools)])
    )


def extends(old: Adjacency, new: Adjacency) -> bool:
    """Whether the rows of `old` stand in `new` where they stood."""
    used = old.used
    return old.columns is new.columns or np.array_equal(old.columns[:, :used], new.columns[:, :used])


def reached(estate: Estate, cis: I32, *, down: bool, hard: bool = False) -> B1:
    """Which CIs depend on any of `cis`, or are needed by them, through any number of hops; themselves included.

    With `hard`, only through what can take down.
    """
    marks = np.zeros(estate.size, np.bool_)
    marks[cis] = True
    ring, graph, pools = cis, estate.graph, estate.graph.pools.table
    while len(ring):
        if down:
            words = graph.dependents.gather(ring)[1][0]
            found, effect, pooled = words >> 3, words & 3, (words & 4) != 0
            effect[pooled] = pools[found[pooled], 3]
            found[pooled] = pools[found[pooled], 0]
        else:
            found, meta, pool = graph.providers.gather(ring)[1]
            effect, pooled = meta & 3, pool >= 0
            effect[pooled] = pools[pool[pooled], 3]
        found = found[~marks[found] & (effect == 3)] if hard else found[~marks[found]]
        ring = np.unique(found).astype(np.int32)
        marks[ring] = True
    return marks
