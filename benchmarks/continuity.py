"""Recovery of a whole estate, and clocks and restore order of one incident in it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import numpy as np

from benchmarks.figures import Figure, fastest, shown, typical
from benchmarks.readiness import build
from impact.analyses import clocks, restore_order
from impact.continuity.recovery import recover
from impact.estate import Estate
from impact.kernels.jit import compile_kernels
from impact.question import Asked, Question, ask
from impact.states import Assumption
from impact.walk import walk

SIZE = 1_000_000
AFFECTED, LIMIT = 2_000, 0.100
INCIDENTS, PAGE, CREWS = 10, 50, 3


def figures(size: int = SIZE) -> Iterator[Figure]:
    """Incidents of about 2,000 affected CIs in a generated estate of which a third of the times are unknown."""
    compile_kernels()
    estate = build(size)
    whole = fastest(partial(recover, estate.graph, estate.numbers["restore"]), 2)
    relations = estate.graph.relation_count
    yield Figure(
        f"effective recovery of {size:,} CIs / {relations:,} relations", shown(whole), "", "a few seconds", None
    )
    found = incidents(estate)
    affected = [len(ask_again(estate, ci).walk) for ci in found]
    name = f"{len(found)} incidents of {min(affected):,} to {max(affected):,} affected CIs of {size:,}"
    for what, first, limit in (("a page of 50", PAGE, LIMIT), ("every one and every step", None, None)):
        took = typical([partial(answer, estate, ci, first) for ci in found], 3)
        target = f"≤ {limit * 1e3:g} ms" if limit else ""
        yield Figure(
            f"{name}: clocks and restore order, {what}", shown(took), "the walk is in it", target,
            took <= limit if limit else None,
        )  # fmt: skip


def ask_again(estate: Estate, ci: int) -> Question:
    return ask(estate, [Assumption(estate.register.ids[ci])], Asked(datetime.now(UTC)))


def answer(estate: Estate, ci: int, first: int | None) -> None:
    """All from the scenario on: the walk, recovery, clocks and the schedule of a few crews."""
    question = ask_again(estate, ci)
    clocks(question, first)
    restore_order(question, CREWS, first)


def incidents(estate: Estate) -> list[int]:
    """CIs whose failure affects about 2,000 others."""
    direct = estate.graph.dependents.index[:, 1].astype(np.int64)
    hubs = np.argsort(-direct, kind="stable")[:200_000:40].tolist()
    sizes = [(abs(len(walk(estate.graph, [ci], [3])) - AFFECTED), ci) for ci in hubs]
    return [ci for _, ci in sorted(sizes)[:INCIDENTS]]
