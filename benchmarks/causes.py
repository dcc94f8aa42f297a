"""A common cause of ten failing services on a million CIs, beside the ten upstream walks that any search needs.

Every incident is a new one: the processor has nothing of it at hand, for either side.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import TypeVar

import numpy as np
import rustworkx

from benchmarks.figures import Figure, seconds, shown
from benchmarks.generator import Synthetic, generate
from benchmarks.walks import SIZE, describe
from cmdb.model.model import standard_model
from impact.adjacency import Adjacency
from impact.causes.answer import common_causes
from impact.causes.cone import cone
from impact.causes.evidence import Sighting, weigh
from impact.causes.ranking import rank
from impact.estate import NUMBERS, Estate
from impact.graph import ImpactGraph, compile_graph
from impact.kernels.jit import compile_kernels
from impact.kernels.types import I32
from impact.question import Asked, Question, ask
from impact.register import Register
from impact.snapshot import vocabulary
from impact.walk import walk

T = TypeVar("T")
HOSTS, SERVICES = 2, 6
"""Layers of the generated estate: what fails, and where that is seen."""
SYMPTOMS, INCIDENTS, WANTED = 10, 60, 10
SCRUB = np.ones(16_000_000)
"""Read between two measurements, so that the caches hold this and nothing else: 128 MB."""


def figures(size: int = SIZE) -> Iterator[Figure]:
    """Ten services of each incident, hit by one host: the best ten candidates, and the whole answer about them."""
    compile_kernels()
    generated = generate(size)
    graph = compile_graph(generated.size, generated.found)
    estate = named(graph, generated)
    seen = incidents(graph, generated)
    ids = [[Sighting(estate.register.ids[at]) for at in symptoms] for _, symptoms in seen]
    arrays = [[np.array([at], np.int32) for at in symptoms] for _, symptoms in seen]
    evidence = [weigh(estate, sightings, ()) for sightings in ids]
    upstream = _cold([partial(_each, partial(cone, graph), each) for each in arrays])
    ranked = _cold([partial(rank, given, WANTED) for given in evidence])
    hits = sum(cause in rank(given, WANTED).cis[:3] for given, (cause, _) in zip(evidence, seen, strict=True))
    peer = _peer(generated, [symptoms for _, symptoms in seen])
    what = f"{describe(generated)}: common cause of {SYMPTOMS} services, best {WANTED} candidates"
    beside = f"ten upstream walks {shown(upstream)}, rustworkx.ancestors {shown(peer)} ({ranked / upstream:.1f}x, "
    yield Figure(
        what, f"{shown(ranked)}; the cause is among the first three of {hits} in {len(seen)}",
        f"{beside}{ranked / peer:.1f}x)", "≤ 3x the ten upstream walks", ranked <= 3 * upstream,
    )  # fmt: skip
    question = ask(estate, [], Asked(datetime.now(UTC)))
    whole = _cold([partial(_answered, question, given) for given in ids])
    yield Figure(f"{what}, with all each hits", shown(whole), "", "", None)


def named(graph: ImpactGraph, generated: Synthetic) -> Estate:
    """The generated graph as an estate of nameless CIs."""
    words, size = vocabulary(standard_model()), generated.size
    ids = [f"c{at:07d}" for at in range(size)]
    kinds = np.full(size, words.kind_number["server"], np.uint8)
    kinds[generated.layer == SERVICES] = words.kind_number["business_service"]
    unknown = np.full(size, -1, np.int32)
    return Estate(
        1, datetime.now(UTC), words, Register.of(ids, ids, ["{}"] * size), kinds, np.zeros(size, np.uint8),
        np.ones(size, np.bool_), unknown, dict.fromkeys(NUMBERS, unknown), graph,
        Adjacency.build(np.empty(0, np.int32), size, np.empty(0, np.int32), np.empty(0, np.int32)),
    )  # fmt: skip


def incidents(graph: ImpactGraph, generated: Synthetic) -> list[tuple[int, list[int]]]:
    """Hosts that bring down or degrade ten services or more, each with ten of them."""
    random = np.random.default_rng(5)
    found: list[tuple[int, list[int]]] = []
    for host in random.permutation(np.nonzero(generated.layer == HOSTS)[0]).tolist():
        reached = walk(graph, [host], [3])
        hit: I32 = reached.nodes[reached.levels >= 2]
        services = hit[generated.layer[hit] == SERVICES]
        if len(services) >= SYMPTOMS:
            found.append((host, random.choice(services, SYMPTOMS, replace=False).tolist()))
        if len(found) == INCIDENTS:
            break
    return found


def _cold(works: Sequence[Callable[[], object]]) -> float:
    """The median of several things, none of them at hand when it begins."""
    works[0]()
    taken = []
    for work in works:
        SCRUB.sum()
        taken.append(seconds(work))
    return median(taken)


def _answered(question: Question, given: list[Sighting]) -> object:
    nodes = common_causes(question, given, (), WANTED).nodes
    return [(cause.facts(), cause.explained(), cause.unexplained(), cause.further()) for cause in nodes]


def _each(work: Callable[[T], object], things: list[T]) -> object:
    return [work(thing) for thing in things]


def _peer(generated: Synthetic, seen: list[list[int]]) -> float:
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(generated.size))
    pairs = np.stack([generated.found.provider, generated.found.dependent], axis=1)
    graph.add_edges_from_no_data(list(map(tuple, pairs.tolist())))
    return _cold([partial(_each, partial(rustworkx.ancestors, graph), each) for each in seen])
