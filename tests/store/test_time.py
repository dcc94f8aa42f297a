"""The inventory as it was: `head`, `get`, `around`, `page`, `dump` and `changes` at a revision or a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from itertools import accumulate

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.model.model import Model
from cmdb.service import Inventory
from cmdb.store.port import Around, CiFilter, Head, Page, Store, StoredCI
from tests.store.estate import CIS, ESTATE, POOLS, RELATIONS, change, ci, rel
from tests.store.twin import IDS, State, changesets, replayed, split

APP, DB, H1, SAN = (CiId(x) for x in ("app", "db", "h1", "san"))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FILTERS = [CiFilter(), CiFilter(lifecycles=frozenset({"live"})), CiFilter(sources=frozenset({"a"}))]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def stored_at(states: list[State], at: int) -> dict[CiId, StoredCI]:
    """What `get` has to tell of every CI: its value and the revision since which it had that value."""
    found = {}
    for thing in split(states[at])[0]:
        since = at
        while states[since - 1].get((thing.id,)) == thing:
            since -= 1
        found[thing.id] = StoredCI(thing, since)
    return found


def around(state: State, ids: set[CiId]) -> Around:
    _, relations, pools, _ = split(state)
    near = [r for r in relations if r.from_id in ids or r.to_id in ids]
    used = {(r.from_id, r.pool) for r in near}
    return Around(near, [p for p in pools if p.ci in ids or p.key in used])


def matching(stored: dict[CiId, StoredCI], where: CiFilter) -> list[StoredCI]:
    return [
        s for s in stored.values()
        if (not where.lifecycles or s.ci.lifecycle in where.lifecycles)
        and (not where.sources or s.ci.source in where.sources)
    ]  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(changesets, min_size=1, max_size=8),
    ids=st.sets(st.sampled_from(IDS).map(CiId)),
    where=st.sampled_from(FILTERS),
    after=st.none() | st.sampled_from(IDS).map(CiId),
)
def test_every_past_revision_stays_as_it_was(
    fresh: Callable[..., Store], steps: list[Changeset], ids: set[CiId], where: CiFilter, after: CiId | None
) -> None:
    with closing(fresh()) as store:
        states = replayed(store, steps)
        for at, state in enumerate(states):
            dump = store.dump(at)
            assert (dump.head.revision, dump[1:]) == (at, split(state))
            stored = stored_at(states, at)
            assert store.get([CiId(i) for i in IDS], at) == stored
            assert store.around(ids, at) == around(state, ids)
            found = matching(stored, where)
            behind = [s for s in found if after is None or s.ci.id > after]
            assert store.page(where, 2, after, at) == Page(behind[:2], len(found), len(behind) > 2)
        newest = len(states) - 1
        assert store.dump() == store.dump(newest)
        assert store.get([CiId(i) for i in IDS]) == store.get([CiId(i) for i in IDS], newest)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.integers(-3, 3), max_size=12))
def test_a_time_finds_the_newest_revision_of_then(fresh: Callable[..., Store], moves: list[int]) -> None:
    clock = Clock()
    with closing(fresh(clock)) as store:
        for number, move in enumerate(moves):
            clock.now += move * MICROSECOND
            store.apply(change(put_cis=[ci(f"c{number}")]))
        shown = [NOON + step * MICROSECOND for step in accumulate(moves, initial=0)]
        recorded = list(accumulate(shown, max))
        assert [store.changes(n, n).head for n in range(len(recorded))] == list(map(Head, range(99), recorded))
        for step in range(-2, (max(recorded) - NOON) // MICROSECOND + 3):
            moment = NOON + step * MICROSECOND
            number = max(sum(at <= moment for at in recorded) - 1, 0)
            assert store.head(moment) == Head(number, recorded[number])
        assert store.head() == store.head(datetime.max.replace(tzinfo=UTC))


def test_a_time_may_have_any_offset(fresh: Callable[..., Store]) -> None:
    clock = Clock()
    with closing(fresh(clock)) as store:
        clock.now += timedelta(hours=1)
        store.apply(ESTATE)
        halifax = timezone(timedelta(hours=-4))
        assert store.head(datetime(2026, 11, 22, 8, 59, tzinfo=halifax)).revision == 0
        assert store.head(datetime(2026, 11, 22, 9, tzinfo=halifax)) == store.head()


def test_a_deleted_ci_is_still_there_before(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(retire=[SAN]))
    store.apply(change(delete=[DB]))
    store.apply(change(put_cis=[ci("db", "database", "again")]))
    assert [at for at in range(5) if DB in store.get([DB], at)] == [1, 2, 4]
    assert store.get([DB], 2)[DB] == StoredCI(CIS[1], 1)
    assert store.get([DB], 4)[DB].revision == 4
    assert store.around([DB], 2) == Around(RELATIONS[:3], POOLS)
    assert store.around([DB], 3) == store.around([DB], 4) == Around([], [])
    assert [store.get([SAN], at)[SAN].ci.lifecycle for at in (1, 2, 3)] == ["live", "retired", "retired"]
    assert store.dump(1)[1:4] == (CIS, RELATIONS, POOLS)
    assert store.dump(0)[1:4] == ([], [], [])


def test_what_changes_nothing_is_no_point_in_time(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(put_cis=[ci("new")]))
    store.apply(ESTATE)
    store.apply(change())
    assert store.head().revision == 2
    assert store.get([APP], 2)[APP].revision == 1


def test_pages_and_totals_are_of_their_revision(store: Store) -> None:
    where = CiFilter(kinds=frozenset({"server"}))
    store.apply(ESTATE)
    store.apply(change(put_cis=[ci("h0"), ci("h3"), ci("h1", name="renamed")]))
    store.apply(change(delete=[H1], put_cis=[ci("h2", "hypervisor")]))
    for _ in range(2):
        pages = [store.page(where, 1, None, at) for at in (0, 1, 2, 3, None)]
        assert [(page.total, page.more) for page in pages] == [(0, False), (2, True), (4, True), (2, True), (2, True)]
        assert [[s.ci.id for s in page.cis] for page in pages[1:]] == [["h1"], ["h0"], ["h0"], ["h0"]]
    assert [s.ci.name for s in store.page(where, 9, CiId("h0"), 2).cis] == ["renamed", "h2", "h3"]
    assert store.page(where, 0, None, 1) == ([], 2, True)


def test_odd_ids_are_looked_for_in_the_past_too(store: Store) -> None:
    store.apply(change(put_cis=[ci("é"), ci("a'b")]))
    store.apply(change(delete=["é", "a'b"]))
    asked = [CiId(x) for x in ("é", "a'b", "ghost", "' OR 1=1 --", "\ud800", "")]
    assert store.get(iter(asked), 1).keys() == {"é", "a'b"}
    assert store.get(asked, 2) == store.get([], 1) == {}


@pytest.mark.parametrize("at", [-1, 2, 10**30])
@pytest.mark.parametrize("method", ["get", "around", "page", "dump", "records", "changes", "diff", "diff_from"])
def test_a_revision_that_is_not_recorded(store: Store, model: Model, method: str, at: int) -> None:
    store.apply(ESTATE)
    ask: dict[str, Callable[[], object]] = {
        "get": lambda: store.get([APP], at),
        "around": lambda: store.around([APP], at),
        "page": lambda: store.page(CiFilter(), 1, None, at),
        "dump": lambda: store.dump(at),
        "records": lambda: store.records(0, at),
        "changes": lambda: store.changes(0, at),
        "diff": lambda: Inventory(store, model).diff(0, at),
        "diff_from": lambda: Inventory(store, model).diff(at, 1),
    }
    with pytest.raises(InvalidInput) as error:
        ask[method]()
    assert error.value.problems == [("UNKNOWN_REVISION", "revision", f"'{at}'", "a revision from 0 to 1")]


def test_changes_of_a_span(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(put_cis=[ci("new")]))
    store.apply(change(put_relations=[rel("app", "depends_on", "san")]))
    assert store.changes(1, 2).cis == frozenset([CiId("new")])
    assert store.changes(1, 2).head == store.dump(2).head
    assert store.changes(1, 3) == store.changes(1)
    assert store.changes(2, 2).cis == frozenset()
    assert store.changes(2, 1).cis is None


def test_the_past_holds_still_while_others_write(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(put_cis=[ci("app", "application", "Pay")], remove_relations=[RELATIONS[0].key]))
    was = store.dump(1)

    def write(number: int) -> None:
        swung = {"put_relations": RELATIONS[:1]} if number % 2 else {"remove_relations": [RELATIONS[0].key]}
        store.apply(change(put_cis=[ci("app", "application", str(number))], **swung))

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: list(map(write, range(60))))
        while not writing.done():
            assert store.dump(1) == was
            assert store.around([APP], 1).relations == RELATIONS[:1]
        writing.result()
    assert store.head().revision == 62


@pytest.mark.slow
def test_the_past_holds_still_for_many_readers(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(remove_relations=[RELATIONS[0].key]))
    was = store.dump(1)

    def write(number: int) -> None:
        swung = {"put_relations": RELATIONS[:1]} if number % 2 else {"remove_relations": [RELATIONS[0].key]}
        store.apply(change(put_cis=[ci("app", "application", str(number))], **swung))

    def read() -> int:
        count = 0
        while not writing.done():
            assert store.around([APP], 1).relations == RELATIONS[:1]
            count += 1
            assert count % 20 or store.dump(1) == was
        return count

    with ThreadPoolExecutor(4) as pool:
        writing = pool.submit(lambda: list(map(write, range(400))))
        readers = [pool.submit(read) for _ in range(3)]
        writing.result()
    assert sum(reader.result() for reader in readers) > 0


def test_neighbours_as_they_were(store: Store, model: Model) -> None:
    inventory = Inventory(store, model)
    store.apply(ESTATE)
    store.apply(change(put_cis=[ci("san", "storage", "moved")], delete=[DB]))
    found = inventory.neighbours(H1, 1)
    assert found is not None
    assert [n.other.name for n in found.outgoing["stores_data_on"]] == ["san"]
    assert [n.other for n in found.incoming["runs_on"]] == [CIS[1]]
    assert found.pools == POOLS
    assert inventory.neighbours(DB) is None
    assert inventory.get([DB], 1)[DB].ci == inventory.page(CiFilter(), 1, APP, 1).cis[0].ci == CIS[1]


def test_ways_to_name_a_revision(fresh: Callable[..., Store], model: Model) -> None:
    clock = Clock()
    with closing(fresh(clock)) as store:
        for name in ("one", "two"):
            clock.now += timedelta(hours=1)
            store.apply(change(put_cis=[ci(name)]))
        asked = ("r1", " R1 ", "1", "2026-11-22T13:00:00Z", "2026-11-22T09:59:59.999999-04:00", "20261122T1330+0000")
        inventory = Inventory(store, model)
        assert {inventory.revision_of(text) for text in asked} == {Head(1, NOON + timedelta(hours=1))}
        assert inventory.revision_of("r2") == inventory.revision_of("2030-01-01T00:00Z") == store.head()
        assert inventory.revision_of("r0") == inventory.revision_of("0001-01-01T00:00Z") == Head(0, NOON)
        assert inventory.revision_of(clock.now - MICROSECOND).revision == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("r1", "UNKNOWN_REVISION"),
        ("999999999999999999", "UNKNOWN_REVISION"),
        ("9" * 5_000, "BAD_REVISION"),
        ("", "BAD_REVISION"),
        ("-1", "BAD_REVISION"),
        ("r", "BAD_REVISION"),
        ("r1.0", "BAD_REVISION"),
        ("٣", "BAD_REVISION"),
        ("yesterday", "BAD_REVISION"),
        ("2026-11-22", "BAD_REVISION"),
        ("2026-11-22T12:00", "BAD_REVISION"),
        ("2026-02-30T12:00Z", "BAD_REVISION"),
        ("0001-01-01T00:00+23:00", "BAD_REVISION"),
    ],
)
def test_what_names_no_revision(store: Store, model: Model, text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as error:
        Inventory(store, model).revision_of(text)
    assert [(p.code, p.place) for p in error.value.problems] == [(code, "revision")]
