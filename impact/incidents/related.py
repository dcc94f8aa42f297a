"""Related incidents: which other open incidents have to do with one, in what way, the closest first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np

from impact.causes.answer import common_causes
from impact.causes.cone import Cone, cone
from impact.causes.evidence import Sighting
from impact.estate import Estate
from impact.incidents.broken import Broken, broken_together
from impact.incidents.joint import Levels, settled, with_role
from impact.incidents.report import Direction, RelatedIncident, SharedCandidate, SuspectStep
from impact.incidents.values import IncidentCase
from impact.kernels.types import I32
from impact.question import Asked, ask
from impact.states import STATES, Level
from impact.walk import Walk, walk
from impact.words import counted

SHOWN, SHOWN_POOLS = 20, 5
CANDIDATES, CAUSES = 20, 3
"""Candidates for a common cause that are looked at, and those of them shown."""
BROKEN, SAME, ALONG, CAUSE, SHARED = 100, 50, 40, 30, 20
"""Points of a pool broken together, the same CI, up- or downstream, a shared cause, and the most for what is shared."""


@dataclass(frozen=True, eq=False)
class Side:
    """One incident at a moment: the states of its CIs, what follows from them, and what those CIs depend on."""

    estate: Estate
    case: IncidentCase
    levels: Levels
    moment: datetime
    walked: dict[int, I32] = field(default_factory=dict)

    @cached_property
    def walk(self) -> Walk:
        return settled(self.estate, self.levels)

    @cached_property
    def cis(self) -> I32:
        """Its CIs that are in service and not pinned, in order of index."""
        hit = sorted(ci for ci, level in self.levels.items() if level and self.estate.live[ci])
        return np.array(hit, np.int32)

    @cached_property
    def cone(self) -> Cone:
        return cone(self.estate.graph, self.cis)

    def hit_by(self, cause: int) -> I32:
        """What the failure of one CI would degrade or bring down, besides itself."""
        if cause not in self.walked:
            found = walk(self.estate.graph, [cause], [Level.DOWN])
            self.walked[cause] = found.nodes[(found.levels >= Level.DEGRADED) & (found.nodes != cause)]
        return self.walked[cause]

    def sightings(self) -> list[Sighting]:
        """Its CIs as evidence: in which state, and since when they were first in any."""
        since: dict[int, datetime] = {}
        for part in self.case.parts:
            if part.level and part.since <= self.moment:
                since[part.ci] = min(part.since, since.get(part.ci, part.since))
        ids = self.estate.register.ids
        return [Sighting(ids[ci], STATES[self.levels[ci]], since[ci]) for ci in self.cis.tolist()]


def related(
    estate: Estate, incident: IncidentCase, others: Sequence[IncidentCase], moment: datetime, most: int = 10
) -> list[RelatedIncident]:
    """The other incidents that have to do with one at a moment, the closest first, at most `most`.

    Those that share CIs, services or client groups with it, whose CIs are up- or downstream of its own, or that break
    a pool together with it; of the `most` closest also those that only a common cause relates.
    """
    own = Side(estate, incident, incident.levels_at(moment), moment)
    pairs = [
        Pair(own, Side(estate, other, other.levels_at(moment), moment)) for other in others if other.key != incident.key
    ]
    pairs.sort(key=lambda pair: (-pair.score, -pair.in_common, pair.other.case.key))
    judged = [(pair, pair.causes()) for pair in pairs[:most] if pair.score or pair.in_common]
    found = [_told(pair, causes) for pair, causes in judged if pair.score or causes]
    return sorted(found, key=lambda one: (-one.score, one.key))[:most]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two incidents at a moment."""

    own: Side
    other: Side

    @cached_property
    def same(self) -> I32:
        """CIs that both are about."""
        return np.intersect1d(self.own.cis, self.other.cis)

    @cached_property
    def services(self) -> I32:
        return self._both("service")

    @cached_property
    def groups(self) -> I32:
        return self._both("client")

    def _both(self, role: str) -> I32:
        estate = self.own.estate
        return np.intersect1d(with_role(estate, self.own.walk, role), with_role(estate, self.other.walk, role))

    @cached_property
    def up(self) -> list[SuspectStep]:
        """The shortest way from this incident's CIs to one of the other's that they depend on; empty if there is none.

        A CI that both are about is no way.
        """
        return _way(self.own, self.other)

    @cached_property
    def down(self) -> list[SuspectStep]:
        """The shortest way from the other's CIs to one of this incident's."""
        return _way(self.other, self.own)

    @property
    def direction(self) -> Direction:
        if self.up:
            return Direction.both if self.down else Direction.upstream
        return Direction.downstream if self.down else Direction.beside

    @cached_property
    def broken(self) -> Broken:
        mine, theirs = self.own, self.other
        return broken_together(mine.estate, [mine.levels, theirs.levels], [mine.walk, theirs.walk], mine.moment)

    @cached_property
    def in_common(self) -> int:
        """How many CIs both depend on."""
        return len(np.intersect1d(self.own.cone.cis, self.other.cone.cis))

    @cached_property
    def score(self) -> int:
        """What it is ranked by, but for common causes."""
        return (
            BROKEN * bool(self.broken.count)
            + SAME * bool(len(self.same))
            + ALONG * (self.direction is not Direction.beside)
            + min(SHARED, len(self.services) + len(self.groups))
        )

    def causes(self) -> list[SharedCandidate]:
        """Single failures that would explain CIs of both, the best first."""
        if not self.in_common or not len(self.own.cis) or not len(self.other.cis):
            return []
        estate, moment = self.own.estate, self.own.moment
        found = common_causes(
            ask(estate, [], Asked(moment)), [*self.own.sightings(), *self.other.sightings()], [], CANDIDATES
        )  # fmt: skip
        mine, theirs = set(self.own.cis.tolist()), set(self.other.cis.tolist())
        told, known = list[SharedCandidate](), np.append(self.own.cis, self.other.cis)
        for cause in found.nodes:
            explained = {estate.register.find(one.ci.id) for one in cause.explained()}
            own, other = len(explained & mine), len(explained & theirs)
            if own and other:
                hit = self.own.hit_by(cause.index)
                further = len(hit) - int(np.isin(hit, known).sum())
                told.append(SharedCandidate(cause.ci, own, other, len(mine | theirs), further))
            if len(told) == CAUSES:
                break
        return told


def _way(start: Side, end: Side) -> list[SuspectStep]:
    estate, way = start.estate, start.cone
    places = np.nonzero((way.hops > 0) & np.isin(way.cis, end.cis))[0]
    if not len(places):
        return []
    names = estate.vocabulary.relations
    steps = way.path(int(places[0]))
    return [SuspectStep(estate.ref(ci), names[relation] if relation >= 0 else None) for ci, relation in steps]


def _told(pair: Pair, causes: list[SharedCandidate]) -> RelatedIncident:
    estate, case, broken = pair.own.estate, pair.other.case, pair.broken
    return RelatedIncident(
        case.key, case.number, case.title, _because(pair, causes), pair.score + CAUSE * bool(causes),
        estate.refs(pair.same.tolist(), SHOWN),
        pair.direction, pair.up or pair.down,
        estate.refs(pair.services.tolist(), SHOWN), len(pair.services),
        estate.refs(pair.groups.tolist(), SHOWN), len(pair.groups),
        causes, broken.told(SHOWN_POOLS), broken.count,
    )  # fmt: skip


def _because(pair: Pair, causes: list[SharedCandidate]) -> list[str]:
    estate, found = pair.own.estate, list[str]()
    for one in pair.broken.told(1):
        facts = one.pool
        found.append(
            f"together they leave pool {facts.name} of {facts.ci.name} {facts.working} of {facts.total}, "
            f"{facts.required} required: {one.state.value.replace('_', ' ')}"
        )
    if len(pair.same):
        found.append(f"both are about {estate.register.name(int(pair.same[0]))}" + _more(len(pair.same) - 1))
    if pair.up:
        found.append(f"{pair.up[0].ci.name} depends on {pair.up[-1].ci.name} of the other incident")
    if pair.down:
        found.append(f"{pair.down[0].ci.name} of the other incident depends on {pair.down[-1].ci.name}")
    if causes:
        found.append(
            f"a failure of {causes[0].ci.name} would explain {causes[0].own + causes[0].other} CIs of the two incidents"
        )
    if len(pair.services):
        found.append(f"both hit {counted(len(pair.services), 'service')}")
    if len(pair.groups):
        found.append(f"both hit {counted(len(pair.groups), 'client group')}")
    return found


def _more(count: int) -> str:
    return f" and {count} more" if count else ""
