"""Merging, parting and undoing in the graph: relations and records follow, and everything comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from neo4j import Driver

from api.identity import disagreements
from api.identity_pages import disputes, doubles
from api.known_as import known_as
from api.matching import merging
from api.workspace import Workspace
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from cmdb.model.model import standard_model
from cmdb.records.drafts import AffectedDraft, IncidentDraft
from cmdb.records.undoing import plan_undo, undo, undone_before
from cmdb.service import Inventory, Signed
from cmdb.store.neo4j.store import Neo4jStore
from impact.kept import Keep
from impact.snapshot import Snapshot
from tests.neo4j.conftest import Open, asked

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 22, tzinfo=UTC)
BY = Signed("ann", "api")
KEEP, GONE = CiId("web-1"), CiId("Server::3")
AROUND = "MATCH (a:CI)-[r]->(b:CI) WHERE 'web-1' IN [a.id, b.id] RETURN a.id, type(r), b.id ORDER BY a.id, b.id"


@contextmanager
def workspace_of(store: Neo4jStore, folder: Path) -> Iterator[Workspace]:
    model = standard_model()
    snapshot = Snapshot(store, model, Keep(folder / "kept.estate", "neo4j"))
    yield Workspace(model, store, Inventory(store, model), snapshot, remote=True, clock=lambda: NOW)


def server(id_: str, source: str, rto: int) -> CI:
    values = attributes_json({"serial": "ABC123XYZ", "rto": rto})
    return CI(CiId(id_), "server", "web-1", "shared", "live", values, source)


def hangs(start: str, end: str, source: str, pool: str = "") -> Relation:
    return Relation(CiId(start), "depends_on", CiId(end), pool, "", source)


def test_merged_parted_and_undone_on_the_server(opened: Open, neo4j_driver: Driver, tmp_path: Path) -> None:
    store = opened()
    apps = [
        CI(CiId(name), "application", name, "shared", "live", "{}", source)
        for name, source in (("shop", "a"), ("till", "b"))
    ]
    told = [hangs("shop", KEEP, "a"), hangs("till", GONE, "b"), hangs(GONE, "till", "b", "p")]
    store.apply(
        Changeset(
            "ann", "a", put_cis=[server(KEEP, "a", 60), server(GONE, "b", 240), *apps], put_relations=told,
            put_pools=[Pool(GONE, "p", "1", "", "down", "b")],
        )
    )  # fmt: skip
    before = store.dump()
    with workspace_of(store, tmp_path) as workspace:
        (pair,) = doubles(workspace, (), "b", 20).page.nodes
        assert {pair.keep.ci.id, pair.other.ci.id} == {KEEP, GONE}
        draft = IncidentDraft(title="Down", started_at=NOW, cis=(AffectedDraft(GONE, "down"),))
        number = workspace.desk.declare_incident(draft, BY).value.number
        assert merging(workspace, KEEP, GONE).records == [number]
        merged = workspace.matches.merge(KEEP, GONE, BY._replace(key="m"), "same box")
        assert workspace.matches.merge(KEEP, GONE, BY._replace(key="m"), "same box") == merged
        assert [(a, b) for a, _, b in asked(neo4j_driver, AROUND)] == [
            ("shop", "web-1"), ("till", "web-1"), ("web-1", "till"),
        ]  # fmt: skip
        assert [part.ci for part in workspace.records().book.open_incidents()[0].cis] == [KEEP]
        found = known_as(workspace, GONE)
        assert found is not None
        assert (found.stored.ci.id, found.since) == (KEEP, merged.revision)
        (disputed,) = disputes(workspace, "", "", 20).page.nodes
        assert (disputed.told.attribute, disputed.told.kept, disputed.told.others[0].value) == ("rto", 60, 240)
        parted = workspace.matches.part(KEEP, "b", BY)
        assert store.dump()[1:4] == before[1:4]
        for revision in (parted.revision, merged.revision):
            planned = plan_undo(store, workspace.model, revision)
            _, done = undo(store, workspace.model, planned, BY._replace(key=f"u{revision}"), workspace.clock)
            again = undone_before(store, revision, BY._replace(key=f"u{revision}"))
            assert again is not None
            assert (again.revision, again.replayed) == (done.revision, True)
        assert store.dump()[1:4] == before[1:4]
        assert [part.ci for part in workspace.records().book.open_incidents()[0].cis] == [GONE]
        assert all(disagreements(workspace.model, ci) == [] for ci in store.dump().cis)
        assert disputes(workspace, "", "", 20).page.total_count == 0
        assert proposed(workspace) == 1  # neither decision counts any more
        distinct = workspace.matches.distinguish(KEEP, GONE, BY)
        assert proposed(workspace) == 0
        back = undone(workspace, distinct.revision)
        assert proposed(workspace) == 1
        assert workspace.records().book.matches[distinct.match.key].undone_at == NOW
        undone(workspace, back)
        assert proposed(workspace) == 0


def proposed(workspace: Workspace) -> int:
    return doubles(workspace, (), "", 20).page.total_count


def undone(workspace: Workspace, revision: int) -> int:
    planned = plan_undo(workspace.store, workspace.model, revision)
    return undo(workspace.store, workspace.model, planned, BY, workspace.clock)[1].revision
