"""The continuity report over a whole estate, beside asking rustworkx for the ancestors of every CI that promises."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import rustworkx

from benchmarks.figures import Figure, fastest, seconds, shown
from benchmarks.generator import Synthetic, generate
from benchmarks.walks import describe
from cmdb.model.model import standard_model
from impact.adjacency import Adjacency
from impact.continuity import gaps as continuity
from impact.continuity.fixes import fixes
from impact.continuity.gap_counts import summary
from impact.continuity.gap_pages import gaps, unknown_promises
from impact.continuity.gap_report import GapType
from impact.estate import Estate
from impact.graph import compile_graph
from impact.kernels.jit import compile_kernels
from impact.kernels.types import I32
from impact.register import Register
from impact.snapshot import vocabulary

SIZES = ((63_000, 2.0), (1_000_000, 5.0))
"""CIs, and seconds to stay below."""
SAMPLE = 200
PAGE = 12


def figures() -> Iterator[Figure]:
    """The report with a page of each list, and the fixes, on generated estates with drawn promises."""
    compile_kernels()
    for size, limit in SIZES:
        made = generate(size)
        estate = estate_of(made)
        report(estate)  # with the fixes, loads the compiled code
        fixes(estate)
        took = fastest(lambda at=estate: fresh(at), 3)  # type: ignore[misc]
        peer = per_ci(made, estate)
        name = f"{describe(made)}, {int((estate.numbers['rto'] >= 0).sum()):,} promises: continuity report"
        beside = f"rustworkx.ancestors per promise, of {SAMPLE} extrapolated: {shown(peer)} ({peer / took:,.0f}x)"
        yield Figure(name, shown(took), beside, f"≤ {limit:g} s", took <= limit)
        repaired = seconds(lambda at=estate: fixes(at))  # type: ignore[misc]
        yield Figure("the same, what would fix it", shown(repaired), "", "", None)


def fresh(estate: Estate) -> None:
    """The report as of an estate that was never asked about."""
    continuity._kept.clear()
    report(estate)


def report(estate: Estate) -> None:
    """Numbers and the first page of every list."""
    summary(estate)
    for type_ in GapType:
        gaps(estate, type_, PAGE)
    unknown_promises(estate, PAGE)


def estate_of(made: Synthetic) -> Estate:
    """A generated graph with promises, restore times and tolerated losses drawn for its CIs."""
    size, random = made.size, np.random.default_rng(3)
    words = vocabulary(standard_model())

    def drawn(share: float, *minutes: int) -> I32:
        return np.where(random.random(size) < share, random.choice(minutes, size), -1).astype(np.int32)

    ids = [f"ci-{at:07d}" for at in range(size)]
    kind = np.full(size, words.kind_number["server"], np.uint8)
    kind[made.layer == 6] = words.kind_number["business_service"]
    numbers = {
        "rto": drawn(0.4, 60, 240, 480, 1440), "rpo": drawn(0.2, 5, 15, 60, 240),
        "restore": drawn(0.95, 5, 10, 15, 20, 30, 45), "mtd": drawn(0, 1), "head_count": drawn(0, 1),
    }  # fmt: skip
    nothing = np.empty(0, np.int32)
    return Estate(
        1, datetime.now(UTC), words, Register.of(ids, ids, ["{}"] * size), kind, np.zeros(size, np.uint8),
        np.ones(size, np.bool_), np.zeros(size, np.int32), numbers, compile_graph(size, made.found),
        Adjacency.build(nothing, size, nothing, nothing),
    )  # fmt: skip


def per_ci(made: Synthetic, estate: Estate) -> float:
    """Seconds for the longest promise among the ancestors of every CI with an RTO, extrapolated from a sample."""
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(made.size))
    pairs = np.stack([made.found.provider, made.found.dependent], axis=1)
    graph.add_edges_from_no_data(list(map(tuple, pairs.tolist())))
    rto = estate.numbers["rto"]
    promising = np.nonzero(rto >= 0)[0]
    sample = np.random.default_rng(5).choice(promising, SAMPLE).tolist()

    def ask() -> None:
        for ci in sample:
            found = rustworkx.ancestors(graph, ci)
            max((int(rto[at]) for at in found), default=-1)

    return seconds(ask) * len(promising) / SAMPLE
