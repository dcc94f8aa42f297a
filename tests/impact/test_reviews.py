"""The review of a change by worked cases: collisions at pools, lesser conflicts, freezes, suggestions, boards."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import numpy as np
import pytest

from impact.estate import Estate
from impact.question import Asked
from impact.reviews.collisions import search_around
from impact.reviews.planned import Frozen, Planned, Plans, Stated, planned, seconds
from impact.reviews.report import ChangeReview, Collision, OverlapType
from impact.reviews.review import collisions, collisions_among, review
from impact.states import ImpactState
from tests.impact.estates import NOW, ci, estate, ids, rel, rule

DOWN = ImpactState.down
WEB = ("web-1", "web-2", "web-3")


def shop() -> Estate:
    """A shop on two of three web servers, and on a database of its own; web-3 runs on a host that another app needs."""
    cis = [
        *(ci(name) for name in (*WEB, "host")), ci("app", "application"), ci("other", "application"),
        ci("db", "database"), ci("shop", "business_service", rto=240), ci("stock", "business_service", rto=60),
        ci("town", "client_group", "health", head_count=500),
    ]  # fmt: skip
    relations = [
        *(rel(f"app depends_on {name}", "web") for name in WEB), rel("web-3 depends_on host"),
        rel("other depends_on host"), rel("shop delivered_by app"), rel("shop delivered_by db"),
        rel("stock delivered_by other"), rel("town uses shop"),
    ]  # fmt: skip
    return estate(cis, relations, [rule("app", "web", "2")])


SHOP = shop()


def change(key: str, cis: str, start: float, end: float | None, incident: bool = False, on: Estate = SHOP) -> Planned:
    """`web-1 web-2=degraded`, from and until so many hours after 22:00 of the test's day."""
    night = NOW.replace(hour=22)
    states = {}
    for part in cis.split():
        name, _, state = part.partition("=")
        states[name] = ImpactState(state or "down").level
    until = None if end is None else night + timedelta(hours=end)
    return planned(
        on, key, {c: int(level) for c, level in states.items()}, night + timedelta(hours=start), until, incident
    )


def hours(found: Collision) -> tuple[float, float | None]:
    night = NOW.replace(hour=22)
    end = None if found.end is None else (found.end - night) / timedelta(hours=1)
    return (found.start - night) / timedelta(hours=1), end


def keys(found: Collision) -> list[str]:
    return [party.key for party in found.parties]


def freeze(key: str, cis: Sequence[str], start: float, end: float, blackout: bool = False) -> Frozen:
    covers = np.zeros(SHOP.size, np.bool_)
    covers[[SHOP.register.find(name) or 0 for name in cis]] = True
    plan = change("", "", start, end)
    return Frozen(key, plan.start, plan.end or 0, blackout, covers)


def reviewed(
    subject: Planned, others: Sequence[Planned] = (), freezes: Sequence[Frozen] = (), on: Estate = SHOP
) -> ChangeReview:
    stated = Stated("normal", seconds(NOW - timedelta(days=30)), 10)
    return review(on, subject, others, freezes, stated, Asked(NOW))


def test_two_changes_that_together_break_a_pool() -> None:
    """Each is safe; together the web servers are below 2 of 3 while both are under way."""
    one, two = change("CHG-1", "web-1", 0, 2), change("CHG-2", "host", 1, 3)
    (found,) = collisions(SHOP, one, [two]).nodes
    assert keys(found) == ["CHG-1", "CHG-2"]
    assert hours(found) == (1, 2)
    assert found.state is DOWN
    (pool,) = found.pools
    assert (pool.ci.id, pool.name, pool.required, pool.total, pool.left) == ("app", "web", 2, 3, 1)
    assert pool.words == "below 2 of 3: 1 left"
    assert ids(pool.lost) == ["web-1", "web-3"]
    assert {taker.key: ids(taker.takes) for taker in pool.takers} == {"CHG-1": ["web-1"], "CHG-2": ["web-3"]}
    assert (pool.state, pool.before) == (DOWN, ImpactState.at_risk)
    assert [(s.ci.id, s.state, s.before) for s in found.services] == [("shop", DOWN, ImpactState.at_risk)]
    assert ids(found.first) == ["app", "shop", "town"]
    assert (found.worse.down, found.people, found.client_group_count) == (3, 500, 1)


def test_windows_that_touch_do_not_collide() -> None:
    one = change("CHG-1", "web-1", 0, 2)
    assert not collisions(SHOP, one, [change("CHG-2", "web-2", 2, 3)]).nodes
    assert not collisions(SHOP, one, [change("CHG-2", "web-2", -1, 0)]).nodes
    assert collisions(SHOP, one, [change("CHG-2", "web-2", -1, 0.01)]).nodes


def test_an_open_incident_collides_until_the_change_ends() -> None:
    (found,) = collisions(SHOP, change("CHG-1", "web-1", 0, 2), [change("INC-1", "web-2", -20, None, True)]).nodes
    assert hours(found) == (0, 2)
    assert found.parties[1].incident
    assert found.parties[1].end is None


def test_the_same_member_twice_breaks_nothing_but_is_the_same_ci() -> None:
    found = reviewed(change("CHG-1", "web-1", 0, 2), [change("CHG-2", "web-1", 1, 3)])
    assert not found.collisions.nodes
    same, shared = found.overlaps
    assert (same.type, same.party.key, ids(same.cis)) == (OverlapType.same_ci, "CHG-2", ["web-1"])
    assert (shared.type, ids(shared.cis)) == (OverlapType.shared_service, ["shop"])


def test_three_changes_that_only_together_break_a_pool() -> None:
    names = ("a", "b", "c")
    on = estate([ci("app", "application"), *map(ci, names)], [rel(f"app depends_on {n}", "p") for n in names],
                [rule("app", "p", "1")])  # fmt: skip
    plans = [change(f"CHG-{n}", n, at, at + 3, on=on) for at, n in enumerate(names)]
    (found,) = collisions(on, plans[0], plans).nodes
    assert keys(found) == ["CHG-a", "CHG-b", "CHG-c"]
    assert hours(found) == (2, 3)
    assert found.pools[0].left == 0
    assert not collisions(on, plans[0], plans[:2]).nodes


def test_a_collision_that_takes_a_member_of_a_further_pool() -> None:
    """a and b together take `mid` down, which with c breaks `top`: all three are needed for that."""
    on = estate(
        [ci("top", "application"), ci("mid", "application"), *map(ci, "abc")],
        [rel("mid depends_on a", "p"), rel("mid depends_on b", "p"), rel("top depends_on mid", "q"),
         rel("top depends_on c", "q")],
        [rule("mid", "p", "1"), rule("top", "q", "1")],
    )  # fmt: skip
    plans = [change(n, n, 0, 1, on=on) for n in "cab"]
    (found,) = collisions(on, plans[0], plans).nodes
    assert keys(found) == ["c", "a", "b"]
    assert [(pool.ci.id, pool.left) for pool in found.pools] == [("top", 0)]
    assert {taker.key: ids(taker.takes) for taker in found.pools[0].takers} == {"c": ["c"], "a": ["mid"], "b": ["mid"]}
    both = {tuple(sorted(keys(one))) for one in collisions(on, plans[1], plans).nodes}
    assert both == {("a", "b"), ("a", "b", "c")}


def test_a_soft_pool_and_full_service() -> None:
    on = estate([ci("app", "application"), *map(ci, WEB)], [rel(f"app depends_on {n}", "w") for n in WEB],
                [rule("app", "w", "1", "2")])  # fmt: skip
    one, two = (change(n, n, 0, 1, on=on) for n in WEB[:2])
    (found,) = collisions(on, one, [two]).nodes
    assert found.state is ImpactState.degraded
    assert found.pools[0].words == "below the 2 of 3 of full service: 1 left"


def test_a_change_that_keeps_its_ci_operational_hides_nothing() -> None:
    one, two = change("CHG-1", "web-1 web-3=operational", 0, 2), change("CHG-2", "host", 0, 2)
    (found,) = collisions(SHOP, one, [two]).nodes
    assert ids(found.pools[0].lost) == ["web-1", "web-3"]
    assert reviewed(change("CHG-1", "db=operational", 0, 2)).overlaps == []


def test_a_service_shared_by_two_changes() -> None:
    found = reviewed(change("CHG-1", "web-1", 0, 2), [change("CHG-2", "db", 1, 3), change("CHG-3", "other", 1, 3)])
    (one,) = found.overlaps
    assert (one.type, one.party.key, ids(one.cis)) == (OverlapType.shared_service, "CHG-2", ["shop"])
    assert not found.collisions.nodes
    assert not found.suggestions.needed
    assert found.suggestions.windows == []


def test_a_freeze_covers_what_is_changed_and_a_blackout_what_is_taken_down() -> None:
    on_host, on_shop = change("CHG-1", "host", 0, 2), change("CHG-2", "db", 0, 2)
    windows = [freeze("FRZ", ["host"], 1, 9), freeze("BLK", ["shop"], -1, 1, True), freeze("LATE", ["host"], 2, 9)]
    assert [(hit.key, hit.blackout, ids(hit.cis)) for hit in reviewed(on_host, (), windows).freezes] == [
        ("FRZ", False, ["host"])
    ]
    (hit,) = reviewed(on_shop, (), windows).freezes
    assert (hit.key, hit.blackout, ids(hit.cis)) == ("BLK", True, ["shop"])
    assert (hit.start, hit.end) == (NOW.replace(hour=22), NOW.replace(hour=23))


def test_the_nearest_free_windows() -> None:
    """A freeze until 2 hours before, another change from 1 to 4 hours after: free from -2 to 1, and after 4."""
    subject = change("CHG-1", "web-1", 0, 2)
    others = [change("CHG-2", "host", 1, 4), change("CHG-3", "web-2", 7, 8)]
    found = reviewed(subject, others, [freeze("FRZ", ["web-1"], -9, -2)]).suggestions
    assert found.needed
    assert [one.moved_minutes for one in found.windows] == [-60, 4 * 60, 8 * 60, -11 * 60]
    for one in found.windows:
        moved = change("CHG-1", "web-1", one.moved_minutes / 60, one.moved_minutes / 60 + 2)
        assert not collisions(SHOP, moved, others).nodes


def test_no_window_in_the_past_and_none_while_an_incident_is_open() -> None:
    subject = change("CHG-1", "web-1", 0, 2)
    later = reviewed(subject, [change("CHG-2", "host", -19, 4)]).suggestions.windows
    assert [one.moved_minutes for one in later] == [4 * 60]
    assert reviewed(subject, [change("INC-1", "host", -30, None, True)]).suggestions.windows == []


def test_a_change_that_breaks_a_pool_by_itself_is_to_be_split() -> None:
    found = reviewed(change("CHG-1", "web-1 web-2 host db", 0, 2)).suggestions.split
    assert found is not None
    windows = [ids(found.keep), *map(ids, found.move)]
    assert sorted(name for window in windows for name in window) == ["db", "host", "web-1", "web-2"]
    assert all(len({"web-1", "web-2", "host"} & set(window)) <= 1 for window in windows)
    assert [(pool.ci.id, pool.name) for pool in found.pools] == [("app", "web")]
    assert ids(found.pools[0].lost) == ["web-1", "web-2"]
    assert reviewed(change("CHG-1", "web-1 db", 0, 2)).suggestions.split is None


def test_a_split_makes_a_difference_where_nothing_else_takes_it_down() -> None:
    found = reviewed(change("CHG-1", "web-1 web-2", 0, 2)).suggestions.split
    assert found is not None
    assert (ids(found.keep), [ids(window) for window in found.move]) == (["web-1"], [["web-2"]])
    assert found.worse.down == 3


def test_the_board_names_incidents_that_break_a_pool_only_together() -> None:
    incidents = [
        change("INC-1", "web-1", -3, None, True), change("INC-2", "host", -2, None, True),
        change("INC-3", "db", -1, None, True),
    ]  # fmt: skip
    (found,) = collisions_among(SHOP, incidents).nodes
    assert keys(found) == ["INC-1", "INC-2"]
    assert hours(found) == (-2, None)
    assert [pool.name for pool in found.pools] == ["web"]


def test_order_of_arrival_does_not_matter() -> None:
    others = [change(f"CHG-{n}", ci_, n / 2, 4) for n, ci_ in enumerate(("web-2", "host", "db", "web-3", "other"))]
    subject = change("CHG-9", "web-1", 0, 3)
    first = reviewed(subject, others)
    assert len(first.collisions.nodes) == 3
    for seed in range(5):
        shuffled = Random(seed).sample(others, len(others))
        assert reviewed(subject, shuffled) == first


def test_so_many_combinations_that_not_all_are_tried_still_give_one() -> None:
    """A pool of 24 that needs 12: each of 24 changes takes one member."""
    names = [f"n{at:02d}" for at in range(24)]
    on = estate([ci("app", "application"), *map(ci, names)], [rel(f"app depends_on {n}", "p") for n in names],
                [rule("app", "p", "12")])  # fmt: skip
    plans = [change(n, n, 0, 1, on=on) for n in names]
    found = collisions(on, plans[0], plans)
    assert not found.complete
    assert found.nodes
    assert all(len(one.parties) == 13 and one.parties[0].key == "n00" for one in found.nodes)


def test_what_cannot_reach_a_pool_in_common_is_not_looked_at() -> None:
    search, overlapping = search_around(SHOP, change("a", "db", 0, 1), Plans([change("b", "web-1", 0, 1)]))
    assert (len(search.participants), overlapping) == (1, 1)


@pytest.mark.parametrize("cis", ["", "web-1=operational"])
def test_a_change_that_does_nothing(cis: str) -> None:
    found = reviewed(change("CHG-1", cis, 0, 2), [change("CHG-2", "web-2", 0, 2)])
    assert not found.collisions.nodes
    assert found.suggestions.split is None
