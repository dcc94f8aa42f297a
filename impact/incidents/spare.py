"""Pools that have lost members and have none left to spare: what an increased risk consists of."""

import numpy as np

from impact.analyses.why import pool_facts, why
from impact.graph import POOL, PROVIDER
from impact.question import Question
from impact.report import PoolFacts
from impact.states import Level


def pool_without_spare(question: Question, ci: int) -> PoolFacts | None:
    """The pool that holds a CI and would fail with the next member lost: its own, else one in the proof of its state.

    None for a CI that is down, or where no pool has lost members, or all that have can lose another one.
    """
    if question.state(ci).level == Level.DOWN:
        return None
    own = (pool_facts(question, pool) for pool in _weakened(question, ci))
    proven = (hop.pool for hop in why(question, ci).proof if hop.pool)
    return next((facts for facts in (*own, *proven) if facts.lost and facts.working == facts.required), None)


def _weakened(question: Question, ci: int) -> list[int]:
    """The pools of a CI that have lost members, by number."""
    rows = question.estate.graph.providers.rows(ci)
    lost = (rows[POOL] >= 0) & (question.walk.levels_of(rows[PROVIDER]) >= Level.DEGRADED)
    return [int(pool) for pool in np.unique(rows[POOL][lost])]
