"""The reply to a COMMIT is lost: whoever asks again, the client or the store itself, a write has one effect."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import httpx
import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Relation
from cmdb.store.neo4j.door import UNKNOWN
from cmdb.store.neo4j.store import Neo4jStore
from cmdb.store.port import Applied, StoreUnavailable
from tests.neo4j.plugin import note
from tests.neo4j.proxy import Proxy
from tests.neo4j.server import Neo4jServer
from tests.neo4j.test_faults import api, opened

pytestmark = pytest.mark.slow

SEED = 20_412
CUTS = int(os.environ.get("BLUENOSE_CUTS", "20"))
"""How many writes lose at least one reply, in each test."""
IN_A_ROW = (1, 1, 2, 3, 4)
"""How many replies in a row a write with a key may lose. The store tries a second time itself; then the client must."""
TRIES = 10
PATIENCE_S = 20.0
"""The longest a client may be kept waiting for one answer."""
SHARED = "shared"
Apply = Callable[[Changeset], Applied]
UPSERT = """mutation($cis: [CiInput!]!, $key: String, $message: String!) {
  upsertCis(cis: $cis, key: $key, message: $message) {
    __typename ... on Applied { revision created changed removed replayed } ... on Failure { code message } } }"""


class Write(NamedTuple):
    """What is written, and how many things that creates, changes and removes."""

    changeset: Changeset
    effect: tuple[int, int, int]


class Told(NamedTuple):
    """What the client was told about a write in the end, and how often it had to ask again."""

    write: Write
    applied: Applied
    retries: int


def ci(ci_id: str, kind: str = "server", name: str = "") -> CI:
    """A CI as the API would record it."""
    return CI(CiId(ci_id), kind, name or ci_id, "shared", "live", "{}", "api")


class Client:
    """Writes through a proxy of its own, one thing after another, and keeps what it was told.

    Nothing it writes could be applied twice unnoticed: the counts would differ, or a revision expected would be past,
    or another client's value would be overwritten by an older one.
    """

    def __init__(self, name: str, apply: Apply, proxy: Proxy, *, moves: bool = True) -> None:
        self.name, self.told = name, list[Told]()
        self._kinds = [self._create, self._expect, self._overwrite, *[self._move] * moves]
        self._apply, self._proxy, self._random = apply, proxy, Random(f"{SEED} {name}")
        self._seen, self.host = 1, 0
        """The revision that last changed the client's own CI, and the host of its VM."""

    def start(self) -> list[CI]:
        """The CIs it works on."""
        hosts = [ci(f"host-{self.name}-{n}", "hypervisor") for n in range(2)]
        return [ci(f"ledger-{self.name}"), ci(f"vm-{self.name}", "virtual_machine"), *hosts]

    def hosted(self, host: int) -> Relation:
        """Its VM on one of its hosts."""
        return Relation(CiId(f"vm-{self.name}"), "hosted_on", CiId(f"host-{self.name}-{host}"), "", "", "test")

    def run(self, writes: int) -> None:
        """Write so many things; each loses one reply or more. Without a key it is one: that the store can resolve."""
        for number in range(writes):
            key = f"{self.name} {number}" if self._random.random() < 0.75 else ""
            write = self._random.choice(self._kinds)(number, key)
            cuts = self._random.choice(IN_A_ROW) if key else 1
            before = self._proxy.cuts
            self._proxy.lose_replies(cuts)
            told = insist(self._apply, write)
            assert self._proxy.cuts == before + cuts
            self._remember(told)

    def _remember(self, told: Told) -> None:
        self.told.append(told)
        for written in told.write.changeset.put_cis:
            if written.id == f"ledger-{self.name}":
                self._seen = told.applied.revision
        self.host ^= len(told.write.changeset.remove_relations)

    def _changeset(self, number: int, key: str, **parts: Any) -> Changeset:
        return Changeset("me", "test", f"{self.name} {number}", key, **parts)

    def _create(self, number: int, key: str) -> Write:
        return Write(self._changeset(number, key, put_cis=[ci(f"new-{self.name}-{number}")]), (1, 0, 0))

    def _expect(self, number: int, key: str) -> Write:
        mine = CiId(f"ledger-{self.name}")
        new = ci(mine, name=str(number))
        return Write(self._changeset(number, key, put_cis=[new], expected={mine: self._seen}), (0, 1, 0))

    def _overwrite(self, number: int, key: str) -> Write:
        new = ci(SHARED, name=f"{self.name} {number}")
        return Write(self._changeset(number, key, put_cis=[new]), (0, 1, 0))

    def _move(self, number: int, key: str) -> Write:
        old, new = self.hosted(self.host), self.hosted(1 - self.host)
        return Write(self._changeset(number, key, put_relations=[new], remove_relations=[old.key]), (1, 0, 1))


def insist(apply: Apply, write: Write) -> Told:
    """Ask with the same key until there is an answer. Without a key there is no second time."""
    for retries in range(TRIES):
        began = time.monotonic()
        try:
            return Told(write, apply(write.changeset), retries)
        except StoreUnavailable:
            if not write.changeset.key:
                raise
        finally:
            assert time.monotonic() - began < PATIENCE_S
    raise AssertionError(f"no answer in {TRIES} tries: {write}")


def check_effects(store: Neo4jStore, told: Sequence[Told]) -> None:
    """Each write is one revision, the one its client was told of, and nothing else is; the history has each once."""
    assert [t.write.effect for t in told] == [(t.applied.created, t.applied.changed, t.applied.removed) for t in told]
    assert not any(t.applied.replayed for t in told if not t.retries)
    assert sorted(t.applied.revision for t in told) == list(range(2, len(told) + 2))
    assert store.head().revision == len(told) + 1
    ids = [stored.id for stored in store.dump().cis]
    found: dict[str, set[int]] = {}
    for change in store.history(ids, len(told) + 2):
        found.setdefault(change.message, set()).add(change.revision)
    assert found.pop("start") == {1}
    assert found == {t.write.changeset.message: {t.applied.revision} for t in told}


def check_state(store: Neo4jStore, clients: Iterable[Client]) -> None:
    """What stands is what each client wrote last; every CI it created is there."""
    cis, relations = {c.id: c for c in store.dump().cis}, set(store.dump().relations)
    told = sorted((t for c in clients for t in c.told), key=lambda t: t.applied.revision)
    assert {c.id: c for t in told for c in t.write.changeset.put_cis}.items() <= cis.items()
    assert relations == {c.hosted(c.host) for c in clients}


def check_replays(apply: Apply, told: Iterable[Told]) -> None:
    """Who asks once more with a key is told the same again."""
    for t in told:
        if t.write.changeset.key:
            again = apply(t.write.changeset)
            assert again.replayed
            assert again.revision == t.applied.revision


def start(server: Neo4jServer, clients: Iterable[Client] = ()) -> None:
    """Revision 1: what the clients change."""
    with closing(opened(server)) as store:
        own = [c for each in clients for c in each.start()]
        hosted = [each.hosted(0) for each in clients]
        store.apply(Changeset("me", "test", "start", put_cis=[ci(SHARED), *own], put_relations=hosted))


def report(request: pytest.FixtureRequest, what: str, told: Sequence[Told], cuts: int, began: float) -> None:
    """One line at the end of the output."""
    keyed, retries = sum(bool(t.write.changeset.key) for t in told), sum(t.retries for t in told)
    seconds = time.monotonic() - began
    note(
        request.config,
        f"replies to COMMIT lost, {what}, seed {SEED}: {len(told)} writes ({keyed} with a key), {cuts} cuts, "
        f"{retries} client retries, {len({t.applied.revision for t in told})} effects, {seconds:.1f} s",
    )


def posted(http: httpx.Client, changeset: Changeset) -> Applied:
    """What the API says to the CIs of a changeset. Raises `StoreUnavailable` when it says so."""
    cis = [
        {"id": c.id, "kind": c.kind, "name": c.name, "sector": c.sector, "lifecycle": c.lifecycle,
         "expected": changeset.expected.get(c.id)}
        for c in changeset.put_cis
    ]  # fmt: skip
    variables = {"cis": cis, "key": changeset.key or None, "message": changeset.message}
    answer = http.post("/graphql", json={"query": UPSERT, "variables": variables}).json()
    told = answer["data"]["upsertCis"]
    kind = told.pop("__typename")
    if kind == "StoreUnavailable":
        raise StoreUnavailable(told["message"])
    assert kind == "Applied", told
    return Applied(**told)


@pytest.mark.parametrize("names", ["a", "ab"], ids=["one", "two"])
def test_a_write_has_one_effect(neo4j_process: Neo4jServer, request: pytest.FixtureRequest, names: str) -> None:
    with ExitStack() as stack:
        proxies = [stack.enter_context(Proxy(neo4j_process.port)) for _ in names]
        stores = [stack.enter_context(closing(opened(neo4j_process, proxy.port))) for proxy in proxies]
        clients = [Client(*given) for given in zip(names, (store.apply for store in stores), proxies, strict=True)]
        start(neo4j_process, clients)
        began = time.monotonic()
        with ThreadPoolExecutor(len(names)) as threads:
            for running in [threads.submit(c.run, CUTS // len(names)) for c in clients]:
                running.result()
        told = [t for c in clients for t in c.told]
        report(request, f"{len(names)} at once", told, sum(proxy.cuts for proxy in proxies), began)
        with closing(opened(neo4j_process)) as store:
            check_replays(store.apply, told)
            check_effects(store, told)
            check_state(store, clients)


def test_a_write_over_http_has_one_effect(
    neo4j_process: Neo4jServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with Proxy(neo4j_process.port) as proxy, closing(opened(neo4j_process)) as store:
        with api(neo4j_process, proxy.port, tmp_path) as url, httpx.Client(base_url=url, timeout=60) as http:
            client = Client("a", lambda changeset: posted(http, changeset), proxy, moves=False)
            start(neo4j_process, [client])
            began = time.monotonic()
            client.run(CUTS)
            report(request, "over HTTP", client.told, proxy.cuts, began)
            check_replays(lambda changeset: posted(http, changeset), client.told)
        check_effects(store, client.told)
        check_state(store, [client])


def test_without_a_key_an_unknown_outcome_is_told(neo4j_process: Neo4jServer) -> None:
    with Proxy(neo4j_process.port) as proxy, closing(opened(neo4j_process, proxy.port)) as store:
        proxy.lose_replies(2)
        with pytest.raises(StoreUnavailable, match=UNKNOWN):
            store.apply(Changeset("me", "test", put_cis=[ci(SHARED)]))
        assert proxy.cuts == 2
        assert store.head().revision == 1
        assert [change.revision for change in store.history([CiId(SHARED)], 10)] == [1]


def test_a_read_that_lost_its_last_reply_is_read_again(neo4j_process: Neo4jServer) -> None:
    with Proxy(neo4j_process.port) as proxy, closing(opened(neo4j_process, proxy.port)) as store:
        store.apply(Changeset("me", "test", put_cis=[ci(SHARED)]))
        reads: list[Callable[[], object]] = [store.head, lambda: store.get([CiId(SHARED)]), store.dump]
        for cuts, read in enumerate(reads, 1):
            answer = read()
            proxy.lose_replies(1, of_reads=True)
            assert read() == answer
            assert proxy.cuts == cuts
