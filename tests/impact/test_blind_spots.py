"""Completeness: every blind spot is found where it is, and not where it is not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cmdb.model.ci import CI, Pool, Relation
from impact.analyses import completeness
from impact.analyses.completeness import RULES
from impact.question import Asked, Question
from impact.readiness.needs import STALE_DAYS
from tests.impact.conftest import Stored
from tests.impact.estates import NOW, asked, ci, ids, rel, rule

GOOD = [
    ci("mail", "business_service", rto=60), ci("h1"), ci("h2"), ci("ops", "team"),
    ci("staff", "client_group", head_count=10),
]  # fmt: skip
LINKS = [
    rel("mail depends_on h1", "p"), rel("mail depends_on h2", "p"), rel("staff uses mail"),
    rel("mail on_call ops"), rel("h1 supported_by ops"), rel("h2 owned_by ops"),
]  # fmt: skip
RULE = [rule("mail", "p", "1")]


def spots(question: Question) -> dict[str, list[str]]:
    """Examples by code."""
    found = completeness(question).blind_spots
    assert all(spot.count >= len(spot.examples) > 0 and spot.message for spot in found)
    return {spot.code: ids(spot.examples) for spot in found}


def test_a_good_record_has_none(stored: Stored) -> None:
    assert spots(asked(stored(GOOD, LINKS, RULE), "h1 h2")) == {}


def day(days_ago: int) -> str:
    return (NOW - timedelta(days=days_ago)).date().isoformat()


OLD = ci("h1", verified_at=day(STALE_DAYS + 1))
CASES: dict[str, tuple[list[CI], list[Relation], list[Pool], str, list[str]]] = {
    "NOT_IN_SERVICE": ([ci("old", lifecycle="retired"), ci("new", lifecycle="planned")],
                       [rel("old owned_by ops"), rel("new owned_by ops")], [], "h1 old new", ["new", "old"]),
    "NEVER_CARRIES_IMPACT": ([], [rel("ops owned_by staff")], [], "ops", ["ops"]),
    "NOTHING_RECORDED": ([ci("lone", "business_service", rto=5)], [rel("lone owned_by ops")], [], "lone", ["lone"]),
    "DEAD_END": ([ci("batch", "application")], [rel("batch depends_on h1")], [], "h1", ["batch"]),
    "SERVICE_WITHOUT_CLIENTS": ([ci("dull", "business_service", rto=5)],
                                [rel("dull depends_on h1"), rel("dull owned_by ops")], [], "h1", ["dull"]),
    "NEVER_VERIFIED": ([ci("h1", verified_at=None)], [], [], "h1", ["h1"]),
    "NOT_VERIFIED_LATELY": ([OLD], [], [], "h1", ["h1"]),
    "UNKNOWN_RTO": ([ci("mail", "business_service")], [], [], "h1", ["mail"]),
    "UNKNOWN_HEAD_COUNT": ([ci("staff", "client_group")], [], [], "h1", ["staff"]),
    "NOBODY_TO_CALL": ([ci("h3")], [rel("mail depends_on h3", "p")], [], "h3", ["h3"]),
    "BAD_POOL_RULE": ([], [], [rule("mail", "p", "3")], "h1", ["mail"]),
}  # fmt: skip


def changed(cis: list[CI], relations: list[Relation], pools: list[Pool]) -> tuple[list[CI], list[Relation], list[Pool]]:
    """The good record with some CIs and rules replaced or added."""
    return (
        list({c.id: c for c in (*GOOD, *cis)}.values()),
        [*LINKS, *relations],
        list({p.key: p for p in (*RULE, *pools)}.values()),
    )


@pytest.mark.parametrize("code", CASES)
def test_each_is_found(stored: Stored, code: str) -> None:
    cis, relations, pools, scenario, examples = CASES[code]
    found = spots(asked(stored(*changed(cis, relations, pools)), scenario))
    assert found[code] == examples


def test_every_rule_is_tried() -> None:
    assert {code for code, *_ in RULES} | {"BAD_POOL_RULE"} == set(CASES)


def test_one_fault_is_one_blind_spot(stored: Stored) -> None:
    alone = {"NEVER_VERIFIED", "NOT_VERIFIED_LATELY", "UNKNOWN_RTO", "UNKNOWN_HEAD_COUNT", "BAD_POOL_RULE",
             "DEAD_END", "NOBODY_TO_CALL", "NOT_IN_SERVICE", "SERVICE_WITHOUT_CLIENTS"}  # fmt: skip
    for at, code in enumerate(sorted(alone)):
        extra_cis, extra_relations, extra_pools, scenario, examples = CASES[code]
        cis, relations, pools = changed(extra_cis, extra_relations, extra_pools)
        name = f"x{at}-"
        estate = stored(
            [c._replace(id=f"{name}{c.id}") for c in cis],  # type: ignore[arg-type]
            [r._replace(from_id=f"{name}{r.from_id}", to_id=f"{name}{r.to_id}") for r in relations],  # type: ignore[arg-type]
            [p._replace(ci=f"{name}{p.ci}") for p in pools],  # type: ignore[arg-type]
        )
        asked_about = " ".join(name + ci_id for ci_id in scenario.split())
        assert spots(asked(estate, asked_about)) == {code: [name + e for e in examples]}, code


def test_180_days_are_not_yet_long_ago(stored: Stored) -> None:
    cis, relations, pools = changed([ci("h1", verified_at=day(STALE_DAYS))], [], [])
    assert spots(asked(stored(cis, relations, pools), "h1")) == {}


@pytest.mark.parametrize(
    ("required", "full", "bad"),
    [("1", "", False), ("2", "", False), ("3", "", True), ("100%", "", False), ("1", "3", True), ("2", "1", True),
     ("1%", "100%", False)],
)  # fmt: skip
def test_rules_that_ask_for_what_cannot_be(stored: Stored, required: str, full: str, bad: bool) -> None:
    found = spots(asked(stored(GOOD, LINKS, [rule("mail", "p", required, full)]), "h1"))
    assert ("BAD_POOL_RULE" in found) == bad


def test_cis_not_in_service_affect_nothing_and_do_not_count(stored: Stored) -> None:
    cis, relations, pools = changed([ci("h2", lifecycle="retired"), ci("h1", verified_at=day(1))], [], [])
    estate = stored(cis, relations, pools)
    question = asked(estate, "h2")
    assert (len(question.walk), spots(question)) == (0, {"NOT_IN_SERVICE": ["h2"]})
    assert len(asked(estate, "h1").walk) == 3, "the one live member is all there is, so the service goes with it"


def test_a_scenario_of_nothing_is_answered(stored: Stored) -> None:
    question = asked(stored(GOOD, LINKS, RULE), "")
    assert (len(question.walk), spots(question)) == (0, {})


def test_the_age_of_a_live_answer_is_nothing_and_of_a_snapshot_what_it_is(stored: Stored) -> None:
    question = asked(stored(GOOD, LINKS, RULE), "h1")
    told = completeness(question)
    assert (told.revision, told.source.value, told.age_seconds, told.complete) == (1, "live", 0, True)
    away = replace(question, asked=Asked(NOW, NOW - timedelta(seconds=40), live=False))
    assert (completeness(away).source.value, completeness(away).age_seconds) == ("snapshot", 40)
    early = replace(question, asked=Asked(NOW, NOW + timedelta(seconds=5), live=False))
    assert completeness(early).age_seconds == 0
