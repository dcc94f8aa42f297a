"""What is above many CIs at once is what is found above each: its cone, and its single points of failure."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import impact.sweep.above
from impact.estate import Estate
from impact.sweep.above import above
from impact.sweep.pairs import Trial, own_points
from tests.impact.estates import ci, estate, rel, rule
from tests.impact.naive import World
from tests.impact.worlds import worlds

EFFECTS = {3: "down", 2: "degraded", 1: "at_risk"}


def estate_of(world: World) -> Estate:
    """A world of applications that depend on each other."""
    cis = [
        ci(f"a{n}", "application", lifecycle="retired" if n in world.not_live else "live") for n in range(world.size)
    ]
    rows = {(d, p, pool): effect for d, p, effect, pool in world.dependencies}
    relations = [rel(f"a{d} depends_on a{p}", pool, EFFECTS[effect]) for (d, p, pool), effect in rows.items()]
    rules = [rule(f"a{d}", name, *amounts[:2], EFFECTS[amounts[2]]) for (d, name), amounts in world.rules.items()]
    return estate(cis, relations, rules)


def one_by_one(found: Estate, at: int) -> tuple[set[int], set[int]]:
    """The cone of a CI, walked, and what takes it down alone, tried."""
    cone, ring = {at}, [at]
    while ring:
        ring = [int(p) for c in ring for p in found.graph.providers.rows(c)[0] if int(p) not in cone]
        cone.update(ring)
    alone, untried = own_points(Trial(found, at))
    assert untried == 0
    return cone - {at}, set(alone.tolist())


@settings(max_examples=300, deadline=None)
@given(worlds(), st.integers(1, 12))
def test_together_as_one_by_one(world: World, most: int) -> None:
    found = estate_of(world)
    live = [at for at in range(found.size) if found.live[at]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(impact.sweep.above, "MOST", most)
        together = dict(above(found, live))
    assert together.keys() == set(live)
    for at, told in together.items():
        needs, alone = one_by_one(found, at)
        assert (set(told.needs.tolist()), len(told.needs)) == (needs, len(needs))
        if len(needs) < most:
            assert told.alone is not None
        if told.alone is not None:
            assert set(told.alone.tolist()) == alone
