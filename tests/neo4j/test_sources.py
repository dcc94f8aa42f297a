"""Sources that say things in any order, with people between them, on a real server."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cmdb.move.copying import copy
from cmdb.move.hashing import content_hash
from cmdb.move.recorded import Recorded
from cmdb.store.neo4j.store import Neo4jStore
from cmdb.store.port import Store
from cmdb.store.sqlite.store import SqliteStore
from tests.neo4j.choice import TestServer
from tests.neo4j.plugin import turn
from tests.neo4j.wiping import wipe
from tests.unit.test_sources_machine import MODEL, Sources, run


class SourcesInNeo4j(Sources):
    """The same on the other store, and what came of it copied back with its history."""

    opened: Callable[[], Store]

    def open(self, folder: Path) -> Store:
        return type(self).opened()

    def close(self, folder: Path) -> None:
        with closing(SqliteStore(folder / "copy.db", MODEL)) as other:
            done = copy(Recorded(self.store), other, MODEL)
            assert done.content == content_hash(self.store) == content_hash(other)
            for at in range(len(self.past)):
                assert other.dump(at)[1:4] == self.store.dump(at)[1:4]


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_flaps_in_neo4j(neo4j_session_server: TestServer) -> None:
    user, password = neo4j_session_server.auth or ("", "")

    def opened() -> Store:
        with neo4j_session_server.driver() as driver:
            wipe(driver, keep_schema=True)
        return Neo4jStore(neo4j_session_server.uri, user, password, MODEL, silent_seconds=20.0)

    with turn(neo4j_session_server):
        run(type("Machine", (SourcesInNeo4j,), {"opened": staticmethod(opened)}), 10, 15)
