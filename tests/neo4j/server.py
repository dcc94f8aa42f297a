"""A Neo4j Community server as a process of its own: loopback only, disposable data, and the faults the tests inject."""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from neo4j import GraphDatabase, NotificationMinimumSeverity
from neo4j.exceptions import DriverError, Neo4jError

MAIN_CLASS = "org.neo4j.server.CommunityEntryPoint"
FIRST_PASSWORD = "neo4j"
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
PORT_ATTEMPTS = 3
OPENED = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch", "java.base/java.util.concurrent")
SETTINGS = {
    "server.default_listen_address": "127.0.0.1",
    "server.bolt.enabled": "true",
    "server.http.enabled": "false",
    "server.https.enabled": "false",
    "server.memory.pagecache.size": "128m",
    "db.tx_log.rotation.retention_policy": "2 files",
    "dbms.security.auth_enabled": "true",
    "dbms.usage_report.enabled": "false",
    "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",  # its five seconds, twice over, are all a stop takes
}


class StartFailed(Exception):
    """The server stopped, or did not answer, while starting; the message ends with the tail of its log."""


LASTING, SHORT_LIVED = (), ("-XX:TieredStopAtLevel=1",)
"""How Java compiles."""


class Neo4jServer:
    """One server on its own directory. `start` and `restart` return when it answers `RETURN 1` over Bolt.

    The port stays the same over stops, kills and restarts, so clients can be watched finding it again; so do the data
    and the password. `settings` adds to, or replaces, lines of neo4j.conf. `heap` is in Java's notation, such as 512m.
    `lasting` is for measuring; else Java is told that it is to live shortly, which takes half the work of a start.
    """

    def __init__(
        self, home: Path, jars: Path, java: str, *, heap: str = "512m", settings: Mapping[str, str] | None = None,
        lasting: bool = False,
    ) -> None:  # fmt: skip
        self.home = home
        self.port = free_port()
        self.auth = ("neo4j", secrets.token_urlsafe(18))
        self.version = ""
        self._jars = jars
        self._java = java
        self._heap = heap
        self._compiler = LASTING if lasting else SHORT_LIVED
        self._settings = {**SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"bolt://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process id. Raises RuntimeError when the server is not running."""
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def memory_mib(self) -> float:
        """Resident memory now, in MiB (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024

    def start(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Start and wait for an answer; on a fresh directory another port is tried when someone took ours."""
        if self.running:
            raise RuntimeError("the server is already running")
        fresh = not (self.home / "data").exists()
        for attempt in range(PORT_ATTEMPTS):
            try:
                return self._start_once(timeout_s)
            except StartFailed as failure:
                if not fresh or attempt == PORT_ATTEMPTS - 1 or "Address already in use" not in str(failure):
                    raise
                self.port = free_port()
        return None

    def stop(self) -> None:
        """Ask the server to stop (SIGTERM) and wait; a server that does not is killed. Nothing to do when stopped."""
        if self._process is None:
            return
        self.resume()
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._forget()

    def kill(self) -> None:
        """SIGKILL: the server gets no chance to flush or say goodbye. Works on a paused server too."""
        if self._process is not None:
            self._process.kill()
            self._forget()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: carry on where `pause` stopped it; harmless on a server that was not paused."""
        if self.running:
            os.kill(self.pid, signal.SIGCONT)

    def restart(self) -> None:
        """Stop when running, then start on the same data and port."""
        self.stop()
        self.start()

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the console log, and the warnings and errors among the last of the debug log."""
        console = self._log("console.log")[-lines:]
        debug = [line for line in self._log("debug.log") if " ERROR " in line or " WARN " in line][-lines:]
        return "\n".join([*console, *debug])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_once(self, timeout_s: float) -> None:
        self._write_configuration()
        with (self.home / "logs" / "console.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._guard = kill_with_us(self._process.pid)
        try:
            self._await_answer(time.monotonic() + timeout_s)
        except BaseException:
            self.kill()
            raise

    def _await_answer(self, deadline: float) -> None:
        while True:
            if not self.running:
                raise StartFailed(f"Neo4j stopped while starting; its log ends:\n{self.log_tail()}")
            if self._answers_bolt():
                return self._log_in()
            if time.monotonic() > deadline:
                raise StartFailed(f"Neo4j did not answer in time; its log ends:\n{self.log_tail()}")
            time.sleep(0.1)

    def _answers_bolt(self) -> bool:
        """A TCP accept is not enough: the four bytes of a Bolt version must come back."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(bytes.fromhex("6060b017 00000405 00000005 00000404 00000004"))
                return len(connection.recv(4)) == 4
        except OSError:
            return False

    def _log_in(self) -> None:
        """Set the password on the first start, then ask for the version, which is the first real answer."""
        try:
            if not (self.home / "password-set").exists():
                set_first_password(self.uri, self.auth[1])
                (self.home / "password-set").touch()
            self.version = server_version(self.uri, self.auth)
        except (DriverError, Neo4jError) as error:
            raise StartFailed(
                f"Neo4j answers Bolt but not the driver: {error}; its log ends:\n{self.log_tail()}"
            ) from error

    def _forget(self) -> None:
        """Reap the process; the guard goes first, so that it never signals a recycled process id."""
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
        if self._process is not None:
            self._process.wait()
        self._guard = self._process = None

    def _command(self) -> list[str]:
        opened = [f"--add-opens={package}=ALL-UNNAMED" for package in OPENED]
        memory = [f"-Xms{self._heap}", f"-Xmx{self._heap}", "-XX:+UseG1GC", *self._compiler]
        quiet = ["-Dlog4j2.disable.jmx=true", "-Dfile.encoding=UTF-8", "-Djava.awt.headless=true"]
        place = [f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}", "--console-mode"]
        return [self._java, *memory, *opened, *quiet, "-cp", f"{self._jars}/*", MAIN_CLASS, *place]

    def _write_configuration(self) -> None:
        for name in ("conf", "logs", "run", "plugins", "import", "licenses"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        address = f"127.0.0.1:{self.port}"
        bolt = {"server.bolt.listen_address": address, "server.bolt.advertised_address": address}
        lines = [f"{name}={value}" for name, value in {**self._settings, **bolt}.items()]
        (self.home / "conf" / "neo4j.conf").write_text("\n".join(lines) + "\n")

    def _log(self, name: str) -> list[str]:
        path = self.home / "logs" / name
        return path.read_text(errors="replace").splitlines() if path.exists() else []


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def kill_with_us(pid: int) -> subprocess.Popen[bytes]:
    """A guard that kills `pid` when this process ends in any way: its standard input closes with us."""
    return subprocess.Popen(
        ["/bin/sh", "-c", 'read _; kill -9 "$1"', "guard", str(pid)], stdin=subprocess.PIPE, start_new_session=True
    )


def set_first_password(uri: str, password: str) -> None:
    """Replace the password every new server starts with."""
    with GraphDatabase.driver(uri, auth=("neo4j", FIRST_PASSWORD)) as driver:
        driver.execute_query(
            "ALTER CURRENT USER SET PASSWORD FROM $old TO $new",
            {"old": FIRST_PASSWORD, "new": password},
            database_="system",
        )


def server_version(uri: str, auth: tuple[str, str] | None) -> str:
    """The version and edition a server answers with, such as `5.26.30 community`. Raises the driver's errors."""
    quiet = NotificationMinimumSeverity.OFF
    with GraphDatabase.driver(
        uri, auth=auth, notifications_min_severity=quiet, connection_timeout=5, max_transaction_retry_time=1
    ) as driver:
        driver.execute_query("RETURN 1")
        query = (
            "CALL dbms.components() YIELD name, versions, edition WHERE name = 'Neo4j Kernel' RETURN versions, edition"
        )
        row = driver.execute_query(query).records[0]
        return f"{row['versions'][0]} {row['edition']}"
