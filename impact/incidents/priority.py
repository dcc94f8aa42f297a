"""Suggested grades of an incident: impact from whom it hits, urgency from the time that is left."""

from datetime import timedelta

import numpy as np

from impact.analyses.affected import tier
from impact.analyses.clocks import soonest_due
from impact.analyses.people import people
from impact.estate import UNKNOWN
from impact.incidents.critical import critical_services
from impact.incidents.report import SuggestedPriority
from impact.kernels.types import I32
from impact.kernels.work import NEVER
from impact.question import Question
from impact.states import Level
from impact.words import counted

GRADES = ("high", "medium", "low")
MANY, SOME = 1000, 100
"""People down or degraded from which the impact is high, and medium."""
SOON, LATER = 60, 240
"""Minutes of slack below which the urgency is high, and medium."""
HIGH, MEDIUM, LOW = 0, 1, 2
Reason = tuple[int, str]


def suggest(question: Question) -> SuggestedPriority:
    """Grades by these rules; priority = 1 + how far both are from high (high and high: 1, low and low: 5).

    Impact is high if a business-critical service is down, or 1,000 people are down or degraded; medium if such a
    service is degraded or at risk, any service is down, 100 people are down or degraded, or a group without head count
    is; else low. Urgency is high if a service of tier T0 is down, one is past its RTO, or the least slack of what is
    down is below 60 minutes; medium if it is below 240 minutes, a service is down without RTO, or a business-critical
    one is degraded or at risk; else low. What is unknown raises a grade, never lowers it: both are medium where other
    CIs are hit and no service or client group is recorded behind them.
    """
    impact, urgency = _impact(question), _urgency(question)
    grades = [min((grade for grade, _ in reasons), default=LOW) for reasons in (impact, urgency)]
    return SuggestedPriority(
        GRADES[grades[0]], GRADES[grades[1]], 1 + sum(grades), _words(impact), _words(urgency)
    )  # fmt: skip


def _words(reasons: list[Reason]) -> list[str]:
    return [words for _, words in sorted(reasons, key=lambda reason: reason[0])] or ["nothing recorded raises it"]


def _impact(question: Question) -> list[Reason]:
    found = list[Reason]()
    critical = critical_services(question)
    down, worse = int((critical.levels == Level.DOWN).sum()), int((critical.levels < Level.DOWN).sum())
    if down:
        found.append((HIGH, f"{counted(down, 'business-critical service')} down"))
    if worse:
        found.append((MEDIUM, f"{counted(worse, 'business-critical service')} degraded or at risk"))
    others = len(_down(question)) - down
    if others > 0:
        found.append((MEDIUM, f"{counted(others, 'other service')} down"))
    hit = people(question)
    count = hit.by_state.down + hit.by_state.degraded
    if count >= SOME:
        found.append((HIGH if count >= MANY else MEDIUM, f"{count:,} people down or degraded"))
    elif hit.unknown:
        found.append((MEDIUM, f"{counted(hit.unknown, 'client group')} hit without a head count"))
    return [*found, *_nobody_recorded(question)]


def _urgency(question: Question) -> list[Reason]:
    found = list[Reason]()
    down = _down(question)
    rto = question.estate.numbers["rto"][down]
    first = int(np.count_nonzero([tier(int(minutes)) == "T0" for minutes in rto if minutes != UNKNOWN]))
    if first:
        found.append((HIGH, f"{counted(first, 'service')} of tier T0 down"))
    due = soonest_due(question)
    if due is not None and due <= question.asked_at:
        found.append((HIGH, "a service is past its RTO"))
    slack = least_slack(question)
    if slack is not None and slack < LATER:
        left = f"{slack} min to spare before a promise breaks" if slack >= 0 else f"{-slack} min late for a promise"
        found.append((HIGH if slack < SOON else MEDIUM, left))
    if unpromised := int((rto == UNKNOWN).sum()):
        found.append((MEDIUM, f"{counted(unpromised, 'service')} down without RTO"))
    critical = critical_services(question)
    if worse := int((critical.levels < Level.DOWN).sum()):
        found.append((MEDIUM, f"{counted(worse, 'business-critical service')} degraded or at risk"))
    return [*found, *_nobody_recorded(question)]


def _nobody_recorded(question: Question) -> list[Reason]:
    """Other CIs are hit, and the records do not say for whom: that may be anybody."""
    others = len(question.walk) - len(question.assumed)
    if others <= 0 or len(question.services) or len(question.groups):
        return []
    return [(MEDIUM, f"{counted(others, 'other CI')} hit, and no service or client group recorded behind them")]


def least_slack(question: Question) -> int | None:
    """The least slack of what is down, in minutes, as clocks show it: how much longer work could wait before a promise
    breaks; negative if one cannot be kept any more. None if no promise rests on what is down."""
    slack = question.deadlines.slack
    slack = slack[slack != NEVER]
    if not len(slack):
        return None
    begins_after = question.work_begins_at - question.started_at
    return (timedelta(minutes=int(slack.min())) - begins_after) // timedelta(minutes=1)


def _down(question: Question) -> I32:
    rows = question.services
    found: I32 = question.walk.nodes[rows][question.walk.levels[rows] == Level.DOWN]
    return found
