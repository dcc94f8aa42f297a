"""Exports of a whole answer: every affected CI once, the same as the pages say, with what it rests on."""

import csv
import io

import orjson

from tests.contract.service import Service

PAGE = """{ impact(scenario: [{ci: "san-gdc-01"}]) { ... on Impact { affected(first: 200) {
  nodes { id kind name sector state distance tier rto } totalCount } } } }"""


def test_csv_holds_what_the_pages_hold(service: Service) -> None:
    answer = service.client.get("/export/impact.csv", params={"ci": "san-gdc-01"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    affected = service.ask(PAGE)["impact"]["affected"]
    told = [{k: "" if v is None else str(v) for k, v in node.items()} for node in affected["nodes"]]
    assert rows == told
    assert answer.headers["x-rows"] == str(affected["totalCount"])
    assert (answer.headers["x-complete"], answer.headers["x-source"]) == ("true", "live")
    assert answer.headers["x-revision"] == str(service.workspace.store.head().revision)
    assert "NEVER_VERIFIED" in answer.headers["x-blind-spots"]


def test_ndjson_says_first_what_it_rests_on_and_last_that_it_is_whole(service: Service) -> None:
    body = {"scenario": [{"ci": "san-gdc-01"}], "since": "2026-11-22T02:40:00-04:00"}
    answer = service.client.post("/export/impact.ndjson", json=body)
    head, *rows, end = map(orjson.loads, answer.content.splitlines())
    assert rows == service.ask(PAGE)["impact"]["affected"]["nodes"]
    assert head["completeness"]["complete"] is True
    assert head["scenario"][0]["ci"]["id"] == "san-gdc-01"
    assert end == {"end": True, "rows": len(rows)}
    assert head["affected"] == len(rows)


def test_states_may_be_given_with_an_equals_sign(service: Service) -> None:
    answer = service.client.get("/export/impact.ndjson", params={"ci": ["san-gdc-01=degraded", "san-gdc-02=down"]})
    head = orjson.loads(answer.content.splitlines()[0])
    assert [part["state"] for part in head["scenario"]] == ["degraded", "down"]


def test_cells_that_a_spreadsheet_would_compute_are_quoted(service: Service) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)", 'plain, with "quotes"\nand lines']
    cis = [{"id": f"t-cell-{n}", "kind": "team", "name": name} for n, name in enumerate(names)]
    made = "mutation($c: [CiInput!]!) { upsertCis(cis: $c) { __typename } }"
    assert service.ask(made, c=cis)["upsertCis"]["__typename"] == "Applied"
    answer = service.client.get("/export/impact.csv", params={"ci": [ci["id"] for ci in cis]})
    found = {row["id"]: row["name"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))}
    assert [found[ci["id"]] for ci in cis] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", names[4]]


def test_refusals_are_json(service: Service) -> None:
    for params, status, code in (
        ({"ci": "san-gdc-1"}, 404, "UNKNOWN_CI"),
        ({}, 400, "INVALID_INPUT"),
        ({"ci": ["san-gdc-01", "san-gdc-01=operational"]}, 400, "CONTRADICTORY_SCENARIO"),
        ({"ci": "san-gdc-01", "since": "yesterday"}, 400, "BAD_REQUEST"),
        ({"ci": "san-gdc-01", "since": "2026-11-22T02:40"}, 400, "INVALID_INPUT"),
        ({"id": "san-gdc-01"}, 400, "BAD_REQUEST"),
    ):
        answer = service.client.get("/export/impact.csv", params=params)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["code"]) == (status, code)
    bodies: list[dict[str, object]] = [{}, {"scenario": "san"}, {"scenario": [{}]}]
    for body in (*bodies, {"scenario": [{"ci": "a", "state": "dead"}]}):
        answer = service.client.post("/export/impact.csv", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
