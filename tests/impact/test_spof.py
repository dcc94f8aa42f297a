"""Single points of a service, fatal pairs and common causes behind pools, each against asking one failure at a time."""

from collections.abc import Iterator
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings

from impact.estate import Estate
from impact.kernels.jit import compile_kernels, interpret_kernels
from impact.report import StateCounts
from impact.sweep.blind import blind_spots
from impact.sweep.pairs import BUDGET, Trial, own_points, pairs, required_upstream
from impact.sweep.points import PointFilter, rows, single_points
from impact.sweep.shared import broken_pools, shared_causes
from impact.sweep.sweep import sweep
from tests.impact import naive
from tests.impact.estates import ci, estate, rel, rule
from tests.impact.naive import DOWN, World
from tests.impact.worlds import worlds

CASES = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
EFFECTS = {3: "down", 2: "degraded", 1: "at_risk"}


@pytest.fixture(autouse=True, params=["compiled", "plain"])
def _kernels(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test twice: with the kernels compiled, and as plain Python."""
    compile_kernels() if request.param == "compiled" else interpret_kernels()
    yield
    compile_kernels()


def built(world: World) -> Estate:
    """The world as an estate of applications; the CI n is `n00n`."""
    lives = ["retired" if n in world.not_live else "live" for n in range(world.size)]
    relations = {rel(f"n{d:03} depends_on n{p:03}", pool, "" if pool else EFFECTS[e]).key:
                 rel(f"n{d:03} depends_on n{p:03}", pool, "" if pool else EFFECTS[e])
                 for d, p, e, pool in world.dependencies}  # fmt: skip
    rules = [rule(f"n{d:03}", name, k, full, EFFECTS[e]) for (d, name), (k, full, e) in world.rules.items()]
    cis = [ci(f"n{n:03}", "application", lifecycle=life) for n, life in enumerate(lives)]
    return estate(cis, list(relations.values()), rules)


def single(world: World) -> World:
    """The world with one relation for each dependent, provider and pool: the last one, as an inventory holds it."""
    return World(world.size, [(d, p, e, pool) for (d, p, pool), e in
                              {(d, p, pool): e for d, p, e, pool in world.dependencies}.items()],
                 world.rules, world.not_live)  # fmt: skip


def falls(world: World, *failed: int) -> set[int]:
    return {n for n, state in enumerate(naive.settle(world, dict.fromkeys(failed, DOWN))) if state == DOWN}


def spare(world: World, owner: int, name: str) -> int:
    return len(world.members(owner, name)) - naive.needs(world, owner, name)[0]


def live(world: World) -> list[int]:
    return [n for n in range(world.size) if n not in world.not_live]


@CASES
@given(worlds())
def test_what_takes_a_ci_down_alone(drawn: World) -> None:
    world = single(drawn)
    found = built(world)
    for target in live(world):
        alone, untried = own_points(Trial(found, target))
        assert untried == 0
        assert set(alone.tolist()) == {n for n in live(world) if n != target and target in falls(world, n)}


@CASES
@given(worlds())
def test_pairs_are_all_pairs_of_members_that_only_together_take_it_down(drawn: World) -> None:
    world = single(drawn)
    found = built(world)
    swept = sweep(found)
    for target in live(world):
        needed = set(required_upstream(found, target).tolist())
        members = {
            m for (owner, name), (_, _, effect) in world.rules.items()
            if owner in needed and effect == DOWN and spare(world, owner, name) > 0
            for m in world.members(owner, name) if owner not in world.not_live
        }  # fmt: skip
        harmless = sorted(m for m in members - {target} if target not in falls(world, m))
        told = pairs(found, swept, target, 200)
        ids = {frozenset((pair.first.id, pair.second.id)) for pair in told.nodes}
        fatal = {(a, b) for a, b in combinations(harmless, 2) if target in falls(world, a, b)}
        assert ids == {frozenset((f"n{a:03}", f"n{b:03}")) for a, b in fatal}
        assert (told.total_count, told.untested, told.members) == (len(fatal), 0, len(harmless))


@CASES
@given(worlds())
def test_the_pools_that_a_single_failure_breaks(drawn: World) -> None:
    world = single(drawn)
    found = built(world)
    swept = sweep(found)
    page = shared_causes(found, swept, broken_pools(found, swept), None)
    expected = {}
    for owner, name in world.rules:
        members = set(world.members(owner, name))
        breakers = [n for n in live(world) if len(falls(world, n) & members) > spare(world, owner, name) > 0]
        if breakers and owner not in world.not_live:
            expected[f"n{owner:03}", name] = {f"n{n:03}" for n in breakers}
    told = {(pool.ci.id, pool.pool): pool for pool in page.nodes}
    assert {key: pool.cause_count for key, pool in told.items()} == {key: len(of) for key, of in expected.items()}
    for key, pool in told.items():
        assert {cause.ci.id for cause in pool.causes} <= expected[key]
        assert [cause.cis for cause in pool.causes] == sorted(cause.cis for cause in pool.causes)
        hit = [sum(map(bool, naive.settle(world, {int(ref[1:]): DOWN}))) for ref in expected[key]]
        assert pool.causes[0].cis == min(hit)


def twin_databases() -> Estate:
    """A service on two databases in a pool, both on one array; 100 people use it, and a T1 promise it cannot keep."""
    return estate(
        [ci("svc", "business_service", rto=120, restore=5), ci("app", "application", restore=10),
         ci("db-1", "database", restore=60), ci("db-2", "database"), ci("san", "storage", restore=110),
         ci("own", "business_service"), ci("town", "client_group", head_count=100)],
        [rel("svc delivered_by app"), rel("app depends_on db-1", "db"), rel("app depends_on db-2", "db"),
         rel("db-1 depends_on san"), rel("db-2 depends_on san"), rel("town uses svc")],
        [rule("app", "db", "1")],
    )  # fmt: skip


def test_a_common_cause_behind_a_pool_and_what_it_does() -> None:
    found = twin_databases()
    swept = sweep(found)
    points = single_points(found, swept, 10)
    assert [(p.rank, p.ci.id) for p in points.nodes] == [(1, "san"), (2, "app")]
    san = points.nodes[0]
    assert (san.services, san.worst_tier, san.missed_promises, san.pools_broken) == (StateCounts(1, 0, 0), "T1", 1, 1)
    assert (san.people, san.cis) == (StateCounts(100, 0, 0), StateCounts(6, 0, 0))
    pool = shared_causes(found, swept, broken_pools(found, swept), 10).nodes[0]
    assert (pool.ci.id, pool.pool, pool.required, pool.total, pool.cause_count) == ("app", "db", 1, 2, 1)
    assert ([m.id for m in pool.members], pool.causes[0].ci.id) == (["db-1", "db-2"], "san")
    told = pairs(found, swept, 5 if found.register.ids[5] == "svc" else found.register.find("svc") or 0, 10)
    assert [(p.first.id, p.second.id, p.ci.id, p.pool, p.people_down) for p in told.nodes] == [
        ("db-1", "db-2", "app", "db", 100)
    ]
    assert {s.code: s.count for s in blind_spots(found)} == {
        "UNKNOWN_RTO": 1, "UNKNOWN_RESTORE": 1, "SERVICE_WITHOUT_CLIENTS": 1,
    }  # fmt: skip


def test_filters_and_pages() -> None:
    found = twin_databases()
    swept = sweep(found)
    assert [row[1] for row in rows(found, swept, PointFilter(frozenset({"storage"})))] == ["san"]
    assert [row[1] for row in rows(found, swept, PointFilter(least_people=101))] == []
    everything = single_points(found, swept, None, None, PointFilter(everything=True))
    assert everything.total_count == found.size
    seen, after = list[str](), None
    while True:
        shown = single_points(found, swept, 2, after, PointFilter(everything=True))
        seen += [point.ci.id for point in shown.nodes]
        after = shown.end_cursor
        if not shown.has_next_page:
            break
    assert seen == [point.ci.id for point in everything.nodes]


def test_work_that_was_not_done_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("impact.sweep.pairs.BUDGET", 1)
    assert BUDGET > 1
    found = twin_databases()
    told = pairs(found, sweep(found), found.register.find("svc") or 0, 10)
    assert told.alone_untested == 3
    monkeypatch.setattr("impact.sweep.pairs.MOST_PAIRS", 0)
    monkeypatch.setattr("impact.sweep.pairs.BUDGET", BUDGET)
    told = pairs(found, sweep(found), found.register.find("svc") or 0, 10)
    assert (told.total_count, told.tested, told.untested) == (0, 0, 1)
