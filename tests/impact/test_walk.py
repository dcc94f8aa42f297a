"""The engine against its plain twin, and every row of the law's table of states."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact.graph import ImpactGraph
from impact.kernels.jit import compile_kernels, interpret_kernels
from impact.walk import Walk, walk
from tests.impact import naive
from tests.impact.naive import AT_RISK, DEGRADED, DOWN, World
from tests.impact.worlds import compiled, scenarios, worlds


@pytest.fixture(autouse=True, params=["compiled", "plain"])
def _kernels(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test twice: with the kernels compiled, and as plain Python."""
    if request.param == "compiled":
        compile_kernels()
    else:
        interpret_kernels()
    yield
    compile_kernels()


def ask(graph: ImpactGraph, floors: dict[int, int], pins: list[int]) -> Walk:
    return walk(graph, list(floors), list(floors.values()), pins)


def check(graph: ImpactGraph, world: World, floors: dict[int, int], pins: list[int]) -> None:
    expected = naive.settle(world, floors, pins)
    answer = ask(graph, floors, pins)
    got = dict(zip(answer.nodes.tolist(), answer.levels.tolist(), strict=True))
    assert got == {ci: s for ci, s in enumerate(expected) if s}
    assert len(got) == len(answer)
    assert answer.levels.tolist() == sorted(answer.levels.tolist(), reverse=True)
    far = dict(zip(answer.nodes.tolist(), answer.distances.tolist(), strict=True))
    assert far == naive.distances(world, expected, floors)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_few_random_worlds(data: st.DataObject) -> None:
    world = data.draw(worlds(6))
    check(compiled(world), world, *data.draw(scenarios(world)))


def pool(
    dependent: int, members: list[int], required: str, full: str = "", effect: int = DOWN, name: str = "p"
) -> World:
    return World(0, [(dependent, m, DOWN, name) for m in members], {(dependent, name): (required, full, effect)})


def both(*parts: World) -> World:
    world = World(8)
    for part in parts:
        world.dependencies += part.dependencies
        world.rules.update(part.rules)
    return world


def plain(*edges: tuple[int, int], effect: int = DOWN) -> World:
    return World(0, [(d, p, effect, "") for d, p in edges])


F, H1, H2, H3, H4, H5 = range(6)
A, B, W1, W2, D1, D2 = range(6)
X, Y, S = 1, 2, 3
WEB = both(pool(A, [W1, W2], "1", name="web"), pool(A, [D1, D2], "1", name="db"), plain((B, A)))
COMMON = both(pool(A, [X, Y], "1"), plain((X, S), (Y, S)))


@pytest.mark.parametrize(
    ("world", "floors", "pins", "answer"),
    [
        (both(pool(F, [H1, H2], "1")), {H1: DOWN}, [], {F: AT_RISK, H1: DOWN}),
        (both(pool(F, [H1, H2], "1")), {H1: DOWN, H2: DOWN}, [], {F: DOWN, H1: DOWN, H2: DOWN}),
        (both(pool(F, [H1, H2, H3], "2")), {H1: DOWN}, [], {F: AT_RISK, H1: DOWN}),
        (both(pool(F, [H1, H2, H3], "2")), {H1: DOWN, H2: DOWN}, [], {F: DOWN, H1: DOWN, H2: DOWN}),
        (both(pool(F, [H1, H2, H3], "2", "3")), {H1: DOWN}, [], {F: DEGRADED, H1: DOWN}),
        (both(pool(F, [1, 2, 3, 4, 5], "50%")), {1: DOWN, 2: DOWN}, [], {F: AT_RISK, 1: DOWN, 2: DOWN}),
        (both(pool(F, [1, 2, 3, 4, 5], "50%")), {1: 3, 2: 3, 3: 3}, [], {F: DOWN, 1: 3, 2: 3, 3: 3}),
        (both(pool(A, [W1, W2], "1", name="web"), pool(A, [D1], "1", name="db"), plain((B, A))), {D1: DOWN}, [],
         {A: DOWN, B: DOWN, D1: DOWN}),
        (WEB, {D1: DOWN, D2: DOWN}, [], {A: DOWN, B: DOWN, D1: DOWN, D2: DOWN}),
        (WEB, {W1: DOWN}, [], {A: AT_RISK, B: AT_RISK, W1: DOWN}),
        (COMMON, {S: DOWN}, [], {S: DOWN, X: DOWN, Y: DOWN, A: DOWN}),
        (both(pool(A, [X, Y], "1")), {X: DEGRADED}, [], {A: AT_RISK, X: DEGRADED}),
        (both(pool(A, [X, Y], "1")), {X: AT_RISK}, [], {X: AT_RISK}),
        (both(pool(A, [X, Y], "2")), {X: DEGRADED}, [], {A: DEGRADED, X: DEGRADED}),
        (both(plain((X, S), effect=DEGRADED), plain((Y, X))), {S: DOWN}, [], {S: DOWN, X: DEGRADED, Y: DEGRADED}),
        (both(plain((0, 1), (1, 2), (2, 0))), {0: DOWN}, [], {0: DOWN, 1: DOWN, 2: DOWN}),
        (both(pool(F, [H1, H2], "3")), {}, [], {}),
        (both(plain((A, S), (B, A))), {S: DOWN}, [A], {S: DOWN}),
    ],
)  # fmt: skip
def test_the_law_s_table(world: World, floors: dict[int, int], pins: list[int], answer: dict[int, int]) -> None:
    check(compiled(world), world, floors, pins)
    found = ask(compiled(world), floors, pins)
    assert dict(zip(found.nodes.tolist(), found.levels.tolist(), strict=True)) == answer


def test_a_retired_member_does_not_count() -> None:
    world = both(pool(F, [H1, H2, H3], "2"))
    world.not_live = {H3}
    found = ask(compiled(world), {H1: DOWN}, [])
    assert dict(zip(found.nodes.tolist(), found.levels.tolist(), strict=True)) == {F: DOWN, H1: DOWN}
