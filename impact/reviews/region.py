"""Who can take part in a collision with a change at all: found before anybody else's scenario is settled.

What a change does more with others than those do without it begins at pools it takes members of alone, and goes on
from the CIs of those. So the pools that matter are these, and whatever has members that can be reached from there if
redundancy does not hold; and only those are near who can reach a member of one of them.
"""

from dataclasses import dataclass

import numpy as np

from impact.estate import Estate
from impact.kernels.types import B1, I32, I64, U8
from impact.reviews.alone import Kept, scenario
from impact.reviews.planned import Planned, Plans

Scenario = tuple[I32, U8]


@dataclass(frozen=True, eq=False)
class Region:
    """Where a subject can take part in anything: marks of the pools it can take members of (`reach`), and of the CIs
    that can matter to one of those (`inner`)."""

    reach: B1
    inner: B1


@dataclass(frozen=True, eq=False)
class Surroundings:
    """A subject's region, and who is near: with what they assume. Without any region nobody is."""

    region: Region | None
    near: list[Planned]
    scenarios: list[Scenario]


def surroundings(estate: Estate, known: Kept, mine: Scenario, others: Plans, around: I64) -> Surroundings:
    """Those of `others` at the places `around` that can collide with a scenario."""
    weakened = known.of(*mine).taken.pool if len(around) else around
    if not len(weakened):
        return Surroundings(None, [], [])
    parts, table = known.parts, estate.graph.pools.table
    reach = np.zeros(len(table), np.bool_)
    reach[weakened] = True
    reach[parts.membership(parts.reached(np.unique(table[weakened, 0])))[1]] = True
    rows = parts.rows_of(np.nonzero(reach)[0])[0]
    inner = parts.marked(parts.upstream(np.unique(parts.member[rows])))
    near = others.touching(inner, around)
    return Surroundings(Region(reach, inner), near, [scenario(estate, one) for one in near])
