"""Observations in the graph: counted once, decided in one revision, hung on the CIs that they are about."""

from datetime import UTC, datetime

import pytest
from neo4j import Driver

from cmdb.model.ci import CiId
from cmdb.model.model import Model, standard_model
from cmdb.records.keeper import BookKeeper
from cmdb.records.observations import Evidence
from cmdb.records.observing import ObservationDesk
from cmdb.service import Signed
from tests.neo4j.conftest import Open, asked
from tests.store.estate import ESTATE

pytestmark = pytest.mark.slow
SEEN, NOW = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)
BY = Signed("ann", "console")
PAIRS = "MATCH (r:Observation)-[:OBSERVED]->(n:CI) RETURN r.number, r.state, collect(n.id) ORDER BY r.number"


def seen(caller: str, called: str, calls: int, day: int = 1) -> Evidence:
    at = SEEN.replace(day=day)
    return Evidence(CiId(caller), CiId(called), f"{caller} {called}", calls, at, at, True)


@pytest.fixture
def model() -> Model:
    return standard_model()


def test_observations_on_the_server(opened: Open, neo4j_driver: Driver, model: Model) -> None:
    store = opened()
    store.apply(ESTATE)
    desk = ObservationDesk(store, model, BookKeeper(store), lambda: NOW)
    told = [seen("app", "san", 10), seen("san", "app", 4)]
    assert desk.record("otel", told, BY._replace(key="one"))[:3] == (2, 2, 0)
    assert desk.record("otel", told, BY) == (2, 0, 0, 2, False)
    assert desk.record("otel", told, BY._replace(key="one")).replayed
    assert desk.record("otel", [seen("app", "san", 25, 2)], BY)[:3] == (3, 0, 1)
    done = desk.confirm(["OBS-0001"], BY, effect="at_risk")
    assert (done.revision, [relation[:3] for relation in done.relations]) == (4, [("app", "depends_on", "san")])
    desk.reject(["OBS-0002"], BY)
    assert [(number, state, sorted(cis)) for number, state, cis in asked(neo4j_driver, PAIRS)] == [
        ("OBS-0001", "confirmed", ["app", "san"]),
        ("OBS-0002", "rejected", ["app", "san"]),
    ]
    again = opened()
    book = BookKeeper(again).current().book
    assert [(one.calls, one.last_seen.day, one.decided_calls) for one in book.observations.values()] == [
        (25, 2, 25), (4, 1, 4),
    ]  # fmt: skip
