"""Single points of failure a page at a time, the worst first.

A CI is one if its failure alone takes down a service besides itself, or, unless it is a service or a client group, a
client group with people.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from impact.estate import Estate
from impact.kernels.alone import BROKEN, CIS, MISSED, PEOPLE, SERVICES, TIERS
from impact.kernels.types import I32, I64
from impact.paging import page
from impact.report import Page, StateCounts
from impact.sweep.report import SinglePoint, TierDown
from impact.sweep.sweep import Sweep

TIER_NAMES = ("T0", "T1", "T2", "T3", "T4")


@dataclass(frozen=True)
class PointFilter:
    """Which CIs to show; empty parts do not restrict. `least_people` counts people down; of CIs `among` all are shown.

    `everything` shows also CIs that are no single points of failure.
    """

    kinds: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    least_people: int = 0
    among: I32 | None = None
    everything: bool = False


def single_points(
    estate: Estate, sweep: Sweep, first: int | None, after: str | None = None, where: PointFilter | None = None
) -> Page[SinglePoint]:
    """The CIs that match `where`, by rank. Raises `BadCursor`."""
    rows = chosen(estate, sweep, where or PointFilter())
    cis, ranks = sweep.cis[rows], sweep.ranks[rows]
    return page(estate.register, cis, ranks, first, after, lambda at: point(estate, sweep, int(rows[at])))


def chosen(estate: Estate, sweep: Sweep, where: PointFilter) -> I64:
    """The rows of the sweep that match."""
    cis, table, words = sweep.cis, sweep.table, estate.vocabulary
    keep = np.ones(len(cis), np.bool_)
    if where.among is not None:
        keep &= np.isin(cis, where.among)
    elif not where.everything:
        service, client = estate.having_role(cis, "service"), estate.having_role(cis, "client")
        keep &= (table[:, SERVICES] > service) | ((table[:, PEOPLE] > 0) & ~service & ~client)
    if where.kinds:
        keep &= np.isin(estate.kind[cis], [words.kind_number[k] for k in where.kinds if k in words.kind_number])
    if where.sectors:
        keep &= np.isin(estate.sector[cis], [words.sector_number[s] for s in where.sectors if s in words.sector_number])
    if where.least_people:
        keep &= table[:, PEOPLE] >= where.least_people
    return np.nonzero(keep)[0]


def point(estate: Estate, sweep: Sweep, row: int) -> SinglePoint:
    """What the failure of the CI of a row does."""
    ci, numbers = int(sweep.cis[row]), sweep.table[row].tolist()
    tiers = [
        TierDown(name, n) for name, n in zip(TIER_NAMES, numbers[TIERS : TIERS + len(TIER_NAMES)], strict=True) if n
    ]
    down, degraded, at_risk = numbers[PEOPLE : PEOPLE + 3]
    return SinglePoint(
        int(sweep.ranks[row]) + 1,
        estate.ref(ci),
        estate.vocabulary.sectors[estate.sector[ci]],
        states(numbers, SERVICES),
        tiers[0].tier if tiers else None,
        tiers,
        StateCounts(down, max(0, degraded - down), max(0, at_risk - max(degraded, down))),
        numbers[MISSED],
        numbers[BROKEN],
        states(numbers, CIS),
    )


def states(numbers: list[int], column: int) -> StateCounts:
    """Three columns of a row: down, degraded, at risk."""
    return StateCounts(*numbers[column : column + 3])


COLUMNS = (
    "rank", "id", "kind", "name", "sector", "services_down", "services_degraded", "services_at_risk", "worst_tier",
    "people_down", "people_degraded", "people_at_risk", "missed_promises", "pools_broken", "cis_down", "cis_degraded",
    "cis_at_risk",
)  # fmt: skip
"""Names of the columns of `rows`."""


def rows(estate: Estate, sweep: Sweep, where: PointFilter | None = None) -> Iterator[tuple[object, ...]]:
    """Every CI that matches, by rank, as plain values of `COLUMNS`: for exports."""
    found = chosen(estate, sweep, where or PointFilter())
    for row in found[np.argsort(sweep.ranks[found])].tolist():
        told = point(estate, sweep, row)
        yield (
            told.rank, told.ci.id, told.ci.kind, told.ci.name, told.sector, *vars(told.services).values(),
            told.worst_tier, *vars(told.people).values(), told.missed_promises, told.pools_broken,
            *vars(told.cis).values(),
        )  # fmt: skip
