"""Clocks: how long what is down still has, when it can be back, and by how much that is too late."""

from datetime import datetime, timedelta

import numpy as np

from impact.estate import UNKNOWN
from impact.kernels.types import I32, I64
from impact.kernels.work import NEVER
from impact.question import Question
from impact.report import Clock
from impact.states import Level

MINUTE = timedelta(minutes=1)
MOST_SLACK = 2**20
"""Minutes of slack, one way or the other, beyond which lists no longer tell apart."""


def clock(question: Question, ci: int) -> Clock | None:
    """The clock of a CI, by index; None when it is not down.

    Due = started + RTO; can be back = when work begins + E; slack = L - E, less the minutes until work begins.
    """
    deadlines = question.deadlines
    recovery = deadlines.recovery
    at = recovery.needs.position(ci)
    if at < 0:
        return None
    rto, moment = question.estate.number("rto", ci), int(deadlines.moments[at])
    due = None if rto is None else question.started_at + timedelta(minutes=rto)
    back = question.work_begins_at + timedelta(minutes=int(recovery.minutes[at]))
    unknown, count = recovery.unknowns(ci, question.estate.register.ranks)
    return Clock(
        due,
        None if due is None else (due - question.asked_at) // MINUTE,
        back,
        not bool(recovery.exact[at]),
        [question.ref(other) for other in unknown],
        count,
        None if due is None else max(0, -((due - back) // MINUTE)),
        None if moment == NEVER else (question.started_at + timedelta(minutes=moment) - back) // MINUTE,
        moment != NEVER and not bool(deadlines.slack_exact[at]),
    )


def by_slack(question: Question, cis: I32) -> I64:
    """Weights for a page of CIs that are down: the least slack first, those that no promise rests on last."""
    deadlines = question.deadlines
    slack = deadlines.slack[np.searchsorted(deadlines.recovery.needs.nodes, cis)]
    return np.where(slack == NEVER, 2 * MOST_SLACK, np.clip(slack + MOST_SLACK, 0, 2 * MOST_SLACK - 1))


def soonest_due(question: Question) -> datetime | None:
    """The first moment an affected service that is down breaks its RTO."""
    down = question.services[question.walk.levels[question.services] == Level.DOWN]
    rto = question.estate.numbers["rto"][question.walk.nodes[down]]
    known = rto[rto != UNKNOWN]
    return question.started_at + timedelta(minutes=int(np.min(known))) if len(known) else None
