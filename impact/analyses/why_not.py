"""Why not: what holds a CI up that is not down, its margin, and which single further failure would make it worse."""

import numpy as np

from impact.analyses.why import pool_facts
from impact.graph import POOL, PROVIDER, ImpactGraph
from impact.kernels.types import I32
from impact.paging import packed, page
from impact.question import Question
from impact.report import Holding, Margin, Page, Worsening
from impact.states import STATES, Level
from impact.walk import walk

BUDGET = 2_000_000
"""CIs to settle, over all the walks that try single failures of the CIs something depends on."""
MOST_TRIED = 500


def why_not(question: Question, ci: int) -> Margin:
    """What keeps a CI from being down, by index. Single failures are tried over everything it depends on, nearest
    first, as far as a fixed amount of work reaches; `untested` says how many were not."""
    upstream = providers_of(question.estate.graph, ci)
    seeds = set(question.walk.seeds.tolist())
    found = _margin(question, ci, upstream)
    found.reachable = ci in seeds or bool(seeds.intersection(upstream.tolist()))
    return found


def holding(question: Question, first: int | None, after: str | None = None) -> Page[Margin]:
    """Affected services that are not down although a pool they lean on has lost members. Raises `BadCursor`."""
    found, graph = question.walk, question.estate.graph
    rows = question.services[found.levels[question.services] < Level.DOWN]
    owner, providers = graph.providers.gather(found.nodes[rows])
    lost = found.levels_of(providers[PROVIDER]) >= Level.DEGRADED
    rows = rows[np.unique(owner[lost & (providers[POOL] >= 0)])]
    nodes = found.nodes[rows]
    weights = packed((3 - found.levels[rows], 2))
    return page(
        question.estate.register, nodes, weights, first, after,
        lambda row: _margin(question, int(nodes[row]), np.unique(graph.providers.rows(int(nodes[row]))[PROVIDER])),
    )  # fmt: skip


def providers_of(graph: ImpactGraph, ci: int) -> I32:
    """Everything a CI depends on, through any number of hops, nearest first."""
    seen = {ci}
    ring, rings = np.array([ci], np.int32), list[I32]()
    while len(ring):
        around = np.unique(graph.providers.gather(ring)[1][PROVIDER])
        ring = np.array([p for p in around.tolist() if p not in seen], np.int32)
        seen.update(ring.tolist())
        rings.append(ring)
    return np.concatenate(rings).astype(np.int32)


def _margin(question: Question, ci: int, candidates: I32) -> Margin:
    graph, found = question.estate.graph, question.walk
    rows = graph.providers.rows(ci)
    lost = found.levels_of(rows[PROVIDER]) >= Level.DEGRADED
    pools = np.unique(rows[POOL][lost & (rows[POOL] >= 0)]).tolist()
    held = []
    for pool in pools:
        facts = pool_facts(question, pool)
        held.append(Holding(facts, max(0, facts.working - facts.required)))
    worse, untested = _worsened_by(question, ci, candidates)
    margin = min((h.can_lose for h in held), default=None)
    return Margin(question.ref(ci), question.state(ci), True, margin, held, worse, untested)


def _worsened_by(question: Question, ci: int, candidates: I32) -> tuple[list[Worsening], int]:
    """Which of `candidates`, failing alone on top of the scenario, puts the CI in a worse state; how many not tried."""
    base, found = question.walk, list[Worsening]()
    now = question.state(ci).level
    standing = candidates[base.levels_of(candidates) < Level.DOWN]
    pins = base.pins.tolist()
    standing = standing[~np.isin(standing, pins)]
    tried = standing[: max(20, min(MOST_TRIED, BUDGET // (len(base) + 100)))]
    target = np.array([ci], np.int32)
    for other in tried.tolist():
        then = walk(base.graph, [*base.seeds.tolist(), other], [*base.floors.tolist(), Level.DOWN], pins)
        state = STATES[then.levels_of(target)[0]]
        if state.level > now:
            found.append(Worsening(question.ref(other), state))
    return found, len(standing) - len(tried)
