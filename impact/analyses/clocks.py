"""Clocks: how long an affected service that is down still has. due = started + RTO."""

from datetime import datetime, timedelta

import numpy as np

from impact.estate import UNKNOWN
from impact.question import Question
from impact.report import Clock


def clock(question: Question, position: int) -> Clock | None:
    """The clock of the service at a position of the walk; None when it is not down or its RTO is not recorded."""
    rto = question.estate.number("rto", int(question.walk.nodes[position]))
    if question.walk.levels[position] < 3 or rto is None:
        return None
    due = question.started_at + timedelta(minutes=rto)
    return Clock(due, (due - question.asked_at) // timedelta(minutes=1))


def soonest_due(question: Question) -> datetime | None:
    """The first moment an affected service that is down breaks its RTO."""
    down = question.services[question.walk.levels[question.services] == 3]
    rto = question.estate.numbers["rto"][question.walk.nodes[down]]
    known = rto[rto != UNKNOWN]
    return question.started_at + timedelta(minutes=int(np.min(known))) if len(known) else None
