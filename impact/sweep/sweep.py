"""The sweep: every live CI failed alone, what each failure does kept as a row of numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from impact.adjacency import Adjacency
from impact.continuity.recovery import recover
from impact.estate import UNKNOWN, Estate
from impact.kernels.alone import BROKEN, CIS, MISSED, PEOPLE, SERVICES, TIERS, WIDTH
from impact.kernels.jit import PLAIN_LIMIT, compile_kernels
from impact.kernels.line import COUNTED
from impact.kernels.types import B1, I32, I64
from impact.states import Level
from impact.sweep.lineup import Lineup, line_up
from impact.sweep.pool import Pool, Threads
from impact.walk import walk

Progress = Callable[[int, int], None]
"""Called with how many CIs are done, and how many there are."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """What the failure of each of `cis` (ascending) alone does: a row each of the columns of `kernels.alone`."""

    revision: int
    recorded_at: datetime
    cis: I32
    table: I32

    @cached_property
    def ranks(self) -> I64:
        """The place of each row in the ranking, from 0: see `order`."""
        ranks = np.empty(len(self.cis), np.int64)
        ranks[self.order] = np.arange(len(self.cis))
        return ranks

    @cached_property
    def order(self) -> I64:
        """Rows from the worst failure on: most people down, tightest tier, most promises missed, most services down,
        most people degraded, most services hit, most CIs hit."""
        table = self.table
        tiers = table[:, TIERS : TIERS + 5] > 0
        tier = np.where(tiers.any(axis=1), tiers.argmax(axis=1), 5)
        hit = table[:, SERVICES : SERVICES + 3].sum(axis=1)
        keys = (
            -table[:, CIS : CIS + 3].sum(axis=1), -hit, -table[:, PEOPLE + 1], -table[:, SERVICES],
            -table[:, MISSED], tier, -table[:, PEOPLE],
        )  # fmt: skip
        return np.lexsort(keys)

    def row(self, ci: int) -> I32 | None:
        """The row of a CI; None if it was not swept."""
        at = int(np.searchsorted(self.cis, ci))
        return self.table[at] if at < len(self.cis) and self.cis[at] == ci else None


def sweep(estate: Estate, pool: Pool | None = None, progress: Progress | None = None) -> Sweep:
    """Fail every live CI alone, with the workers of `pool` (a thread for each core)."""
    if estate.graph.relation_count > PLAIN_LIMIT:
        compile_kernels()
    lineup = line_up(estate)
    places = np.arange(len(lineup.line), dtype=np.int32)
    table = fail(estate, lineup, places, pool or Threads(), progress)
    order = np.argsort(lineup.line)
    return Sweep(estate.revision, estate.recorded_at, lineup.line[order], table[order])


def fail(estate: Estate, lineup: Lineup, sources: I32, pool: Pool, progress: Progress | None = None) -> I32:
    """The rows of `sources`, places in line."""
    table = np.zeros((len(lineup.line), WIDTH), np.int32)
    circle = np.zeros(len(lineup.line), np.bool_)
    done = 0
    for share in pool.shares(lineup, sources):
        table[share.sources] = share.table
        circle[share.sources] = share.circle
        done += len(share.sources)
        if progress:
            progress(done, len(sources))
    if circle.any():
        counted = np.zeros(estate.size, np.bool_)
        counted[lineup.line] = lineup.facts.marks & COUNTED != 0
        for place in np.nonzero(circle)[0].tolist():
            table[place, MISSED] = missed(estate, int(lineup.line[place]), counted)
    return table[sources]


def missed(estate: Estate, ci: int, counted: B1) -> int:
    """How many of the services `counted` cannot be back within their RTO when `ci` fails alone, by what is known of
    restore times."""
    found = walk(estate.graph, [ci], [Level.DOWN])
    down = found.nodes[found.levels == Level.DOWN]
    services = down[estate.having_role(down, "service")]
    services = services[counted[services] & (estate.numbers["rto"][services] != UNKNOWN)]
    if not len(services):
        return 0
    back = recover(estate.graph, estate.numbers["restore"], down).minutes_of(services)
    return int((back > estate.numbers["rto"][services]).sum())


def refresh(old: Sweep, before: Estate, after: Estate, pool: Pool | None = None) -> Sweep:
    """The sweep of `after`, from that of `before`: only what the changes between them can affect is computed anew.

    A failure counts what it hits as a sum; so for the CIs that lead to a change, what they do to the changed CIs and
    all that depends on those is taken out as it was and put in as it is.
    """
    changed = changes(before, after)
    if changed is None:
        return sweep(after, pool)
    size = after.size
    region, sources = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    for estate in (before, after):
        mine = changed[changed < estate.size]
        region[: estate.size] |= reached(estate, mine, down=True)
        sources[: estate.size] |= reached(estate, mine, down=False)
    rows = np.zeros((size, WIDTH), np.int32)
    rows[old.cis] = old.table
    for estate, sign in ((before, -1), (after, 1)):
        counted = region[: estate.size] & estate.live
        keep = reached(estate, np.nonzero(counted)[0].astype(np.int32), down=False) & estate.live
        lineup = line_up(estate, keep, counted)
        mine = np.nonzero(sources[lineup.line])[0].astype(np.int32)
        rows[lineup.line[mine]] += sign * fail(estate, lineup, mine, pool or Threads())
    cis = np.nonzero(after.live)[0].astype(np.int32)
    return Sweep(after.revision, after.recorded_at, cis, rows[cis])


def changes(before: Estate, after: Estate) -> I32 | None:
    """The CIs that a sweep sees differently in two estates; None if one does not follow from the other."""
    if not follows(before, after):
        return None
    size = before.size
    differs: B1 = np.zeros(after.size, np.bool_)
    differs[size:] = True
    for old, new in (
        (before.kind, after.kind), (before.live, after.live),
        *((before.numbers[name], after.numbers[name]) for name in ("rto", "restore", "head_count")),
    ):  # fmt: skip
        if old is not new:
            differs[:size] |= old != new[:size]
    for old_index, new_index in (
        (before.graph.dependents.index, after.graph.dependents.index),
        (before.graph.providers.index, after.graph.providers.index),
    ):
        differs[:size] |= (old_index != new_index[:size]).any(axis=1)
    return np.nonzero(differs)[0].astype(np.int32)


def follows(before: Estate, after: Estate) -> bool:
    """Whether CIs, rows and pools of `before` stand in `after` where they stood, so that the two can be compared."""
    old, new = before.register.ids, after.register.ids
    same_ids = old is new or (
        np.array_equal(old.block, new.block)
        and np.array_equal(old.ends, new.ends)
        and old.late[: before.size - old.packed] == new.late[: before.size - old.packed]
    )
    pools = len(before.graph.pools)
    return (
        same_ids
        and after.size >= before.size
        and before.vocabulary == after.vocabulary
        and extends(before.graph.dependents, after.graph.dependents)
        and extends(before.graph.providers, after.graph.providers)
        and np.array_equal(before.graph.pools.table, after.graph.pools.table[:pools])
    )


def extends(old: Adjacency, new: Adjacency) -> bool:
    """Whether the rows of `old` stand in `new` where they stood."""
    used = old.used
    return old.columns is new.columns or np.array_equal(old.columns[:, :used], new.columns[:, :used])


def reached(estate: Estate, cis: I32, *, down: bool) -> B1:
    """Which CIs depend on any of `cis`, or are needed by them, through any number of hops; themselves included."""
    marks = np.zeros(estate.size, np.bool_)
    marks[cis] = True
    ring = cis
    graph = estate.graph
    while len(ring):
        if down:
            words = graph.dependents.gather(ring)[1][0]
            found, pooled = words >> 3, (words & 4) != 0
            found[pooled] = graph.pools.table[found[pooled], 0]
        else:
            found = graph.providers.gather(ring)[1][0]
        found = np.unique(found)
        ring = found[~marks[found]].astype(np.int32)
        marks[ring] = True
    return marks
