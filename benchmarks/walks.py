"""The walk beside rustworkx and igraph, on a million CIs: they find what is reachable, we settle states as well."""

from collections.abc import Iterator
from functools import partial

import igraph
import numpy as np
import rustworkx

from benchmarks.figures import Figure, shown, typical
from benchmarks.generator import Synthetic, generate
from impact.graph import ImpactGraph, compile_graph
from impact.kernels.jit import compile_kernels
from impact.walk import walk

SIZE = 1_000_000
LARGE, SMALL = 100_000, 1_000
LEAST = 20
"""Affected CIs from which a small radius is counted: below, all three only measure the cost of a call."""


def figures(size: int = SIZE) -> Iterator[Figure]:
    """Large and small radii on the generated estate."""
    compile_kernels()
    estate = generate(size)
    graph = compile_graph(estate.size, estate.found)
    large, small = starts(graph, estate.size)
    pairs = np.stack([estate.found.provider, estate.found.dependent], axis=1)
    rx = rustworkx.PyDiGraph()
    rx.add_nodes_from(range(estate.size))
    rx.add_edges_from_no_data(list(map(tuple, pairs.tolist())))
    ig = igraph.Graph(n=estate.size, edges=pairs, directed=True)
    name = f"{describe(estate)}: impact, {{}}"
    for label, cis, runs, faster in (
        (f"{len(large)} radii ≥ {LARGE:,}", large, 3, 5.0),
        (f"{len(small)} radii {LEAST} to {SMALL:,}", small, 20, 1.0),
    ):
        ours = typical([partial(walk, graph, [ci], [3]) for ci in cis], runs)
        theirs = {
            "rustworkx.descendants": typical([partial(rustworkx.descendants, rx, ci) for ci in cis], runs),
            "igraph.subcomponent": typical([partial(ig.subcomponent, ci, mode="out") for ci in cis], runs),
        }
        peers = ", ".join(f"{who} {shown(t)} ({t / ours:.1f}x)" for who, t in theirs.items())
        target = f"≥ {faster:g}x faster than both" if faster > 1 else "not slower than either"
        yield Figure(name.format(label), shown(ours), peers, target, min(theirs.values()) / ours >= faster)


def describe(estate: Synthetic) -> str:
    """The size of an estate in words."""
    relations = len(estate.found.dependent)
    return f"{estate.size:,} CIs / {relations:,} relations / {len(estate.found.rules):,} pools"


def starts(graph: ImpactGraph, size: int) -> tuple[list[int], list[int]]:
    """CIs whose failure affects at least LARGE others, of the 400 with most dependents; and some small ones."""
    direct = graph.dependents.index[:, 1].astype(np.int64)
    hubs = np.argsort(-direct, kind="stable")[:400].tolist()
    random = np.random.default_rng(11).integers(0, size, 20_000).tolist()
    large = [ci for ci in hubs if len(walk(graph, [ci], [3])) >= min(LARGE, size // 10)]
    small = [ci for ci in random if LEAST <= len(walk(graph, [ci], [3])) < SMALL]
    return large[:100], small[:300]
