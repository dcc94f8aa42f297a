"""Answers over HTTP: pages cover everything once, failures are part of the answer, an away store is said."""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.service import Service, load_province, serving

PAGE = """query($s: [AssumptionInput!]!, $n: Int!, $a: String, $f: AffectedFilter) {
  impact(scenario: $s) { ... on Impact {
    summary { affected { down degraded atRisk } }
    affected(first: $n, after: $a, filter: $f) { nodes { id state distance } totalCount endCursor hasNextPage }
  } } }"""
FAILURE = """query($s: [AssumptionInput!]!, $since: DateTime) { impact(scenario: $s, since: $since) {
  __typename ... on Failure { code message } ... on UnknownCi { ids suggestions { id } }
  ... on InvalidInput { problems { code place } count } } }"""
DOWN = [{"ci": "san-gdc-01"}]
RANKS = {"down": 0, "degraded": 1, "at_risk": 2}


@pytest.mark.parametrize("size", [7, 50, 200])
def test_pages_of_affected_cis_cover_everything_once_in_order(service: Service, size: int) -> None:
    found: list[dict[str, Any]] = []
    after, more = None, True
    while more:
        impact = service.ask(PAGE, s=DOWN, n=size, a=after)["impact"]
        page = impact["affected"]
        assert len(page["nodes"]) <= size
        found += page["nodes"]
        after, more = page["endCursor"], page["hasNextPage"]
    assert len({node["id"] for node in found}) == len(found) == page["totalCount"]
    assert sum(impact["summary"]["affected"].values()) == len(found)
    keys = [(RANKS[n["state"]], n["distance"], n["id"]) for n in found]
    assert keys == sorted(keys)


def test_pages_of_cis_cover_the_inventory_once(service: Service) -> None:
    query = """query($a: String) { cis(first: 200, after: $a) { ... on CiPage {
        nodes { id } totalCount endCursor hasNextPage } } }"""
    found: list[str] = []
    after, more = None, True
    while more:
        page = service.ask(query, a=after)["cis"]
        found += [node["id"] for node in page["nodes"]]
        after, more = page["endCursor"], page["hasNextPage"]
    assert found == sorted(set(found))
    assert len(found) == page["totalCount"] == len(service.workspace.store.dump().cis)


def test_filters_limit_what_is_shown_not_what_is_true(service: Service) -> None:
    where = {"kinds": ["service"], "states": ["down"], "maxDistance": 6}
    impact = service.ask(PAGE, s=DOWN, n=50, f=where)["impact"]
    whole = service.ask(PAGE, s=DOWN, n=50)["impact"]
    assert impact["summary"] == whole["summary"]
    assert 0 < impact["affected"]["totalCount"] < whole["affected"]["totalCount"]
    assert all(n["state"] == "down" and n["distance"] <= 6 for n in impact["affected"]["nodes"])


def test_an_unknown_ci_is_an_answer_with_suggestions(service: Service) -> None:
    failure = service.ask(FAILURE, s=[{"ci": "san-gdc-1"}])["impact"]
    assert (failure["__typename"], failure["code"], failure["ids"]) == ("UnknownCi", "UNKNOWN_CI", ["san-gdc-1"])
    assert failure["message"] == "no CI 'san-gdc-1'. Did you mean san-gdc-01 (SAN array GDC-01)?"
    assert failure["suggestions"][0] == {"id": "san-gdc-01"}
    card = service.ask('{ ci(id: "san-gdc-1") { __typename ... on UnknownCi { suggestions { id } } } }')["ci"]
    assert card["suggestions"][0] == {"id": "san-gdc-01"}


def test_a_contradiction_is_an_answer(service: Service) -> None:
    both = [{"ci": "san-gdc-01"}, {"ci": "san-gdc-01", "state": "operational"}]
    assert service.ask(FAILURE, s=both)["impact"]["code"] == "CONTRADICTORY_SCENARIO"


@pytest.mark.parametrize(
    ("scenario", "since", "problems"),
    [
        ([], None, [("MISSING_VALUE", "scenario")]),
        (
            [{"ci": ""}, {"ci": "a\u200bb"}],
            None,
            [("MISSING_VALUE", "scenario[0].ci"), ("BAD_CHARACTER", "scenario[1].ci")],
        ),
        ([{"ci": "x"}] * 1_001, None, [("TOO_MANY", "scenario")]),
        (DOWN, "2026-11-22T02:40:00", [("BAD_DATE", "since")]),
        (DOWN, "9999-12-31T00:00:00Z", [("BAD_DATE", "since")]),
        (DOWN, "0001-01-01T00:00:00+14:00", [("BAD_DATE", "since")]),
    ],
)
def test_bad_questions_are_answered_with_all_problems(
    service: Service, scenario: list[dict[str, str]], since: str | None, problems: list[tuple[str, str]]
) -> None:
    failure = service.ask(FAILURE, s=scenario, since=since)["impact"]
    assert [(p["code"], p["place"]) for p in failure["problems"]] == problems
    assert failure["count"] == len(problems)


def test_neighbours_are_counted_whole_and_shown_in_part(service: Service) -> None:
    query = """{ ci(id: "san-gdc-01") { ... on Ci { relations(first: 2, types: ["part_of"]) {
        direction totalCount nodes { ci { id } effect } } } } }"""
    (group,) = service.ask(query)["ci"]["relations"]
    assert group["totalCount"] > 2 == len(group["nodes"])
    assert group["direction"] == "incoming"


def test_history_pages_back(service: Service) -> None:
    change = (
        'mutation($m: String!) { retire(cis: [{id: "srv-closet-01"}], message: $m) { ... on Applied { revision } } }'
    )
    revision = service.ask(change, m="gone")["retire"]["revision"]
    query = """query($b: Int) { history(ci: "srv-closet-01", first: 1, before: $b) { ... on History {
        nextBefore revisions { number who message changeCount changes { entity before after } } } } }"""
    newest = service.ask(query)["history"]
    (entry,) = newest["revisions"]
    assert (entry["number"], entry["who"], entry["message"], newest["nextBefore"]) == (
        revision,
        "local",
        "gone",
        revision,
    )
    assert entry["changes"][0]["before"]["lifecycle"] == "live"
    assert entry["changes"][0]["after"]["lifecycle"] == "retired"
    oldest = service.ask(query, b=revision)["history"]
    assert (oldest["revisions"][0]["message"], oldest["nextBefore"]) == ("demo province", None)


def test_a_store_that_goes_away_is_said_and_impact_still_answers(tmp_path: Path) -> None:
    workspace = load_province(tmp_path / "store.db")
    with serving(workspace) as found:
        query = (
            'query { impact(scenario: [{ci: "san-gdc-01"}]) { ... on Impact { completeness { source revision } } } }'
        )
        assert found.ask(query)["impact"]["completeness"] == {"source": "live", "revision": 1}
        workspace.close()
        assert found.ask(query)["impact"]["completeness"] == {"source": "snapshot", "revision": 1}
        card = found.ask('{ ci(id: "san-gdc-01") { ... on Failure { code message } } }')["ci"]
        assert card["code"] == "STORE_UNAVAILABLE"
        assert str(tmp_path) not in card["message"]
        assert found.ready()["live"] is False
        lost = 'mutation { retire(cis: [{id: "san-gdc-01"}]) { ... on Failure { code } } }'
        assert found.ask(lost)["retire"]["code"] == "STORE_UNAVAILABLE"
