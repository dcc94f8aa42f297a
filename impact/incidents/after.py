"""Looking back on an incident from a moment: RTOs kept or missed, people-minutes lost, who was hit when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from impact.analyses.affected import tier
from impact.analyses.client_groups import losses
from impact.analyses.people import head_count, people
from impact.analyses.summary import counts
from impact.estate import Estate
from impact.incidents.joint import assumptions, joint_levels, with_role
from impact.incidents.report import GroupOutcome, PeopleMinutes, PeopleSpan, PostIncident, ServiceOutcome, Spell
from impact.incidents.spans import Span, end_of, spans
from impact.incidents.values import IncidentCase
from impact.kernels.types import I32, U8
from impact.question import Asked, Question, ask
from impact.states import STATES, Level

SHOWN = 20
MINUTE = timedelta(minutes=1)
F64 = npt.NDArray[np.float64]


def after(estate: Estate, incident: IncidentCase, moment: datetime) -> PostIncident:
    """The incident as it went from its start to its end, or to `moment` while it is not over by then.

    Everything follows from the states of its CIs over time: each span in which they do not change is one walk.
    """
    return Hindsight(estate, incident, moment).told()


@dataclass(frozen=True, eq=False)
class Hindsight:
    """An incident over time; what it says holds up to `moment`."""

    estate: Estate
    incident: IncidentCase
    moment: datetime

    @cached_property
    def spans(self) -> list[Span]:
        return spans(self.estate, self.incident, self.moment)

    @cached_property
    def seconds(self) -> F64:
        return np.array([span.seconds for span in self.spans], np.float64)

    @cached_property
    def worst(self) -> Question:
        """Every CI in the worst state it was in: hits all that any span hits."""
        levels = joint_levels([span.levels for span in self.spans], [span.question.walk for span in self.spans])
        return ask(self.estate, assumptions(self.estate, levels), Asked(self.moment), self.incident.started_at)

    def told(self) -> PostIncident:
        end, over = end_of(self.incident, self.moment)
        services = [*self.services.values()]
        timeline = [_people_span(span) for span in self.spans]
        down = [one for one in services if one.spells]
        return PostIncident(
            self.spans[0].since if self.spans else self.incident.started_at,
            end,
            over,
            sorted(services, key=lambda one: (-one.worst.level, -(one.late_minutes or 0), one.ci.id)),
            sorted(self._groups(), key=lambda one: (-one.worst.level, -(one.people or 0), one.ci.id)),
            sum(one.kept is True for one in down),
            sum(one.kept is False for one in down),
            sum(one.rto is None for one in down),
            self._people_minutes(timeline),
            people(self.worst).unknown,
            max((span.people.down + span.people.degraded for span in timeline), default=0),
            timeline,
        )

    def _people_minutes(self, timeline: list[PeopleSpan]) -> PeopleMinutes:
        table = np.array([[s.people.down, s.people.degraded, s.people.at_risk] for s in timeline], np.float64)
        down, degraded, at_risk = (self.seconds @ table.reshape(-1, 3) // 60).tolist()
        return PeopleMinutes(down, degraded, at_risk)

    @cached_property
    def services(self) -> dict[int, ServiceOutcome]:
        """Every service hit at any time, by index."""
        cis, table = self._over_time("service")
        return {ci: self._service(ci, levels) for ci, levels in zip(cis.tolist(), table, strict=True)}

    def _over_time(self, role: str) -> tuple[I32, U8]:
        """The CIs of a role that any span hits, and the state of each in each span."""
        hit = [with_role(self.estate, span.question.walk, role) for span in self.spans]
        cis = np.unique(np.concatenate([np.empty(0, np.int32), *hit])).astype(np.int32)
        table = [span.question.walk.levels_of(cis) for span in self.spans]
        return cis, np.array(table, np.uint8).reshape(len(table), len(cis)).T

    def _service(self, ci: int, levels: U8) -> ServiceOutcome:
        estate, spells = self.estate, self._spells(levels)
        rto = estate.number("rto", ci)
        longest = max(spells, key=self._lasted, default=None)
        due = longest.since + timedelta(minutes=rto) if longest and rto is not None else None
        late = None if due is None or longest is None else max(0, -((due - (longest.until or self.moment)) // MINUTE))
        running = bool(spells) and spells[-1].until is None
        down, degraded, at_risk = (self._minutes(levels == level) for level in (3, 2, 1))
        return ServiceOutcome(
            estate.ref(ci), self._sector(ci), tier(rto), rto, STATES[levels.max()], spells,
            due, spells[-1].until if spells else None, _kept(late, running), late, down, degraded, at_risk,
        )  # fmt: skip

    def _groups(self) -> list[GroupOutcome]:
        cis, table = self._over_time("client")
        return [self._group(ci, levels) for ci, levels in zip(cis.tolist(), table, strict=True)]

    def _group(self, ci: int, levels: U8) -> GroupOutcome:
        estate, spells, heads = self.estate, self._spells(levels), head_count(self.estate, ci)
        lost = self._lost(ci)
        latest = max(lost, key=_lateness, default=None)
        verdicts = {one.kept for one in lost if one.rto is not None}
        running = any(one.kept is None for one in lost if one.rto is not None)
        kept = False if False in verdicts else None if running or not verdicts else True
        down, degraded = (self._minutes(levels == level) for level in (3, 2))
        return GroupOutcome(
            estate.ref(ci), self._sector(ci), heads, STATES[levels.max()], spells,
            [one.ci for one in lost[:SHOWN]], len(lost),
            latest.due if latest else None, latest.ci if latest and latest.due else None,
            spells[-1].until if spells else None, kept, latest.late_minutes if latest else None, down, degraded,
            float(int((heads or 0) * self.seconds[levels == Level.DOWN].sum()) // 60),
        )  # fmt: skip

    def _lost(self, group: int) -> list[ServiceOutcome]:
        """The services that a group uses and that were down at any time, in order of id."""
        used = (self.estate.register.find(loss.ci.id) for loss in losses(self.worst, group))
        found = [self.services[ci] for ci in used if ci is not None and ci in self.services]
        return sorted((one for one in found if one.spells), key=lambda one: one.ci.id)

    def _spells(self, levels: U8) -> list[Spell]:
        down, found = levels == Level.DOWN, list[Spell]()
        over = end_of(self.incident, self.moment)[1]
        edges = np.diff(np.concatenate([[False], down, [False]]).astype(np.int8))
        for first, behind in zip(np.nonzero(edges == 1)[0], np.nonzero(edges == -1)[0], strict=True):
            last = self.spans[behind - 1]
            going_on = behind == len(self.spans) and not over
            found.append(Spell(self.spans[first].since, None if going_on else last.until))
        return found

    def _lasted(self, spell: Spell) -> timedelta:
        return (spell.until or self.moment) - spell.since

    def _minutes(self, marks: npt.NDArray[np.bool_]) -> int:
        return int(self.seconds[marks].sum() // 60)

    def _sector(self, ci: int) -> str:
        return self.estate.vocabulary.sectors[self.estate.sector[ci]]


def _kept(late: int | None, running: bool) -> bool | None:
    if late is None:
        return None
    return False if late else None if running else True


def _lateness(one: ServiceOutcome) -> tuple[int, int]:
    """Order of services by how late they were; among those in time the one with the shortest RTO comes last."""
    return (-1 if one.late_minutes is None else one.late_minutes), -(one.rto if one.rto is not None else 2**31)


def _people_span(span: Span) -> PeopleSpan:
    services = span.question.walk.levels[span.question.services]
    return PeopleSpan(span.since, span.until, people(span.question).by_state, counts(services))
