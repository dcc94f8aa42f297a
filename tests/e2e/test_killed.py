"""The service killed with -9 while it imports: what it acknowledged is there, what was in flight is there whole or not.

BLUENOSE_KILLS says how often on each store, BLUENOSE_SEED when. Every round kills the API, and one in four a
`cmdb import` with it. One in five starts the API again from nothing, which is timed; the others fork it, to save time.
"""

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, cycle, islice
from pathlib import Path
from random import Random
from statistics import fmean, median

import httpx
import pytest

from tests.e2e.ledger import Batch, Group, Ledger
from tests.e2e.nursery import Nursery
from tests.e2e.places import DatabasePlace, FilePlace, Place, opened
from tests.e2e.processes import Answer, Api, Applied, Importing, Restart, send
from tests.neo4j.plugin import note

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("BLUENOSE_KILLS", "6"))
SEED = int(os.environ.get("BLUENOSE_SEED", "20261122"))
RESTART_S = 10.0
"""Less what its threads waited for a processor that other programs of the machine had."""
SENT = (Group("g1", 250), Group("g2", 400), Group("g3", 600), Group("g4", 1_000))
FOLDERS = (Group("f1", 1_200), Group("f2", 3_000))
FOLDER_EVERY, TIMED_EVERY = 4, 5
LATEST = 1.5
"""A kill comes at any moment from the start of an import to so many times what it took before."""
ASKED = FOLDERS[0].id(0)
AFFECTED = FOLDERS[0].size


class Killing:
    """One store, and what must be recorded in it.

    A round imports until it is killed, starts the service again, looks what is there, and repeats what was in flight.
    """

    def __init__(self, place: Place, folder: Path, nursery: Nursery) -> None:
        self._place, self._folder, self._nursery, self._random = place, folder, nursery, Random(SEED)
        self._sent, self._imported = without_end(SENT, Group.halves), without_end(FOLDERS, Group.batches)
        self._paces = {True: deque[float](maxlen=8), False: deque[float](maxlen=8)}
        self._ledger, self.tally, self.restarts = Ledger(), Counter[str](), list[Restart]()
        self._api: Api | None = None

    def begin(self) -> None:
        """A first import of either sort, undisturbed: then it is known how long they take. One is repeated."""
        batch = next(self._imported)
        self._acknowledge(batch, self._import(batch))
        assert self._import(batch).revision == self._ledger.revision
        self._api = self._started(self._nursery)
        self._api.ready(ASKED)
        for batch in islice(self._sent, 2 * len(SENT)):
            self._acknowledge(batch, self._send(self._api, batch))

    def round(self, number: int) -> None:
        """One kill, and what came of it."""
        assert self._api is not None
        kill = self._kill_importing if number % FOLDER_EVERY == 2 else self._kill_sending
        flying = kill(self._api)
        self.tally["kills"] += 1
        timed = number % TIMED_EVERY == 0
        self._api = self._started(None if timed else self._nursery)
        restart, answer = self._api.ready(ASKED)
        self.restarts += [restart] if timed else []
        whole = flying is not None and self._found(flying)
        self.check()
        assert answer == Answer(self._ledger.revision, True, AFFECTED)
        if flying is not None:
            self.tally["in" if whole else "out"] += 1
            self._repeat(self._api, flying, whole)

    def check(self) -> None:
        """Whether the store holds exactly what the ledger says. Fails on anything missing, halved or doubled."""
        with opened(self._place) as store:
            assert self._ledger.difference(store.dump()) == {}
        assert self._place.rows() == self._ledger.rows

    def end(self) -> None:
        """Stop the service."""
        if self._api is not None:
            self._api.kill()

    def _started(self, nursery: Nursery | None) -> Api:
        return Api(self._place, self._folder / "api.log", nursery)

    def _kill_sending(self, api: Api) -> Batch:
        """Send imports one after another until the kill; the one whose answer never came."""
        first = next(self._sent)
        with ThreadPoolExecutor(1) as pool, httpx.Client(timeout=60) as client:
            sending = pool.submit(self._send_on, client, api.url, chain([first], self._sent))
            self._wait(first)
            api.kill()
            return sending.result()

    def _send_on(self, client: httpx.Client, url: str, batches: Iterator[Batch]) -> Batch:
        while True:
            batch = next(batches)
            try:
                self._acknowledge(batch, send(client, url, batch))
            except httpx.TransportError:
                return batch

    def _kill_importing(self, api: Api) -> Batch | None:
        """Import a folder until the kill, which the API gets too; the folder, unless it was done before."""
        batch = next(self._imported)
        process = Importing(self._place, batch, self._folder / batch.what)
        self._wait(batch)
        process.kill()
        api.kill()
        if (applied := process.result()) is None:
            return batch
        self._acknowledge(batch, applied)
        return None

    def _wait(self, batch: Batch) -> None:
        time.sleep(self._random.uniform(0, LATEST) * fmean(self._paces[batch.sent]) * batch.size)

    def _found(self, flying: Batch) -> bool:
        """Whether history and search have all of what was in flight; False when the history has nothing of it."""
        with opened(self._place) as store:
            if not flying.written(store.history(flying.cis, 1)):
                return False
            for ci, name in islice(flying.names.items(), 1):
                assert store.search(name, 1)[0].ci.id == ci
        self._ledger = self._ledger.after(flying)
        return True

    def _repeat(self, api: Api, flying: Batch, whole: bool) -> None:
        """Import what was in flight again, with its key; the next check tells whether it had exactly one effect."""
        applied = self._send(api, flying) if flying.sent else self._import(flying)
        if not whole:
            self._acknowledge(flying, applied)
        assert applied.revision == self._ledger.revision
        assert not flying.sent or applied.replayed == whole

    def _send(self, api: Api, batch: Batch) -> Applied:
        with httpx.Client(timeout=60) as client:
            return send(client, api.url, batch)

    def _import(self, batch: Batch) -> Applied:
        applied = Importing(self._place, batch, self._folder / batch.what).result()
        assert applied is not None
        return applied

    def _acknowledge(self, batch: Batch, applied: Applied) -> None:
        self._ledger = self._ledger.after(batch)
        assert applied.revision == self._ledger.revision
        self._paces[batch.sent].append(applied.took / batch.size)
        self.tally["acknowledged"] += 1


def without_end(groups: Sequence[Group], batches: Callable[[Group], Iterator[Batch]]) -> Iterator[Batch]:
    """What `batches` makes of each group, in turns."""
    makers = [batches(group) for group in groups]
    return (next(maker) for maker in cycle(makers))


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.xdist_group("neo4j"))])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Each of the stores in turn, empty."""
    if request.param == "sqlite":
        return FilePlace(tmp_path)
    return DatabasePlace(request.getfixturevalue("neo4j_server"), tmp_path)


def test_killed_imports_are_whole_or_not_there(place: Place, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    with Nursery() as nursery:
        killing = Killing(place, tmp_path, nursery)
        try:
            killing.begin()
            for number in range(KILLS):
                killing.round(number)
            killing.check()
        except BaseException as error:
            error.add_note(f"seed {SEED}, {dict(killing.tally)}")
            raise
        finally:
            killing.end()
    note(request.config, told(place.url.partition(":")[0], killing.tally, killing.restarts))
    assert killing.tally["kills"] == KILLS
    assert min(killing.tally["in"], killing.tally["out"]) > 0 or KILLS < 200
    assert max(restart.seconds - restart.queued for restart in killing.restarts) <= RESTART_S


def told(store: str, tally: Counter[str], restarts: list[Restart]) -> str:
    """What the output says of it all."""
    seconds = sorted(restart.seconds for restart in restarts)
    slowest = max(restarts)
    queued = f"in which its threads waited {slowest.queued:.1f} s for a processor"
    return (
        f"kill -9 on {store}: seed {SEED}, {tally['kills']} kills, {tally['acknowledged']} imports acknowledged, "
        f"in flight {tally['in']} in and {tally['out']} out; {len(seconds)} restarts from nothing: "
        f"median {median(seconds):.1f} s, slowest {slowest.seconds:.1f} s, {queued}"
    )
