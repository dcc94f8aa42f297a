"""The scenario as understood: each assumption, whether its CI is in service, and what each pin cut off."""

import numpy as np

from impact.question import Question
from impact.report import Assumed
from impact.states import Level
from impact.walk import walk

SHOWN = 20


def scenario(question: Question) -> list[Assumed]:
    """The assumptions in the order given."""
    return [_assumed(question, at, position) for position, at in enumerate(question.indices)]


def _assumed(question: Question, ci: int, position: int) -> Assumed:
    state = question.assumptions[position].state
    in_service = bool(question.estate.live[ci])
    cut = _cut_off(question, ci) if state.level == Level.OPERATIONAL and in_service else []
    return Assumed(question.ref(ci), state, in_service, len(cut), question.refs(cut, SHOWN))


def _cut_off(question: Question, pin: int) -> list[int]:
    """CIs that would be in a worse state without this pin, the pinned CI included."""
    base = question.walk
    others = [p for p in base.pins.tolist() if p != pin]
    free = walk(base.graph, base.seeds.tolist(), base.floors.tolist(), others)
    worse = free.levels > base.levels_of(free.nodes)
    return [int(ci) for ci in np.sort(free.nodes[worse])]
