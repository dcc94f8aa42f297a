"""Risk: every reason with its facts, and a score that unknown values, worse states and more reasons never lower."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.estate import Estate
from impact.question import Asked
from impact.reviews.planned import Planned, Stated, planned, seconds
from impact.reviews.report import Risk, RiskReason, RiskWord
from impact.reviews.review import review
from impact.reviews.risk import total, word
from tests.impact.estates import NOW, ci, estate, ids, rel, rule

START = NOW + timedelta(days=30)
YESTERDAY = (NOW - timedelta(days=1)).date().isoformat()
READY = Stated("normal", seconds(NOW), 15)


def clinic(
    rto: int | None = 240, people: int | None = 500, restore: int | None = 10, verified_at: str | None = YESTERDAY
) -> Estate:
    """A service on a database and on one of two web servers; somebody answers for all of it."""
    cis = [
        ci("db", "database", restore=restore), *(ci(name, restore=5) for name in ("web-1", "web-2")),
        ci("desk", "business_service", rto=rto, restore=5, verified_at=verified_at),
        ci("ward", "client_group", head_count=people), ci("team", "team"),
    ]  # fmt: skip
    relations = [
        rel("desk delivered_by db"), rel("desk delivered_by web-1", "web"), rel("desk delivered_by web-2", "web"),
        rel("ward uses desk"), *(rel(f"{name} supported_by team") for name in ("db", "web-1", "web-2", "desk")),
    ]  # fmt: skip
    return estate(cis, relations, [rule("desk", "web", "1")])


CLINIC = clinic()


def change(states: dict[str, int], on: Estate = CLINIC, hours: float = 1, key: str = "CHG-1") -> Planned:
    return planned(on, key, states, START, START + timedelta(hours=hours))


def judged(
    states: dict[str, int], on: Estate = CLINIC, hours: float = 1, stated: Stated = READY,
    others: Sequence[Planned] = (), live: bool = True,
) -> Risk:  # fmt: skip
    return review(on, change(states, on, hours), others, (), stated, Asked(NOW, live=live)).risk


def codes(found: Risk) -> dict[str, int]:
    return {reason.code: reason.points for reason in found.reasons}


def of(found: Risk, code: str) -> RiskReason:
    return next(reason for reason in found.reasons if reason.code == code)


def test_a_change_that_hits_nothing_has_no_risk() -> None:
    on = estate(
        [ci("spare"), ci("team", "team"), ci("other")], [rel("spare supported_by team"), rel("other depends_on spare")]
    )
    found = judged({"spare": 0}, on)
    assert (found.score, found.word, found.reasons) == (0, RiskWord.low, [])


def test_what_a_change_of_a_database_risks() -> None:
    found = judged({"db": 3})
    assert codes(found) == {"SERVICES_HIT": 12, "PEOPLE_HIT": 5}
    assert (found.score, found.word) == (17, RiskWord.low)
    hit = of(found, "SERVICES_HIT")
    assert hit.words == "1 service hit: 1 down T1"
    assert [(fact.name, fact.value) for fact in hit.facts] == [("down T1", "1")]
    assert ids(hit.cis) == ["desk"]
    assert of(found, "PEOPLE_HIT").words == "500 people in 1 client group hit"


def test_a_pool_left_without_spare() -> None:
    found = judged({"web-1": 3})
    assert codes(found) == {"SERVICES_HIT": 2, "NO_REDUNDANCY_LEFT": 3, "PEOPLE_HIT": 2}
    assert ids(of(found, "NO_REDUNDANCY_LEFT").cis) == ["desk"]


def test_a_window_longer_than_the_rto_of_what_it_takes_down() -> None:
    found = of(judged({"db": 3}, hours=5), "WINDOW_OVER_RTO")
    assert found.words == "the window is longer than the RTO of 1 CI that it takes down"
    assert ("window_minutes", "300") in [(fact.name, fact.value) for fact in found.facts]
    assert "WINDOW_OVER_RTO" not in codes(judged({"db": 3}, hours=4))


@pytest.mark.parametrize(
    ("minutes", "code"), [(60, None), (61, "BACK_OUT_TOO_LONG"), (None, "BACK_OUT_UNKNOWN"), (0, None)]
)
def test_time_to_take_it_back(minutes: int | None, code: str | None) -> None:
    """Three hours of the four that the service may be down leave one for the back-out."""
    found = codes(judged({"db": 3}, hours=3, stated=replace(READY, back_out_minutes=minutes)))
    assert {name for name in found if name.startswith("BACK_OUT")} == ({code} if code else set())


def test_recovery_against_the_promise() -> None:
    late = of(judged({"db": 3}, clinic(restore=300)), "RECOVERY_GAP")
    assert late.words == "2 CIs could not be restored in time if it failed, by 65 min at worst"
    assert of(judged({"db": 3}, clinic(restore=None)), "RECOVERY_UNKNOWN").points == late.points


def test_collisions_and_lesser_conflicts_are_reasons() -> None:
    others = [change({"web-2": 3, "web-1": 0}, key="CHG-2")]
    found = judged({"web-1": 3}, others=others)
    assert codes(found)["COLLISIONS"] == 20
    assert of(found, "COLLISIONS").words == "1 collision with CHG-2"
    assert codes(found)["SAME_CI"] == 6
    assert codes(found)["SHARED_SERVICE"] == 3


@pytest.mark.parametrize(
    ("type_", "days", "code"),
    [("normal", 5, None), ("normal", 4.9, "LEAD_TIME"), ("standard", 1, None), ("standard", 0.5, "LEAD_TIME"),
     ("emergency", 9, "EMERGENCY")],
)  # fmt: skip
def test_lead_time(type_: str, days: float, code: str | None) -> None:
    stated = Stated(type_, seconds(START - timedelta(days=days)), 15)
    found = codes(judged({"db": 3}, stated=stated))
    assert {"LEAD_TIME", "EMERGENCY"} & found.keys() == ({code} if code else set())


def test_what_is_not_known_is_a_reason() -> None:
    assert codes(judged({"db": 3}, live=False))["STALE_ESTATE"] == 8
    assert codes(judged({}))["NO_CIS"] == 20
    assert of(judged({"db": 3, "gone": 3}), "CI_NOT_RECORDED").words == "1 CI that it names not recorded: gone"
    lonely = estate([ci("box", verified_at=None)])
    assert codes(judged({"box": 3}, lonely)) == {"NOTHING_RECORDED": 6, "NEVER_VERIFIED": 4, "NOBODY_TO_CALL": 3}


@pytest.mark.parametrize("rto", [15, 59, 60, 240, 1440, 5000, 99_999])
@pytest.mark.parametrize("hours", [0.5, 3, 30])
def test_an_unknown_value_never_lowers_the_score(rto: int, hours: float) -> None:
    known = judged({"db": 3}, clinic(rto), hours).score
    assert judged({"db": 3}, clinic(None), hours).score >= known
    assert judged({"db": 3}, clinic(rto, None), hours).score >= known
    assert judged({"db": 3}, clinic(rto, restore=None), hours).score >= known
    assert judged({"db": 3}, clinic(rto, verified_at=None), hours).score >= known
    assert judged({"db": 3}, clinic(rto), hours, replace(READY, back_out_minutes=None)).score >= known


@pytest.mark.parametrize("people", [0, 99, 10**7])
def test_unknown_people_count_as_very_many(people: int) -> None:
    assert judged({"db": 3}, clinic(people=None)).score >= judged({"db": 3}, clinic(people=people)).score


def test_a_worse_state_or_one_more_ci_never_lowers_the_score() -> None:
    scores = [judged({"db": level}).score for level in range(4)]
    assert scores == sorted(scores)
    more = [judged(dict.fromkeys(names, 3)).score for names in (["web-1"], ["web-1", "db"], ["web-1", "db", "web-2"])]
    assert more == sorted(more)


@given(st.lists(st.integers(0, 60)), st.integers(0, 60))
def test_one_more_reason_never_lowers_a_score(points: list[int], more: int) -> None:
    assert 0 <= total(points) <= total([*points, more]) <= 100


def test_scores_as_words() -> None:
    assert [word(score).value for score in (0, 24, 25, 49, 50, 74, 75, 100)] == [
        "low", "low", "medium", "medium", "high", "high", "very_high", "very_high",
    ]  # fmt: skip


def test_reasons_add_up_to_the_score() -> None:
    found = judged(
        {"db": 3, "web-1": 3, "web-2": 3}, clinic(30, None), 9, Stated("emergency", seconds(NOW)), live=False
    )
    assert found.score == min(100, sum(reason.points for reason in found.reasons))
    assert [reason.points for reason in found.reasons] == sorted((r.points for r in found.reasons), reverse=True)
    assert found.word is RiskWord.very_high
