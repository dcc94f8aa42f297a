"""Questions as of a time, and differences between two, over HTTP on a real store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import build_schema, parse

from api.generated import contract
from api.gql.cost import PAST_WEIGHT, reckon
from api.workspace import open_workspace
from cmdb.reconcile.difference import compare
from tests.contract.service import ROOT, Service, serving
from tests.impact.test_snapshot import Inventory

REVISIONS = 8
DOCUMENTS = {name: (ROOT / "graphql" / "operations" / f"{name}.graphql").read_text() for name in
             ("impact", "ci", "cis", "diff")}  # fmt: skip
NOT_THEN = {"asOf", "ageSeconds", "remainingMinutes"}
"""Fields that tell of the moment of asking, not of what was recorded."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    workspace = open_workspace(f"sqlite:{tmp_path_factory.mktemp('time') / 'store.db'}")
    with serving(workspace) as found:
        yield found
    workspace.close()


def lasting(answer: Any) -> Any:
    """An answer without what depends on the moment of asking."""
    if isinstance(answer, dict):
        return {key: lasting(value) for key, value in answer.items() if key not in NOT_THEN}
    return [lasting(item) for item in answer] if isinstance(answer, list) else answer


def questions(known: list[str], scenario: list[dict[str, str]]) -> list[tuple[str, str, dict[str, Any]]]:
    begun = {"since": "2026-11-22T02:40:00-04:00", "declared": "2026-11-22T02:45:00-04:00"}
    asked = {"scenario": scenario, **begun}
    return [
        ("impact", "Impact", asked), ("impact", "Affected", {"scenario": scenario}), ("cis", "Cis", {"first": 20}),
        *(("ci", "Ci", {"id": ci}) for ci in known),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def told(service: Service) -> dict[int, list[tuple[str, str, dict[str, Any], Any]]]:
    """What was answered at each revision while a small estate changed: questions, and the answers of then."""
    found: dict[int, list[tuple[str, str, dict[str, Any], Any]]] = {}
    inventory, store = Inventory(7), service.workspace.store
    while len(found) < REVISIONS:
        store.apply(inventory.change())
        if not inventory.known:
            continue
        scenario = [{"ci": a.ci, "state": a.state.value} for a in inventory.scenario()]
        found[store.head().revision] = [
            (document, name, variables, service.ask(DOCUMENTS[document], name, **variables))
            for document, name, variables in questions(sorted(inventory.known)[:5], scenario)
        ]
    return found


@pytest.mark.parametrize("form", ["r{0.revision}", "{0.revision}", "{0.recorded_at}"])
def test_every_answer_is_given_again_as_of_then(
    service: Service, told: dict[int, list[tuple[str, str, dict[str, Any], Any]]], form: str
) -> None:
    newest = service.workspace.store.head().revision
    for revision, asked in told.items():
        head = service.workspace.store.changes(revision, revision).head
        for document, name, variables, answer in asked:
            again = service.ask(DOCUMENTS[document], name, **variables, asOf=form.format(head))
            assert lasting(again) == lasting(answer), (revision, name)
            if name == "Impact":
                sure = again["impact"]["completeness"]
                assert (sure["revision"], sure["asOf"]) == (revision, revision != newest)
                assert (sure["source"], sure["ageSeconds"]) == ("live", 0)


def test_the_export_is_that_of_then(
    service: Service, told: dict[int, list[tuple[str, str, dict[str, Any], Any]]]
) -> None:
    for revision in list(told)[:3]:
        _, _, variables, answer = told[revision][1]
        nodes = answer["impact"]["affected"]["nodes"]
        body = {"scenario": variables["scenario"], "asOf": f"r{revision}"}
        lines = service.client.post("/export/impact.ndjson", json=body).content.splitlines()
        assert [orjson.loads(line)["id"] for line in lines[1:-1]] == [node["id"] for node in nodes]
        assert orjson.loads(lines[0])["completeness"]["asOf"] is True
        given = [f"{part['ci']}={part['state']}" for part in variables["scenario"]]
        csv = service.client.get("/export/impact.csv", params={"ci": given, "as_of": str(revision)})
        assert (csv.headers["x-revision"], csv.headers["x-as-of"]) == (str(revision), "true")
        assert csv.headers["x-rows"] == str(len(nodes)) == str(csv.text.count("\r\n") - 1)
        assert csv.headers["x-recorded-at"] == orjson.loads(lines[0])["completeness"]["recordedAt"]


@pytest.mark.parametrize("how", ["nothing", "one turn"])
def test_differences_page_through_everything_once(service: Service, told: dict[int, Any], how: str) -> None:
    store, turns = service.workspace.store, ["changed"] if how == "one turn" else None
    for before, after in ((0, max(told)), (min(told), max(told)), (max(told), 1)):
        wanted = compare(store.dump(before), store.dump(after)).cis
        found: list[dict[str, Any]] = []
        cursor, more = None, True
        while more:
            given = {"before": f"r{before}", "after": str(after), "first": 3, "cursor": cursor, "turns": turns}
            page = service.ask(DOCUMENTS["diff"], "DiffCis", **given)["diff"]["cis"]
            found += page["nodes"]
            cursor, more = page["endCursor"], page["hasNextPage"]
        assert len(found) == page["totalCount"]
        rows = {
            "joined": [c.id for c in wanted.created], "left": [c.id for c in wanted.removed],
            "changed": [c.id for _, c in wanted.changed],
        }  # fmt: skip
        for turn, ids in rows.items():
            assert [n["ci"]["id"] for n in found if n["turn"] == turn] == (ids if turns in (None, [turn]) else [])
        for node in found:
            assert (node["before"] is None, node["after"] is None) == (node["turn"] == "joined", node["turn"] == "left")
            assert bool(node["fields"]) == (node["turn"] == "changed")


def test_a_difference_counts_relations_and_pools_as_well(service: Service, told: dict[int, Any]) -> None:
    wanted = service.workspace.inventory.diff(1, max(told))
    answer = service.ask(DOCUMENTS["diff"], "Diff", before="r1", first=200)["diff"]
    assert (answer["before"]["revision"], answer["after"]["revision"]) == (1, max(told))
    for name, part in (("cis", wanted.cis), ("relations", wanted.relations), ("pools", wanted.pools)):
        told_of = answer["counts"][name]
        assert told_of == {"joined": len(part.created), "left": len(part.removed), "changed": len(part.changed)}
        assert len(answer[name]["nodes"]) == answer[name]["totalCount"] == sum(told_of.values()) > 0
    relations = {(n["from"], n["type"], n["to"], n["pool"] or "") for n in answer["relations"]["nodes"]}
    assert relations >= {r.key for r in (*wanted.relations.created, *wanted.relations.removed)}
    nothing = service.ask(DOCUMENTS["diff"], "Diff", before="r2", after="r2")["diff"]
    assert all(not any(counts.values()) for counts in nothing["counts"].values())


def test_before_the_first_revision_there_was_nothing(service: Service, told: dict[int, Any]) -> None:
    _, _, variables, _ = told[max(told)][0]
    ci = variables["scenario"][0]["ci"]
    for then in ("r0", "2020-01-01T00:00:00Z"):
        failure = service.ask(DOCUMENTS["impact"], "Impact", **variables, asOf=then)["impact"]
        assert (failure["code"], failure["suggestions"]) == ("UNKNOWN_CI", [])
        assert failure["message"].startswith(f"no CI '{ci}' as of r0. It was recorded later.")
        card = service.ask(DOCUMENTS["ci"], "Ci", id=ci, asOf=then)["ci"]
        assert (card["__typename"], card["ids"]) == ("UnknownCi", [ci])
        assert service.ask(DOCUMENTS["cis"], "Cis", asOf=then)["cis"]["totalCount"] == 0
        assert service.client.get("/export/impact.csv", params={"ci": ci, "as_of": then}).status_code == 404
    query = """query($s: [AssumptionInput!]!, $ci: ID!) { impact(scenario: $s, asOf: "r1") { ... on Impact {
        why(ci: $ci) { ... on Failure { message } } } } }"""
    late = next(c.id for c in service.workspace.store.dump().cis if c.id not in service.workspace.store.get([c.id], 1))
    (early, *_) = service.workspace.store.dump(1).cis
    proof = service.ask(query, s=[{"ci": early.id}], ci=late)["impact"]["why"]
    assert proof["message"] == f"no CI '{late}' as of r1. It was recorded later."


BAD: list[tuple[str, str]] = [
    ("yesterday", "BAD_REVISION"),
    ("", "BAD_REVISION"),
    ("2026-11-22T02:40:00", "BAD_REVISION"),
    ("0001-01-01T00:00:00+14:00", "BAD_REVISION"),
    ("r-1", "BAD_REVISION"),
    ("r999999", "UNKNOWN_REVISION"),
    ("999999999999999999", "UNKNOWN_REVISION"),
]


@pytest.mark.parametrize(("text", "code"), BAD)
def test_a_time_that_is_none_is_part_of_the_answer(
    service: Service, told: dict[int, Any], text: str, code: str
) -> None:
    _, _, variables, _ = told[max(told)][0]
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("impact", "Impact", variables), ("ci", "Ci", {"id": "x"}), ("cis", "Cis", {}),
    ]  # fmt: skip
    for document, name, given in asked:
        (failure,) = service.ask(DOCUMENTS[document], name, **given, asOf=text).values()
        assert [(p["code"], p["place"]) for p in failure["problems"]] == [(code, "asOf")]
    failure = service.ask(DOCUMENTS["diff"], "Diff", before=text, after=text)["diff"]
    assert [(p["code"], p["place"]) for p in failure["problems"]] == [(code, "before"), (code, "after")]
    refused = service.client.get("/export/impact.csv", params={"ci": variables["scenario"][0]["ci"], "as_of": text})
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["extensions"]["problems"][0]["code"]) == (400, code)


def test_an_export_refuses_what_it_would_otherwise_pass_over(service: Service, told: dict[int, Any]) -> None:
    _, _, variables, _ = told[max(told)][0]
    for more in ({"as_of": "r1"}, {"asOf": 1}, {"asof": "r1"}):
        body = {"scenario": variables["scenario"], **more}
        refused = service.client.post("/export/impact.csv", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


def test_a_foreign_cursor_is_refused(service: Service, told: dict[int, Any]) -> None:
    body = service.post(DOCUMENTS["diff"], "DiffCis", before="r1", after=str(max(told)), cursor="nonsense")
    assert body["errors"][0]["extensions"]["code"] == "BAD_CURSOR"


def test_metrics_tell_of_the_newest_revision_only(service: Service, told: dict[int, Any]) -> None:
    _, _, variables, _ = told[max(told)][0]
    service.ask(DOCUMENTS["impact"], "Impact", **variables)
    _, _, old, _ = told[min(told)][0]
    service.ask(DOCUMENTS["impact"], "Impact", **old, asOf=str(min(told)))
    assert f"cmdb_revision {float(max(told))}" in service.client.get("/metrics").text


def test_while_the_store_is_away_nobody_knows_what_was_then(tmp_path: Path) -> None:
    workspace = open_workspace(f"sqlite:{tmp_path / 'store.db'}")
    workspace.store.apply(Inventory(7).change())
    with serving(workspace) as found:
        ci = workspace.store.dump().cis[0].id
        asked: dict[str, Any] = {"scenario": [{"ci": ci}]}
        assert found.ask(DOCUMENTS["impact"], "Impact", **asked, asOf="r1")["impact"]["__typename"] == "Impact"
        workspace.close()
        assert found.ask(DOCUMENTS["impact"], "Impact", **asked)["impact"]["completeness"]["source"] == "snapshot"
        for answer in (
            found.ask(DOCUMENTS["impact"], "Impact", **asked, asOf="r1")["impact"],
            found.ask(DOCUMENTS["diff"], "Diff", before="r0")["diff"],
        ):
            assert (answer["__typename"], answer["code"]) == ("StoreUnavailable", "STORE_UNAVAILABLE")


def test_only_a_stated_point_in_time_costs_more() -> None:
    schema = build_schema(contract())

    def cost(text: str, **variables: object) -> int:
        return reckon(schema, parse(text), None, variables).objects

    plain = cost("query { impact(scenario: []) { __typename } }")
    variable = "query($t: String) { impact(scenario: [], asOf: $t) { __typename } }"
    default = 'query($t: String = "r1") { impact(scenario: [], asOf: $t) { __typename } }'
    assert cost("query { impact(scenario: [], asOf: null) { __typename } }") == plain == cost(variable)
    assert cost(variable, t=None) == cost(default, t=None) == plain
    for dear in (cost('{ impact(scenario: [], asOf: "r1") { __typename } }'), cost(variable, t="r1"), cost(default)):
        assert dear == plain + PAST_WEIGHT
