"""Records in the graph: their labels, their properties, and the CIs that they hang on."""

from datetime import UTC, datetime
from typing import Any

import pytest
from neo4j import Driver

from cmdb.model.ci import CiId
from cmdb.model.kinds import Kind
from cmdb.model.model import standard_model
from cmdb.model.record import RECORD_KINDS
from cmdb.model.relations import RelationType
from cmdb.records.form import kept
from cmdb.records.record_types import (
    AffectedCi,
    Change,
    CoveredCi,
    Freeze,
    Incident,
    PlannedCi,
    ProblemRecord,
)
from cmdb.store.neo4j import schema
from cmdb.store.neo4j.vocabulary import OURS, RECORD_LABELS, RECORD_LINKS, label
from cmdb.store.port import CiFilter
from tests.neo4j.conftest import Open, asked
from tests.store.estate import CIS, ESTATE, POOLS, RELATIONS, change, ci, incident, kept_as, rel

TEN, NOON = datetime(2026, 11, 22, 10, tzinfo=UTC), datetime(2026, 11, 22, 12, tzinfo=UTC)
APP, DB, SAN, GHOST = (CiId(x) for x in ("app", "db", "san", "ghost"))
LINKS = """
MATCH (r:ServiceRecord)-[link]->(n:CI)
RETURN r.number, type(link), n.id, properties(link) ORDER BY r.number, n.id, link.since
"""


def links(driver: Driver) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in asked(driver, LINKS)]


def test_each_kind_hangs_on_its_cis(opened: Open, neo4j_driver: Driver) -> None:
    store = opened()
    store.apply(ESTATE)
    states = AffectedCi(DB, "down", TEN, NOON), AffectedCi(DB, "degraded", NOON), AffectedCi(APP, "at_risk", TEN)
    values = (
        Incident(number="INC-1", title="Disk full", started_at=TEN, cis=states),
        Change(number="CHG-1", title="Disks", requested_at=TEN, start=TEN, end=NOON, cis=(PlannedCi(SAN, "at_risk"),)),
        Freeze(number="FRZ-1", title="Budget", start=TEN, end=NOON, cis=(CoveredCi(APP), CoveredCi(SAN))),
        ProblemRecord(number="PRB-1", title="Old disks", opened_at=TEN, cis=(CoveredCi(SAN),)),
    )
    store.apply(change(put_records=[kept(value) for value in values]))
    ten, noon = "2026-11-22T10:00:00Z", "2026-11-22T12:00:00Z"
    assert links(neo4j_driver) == [
        ("CHG-1", "CHANGES", "san", {"state": "at_risk"}),
        ("FRZ-1", "COVERS", "app", {}),
        ("FRZ-1", "COVERS", "san", {}),
        ("INC-1", "AFFECTS", "app", {"state": "at_risk", "since": ten}),
        ("INC-1", "AFFECTS", "db", {"state": "down", "since": ten, "until": noon}),
        ("INC-1", "AFFECTS", "db", {"state": "degraded", "since": noon}),
        ("PRB-1", "CONCERNS", "san", {}),
    ]
    named = "MATCH (r:ServiceRecord) RETURN r.number, [l IN labels(r) WHERE l <> 'ServiceRecord'] ORDER BY r.number"
    assert asked(neo4j_driver, named) == [
        ["CHG-1", ["Change"]], ["FRZ-1", ["FreezeWindow"]], ["INC-1", ["Incident"]], ["PRB-1", ["Problem"]]
    ]  # fmt: skip
    assert asked(neo4j_driver, "MATCH (:Incident)-[:AFFECTS]->(n:CI) RETURN count(DISTINCT n)") == [[2]]


def test_single_values_of_the_body_are_properties_and_never_ours(opened: Open, neo4j_driver: Driver) -> None:
    body = {
        "title": "Disk full", "major": True, "minutes": 1.5, "people": 2**70 % 2**64, "since": "then", "body": "mine",
        "missing": 5, "unlinked": "x", "cis": [], "timeline": [{"who": "ada"}], "cause": {"type": "power"}, "Up": 1,
        "a b": 1, "`x`": 1, "": 1, "nothing": None,
    }  # fmt: skip
    odd = kept_as("incident", "INC-1", "assyst", **body)
    opened().apply(change(put_records=[odd]))
    (((node,),)) = asked(neo4j_driver, "MATCH (r:Incident) RETURN properties(r)")
    assert node == {
        "kind": "incident", "source": "assyst", "number": "INC-1", "since": 1, "body": odd.body_json,
        "title": "Disk full", "major": True, "minutes": 1.5, "people": 0,
    }  # fmt: skip


def test_a_changed_record_lets_go_and_its_past_stands_apart(opened: Open, neo4j_driver: Driver) -> None:
    store = opened()
    store.apply(ESTATE)
    store.apply(change(put_records=[incident("1", ["db", "app"], title="one")]))
    store.apply(change(put_records=[incident("1", ["san"], title="two")]))
    assert links(neo4j_driver) == [("1", "AFFECTS", "san", {"state": "down"})]
    past = "MATCH (p:PastRecord) RETURN p.kind, p.source, p.number, p.since, p.until, p.body"
    was = incident("1", ["db", "app"], title="one")
    assert asked(neo4j_driver, past) == [["incident", "bluenose", "1", 2, 3, was.body_json]]
    assert asked(neo4j_driver, "MATCH (n:PastRecord|Revision|Head)-[r]-() RETURN count(r)") == [[0]]
    assert asked(neo4j_driver, "MATCH (r:Revision) WHERE r.number > 1 RETURN DISTINCT r.records, r.touched") == [
        [['["incident","bluenose","1"]'], []]
    ]


def test_cis_that_go_and_come_back(opened: Open, neo4j_driver: Driver) -> None:
    store = opened()
    store.apply(ESTATE)
    store.apply(change(put_records=[incident("1", ["db", "ghost", "ghost"]), incident("2", ["db", "app"])]))
    missing = "MATCH (r:ServiceRecord) RETURN r.number, r.missing, r.unlinked, r.since ORDER BY r.number"
    down = {"state": "down"}
    assert links(neo4j_driver) == [(n, "AFFECTS", c, down) for n, c in (("1", "db"), ("2", "app"), ("2", "db"))]
    assert asked(neo4j_driver, missing) == [["1", 1, ["ghost"], 2], ["2", None, None, 2]]
    store.apply(change(delete=[DB]))
    assert links(neo4j_driver) == [("2", "AFFECTS", "app", down)]
    assert asked(neo4j_driver, missing) == [["1", 2, ["db", "ghost"], 2], ["2", 1, ["db"], 2]]
    store.apply(change(put_cis=[ci("ghost")]))
    assert links(neo4j_driver) == [("1", "AFFECTS", "ghost", down), ("1", "AFFECTS", "ghost", down),
                                   ("2", "AFFECTS", "app", down)]  # fmt: skip
    store.apply(change(put_cis=[CIS[1]], delete=[GHOST, APP], put_records=[incident("2", ["db"])]))
    assert links(neo4j_driver) == [("1", "AFFECTS", "db", down), ("2", "AFFECTS", "db", down)]
    assert asked(neo4j_driver, missing) == [["1", 1, ["ghost"], 2], ["2", None, None, 5]]
    store.apply(change(put_cis=[ci("db", "hypervisor")]))
    store.apply(change(retire=[DB]))
    assert [row[2] for row in links(neo4j_driver)] == ["db", "db"]


def test_the_inventory_does_not_see_them(opened: Open) -> None:
    store = opened()
    store.apply(ESTATE)
    around, page = store.around([DB, APP]), store.page(CiFilter(), 9)
    store.apply(change(put_records=[incident(str(n), [c.id for c in CIS]) for n in range(50)]))
    assert store.around([DB, APP]) == around
    assert store.page(CiFilter(), 9) == page
    assert store.dump()[1:4] == (CIS, RELATIONS, POOLS)
    large = [*CIS, *(ci(f"n{n}") for n in range(6_000))]
    store.apply(change(put_cis=large, put_relations=[rel(c.id, "depends_on", "db") for c in large[5:]]))
    store.apply(change(put_cis=large, put_relations=[rel(c.id, "depends_on", "db") for c in large[5:]]))
    assert store.head().revision == 3
    assert len(store.dump().relations) == 6_004


def test_kinds_and_relations_named_like_records(opened: Open, neo4j_driver: Driver) -> None:
    names = ("service_record", "past_record", "incident", "change", "problem", "basis", "freeze_window")
    kinds = [Kind(name, "Ours.", "server") for name in names]
    types = [RelationType(name.lower(), "Ours.", ("server",), ("server",)) for name in RECORD_LINKS.values()]
    model = standard_model().extended(kinds, list({type_.name: type_ for type_ in types}.values()), [])
    assert OURS.isdisjoint(label(name) for name in (*names, *model.kinds))
    store = opened(model)
    cis = [ci(name, name) for name in sorted(names)]
    relations = [rel("change", "affects", "incident"), rel("incident", "affects", "service_record")]
    store.apply(change(put_cis=cis, put_relations=relations, put_records=[incident("1", names)]))
    assert asked(neo4j_driver, "MATCH (r:ServiceRecord) RETURN count(r)") == [[1]]
    assert asked(neo4j_driver, "MATCH (:Incident)-[:AFFECTS]->(n:CI) RETURN count(n)") == [[7]]
    assert store.dump()[1:] == (cis, relations, [], [incident("1", names)])
    store.apply(change(delete=[CiId("incident")]))
    assert store.dump()[1:3] == ([c for c in cis if c.id != "incident"], [])
    assert [s.record for s in store.records().records] == [incident("1", names)]


def test_every_kind_has_its_words() -> None:
    assert set(RECORD_LABELS) == set(RECORD_LINKS) == set(RECORD_KINDS)


def test_a_database_of_the_first_format_is_gone_on_with(opened: Open, neo4j_driver: Driver) -> None:
    model = standard_model().extended(
        [Kind("incident", "Ours.", "server"), Kind("service_record", "Ours.", "server")], [], []
    )
    first = opened(model)
    first.apply(change(put_cis=[ci("i", "incident"), ci("r", "service_record")]))
    first.close()
    for statement in (
        "MATCH (n:IncidentKind) REMOVE n:IncidentKind SET n:Incident",
        "MATCH (n:ServiceRecordKind) REMOVE n:ServiceRecordKind SET n:ServiceRecord",
        "MATCH (r:Revision) REMOVE r.records",
        "MATCH (h:Head) SET h.format = 1",
        "DROP CONSTRAINT servicerecord_kind_source_number",
        "DROP INDEX servicerecord_by_since",
    ):
        asked(neo4j_driver, statement)
    store = opened(model)
    ours = "[l IN labels(n) WHERE l ENDS WITH 'Kind' OR l IN ['ServiceRecord', 'Incident']]"
    labels = f"MATCH (n:CI) RETURN {ours} ORDER BY n.id"
    assert asked(neo4j_driver, labels) == [[["IncidentKind"]], [["ServiceRecordKind"]]]
    assert asked(neo4j_driver, "MATCH (h:Head) RETURN h.format") == [[schema.FORMAT]]
    assert [logged.records for logged in store.log(0, 9)] == [()]
    store.apply(change(put_records=[incident("1", ["i"])]))
    assert links(neo4j_driver) == [("1", "AFFECTS", "i", {"state": "down"})]
    names = {name for (name,) in asked(neo4j_driver, "SHOW INDEXES YIELD name RETURN name")}
    assert names >= {"servicerecord_kind_source_number", "servicerecord_by_since"}
    with pytest.raises(ValueError, match="ENCODING_INVALID"):
        store.apply(change(put_records=[incident("\ud800")]))
