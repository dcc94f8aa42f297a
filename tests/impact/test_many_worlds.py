"""Thousands of random worlds against the plain twins, each with the kernels compiled and as plain Python."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.impact import test_reviews_search as reviews
from tests.impact import test_walk as walks
from tests.impact.naive import World
from tests.impact.ways import each_way
from tests.impact.worlds import compiled, patched, scenarios, worlds

PARTS = 4
"""Into how many parts the worlds of each test are divided, for several workers to take."""
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("part", range(PARTS))]
CASES = settings(max_examples=10_000 // PARTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
"""No failures are kept: a part draws the same again by its seed, and the tests would take each other's."""
T = TypeVar("T")
Scenario = tuple[dict[int, int], list[int]]
"""The floors and pins of `worlds.scenarios`."""


def holds(part: int, strategy: st.SearchStrategy[T], check: Callable[[T], object], cases: settings = CASES) -> None:
    """Check one part of the cases that a strategy draws, each of them both ways.

    The number of a part is its seed: in CI Hypothesis is derandomized, and without seeds all parts would draw the same.
    """

    @seed(part)
    @cases
    @given(strategy)
    def run(case: T) -> None:
        for _ in each_way():
            check(case)

    run()


@st.composite
def questions(draw: st.DrawFn) -> tuple[World, Scenario]:
    world = draw(worlds())
    return world, draw(scenarios(world))


def check_compiled(question: tuple[World, Scenario]) -> None:
    world, scenario = question
    walks.check(compiled(world), world, *scenario)


def test_random_worlds_give_the_twins_answer(part: int) -> None:
    holds(part, questions(), check_compiled)


class Change(NamedTuple):
    """Two worlds, the dependents that differ in them, a scenario of the first and two of the second."""

    before: World
    after: World
    changed: set[int]
    first: Scenario
    second: tuple[Scenario, Scenario]


@st.composite
def changes(draw: st.DrawFn) -> Change:
    before, after = sorted((draw(worlds()), draw(worlds())), key=lambda world: world.size)
    keep = draw(st.sets(st.integers(0, after.size - 1)))
    # Dependents outside `keep` change; a CI keeps its life, and a dependent its rows, only where both worlds agree.
    after.not_live -= keep
    before.not_live &= after.not_live
    same = {
        ci
        for ci in range(before.size)
        if [d for d in before.live() if d[0] == ci] == [d for d in after.live() if d[0] == ci]
        and {k: r for k, r in before.rules.items() if k[0] == ci}
        == {k: r for k, r in after.rules.items() if k[0] == ci}
    }
    changed = set(range(after.size)) - same
    return Change(before, after, changed, draw(scenarios(before)), (draw(scenarios(after)), draw(scenarios(after))))


def check_patched(case: Change) -> None:
    graph = compiled(case.before)
    new = patched(graph, case.after, case.changed)
    walks.check(new, case.after, *case.second[0])
    walks.check(graph, case.before, *case.first)
    walks.check(patched(graph, case.before, range(case.before.size)), case.before, *case.first)
    walks.check(new, case.after, *case.second[1])


def test_a_patched_graph_answers_like_one_compiled_anew(part: int) -> None:
    holds(part, changes(), check_patched)


def test_collisions_are_those_of_every_subset(part: int) -> None:
    few = settings(CASES, max_examples=3_000 // PARTS)
    holds(part, st.integers(0, 2**32).map(reviews.drawn), reviews.check, few)
