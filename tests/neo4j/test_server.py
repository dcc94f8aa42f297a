import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import ClientError, DriverError

from tests.neo4j.choice import TestServer, choose_server, named_server, prepare_own_server
from tests.neo4j.container import daemon_refusal
from tests.neo4j.jars import ensure_jars, find_java, java_version, pinned_version, wrong_jars
from tests.neo4j.plugin import do_without
from tests.neo4j.server import Neo4jServer, StartFailed
from tests.neo4j.unavailable import Unavailable
from tests.neo4j.wiping import CONSTRAINTS, INDEXES, wipe

START_AND_DIE = """
import os, sys
from pathlib import Path
from tests.neo4j.choice import prepare_own_server
server = prepare_own_server(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
os.kill(os.getpid(), 9)
"""
COUNT = "MATCH (n) RETURN count(n) AS nodes"


def nodes(driver: Driver) -> int:
    count: int = driver.execute_query(COUNT).records[0]["nodes"]
    return count


def fill(driver: Driver) -> None:
    driver.execute_query("CREATE CONSTRAINT `odd ``name` FOR (n:Thing) REQUIRE n.id IS UNIQUE")
    driver.execute_query("CREATE INDEX thing_name FOR (n:Thing) ON (n.name)")
    driver.execute_query("UNWIND range(1, 25000) AS i CREATE (:Thing {id: i})-[:NEXT]->(:Other)")


def test_server_is_the_community_edition_of_the_lts_line(neo4j_server: TestServer) -> None:
    version, edition = neo4j_server.version.split()
    assert version.startswith("5.26.")
    assert edition == "community"


def test_wipe_leaves_an_empty_database(neo4j_driver: Driver) -> None:
    fill(neo4j_driver)
    wipe(neo4j_driver)
    assert nodes(neo4j_driver) == 0
    assert neo4j_driver.execute_query(CONSTRAINTS).records == []
    assert neo4j_driver.execute_query(INDEXES).records == []


def test_wipe_can_keep_constraints_and_indexes(neo4j_driver: Driver) -> None:
    fill(neo4j_driver)
    wipe(neo4j_driver, keep_schema=True)
    assert nodes(neo4j_driver) == 0
    assert [row["name"] for row in neo4j_driver.execute_query(CONSTRAINTS).records] == ["odd `name"]
    assert [row["name"] for row in neo4j_driver.execute_query(INDEXES).records] == ["thing_name"]


def test_named_server_that_holds_data_is_refused(neo4j_server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(("NEO4J_USER", "NEO4J_PASSWORD"), neo4j_server.auth or (), strict=False):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NEO4J_MAY_WIPE", raising=False)
    assert named_server(neo4j_server.uri).version == neo4j_server.version
    with neo4j_server.driver() as driver:
        driver.execute_query("CREATE (:Precious)")
        with pytest.raises(Unavailable, match="holds 1 nodes and the tests wipe it"):
            named_server(neo4j_server.uri)
        monkeypatch.setenv("NEO4J_MAY_WIPE", "yes")
        assert named_server(neo4j_server.uri).shared
        assert nodes(driver) == 1


def test_named_server_that_does_not_answer_is_not_replaced() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        named_server("bolt://127.0.0.1:1")


def test_no_server_skips_on_a_laptop_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no Neo4j server: no Java"):
        do_without(Unavailable("no Java"))
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="no Neo4j server: no Java"):
        do_without(Unavailable("no Java"))


def test_ways_are_tried_in_order_and_each_says_why_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEO4J_URI", raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    monkeypatch.setenv("BLUENOSE_NEO4J_JARS", str(tmp_path))
    reasons = r"NEO4J_URI is not set; container: no Docker daemon answers: .*; own server: .* differ from jars\.sha256"
    with pytest.raises(Unavailable, match=reasons):
        choose_server(tmp_path)
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")
    with pytest.raises(Unavailable, match=r"^NEO4J_URI is bolt://127\.0\.0\.1:1 and it does not answer"):
        choose_server(tmp_path)


def test_a_daemon_that_hangs_is_given_up_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(str(tmp_path / "docker.sock"))
        daemon.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
        begun = time.monotonic()
        assert "no Docker daemon answers" in (daemon_refusal() or "")
        assert time.monotonic() - begun < 2


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1:1", "ssh://nobody@127.0.0.1:1", "unix:///nowhere"])
def test_an_address_without_a_daemon_is_a_reason_not_a_fault(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    assert "no Docker daemon answers" in (daemon_refusal() or "")


def test_changed_and_missing_jars_are_noticed(tmp_path: Path) -> None:
    (tmp_path / f"neo4j-{pinned_version()}.jar").write_bytes(b"not a jar")
    (tmp_path / "extra.jar").write_bytes(b"not in the list")
    wrong = wrong_jars(tmp_path)
    assert f"neo4j-{pinned_version()}.jar" in wrong
    assert f"neo4j-kernel-{pinned_version()}.jar" in wrong
    assert "extra.jar" in wrong


def test_jars_come_from_the_directory_named_and_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLUENOSE_NEO4J_JARS", str(tmp_path))
    with pytest.raises(Unavailable, match=r"jars in .* differ from jars\.sha256"):
        ensure_jars()
    monkeypatch.setenv("BLUENOSE_NEO4J_JARS", str(tmp_path / "absent"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match=r"Maven \(mvn\) is not on the PATH"):
        ensure_jars()


def test_java_is_refused_when_absent_or_of_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(Unavailable, match="no Java"):
        find_java()
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    java.chmod(0o755)
    assert java_version(str(java)) == 8
    with pytest.raises(Unavailable, match=r"is Java 8; Neo4j .* wants 17 or 21"):
        find_java()


@pytest.mark.slow
def test_data_password_and_port_survive_stop_and_kill(neo4j_process: Neo4jServer) -> None:
    with GraphDatabase.driver(neo4j_process.uri, auth=neo4j_process.auth) as driver:
        driver.execute_query("CREATE (:Kept)")
        neo4j_process.kill()
        assert not neo4j_process.running
        neo4j_process.start()
        assert nodes(driver) == 1
        neo4j_process.restart()
        assert nodes(driver) == 1


@pytest.mark.slow
def test_a_paused_server_answers_nothing_until_it_is_resumed(neo4j_process: Neo4jServer) -> None:
    uri, auth = neo4j_process.uri, neo4j_process.auth
    neo4j_process.pause()
    started = time.monotonic()
    with (
        GraphDatabase.driver(uri, auth=auth, connection_timeout=1, connection_acquisition_timeout=2) as driver,
        pytest.raises(DriverError),
    ):
        driver.verify_connectivity()
    assert time.monotonic() - started >= 1
    neo4j_process.resume()
    with GraphDatabase.driver(uri, auth=auth) as driver:
        assert nodes(driver) == 0


@pytest.mark.slow
def test_the_server_asks_for_its_password_and_listens_on_the_loopback_alone(neo4j_process: Neo4jServer) -> None:
    with (
        GraphDatabase.driver(neo4j_process.uri, auth=("neo4j", "wrong password")) as driver,
        pytest.raises(ClientError, match="authentication"),
    ):
        driver.verify_connectivity()
    assert listening_on(neo4j_process) <= {"0100007F", "0000000000000000FFFF00000100007F"}


@pytest.mark.slow
def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    try:
        server = Neo4jServer(tmp_path, ensure_jars(), find_java(), settings={"no.such.setting": "1"})
    except Unavailable as reason:
        do_without(reason)
    with pytest.raises(StartFailed, match=r"(?s)stopped while starting.*no\.such\.setting"):
        server.start()
    assert not server.running


@pytest.mark.slow
def test_the_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    try:
        prepare_own_server(tmp_path)
    except Unavailable as reason:
        do_without(reason)
    answer = subprocess.run(
        [sys.executable, "-c", START_AND_DIE, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == -signal.SIGKILL, answer.stderr
    pid = int(answer.stdout)
    deadline = time.monotonic() + 10
    while alive(pid):
        assert time.monotonic() < deadline, "the server outlived the process that started it"
        time.sleep(0.1)


def alive(pid: int) -> bool:
    """Whether a process runs; a dead one that nobody has reaped does not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def listening_on(server: Neo4jServer) -> set[str]:
    """The addresses, in the kernel's hexadecimal, on which the server's port is open; at least one."""
    tables = [Path(f"/proc/{server.pid}/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    sockets = [line.split() for table in tables for line in table]
    ends = [fields[1].split(":") for fields in sockets if fields[3] == "0A"]
    addresses = {address for address, port in ends if int(port, 16) == server.port}
    assert addresses
    return addresses
