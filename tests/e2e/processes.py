"""`cmdb serve` and `cmdb import` as processes that a test may kill."""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson

from tests.e2e.ledger import Batch
from tests.e2e.nursery import Begun, Nursery, Process, queued
from tests.e2e.places import Place
from tests.neo4j.server import free_port

START_S = 300.0
"""How long to wait for a service on a machine that has much else to do."""
TRIES = 50
BY_COMMAND = "import sys; from api.cli import main; print('loaded', flush=True); main(sys.argv[1:])"
UPSERT = "mutation($cis: [CiInput!]!, $key: String!) { done: upsertCis(cis: $cis, key: $key, message: $key) { ...D } }"
RELATE = """mutation($relations: [RelationInput!]!, $key: String!) {
  done: relate(relations: $relations, key: $key, message: $key) { ...D } }"""
DONE = "fragment D on ChangeResult { __typename ... on Applied { revision replayed } ... on Failure { code message } }"
QUESTION = """query($ci: ID!) { impact(scenario: [{ci: $ci}]) { ... on Impact {
  completeness { revision source } summary { affected { down degraded atRisk } } } } }"""


class Answer(NamedTuple):
    """The answer to an impact question: of which revision, whether that was the newest, and how many are affected."""

    revision: int
    live: bool
    affected: int


class Restart(NamedTuple):
    """How long a service took until it answered, and how long its threads together waited for a processor."""

    seconds: float
    queued: float


class Api:
    """`cmdb serve` on a store, started at once: forked off by `nursery`, or from nothing. Its log goes to `log`."""

    def __init__(self, place: Place, log: Path, nursery: Nursery | None = None) -> None:
        port = free_port()
        arguments = ["serve", "--port", str(port), "--store", place.url]
        self._log, self._began = log, time.monotonic()
        self._process: Process = (nursery.start if nursery else Begun)(arguments, place.environment, log)
        self.url = f"http://127.0.0.1:{port}"

    def ready(self, ci: str) -> tuple[Restart, Answer]:
        """The time from the start until /ready says so and a question about `ci` is answered live; and that answer."""
        with httpx.Client(base_url=self.url, timeout=20) as client:
            while time.monotonic() < self._began + START_S:
                assert self._process.alive, self._log.read_text()
                if (answer := _answered(client, ci)) and answer.live:
                    return Restart(time.monotonic() - self._began, queued(self._process.pid)), answer
                time.sleep(0.05)
        raise AssertionError(f"not ready after {START_S} s: {self._log.read_text()}")

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()


def _answered(client: httpx.Client, ci: str) -> Answer | None:
    try:
        if client.get("/ready").status_code != 200:
            return None
    except httpx.TransportError:
        return None  # not listening yet
    told = client.post("/graphql", json={"query": QUESTION, "variables": {"ci": ci}}).json()["data"]["impact"]
    found = told["completeness"]
    return Answer(found["revision"], found["source"] == "live", sum(told["summary"]["affected"].values()))


class Applied(NamedTuple):
    """What the service said to an import: its revision, whether it was there before, and the seconds it took."""

    revision: int
    replayed: bool
    took: float


def send(client: httpx.Client, url: str, batch: Batch) -> Applied:
    """Send an import of CIs or of relations; again, with its key, while the service says that the store is away.

    Raises `httpx.TransportError` when the service is gone.
    """
    cis = [{"id": ci, "kind": "server", "name": name} for ci, name in batch.names.items()]
    relations = [
        {"from": start, "type": "depends_on", "to": end, "effect": effect}
        for (start, end), effect in batch.effects.items()
    ]
    variables: dict[str, Any] = {"cis": cis} if cis else {"relations": relations}
    body = {"query": (UPSERT if cis else RELATE) + DONE, "variables": {**variables, "key": batch.key}}
    began = time.monotonic()
    for _ in range(TRIES):
        answer = client.post(f"{url}/graphql", json=body).json()
        done = answer["data"]["done"]
        if done["__typename"] != "StoreUnavailable":
            break
        time.sleep(0.1)
    assert done["__typename"] == "Applied", answer
    return Applied(done["revision"], done["replayed"], time.monotonic() - began)


class Importing:
    """`cmdb import` of a folder that holds `batch`; returns as soon as the program is loaded and begins."""

    def __init__(self, place: Place, batch: Batch, folder: Path) -> None:
        write(batch, folder)
        self._process = subprocess.Popen(
            [sys.executable, "-c", BY_COMMAND, "import", str(folder), "--source", batch.what, "--key", batch.key,
             "--message", batch.key, "--json", "--store", place.url],
            env={**os.environ, **place.environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        self._process.stdout.readline()
        self._began = time.monotonic()

    def kill(self) -> None:
        """SIGKILL; a process that has ended already stays as it is."""
        self._process.kill()

    def result(self) -> Applied | None:
        """What it told before it ended, or None when it was killed first. Fails when it refused the import."""
        out, err = self._process.communicate(timeout=120)
        took = time.monotonic() - self._began
        assert self._process.returncode in (0, -9), err
        return Applied(orjson.loads(out)["revision"], False, took) if out.rstrip().endswith(b"}") else None


def write(batch: Batch, folder: Path) -> None:
    """A folder in the native format."""
    folder.mkdir(exist_ok=True)
    relations = ([start, "depends_on", end, effect] for (start, end), effect in batch.effects.items())
    for name, header, rows in (
        ("cis.csv", ["id", "kind", "name"], ([ci, "server", name] for ci, name in batch.names.items())),
        ("relations.csv", ["from", "type", "to", "effect"], relations),
    ):
        with (folder / name).open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])
