"""Where the estate of an end-to-end test is kept: the same for the processes it starts and for the test itself."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw

from cmdb.model.model import standard_model
from cmdb.store.neo4j.store import Neo4jStore
from cmdb.store.port import Store
from cmdb.store.sqlite.store import SqliteStore
from tests.neo4j.choice import TestServer

TABLES = {
    "cis": "ci", "relations": "relation", "past cis": "ci_past", "past relations": "relation_past",
    "revisions": "revision", "keys": "request",
}  # fmt: skip
NODES = {
    "cis": "(n:CI)", "relations": "(:CI)-[n]->(:CI)", "past cis": "(n:PastCI)", "past relations": "(n:PastRelation)",
    "revisions": "(n:Revision)", "keys": "(n:Request)",
}  # fmt: skip
PATIENCE_S = 30.0


class Place:
    """A store's address, and the environment in which a process finds it."""

    url: str
    environment: dict[str, str]

    def opened(self) -> Store:
        """The store, opened by the test itself; whoever opens it closes it."""
        raise NotImplementedError

    def rows(self) -> dict[str, int]:
        """How many of everything are stored, counted past the product, after a check that the store is sound."""
        raise NotImplementedError


class FilePlace(Place):
    """A file in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "store.db"
        self.url, self.environment = f"sqlite:{self._path}", {}

    def opened(self) -> Store:
        return SqliteStore(self._path, standard_model(), busy_seconds=PATIENCE_S)

    def rows(self) -> dict[str, int]:
        with closing(apsw.Connection(str(self._path))) as file:
            file.set_busy_timeout(round(PATIENCE_S * 1000))
            assert file.pragma("integrity_check") == "ok"
            file.execute("INSERT INTO found(found) VALUES('integrity-check')")
            return {what: _number(file.execute(f"SELECT count(*) FROM {table}")) for what, table in TABLES.items()}


class DatabasePlace(Place):
    """The empty database of a server; what is kept on disk beside it is in `folder`."""

    def __init__(self, server: TestServer, folder: Path) -> None:
        self._server = server
        self._user, self._password = server.auth or ("", "")
        self.url = server.uri
        self.environment = {
            "NEO4J_USER": self._user, "NEO4J_PASSWORD": self._password, "CMDB_CACHE": str(folder)
        }  # fmt: skip

    def opened(self) -> Store:
        return Neo4jStore(self.url, self._user, self._password, standard_model(), silent_seconds=PATIENCE_S)

    def rows(self) -> dict[str, int]:
        with self._server.driver() as driver, driver.session() as session:
            queries = {what: f"MATCH {pattern} RETURN count(n)" for what, pattern in NODES.items()}
            return {what: session.run(query).single(strict=True).value() for what, query in queries.items()}


@contextmanager
def opened(place: Place) -> Iterator[Store]:
    """The store at `place`, closed afterwards, so that the next process to open it finds nobody there."""
    with closing(place.opened()) as store:
        yield store


def _number(rows: Iterator[tuple[int]]) -> int:
    return next(rows)[0]
