"""Who is hit, how long they have, and whom to call."""

from datetime import timedelta

import pytest

from impact.analyses import affected_services, call, client_groups, notify, scenario, summarize
from impact.analyses.affected import tier
from impact.analyses.people import head_count
from impact.report import StateCounts
from impact.states import ContradictoryScenario, UnknownCi
from tests.impact.conftest import Stored
from tests.impact.estates import NOW, asked, ci, ids, rel, rule

REGION = [
    ci("mail", "business_service"),
    ci("pay", "business_service"),
    ci("region", "client_group", "health", head_count=100),
    ci("ward", "client_group", "health", head_count=40),
    ci("office", "client_group", "government", head_count=7),
]
INSIDE = rel("ward part_of region")


@pytest.mark.parametrize(
    ("uses", "scenario_text", "total", "by_state", "sectors"),
    [
        ("region mail", "mail", 100, (100, 0, 0), {"health": 100}),
        ("ward mail", "mail", 40, (40, 0, 0), {"health": 40}),
        ("region mail, ward mail", "mail", 100, (100, 0, 0), {"health": 100}),
        ("region mail, ward pay", "mail pay", 100, (100, 0, 0), {"health": 100}),
        ("region mail, ward pay", "mail=at_risk pay", 100, (40, 0, 60), {"health": 100}),
        ("region mail, ward pay", "mail=degraded pay=at_risk", 100, (0, 100, 0), {"health": 100}),
        ("region mail, office mail, office pay", "mail pay", 107, (107, 0, 0), {"health": 100, "government": 7}),
        ("region mail, office pay", "mail=degraded pay", 107, (7, 100, 0), {"health": 100, "government": 7}),
        ("region mail", "pay", 0, (0, 0, 0), {}),
    ],
)
def test_people_are_counted_once(
    stored: Stored, uses: str, scenario_text: str, total: int, by_state: tuple[int, int, int], sectors: dict[str, int]
) -> None:
    relations = [INSIDE, *(rel(pair.strip().replace(" ", " uses ")) for pair in uses.split(","))]
    hit = summarize(asked(stored(REGION, relations), scenario_text)).people
    assert (hit.total, hit.by_state, hit.unknown) == (total, StateCounts(*by_state), 0)
    assert {s.sector: s.people for s in hit.by_sector} == sectors


def test_a_group_without_a_count_has_those_of_the_groups_in_it(stored: Stored) -> None:
    """`west` is in both `a` and `b`, whose own counts are not recorded, and is counted once all the same."""
    cis = [
        ci("s", "business_service"), ci("whole", "client_group"), ci("a", "client_group"), ci("b", "client_group"),
        ci("east", "client_group", "government", head_count=5), ci("west", "client_group", "health", head_count=10),
        ci("silent", "client_group"),
    ]  # fmt: skip
    inner = ("a part_of whole", "b part_of whole", "east part_of a", "west part_of a", "west part_of b")
    found = stored(cis, [*map(rel, inner), rel("whole uses s"), rel("silent uses s")])
    assert head_count(found, found.register.find("whole") or 0) == 15
    assert head_count(found, found.register.find("silent") or 0) is None
    hit = summarize(asked(found, "s")).people
    assert (hit.total, hit.groups, hit.unknown) == (15, 6, 1)
    assert [(s.sector, s.people) for s in hit.by_sector] == [("health", 10), ("government", 5)]


def test_groups_inside_each_other_are_counted_all_the_same(stored: Stored) -> None:
    cis = [ci("s", "business_service"), *(ci(g, "client_group", head_count=n) for g, n in (("a", 9), ("b", 4)))]
    found = stored(cis, [rel("a part_of b"), rel("b part_of a"), rel("a uses s")])
    assert summarize(asked(found, "s")).people.total == 9


def test_a_part_larger_than_its_whole_never_gives_a_negative_number(stored: Stored) -> None:
    cis = [*REGION[:2], ci("whole", "client_group", head_count=10), ci("part", "client_group", head_count=40)]
    found = stored(cis, [rel("part part_of whole"), rel("whole uses mail"), rel("part uses pay")])
    assert summarize(asked(found, "mail=at_risk pay")).people.by_state == StateCounts(40, 0, 0)


def test_client_groups_come_worst_and_largest_first_with_what_they_lose(stored: Stored) -> None:
    relations = [INSIDE, rel("region uses mail"), rel("ward uses pay"), rel("office uses pay")]
    found = client_groups(asked(stored(REGION, relations), "mail=degraded pay"), None).nodes
    assert [(g.id, g.state.value, g.people) for g in found] == [
        ("ward", "down", 40), ("office", "down", 7), ("region", "degraded", 100),
    ]  # fmt: skip
    assert [(loss.ci.id, loss.state.value) for loss in found[0].services] == [("pay", "down"), ("mail", "degraded")]
    assert [g.inside.id if g.inside else None for g in found] == ["region", None, None]


@pytest.mark.parametrize(
    ("rto", "name"),
    [(None, None), (0, "T0"), (60, "T0"), (61, "T1"), (240, "T1"), (241, "T2"), (1440, "T2"), (1441, "T3"),
     (4320, "T3"), (4321, "T4"), (10**6, "T4")],
)  # fmt: skip
def test_tiers(rto: int | None, name: str | None) -> None:
    assert tier(rto) == name


def test_services_come_worst_and_tightest_first_with_their_clocks(stored: Stored) -> None:
    rtos = {"slow": 600, "fast": 60, "soft": 10, "vague": None}
    cis = [ci("db", "database"), *(ci(s, "business_service", rto=rto) for s, rto in rtos.items())]
    relations = [rel(f"{s} depends_on db", effect="degraded" if s == "soft" else "") for s in rtos]
    question = asked(stored(cis, relations), "db", NOW - timedelta(minutes=90, seconds=30))
    found = affected_services(question, None).nodes
    assert [(s.id, s.tier) for s in found] == [("fast", "T0"), ("slow", "T2"), ("vague", None), ("soft", "T0")]
    clocks = {s.id: s.clock for s in found}
    assert clocks["soft"] is None, "no clock for what is not down"
    assert clocks["vague"] is not None
    assert (clocks["vague"].due, clocks["vague"].late_minutes) == (None, None), "without an RTO nothing is due"
    fast, slow = clocks["fast"], clocks["slow"]
    assert fast is not None
    assert slow is not None
    assert fast.due == question.started_at + timedelta(hours=1)
    assert (fast.remaining_minutes, slow.remaining_minutes) == (-31, 509), "half a minute is not a minute left"
    told = summarize(question)
    assert told.soonest_due == fast.due
    assert [(t.name, t.states.down, t.states.degraded) for t in told.by_tier] == [
        ("T0", 1, 1), ("T2", 1, 0), ("unknown", 1, 0),
    ]  # fmt: skip


def test_a_disruption_begins_now_unless_said_otherwise(stored: Stored) -> None:
    (service,) = affected_services(asked(stored([ci("s", "business_service", rto=60)]), "s"), None).nodes
    assert service.clock is not None
    assert (service.clock.due, service.clock.remaining_minutes) == (NOW + timedelta(hours=1), 60)


def test_a_service_speaks_for_the_people_behind_it_once(stored: Stored) -> None:
    relations = [INSIDE, rel("region uses mail"), rel("ward uses mail"), rel("ward uses pay"), rel("mail uses pay")]
    found = affected_services(asked(stored(REGION, relations), "pay"), None).nodes
    assert {s.id: s.people for s in found} == {"mail": 100, "pay": 100}
    assert [ids(s.because) for s in found] == [["pay"], []]


CALLED = [
    ci("db", "database"), ci("late", "business_service", rto=600), ci("soon", "business_service", rto=60),
    ci("weak", "business_service"), ci("rota", "team", phone="555 0100"), ci("dba", "team", email="dba@x.example"),
    ci("ada", "person"), ci("boss", "person"), ci("gone", "person", lifecycle="retired"),
]  # fmt: skip
NAMED = [
    rel("late depends_on db"), rel("soon depends_on db"), rel("weak depends_on db", effect="at_risk"),
    rel("db owned_by boss"), rel("db supported_by dba"), rel("db on_call rota"),
    rel("soon has_expert ada"), rel("soon supported_by dba"), rel("late has_expert ada"), rel("late on_call gone"),
    rel("weak on_call gone"),
]  # fmt: skip


def test_the_night_rota_of_what_failed_is_called_first_and_everybody_once(stored: Stored) -> None:
    question = asked(stored(CALLED, NAMED), "db")
    assert [(c.id, c.role, c.ci.id) for c in call(question)] == [
        ("rota", "on_call", "db"), ("dba", "supported_by", "db"), ("boss", "owned_by", "db"),
        ("ada", "has_expert", "soon"),
    ]  # fmt: skip
    rota, dba, *_ = call(question)
    assert (rota.phone, rota.because, dba.email) == ("555 0100", "on call for DB", "dba@x.example")
    assert [c.id for c in call(question, 2)] == ["rota", "dba"]


def test_what_is_pinned_needs_no_call(stored: Stored) -> None:
    question = asked(stored(CALLED, NAMED), "db soon=operational")
    assert [(c.id, c.ci.id) for c in call(question)][-1] == ("ada", "late")
    assert call(asked(question.estate, "db=operational")) == []


def test_notices_go_to_who_speaks_for_a_group_or_to_the_group(stored: Stored) -> None:
    cis = [*REGION, ci("ada", "person"), ci("bob", "person")]
    relations = [
        INSIDE, rel("region uses mail"), rel("office uses mail"), rel("ward owned_by bob"),
        rel("region owned_by ada"), rel("region managed_by bob"),
    ]  # fmt: skip
    found = notify(asked(stored(cis, relations), "mail"))
    assert [(c.id, c.role, c.ci.id, c.people) for c in found] == [
        ("bob", "managed_by", "region", 100), ("office", "client_group", "office", 7),
    ]  # fmt: skip


def test_the_scenario_says_what_each_pin_cut_off(stored: Stored) -> None:
    cis = [ci("s", "storage"), ci("a"), ci("b"), ci("c"), ci("old", lifecycle="retired")]
    relations = [rel("a depends_on s"), rel("b depends_on a"), rel("c depends_on s"), rel("b depends_on old")]
    found = stored(cis, relations)
    failed, pin, old = scenario(asked(found, "s a=operational old"))
    assert (failed.in_service, failed.cut_off, failed.cut) == (True, 0, [])
    assert (pin.cut_off, ids(pin.cut)) == (2, ["a", "b"])
    assert (old.in_service, old.ci.name) == (False, "OLD")
    (idle,) = scenario(asked(found, "a=operational"))
    assert (idle.cut_off, idle.cut) == (0, [])


def test_pins_that_hide_each_other_cut_nothing_alone(stored: Stored) -> None:
    cis = [ci("s", "storage"), ci("a"), ci("b"), ci("c")]
    found = stored(cis, [rel("a depends_on s"), rel("b depends_on a"), rel("c depends_on b")])
    _, a, b = scenario(asked(found, "s a=operational b=operational"))
    assert (ids(a.cut), b.cut_off) == (["a"], 0)


def test_a_pool_not_used_up_passes_no_clock(stored: Stored) -> None:
    cis = [ci("s", "business_service", rto=60), ci("x"), ci("y")]
    found = stored(cis, [rel("s depends_on x", "p"), rel("s depends_on y", "p")], [rule("s", "p", "1")])
    (service,) = affected_services(asked(found, "x"), None).nodes
    assert (service.state.value, service.clock) == ("at_risk", None)
    assert service.pool is not None
    assert (service.pool.working, service.pool.total) == (1, 2)


def test_unknown_cis_are_all_named(stored: Stored) -> None:
    found = stored([ci("a")])
    with pytest.raises(UnknownCi) as caught:
        asked(found, "ghost a A ghost")
    assert caught.value.ids == ("ghost", "A")


@pytest.mark.parametrize("scenario_text", ["a a=operational", "a=operational a=at_risk"])
def test_a_ci_cannot_be_fine_and_worse(stored: Stored, scenario_text: str) -> None:
    with pytest.raises(ContradictoryScenario) as caught:
        asked(stored([ci("a")]), scenario_text)
    assert caught.value.ci == "a"


def test_the_worse_of_two_assumptions_about_a_ci_counts(stored: Stored) -> None:
    assert summarize(asked(stored([ci("a")]), "a=at_risk a=degraded")).affected == StateCounts(0, 1, 0)
