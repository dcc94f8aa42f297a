"""A change office for tests: the province in a store of its own, served over HTTP, on a clock that a test sets."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from api.verbs import options
from api.workspace import Workspace, open_workspace
from cmdb.model.ci import CiId
from cmdb.records.drafts import AffectedDraft, IncidentDraft
from cmdb.records.kinds import IncidentState
from cmdb.service import Signed
from tests.contract.service import ROOT, Service, load_province, serving
from tests.integration.command import Run, runner

OPERATIONS = ROOT / "graphql" / "operations"
CHANGES = (OPERATIONS / "changes.graphql").read_text(encoding="utf-8")
MUTATIONS = (OPERATIONS / "mutations.graphql").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STATES = """query($s: [AssumptionInput!]!, $after: String, $asOf: String) { impact(scenario: $s, asOf: $asOf) {
  ... on Impact { affected(first: 200, after: $after) { nodes { id state } endCursor hasNextPage } } } }"""


@dataclass
class Clock:
    """Tells what a test set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Office:
    """What people of a change office do, over HTTP."""

    service: Service
    clock: Clock
    address: str

    def do(self, operation: str, **variables: Any) -> dict[str, Any]:
        """The answer of an operation about changes."""
        (answer,) = self.service.ask(CHANGES, operation, **variables).values()
        found: dict[str, Any] = answer
        return found

    def edit(self, operation: str, **variables: Any) -> int:
        """The revision that an edit of the inventory made."""
        (answer,) = self.service.ask(MUTATIONS, operation, **variables).values()
        assert answer["__typename"] == "Applied", answer
        return int(answer["revision"])

    def plan(self, cis: list[str], start: str, end: str, submit: bool = True, **more: Any) -> str:
        """The key of a new change of CIs (`CI` or `CI=state`)."""
        written = self.do("PlanChange", input={"title": " ".join(cis), **window(start, end), "cis": parts(cis), **more})
        assert written["__typename"] == "WrittenChange", written
        key = str(written["change"]["key"])
        if submit:
            self.move(key, "submitted")
        return key

    def move(self, key: str, to: str, **more: Any) -> dict[str, Any]:
        """The change after a move that succeeds."""
        moved = self.do("MoveChange", number=key, to=to, **more)
        assert moved["__typename"] == "WrittenChange", moved
        change: dict[str, Any] = moved["change"]
        return change

    def approve(self, key: str, **more: Any) -> dict[str, Any]:
        """The change after an approval that succeeds."""
        decided = self.do("DecideChange", number=key, decision="approved", **more)
        assert decided["__typename"] == "WrittenChange", decided
        change: dict[str, Any] = decided["change"]
        return change

    def review(self, key: str, operation: str = "Change") -> dict[str, Any]:
        """The review of a recorded change."""
        found: dict[str, Any] = self.do(operation, number=key)["review"]
        return found

    def collisions(self, key: str) -> list[dict[str, Any]]:
        """The collisions of a recorded change."""
        found: list[dict[str, Any]] = self.review(key, "ChangeCollisions")["collisions"]["nodes"]
        return found

    def incident(self, ci: str, state: str = "down", **more: Any) -> str:
        """The key of a new incident."""
        cis = (AffectedDraft(CiId(ci), state),)
        draft = IncidentDraft(title=f"{ci} {state}", started_at=self.clock.now, cis=cis, **more)
        return str(self.service.workspace.desk.declare_incident(draft, Signed("ada", "test")).value.key)

    def resolve(self, key: str) -> None:
        """End an incident."""
        desk, found = self.service.workspace.desk, self.service.workspace.records().book.find("incident", key)
        desk.move_incident(found.key, IncidentState.resolved, Signed("ada", "test"))

    def states(self, *cis: str, as_of: str | None = None) -> dict[str, str]:
        """The state of every CI that a scenario affects, as the impact answer tells it."""
        found: dict[str, str] = {}
        after, more = None, True
        while more:
            told = self.service.ask(STATES, s=parts(list(cis)), after=after, asOf=as_of)["impact"]["affected"]
            found |= {node["id"]: node["state"] for node in told["nodes"]}
            after, more = told["endCursor"], told["hasNextPage"]
        return found

    @property
    def head(self) -> int:
        """The newest revision."""
        return self.service.workspace.store.head().revision


def parts(cis: list[str]) -> list[dict[str, str]]:
    """`CI` and `CI=state` as inputs."""
    return [{"ci": ci, "state": state or "down"} for ci, _, state in (text.partition("=") for text in cis)]


def window(start: str, end: str) -> dict[str, str]:
    """A window of `24 22:00` (day of November 2026, UTC) or ISO 8601 texts."""
    return {"start": at(start), "end": at(end)}


def at(text: str) -> str:
    """`24 22:00` as ISO 8601; other texts as they are."""
    day, _, clock = text.partition(" ")
    return f"2026-11-{day}T{clock}:00Z" if clock else text


def later(text: str, minutes: float) -> str:
    """A moment so many minutes after another, in ISO 8601."""
    return (datetime.fromisoformat(at(text)) + timedelta(minutes=minutes)).isoformat()


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the province, to be copied."""
    path = tmp_path_factory.mktemp("office") / "province.db"
    load_province(path).close()
    return path


@pytest.fixture
def office(province: Path, tmp_path: Path) -> Iterator[Office]:
    """A change office over a fresh province."""
    path = tmp_path / "store.db"
    shutil.copy(province, path)
    address, clock = f"sqlite:{path}", Clock()
    workspace = open_workspace(address, clock=clock)
    with serving(workspace, Settings()) as service:
        yield Office(service, clock, address)
    workspace.close()


@pytest.fixture
def typed(office: Office, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on the store of the office, on its clock."""

    def opened(store: str, model: Path | None) -> Workspace:
        return open_workspace(store, model, office.clock)

    monkeypatch.setenv("CMDB_STORE", office.address)
    monkeypatch.setattr(options, "open_workspace", opened)
    return runner(capfdbinary)
