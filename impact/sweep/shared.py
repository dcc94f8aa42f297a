"""Common causes behind pools: pools with members to spare that a single failure breaks all the same."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from impact.estate import Estate
from impact.graph import POOL, PROVIDER
from impact.kernels.alone import BROKEN, CIS, PEOPLE, SERVICES
from impact.kernels.breaking import break_pools
from impact.kernels.types import I32
from impact.paging import page
from impact.report import CiRef, Page
from impact.states import STATES, Level
from impact.sweep.points import states
from impact.sweep.report import PoolBreaker, SharedCause
from impact.sweep.sweep import Sweep

NEAREST, MEMBERS = 5, 20


@dataclass(frozen=True, eq=False)
class BrokenPools:
    """Pools that a single failure breaks, in the order they are shown: pool, how many failures, the nearest of them."""

    pools: I32
    count: I32
    nearest: I32


def broken_pools(estate: Estate, sweep: Sweep) -> BrokenPools:
    """Every pool with members to spare that some CI, failing alone, takes too many members of.

    The CIs that break any are known from the sweep; what each takes down is walked once more.
    """
    graph = estate.graph
    sources = np.nonzero(sweep.table[:, BROKEN])[0]
    hit = sweep.table[sources, CIS : CIS + 3].sum(axis=1)
    sources = sources[np.lexsort((estate.register.ranks(sweep.cis[sources]), hit))]
    count, nearest = break_pools.run(
        *graph.arrays, np.ones(graph.size, np.bool_), sweep.cis[sources].astype(np.int32), NEAREST,
        np.zeros(graph.size, np.bool_), np.zeros(len(graph.pools), np.int32), np.empty(graph.size, np.int32),
        np.empty(len(graph.pools), np.int32),
    )  # fmt: skip
    pools = np.nonzero(count)[0].astype(np.int32)
    owner, effect = graph.pools.table[pools, 0], graph.pools.table[pools, 3]
    names = np.array([graph.pools.rules[pool].name for pool in pools.tolist()], np.str_)
    row = np.searchsorted(sweep.cis, owner)
    harmless = (effect < Level.DOWN) | (sweep.table[row, SERVICES] == 0)
    size = sweep.table[np.searchsorted(sweep.cis, nearest[pools, 0]), CIS : CIS + 3].sum(axis=1)
    pools = pools[np.lexsort((names, sweep.ranks[row], size, harmless))]
    return BrokenPools(pools, count[pools], nearest[pools])


def shared_causes(
    estate: Estate, sweep: Sweep, broken: BrokenPools, first: int | None, after: str | None = None
) -> Page[SharedCause]:
    """The pools: first those that take a service down with them, then the most local cause, which hits the fewest CIs,
    then by the rank of their CI. Raises `BadCursor`."""
    owners = estate.graph.pools.table[broken.pools, 0]
    places = np.arange(len(owners), dtype=np.int64)
    return page(estate.register, owners, places, first, after, lambda at: _shared(estate, sweep, broken, at))


def _shared(estate: Estate, sweep: Sweep, broken: BrokenPools, at: int) -> SharedCause:
    pools, pool = estate.graph.pools, int(broken.pools[at])
    owner = int(pools.table[pool, 0])
    total, required, _ = pools.needs(pool)
    row = _row(sweep, owner)
    causes = [_breaker(estate, sweep, ci) for ci in broken.nearest[at].tolist() if ci >= 0]
    return SharedCause(
        estate.ref(owner), pools.rules[pool].name, _members(estate, owner, pool), required, total,
        STATES[int(pools.table[pool, 3])], states(row, SERVICES), row[PEOPLE], causes, int(broken.count[at]),
    )  # fmt: skip


def _members(estate: Estate, owner: int, pool: int) -> list[CiRef]:
    rows = estate.graph.providers.rows(owner)
    members = np.unique(rows[PROVIDER][rows[POOL] == pool]).astype(np.int32)
    ordered = members[np.argsort(estate.register.ranks(members))][:MEMBERS]
    return [estate.ref(ci) for ci in ordered.tolist()]


def _breaker(estate: Estate, sweep: Sweep, ci: int) -> PoolBreaker:
    row = _row(sweep, ci)
    return PoolBreaker(estate.ref(ci), states(row, SERVICES), row[PEOPLE], sum(row[CIS : CIS + 3]))


def _row(sweep: Sweep, ci: int) -> list[int]:
    found: list[int] = sweep.table[int(np.searchsorted(sweep.cis, ci))].tolist()
    return found


COLUMNS = (
    "id", "kind", "name", "pool", "required", "total", "then", "services_down", "people_down", "causes", "cause",
    "cause_kind", "cause_name", "cause_services_down", "cause_people_down", "cause_cis",
)  # fmt: skip
"""Names of the columns of `rows`."""


def rows(estate: Estate, sweep: Sweep, broken: BrokenPools) -> Iterator[tuple[object, ...]]:
    """Every pool, in order, with its nearest cause, as plain values of `COLUMNS`: for exports."""
    for at in range(len(broken.pools)):
        told = _shared(estate, sweep, broken, at)
        near = told.causes[0]
        yield (
            told.ci.id, told.ci.kind, told.ci.name, told.pool, told.required, told.total, told.then.value,
            told.services.down, told.people_down, told.cause_count, near.ci.id, near.ci.kind, near.ci.name,
            near.services.down, near.people_down, near.cis,
        )  # fmt: skip
