"""Thousands of random worlds against the plain twins, each with the kernels compiled and as plain Python."""

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.impact import test_reviews_search as reviews
from tests.impact.test_walk import check
from tests.impact.ways import each_way
from tests.impact.worlds import compiled, patched, scenarios, worlds

PARTS = 4
"""Into how many parts the worlds of each test are divided, for several workers to take."""
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("part", range(PARTS))]
CASES = settings(max_examples=10_000 // PARTS, deadline=None, suppress_health_check=list(HealthCheck))


def test_random_worlds_give_the_twins_answer(part: int) -> None:
    @seed(part)
    @CASES
    @given(st.data())
    def run(data: st.DataObject) -> None:
        world = data.draw(worlds())
        floors, pins = data.draw(scenarios(world))
        for _ in each_way():
            check(compiled(world), world, floors, pins)

    run()


def test_a_patched_graph_answers_like_one_compiled_anew(part: int) -> None:
    @seed(part)
    @CASES
    @given(st.data())
    def run(data: st.DataObject) -> None:
        before = data.draw(worlds())
        after = data.draw(worlds())
        if after.size < before.size:
            before, after = after, before
        keep = data.draw(st.sets(st.integers(0, after.size - 1)))
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
        scenario, first, last = (data.draw(scenarios(world)) for world in (before, after, after))
        for _ in each_way():
            graph = compiled(before)
            new = patched(graph, after, set(range(after.size)) - same)
            check(new, after, *first)
            check(graph, before, *scenario)
            check(patched(graph, before, range(before.size)), before, *scenario)
            check(new, after, *last)

    run()


def test_collisions_are_those_of_every_subset(part: int) -> None:
    @seed(part)
    @settings(CASES, max_examples=3_000 // PARTS)
    @given(st.integers(0, 2**32))
    def run(number: int) -> None:
        case = reviews.drawn(number)
        for _ in each_way():
            reviews.check(case)

    run()
