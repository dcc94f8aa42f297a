"""The search for collisions against its plain twin: every subset of changes and incidents, on small random worlds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact.adjacency import Adjacency
from impact.estate import NUMBERS, UNKNOWN, Estate
from impact.graph import ImpactGraph
from impact.kernels.jit import compile_kernels, interpret_kernels
from impact.kernels.types import I32, U8
from impact.register import Register
from impact.reviews.alone import joint, scenario
from impact.reviews.collisions import search_among, search_around
from impact.reviews.planned import Planned, Plans
from impact.reviews.review import collisions_among
from impact.reviews.search import Found, bits
from impact.walk import Walk, walk
from tests.impact import naive_reviews
from tests.impact.estates import WORDS
from tests.impact.naive import World
from tests.impact.naive_reviews import Worse
from tests.impact.worlds import compiled

CASES = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True, params=["compiled", "plain"])
def _kernels(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test twice: with the kernels compiled, and as plain Python."""
    if request.param == "compiled":
        compile_kernels()
    else:
        interpret_kernels()
    yield
    compile_kernels()


def estate_of(world: World) -> Estate:
    """A world as an estate of servers, the first of them services and the last client groups."""
    size = world.size
    kind = np.full(size, WORDS.kind_number["server"], np.uint8)
    kind[: size // 3] = WORDS.kind_number["business_service"]
    kind[size // 3 : size // 2] = WORDS.kind_number["client_group"]
    live = np.array([ci not in world.not_live for ci in range(size)])
    ids, nothing = [f"ci-{at:03d}" for at in range(size)], np.empty(0, np.int32)
    numbers = {name: np.full(size, UNKNOWN, np.int32) for name in NUMBERS}
    return Estate(
        1, datetime(2026, 11, 22, tzinfo=UTC), WORDS, Register.of(ids, ids, ["{}"] * size), kind,
        np.zeros(size, np.uint8), live, np.full(size, UNKNOWN, np.int32), numbers, compiled(world),
        Adjacency.build(nothing, size, nothing, nothing),
    )  # fmt: skip


@dataclass
class Case:
    world: World
    scenarios: list[dict[int, int]]
    windows: list[tuple[int, int]]

    def planned(self) -> list[Planned]:
        pairs = zip(self.scenarios, self.windows, strict=True)
        return [plan(f"chg-{at}", scenario, *window) for at, (scenario, window) in enumerate(pairs)]


def plan(key: str, scenario: Mapping[int, int], start: int, end: int | None) -> Planned:
    return Planned(key, np.array(list(scenario), np.int32), np.array(list(scenario.values()), np.uint8), start, end)


def drawn(seed: int, most: int = 5) -> Case:
    """A world rich in pools and changes at times that overlap, touch or are apart: about half of them collide."""
    random = Random(seed)
    size = random.randint(6, 14)
    world = World(size)
    for dependent in range(size - 3):
        for name in "pq"[: random.choice((0, 1, 1, 1, 2))]:
            members = random.sample(range(dependent + 1, size), min(random.randint(2, 4), size - dependent - 1))
            world.dependencies += [(dependent, member, 3, name) for member in members]
            full = random.choice(("", "", "", "2", "3"))
            world.rules[dependent, name] = (
                random.choice(("1", "1", "1", "2", "50%")),
                full,
                random.choice((3, 3, 2, 1)),
            )
        if random.random() < 0.4:
            world.dependencies.append((dependent, random.randrange(size), random.choice((3, 3, 2, 1)), ""))
    world.dependencies = [row for row in world.dependencies if row[0] != row[1]]
    world.not_live = set(random.sample(range(size), 1)) if random.random() < 0.2 else set()
    count = random.randint(3, most)
    lows = range(size // 3, size)
    scenarios = [
        {ci: random.choice((3, 3, 3, 3, 3, 2, 1, 0)) for ci in random.sample(lows, random.choice((1, 1, 2)))}
        for _ in range(count)
    ]
    starts = [random.randint(0, 5) for _ in range(count)]
    return Case(world, scenarios, [(start, start + random.randint(4, 9)) for start in starts])


def settled(graph: ImpactGraph, scenarios: list[tuple[I32, U8]]) -> Walk:
    cis, levels = joint(scenarios)
    return walk(graph, cis.tolist(), levels.tolist())


def as_worse(found: Found) -> Worse:
    nodes, levels = found.walk.nodes[found.worse].tolist(), found.walk.levels[found.worse].tolist()
    return dict(zip(nodes, zip(levels, found.before.tolist(), strict=True), strict=True))


def check(case: Case) -> dict[frozenset[int], Worse]:
    expected = naive_reviews.collisions(case.world, case.scenarios, case.windows)
    estate, planned = estate_of(case.world), case.planned()
    among = search_among(estate, planned)
    every = {frozenset(bits(one.who)): as_worse(one) for one in among.run()}
    assert every == expected
    assert among.complete
    mine, _ = search_around(estate, planned[0], Plans(planned[1:]))
    with_first = {
        frozenset(int(mine.participants[one].key[4:]) for one in bits(found.who)): as_worse(found)
        for found in mine.run()
    }
    assert with_first == {who: worse for who, worse in expected.items() if 0 in who}
    return expected


def test_collisions_of_a_few_worlds() -> None:
    found = [check(drawn(seed, 4)) for seed in range(100)]
    assert sum(map(bool, found)) > 20
    assert sum(len(who) > 2 for one in found for who in one) > 3


@CASES
@given(st.integers(0, 2**32))
def test_a_joint_answer_is_never_less_than_that_of_any_fewer(seed: int) -> None:
    case = drawn(seed)
    graph, scenarios = compiled(case.world), [scenario(estate_of(case.world), one) for one in case.planned()]
    whole = settled(graph, scenarios)
    for size in range(1, len(scenarios)):
        for chosen in combinations(scenarios, size):
            part = settled(graph, list(chosen))
            assert (whole.levels_of(part.nodes) >= part.levels).all()
    backwards = settled(graph, scenarios[::-1])
    assert dict(zip(whole.nodes.tolist(), whole.levels.tolist(), strict=True)) == dict(
        zip(backwards.nodes.tolist(), backwards.levels.tolist(), strict=True)
    )


@CASES
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(seed: int, random: Random) -> None:
    case = drawn(seed)
    estate, planned = estate_of(case.world), case.planned()
    expected = collisions_among(estate, planned)
    random.shuffle(planned)
    assert collisions_among(estate, planned) == expected
