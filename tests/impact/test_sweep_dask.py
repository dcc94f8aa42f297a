"""A sweep over the workers of a scheduler is the same as one by threads."""

from collections.abc import Iterator
from random import Random
from socket import socket

import numpy as np
import pytest

from benchmarks.sweep import estate_of
from impact.sweep import dask_pool
from impact.sweep.dask_pool import DaskPool, SchedulerUnavailable
from impact.sweep.pool import Threads
from impact.sweep.sweep import sweep
from tests.impact.test_sweep import drawn

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Two workers of a thread each, in processes of their own."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.slow
def test_two_workers_answer_like_threads(scheduler: str) -> None:
    found = estate_of(20_000)
    expected = sweep(found, Threads(2))
    seen: list[tuple[int, int]] = []
    answer = sweep(found, DaskPool(scheduler), lambda done, total: seen.append((done, total)))
    assert np.array_equal(answer.cis, expected.cis)
    assert np.array_equal(answer.table, expected.table)
    assert seen[-1] == (found.size, found.size)
    assert len(seen) > 4


@pytest.mark.slow
def test_small_estates_with_circles_over_workers(scheduler: str) -> None:
    for seed in range(5):
        found = drawn(Random(seed))
        assert sweep(found, DaskPool(scheduler)).table.tolist() == sweep(found, Threads(1)).table.tolist()


@pytest.mark.slow
def test_workers_keep_nothing_of_a_sweep(scheduler: str) -> None:
    from distributed import Client

    sweep(drawn(Random(1)), DaskPool(scheduler))
    with Client(scheduler, set_as_default=False) as client:
        assert set(client.run(count_places).values()) == {0}


def count_places() -> int:
    return len(dask_pool._places)


@pytest.mark.slow
def test_a_scheduler_without_workers_is_said() -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1") as cluster,
        pytest.raises(SchedulerUnavailable, match="no workers"),
    ):
        sweep(drawn(Random(1)), DaskPool(cluster.scheduler_address))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "nowhere at all"])
def test_a_scheduler_that_is_not_there_is_said(address: str) -> None:
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = address.format(port=unused.getsockname()[1])
        with pytest.raises(SchedulerUnavailable, match="dask scheduler") as failure:
            sweep(drawn(Random(1)), DaskPool(place, timeout=0.5))
    assert failure.value.code == "SCHEDULER_UNAVAILABLE"
    assert failure.value.address == place
