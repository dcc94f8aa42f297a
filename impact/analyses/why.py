"""Why: the shortest proof that a CI is in its state, hop by hop back to an assumption."""

import numpy as np

from impact.graph import META, POOL, PROVIDER
from impact.question import Question
from impact.report import Hop, PoolFacts, Why
from impact.states import STATES, Level

SHOWN = 20


def pool_facts(question: Question, pool: int) -> PoolFacts:
    """A pool under the scenario: who is lost, who works, how many are needed."""
    graph = question.estate.graph
    rows = graph.providers.rows(graph.pools.rules[pool].dependent)
    members = np.unique(rows[PROVIDER][rows[POOL] == pool])
    lost = question.walk.levels_of(members) >= Level.DEGRADED
    total, required, full = graph.pools.needs(pool)
    return PoolFacts(
        question.ref(graph.pools.rules[pool].dependent),
        graph.pools.rules[pool].name,
        required,
        full,
        total,
        int((~lost).sum()),
        question.refs(members[lost], SHOWN),
        question.refs(members[~lost], SHOWN),
    )


def reasons(question: Question, ci: int) -> tuple[list[tuple[int, int, int]], int]:
    """What suffices for the state of an affected CI: (provider, relation type, pool or -1) each, and how many causes.

    A pool is one cause, however many of its lost members are named.
    """
    graph, found = question.estate.graph, question.walk
    rows = graph.providers.rows(ci)
    states = found.levels_of(rows[PROVIDER]).astype(np.int64)
    reached = int(found.levels_of(np.array([ci], np.int32))[0])
    plain = np.nonzero((rows[POOL] < 0) & (np.minimum(states, rows[META] & 3) == reached))[0]
    blamed = [(int(rows[PROVIDER][at]), int(rows[META][at]) >> 2, -1) for at in plain]
    causes = len(set(blamed))
    for pool in np.unique(rows[POOL][rows[POOL] >= 0]).tolist():
        mine = rows[POOL] == pool
        members, first = np.unique(rows[PROVIDER][mine], return_index=True)
        levels, metas = states[mine][first], rows[META][mine][first]
        _, spare, full_spare, effect = graph.pools.table[pool].tolist()
        failed = (levels >= reached).sum() > (spare if reached == Level.DOWN else full_spare)
        guilty = (levels >= reached) & failed
        if reached == Level.AT_RISK:
            guilty |= levels >= Level.DEGRADED
        if effect >= reached and guilty.any():
            causes += 1
            blamed += [(int(m), int(t) >> 2, pool) for m, t in zip(members[guilty], metas[guilty], strict=True)]
    return blamed, causes + int(_floor(question, ci) == reached)


def why(question: Question, ci: int) -> Why:
    """The proof for an affected CI, by index; empty for one that is not affected."""
    found = question.walk
    at, hops, causes = ci, list[Hop](), 0
    position = int(found.positions_of(np.array([ci], np.int32))[0])
    while position >= 0:
        distance, state = int(found.distances[position]), STATES[found.levels[position]]
        blamed, count = reasons(question, at)
        causes = causes or count
        if distance == 0:
            hops.append(Hop(question.ref(at), state, None, None))
            break
        providers = np.array([b[0] for b in blamed], np.int32)
        places = found.positions_of(providers)
        near = np.nonzero(found.distances[places] == distance - 1)[0]
        best = int(near[np.argmin(question.estate.register.ranks(providers[near]))])
        provider, type_, pool = blamed[best]
        relation = question.estate.vocabulary.relations[type_]
        hops.append(Hop(question.ref(at), state, relation, pool_facts(question, pool) if pool >= 0 else None))
        at, position = provider, int(places[best])
    return Why(question.ref(ci), question.state(ci), hops, causes)


def _floor(question: Question, ci: int) -> int:
    seeds, floors = question.walk.seeds, question.walk.floors
    mine = floors[seeds == ci]
    return int(mine.max()) if len(mine) else 0
