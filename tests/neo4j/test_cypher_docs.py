"""The queries in docs/neo4j.md, on the demo province in a real database."""

import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from neo4j import Driver

from cmdb.model.ci import CiId
from cmdb.model.model import standard_model
from cmdb.records.form import kept
from cmdb.records.kinds import IncidentState
from cmdb.records.record_types import AffectedCi, AnyRecord, Change, CoveredCi, Freeze, Incident, PlannedCi
from cmdb.store.neo4j.store import Neo4jStore
from cmdb.store.port import Dump
from importers.runner import apply_plan, plan_import
from tests.neo4j.choice import TestServer
from tests.neo4j.plugin import turn
from tests.neo4j.wiping import wipe
from tests.store.estate import change

Rows = list[dict[str, Any]]
PAGE = Path("docs/neo4j.md").read_text()
QUERIES = [textwrap.dedent(text) for text in re.findall(r"^ +```cypher\n(.+?)^ +```$", PAGE, re.M | re.S)]
SAN, VOLUME = CiId("san-gdc-01"), CiId("vol-gdc-02-ds-06")
TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATES = (AffectedCi(SAN, "degraded", TEN, TEN + HOUR), AffectedCi(SAN, "down", TEN + HOUR))
RECORDS: tuple[AnyRecord, ...] = (
    Incident(number="INC-1", title="Array down", started_at=TEN, cis=STATES),
    Incident(number="INC-2", title="Over", started_at=TEN, state=IncidentState.closed, cis=STATES[1:]),
    Freeze(number="FRZ-1", title="Budget day", start=TEN, end=TEN + HOUR, cis=(CoveredCi(VOLUME), CoveredCi(SAN))),
    *(
        Change(number=f"CHG-{n}", title="Disks", requested_at=TEN, start=TEN + n * HOUR / 2, end=TEN + n * HOUR,
               cis=(PlannedCi(VOLUME),))
        for n in (1, 2)
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def province(neo4j_session_server: TestServer) -> Iterator[tuple[Driver, Dump]]:
    """The demo province, imported into the database with a few records, and what it holds."""
    model, server = standard_model(), neo4j_session_server
    user, password = server.auth or ("", "")
    with turn(server), server.driver() as driver:
        wipe(driver)
        with closing(Neo4jStore(server.uri, user, password, model, silent_seconds=20)) as store:
            apply_plan(store, plan_import(store, model, Path("examples/province"), "province"), "ada")
            store.apply(change(put_records=[kept(value) for value in RECORDS]))
            yield driver, store.dump()


def kinds(rows: Rows, dump: Dump) -> bool:
    return {row["kind"]: row["cis"] for row in rows} == Counter(c.kind for c in dump.cis if c.lifecycle == "live")


def dispatch(rows: Rows, dump: Dump) -> bool:
    return "Emergency Dispatch" in {row["node.name"] for row in rows}


def around(rows: Rows, dump: Dump) -> bool:
    near = [r for r in dump.relations if "app-adds" in (r.from_id, r.to_id)]
    found = sorted((row["start"], row["relation"].lower(), row["end"], row["pool"]) for row in rows)
    return found == sorted(tuple(r.key) for r in near)


def reaching(rows: Rows, dump: Dump) -> bool:
    walked = {"uses", "delivered_by", "depends_on", "runs_on", "hosted_on", "has_member", "stores_data_on"}
    reached: dict[str, int] = {"vol-gdc-02-ds-06": 0}
    hops = 0
    while hops < 8:
        hops += 1
        for r in [r for r in dump.relations if r.type in walked and reached.get(r.to_id) == hops - 1]:
            reached.setdefault(r.from_id, hops)
    services: dict[str, str] = {c.id: c.name for c in dump.cis if c.kind == "business_service"}
    return Counter((row["service"], row["hops"]) for row in rows) == Counter(
        (services[ci], at) for ci, at in reached.items() if ci in services
    )


def callers(rows: Rows, dump: Dump) -> bool:
    teams = {c.name for c in dump.cis if c.kind == "team"}
    return all(row["cis"] > 0 and row["team"] in teams for row in rows)


def tight(rows: Rows, dump: Dump) -> bool:
    live = {c.id for c in dump.cis if c.lifecycle == "live"}
    members = Counter((r.from_id, r.pool) for r in {(r.from_id, r.to_id, r.pool): r for r in dump.relations}.values()
                      if r.pool and r.to_id in live)  # fmt: skip
    tied = {p.key for p in dump.pools if p.required.isdigit() and 0 < members[p.key] <= int(p.required)}
    return {(row["ci"], row["pool"]) for row in rows} == tied


def gaps(rows: Rows, dump: Dump) -> bool:
    rto = {c.id: c.attributes.get("rto") for c in dump.cis}
    return all(rto[row["ci"]] == row["minutes"] < row["its_minutes"] == rto[row["needs"]] for row in rows)


def unsupported(rows: Rows, dump: Dump) -> bool:
    supported = {r.from_id for r in dump.relations if r.type == "supported_by"}
    loose = {c.id for c in dump.cis if (c.kind, c.lifecycle) == ("application", "live")
             and (c.id not in supported or "verified_at" not in c.attributes)}  # fmt: skip
    return {row["application"] for row in rows} == loose


def ending(rows: Rows, dump: Dump) -> bool:
    covered = {r.to_id for r in dump.relations if r.type == "covered_by"}
    soon = {c.name for c in dump.cis if c.id in covered and str(c.attributes.get("valid_until", "9")) < "2027-11-22"}
    return {row["agreement"] for row in rows} == soon


def revisions(rows: Rows, dump: Dump) -> bool:
    return [row["revision"] for row in rows] == [2, 1, 0] and rows[1]["who"] == "ada"


def going_on(rows: Rows, dump: Dump) -> bool:
    names = {c.id: c.name for c in dump.cis}
    teams = sorted(names[r.to_id] for r in dump.relations if (r.from_id, r.type) == (SAN, "supported_by"))
    told = [(row["incident"], row["title"], row["ci"], row["state"], sorted(row["teams"])) for row in rows]
    return bool(teams) and told == [("INC-1", "Array down", SAN, "down", teams)]


def frozen(rows: Rows, dump: Dump) -> bool:
    return [(row["change"], row["ci"], row["freeze"]) for row in rows] == [("CHG-1", VOLUME, "FRZ-1")]


CHECKS = (
    kinds, dispatch, around, reaching, callers, tight, gaps, unsupported, ending, revisions, going_on, frozen,
)  # fmt: skip


def test_there_are_twelve() -> None:
    assert len(QUERIES) == len(CHECKS) == 12


@pytest.mark.parametrize(("number", "check"), list(enumerate(CHECKS)), ids=[check.__name__ for check in CHECKS])
def test_a_query_of_the_page(
    province: tuple[Driver, Dump], number: int, check: Callable[[Rows, Dump], bool]
) -> None:  # fmt: skip
    driver, dump = province
    with driver.session() as session:
        rows = session.execute_read(lambda tx: tx.run(QUERIES[number]).data())
    assert rows
    assert check(rows, dump), rows[:5]
