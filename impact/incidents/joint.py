"""Several incidents at once: for every CI the worst of the states they state for it."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from impact.estate import Estate
from impact.incidents.values import IncidentCase
from impact.kernels.types import I32
from impact.question import Asked, Question, ask
from impact.states import STATES, Assumption
from impact.walk import Walk, walk

Levels = Mapping[int, int]
"""States of CIs, by index; 0 is a pin."""


def settled(estate: Estate, levels: Levels) -> Walk:
    """The walk of a scenario; CIs that are not in service take no part."""
    live = {ci: level for ci, level in levels.items() if estate.live[ci]}
    floors = {ci: level for ci, level in live.items() if level}
    return walk(estate.graph, list(floors), list(floors.values()), [ci for ci, level in live.items() if not level])


def joint_levels(members: Sequence[Levels], walks: Sequence[Walk]) -> Levels:
    """The joint scenario of scenarios whose walks are given.

    A pin of one is kept if no other reaches that CI on its own: so the joint answer is nowhere better than any
    member's, and does not depend on their order.
    """
    worst: dict[int, int] = {}
    for levels in members:
        for ci, level in levels.items():
            worst[ci] = max(level, worst.get(ci, 0))
    pins = np.array(sorted(ci for ci, level in worst.items() if not level), np.int32)
    reached = np.zeros(len(pins), np.bool_)
    for found in walks:
        reached |= found.levels_of(pins) > 0
    for pin in pins[reached].tolist():
        del worst[pin]
    return dict(sorted(worst.items()))


def joint_question(estate: Estate, cases: Iterable[IncidentCase], asked: Asked) -> Question:
    """The joint scenario of incidents when asked, begun when the first of them did."""
    chosen = [case for case in cases if case.started_at <= asked.now]
    members = [case.levels_at(asked.now) for case in chosen]
    levels = joint_levels(members, [settled(estate, own) for own in members])
    started = min((case.started_at for case in chosen), default=None)
    return ask(estate, assumptions(estate, levels), asked, started)


def assumptions(estate: Estate, levels: Levels) -> list[Assumption]:
    """States by index as assumptions by id."""
    return [Assumption(estate.register.ids[ci], STATES[level]) for ci, level in levels.items()]


def with_role(estate: Estate, found: Walk, role: str) -> I32:
    """The affected CIs of a role, in order of index."""
    return np.sort(found.nodes[estate.having_role(found.nodes, role)])
