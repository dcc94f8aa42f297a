"""Schedules: who restores what when, if no more than so many crews work at once."""

from dataclasses import dataclass

import numpy as np

from impact.continuity.recovery import Recovery
from impact.continuity.required_by import Deadlines
from impact.estate import UNKNOWN
from impact.kernels.types import B1, I32, I64
from impact.kernels.work import helped, work

MOST_GROUPS = 2_048


@dataclass(frozen=True, eq=False)
class Schedule:
    """By CI of a recovery, in minutes after work begins: when work on it has `begun` and when it is `done`.

    `exact` tells where these are not only the least; `crew` is numbered from 0, -1 for what takes no hands; `turn`
    orders the beginnings; `by` is whose restoration gives it back (itself, or the last it waited for; -1: nobody's);
    CIs started together share all of this. `order` has the CIs as they are done.
    """

    recovery: Recovery
    begun: I64
    done: I64
    exact: B1
    crew: I32
    turn: I32
    by: I32
    order: I32


def schedule(deadlines: Deadlines, hands: B1, people: I64, ranks: I64, crews: int | None = None) -> Schedule:
    """List scheduling of everything that is down; with `crews` None, everything begins as soon as it can: then E.

    A free crew takes, of what can be begun, the CI of least slack (those that no promise rests on come last), then of
    the longest work waiting for it, itself included, then for which the most `people` wait, then the first by `ranks`.
    CIs started together are one piece of work of one crew. Those without `hands` come back by themselves, in no time.
    """
    recovery = deadlines.recovery
    needs, size, longest = recovery.needs, len(recovery.needs), recovery.longest
    first = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first, recovery.together, ranks)
    order = np.lexsort((first[recovery.together], -people, -(deadlines.tail + longest), deadlines.slack))
    rank = np.empty(size, np.int32)
    rank[order] = np.arange(size, dtype=np.int32)
    manned = np.zeros(size, np.bool_)
    np.logical_or.at(manned, recovery.together, hands)
    crew, turn, by, sequence = (np.empty(size, np.int32) for _ in range(4))
    begun, done = np.empty(size, np.int64), np.empty(size, np.int64)
    work.run(
        needs.least, needs.start, needs.count, needs.member, needs.owner, *needs.back(),
        recovery.together, longest, manned, rank, size if crews is None else max(crews, 1),
        begun, done, crew, turn, by, np.empty(len(needs.least), np.int64), sequence,
    )  # fmt: skip
    exact = recovery.exact if crews is None else _exact(recovery, turn)
    return Schedule(recovery, begun, done, exact, crew, turn, by, sequence)


def _exact(recovery: Recovery, turn: I32) -> B1:
    """With few crews, nothing begun after work of unknown length is certain."""
    unknown = recovery.restore == UNKNOWN
    before = np.min(turn[unknown]) if unknown.any() else len(turn)
    found: B1 = turn < before
    return found


def waiting_for(recovery: Recovery, groups: I32, people: I64) -> I64:
    """How many people wait for each CI: those of `groups` (positions in the recovery) that require it.

    Of more than `MOST_GROUPS` groups only the largest count: this settles ties between steps, not who is back when.
    """
    largest = np.argsort(-people, kind="stable")[:MOST_GROUPS]
    groups, people = groups[largest], people[largest]
    total = np.zeros(len(recovery.needs), np.int64)
    helped.run(
        recovery.needs.first, recovery.needs.start, recovery.needs.count, recovery.needs.member,
        recovery.minutes, recovery.together, recovery.order, recovery.reached, groups, people, total,
    )  # fmt: skip
    return total
