"""Why a CI is hit, and why one is not down."""

import pytest

from impact.analyses import holding, why, why_not
from impact.question import Question, resolve
from impact.report import Margin, Why
from impact.states import Assumption
from tests.impact.conftest import Stored
from tests.impact.estates import asked, ci, ids, rel, rule


def proven(question: Question, name: str) -> Why:
    return why(question, resolve(question.estate, [Assumption(name)])[0])


def held(question: Question, name: str) -> Margin:
    return why_not(question, resolve(question.estate, [Assumption(name)])[0])


def steps(found: Why) -> list[tuple[str, str, str | None, str | None]]:
    """CI, state, relation and pool of each hop."""
    return [(h.ci.id, h.state.value, h.relation, h.pool.name if h.pool else None) for h in found.proof]


def worse(found: Margin) -> dict[str, str]:
    return {w.ci.id: w.state.value for w in found.worsened_by}


CHAIN = [ci("pay", "business_service"), ci("app", "application"), ci("db", "database"), ci("san", "storage")]
DOWNWARD = [rel("pay delivered_by app"), rel("app depends_on db"), rel("db stores_data_on san")]
FARM = [ci("app", "application"), ci("web", "cluster"), *(ci(f"h{n}") for n in (1, 2, 3))]
MEMBERS = [rel("app runs_on web"), *(rel(f"web has_member h{n}", "hosts") for n in (1, 2, 3))]


def test_a_proof_leads_hop_by_hop_to_what_was_assumed(stored: Stored) -> None:
    found = proven(asked(stored(CHAIN, DOWNWARD), "san"), "pay")
    assert steps(found) == [
        ("pay", "down", "delivered_by", None), ("app", "down", "depends_on", None),
        ("db", "down", "stores_data_on", None), ("san", "down", None, None),
    ]  # fmt: skip
    assert (found.ci.id, found.state.value, found.causes) == ("pay", "down", 1)


def test_the_shortest_proof_is_shown_and_all_causes_are_counted(stored: Stored) -> None:
    found = proven(asked(stored(CHAIN, [*DOWNWARD, rel("pay depends_on san")]), "san"), "pay")
    assert steps(found) == [("pay", "down", "depends_on", None), ("san", "down", None, None)]
    assert found.causes == 2


def test_what_is_assumed_proves_itself_and_what_is_not_hit_has_no_proof(stored: Stored) -> None:
    question = asked(stored(CHAIN, DOWNWARD), "db")
    assert steps(proven(question, "db")) == [("db", "down", None, None)]
    assert (steps(proven(question, "san")), proven(question, "san").causes) == ([], 0)


def test_an_assumption_that_a_dependency_also_gives_counts_as_two_causes(stored: Stored) -> None:
    found = proven(asked(stored(CHAIN, DOWNWARD), "san db"), "db")
    assert (len(found.proof), found.causes) == (1, 2)


def test_a_proof_through_a_pool_says_who_is_lost_and_who_works(stored: Stored) -> None:
    estate = stored(FARM, MEMBERS, [rule("web", "hosts", "2", "3")])
    found = proven(asked(estate, "h1 h3=at_risk"), "app")
    assert steps(found) == [
        ("app", "degraded", "runs_on", None), ("web", "degraded", "has_member", "hosts"), ("h1", "down", None, None),
    ]  # fmt: skip
    pool = found.proof[1].pool
    assert pool is not None
    assert (pool.required, pool.full, pool.total, pool.working) == (2, 3, 3, 2)
    assert (ids(pool.lost), ids(pool.left)) == (["h1"], ["h2", "h3"]), "an at-risk member still works"


@pytest.mark.parametrize(
    ("scenario", "state", "lost"),
    [("h1", "at_risk", ["h1"]), ("h1 h2", "down", ["h1", "h2"]), ("h1=degraded h2=degraded", "degraded", ["h1", "h2"])],
)
def test_a_pool_is_one_cause_however_many_are_lost(stored: Stored, scenario: str, state: str, lost: list[str]) -> None:
    estate = stored(FARM, MEMBERS, [rule("web", "hosts", "2")])
    found = proven(asked(estate, scenario), "web")
    pool = found.proof[0].pool
    assert pool is not None
    assert (found.state.value, found.causes, ids(pool.lost)) == (state, 1, lost)
    assert found.proof[1].ci.id == "h1", "of equal proofs the first by id"


def test_two_pools_that_fail_are_two_causes(stored: Stored) -> None:
    cis = [ci("app", "application"), *(ci(n) for n in ("w1", "w2", "d1", "d2"))]
    relations = [rel(f"app depends_on {n}", "web" if n[0] == "w" else "data") for n in ("w1", "w2", "d1", "d2")]
    estate = stored(cis, relations, [rule("app", "web", "1"), rule("app", "data", "1")])
    assert proven(asked(estate, "w1 w2 d1"), "app").causes == 1
    assert proven(asked(estate, "w1 w2 d1 d2"), "app").causes == 2


def test_the_effect_of_a_pool_bounds_what_it_can_cause(stored: Stored) -> None:
    estate = stored(FARM, MEMBERS, [rule("web", "hosts", "2", effect="degraded")])
    assert proven(asked(estate, "h1 h2 h3"), "web").state.value == "degraded"


def test_a_margin_says_what_holds_and_what_must_not_fail_next(stored: Stored) -> None:
    estate = stored(FARM, MEMBERS, [rule("web", "hosts", "1")])
    found = held(asked(estate, "h1"), "web")
    assert (found.state.value, found.reachable, found.margin, found.untested) == ("at_risk", True, 1, 0)
    assert [(h.pool.name, h.can_lose) for h in found.holding] == [("hosts", 1)]
    assert worse(found) == {}
    assert worse(held(asked(estate, "h1 h2"), "web")) == {"h3": "down"}
    assert held(asked(estate, "h1 h2"), "web").margin == 0


def test_a_hidden_common_cause_is_found(stored: Stored) -> None:
    """Two hosts on one array: the pool can lose one, and the array takes both."""
    cis = [ci("app", "application"), ci("x"), ci("y"), ci("array", "storage")]
    relations = [
        rel("app depends_on x", "p"), rel("app depends_on y", "p"),
        rel("x stores_data_on array"), rel("y stores_data_on array"),
    ]  # fmt: skip
    estate = stored(cis, relations, [rule("app", "p", "1")])
    assert worse(held(asked(estate, ""), "app")) == {"x": "at_risk", "y": "at_risk", "array": "down"}
    assert worse(held(asked(estate, "x"), "app")) == {"y": "down", "array": "down"}
    assert worse(held(asked(estate, "x y=operational"), "app")) == {}, "a pinned CI is checked and does not fail"


def test_what_holds_a_ci_up_may_be_further_away(stored: Stored) -> None:
    found = held(asked(stored(FARM, MEMBERS, [rule("web", "hosts", "2")]), "h1"), "app")
    assert (found.state.value, found.margin) == ("at_risk", 0)
    assert worse(found) == {"h2": "down", "h3": "down", "web": "down"}


def test_nothing_leads_there(stored: Stored) -> None:
    found = held(asked(stored([*CHAIN, ci("other")], DOWNWARD), "other"), "pay")
    assert (found.reachable, found.margin, found.holding) == (False, None, [])
    assert worse(found) == {"app": "down", "db": "down", "san": "down"}


def test_a_ci_in_a_circle_is_not_its_own_danger(stored: Stored) -> None:
    cis = [ci("a"), ci("b"), ci("c")]
    relations = [
        rel("a depends_on b", "p"), rel("a depends_on c", "p"), rel("b depends_on a", effect="degraded"),
    ]  # fmt: skip
    found = held(asked(stored(cis, relations, [rule("a", "p", "1")]), "c"), "a")
    assert worse(found) == {"b": "down"}


def test_services_that_hold_are_listed_and_those_down_are_not(stored: Stored) -> None:
    cis = [ci("mail", "business_service"), ci("pay", "business_service"), ci("soft", "business_service"), ci("x"),
           ci("y")]  # fmt: skip
    relations = [
        rel("mail depends_on x", "p"), rel("mail depends_on y", "p"), rel("pay depends_on x"),
        rel("soft depends_on x", effect="degraded"),
    ]  # fmt: skip
    question = asked(stored(cis, relations, [rule("mail", "p", "1")]), "x")
    found = holding(question, None).nodes
    assert [(m.ci.id, m.state.value, m.margin) for m in found] == [("mail", "at_risk", 0), ("soft", "degraded", None)]
    assert worse(found[0]) == {"y": "down"}
