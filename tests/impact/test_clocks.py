"""Clocks of services and client groups, and what each step of a restore order gives back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from impact.analyses import affected_services, client_groups, clocks, restore_order, summarize
from impact.analyses.restore_order import own_people
from impact.continuity.report import RestoreOrder, RestoreStep
from impact.estate import Estate
from impact.question import Asked, Question, ask
from impact.report import AffectedService
from impact.states import Assumption
from tests.impact.estates import NOW, asked, ci, estate, ids, rel

HOSPITAL = (
    ci("san", "storage", restore=30), ci("db", "database", restore=45), ci("db2", "database", restore=10),
    ci("app", "application", restore=20), ci("web", "application", restore=0),
    ci("admissions", "business_service", rto=240, restore=10), ci("dispatch", "business_service", rto=60, restore=0),
    ci("archive", "business_service", restore=5), ci("mail", "business_service", rto=600, restore=None),
    ci("wards", "client_group", head_count=300), ci("region", "client_group", head_count=1000),
    ci("night", "client_group", head_count=40), ci("oncall", "team", phone="555-0100"),
    ci("storage-team", "team", phone="555-0101"),
)  # fmt: skip
RELATIONS = (
    rel("db stores_data_on san"), rel("db2 stores_data_on san"), rel("app depends_on db"), rel("web depends_on db2"),
    rel("admissions delivered_by app"), rel("dispatch delivered_by web"), rel("archive delivered_by db2"),
    rel("mail delivered_by web"), rel("wards uses admissions"), rel("region uses dispatch"), rel("night uses archive"),
    rel("wards part_of region"), rel("san on_call oncall"), rel("san supported_by storage-team"),
    rel("db supported_by storage-team"),
)  # fmt: skip


@pytest.fixture
def hospital() -> Estate:
    return estate(HOSPITAL, RELATIONS)


def since(found: Estate, minutes: int, declared: int | None = None) -> Question:
    """The SAN went down so many minutes ago; work was declared so many minutes ago."""
    at = None if declared is None else NOW - timedelta(minutes=declared)
    return ask(found, [Assumption("san")], Asked(NOW), NOW - timedelta(minutes=minutes), declared_at=at)


def by_id(services: list[AffectedService]) -> dict[str, AffectedService]:
    return {service.id: service for service in services}


def test_work_begins_when_asked_or_as_declared(hospital: Estate) -> None:
    for declared, begins in ((None, NOW), (10, NOW - timedelta(minutes=10))):
        clock = by_id(clocks(since(hospital, 30, declared), None).nodes)["dispatch"].clock
        assert clock is not None
        assert clock.due == NOW + timedelta(minutes=30)
        assert clock.can_be_back == begins + timedelta(minutes=40)
        late = 10 if declared is None else 0
        assert (clock.remaining_minutes, clock.late_minutes, clock.slack_minutes) == (30, late, -late)
        assert not clock.at_least
        assert not clock.slack_at_most


def test_only_the_declaration_is_known(hospital: Estate) -> None:
    at = NOW - timedelta(minutes=15)
    question = ask(hospital, [Assumption("san")], Asked(NOW), declared_at=at)
    assert (question.started_at, question.work_begins_at) == (at, at)


def test_a_disruption_that_has_not_begun_is_worked_on_when_it_has(hospital: Estate) -> None:
    question = since(hospital, -60)
    assert question.work_begins_at == question.started_at == NOW + timedelta(minutes=60)


def test_half_a_minute_late_is_late(hospital: Estate) -> None:
    question = replace(since(hospital, 20), asked=Asked(NOW + timedelta(seconds=30)))
    clock = by_id(clocks(question, None).nodes)["dispatch"].clock
    assert clock is not None
    assert (clock.late_minutes, clock.slack_minutes, clock.remaining_minutes) == (1, -1, 39)


def test_clocks_by_least_slack_and_without_a_promise_last(hospital: Estate) -> None:
    question = since(hospital, 0)
    found = clocks(question, None).nodes
    slack = [(s.id, s.clock.slack_minutes) for s in found if s.clock]
    assert slack == [("dispatch", 20), ("admissions", 135), ("mail", 560), ("archive", None)]
    first = clocks(question, 2)
    rest = clocks(question, 2, first.end_cursor)
    assert [s.id for s in (*first.nodes, *rest.nodes)] == [s.id for s in found]
    assert [s.id for s in affected_services(question, None).nodes] == ["dispatch", "admissions", "mail", "archive"]


def test_an_unknown_time_is_named_and_makes_a_least(hospital: Estate) -> None:
    clock = by_id(clocks(since(hospital, 0), None).nodes)["mail"].clock
    assert clock is not None
    assert (clock.at_least, ids(clock.unknown), clock.unknown_count, clock.slack_at_most) == (True, ["mail"], 1, True)


def test_the_slack_of_a_service_counts_who_needs_it() -> None:
    cis = [ci("db", "database", restore=10), ci("portal", "business_service", rto=60, restore=5),
           ci("login", "technical_service", rto=480, restore=20)]  # fmt: skip
    question = asked(estate(cis, [rel("portal uses login"), rel("login delivered_by db")]), "db")
    found = {s.id: s.clock for s in clocks(question, None).nodes}
    login, portal = found["login"], found["portal"]
    assert login is not None
    assert portal is not None
    assert (login.slack_minutes, portal.slack_minutes) == (25, 25)
    assert login.late_minutes == 0
    assert login.due == NOW + timedelta(minutes=480)


def test_a_group_has_the_clock_of_its_tightest_service(hospital: Estate) -> None:
    found = {g.id: g for g in client_groups(since(hospital, 30), None).nodes}
    tightest = {g: (c.clock_of.id if c.clock_of else None) for g, c in found.items()}
    assert tightest == {"wards": "dispatch", "region": "dispatch", "night": "archive"}
    clock = found["wards"].clock
    assert clock is not None
    assert clock.late_minutes == 10


def test_a_group_that_loses_nothing_has_no_clock(hospital: Estate) -> None:
    found = client_groups(asked(hospital, "admissions=degraded"), None).nodes
    assert [(g.id, g.clock, g.clock_of) for g in found] == [("wards", None, None)]


def steps(plan: RestoreOrder) -> dict[str, RestoreStep]:
    return {step.ci.id: step for step in plan.nodes}


def test_steps_say_who_when_and_what_is_back(hospital: Estate) -> None:
    question = since(hospital, 0)
    plan = restore_order(question, 1)
    found = steps(plan)
    assert list(found) == ["san", "db2", "db", "app", "admissions", "mail", "archive"]
    assert [step.number for step in plan.nodes] == [1, 2, 3, 4, 5, 6, 7]
    minutes = [(s.starts_at - NOW).total_seconds() // 60 for s in plan.nodes]
    assert minutes == [0, 30, 40, 85, 105, 115, 115]
    assert found["san"].who is not None
    assert (found["san"].who.id, found["san"].who.role) == ("oncall", "on_call")
    assert found["db"].who is not None
    assert found["db"].who.id == "storage-team"
    assert found["app"].who is None
    back = {step.ci.id: ids(step.gives_back) for step in plan.nodes if step.gives_back}
    assert back == {"db2": ["dispatch"], "admissions": ["admissions"], "mail": ["mail"], "archive": ["archive"]}
    assert {step.ci.id: step.people for step in plan.nodes if step.people} == {
        "db2": 700,
        "admissions": 300,
        "archive": 40,
    }
    assert sum(step.people for step in plan.nodes) == summarize(question).people.by_state.down == 1040
    assert found["mail"].minutes is None
    assert [step.ci.id for step in plan.nodes if step.at_least] == ["mail", "archive"]
    assert (plan.unknown_count, plan.at_least, plan.most_at_once) == (1, True, 1)
    assert found["san"].slack_minutes == 20
    assert found["archive"].slack_minutes is None


def test_many_hands_give_recovery(hospital: Estate) -> None:
    question = since(hospital, 0)
    plan, recovery = restore_order(question), question.deadlines.recovery
    for step in plan.nodes:
        at = hospital.register.find(step.ci.id)
        assert at is not None
        assert (step.done_at - NOW, not step.at_least) == (timedelta(minutes=recovery.of(at)[0]), recovery.of(at)[1])
    assert plan.crews is None
    assert plan.all_back_at == NOW + timedelta(minutes=105)


def test_steps_are_paged(hospital: Estate) -> None:
    question = since(hospital, 0)
    whole, after, found = restore_order(question, 2), None, []
    while True:
        part = restore_order(question, 2, 3, after)
        assert (part.total_count, part.all_back_at) == (whole.total_count, whole.all_back_at)
        found += part.nodes
        after = part.end_cursor
        if not part.has_next_page:
            break
    assert found == whole.nodes


def test_what_is_assumed_is_a_step_also_when_it_takes_no_time() -> None:
    cis = [ci("rack", "facility", restore=0), ci("room", "facility", restore=0), ci("host", "server", restore=10)]
    found = estate(cis, [rel("rack part_of room"), rel("host located_in rack")])
    assert list(steps(restore_order(asked(found, "room")))) == ["room", "host"]
    assert list(steps(restore_order(asked(found, "rack")))) == ["rack", "host"]


def test_nothing_down_is_nothing_to_restore(hospital: Estate) -> None:
    plan = restore_order(asked(hospital, "san=degraded"))
    assert (plan.nodes, plan.total_count, plan.all_back_at, plan.at_least) == ([], 0, None, False)


def test_those_started_together_are_one_step() -> None:
    cis = [ci("a", "software", restore=10), ci("b", "software", restore=25), ci("c", "software", restore=5)]
    found = estate(cis, [rel("a depends_on b"), rel("b depends_on a"), rel("c depends_on a")])
    first, second = restore_order(asked(found, "a")).nodes
    assert (first.ci.id, ids(first.together), first.minutes) == ("a", ["b"], 25)
    assert (second.ci.id, second.together, second.starts_at) == ("c", [], NOW + timedelta(minutes=25))


def test_people_of_nested_groups_count_in_one_group() -> None:
    groups = [ci(f"g{at}", "client_group", head_count=heads) for at, heads in enumerate((1000, 300, 200, 50, None))]
    nesting = [rel("g1 part_of g0"), rel("g2 part_of g1"), rel("g3 part_of g4")]
    found = estate(groups, nesting)
    places = [at for name in ("g0", "g1", "g2", "g3", "g4") if (at := found.register.find(name)) is not None]
    assert own_people(found, places).tolist() == [700, 100, 200, 50, 0]
    assert own_people(found, [places[0], places[2]]).tolist() == [800, 200]
