"""Looking back: RTOs, people-minutes and the timeline of worked cases, and against minute-by-minute counting."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact.estate import Estate
from impact.incidents.after import after
from impact.incidents.report import GroupOutcome, PeopleMinutes, PostIncident, ServiceOutcome, Spell
from impact.incidents.spans import end_of, spans
from impact.incidents.values import IncidentCase, Part
from impact.report import StateCounts
from impact.states import ImpactState
from tests.impact.estates import ci, estate, ids, rel
from tests.impact.incident_cases import at, incident, province
from tests.impact.naive import World, settle
from tests.impact.worlds import compiled, worlds

CASES = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
LATER = at(100_000)


@pytest.fixture
def found() -> Estate:
    return province()


def service(told: PostIncident, name: str) -> ServiceOutcome:
    return next(one for one in told.services if one.ci.id == name)


def group(told: PostIncident, name: str) -> GroupOutcome:
    return next(one for one in told.groups if one.ci.id == name)


def test_an_incident_that_is_over(found: Estate) -> None:
    case = incident(found, "1", "db@0-75", state="resolved", resolved_at=at(80))
    told = after(found, case, LATER)
    assert (told.since, told.until, told.over) == (at(0), at(80), True)
    dispatch = service(told, "dispatch")
    assert dispatch.spells == [Spell(at(0), at(75))]
    assert (dispatch.due, dispatch.restored_at) == (at(60), at(75))
    assert (dispatch.kept, dispatch.late_minutes, dispatch.down_minutes) == (False, 15, 75)
    payroll = service(told, "payroll")
    assert (payroll.worst, payroll.spells, payroll.kept, payroll.degraded_minutes) == (
        ImpactState.degraded, [], None, 75
    )  # fmt: skip
    assert (told.kept, told.missed, told.unknown) == (0, 1, 0)
    assert told.people_minutes == PeopleMinutes(75_000, 50 * 75, 0)
    assert told.most_people == 1050
    assert [(span.since, span.until, span.people) for span in told.timeline] == [
        (at(0), at(75), StateCounts(1000, 50, 0)),
        (at(75), at(80), StateCounts(0, 0, 0)),
    ]


@pytest.mark.parametrize(
    ("until", "kept", "late"), [(59, True, 0), (60, True, 0), (60.5, False, 1), (61, False, 1), (180, False, 120)]
)
def test_an_rto_is_kept_up_to_its_last_moment(found: Estate, until: float, kept: bool, late: int) -> None:
    told = service(after(found, incident(found, "1", f"db@0-{until}"), LATER), "dispatch")
    assert (told.kept, told.late_minutes) == (kept, late)


def test_an_rto_runs_anew_each_time_a_service_goes_down(found: Estate) -> None:
    told = service(after(found, incident(found, "1", "db@0-50 db@60-130 m1@0-200"), LATER), "dispatch")
    assert told.spells == [Spell(at(0), at(50)), Spell(at(60), at(130))]
    assert (told.due, told.late_minutes, told.restored_at, told.down_minutes) == (at(120), 10, at(130), 120)
    apart = service(after(found, incident(found, "1", "db@0-50 san@50-70"), LATER), "dispatch")
    assert apart.spells == [Spell(at(0), at(70))]


def test_an_incident_that_still_goes_on(found: Estate) -> None:
    case = incident(found, "1", "db m3")
    early, late = after(found, case, at(45)), after(found, case, at(75))
    assert (early.over, early.until) == (False, at(45))
    assert service(early, "dispatch").spells == [Spell(at(0), None)]
    assert (service(early, "dispatch").kept, service(early, "dispatch").late_minutes) == (None, 0)
    assert (service(late, "dispatch").kept, service(late, "dispatch").late_minutes) == (False, 15)
    assert service(early, "forms").kept is None
    assert service(early, "forms").late_minutes is None
    assert (early.kept, early.missed, early.unknown) == (0, 0, 1)
    assert early.unknown_groups == 1


def test_as_of_a_moment_nothing_later_is_known(found: Estate) -> None:
    case = incident(found, "1", "db@0-75 m1@30-200 m3@90", state="closed", resolved_at=at(200))
    told = after(found, case, at(60))
    assert not told.over
    assert told.until == at(60)
    assert [one.ci.id for one in told.services] == ["dispatch", "payroll", "mail"]
    assert service(told, "dispatch").spells == [Spell(at(0), None)]
    assert after(found, case, LATER) == after(found, case, at(200))


def test_a_client_group_is_promised_what_the_services_it_loses_are(found: Estate) -> None:
    told = after(found, incident(found, "1", "db@0-75 m1@0-300 m2@0-300"), LATER)
    region, ward, office = (group(told, name) for name in ("region", "ward", "office"))
    assert (region.kept, region.late_minutes, region.due) == (False, 15, at(60))
    assert region.due_of is not None
    assert region.due_of.id == "dispatch"
    assert ids(ward.lost) == ["dispatch", "mail"]
    assert (ward.kept, ward.late_minutes, ward.due) == (False, 60, at(240))
    assert (ward.down_minutes, ward.people_minutes_down) == (300, 90_000)
    assert (office.worst, office.lost_count, office.kept, office.due) == (ImpactState.degraded, 0, None, None)
    assert told.people_minutes.down == 75 * 1000 + 225 * 300


def test_a_group_whose_services_were_all_back_in_time(found: Estate) -> None:
    told = after(found, incident(found, "1", "db@0-60 m1@0-100 m2@0-100 m3@0-100"), LATER)
    assert (group(told, "ward").kept, group(told, "ward").late_minutes) == (True, 0)
    assert (group(told, "visitors").kept, group(told, "visitors").due) == (None, None)
    assert ids([one.ci for one in told.groups]) == ["region", "ward", "office", "visitors"]


def test_before_it_began_and_with_nothing_hit(found: Estate) -> None:
    told = after(found, incident(found, "1", "db"), at(-5))
    assert (told.services, told.groups, told.timeline, told.people_minutes) == ([], [], [], PeopleMinutes(0, 0, 0))
    nothing = after(found, incident(found, "1", "rack@0-9"), LATER)
    assert (nothing.services, nothing.over, len(nothing.timeline)) == ([], True, 1)
    assert after(found, incident(found, "1", "", state="resolved", resolved_at=at(9)), LATER).over


def test_equal_states_are_one_span_and_settled_once(found: Estate) -> None:
    case = incident(found, "1", "db@0-10 db@10-20 m1@20-30 db@30-40")
    told = spans(found, case, LATER)
    assert [(span.since, span.until) for span in told] == [
        (at(0), at(20)), (at(20), at(30)), (at(30), at(40))
    ]  # fmt: skip
    assert told[0].question is told[2].question


def test_when_an_incident_ends(found: Estate) -> None:
    assert end_of(incident(found, "1", "db@0-10 m1"), at(50)) == (at(50), False)
    assert end_of(incident(found, "1", "db@0-10 m1@0-30"), at(50)) == (at(30), True)
    assert end_of(incident(found, "1", "db@0-10 m1@0-30"), at(20)) == (at(20), False)
    assert end_of(incident(found, "1", "db m1", resolved_at=at(40)), at(50)) == (at(40), True)
    assert end_of(incident(found, "1", "db@0-10 m1=operational@5"), at(50)) == (at(10), True)


def test_people_in_nested_groups_are_counted_once_over_time() -> None:
    found = estate(
        [ci("a", "business_service"), ci("b", "business_service"), ci("all", "client_group", head_count=100),
         ci("some", "client_group", head_count=40)],
        [rel("all uses a"), rel("some uses b"), rel("some part_of all")],
    )  # fmt: skip
    told = after(found, incident(found, "1", "a=degraded@0-30 b@10-20"), LATER)
    assert [span.people for span in told.timeline] == [
        StateCounts(0, 100, 0), StateCounts(40, 60, 0), StateCounts(0, 100, 0)
    ]  # fmt: skip
    assert told.people_minutes == PeopleMinutes(400, 20 * 100 + 10 * 60, 0)


HEADS = (5, 7, 11, 13, 17, 19, 23, 29, 31)
KINDS = ("business_service", "client_group", "server")


def timed(draw: st.DrawFn, world: World) -> tuple[Part, ...]:
    """A few CIs that each go through a few states, with gaps, over at most 40 minutes."""
    parts = []
    for ci_ in draw(st.lists(st.integers(0, world.size - 1), max_size=3, unique=True)):
        edges = sorted(draw(st.lists(st.integers(0, 40), min_size=2, max_size=4, unique=True)))
        for since, until in pairwise(edges):
            level = draw(st.sampled_from([0, 1, 2, 3, 3, None]))
            if level is not None:
                last = until == edges[-1] and draw(st.booleans())
                parts.append(Part(ci_, level, at(since), None if last else at(until)))
    return tuple(parts)


@st.composite
def histories(draw: st.DrawFn) -> tuple[World, Estate, IncidentCase, int]:
    """A world of services, client groups that are not nested, and servers; an incident; a moment to look back from."""
    world = draw(worlds())
    kinds = [draw(st.sampled_from(KINDS)) for _ in range(world.size)]
    world.dependencies = [row for row in world.dependencies if kinds[row[1]] != "client_group"]
    world.rules = {
        key: rule for key, rule in world.rules.items() if any((d, n) == key for d, _, _, n in world.dependencies)
    }
    cis = [
        ci(f"c{n}", kind, head_count=HEADS[n]) if kind == "client_group" else ci(f"c{n}", kind, rto=3 * n)
        for n, kind in enumerate(kinds)
    ]
    live = np.array([n not in world.not_live for n in range(world.size)])
    found = replace(estate(cis), graph=compiled(world), live=live)
    resolved = draw(st.none() | st.integers(1, 50))
    case = IncidentCase(
        key="i", number="1", state="in_progress" if resolved is None else "resolved", started_at=at(0),
        resolved_at=None if resolved is None else at(resolved), parts=timed(draw, world),
    )  # fmt: skip
    return world, found, case, draw(st.integers(1, 60))


@CASES
@given(histories())
def test_minute_by_minute(history: tuple[World, Estate, IncidentCase, int]) -> None:
    world, found, case, moment = history
    told = after(found, case, at(moment))
    groups = [n for n in range(world.size) if found.vocabulary.kinds[found.kind[n]] == "client_group"]
    minutes, lost, spells = moment, [0, 0, 0, 0], [[0] * world.size for _ in range(4)]
    longest, run = [0] * world.size, [0] * world.size
    for minute in range(minutes):
        now = {ci_: level for ci_, level in case.levels_at(at(minute)).items() if ci_ not in world.not_live}
        states = settle(world, {c: v for c, v in now.items() if v}, [c for c, v in now.items() if not v])
        for n, state in enumerate(states):
            spells[state][n] += 1
            run[n] = run[n] + 1 if state == 3 else 0
            longest[n] = max(longest[n], run[n])
        for one in groups:
            lost[states[one]] += HEADS[one]
    assert (told.people_minutes.down, told.people_minutes.degraded, told.people_minutes.at_risk) == (
        lost[3], lost[2], lost[1]
    )  # fmt: skip
    outcomes: list[ServiceOutcome | GroupOutcome] = [*told.services, *told.groups]
    for outcome in outcomes:
        n = int(outcome.ci.id[1:])
        assert (outcome.down_minutes, outcome.degraded_minutes) == (spells[3][n], spells[2][n])
    for service_ in told.services:
        n = int(service_.ci.id[1:])
        assert service_.at_risk_minutes == spells[1][n]
        assert service_.late_minutes == (max(0, longest[n] - 3 * n) if longest[n] else None)
    shown = {outcome.ci.id for outcome in outcomes}
    kinds = [found.vocabulary.kinds[found.kind[n]] for n in range(world.size)]
    assert shown == {
        f"c{n}" for n in range(world.size) if kinds[n] != "server" and any(spells[level][n] for level in (1, 2, 3))
    }
