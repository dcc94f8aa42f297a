"""The sweep: every live CI failed alone, what each failure does kept as a row of numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from impact.continuity.recovery import recover
from impact.estate import UNKNOWN, Estate
from impact.kernels.alone import CIS, MISSED, PEOPLE, SERVICES, TIERS, WIDTH
from impact.kernels.line import COUNTED
from impact.kernels.types import B1, I32, I64
from impact.states import Level
from impact.sweep.changes import changes, reached
from impact.sweep.lineup import Lineup, line_up, same_line
from impact.sweep.pool import Pool, Threads
from impact.walk import expect_many, walk

ANEW = 0.5
"""Share of the CIs that lead to what changes touch beyond which a refresh is slower than a sweep."""
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
    expect_many(estate.graph)
    lineup = line_up(estate)
    places = np.arange(len(lineup.line), dtype=np.int32)
    table = fail(estate, lineup, places, pool or Threads(), progress)
    cis = np.nonzero(estate.live)[0].astype(np.int32)
    place = np.empty(estate.size, np.int32)
    place[lineup.line] = places
    return Sweep(estate.revision, estate.recorded_at, cis, table[place[cis]])


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
    if done != len(sources):
        raise RuntimeError(f"{len(sources) - done} of {len(sources)} failures were not settled")
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
    all that depends on those is taken out as it was and put in as it is. Where that takes a look at more than ANEW of
    the CIs, twice, everything is computed anew.
    """
    changed = changes(before, after)
    if changed is None:
        return sweep(after, pool)
    expect_many(after.graph)
    size = after.size
    region, sources = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    for estate in (before, after):
        region[: estate.size] |= changed.region(estate)
        sources[: estate.size] |= changed.sources(estate)
    cis = np.nonzero(after.live)[0].astype(np.int32)
    place = np.full(size, -1, np.int32)
    place[cis] = np.arange(len(cis), dtype=np.int32)
    table = moved(old, cis)
    lineup = None
    for estate, sign in ((before, -1), (after, 1)):
        counted = region[: estate.size] & estate.live
        if lineup is None or len(changed.needs):
            wanted = np.nonzero(counted)[0].astype(np.int32)
            keep = reached(estate, wanted, down=False, hard=changed.only_times) & estate.live
            if not changed.only_times and keep.sum() > ANEW * len(cis):
                return sweep(after, pool)
            lineup = line_up(estate, keep, counted, changed.only_times)
        else:
            lineup = same_line(lineup, estate, counted)
        mine = np.nonzero(sources[lineup.line] & (place[lineup.line] >= 0))[0].astype(np.int32)
        table[place[lineup.line[mine]]] += sign * fail(estate, lineup, mine, pool or Threads())
    return Sweep(after.revision, after.recorded_at, cis, table)


def moved(old: Sweep, cis: I32) -> I32:
    """The rows of an old sweep in the places that `cis` have; zeros for those that it does not have."""
    if np.array_equal(old.cis, cis):
        return old.table.copy()
    table = np.zeros((len(cis), WIDTH), np.int32)
    _, there, here = np.intersect1d(old.cis, cis, assume_unique=True, return_indices=True)
    table[here] = old.table[there]
    return table
