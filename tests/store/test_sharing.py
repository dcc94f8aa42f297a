"""Several threads and processes at one inventory: everyone sees what was committed, nothing is lost or half done."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from cmdb.model.ci import CiId
from cmdb.store.port import Conflict, Store, StoreUnavailable
from tests.store.estate import ESTATE, change, ci, rel

APPLY = """
from tests.store.estate import change, ci, rel
"""
ADD_ONE = APPLY + "print(store.apply(change(put_cis=[ci('theirs')])).revision); store.close()"
ADD_MANY = (
    APPLY
    + """
print("ready", flush=True)
for number in range(60):
    store.apply(change(put_cis=[ci(f"{sys.argv[1]}-{number}")]))
store.close()
"""
)
LOAD_FOREVER = (
    APPLY
    + """
for batch in range(1, 10_000):
    cis = [ci(f"{batch:05}-{n:04}") for n in range(1_000)]
    links = [rel(c.id, "depends_on", cis[0].id) for c in cis[1:]]
    store.apply(change(put_cis=cis, put_relations=links))
    print(batch, flush=True)
"""
)


def run(source: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "import sys\n" + source, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_handles_see_each_others_commits(opened: Callable[[], Store]) -> None:
    one, two = opened(), opened()
    one.apply(ESTATE)
    assert two.head() == one.head()
    two.apply(change(put_cis=[ci("app", "application", "Pay")]))
    assert one.get([CiId("app")])[CiId("app")].ci.name == "Pay"
    assert one.changes(1).cis == frozenset([CiId("app")])
    assert [hit.ci.id for hit in one.search("Pay", 1)] == ["app"]


def test_another_process_is_seen(store: Store, elsewhere: str) -> None:
    store.apply(ESTATE)
    out, err = run(elsewhere + ADD_ONE).communicate(timeout=30)
    assert (out.strip(), err) == ("2", "")
    assert store.head().revision == 2
    assert CiId("theirs") in store.get([CiId("theirs")])


def test_what_was_committed_is_there_when_opened_again(opened: Callable[[], Store]) -> None:
    first = opened()
    first.apply(ESTATE)
    dump = first.dump()
    first.close()
    assert opened().dump() == dump


def test_writers_in_threads_lose_nothing(store: Store) -> None:
    def write(worker: int) -> None:
        for number in range(25):
            store.apply(change(put_cis=[ci(f"{worker}-{number}")], key=f"{worker}/{number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    dump = store.dump()
    assert dump.head.revision == len(dump.cis) == 100
    assert {s.revision for s in store.get([c.id for c in dump.cis]).values()} == set(range(1, 101))


def test_writers_in_processes_lose_nothing(store: Store, elsewhere: str) -> None:
    workers = [run(elsewhere + ADD_MANY, name) for name in ("x", "y")]
    assert [worker.stdout.readline() for worker in workers if worker.stdout] == ["ready\n"] * 2
    for number in range(60):
        store.apply(change(put_cis=[ci(f"mine-{number}")]))
    assert [worker.communicate(timeout=30)[1] for worker in workers] == ["", ""]
    assert store.head().revision == len(store.dump().cis) == 180


def test_expected_revisions_let_counters_count(store: Store) -> None:
    counter = CiId("counter")
    store.apply(change(put_cis=[ci("counter", name="0")]))

    def count(_: int) -> None:
        while True:
            seen = store.get([counter])[counter]
            plus = seen.ci._replace(name=str(int(seen.ci.name) + 1))
            try:
                store.apply(change(put_cis=[plus], expected={counter: seen.revision}))
            except Conflict:
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(40)))
    assert store.get([counter])[counter].ci.name == "40"


def test_one_key_in_many_threads_is_applied_once(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: store.apply(change(put_cis=[ci("a")], key="k")), range(8)))
    assert sorted(applied.replayed for applied in done) == [False] + [True] * 7
    assert {applied.revision for applied in done} == {store.head().revision} == {1}


def test_a_reader_never_sees_half_a_changeset(store: Store) -> None:
    hubs = [ci("hub-a"), ci("hub-b")]
    store.apply(change(put_cis=hubs))

    def swing(number: int) -> None:
        here, there = ("hub-a", "hub-b") if number % 2 else ("hub-b", "hub-a")
        gone = [rel(here, "depends_on", there).key]
        named = [c._replace(name=str(number)) for c in hubs]
        store.apply(change(put_cis=named, put_relations=[rel(there, "depends_on", here)], remove_relations=gone))

    swing(0)
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(lambda: list(map(swing, range(1, 60))))
        while not writing.done():
            dump = store.dump()
            assert len({c.name for c in dump.cis}) == 1
            assert len(dump.relations) == 1
            assert (dump.relations[0].from_id == "hub-b") == (int(dump.cis[0].name) % 2 == 1)
        writing.result()


@pytest.mark.parametrize("delay", [0.0, 0.013, 0.029, 0.047])
def test_a_killed_writer_leaves_whole_revisions(opened: Callable[[], Store], elsewhere: str, delay: float) -> None:
    writer = run(elsewhere + LOAD_FOREVER)
    assert writer.stdout is not None
    reported = int(writer.stdout.readline())
    time.sleep(delay)
    writer.kill()
    reported = max([reported, *map(int, writer.communicate()[0].split())])
    store = opened()
    dump = store.dump()
    assert dump.head.revision >= reported
    assert len(dump.cis) == 1_000 * dump.head.revision
    assert len(dump.relations) == 999 * dump.head.revision
    assert store.apply(change(put_cis=[ci("after")])).revision == dump.head.revision + 1
    assert store.search(dump.cis[-1].id, 1)[0].ci == dump.cis[-1]


def test_a_closed_store_says_so(store: Store) -> None:
    store.apply(ESTATE)
    store.close()
    store.close()
    for use in (store.head, store.dump, lambda: store.apply(ESTATE)):
        with pytest.raises(StoreUnavailable, match="closed"):
            use()
