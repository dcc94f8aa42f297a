"""Fixtures for tests on a real Neo4j, and the line of the test output that says which one they ran on."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NoReturn

import pytest
from neo4j import Driver

from tests.neo4j.choice import TestServer, choose_server, prepare_own_server
from tests.neo4j.jars import locked
from tests.neo4j.server import Neo4jServer
from tests.neo4j.unavailable import Unavailable
from tests.neo4j.wiping import wipe

USED = pytest.StashKey[set[str]]()
GROUP = "neo4j"
FIXTURES = {"neo4j_session_server"}


@pytest.fixture(scope="session")
def neo4j_session_server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[TestServer]:
    """One server for the whole session (per worker under pytest-xdist), or a skip that says why there is none."""
    try:
        server = choose_server(tmp_path_factory.mktemp("neo4j"))
    except Unavailable as reason:
        do_without(reason)
    note(request.config, f"Neo4j {server.version}: {server.how}")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def neo4j_server(neo4j_session_server: TestServer) -> Iterator[TestServer]:
    """The session's server, empty: no data, constraints or indexes of any earlier test."""
    with turn(neo4j_session_server), neo4j_session_server.driver() as driver:
        wipe(driver)
        yield neo4j_session_server


@pytest.fixture
def neo4j_driver(neo4j_server: TestServer) -> Iterator[Driver]:
    """A driver on the empty server."""
    with neo4j_server.driver() as driver:
        yield driver


@pytest.fixture
def neo4j_process(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Neo4jServer]:
    """A started server of the test's own, which it may pause, kill and restart. Takes some ten seconds."""
    try:
        server = prepare_own_server(tmp_path / "neo4j")
    except Unavailable as reason:
        do_without(reason)
    try:
        server.start()
        note(request.config, f"Neo4j {server.version}: own server that tests pause and kill")
        yield server
    finally:
        server.kill()


def do_without(reason: Unavailable) -> NoReturn:
    """Skip with the reason on a developer's machine; fail where CI=true, so that no run passes without a server."""
    message = f"no Neo4j server: {reason}"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        raise pytest.fail.Exception(message, pytrace=False) from None
    pytest.skip(message)


def turn(server: TestServer) -> AbstractContextManager[None]:
    """On a server that other processes use as well, one test at a time; each would wipe the other's data."""
    if not server.shared:
        return nullcontext()
    name = hashlib.sha256(server.uri.encode()).hexdigest()[:16]
    return locked(Path(tempfile.gettempdir()) / f"bluenose-neo4j-{name}.lock")


def note(config: pytest.Config, line: str) -> None:
    """Remember a line for the end of the output; a worker of pytest-xdist sends its lines to the controller."""
    lines = config.stash.setdefault(USED, set())
    lines.add(line)
    if hasattr(config, "workeroutput"):
        config.workeroutput["neo4j"] = sorted(lines)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    """Collect the lines of a worker that has finished."""
    lines = getattr(node, "workeroutput", {}).get("neo4j", ())
    for line in lines:
        note(node.config, line)  # type: ignore[attr-defined]  # an xdist WorkerController


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--dist loadgroup`, tests on the session's server run in one worker, which saves the others a server each.
    What only has the parameter `neo4j` gets that server while it runs, and is marked where it has the parameter.

    The other fast tests of a module run in one worker too: what they share is made once.
    """
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        if FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group(GROUP))
        elif not any(item.iter_markers("slow")) and not any(item.iter_markers("xdist_group")):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line for each Neo4j the tests ran on."""
    lines: set[str] = config.stash.get(USED, set[str]())
    for line in sorted(lines):
        terminalreporter.write_line(line)
