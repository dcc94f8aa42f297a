"""The facts of an incident that a message to clients is filled from: plain values, with names instead of ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from impact.analyses.people import outermost, people
from impact.incidents.picture import by_rto
from impact.incidents.report import PostIncident
from impact.incidents.values import IncidentCase
from impact.kernels.types import I32
from impact.question import Question
from impact.report import CiRef, StateCounts
from impact.states import STATES, ImpactState, Level

UPDATE_EVERY = {1: 30, 2: 60, 3: 120, 4: 240, 5: 480}
"""Minutes to the next update, by priority."""
SEPARATORS = str.maketrans(dict.fromkeys("()[]{}:;,/|\"'", " "))


@dataclass(frozen=True)
class Facts:
    """What is known. Services and groups are the worst first; `expected_at` is None where not known, `title` empty
    where it would name CIs by id. `back` are services that were hit when `before` was told and are not any more."""

    number: str
    title: str
    asked_at: datetime
    started_at: datetime
    services: Sequence[tuple[str, ImpactState]]
    groups: Sequence[str]
    people: StateCounts
    at_least: bool
    expected_at: datetime | None = None
    resolved_at: datetime | None = None
    next_update_at: datetime | None = None
    contact: str = ""
    advice: str = ""
    back: Sequence[str] = ()

    @property
    def hit(self) -> int:
        """People down or degraded."""
        return self.people.down + self.people.degraded


def facts_now(
    question: Question, incident: IncidentCase, *, contact: str = "", advice: str = "",
    expected_at: datetime | None = None, next_update_at: datetime | None = None, before: Facts | None = None,
) -> Facts:  # fmt: skip
    """The facts at the moment of a question.

    `expected_at` and `advice` are what a person knows; without the former, when all that is down can be back, unless
    some restore time is not recorded or that moment has passed. The next update follows from the priority.
    """
    found, estate = question.walk, question.estate
    services = _worst_first(question, found.nodes[question.services])
    told = [(estate.register.name(ci), question.state(ci)) for ci in services.tolist()]
    groups = outermost(estate, found.nodes[question.groups].tolist())
    ranked = _worst_first(question, np.array(groups, np.int32))
    hit, now = people(question), {name for name, _ in told}
    return Facts(
        incident.number,
        _plain(question, incident.title),
        question.asked_at,
        question.started_at,
        told,
        [estate.register.name(ci) for ci in ranked.tolist()],
        hit.by_state,
        bool(hit.unknown),
        expected_at or expected_back(question),
        None,
        next_update_at or question.asked_at + timedelta(minutes=UPDATE_EVERY[incident.priority]),
        contact,
        advice,
        [name for name, _ in before.services if name not in now] if before else (),
    )


def facts_after(
    question: Question, incident: IncidentCase, told: PostIncident, *, contact: str = "", advice: str = ""
) -> Facts:
    """The facts of an incident that is over, looked back upon: the most people hit at one time, by their worst state.

    `question` only names CIs; it may assume nothing.
    """
    most = max((span.people for span in told.timeline), key=_severity, default=StateCounts(0, 0, 0))
    return Facts(
        incident.number,
        _plain(question, incident.title),
        question.asked_at,
        told.since,
        [(service.ci.name, service.worst) for service in told.services],
        _names(question, [group.ci for group in told.groups]),
        most,
        bool(told.unknown_groups),
        None,
        incident.resolved_at or (told.until if told.over else None),
        None,
        contact,
        advice,
    )


def expected_back(question: Question) -> datetime | None:
    """When all that is down can be back if nothing waits for free hands; None where that is not known."""
    recovery = question.deadlines.recovery
    if not len(recovery.minutes) or not bool(recovery.exact.all()):
        return None
    back = question.work_begins_at + timedelta(minutes=int(recovery.minutes.max()))
    return back if back > question.asked_at else None


def _severity(counts: StateCounts) -> tuple[int, int]:
    return counts.down + counts.degraded, counts.down


def _worst_first(question: Question, cis: I32) -> I32:
    levels = question.walk.levels_of(cis)
    return np.concatenate([by_rto(question.estate, cis[levels == level]) for level in (3, 2, 1)]).astype(np.int32)


def _names(question: Question, groups: Sequence[CiRef]) -> list[str]:
    """Names of the outermost of some groups, in the order given."""
    register = question.estate.register
    places = {at: ref.name for ref in groups if (at := register.find(ref.id)) is not None}
    outer = set(outermost(question.estate, places))
    return [name for at, name in places.items() if at in outer]


def _plain(question: Question, title: str) -> str:
    """A title, unless a word of it is the id of a CI."""
    find = question.estate.register.find
    words = [word.strip(".!?") for word in title.translate(SEPARATORS).split()]
    return "" if any(find(form) is not None for word in words for form in (word, word.lower())) else title.strip()


def worst_state(facts: Facts) -> ImpactState:
    """The worst state of any service."""
    return max((state for _, state in facts.services), key=lambda s: s.level, default=STATES[Level.OPERATIONAL])
