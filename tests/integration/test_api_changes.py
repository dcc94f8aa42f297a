"""Changes over HTTP: seen by the next question, safe to retry, refused when somebody else was faster."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.contract.service import ROOT, Service

OPERATIONS = (ROOT / "graphql" / "operations" / "mutations.graphql").read_text(encoding="utf-8")
STATES = """query($s: [AssumptionInput!]!) { impact(scenario: $s) { ... on Impact { completeness { revision }
  affected(first: 200) { nodes { id state } } } } }"""


def change(service: Service, name: str, **variables: Any) -> dict[str, Any]:
    (answer,) = service.ask(OPERATIONS, name, **variables).values()
    outcome: dict[str, Any] = answer
    return outcome


def states(service: Service, ci: str) -> dict[str, str]:
    impact = service.ask(STATES, s=[{"ci": ci}])["impact"]
    return {node["id"]: node["state"] for node in impact["affected"]["nodes"]}


def application(ci: str, **fields: Any) -> dict[str, Any]:
    return {"id": ci, "kind": "application", "name": ci.upper(), **fields}


def test_a_pool_from_nothing_to_a_verdict_and_back(service: Service) -> None:
    made = change(service, "UpsertCis", cis=[application("t-app"), application("t-a"), application("t-b")])
    assert (made["__typename"], made["created"]) == ("Applied", 3)
    assert change(service, "PutPools", pools=[{"ci": "t-app", "name": "p", "required": "1"}])["created"] == 1
    ties = [{"from": "t-app", "type": "depends_on", "to": to, "pool": "p"} for to in ("t-a", "t-b")]
    assert change(service, "Relate", relations=ties)["created"] == 2
    assert states(service, "t-a") == {"t-a": "down", "t-app": "at_risk"}
    in_use = change(service, "RemovePools", pools=[{"ci": "t-app", "name": "p"}])
    assert [p["code"] for p in in_use["problems"]] == ["POOL_WITHOUT_RULE"] * 2
    assert change(service, "Retire", cis=[{"id": "t-b"}])["removed"] == 1
    assert states(service, "t-a") == {"t-a": "down", "t-app": "down"}
    assert change(service, "Unrelate", relations=ties)["removed"] == 2
    assert states(service, "t-a") == {"t-a": "down"}
    assert change(service, "DeleteCis", cis=[{"id": "t-app"}, {"id": "t-a"}, {"id": "t-b"}])["removed"] >= 3
    assert service.ask('{ ci(id: "t-app") { __typename } }')["ci"]["__typename"] == "UnknownCi"


def test_a_retry_with_the_same_key_is_applied_once(service: Service) -> None:
    given: dict[str, Any] = {"cis": [application("t-retry", attributes=[{"name": "rto", "value": "4h"}])], "key": "k-1"}
    first, again = change(service, "UpsertCis", **given), change(service, "UpsertCis", **given)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["revision"] == again["revision"]
    other = change(service, "UpsertCis", cis=[application("t-other")], key="k-1")
    assert other["__typename"] == "KeyReused"


def test_of_two_clients_who_saw_the_same_one_is_told(service: Service) -> None:
    seen = change(service, "UpsertCis", cis=[application("t-two")])["revision"]

    def rename(name: str) -> dict[str, Any]:
        with httpx.Client(base_url=service.url, timeout=30) as client:
            theirs = Service(service.workspace, client, service.url)
            return change(theirs, "UpsertCis", cis=[{"id": "t-two", "name": name, "expected": seen}])

    with ThreadPoolExecutor(2) as both:
        outcomes = sorted(both.map(rename, ["Left", "Right"]), key=lambda o: str(o["__typename"]))
    assert [o["__typename"] for o in outcomes] == ["Applied", "Conflict"]
    lost = outcomes[1]
    assert (lost["ci"], lost["expected"], lost["actual"]) == ("t-two", seen, outcomes[0]["revision"])
    assert change(service, "Retire", cis=[{"id": "t-two", "expected": seen}])["__typename"] == "Conflict"
    assert change(service, "UpsertCis", cis=[application("t-two", expected=0)])["__typename"] == "Conflict"


@pytest.mark.parametrize(
    ("name", "variables", "problems"),
    [
        (
            "UpsertCis",
            {"cis": [{"id": "x 1"}, application("t-x", attributes=[{"name": "rto", "value": "soon"}])]},
            ["MISSING_VALUE", "BAD_DURATION"],
        ),
        ("UpsertCis", {"cis": [application("t-x", attributes=[{"name": "ram", "value": 1}])]}, ["UNKNOWN_ATTRIBUTE"]),
        ("UpsertCis", {"cis": [application("t-x", attributes=[{"name": "rto", "value": {"a": 1}}])]}, ["BAD_TYPE"]),
        ("UpsertCis", {"cis": [application("t-x", attributes=[{"name": "rto", "value": 10**19}])]}, ["OUT_OF_RANGE"]),
        ("UpsertCis", {"cis": [application("t-x", attributes=[{"name": "rto"}])]}, ["MISSING_VALUE"]),
        ("UpsertCis", {"cis": [application("t-x", sector="sea")]}, ["UNKNOWN_SECTOR"]),
        ("UpsertCis", {"cis": []}, ["MISSING_VALUE"]),
        ("UpsertCis", {"cis": [application("t-x")], "key": ""}, ["BAD_CHARACTER"]),
        ("UpsertCis", {"cis": [application("t-x")], "message": "\u202e"}, ["BIDI_CONTROL"]),
        ("Relate", {"relations": [{"from": "svc-dispatch", "type": "eats", "to": "app-cad"}]}, ["UNKNOWN_RELATION"]),
        ("Relate", {"relations": [{"from": "svc-dispatch", "type": "uses", "to": "t-none"}]}, ["DANGLING_RELATION"]),
        ("Relate", {"relations": [{"from": "a", "type": "uses", "to": ""}]}, ["MISSING_VALUE"]),
        ("PutPools", {"pools": [{"ci": "svc-dispatch", "name": "p", "required": "101%"}]}, ["BAD_POOL_RULE"]),
        ("PutPools", {"pools": [{"ci": "t-none", "name": "p", "required": "1"}]}, ["DANGLING_POOL"]),
        ("Retire", {"cis": [{"id": "t-none"}]}, ["UNKNOWN_CI"]),
    ],
)  # fmt: skip
def test_bad_changes_are_refused_with_every_problem(
    service: Service, name: str, variables: dict[str, Any], problems: list[str]
) -> None:
    before = service.workspace.store.head().revision
    refused = change(service, name, **variables)
    assert (refused["__typename"], [p["code"] for p in refused["problems"]]) == ("InvalidInput", problems)
    assert all(p["place"] and p["accepted"] for p in refused["problems"])
    assert service.workspace.store.head().revision == before
