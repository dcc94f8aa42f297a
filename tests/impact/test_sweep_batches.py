"""Sweeps of estates that take several batches: however failures are settled, the rows are the same."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from benchmarks.sweep import agrees, estate_of
from impact.estate import Estate
from impact.graph import Dependencies, Rule, compile_graph
from impact.kernels.jit import compile_kernels
from impact.kernels.together import LANES
from impact.sweep import pool, work
from impact.sweep.lineup import line_up
from impact.sweep.pool import Threads
from impact.sweep.sweep import sweep
from impact.sweep.work import Worker

SIZE = 4 * LANES + 100


def layered() -> Estate:
    """Layers from sites to client groups, without circles."""
    return estate_of(SIZE)


def woven() -> Estate:
    """Every CI depends on the seven before it: no hubs, but what a CI takes down hits everything behind it, too."""
    dependent = np.repeat(np.arange(7, SIZE, dtype=np.int32), 7)
    provider = dependent - np.tile(np.arange(1, 8, dtype=np.int32), SIZE - 7)
    return depending(dependent, provider, np.full(len(dependent), 3, np.int32))


def circular() -> Estate:
    """Random dependencies: one large circle, with more around it."""
    random = np.random.default_rng(5)
    dependent, provider = random.integers(0, SIZE, (2, 2 * SIZE)).astype(np.int32)
    apart = dependent != provider
    return depending(dependent[apart], provider[apart], random.integers(1, 4, int(apart.sum())).astype(np.int32))


def depending(dependent: "np.typing.NDArray[np.int32]", provider: "np.typing.NDArray[np.int32]",
              effect: "np.typing.NDArray[np.int32]") -> Estate:  # fmt: skip
    """An estate with these dependencies, every twentieth CI with a pool of what it depends on."""
    owners = np.unique(dependent)[::20]
    pool = np.where(np.isin(dependent, owners), np.searchsorted(owners, dependent), -1).astype(np.int32)
    rules = [Rule(int(owner), "p", "50%", "100%", 3) for owner in owners.tolist()]
    graph = compile_graph(SIZE, Dependencies(dependent, provider, effect, pool, rules))
    return replace(estate_of(SIZE), graph=graph)


@pytest.mark.parametrize("made", [layered, woven, circular])
def test_rows_are_the_same_however_failures_are_settled(
    made: Callable[[], Estate], monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_kernels()
    found = made()
    monkeypatch.setattr(work, "MOST", 100_000)
    alone = sweep(found, Threads(2))
    for most, hub in product((0, 20, 300), (0, 8)):
        monkeypatch.setattr(work, "MOST", most)
        monkeypatch.setattr(pool, "HUB", hub)
        assert np.array_equal(sweep(found, Threads(2)).table, alone.table), f"up to {most} CIs alone"
    lineup = line_up(found)
    share = Worker(lineup).large(np.arange(SIZE, dtype=np.int32))
    settled = share.sources[~share.circle]
    assert np.array_equal(share.table[~share.circle], alone.table[lineup.line[settled]]), "batch after batch"
    sample = np.random.default_rng(7).integers(0, SIZE, 60).tolist()
    assert agrees(found, alone, sample) == len(sample)
