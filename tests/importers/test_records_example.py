"""The example records: the files are what their tables say, import into the province, and say what they should."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.records import standing
from api.reviews import reviewed
from api.verbs.serving import PROVINCE, load_province
from api.workspace import Workspace, open_workspace
from cmdb.progress import Silent
from cmdb.records.kinds import CauseType, ChangeState
from cmdb.service import Signed
from examples.province.records.build import FOLDER, FORM, write
from importers.records.cells import Clock
from importers.records.plan import plan_records, write_records

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NAMES = ("incidents.csv", "changes.csv", "freezes.csv", "problems.csv")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The province with the records of its year."""
    place = tmp_path_factory.mktemp("records") / "store.db"
    opened = open_workspace(f"sqlite:{place}", None, lambda: NOW)
    load_province(opened, Silent())
    clock = Clock.declared(FORM, ZoneInfo("America/Halifax"))
    planned = plan_records(opened.store, opened.model, PROVINCE / "records", "assyst", clock, NOW)
    assert planned.warnings == ()
    write_records(opened.desk, planned, Signed("somebody", "assyst"))
    assert plan_records(opened.store, opened.model, FOLDER, "assyst", clock, NOW + timedelta(days=1)).empty
    yield opened
    opened.close()


def test_the_files_are_what_the_tables_say(tmp_path: Path) -> None:
    write(tmp_path)
    assert all((tmp_path / name).read_bytes() == (FOLDER / name).read_bytes() for name in NAMES)


def test_a_year_of_a_service_desk(workspace: Workspace) -> None:
    book = workspace.book.current().book
    incidents, changes = list(book.incidents.values()), list(book.changes.values())
    assert not any(incident.open for incident in incidents)
    caused = [incident.cause.change for incident in incidents if incident.cause and incident.cause.change]
    failed = [str(change.key) for change in changes if change.state is ChangeState.failed]
    assert sorted(filter(None, caused)) == sorted(failed) != []
    causes = Counter(incident.cause.type for incident in incidents if incident.cause)
    assert causes.keys() >= {CauseType.change, CauseType.hardware, CauseType.power, CauseType.external}
    months = {incident.started_at.strftime("%Y-%m") for incident in incidents}
    assert len(months) == 12
    assert any(incident.major for incident in incidents)


@pytest.mark.parametrize(
    ("number", "other", "pools", "freezes"),
    [
        ("CHG-5001", "assyst/CHG-5002", 1, 0),
        ("CHG-5003", "assyst/CHG-5004", 1, 0),
        ("CHG-5005", "", 0, 1),
    ],
)
def test_changes_to_come_collide_or_are_frozen(
    workspace: Workspace, number: str, other: str, pools: int, freezes: int
) -> None:
    found = reviewed(standing(workspace), f"assyst/{number}").found
    others = {party.key for node in found.collisions.nodes for party in node.parties} - {f"assyst/{number}"}
    assert others == ({other} if other else set())
    assert any(node.pools for node in found.collisions.nodes) is bool(pools)
    assert len(found.freezes) == freezes
