"""A small real HTTP service on this machine that replays what it is told, and counts what it was asked."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from cmdb.progress import Silent
from importers.live.fetch import fetch
from importers.live.login import Login
from importers.live.reach import Limits, Reach

HOST = "cmdb.test"
SECRET = "s3cret-Of-The-Test"
LOGIN = Login(user="reader", password=SECRET)
TOKEN = Login(token=SECRET)


@dataclass(frozen=True)
class Question:
    """One request: the query, or the form, by name."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass
class Reply:
    """One answer; what is no bytes is sent as JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Callable[[Any], None] | None = None

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


Answering = Callable[[Question], Reply]


@dataclass
class Service:
    """A running service, and all that it was asked."""

    port: int
    asked: list[Question]
    path: str = ""

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}{self.path}"


@contextmanager
def serving(
    answer: Answering, trust: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> Iterator[Service]:
    """Serve until the block ends."""
    asked: list[Question] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): text for name, text in self.headers.items()}
            form = dict(parse_qsl(body, keep_blank_values=True))
            question = Question(self.command, parts.path, dict(parse_qsl(parts.query)), form, headers)
            asked.append(question)
            reply = answer(question)
            if reply.raw is not None:
                reply.raw(self)
                self.close_connection = True
                return
            content = reply.content()
            self.send_response(reply.status)
            for name, text in {"Content-Length": str(len(content)), **reply.headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing to show."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is what some tests are about."""

    server = Server((host, port), Handler)
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Service(server.server_address[1], asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


SMALL = Limits(connect_seconds=2, silence_seconds=2, answer_seconds=3, answer_bytes=2**20, tries=4)
INSIDE = Reach(frozenset({HOST}), (), frozenset({HOST}), SMALL)


def here(host: str, port: int) -> list[str]:
    """Every name is this machine."""
    return ["127.0.0.1"]


def fetched(
    service: Service, name: str, folder: Path, login: Login = TOKEN, waits: list[float] | None = None,
    reach: Reach = INSIDE,
) -> Path:  # fmt: skip
    """Fetch from a service of the test; how long was waited in between goes to `waits`."""
    slept = waits if waits is not None else []
    return fetch(service.address, name, folder, login, Silent(), reach, here, slept.append)
