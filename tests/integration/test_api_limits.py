"""What one operation may ask, what a service keeps to itself, and how development mode differs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from graphql import build_schema, parse

from api.generated import contract
from api.gql.cost import reckon
from api.settings import Settings
from api.workspace import open_workspace
from cmdb.service import Inventory
from cmdb.store.port import Hit
from tests.contract.service import Service, serving

SCHEMA = build_schema(contract())
ASSUMED = 'impact(scenario: [{ci: "san-gdc-01"}])'


def refused(service: Service, query: str) -> list[str]:
    body = service.post(query)
    assert "data" not in body
    return [error["extensions"]["code"] for error in body["errors"]]


@pytest.mark.parametrize("first", [0, -1, 201, 2**31 - 1])
@pytest.mark.parametrize("field", ["cis(first: %d) { __typename }", 'search(text: "a", first: %d) { __typename }'])
def test_pages_hold_1_to_200(service: Service, field: str, first: int) -> None:
    assert refused(service, "{ " + field % first + " }") == ["PAGE_TOO_LARGE"]


def test_aliases_are_limited(service: Service) -> None:
    def aliases(n: int) -> str:
        return "{" + " ".join(f"a{i}: sectors" for i in range(n)) + "}"

    assert len(service.ask(aliases(30))) == 30
    assert refused(service, aliases(31)) == ["TOO_MANY_ALIASES"]


def test_aliases_hidden_in_fragments_are_counted(service: Service) -> None:
    inner = " ".join(f"a{i}: name" for i in range(10))
    query = f"{{ a: kinds {{ ...F }} b: kinds {{ ...F }} c: kinds {{ ...F }} }} fragment F on Kind {{ {inner} }}"
    assert refused(service, query) == ["TOO_MANY_ALIASES"]


def test_depth_is_limited(service: Service) -> None:
    def deep(levels: int) -> str:
        return "{ " + "... on Query { " * levels + "sectors" + " }" * levels + " }"

    assert service.ask(deep(50))["sectors"]
    nested = "{ " + "kinds { attributes { " * 7 + "name" + " } }" * 7 + " }"
    assert refused(service, nested) == ["TOO_DEEP"]
    assert refused(service, deep(3_000)) in (["TOO_MANY_TOKENS"], ["TOO_DEEP"])


def test_tokens_are_limited(service: Service) -> None:
    assert refused(service, "{" + " sectors" * 5_001 + "}") == ["TOO_MANY_TOKENS"]
    assert refused(service, "#\n" * 200_000 + "{ sectors }") == ["TOO_MANY_TOKENS"]


def test_cost_is_limited(service: Service) -> None:
    wide = "cis(first: 200) { ... on CiPage { nodes { relations(first: 200) { nodes { ci { id } } } } } }"
    assert refused(service, "{ " + wide + " }") == ["TOO_COSTLY"]
    many = " ".join(f'w{i}: whyNot(ci: "svc-permits") {{ __typename }}' for i in range(12))
    assert refused(service, f"{{ {ASSUMED} {{ ... on Impact {{ {many} }} }} }}") == ["TOO_COSTLY"]


def test_a_page_size_in_a_variable_counts(service: Service) -> None:
    query = "query($n: Int!) { cis(first: $n) { ... on CiPage { nodes { relations { nodes { ci { id } } } } } } }"
    assert "data" in service.post(query, n=3)
    assert service.post(query, n=200)["errors"][0]["extensions"]["code"] == "TOO_COSTLY"
    assert refused(service, query.replace("$n: Int!", "$n: Int! = 200")) == ["TOO_COSTLY"]


@pytest.mark.parametrize(
    ("query", "objects"),
    [
        ("{ sectors }", 0),
        ("{ kinds { name } }", 10),
        ("{ kinds { attributes { name } } }", 110),
        ("{ cis(first: 5) { ... on CiPage { nodes { id } } } }", 1 + 5),
        ("{ cis(first: 5) { ... on CiPage { nodes { id relations { type } } } } }", 1 + 5 * (1 + 10)),
        ("{ cis(first: 5) { ... on CiPage { nodes { relations(first: 3) { nodes { pool } } } } } }", 1 + 5 * 41),
        ('{ search(text: "a", first: 7) { ... on SearchResult { hits { score } } } }', 10 + 1 + 7),
        (f"{{ {ASSUMED} {{ ... on Impact {{ affected(first: 7) {{ nodes {{ id }} }} }} }} }}", 50 + 1 + 1 + 7),
        ("{ a: kinds { ...F } b: kinds { ...F } } fragment F on Kind { attributes { name } }", 220),
        ("{ kinds { ...F } } fragment F on Kind { attributes { name } ...F }", 110),
    ],
)
def test_the_cost_formula(query: str, objects: int) -> None:
    assert reckon(SCHEMA, parse(query), None, {}).objects == objects


def test_fragments_that_double_cost_no_time(service: Service) -> None:
    fragments = " ".join(f"fragment F{i} on Kind {{ ...F{i + 1} ...F{i + 1} }}" for i in range(60))
    query = "{ kinds { ...F0 } } fragment F60 on Kind { attributes { name } } " + fragments
    assert refused(service, query) == ["TOO_COSTLY"]


def test_no_suggestion_and_no_introspection(service: Service) -> None:
    for query in (
        "{ sector }", "{ kinds { nam } }", "{ cis(filter: {kind: 1}) { __typename } }",
        "{ cis(filter: {lifecycles: [liv]}) { __typename } }", "{ cis { ... on CiPag { totalCount } } }",
    ):  # fmt: skip
        body = service.post(query)
        assert {e["extensions"]["code"] for e in body["errors"]} == {"GRAPHQL_INVALID"}
        assert "Did you mean" not in str(body)
    variable = service.post("query($f: CiFilter) { cis(filter: $f) { __typename } }", f={"kind": [], "sectorz": 1})
    assert "Did you mean" not in str(variable)
    assert refused(service, "{ __schema { types { name } } }")[0] == "GRAPHQL_INVALID"
    assert refused(service, '{ __type(name: "Ci") { name } }')[0] == "GRAPHQL_INVALID"


@pytest.fixture(scope="module")
def development(service: Service) -> Iterator[Service]:
    with serving(service.workspace, Settings(development=True)) as found:
        yield found


def test_development_mode_shows_more(development: Service) -> None:
    assert "Did you mean" in str(development.post("{ sector }"))
    assert development.ask("{ __schema { queryType { name } } }")["__schema"]["queryType"] == {"name": "Query"}
    page = development.client.get("/graphql")
    assert page.headers["content-type"].startswith("text/html")


class Broken(Inventory):
    """An inventory with a fault in it."""

    def search(self, text: str, first: int) -> list[Hit]:
        raise RuntimeError(f"SELECT secret FROM /var/lib/{text}")


def test_an_unforeseen_fault_is_masked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    workspace = open_workspace(f"sqlite:{tmp_path / 'store.db'}")
    broken = replace(workspace, inventory=Broken(workspace.store, workspace.model))
    with serving(broken) as found:
        answer = found.client.post(
            "/graphql", json={"query": '{ search(text: "x") { __typename } }'}, headers={"x-request-id": "trace-7"}
        )
    workspace.close()
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "trace-7"}
    assert answer.headers["x-request-id"] == "trace-7"
    logged = "".join(capfd.readouterr())
    assert "trace-7" in logged
    assert "SELECT secret" in logged


def test_a_filter_that_names_nothing_declared_is_refused(service: Service) -> None:
    for argument in ('kinds: ["toaster"]', 'sectors: ["sea"]'):
        body = service.post(f"{{ cis(filter: {{{argument}}}) {{ __typename }} }}")
        assert body["errors"][0]["extensions"]["code"] == "BAD_FILTER"


def test_cursors_of_others_are_refused(service: Service) -> None:
    for cursor in ("x", "", "ÿ", "MTpiYWQ=", "LTE6eA"):
        body = service.post("query($a: String) { cis(after: $a) { __typename } }", a=cursor)
        assert body["errors"][0]["extensions"]["code"] == "BAD_CURSOR", cursor
