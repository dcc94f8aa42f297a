"""The graph that the store makes: its labels, relationships, properties and names, and what it refuses."""

import time
from contextlib import closing
from typing import Any

import pytest
from neo4j import Driver

from cmdb.model.attributes import Attribute
from cmdb.model.ci import CiId, RelationKey, attributes_json
from cmdb.model.kinds import Kind
from cmdb.model.model import standard_model
from cmdb.model.relations import RelationType
from cmdb.store.neo4j import queries
from cmdb.store.neo4j.schema import FORMAT, SCHEMA
from cmdb.store.neo4j.vocabulary import label
from cmdb.store.port import CiFilter, StoreUnavailable
from tests.neo4j.choice import TestServer
from tests.neo4j.conftest import Open, asked
from tests.store.estate import ESTATE, change, ci, rel, rule


def test_a_ci_has_the_labels_of_its_lineage_and_native_properties(opened: Open, neo4j_driver: Driver) -> None:
    attributes = {"rto": 240, "aliases": ["a", "b"], "memory_gib": 1.5, "verified_at": "2026-11-22", "invented": "x"}
    vm = ci("vm", "virtual_machine")._replace(attributes_json=attributes_json({**attributes, "source": "discovery"}))
    opened().apply(change(put_cis=[vm]))
    (((labels, node),)) = asked(neo4j_driver, "MATCH (n:CI) RETURN labels(n), properties(n)")
    assert labels == ["CI", "Resource", "Infrastructure", "Server", "VirtualMachine"]
    del node["record"], node["searched"]
    assert node == {
        "id": "vm", "kind": "virtual_machine", "name": "vm", "sector": "shared", "lifecycle": "live", "source": "test",
        "since": 1, "rto": 240, "aliases": ["a", "b"], "memory_gib": 1.5, "verified_at": "2026-11-22",
        "attribute_source": "discovery",
    }  # fmt: skip


def test_relations_and_pools_are_part_of_the_graph(opened: Open, neo4j_driver: Driver) -> None:
    store = opened()
    store.apply(ESTATE)
    store.apply(change(put_relations=[rel("db", "runs_on", "h1")]))
    found = asked(
        neo4j_driver, "MATCH (:CI {id: 'db'})-[r:RUNS_ON]->(b) RETURN b.id, properties(r) ORDER BY b.id, r.pool"
    )
    common = {"effect": "", "source": "test"}
    assert found == [
        ["h1", {**common, "pool": "", "since": 2}],
        ["h1", {**common, "pool": "hosts", "since": 1}],
        ["h2", {**common, "pool": "hosts", "since": 1}],
    ]
    assert asked(neo4j_driver, "MATCH (p:Pool)-[:POOL_OF]->(n:CI) RETURN p.ci, n.id, p.name, p.required") == [
        ["db", "db", "hosts", "1"]
    ]


def test_what_is_past_stands_apart(opened: Open, neo4j_driver: Driver) -> None:
    store = opened()
    store.apply(ESTATE)
    store.apply(change(put_cis=[ci("app", "application", "Pay")], delete=[CiId("db")]))
    assert asked(neo4j_driver, "MATCH (n:CI) RETURN count(n)") == [[4]]
    past = "MATCH (p:PastCI) RETURN p.id, p.name, p.since, p.until ORDER BY p.id"
    assert asked(neo4j_driver, past) == [["app", "app", 1, 2], ["db", "db", 1, 2]]
    assert asked(neo4j_driver, "MATCH (p:PastRelation) RETURN count(p)") == [[3]]
    beside = "Revision|Request|Head|PastCI|PastRelation|PastPool"
    assert asked(neo4j_driver, f"MATCH (n:{beside})-[r]-() RETURN count(r)") == [[0]]


def test_a_new_kind_takes_the_labels_along(opened: Open, neo4j_driver: Driver) -> None:
    store = opened()
    store.apply(change(put_cis=[ci("x", "virtual_machine", os="Linux")]))
    store.apply(change(put_cis=[ci("x", "storage")]))
    assert asked(neo4j_driver, "MATCH (n:CI) RETURN labels(n), n.os, n.kind") == [
        [["CI", "Resource", "Infrastructure", "Storage"], None, "storage"]
    ]


def test_kinds_and_relations_of_ones_own(opened: Open, neo4j_driver: Driver) -> None:
    """Also such as are named like what the store keeps for itself."""
    kinds = [Kind(name, "Ours.", "server", (Attribute("since", "text", "A word."),)) for name in ("pool", "head")]
    model = standard_model().extended(kinds, [RelationType("pool_of", "Ours.", ("pool",), ("head",))], [])
    store = opened(model)
    store.apply(
        change(put_cis=[ci("p", "pool", since="now"), ci("h", "head")], put_relations=[rel("p", "pool_of", "h")])
    )
    store.apply(change(put_pools=[rule("h", "x")], put_cis=[ci("p", "pool", name="changed")]))
    dump = store.dump()
    assert [c.kind for c in dump.cis] == ["head", "pool"]
    assert dump.relations == store.around([CiId("h")]).relations == [rel("p", "pool_of", "h")]
    assert dump.pools == store.around([CiId("h")]).pools == [rule("h", "x")]
    assert asked(neo4j_driver, "MATCH (n:PoolKind) RETURN n.since, n.id") == [[2, "p"]]
    assert (label("pool"), label("past_ci"), label("ci")) == ("PoolKind", "PastCi", "CI")


@pytest.mark.parametrize("text", ["x'}) DETACH DELETE (n) //", "`]->() DELETE r //", "$id", "\\u0027", "a\"'`\\"])
def test_names_are_only_text(opened: Open, text: str) -> None:
    store = opened()
    store.apply(ESTATE)
    store.apply(
        change(
            put_cis=[ci(text, name=text, description=text)],
            put_relations=[rel("db", "runs_on", text, text)],
            put_pools=[rule("db", text)],
            message=text,
            key=text,
        )
    )
    assert store.get([CiId(text)])[CiId(text)].ci.attributes == {"description": text}
    assert store.around([CiId(text)]).relations == [rel("db", "runs_on", text, text)]
    assert store.search(text, 1)[0].ci.id == text
    store.apply(change(remove_relations=[RelationKey(CiId("db"), text, CiId(text), text)]))
    assert len(store.dump().cis) == 6


def test_everything_declared_is_there_and_is_made_once(opened: Open, neo4j_driver: Driver) -> None:
    opened()
    opened()
    names = {name for (name,) in asked(neo4j_driver, queries.NAMES)}
    assert names >= {declared.name for declared in SCHEMA}
    assert asked(neo4j_driver, "MATCH (n) RETURN labels(n) ORDER BY labels(n)") == [[["Head"]], [["Revision"]]]


def test_another_database_is_left_alone(opened: Open, neo4j_driver: Driver) -> None:
    asked(neo4j_driver, "CREATE (:Theirs)")
    with pytest.raises(StoreUnavailable, match="holds data that is not a Bluenose store"):
        opened()
    assert asked(neo4j_driver, "MATCH (n) RETURN labels(n)") == [[["Theirs"]]]


def test_a_later_format_is_refused(opened: Open, neo4j_driver: Driver) -> None:
    opened()
    asked(neo4j_driver, f"MATCH (h:Head) SET h.format = {FORMAT + 1}")
    with pytest.raises(StoreUnavailable, match=f"the store has format {FORMAT + 1}"):
        opened()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"uri": "bolt://127.0.0.1:1", "silent_seconds": 1.0}, "the database does not answer"),
        ({"password": "wrong password"}, "the database refused the user or the password"),
        ({"database": "elsewhere"}, "the database refused a statement"),
        ({"uri": "http://127.0.0.1"}, "the address of the database is none of"),
    ],
)
def test_what_cannot_be_opened(opened: Open, settings: dict[str, Any], reason: str) -> None:
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match=reason) as error:
        opened(**settings)
    assert time.monotonic() - started < 5
    assert "MATCH" not in error.value.reason


def test_a_routed_address_sees_what_it_wrote(opened: Open, neo4j_server: TestServer) -> None:
    store = opened(uri=neo4j_server.uri.replace("bolt://", "neo4j://"))
    for number in range(1, 20):
        store.apply(change(put_cis=[ci(f"c{number}")]))
        assert store.head().revision == len(store.dump().cis) == number


def test_an_order_of_ids_that_is_that_of_code_points(opened: Open) -> None:
    ids = ["\U0001f600", "\uffee", "z", "Z", "é", "é2", "e\u0301x"]
    with closing(opened()) as store:
        store.apply(change(put_cis=[ci(i) for i in ids]))
        seen: list[str] = []
        while page := store.page(CiFilter(), 2, CiId(seen[-1]) if seen else None).cis:
            seen += [s.ci.id for s in page]
        assert seen == sorted(ids)


@pytest.mark.parametrize(
    "query",
    [queries.RELATIONS, queries.DELETE_RELATIONS, queries.ALL_RELATIONS, queries.RECORDS_OF_CIS],
)
def test_plans_do_not_hang_on_statistics(opened: Open, neo4j_driver: Driver, query: str) -> None:
    """A plan made for an empty database is kept for a while; it must not scan all relationships for each row."""
    opened()
    with neo4j_driver.session() as session:
        summary = session.run(f"EXPLAIN {query}", keys=[], numbers=[], ids=[], at=1).consume()
    assert "Scan" not in str(summary.plan)
    assert "Expand(All)" in str(summary.plan)
