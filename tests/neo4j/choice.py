"""Which Neo4j server the tests run against: a named one, a container, or a server of their own; in that order."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from neo4j import Driver, GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from tests.neo4j.container import Neo4jContainer
from tests.neo4j.jars import ensure_jars, find_java, java_version
from tests.neo4j.server import Neo4jServer, StartFailed, server_version
from tests.neo4j.unavailable import Unavailable


@dataclass(frozen=True)
class TestServer:
    """A running server the tests may wipe. `how` says in a few words where it came from; `stop` gives it back."""

    __test__ = False

    uri: str
    auth: tuple[str, str] | None
    version: str
    how: str
    stop: Callable[[], None]
    shared: bool = False

    def driver(self) -> Driver:
        """A new driver for it; the caller closes it."""
        return GraphDatabase.driver(self.uri, auth=self.auth)


def choose_server(home: Path) -> TestServer:
    """The first server that can be had; `home` is where one of our own would keep its data.

    A server named by NEO4J_URI is used or the choice fails: another one in its place would surprise. Raises Unavailable
    with the reason of every way tried.
    """
    if uri := os.environ.get("NEO4J_URI"):
        return named_server(uri)
    reasons = []
    for name, start in (("container", container), ("own server", lambda: own_server(home))):
        try:
            return start()
        except (Unavailable, StartFailed) as reason:
            reasons.append(f"{name}: {reason}")
    raise Unavailable("; ".join(["NEO4J_URI is not set", *reasons]))


def named_server(uri: str) -> TestServer:
    """The server at NEO4J_URI, with NEO4J_USER (neo4j by default) and NEO4J_PASSWORD (none: no authentication).

    Tests wipe the database they are given, so one that holds anything is refused unless NEO4J_MAY_WIPE=yes.
    """
    password = os.environ.get("NEO4J_PASSWORD")
    auth = (os.environ.get("NEO4J_USER", "neo4j"), password) if password else None
    try:
        version = server_version(uri, auth)
        with GraphDatabase.driver(uri, auth=auth) as driver:
            nodes = driver.execute_query("MATCH (n) RETURN count(n) AS nodes").records[0]["nodes"]
    except (DriverError, Neo4jError) as error:
        raise Unavailable(f"NEO4J_URI is {uri} and it does not answer: {error}") from error
    if nodes and os.environ.get("NEO4J_MAY_WIPE") != "yes":
        raise Unavailable(f"{uri} holds {nodes} nodes and the tests wipe it; NEO4J_MAY_WIPE=yes allows that")
    return TestServer(uri, auth, version, "NEO4J_URI", stop=lambda: None, shared=True)


def container() -> TestServer:
    """A container of the official image."""
    running = Neo4jContainer.start()
    return TestServer(running.uri, running.auth, running.version, "Docker container", running.stop)


def own_server(home: Path) -> TestServer:
    """A server from Maven jars on the Java at hand. Its data is disposable, so it is killed rather than stopped."""
    server = prepare_own_server(home)
    server.start()
    how = f"own server from Maven jars, Java {java_version(find_java())}"
    return TestServer(server.uri, server.auth, server.version, how, server.kill)


def prepare_own_server(home: Path) -> Neo4jServer:
    """A server not yet started, for tests that pause, kill and restart it. Raises Unavailable with the reason."""
    java = find_java()
    return Neo4jServer(home, ensure_jars(), java)
