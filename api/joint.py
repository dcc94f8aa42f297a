"""What several incidents do together; each clock runs from when its service was hit, not from the first incident."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from impact import analyses
from impact.analyses.services import clocks
from impact.continuity.needs import needs_of
from impact.continuity.recovery import recovered
from impact.continuity.required_by import Deadlines, required_by
from impact.estate import UNKNOWN
from impact.incidents.joint import joint_question
from impact.incidents.values import IncidentCase
from impact.kernels.types import I32, I64
from impact.question import Asked, Question
from impact.report import AffectedClientGroup, AffectedService, Clock, Page, Summary
from impact.states import Level

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
MOST_MOMENTS = 200
"""Moments looked at to find since when something has been down that no incident takes down alone."""
LATER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Joint(Question):
    """The joint scenario of incidents. `members` are the questions of each alone, at the same moment."""

    members: Sequence[Question] = ()
    cases: Sequence[IncidentCase] = ()

    @cached_property
    def down(self) -> I32:
        """What is down, in order of index."""
        return np.sort(self.walk.nodes[self.walk.levels == Level.DOWN])

    @cached_property
    def begun(self) -> I64:
        """Seconds after the first incident began since when each of `down` has been hit.

        That is the start of the first incident that takes it down alone; of what they only take down together, the
        moment from which it has been down without a break.
        """
        found = np.full(len(self.down), LATER, np.int64)
        for member in self.members:
            hit = member.walk.levels_of(self.down) == Level.DOWN
            found[hit] = np.minimum(found[hit], (member.started_at - self.started_at) // SECOND)
        rest = np.nonzero(found == LATER)[0]
        if len(rest):
            found[rest] = self._together(self.down[rest])
        return found

    def _together(self, cis: I32) -> I64:
        """Since when some CIs that are down have been so, in seconds; beyond `MOST_MOMENTS`, from the first start."""
        since = np.zeros(len(cis), np.int64)
        still = np.ones(len(cis), np.bool_)
        for moment in self._turns()[:MOST_MOMENTS]:
            then = joint_question(self.estate, self.cases, Asked(moment)).walk.levels_of(cis)
            still &= then == Level.DOWN
            if not still.any():
                return since
            since[still] = max(0, (moment - self.started_at) // SECOND)
        since[still] = 0
        return since

    def _turns(self) -> list[datetime]:
        """Moments at which a CI of any of them went into another state, the latest first."""
        turns = {at for case in self.cases for part in case.parts for at in (part.since, part.until) if at is not None}
        return sorted((at for at in turns if at <= self.asked_at), reverse=True)

    @cached_property
    def deadlines(self) -> Deadlines:
        """As of any question, with each promise counted from when its CI was hit."""
        estate, down = self.estate, self.down
        restore = estate.numbers["restore"][down]
        restore[estate.having_role(down, "client")] = 0
        rto = estate.numbers["rto"][down].astype(np.int64)
        promise = np.where(rto == UNKNOWN, UNKNOWN, np.minimum(rto + self.begun // 60, 2**31 - 1)).astype(np.int32)
        return required_by(recovered(needs_of(estate.graph, down), restore), promise)

    def due(self, ci: int) -> datetime | None:
        """By when a CI that is down must be back; None without an RTO."""
        rto, at = self.estate.number("rto", ci), int(np.searchsorted(self.down, ci))
        return None if rto is None else self.started_at + timedelta(seconds=int(self.begun[at]), minutes=rto)

    def summary(self) -> Summary:
        """Counts, each CI and each person once; the soonest clock."""
        rows = self.services[self.walk.levels[self.services] == Level.DOWN]
        dues = [due for ci in self.walk.nodes[rows].tolist() if (due := self.due(ci)) is not None]
        return replace(analyses.summarize(self), soonest_due=min(dues, default=None))

    def services_page(self, first: int | None, after: str | None = None) -> Page[AffectedService]:
        """The services hit: worst first, then the tightest RTO. Raises `BadCursor`."""
        return self._timed(analyses.affected_services(self, first, after))

    def clocks_page(self, first: int | None, after: str | None = None) -> Page[AffectedService]:
        """The services that are down, the one with the least slack first. Raises `BadCursor`."""
        return self._timed(clocks(self, first, after))

    def groups_page(self, first: int | None, after: str | None = None) -> Page[AffectedClientGroup]:
        """The client groups hit: worst first, then the most people. Raises `BadCursor`."""
        found = analyses.client_groups(self, first, after)
        nodes = [replace(g, clock=self._clock(g.clock, g.clock_of.id)) if g.clock_of else g for g in found.nodes]
        return replace(found, nodes=nodes)

    def _timed(self, found: Page[AffectedService]) -> Page[AffectedService]:
        return replace(found, nodes=[replace(service, clock=self._clock(service.clock, service.id))
                                     for service in found.nodes])  # fmt: skip

    def _clock(self, clock: Clock | None, ci: str) -> Clock | None:
        """A clock with the moment its CI was hit for the start."""
        at = self.estate.register.find(ci)
        due = None if at is None or clock is None else self.due(at)
        if clock is None or due is None:
            return clock
        late = max(0, -((due - clock.can_be_back) // MINUTE))
        return replace(clock, due=due, remaining_minutes=(due - self.asked_at) // MINUTE, late_minutes=late)


def together(question: Question, members: Sequence[Question], cases: Sequence[IncidentCase]) -> Joint:
    """The joint question of incidents, given those of each alone."""
    values = {one.name: getattr(question, one.name) for one in fields(Question)}
    return Joint(**values, members=tuple(members), cases=tuple(cases))
