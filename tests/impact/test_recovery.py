"""Recovery, required-by and schedules against their plain twins, and what must hold of any schedule."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact.continuity.recovery import Recovery, recover
from impact.continuity.required_by import required_by
from impact.continuity.schedule import Schedule, schedule, waiting_for
from impact.kernels.jit import compile_kernels, interpret_kernels
from impact.kernels.work import NEVER
from tests.impact import naive_recovery as naive
from tests.impact.naive import World
from tests.impact.naive_recovery import Twin
from tests.impact.worlds import compiled, worlds

CASES = settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(CASES, max_examples=150)
RESTORE = st.sampled_from([0, 0, 5, 10, 20, 50, 50, -1])
SOME = st.sampled_from([1, 5, 10, 20, 50])


@pytest.fixture(autouse=True, params=["compiled", "plain"])
def _kernels(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test twice: with the kernels compiled, and as plain Python."""
    if request.param == "compiled":
        compile_kernels()
    else:
        interpret_kernels()
    yield
    compile_kernels()


def column(values: list[int]) -> "np.typing.NDArray[np.int32]":
    return np.array(values, np.int32)


def drawn(data: st.DataObject, times: st.SearchStrategy[int]) -> tuple[World, list[int], Recovery, Twin]:
    """A world, its restore times, and its recovery both ways; often only some of its CIs are down."""
    world = data.draw(worlds())
    restore = data.draw(st.lists(times, min_size=world.size, max_size=world.size))
    among = data.draw(st.one_of(st.none(), st.sets(st.integers(0, world.size - 1))))
    found = recover(compiled(world), column(restore), None if among is None else column(sorted(among)))
    return world, restore, found, naive.recovery(world, restore, found.needs.nodes.tolist())


def groups(found: Recovery) -> set[frozenset[int]]:
    nodes = found.needs.nodes
    leaders = np.unique(found.together)
    return {frozenset(nodes[found.together == leader].tolist()) for leader in leaders}


def agrees(data: st.DataObject) -> None:
    _, restore, found, twin = drawn(data, RESTORE)
    nodes = found.needs.nodes.tolist()
    assert dict(zip(nodes, found.minutes.tolist(), strict=True)) == twin.minutes()
    assert dict(zip(nodes, found.exact.tolist(), strict=True)) == twin.exact()
    assert groups(found) == set(twin.together.values())
    assert sorted(found.order.tolist()) == list(range(len(nodes)))
    for ci in nodes:
        named, count = found.unknowns(ci, lambda cis: cis.astype(np.int64))
        assert (count > 0) == (not found.of(ci)[1])
        assert all(restore[name] == -1 for name in named)


def deadlines_agree(data: st.DataObject) -> None:
    world, _, found, twin = drawn(data, SOME)
    promise = data.draw(st.lists(st.sampled_from([-1, -1, 30, 60, 240]), min_size=world.size, max_size=world.size))
    answer = required_by(found, column(promise)[found.needs.nodes])
    nodes = found.needs.nodes.tolist()
    got = {
        ci: (None if moment == NEVER else moment, tail)
        for ci, moment, tail in zip(nodes, answer.moments.tolist(), answer.tail.tolist(), strict=True)
    }
    assert got == naive.required_by(twin, promise)
    assert answer.sure.all()


def planned(data: st.DataObject, found: Recovery, size: int, crews: int | None) -> Schedule:
    promise = data.draw(st.lists(st.sampled_from([-1, 30, 60, 240]), min_size=size, max_size=size))
    count = len(found.needs)
    people = np.array(data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)), np.int64)
    hands = found.restore != 0
    return schedule(
        required_by(found, column(promise)[found.needs.nodes]), hands, people, np.arange(count, dtype=np.int64), crews
    )


def can_be_followed(data: st.DataObject) -> None:
    """Crews do one thing at a time, nothing begins before what it needs is back, and no crew idles beside work."""
    world, _, found, twin = drawn(data, RESTORE)
    crews = data.draw(st.integers(1, 4))
    plan = planned(data, found, world.size, crews)
    nodes = found.needs.nodes.tolist()
    done = dict(zip(nodes, plan.done.tolist(), strict=True))
    begun = dict(zip(nodes, plan.begun.tolist(), strict=True))
    for crew in range(crews):
        mine = sorted(
            {(begun[g], done[g]) for at, g in enumerate(nodes) if plan.crew[at] == crew and done[g] > begun[g]}
        )
        assert all(a[1] <= b[0] for a, b in pairwise(mine))
    assert plan.crew.max(initial=-1) < crews
    for at, ci in enumerate(nodes):
        ready = twin.met(twin.together[ci], done)
        assert ready is not None
        assert begun[ci] >= ready
        assert done[ci] - begun[ci] == found.longest[at]
        assert done[ci] >= found.minutes[at]
        assert plan.crew[at] >= 0 or begun[ci] == ready
        for moment in {ready, *begun.values(), *done.values()}:
            if ready <= moment < begun[ci]:
                assert len(busy(plan, moment)) == crews


def busy(plan: Schedule, moment: int) -> set[int]:
    """Crews that are at work just after a moment."""
    return set(plan.crew[(plan.crew >= 0) & (plan.begun <= moment) & (plan.done > moment)].tolist())


def unlimited_is_recovery(data: st.DataObject) -> None:
    world, _, found, _ = drawn(data, RESTORE)
    plan = planned(data, found, world.size, None)
    assert plan.done.tolist() == found.minutes.tolist()
    enough = planned(data, found, world.size, len(found.needs) or 1)
    assert enough.done.tolist() == found.minutes.tolist()


def people_count_once(data: st.DataObject) -> None:
    _, _, found, twin = drawn(data, SOME)
    count = len(found.needs)
    picked = sorted(data.draw(st.sets(st.integers(0, max(count - 1, 0)), max_size=count))) if count else []
    heads = np.array([at + 1 for at in range(len(picked))], np.int64)
    nodes = found.needs.nodes.tolist()
    reached = {ci: set[int]() for ci in nodes}
    for number, at in enumerate(picked):
        deadline = naive.required_by(twin, [0 if ci == nodes[at] else -1 for ci in range(max(nodes) + 1)])
        for ci, (moment, _) in deadline.items():
            if moment is not None:
                reached[ci].add(number)
    got = waiting_for(found, column(picked), heads)
    assert got.tolist() == [sum(n + 1 for n in reached[ci]) for ci in nodes]


Property = Callable[[st.DataObject], None]
PROPERTIES: tuple[Property, ...] = (agrees, deadlines_agree, can_be_followed, unlimited_is_recovery, people_count_once)


@FEW
@given(st.data(), st.sampled_from(PROPERTIES))
def test_a_few_random_worlds(data: st.DataObject, holds: Property) -> None:
    holds(data)


@pytest.mark.slow
@pytest.mark.parametrize("holds", PROPERTIES)
def test_many_random_worlds(holds: Property) -> None:
    CASES(given(st.data())(holds))()
