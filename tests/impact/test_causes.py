"""The search for a common cause against its plain twin, and what it makes of small estates."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact.causes import ranking
from impact.causes.answer import Causes, common_causes
from impact.causes.blind import RULES
from impact.causes.evidence import Evidence, Sighting
from impact.causes.ranking import rank
from impact.estate import Estate
from impact.kernels.causes import UNSEEN
from impact.kernels.jit import compile_kernels, interpret_kernels
from impact.paging import BadCursor
from impact.question import Asked, ask
from impact.states import ContradictoryScenario, ImpactState, UnknownCi
from tests.impact import naive_causes
from tests.impact.estates import NOW, ci, estate, rel, rule
from tests.impact.naive import World
from tests.impact.naive_causes import Seen
from tests.impact.worlds import compiled, worlds

CASES = settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))
NAMES = estate([ci(f"c{n}") for n in range(9)])


@pytest.fixture(autouse=True, params=["compiled", "plain"])
def _kernels(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test twice: with the kernels compiled, and as plain Python."""
    if request.param == "compiled":
        compile_kernels()
    else:
        interpret_kernels()
    yield
    compile_kernels()


def of(world: World) -> Estate:
    """A world as an estate of CIs called c0, c1, …"""
    live = np.array([at not in world.not_live for at in range(world.size)])
    return replace(NAMES, graph=compiled(world), live=live)


@st.composite
def evidences(draw: st.DrawFn, world: World) -> tuple[dict[int, Seen], list[int]]:
    """Symptoms and CIs known to be fine, in service and disjoint."""
    live = [at for at in range(world.size) if at not in world.not_live]
    chosen = draw(st.lists(st.sampled_from(live), max_size=6, unique=True)) if live else []
    count = draw(st.integers(0, min(4, len(chosen))))
    at = st.one_of(st.none(), st.none(), st.integers(1, 3))
    levels = st.sampled_from([(1, 2), (1, 2), (1, 1), (2, 2), (3, 3)])
    return {s: Seen(*draw(levels), draw(at)) for s in chosen[:count]}, chosen[count:]


def evidence(found: Estate, seen: dict[int, Seen], fine: list[int]) -> Evidence:
    return Evidence(
        found,
        [Sighting(f"c{s}") for s in seen],
        [f"c{f}" for f in fine],
        np.array(list(seen), np.int32),
        np.array(fine, np.int32),
        np.array([s.least for s in seen.values()], np.uint8),
        np.array([s.firm for s in seen.values()], np.uint8),
        np.array([UNSEEN if s.at is None else s.at for s in seen.values()], np.int64),
    )


def check(world: World, seen: dict[int, Seen], fine: list[int], most: int, compared: int, together: int) -> None:
    with patch.object(ranking, "COMPARED", compared), patch.object(ranking, "TOGETHER", together):
        got = rank(evidence(of(world), seen, fine), most)
    expected = naive_causes.candidates(world, seen, fine, compared)[:most]
    assert got.cis.tolist() == [c.ci for c in expected]
    assert got.score.tolist() == [c.score for c in expected]
    assert got.at_risk.tolist() == [c.at_risk for c in expected]
    assert got.further.tolist() == [c.further for c in expected]
    assert got.hops.tolist() == [list(c.hops) for c in expected]
    assert got.states.tolist() == [list(c.states) for c in expected]
    below = {p for s in seen for p in naive_causes.ways(world, s)}
    assert got.considered == len(below - set(fine))


@pytest.mark.slow
@CASES
@given(st.data())
def test_random_worlds_are_ranked_as_by_failing_every_ci_alone(data: st.DataObject) -> None:
    world = data.draw(worlds())
    seen, fine = data.draw(evidences(world))
    most, compared, together = (data.draw(st.sampled_from(p)) for p in ([1, 2, 3, 9], [500, 1, 0], [64, 2, 1]))
    check(world, seen, fine, most, compared, together)


@settings(CASES, max_examples=300)
@given(st.data())
def test_a_few_random_worlds(data: st.DataObject) -> None:
    world = data.draw(worlds(7))
    seen, fine = data.draw(evidences(world))
    most, compared, together = (data.draw(st.sampled_from(p)) for p in ([1, 2, 9], [500, 1], [64, 2]))
    check(world, seen, fine, most, compared, together)


def test_a_graph_of_many_symptoms_and_long_pools() -> None:
    """More than 64 symptoms, more than 64 candidates, a pool of a hundred members that only their host takes down."""
    members = list(range(2, 102))
    world = World(103, [(1, m, 3, "p") for m in members] + [(m, 0, 3, "") for m in members] + [(102, 1, 2, "")])
    world.rules[1, "p"] = ("30", "40", 3)
    graph = compiled(world)
    names = estate([ci(f"c{n:03}") for n in range(world.size)])
    found = replace(names, graph=graph)
    seen = {s: Seen(1, 2, None) for s in [1, 102, *members[:70]]}
    got = rank(evidence(found, seen, [101]), 3)
    expected = naive_causes.candidates(world, seen, [101], ranking.COMPARED)[:3]
    assert (got.cis.tolist(), got.score.tolist()) == ([c.ci for c in expected], [c.score for c in expected])
    assert got.cis[0] == 0


ESTATE = estate(
    [
        ci("mail", "business_service"), ci("web", "business_service"), ci("pay", "business_service"),
        ci("m1"), ci("m2"), ci("w1"), ci("san", "storage"), ci("lan", "network_device"),
        ci("old", lifecycle="retired"), ci("alone", "business_service"),
    ],
    [
        rel("mail delivered_by m1", "m"), rel("mail delivered_by m2", "m"), rel("web delivered_by w1"),
        rel("m1 stores_data_on san"), rel("m2 stores_data_on san"), rel("w1 stores_data_on san"),
        rel("m1 connects_through lan"), rel("pay delivered_by w1", effect="at_risk"),
    ],
    [rule("mail", "m", "1")],
)  # fmt: skip


def asked(*affected: str | Sighting, fine: tuple[str, ...] = (), first: int = 10, after: str | None = None) -> Causes:
    sightings = [Sighting(a) if isinstance(a, str) else a for a in affected]
    return common_causes(ask(ESTATE, [], Asked(NOW)), sightings, fine, first, after)


def names(found: Causes) -> list[str]:
    return [cause.ci.id for cause in found.nodes]


def test_what_all_members_stand_on_explains_and_a_member_only_as_at_risk() -> None:
    found = asked("mail", "web")
    assert names(found) == ["san", "mail", "web", "w1", "m1", "m2", "lan"]
    san, m1 = found.nodes[0].facts(), found.nodes[4].facts()
    assert (san.as_seen, san.only_at_risk, san.unexplained, san.hops) == (2, 0, 0, 2)
    assert (m1.as_seen, m1.only_at_risk, m1.unexplained) == (0, 1, 1)
    assert found.considered == 7
    down = ImpactState.down
    assert "m1" not in names(asked(Sighting("mail", down), "web"))
    assert "m1" in names(asked(Sighting("mail", ImpactState.at_risk), "web"))


def test_further_and_why_of_a_candidate() -> None:
    best = asked("mail", "web").nodes[0]
    further = best.further()
    assert (further.hit, further.services, further.at_risk) == (3, 0, 1)
    assert [ref.id for ref in further.examples] == ["m1", "m2", "w1"]
    at = ESTATE.register.find("mail")
    assert at is not None
    assert [hop.ci.id for hop in best.why(at).proof] == ["mail", "m1", "san"]


def test_fine_cis_count_against_and_are_no_candidates() -> None:
    found = asked("web", fine=("mail", "w1"))
    assert names(found) == ["web", "san"]
    facts = found.nodes[1].facts()
    assert (facts.score, facts.as_seen, facts.wrong) == (-1, 1, 2)
    assert [m.ci.id for m in found.nodes[1].wrongly_predicted()] == ["mail", "w1"]
    assert names(asked(Sighting("web"), Sighting("mail", ImpactState.operational))) == names(
        asked("web", fine=("mail",))
    )  # fmt: skip


def test_times_speak_against_a_later_cause() -> None:
    early, late = NOW - timedelta(minutes=9), NOW
    found = asked(Sighting("web", None, early), Sighting("w1", None, late))
    facts = {cause.ci.id: cause.facts() for cause in found.nodes}
    assert (facts["w1"].score, facts["w1"].as_seen, facts["w1"].seen_earlier) == (1, 2, 1)
    assert names(found)[0] == "san"
    assert names(asked(Sighting("web", None, late), Sighting("w1", None, early)))[0] == "w1"


def test_a_pair_where_no_single_one_explains_all() -> None:
    found = asked("web", "alone")
    pair = found.pair()
    assert pair is not None
    assert (pair.first.id, pair.second.id, pair.as_seen, pair.unexplained) == ("alone", "web", 2, [])
    assert asked("web", "mail").pair() is None
    assert asked("alone").pair() is None


def test_blind_spots_and_what_is_not_in_service() -> None:
    found = asked("web", "alone", "old")
    spots = {spot.code: [ref.id for ref in spot.examples] for spot in found.completeness().blind_spots}
    assert spots == {"NOT_IN_SERVICE": ["old"], "NOTHING_BELOW": ["alone"]}
    assert [symptom.in_service for symptom in found.affected()] == [True, True, False]
    assert [ref.id for ref in found.nodes[0].unexplained()][-1] == "old"
    nobody = asked("old")
    assert (names(nobody), nobody.considered, nobody.end_cursor, nobody.pair()) == ([], 0, None, None)


def test_pages_and_their_cursors() -> None:
    whole = names(asked("mail", "web"))
    first = asked("mail", "web", first=3)
    second = asked("mail", "web", first=3, after=first.end_cursor)
    third = asked("mail", "web", first=3, after=second.end_cursor)
    assert names(first) + names(second) + names(third) == whole
    assert [page.has_next_page for page in (first, second, third)] == [True, True, False]
    assert [cause.facts().rank for cause in second.nodes] == [4, 5, 6]
    with pytest.raises(BadCursor):
        asked("web", first=3, after=second.end_cursor)


def test_evidence_that_cannot_be() -> None:
    with pytest.raises(UnknownCi):
        asked("nobody")
    with pytest.raises(UnknownCi):
        asked("web", fine=("nobody",))
    with pytest.raises(ContradictoryScenario):
        asked("web", fine=("web",))


@pytest.mark.parametrize("code", [code for code, *_ in RULES])
def test_every_blind_spot_is_told(code: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "causes.md"
    assert re.search(rf"^\| `{code}` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
