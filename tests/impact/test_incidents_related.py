"""Related incidents: broken together, up- and downstream, a shared cause, shared services and people."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact.estate import Estate
from impact.incidents.broken import broken_together
from impact.incidents.joint import settled
from impact.incidents.related import related
from impact.incidents.report import Direction, RelatedIncident
from impact.incidents.values import IncidentCase
from impact.states import ImpactState
from tests.impact.estates import NOW, ci, estate, ids, rel, rule
from tests.impact.incident_cases import at, incident, province
from tests.impact.naive import contribution, needs, settle
from tests.impact.test_causes import of
from tests.impact.worlds import scenarios, worlds

CASES = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def found() -> Estate:
    return province()


def pair(found: Estate, mine: str, theirs: str) -> RelatedIncident | None:
    """What relates two incidents; the same seen from both sides, but for direction."""
    first, second = incident(found, "1", mine), incident(found, "2", theirs)
    there, back = related(found, first, [first, second], at(1)), related(found, second, [first], at(1))
    assert len(there) == len(back) <= 1
    for one, other in zip(there, back, strict=True):
        assert (one.score, one.services, one.groups, one.broken) == (
            other.score,
            other.services,
            other.groups,
            other.broken,
        )
        assert one.path == other.path or one.direction is Direction.both
    return there[0] if there else None


def test_two_incidents_that_break_a_pool_together(found: Estate) -> None:
    told = pair(found, "m1", "m2")
    assert told is not None
    assert (told.key, told.broken_count) == ("incident/2", 1)
    one = told.broken[0]
    assert (one.pool.ci.id, one.pool.name, one.pool.working, one.pool.required, one.pool.total) == (
        "mail", "boxes", 0, 1, 2
    )  # fmt: skip
    assert (one.state, one.state_alone) == (ImpactState.down, ImpactState.at_risk)
    assert told.because[0] == "together they leave pool boxes of MAIL 0 of 2, 1 required: down"
    assert ids(told.services) == ["mail"]
    assert ids(told.groups) == ["ward"]


def test_only_pools_at_the_root_are_named() -> None:
    cis = [ci(name) for name in ("h1", "h2", "x", "y")] + [ci("s", "business_service")]
    relations = [rel(f"{x} hosted_on {h}", "p") for x in "xy" for h in ("h1", "h2")]
    relations += [rel(f"s delivered_by {x}", "q") for x in "xy"]
    pools = [rule("x", "p", "1"), rule("y", "p", "1"), rule("s", "q", "1")]
    told = pair(estate(cis, relations, pools), "h1", "h2")
    assert told is not None
    assert [(one.pool.ci.id, one.pool.name) for one in told.broken] == [("x", "p"), ("y", "p")]


@pytest.mark.parametrize(
    ("mine", "theirs", "direction", "path"),
    [
        ("dispatch", "san", Direction.upstream, ["dispatch", "app", "db", "san"]),
        ("san", "dispatch", Direction.downstream, ["dispatch", "app", "db", "san"]),
        ("dispatch m1", "app", Direction.upstream, ["dispatch", "app"]),
        ("san dispatch", "app", Direction.both, ["dispatch", "app"]),
        ("db", "db", Direction.beside, []),
    ],
)
def test_up_and_downstream_with_the_way(
    found: Estate, mine: str, theirs: str, direction: Direction, path: list[str]
) -> None:
    told = pair(found, mine, theirs)
    assert told is not None
    assert (told.direction, ids([step.ci for step in told.path])) == (direction, path)
    assert [step.relation for step in told.path][-1:] in ([None], [])


def test_the_same_ci(found: Estate) -> None:
    told = pair(found, "db m3", "db m1")
    assert told is not None
    assert ids(told.same_cis) == ["db"]
    assert "both are about DB" in told.because


def test_a_shared_cause_is_found_where_nothing_else_is_shared(found: Estate) -> None:
    told = pair(found, "san", "m1")
    assert told is not None
    assert [(one.ci.id, one.own, one.other, one.of) for one in told.causes] == [("feed", 1, 1, 2)]
    assert told.causes[0].further == 7
    assert told.because[0] == "a failure of FEED would explain 2 CIs of the two incidents"
    assert told.direction is Direction.beside


def test_a_pinned_ci_is_no_part_of_an_incident(found: Estate) -> None:
    told = pair(found, "m3 db=operational", "db")
    assert told is not None
    assert told.same_cis == []
    assert "both are about DB" not in told.because


def test_what_has_nothing_in_common_is_not_related(found: Estate) -> None:
    assert pair(found, "san", "m3") is not None
    assert pair(found, "dispatch", "m3") is None
    assert pair(found, "rack", "m3") is None


def test_only_what_holds_at_the_moment_counts(found: Estate) -> None:
    first, second = incident(found, "1", "m1"), incident(found, "2", "m2@0-10")
    assert related(found, first, [second], at(9))[0].broken_count == 1
    assert related(found, first, [second], at(10)) == []


def test_the_closest_come_first_and_there_are_at_most_as_many_as_asked_for(found: Estate) -> None:
    mine = incident(found, "0", "m1 db")
    others = [incident(found, "1", "app=at_risk"), incident(found, "2", "m2"), incident(found, "3", "db"),
              incident(found, "4", "wiki")]  # fmt: skip
    told = related(found, mine, others, at(1))
    assert [one.number for one in told] == ["2", "3", "1", "4"]
    assert [one.number for one in related(found, mine, others, at(1), 2)] == ["2", "3"]
    assert [one.score for one in told] == sorted((one.score for one in told), reverse=True)


def test_a_ci_that_is_not_in_service_relates_nothing() -> None:
    gone = estate([ci("a", lifecycle="retired"), ci("b")], [rel("b hosted_on a")])
    first, second = incident(gone, "1", "a"), incident(gone, "2", "b")
    assert related(gone, first, [second], NOW) == []


@CASES
@given(st.data())
def test_what_is_broken_together_against_the_law(data: st.DataObject) -> None:
    world = data.draw(worlds())
    found = of(world)
    members = [data.draw(scenarios(world))[0] for _ in range(2)]
    live = [{ci: level for ci, level in one.items() if ci not in world.not_live} for one in members]
    alone = [settle(world, one) for one in live]
    joint = settle(world, {ci: max(one.get(ci, 0) for one in live) for one in live for ci in one})
    worse = {ci for ci in range(world.size) if joint[ci] > max(states[ci] for states in alone)}
    told = broken_together(found, members, [settled(found, one) for one in members], NOW)
    assert told.worse == len(worse)
    assert bool(told.count) == bool(worse)
    for pool in told.pools.tolist():
        named = found.graph.pools.rules[pool]
        assert named.dependent in worse
        required, full = needs(world, named.dependent, named.name)
        effect = world.rules[named.dependent, named.name][2]

        def states(of: list[int], rule: tuple[int, str] = (named.dependent, named.name)) -> list[int]:
            return [of[m] for m in world.members(*rule)]

        by_all = contribution(states(joint), required, full, effect)
        assert by_all == joint[named.dependent]
        assert all(contribution(states(one), required, full, effect) < by_all for one in alone)


def test_a_list_of_none(found: Estate) -> None:
    case: IncidentCase = incident(found, "1", "db")
    assert related(found, case, [], at(1)) == []
    assert related(found, case, [case], at(1)) == []
