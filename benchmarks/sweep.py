"""The single-point sweep of whole estates, beside asking rustworkx for the descendants of every CI."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from time import perf_counter

import numpy as np
import rustworkx

from benchmarks.figures import Figure, fastest, seconds, shown
from benchmarks.generator import Synthetic, generate
from benchmarks.inventory import KINDS
from benchmarks.walks import describe
from cmdb.model.model import standard_model
from impact.adjacency import Adjacency
from impact.analyses import summarize
from impact.continuity.recovery import recover
from impact.estate import NUMBERS, UNKNOWN, Estate
from impact.graph import Dependencies, Rule, compile_graph, patch_graph
from impact.kernels.alone import CIS, MISSED, PEOPLE, TIERS
from impact.kernels.jit import compile_kernels
from impact.kernels.types import I32
from impact.question import Asked, ask
from impact.register import Register
from impact.report import StateCounts
from impact.snapshot import vocabulary
from impact.states import Assumption, Level
from impact.sweep.dask_pool import DaskPool
from impact.sweep.pool import Pool, Threads
from impact.sweep.sweep import Sweep, refresh, sweep

LARGE, MIDDLE = 1_000_000, 63_436
WORKERS = 2
SAMPLE, ALONE, CHANGED = 20_000, 500, 100
FASTER, MOST_SECONDS, MOST_SHARE, MOST_SPREAD = 20.0, 10.0, 0.05, 1.5
PROMISES = (60, 240, 1440, 4320, 10_080)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def figures() -> Iterator[Figure]:
    """Two sizes, seeded; the refresh after a change; the same over the workers of a scheduler."""
    compile_kernels()
    sweep(estate_of(2_000), Threads(WORKERS))  # loads the compiled code
    made, estate = generate(LARGE), estate_of(LARGE)
    name = f"{describe(made)}: single-point sweep"
    swept, took = timed(estate, Threads(WORKERS), 2)
    peer, error = descendants(made)
    beside = f"rustworkx.descendants per CI, of {SAMPLE:,} extrapolated: {shown(peer)} ± {shown(error)}"
    yield Figure(
        f"{name}, {WORKERS} threads", shown(took), f"{beside} ({peer / took:.1f}x)",
        f"≥ {FASTER:g}x faster", peer / took >= FASTER,
    )  # fmt: skip
    yield from refreshed(made, estate, swept, took)
    yield spread(estate, swept)
    made, estate = generate(MIDDLE), estate_of(MIDDLE)
    name = f"{describe(made)}: single-point sweep"
    swept, took = timed(estate, Threads(WORKERS), 3)
    same = agrees(estate, swept, np.random.default_rng(3).integers(0, len(swept.cis), ALONE).tolist())
    yield Figure(
        f"{name}, {WORKERS} threads", shown(took), f"equal to asking alone: {same} of {ALONE}",
        f"≤ {MOST_SECONDS:g} s, all equal", took <= MOST_SECONDS and same == ALONE,
    )  # fmt: skip
    yield from refreshed(made, estate, swept, took)


def timed(estate: Estate, pool: Pool, runs: int) -> tuple[Sweep, float]:
    """A sweep, and how long it takes at its fastest."""
    begun = [perf_counter()]
    for _ in range(runs):
        found = sweep(estate, pool)
        begun.append(perf_counter())
    return found, min(b - a for a, b in pairwise(begun))


def estate_of(size: int, seed: int = 13) -> Estate:
    """A generated estate: services promise by tier, groups have people, and 70 % of the CIs a restore time."""
    random, made, words = np.random.default_rng(seed), generate(size), vocabulary(standard_model())
    ids = [f"ci-{at:07d}" for at in range(size)]
    numbers = {name: np.full(size, UNKNOWN, np.int32) for name in NUMBERS}
    service, group = made.layer == KINDS.index("business_service"), made.layer == KINDS.index("client_group")
    numbers["rto"][service] = random.choice(PROMISES, int(service.sum()))
    numbers["head_count"][group] = random.integers(5, 2_000, int(group.sum()))
    known = (random.random(size) < 0.7) & ~group
    numbers["restore"][known] = random.integers(5, 61, int(known.sum()))
    nothing = np.empty(0, np.int32)
    return Estate(
        1, NOW, words, Register.of(ids, ids, ["{}"] * size),
        np.array([words.kind_number[name] for name in KINDS], np.uint8)[made.layer],
        np.zeros(size, np.uint8), np.ones(size, np.bool_), np.full(size, UNKNOWN, np.int32), numbers,
        compile_graph(size, made.found), Adjacency.build(nothing, size, nothing, nothing),
    )  # fmt: skip


def descendants(made: Synthetic) -> tuple[float, float]:
    """Seconds that rustworkx needs for every CI, extrapolated from a sample; and the standard error of that."""
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(made.size))
    graph.add_edges_from_no_data(list(map(tuple, np.stack([made.found.provider, made.found.dependent], 1).tolist())))
    picked = np.random.default_rng(11).integers(0, made.size, SAMPLE).tolist()
    took = np.array([seconds(partial(rustworkx.descendants, graph, ci)) for ci in picked])
    return float(took.mean() * made.size), float(took.std() / SAMPLE**0.5 * made.size)


def refreshed(made: Synthetic, estate: Estate, old: Sweep, full: float) -> Iterator[Figure]:
    """Refreshing after 100 CIs changed."""
    attributes = with_new_times(estate)
    for what, after in (
        (f"{CHANGED} new restore times", attributes),
        (f"{CHANGED} new restore times, and a dependency of each replaced", with_new_providers(made, attributes)),
    ):
        took = fastest(partial(refresh, old, estate, after, Threads(WORKERS)), 3)
        same = np.array_equal(refresh(old, estate, after).table, sweep(after, Threads(WORKERS)).table)
        yield Figure(
            f"refresh of the sweep of {made.size:,} CIs after {what}", shown(took),
            f"{took / full:.1%} of {shown(full)}; {'equal to' if same else 'NOT EQUAL to'} a sweep anew",
            f"≤ {MOST_SHARE:.0%} of the whole", same and took <= MOST_SHARE * full,
        )  # fmt: skip


def picked(estate: Estate) -> I32:
    """The CIs to change: any that have a plain dependency."""
    random = np.random.default_rng(17)
    able = np.nonzero(estate.graph.providers.index[:, 1])[0]
    return np.sort(random.choice(able, CHANGED, replace=False)).astype(np.int32)


def with_new_times(estate: Estate) -> Estate:
    """The estate with other restore times of some CIs."""
    times = estate.numbers["restore"].copy()
    times[picked(estate)] += 7
    return replace(estate, revision=2, numbers={**estate.numbers, "restore": times})


def with_new_providers(made: Synthetic, estate: Estate) -> Estate:
    """The estate with one provider of some CIs replaced by another of the same layer, patched as a snapshot does."""
    random, found, cis = np.random.default_rng(19), made.found, picked(estate)
    rows = np.nonzero(np.isin(found.dependent, cis))[0]
    provider = found.provider[rows]
    _, first = np.unique(found.dependent[rows], return_index=True)
    for row in first.tolist():
        alike = np.nonzero(made.layer == made.layer[provider[row]])[0]
        provider[row] = random.choice(alike)
    numbers, pool = np.unique(found.pool[rows], return_inverse=True)
    rules: Sequence[Rule] = [found.rules[at] for at in numbers.tolist() if at >= 0]
    pools = (pool - int(numbers[0] < 0)).astype(np.int32)
    changed = Dependencies(found.dependent[rows], provider, found.meta[rows], pools, rules)
    return replace(estate, revision=3, graph=patch_graph(estate.graph, estate.size, cis, changed))


def spread(estate: Estate, expected: Sweep) -> Figure:
    """The same sweep by two workers of a local scheduler, each a process of one thread; in turn with threads."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=WORKERS, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as cluster:
        pool = DaskPool(cluster.scheduler_address)
        answer = sweep(estate, pool)  # loads the compiled code there
        turns = [
            (seconds(partial(sweep, estate, Threads(WORKERS))), seconds(partial(sweep, estate, pool))) for _ in "ab"
        ]
    threads, took = map(min, zip(*turns, strict=True))
    same = np.array_equal(answer.table, expected.table)
    return Figure(
        f"the same by {WORKERS} dask workers", shown(took),
        f"{WORKERS} threads: {shown(threads)} ({took / threads:.2f}x); {'equal' if same else 'NOT EQUAL'}",
        f"≤ {MOST_SPREAD:g}x, same answer", same and took <= MOST_SPREAD * threads,
    )  # fmt: skip


def agrees(estate: Estate, swept: Sweep, rows: Sequence[int]) -> int:
    """How many of some rows are what asking the CI alone says."""
    return sum(alone(estate, int(swept.cis[row])) == told(swept.table[row]) for row in rows)


def told(row: I32) -> list[int]:
    """The numbers of a row that `alone` gives."""
    return row[[*range(CIS, TIERS + 5), *range(PEOPLE, PEOPLE + 3), MISSED]].tolist()


def alone(estate: Estate, ci: int) -> list[int]:
    """What the failure of a CI does, by the analyses of an incident."""
    question = ask(estate, [Assumption(estate.register.ids[ci])], Asked(NOW))
    summary = summarize(question)
    tiers = {row.name: row.states.down for row in summary.by_tier}
    down = np.sort(question.walk.nodes[question.walk.levels == Level.DOWN])
    services = down[estate.having_role(down, "service")]
    rto = estate.numbers["rto"][services]
    late = recover(estate.graph, estate.numbers["restore"], down).minutes_of(services) > rto
    people = np.cumsum(counts(summary.people.by_state)).tolist()
    return [
        *counts(summary.affected), *counts(summary.services), *(tiers.get(f"T{tier}", 0) for tier in range(5)),
        *people, int((late & (rto != UNKNOWN)).sum()),
    ]  # fmt: skip


def counts(states: StateCounts) -> list[int]:
    return [states.down, states.degraded, states.at_risk]
