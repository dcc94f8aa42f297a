"""The picture of an incident: what it does at a moment, whether it is major, whose it is, how pressing it is."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact.analyses import affected_services, call, summarize
from impact.estate import Estate
from impact.incidents.joint import joint_levels, joint_question, settled
from impact.incidents.picture import major, question_of, worst_hit
from impact.incidents.priority import suggest
from impact.question import Asked
from tests.impact.estates import ci, estate, rel, rule, states
from tests.impact.incident_cases import at, incident, place, province
from tests.impact.naive import settle
from tests.impact.test_causes import of
from tests.impact.worlds import scenarios, worlds

CASES = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def found() -> Estate:
    return province()


def test_an_incident_assumes_the_states_that_hold_at_the_moment(found: Estate) -> None:
    case = incident(found, "1", "san@0-60 db=degraded@60-90 m1@30", resolved_at=at(120))
    told = {minute: states(question_of(found, case, Asked(at(minute)))) for minute in (-1, 0, 59, 60, 90, 120)}
    assert told[-1] == {}
    assert told[0]["dispatch"] == told[59]["dispatch"] == "down"
    assert "mail" not in told[0]
    assert told[59]["mail"] == "at_risk"
    assert told[60]["dispatch"] == "degraded"
    assert "dispatch" not in told[90]
    assert told[90]["mail"] == "at_risk"
    assert told[120] == {}


def test_a_ci_stated_operational_is_a_pin_unless_it_is_also_stated_worse(found: Estate) -> None:
    pinned = question_of(found, incident(found, "1", "san db=operational"), Asked(at(1)))
    assert "dispatch" not in states(pinned)
    both = question_of(found, incident(found, "1", "san=operational san=degraded"), Asked(at(1)))
    assert states(both)["san"] == "degraded"


def test_the_analyses_run_on_the_question_with_the_clocks_of_the_incident(found: Estate) -> None:
    case = incident(found, "1", "db", declared_at=at(10), detected_at=at(5))
    question = question_of(found, case, Asked(at(30)))
    dispatch = affected_services(question, 1).nodes[0]
    assert dispatch.clock is not None
    assert (dispatch.clock.due, dispatch.clock.can_be_back) == (at(60), at(10 + 45 + 20))
    assert summarize(question).people.total == 1050
    assert [contact.name for contact in call(question)] == ["ANN"]


def test_work_has_not_begun_before_it_was_declared(found: Estate) -> None:
    case = incident(found, "1", "db", declared_at=at(10))
    assert question_of(found, case, Asked(at(5))).work_begins_at == at(5)
    assert question_of(found, case, Asked(at(15))).work_begins_at == at(10)


@pytest.mark.parametrize(
    ("parts", "word", "services"),
    [
        ("db", "interruption", ["dispatch", "payroll"]),
        ("db=degraded", "degradation", ["dispatch", "payroll"]),
        ("m1", "increased_risk", ["mail"]),
        ("m1 db=degraded", "degradation", ["dispatch", "payroll", "mail"]),
        ("m1 mail=operational", "increased_risk", ["mail"]),
        ("m1=at_risk", None, []),
        ("rack", None, []),
        ("m3", None, []),
    ],
)
def test_major_by_the_three_words(found: Estate, parts: str, word: str | None, services: list[str]) -> None:
    told = major(question_of(found, incident(found, "1", parts), Asked(at(1))))
    assert (told.major, told.word) == (word is not None, word)
    assert [one.ci.id for one in told.services] == services
    assert told.service_count == len(services)


def test_business_critical_is_up_to_tier_1_or_recorded_as_critical() -> None:
    rows = [("a", 240, None), ("b", 241, None), ("c", None, "critical"), ("d", 5000, "critical"), ("e", None, "high"),
            ("f", 60, "low"), ("g", None, None)]  # fmt: skip
    found = estate(
        [ci("s"), *(ci(name, "business_service", rto=rto, criticality=word) for name, rto, word in rows)],
        [rel(f"{name} delivered_by s") for name, _, _ in rows],
    )
    told = major(question_of(found, incident(found, "1", "s"), Asked(at(1))))
    assert [one.ci.id for one in told.services] == ["f", "a", "d", "c"]
    assert told.unknown == 1
    assert told.because == "F and 3 more business-critical services are interrupted"


def test_increased_risk_names_the_pool_without_a_spare() -> None:
    cis = [ci("s", "business_service", rto=60), *(ci(f"m{n}") for n in range(3))]
    found = estate(cis, [rel(f"s delivered_by m{n}", "p") for n in range(3)], [rule("s", "p", "1")])
    one = major(question_of(found, incident(found, "1", "m0"), Asked(at(1))))
    two = major(question_of(found, incident(found, "1", "m0 m1"), Asked(at(1))))
    assert (one.word, two.word) == ("increased_risk", "increased_risk")
    assert one.services[0].pool is None
    facts = two.services[0].pool
    assert facts is not None
    assert (facts.working, facts.required, [ref.id for ref in facts.left]) == (1, 1, ["m2"])


def test_what_is_not_recorded_is_said_not_assumed(found: Estate) -> None:
    told = major(question_of(found, incident(found, "1", "m3"), Asked(at(1))))
    assert told.because == (
        "no service recorded as business-critical is hit; of 1 service hit neither RTO nor criticality is recorded"
    )
    assert major(question_of(found, incident(found, "1", "rack"), Asked(at(1)))).because == (
        "no business-critical service is hit"
    )


@pytest.mark.parametrize(
    ("parts", "service", "owner"),
    [("db", "dispatch", "ann"), ("m1", "mail", "bob"), ("m1 db=degraded", "dispatch", "ann"), ("m3", "wiki", None),
     ("m3=degraded db=degraded", "dispatch", "ann"), ("m3 db=degraded", "wiki", None)],
)  # fmt: skip
def test_the_worst_hit_service_and_its_owner(found: Estate, parts: str, service: str, owner: str | None) -> None:
    told = worst_hit(question_of(found, incident(found, "1", parts), Asked(at(1))))
    assert told is not None
    assert (told.ci.id, told.owner.id if told.owner else None) == (service, owner)


def test_no_service_is_hit_worst_where_none_is_hit(found: Estate) -> None:
    assert worst_hit(question_of(found, incident(found, "1", "rack"), Asked(at(1)))) is None


def test_the_worst_hit_of_many_is_the_one_with_the_most_people() -> None:
    cis = [ci("s")]
    for n in range(5):
        cis += [ci(f"v{n}", "business_service", rto=60), ci(f"g{n}", "client_group", head_count=[5, 9, 100, 9, 7][n])]
    relations = [rel(text) for n in range(5) for text in (f"v{n} delivered_by s", f"g{n} uses v{n}")]
    told = worst_hit(question_of(found := estate(cis, relations), incident(found, "1", "s"), Asked(at(1))))
    assert told is not None
    assert (told.ci.id, told.people) == ("v2", 100)
    assert told.because == "down, business-critical, 100 people, the worst of 5 services in this state"


@pytest.mark.parametrize(
    ("parts", "grades"),
    [
        ("db", ("high", "high", 1)),  # T0 down, 1,000 people
        ("db=degraded", ("high", "medium", 2)),  # 1,050 people degraded, nothing down
        ("m1 m2", ("high", "medium", 2)),  # T1 down with 239 minutes to spare
        ("m1", ("medium", "medium", 3)),  # a critical service at risk
        ("m3", ("medium", "medium", 3)),  # an ordinary one down, one of them without RTO
        ("rack", ("low", "low", 5)),
        ("m1=at_risk", ("low", "low", 5)),
    ],
)
def test_suggested_grades(found: Estate, parts: str, grades: tuple[str, str, int]) -> None:
    told = suggest(question_of(found, incident(found, "1", parts), Asked(at(1))))
    assert (told.impact, told.urgency, told.priority) == grades
    assert told.impact_because
    assert told.urgency_because


def test_urgency_rises_as_time_runs_out() -> None:
    cis = [ci("s", "business_service", rto=1440, restore=60), ci("g", "client_group", head_count=3)]
    found = estate(cis, [rel("g uses s")])
    case = incident(found, "1", "s")
    told = [
        suggest(question_of(found, case, Asked(at(minute)))).urgency for minute in (0, 1140, 1141, 1320, 1321, 1500)
    ]
    assert told == ["low", "low", "medium", "medium", "high", "high"]
    declared = incident(found, "1", "s", declared_at=at(10))
    grades = [suggest(question_of(found, declared, Asked(at(minute)))) for minute in (1439, 1440)]
    assert [grade.urgency for grade in grades] == ["low", "high"]
    assert grades[1].urgency_because == ["a service is past its RTO"]


def test_a_group_without_head_count_raises_the_impact() -> None:
    cis = [ci("s", "business_service", rto=9999, restore=1), ci("g", "client_group"), ci("h", "client_group")]
    found = estate(cis, [rel("g uses s"), rel("h uses s")])
    told = suggest(question_of(found, incident(found, "1", "s=degraded"), Asked(at(1))))
    assert (told.impact, told.impact_because) == ("medium", ["2 client groups hit without a head count"])


def test_a_joint_question_takes_the_worst_of_all_states(found: Estate) -> None:
    first, second = incident(found, "1", "m1 db=degraded"), incident(found, "2", "m2 db=at_risk", 5)
    both = joint_question(found, [second, first], Asked(at(10)))
    assert states(both)["mail"] == "down"
    assert states(both)["db"] == "degraded"
    assert both.started_at == at(0)
    assert "m2" not in states(joint_question(found, [second, first], Asked(at(4))))


def test_a_pin_gives_way_to_an_incident_that_reaches_it(found: Estate) -> None:
    pinned, other = incident(found, "1", "san app=operational"), incident(found, "2", "db=degraded")
    assert states(joint_question(found, [pinned], Asked(at(1)))) == {"san": "down", "db": "down"}
    assert states(joint_question(found, [pinned, other], Asked(at(1))))["dispatch"] == "down"
    beside = incident(found, "3", "m1")
    assert "dispatch" not in states(joint_question(found, [pinned, beside], Asked(at(1))))


@CASES
@given(st.data())
def test_a_joint_answer_is_never_better_than_a_member_and_has_no_order(data: st.DataObject) -> None:
    world = data.draw(worlds())
    found = of(world)
    drawn = [data.draw(scenarios(world)) for _ in range(data.draw(st.integers(1, 3)))]
    members = [{**dict.fromkeys(pins, 0), **floors} for floors, pins in drawn]
    everything = np.arange(world.size, dtype=np.int32)
    alone = [settled(found, member) for member in members]
    levels = joint_levels(members, alone)
    joint = settled(found, levels).levels_of(everything)
    for walk in alone:
        assert (joint >= walk.levels_of(everything)).all()
    for order in permutations(range(len(members))):
        assert joint_levels([members[i] for i in order], [alone[i] for i in order]) == levels
    floors = {ci: level for ci, level in levels.items() if level and ci not in world.not_live}
    assert joint.tolist() == settle(world, floors, [ci for ci, level in levels.items() if not level])


def test_what_happened_later_is_not_known_earlier(found: Estate) -> None:
    case = incident(found, "1", "db", state="closed", detected_at=at(5), declared_at=at(9), resolved_at=at(60))
    assert case.as_of(at(-1)) is None
    early, late = case.as_of(at(6)), case.as_of(at(60))
    assert early is not None
    assert (early.state, early.detected_at, early.declared_at, early.resolved_at) == ("in_progress", at(5), None, None)
    assert late == case
    assert case.cis == (place(found, "db"),)


def test_what_is_hit_with_nobody_recorded_behind_it_does_not_lower_the_priority() -> None:
    cis = [ci("db"), ci("a", "application"), ci("b", "application"), ci("alone")]
    found = estate(cis, [rel("a runs_on db"), rel("b depends_on a")])
    told = suggest(question_of(found, incident(found, "1", "db"), Asked(at(1))))
    assert (told.impact, told.urgency, told.priority) == ("medium", "medium", 3)
    assert told.impact_because == ["2 other CIs hit, and no service or client group recorded behind them"]
    nothing = suggest(question_of(found, incident(found, "1", "alone"), Asked(at(1))))
    assert (nothing.priority, nothing.impact_because) == (5, ["nothing recorded raises it"])
