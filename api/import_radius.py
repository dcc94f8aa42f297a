"""Whose blast radius a planned import changes: of each service, what can hit it and whom that hits, now and then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from api.import_report import BlastRadius, Members, ServiceRadius
from api.import_sides import Sides
from cmdb.store.bulk import collector_paused
from cmdb.store.port import Head
from impact.analyses.people import headcount_of
from impact.estate import UNKNOWN, Estate
from impact.kernels.jit import compile_kernels
from impact.kernels.types import B1, I32
from impact.report import CiRef
from impact.snapshot import MANY, compile_estate, patched
from impact.states import Level
from impact.sweep.above import above
from impact.sweep.changes import reached
from impact.walk import walk

PAGE, NAMED = 20, 5
"""Services listed, and CIs named of what each gains and loses."""
MOST_TOUCHED, MOST_CIS = 50_000, 100_000
"""Changed CIs beyond which nothing is looked at; and where they are too many to patch an estate, CIs in it."""
MOST_SERVICES, MOST_STEPS = 300, 30_000_000
"""Services looked at, those with the tightest RTO first, and CIs walked for them: whichever ends first."""
MANY_STEPS = 300_000
"""Steps beyond which loading the compiled kernels is quicker."""
COUNTED = 32
"""CIs that could be walked while the people of one group are counted, about."""


@dataclass(frozen=True)
class Both:
    """An estate now and then; `moved[i]` is the CI of `after` that the CI `i` of `before` is, -1 for none."""

    before: Estate
    after: Estate
    moved: I32


class Rewired(NamedTuple):
    """What a service depends on, what takes it down alone (None: the same as now), and whether the latter was not
    tried."""

    needs: Members | None
    alone: Members | None
    untried: bool


UNMOVED = Rewired(None, None, False)


def blast_radius(sides: Sides) -> BlastRadius:
    """Whose blast radius changes; within limits, which the answer states when they are met."""
    count = len(sides.plan.cis.created)
    if count <= MOST_TOUCHED:
        count = len(sides.touched)
    if count > MOST_TOUCHED:
        return BlastRadius(f"more than {MOST_TOUCHED:,} CIs change")
    if count > min(MANY, sides.before.register.room) and sides.before.size + len(sides.arriving) > MOST_CIS:
        return BlastRadius(f"{count:,} CIs of more than {MOST_CIS:,} change")
    return _compared(sides, ahead_of(sides))


def ahead_of(sides: Sides) -> Both:
    """The estate as it will be: patched from the one there is, or compiled anew where much changes."""
    before, ahead, touched = sides.before, sides.ahead, sides.touched
    if len(touched) <= min(MANY, before.register.room):
        branch = replace(before, register=before.register.branch())
        head = Head(before.revision + 1, before.recorded_at)
        after = patched(before.vocabulary, ahead, branch, head, touched)
        return Both(before, after, np.arange(before.size, dtype=np.int32))
    with collector_paused():
        dump = ahead.dump()
        places: dict[str, int] = {ci.id: at for at, ci in enumerate(dump.cis)}
        ids = islice(before.register.ids, before.size)
        moved = np.fromiter((places.get(ci, -1) for ci in ids), np.int32, before.size)
        return Both(before, compile_estate(before.vocabulary, dump), moved)


def _compared(sides: Sides, both: Both) -> BlastRadius:
    joining, leaving = (sum(sides.role(ci) == "service" for ci in cis) for cis in (sides.arriving, sides.leaving))
    below, beyond = _near(sides, both, down=True), _near(sides, both, down=False)
    services = _services(both, below | beyond)
    examined = services[:MOST_SERVICES]
    found, hit = _rewired(sides, both, [ci for ci in examined if below[ci]]), People(both)
    told = list[ServiceRadius]()
    for at, service in enumerate(examined):
        if hit.steps > MOST_STEPS:
            examined = examined[:at]
            break
        rewired = found.get(service)
        old = hit.before(service) if beyond[service] or rewired else 0
        new = hit.after(service) if beyond[service] else old
        if rewired or old != new:
            told.append(ServiceRadius(_ref(sides, both, service), *(rewired or UNMOVED), old, new))
    told.sort(key=_weight)
    return BlastRadius("", len(told), len(services), len(examined), joining, leaving, told[:PAGE])


def _weight(told: ServiceRadius) -> tuple[bool, bool, int, str]:
    """Services with more single points of failure come first, then those that depend on others; then by people."""
    weaker = told.alone is not None and told.alone.gained_count > 0
    return not weaker, told.needs is None, -max(told.people_before, told.people_after), told.service.id


def _near(sides: Sides, both: Both, *, down: bool) -> B1:
    """CIs of `before` that lead to what changes (`down`), or that what changes depends on, at either side."""
    marks = np.zeros(both.before.size, np.bool_)
    seeds = sides.rewired if down else sides.rewired | sides.resized
    for estate, here in ((both.before, None), (both.after, both.moved)):
        places = map(estate.register.finder(len(seeds)), seeds)
        live = np.array(sorted(at for at in places if at is not None and estate.live[at]), np.int32)
        near = reached(estate, live, down=down)
        marks |= near if here is None else (here >= 0) & near[here]
    return marks


def _services(both: Both, near: B1) -> list[int]:
    """Services in service at both sides among those `near`; the tightest RTO first."""
    live = near & both.before.live & (both.moved >= 0) & both.after.live[both.moved]
    found = np.nonzero(live)[0].astype(np.int32)
    service = both.before.having_role(found, "service") & both.after.having_role(both.moved[found], "service")
    found = found[service]
    rto = both.before.numbers["rto"][found].astype(np.int64)
    order = np.lexsort((both.before.register.ranks(found), np.where(rto == UNKNOWN, 2**40, rto)))
    return [int(ci) for ci in found[order]]


def _rewired(sides: Sides, both: Both, services: Sequence[int]) -> dict[int, Rewired]:
    """The services that depend on other CIs than now, or are taken down alone by others."""
    if not services:
        return {}
    old = dict(above(both.before, services))
    new = dict(above(both.after, both.moved[services].tolist()))
    found = dict[int, Rewired]()
    for service in services:
        was, will = old[service], new[int(both.moved[service])]
        needs, alone = _members(sides, both, was.needs, will.needs), None
        untried = was.alone is None or will.alone is None
        if was.alone is not None and will.alone is not None:
            alone = _members(sides, both, was.alone, will.alone)
        if needs or alone:
            found[service] = Rewired(needs, alone, untried)
    return found


class People:
    """Counts the people hit when a service is down, at either side; `steps` are the CIs walked."""

    def __init__(self, both: Both) -> None:
        self._both = both
        self.steps = 0

    def before(self, service: int) -> int:
        """People hit now."""
        return self._hit(self._both.before, service)

    def after(self, service: int) -> int:
        """People hit then."""
        return self._hit(self._both.after, int(self._both.moved[service]))

    def _hit(self, estate: Estate, service: int) -> int:
        hit = walk(estate.graph, [service], [Level.DOWN]).nodes
        groups = hit[estate.having_role(hit, "client")]
        self.steps += len(hit) + COUNTED * len(groups)
        if self.steps > MANY_STEPS:
            compile_kernels()
        return headcount_of(estate, groups.tolist())


def _members(sides: Sides, both: Both, old: I32, new: I32) -> Members | None:
    """How a set of CIs changes; None if it does not."""
    lost = old[~np.isin(both.moved[old], new)]
    gained = new[~np.isin(new, both.moved[old])]
    if not len(lost) and not len(gained):
        return None
    return Members(
        len(old), len(new), len(gained), len(lost),
        _first(sides, both.after, gained), _first(sides, both.before, lost),
    )  # fmt: skip


def _ref(sides: Sides, both: Both, ci: int) -> CiRef:
    return sides.ref(both.before.register.ids[ci])


def _first(sides: Sides, estate: Estate, cis: I32) -> list[CiRef]:
    """The first of `cis`, in order of id."""
    order = np.argsort(estate.register.ranks(cis))[:NAMED]
    return [sides.ref(estate.register.ids[int(ci)]) for ci in cis[order]]
