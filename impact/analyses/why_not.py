"""Why not: what holds a CI up that is not down, its margin, and which single further failure would make it worse."""

import numpy as np

from impact.analyses.why import pool_facts, why
from impact.estate import Estate
from impact.graph import POOL, PROVIDER
from impact.kernels.types import I32
from impact.paging import packed, page
from impact.question import Question
from impact.report import Holding, Margin, Page, PoolFacts, Worsening
from impact.states import STATES, Level
from impact.walk import walk

BUDGET = 2_000_000
"""CIs to settle, over all the walks that try single failures of the CIs something depends on."""
MOST_TRIED = 500
NONE = np.empty(0, np.int32)


def why_not(question: Question, ci: int) -> Margin:
    """What keeps a CI from being down, by index. Single failures are tried over everything it depends on, nearest
    first, as far as a fixed amount of work reaches; `untested` says how many were not."""
    upstream = providers_of(question.estate, ci)
    seeds = set(question.walk.seeds.tolist())
    found = _margin(question, ci, upstream)
    found.reachable = ci in seeds or bool(seeds.intersection(upstream.tolist()))
    return found


def holding(question: Question, first: int | None, after: str | None = None) -> Page[Margin]:
    """Affected services that are not down, best first: what holds them, who must not fail next. Raises `BadCursor`."""
    found = question.walk
    rows = question.services[found.levels[question.services] < Level.DOWN]
    nodes = found.nodes[rows]
    weights = packed((found.levels[rows], 2))
    return page(
        question.estate.register, nodes, weights, first, after,
        lambda row: _margin(question, int(nodes[row]), NONE),
    )  # fmt: skip


def providers_of(estate: Estate, ci: int) -> I32:
    """Everything a CI depends on, through any number of hops, nearest first, then by id."""
    graph, register = estate.graph, estate.register
    seen = {ci}
    ring, rings = np.array([ci], np.int32), list[I32]()
    while len(ring):
        around = np.unique(graph.providers.gather(ring)[1][PROVIDER])
        ring = np.array([p for p in around.tolist() if p not in seen], np.int32)
        seen.update(ring.tolist())
        rings.append(ring[np.argsort(register.ranks(ring))])
    return np.concatenate(rings).astype(np.int32)


def _margin(question: Question, ci: int, candidates: I32) -> Margin:
    """What holds `ci`; tries the single failure of what is left in those pools, of its providers, then `candidates`."""
    graph, register = question.estate.graph, question.estate.register
    held = [Holding(facts, max(0, facts.working - facts.required)) for facts in _standing(question, ci)]
    left = [at for h in held for ref in h.pool.left if (at := register.find(ref.id)) is not None]
    own = np.unique(graph.providers.rows(ci)[PROVIDER])
    tried = dict.fromkeys([*left, *own[np.argsort(register.ranks(own))].tolist(), *candidates.tolist()])
    worse, untested = _worsened_by(question, ci, np.array(list(tried), np.int32))
    margin = min((h.can_lose for h in held), default=None)
    return Margin(question.ref(ci), question.state(ci), True, margin, held, worse, untested)


def _standing(question: Question, ci: int) -> list[PoolFacts]:
    """Pools with lost and with working members: those of `ci` itself, and those in the proof of its state."""
    rows = question.estate.graph.providers.rows(ci)
    lost = question.walk.levels_of(rows[PROVIDER]) >= Level.DEGRADED
    own = [pool_facts(question, int(pool)) for pool in np.unique(rows[POOL][lost & (rows[POOL] >= 0)])]
    own.sort(key=lambda pool: pool.name)
    proven = [hop.pool for hop in why(question, ci).proof if hop.pool]
    return [*own, *(pool for pool in proven if pool not in own and pool.working)]


def _worsened_by(question: Question, ci: int, candidates: I32) -> tuple[list[Worsening], int]:
    """Which of `candidates`, failing alone on top of the scenario, puts the CI in a worse state; how many not tried."""
    base, found = question.walk, list[Worsening]()
    now = question.state(ci).level
    standing = candidates[base.levels_of(candidates) < Level.DOWN]
    pins = base.pins.tolist()
    standing = standing[~np.isin(standing, [*pins, ci])]
    tried = standing[: max(20, min(MOST_TRIED, BUDGET // (len(base) + 100)))]
    target = np.array([ci], np.int32)
    for other in tried.tolist():
        then = walk(base.graph, [*base.seeds.tolist(), other], [*base.floors.tolist(), Level.DOWN], pins)
        state = STATES[then.levels_of(target)[0]]
        if state.level > now:
            found.append(Worsening(question.ref(other), state))
    return found, len(standing) - len(tried)
