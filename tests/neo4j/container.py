"""A disposable Neo4j container, through the `docker` command alone; used only where a Docker daemon answers."""

import os
import secrets
import shutil
import subprocess
import time
from typing import Self

from neo4j.exceptions import DriverError, Neo4jError

from tests.neo4j.jars import pinned_version
from tests.neo4j.server import server_version
from tests.neo4j.unavailable import Unavailable

PULL_TIMEOUT_S = 600
START_TIMEOUT_S = 90


class Neo4jContainer:
    """The official community image of the pinned release line, its Bolt port on the loopback, removed by `stop`."""

    def __init__(self, identity: str, uri: str, auth: tuple[str, str]) -> None:
        self.identity = identity
        self.uri = uri
        self.auth = auth
        self.version = ""

    @classmethod
    def start(cls) -> Self:
        """Run a container and wait for its answer. Raises Unavailable with what docker said."""
        if (refusal := daemon_refusal()) is not None:
            raise Unavailable(refusal)
        password = secrets.token_urlsafe(18)
        identity = docker(*run_arguments(), timeout_s=PULL_TIMEOUT_S, NEO4J_AUTH=f"neo4j/{password}")
        container = cls(identity, "", ("neo4j", password))
        try:
            container.uri = f"bolt://{first_address(docker('port', identity, '7687/tcp'))}"
            container._await_answer(time.monotonic() + START_TIMEOUT_S)
        except BaseException:
            container.stop()
            raise
        return container

    def stop(self) -> None:
        """Remove the container and its data."""
        docker("rm", "--force", "--volumes", self.identity)

    def _await_answer(self, deadline: float) -> None:
        while not self.version:
            try:
                self.version = server_version(self.uri, self.auth)
            except (DriverError, Neo4jError) as error:
                if time.monotonic() > deadline:
                    log = docker("logs", "--tail", "40", self.identity)
                    raise Unavailable(f"the container did not answer ({error}); its log ends:\n{log}") from error
                time.sleep(0.5)


def run_arguments() -> tuple[str, ...]:
    """What is handed to `docker`: the password travels in the environment, never on the command line."""
    line = pinned_version().rpartition(".")[0]
    memory = ("NEO4J_server_memory_heap_max__size=512m", "NEO4J_server_memory_pagecache_size=128m")
    variables = [part for setting in ("NEO4J_AUTH", *memory) for part in ("--env", setting)]
    return ("run", "--detach", "--rm", "--publish", "127.0.0.1::7687", *variables, f"neo4j:{line}-community")


def first_address(answer: str) -> str:
    """The `host:port` of the first line `docker port` prints."""
    lines = answer.split()
    if not lines:
        raise Unavailable("docker published no port for the container")
    return lines[0]


def daemon_refusal() -> str | None:
    """Why no Docker daemon can be used, or None when one answers."""
    if shutil.which("docker") is None:
        return "no docker command"
    try:
        docker("version", "--format", "{{.Server.Version}}", timeout_s=10)
    except Unavailable as refused:
        return str(refused)
    return None


def docker(*arguments: str, timeout_s: float = 60, **environment: str) -> str:
    """Run docker and return what it printed. Raises Unavailable with its complaint."""
    try:
        done = subprocess.run(
            ["docker", *arguments],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env={**os.environ, **environment},
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"docker {arguments[0]} did not finish within {timeout_s:g} s") from None
    if done.returncode:
        complaint = done.stderr.strip().splitlines() or ["no message"]
        raise Unavailable(f"docker {arguments[0]}: {complaint[-1]}")
    return done.stdout.strip()
