"""A real service over real HTTP for tests: the demo province, or any store, on a free port of this machine."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from api.app import create_app
from api.settings import Settings
from api.workspace import Workspace, open_workspace
from importers.runner import apply_plan, plan_import

ROOT = Path(__file__).parents[2]
PROVINCE = ROOT / "examples" / "province"


@dataclass(frozen=True)
class Service:
    """A running service, and a client of it."""

    workspace: Workspace
    client: httpx.Client
    url: str = field(default="")

    def ask(self, query: str, name: str | None = None, **variables: Any) -> dict[str, Any]:
        """The data that answers an operation; an error fails the test."""
        body = self.post(query, name, **variables)
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data

    def post(self, query: str, name: str | None = None, **variables: Any) -> dict[str, Any]:
        """The whole body that answers an operation."""
        sent = {"query": query, "operationName": name, "variables": variables}
        body: dict[str, Any] = self.client.post("/graphql", json=sent).json()
        return body

    def ready(self, within: float = 60.0) -> dict[str, Any]:
        """What the service says once it is ready: it answers before its kernels are loaded, and says so."""
        deadline = time.monotonic() + within
        while (answer := self.client.get("/ready")).status_code == 503:
            assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_READY"
            assert time.monotonic() < deadline, f"not ready within {within:g} s"
            time.sleep(0.05)
        body: dict[str, Any] = answer.json()
        return body


def load_province(path: Path) -> Workspace:
    """A new store at `path` with the demo province in it."""
    workspace = open_workspace(f"sqlite:{path}")
    planned = plan_import(workspace.store, workspace.model, PROVINCE, "province")
    apply_plan(workspace.store, planned, "demo", message="demo province")
    return workspace


@contextmanager
def serving(workspace: Workspace, settings: Settings | None = None) -> Iterator[Service]:
    """Serve `workspace` until the block ends; the workspace stays open."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(workspace, settings or Settings())
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with httpx.Client(base_url=url, timeout=30) as client:
            _await_start(server)
            yield Service(workspace, client, url)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _await_start(server: uvicorn.Server) -> None:
    until = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < until, "the service did not start"
        time.sleep(0.01)
