"""The storm, replayed once for each of the stores; and what the board said on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partialmethod
from pathlib import Path

import pytest

from api.storm.replay import Replay
from api.storm.stops import Stop, replaying, stops_of
from api.storm.story import Story, read_story
from api.verbs.serving import load_province
from api.verbs.storm import STORM
from api.workspace import Workspace
from cmdb.progress import Silent
from cmdb.store.neo4j.store import Neo4jStore
from tests.neo4j.choice import TestServer
from tests.neo4j.plugin import turn
from tests.neo4j.wiping import wipe


@dataclass
class Replayed:
    """A storm that is over: the stops on the way, with what was worked out at each."""

    workspace: Workspace
    replay: Replay
    stops: list[Stop]


@pytest.fixture(scope="session")
def story() -> Story:
    return read_story(STORM)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("neo4j", marks=pytest.mark.xdist_group("neo4j"))])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty store."""
    folder = tmp_path_factory.mktemp("storm")
    if request.param == "sqlite":
        yield f"sqlite:{folder / 'storm.db'}"
        return
    server: TestServer = request.getfixturevalue("neo4j_session_server")
    with turn(server), pytest.MonkeyPatch.context() as patch:
        with server.driver() as driver:
            wipe(driver, keep_schema=True)
        user, password = server.auth or ("", "")
        patch.setenv("NEO4J_USER", user)
        patch.setenv("NEO4J_PASSWORD", password)
        patch.setenv("CMDB_CACHE", str(folder))
        # Beside other tests, a server that is well may be silent for longer than one of its own should be.
        patch.setattr(Neo4jStore, "__init__", partialmethod(Neo4jStore.__init__, silent_seconds=20.0))
        yield server.uri


@pytest.fixture(scope="module")
def replayed(address: str, story: Story) -> Iterator[Replayed]:
    """The whole storm in that store."""
    with begun(story, address) as (workspace, replay):
        yield Replayed(workspace, replay, list(stops_of(workspace, replay)))


@contextmanager
def begun(story: Story, address: str) -> Iterator[tuple[Workspace, Replay]]:
    """A storm about to begin on the province."""
    with replaying(story, address) as (workspace, replay):
        load_province(workspace, Silent())
        yield workspace, replay


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")
