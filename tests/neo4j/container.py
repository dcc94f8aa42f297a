"""A disposable Neo4j container, through the testcontainers library; used only where a Docker daemon answers."""

import gc
import secrets
import warnings
from typing import Self

from docker.errors import DockerException  # type: ignore[import-untyped]
from neo4j.exceptions import DriverError, Neo4jError
from testcontainers.core.config import ConnectionMode
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from tests.neo4j.jars import pinned_version
from tests.neo4j.server import server_version
from tests.neo4j.unavailable import Unavailable

BOLT = 7687
DAEMON_TIMEOUT_S = 1
"""For each of connecting and answering, so that a daemon that hangs is given up after two seconds."""
PULL_TIMEOUT_S = 600
START_TIMEOUT_S = 90
STARTED = r"Started\."
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
REFUSALS = (DockerException, DriverError, Neo4jError, OSError, RuntimeError, ValueError)
"""What the Docker client, its transport (of which all errors are OSErrors), testcontainers and the driver raise."""


class Neo4jContainer:
    """The official community image of the pinned release line, its Bolt port on the loopback, removed by `stop`.

    If we are killed, the library's reaper removes it, unless that is switched off (TESTCONTAINERS_RYUK_DISABLED).
    """

    def __init__(self, container: DockerContainer, auth: tuple[str, str]) -> None:
        self.auth = auth
        self.uri = self.version = ""
        self._container = container

    @classmethod
    def start(cls) -> Self:
        """Run a container and wait for its answer. Raises Unavailable with what was said instead."""
        if (refusal := daemon_refusal()) is not None:
            raise Unavailable(refusal)
        auth = ("neo4j", secrets.token_urlsafe(18))
        try:
            container = cls(described(auth), auth)
        except REFUSALS as error:
            raise Unavailable(f"no container: {error}") from error
        try:
            container._run()
        except REFUSALS as error:
            container.stop()
            raise Unavailable(f"the container did not start: {error}") from error
        except BaseException:
            container.stop()
            raise
        return container

    def stop(self) -> None:
        """Remove the container and its data."""
        self._container.stop()

    def _run(self) -> None:
        self._container.start()
        port = self._container.get_exposed_port(BOLT)
        self.uri = f"bolt://{self._container.get_container_host_ip()}:{port}"
        self.version = server_version(self.uri, self.auth)


def described(auth: tuple[str, str]) -> DockerContainer:
    """The container to run. The password travels in the request to the daemon, never on a command line."""
    line = pinned_version().rpartition(".")[0]
    container = DockerContainer(f"neo4j:{line}-community", docker_client_kw={"timeout": PULL_TIMEOUT_S})
    container.with_envs(
        NEO4J_AUTH="/".join(auth),
        NEO4J_server_memory_heap_max__size="512m",
        NEO4J_server_memory_pagecache_size="128m",
    )
    container.with_exposed_ports(BOLT)
    if is_here(container.get_docker_client()):
        container.ports[str(BOLT)] = ("127.0.0.1",)  # type: ignore[assignment]  # the Docker client's way to name one
    return container.waiting_for(LogMessageWaitStrategy(STARTED).with_startup_timeout(START_TIMEOUT_S))


def is_here(client: DockerClient) -> bool:
    """Whether published ports are reached through this machine's loopback; elsewhere, every address is published."""
    return client.get_connection_mode() is ConnectionMode.docker_host and client.host() in LOCAL


def daemon_refusal() -> str | None:
    """Why no Docker daemon can be used, or None when one answers; known within two seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the Docker client leaves sockets open that did not connect
        gc.freeze()  # collecting all that a long test run holds takes seconds; only what comes now is of interest
        try:
            DockerClient(timeout=DAEMON_TIMEOUT_S).client.close()
        except REFUSALS as error:
            return f"no Docker daemon answers: {str(error).splitlines()[0]}"
        finally:
            gc.collect()
            gc.unfreeze()
    return None
