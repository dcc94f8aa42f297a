"""`get`, `around`, `page` and `dump`."""

from collections.abc import Sequence
from typing import Any

import pytest

from cmdb.model.ci import CI, CiId, Relation
from cmdb.store import slices
from cmdb.store.port import Around, CiFilter, Columns, Store
from cmdb.store.slices import THING, VALUE, Slice
from cmdb.store.sqlite import read
from tests.store.estate import CIS, ESTATE, POOLS, RELATIONS, change, ci, incident, rel, rule


def test_get_finds_what_exists(store: Store) -> None:
    store.apply(ESTATE)
    asked = [CiId(x) for x in ("db", "ghost", "db", "", "' OR 1=1 --", "\ud800", "DB")]
    assert {i: s.ci for i, s in store.get(asked).items()} == {"db": CIS[1]}
    assert store.get([]) == {}
    assert store.get(iter([CiId("app")])).keys() == {"app"}


def test_any_text_comes_back_as_it_was(store: Store) -> None:
    odd = [ci("é"), ci("e\u0301x"), ci("a'b\"c"), ci("数据库", name="日本語"), ci("a b", description="x\ty\n%_")]
    store.apply(change(put_cis=odd))
    assert store.dump().cis == sorted(odd)
    assert {s.ci for s in store.get([c.id for c in odd]).values()} == set(odd)


def test_around_holds_both_directions_and_the_pools_of_both(store: Store) -> None:
    store.apply(ESTATE)
    assert store.around([CiId("db")]) == Around(RELATIONS[:3], POOLS)
    assert store.around([CiId("h1")]) == Around([RELATIONS[1], RELATIONS[3]], POOLS)
    assert store.around([CiId("app")]) == Around([RELATIONS[0]], [])
    assert store.around([CiId("app"), CiId("db"), CiId("ghost")]) == Around(RELATIONS[:3], POOLS)
    assert store.around([]) == Around([], [])


def test_around_leaves_out_pools_it_was_not_asked_for(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(put_pools=[rule("db", "spare"), rule("app", "web")]))
    assert store.around([CiId("h1")]).pools == POOLS
    assert store.around([CiId("db")]).pools == [POOLS[0], rule("db", "spare")]


def test_pages_follow_each_other_in_total_order(store: Store) -> None:
    names = ["B", "a", "b", "ä", "a1", "a10", "a2", "Z", "~"]
    store.apply(change(put_cis=[ci(name) for name in names]))
    seen: list[str] = []
    after: CiId | None = None
    while True:
        page = store.page(CiFilter(), 2, after)
        assert page.total == len(names)
        seen += [s.ci.id for s in page.cis]
        after = page.cis[-1].ci.id
        if not page.more:
            break
    assert seen == sorted(names)
    assert store.page(CiFilter(), 2, CiId("ä")) == ([], 9, False)
    assert store.page(CiFilter(), 0) == ([], 9, True)
    assert [s.ci.id for s in store.page(CiFilter(), 1, CiId("a11")).cis] == ["a2"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (CiFilter(kinds=frozenset({"server", "storage"})), ["h1", "h2", "san"]),
        (CiFilter(lifecycles=frozenset({"retired"})), ["san"]),
        (CiFilter(kinds=frozenset({"server"}), sources=frozenset({"scan"})), ["h1"]),
        (CiFilter(sectors=frozenset({"health"})), ["app"]),
        (CiFilter(sectors=frozenset({"health", "shared"}), kinds=frozenset({"database"})), ["db"]),
        (CiFilter(kinds=frozenset({"' OR 1=1"})), []),
    ],
)
def test_filters(store: Store, where: CiFilter, found: list[str]) -> None:
    store.apply(ESTATE)
    store.apply(change(retire=[CiId("san")], put_cis=[CIS[0]._replace(sector="health"), ci("h1", source="scan")]))
    page = store.page(where, 10)
    assert ([s.ci.id for s in page.cis], page.total, page.more) == (found, len(found), False)


def test_totals_follow_changes(store: Store) -> None:
    where = CiFilter(kinds=frozenset({"server"}))
    store.apply(ESTATE)
    assert store.page(where, 1).total == 2
    store.apply(change(put_cis=[ci("h3")]))
    page = store.page(where, 1)
    assert (page.total, page.more, page.cis[0].revision) == (3, True, 1)


def test_a_dump_is_ordered_and_of_one_revision(store: Store) -> None:
    store.apply(change(put_cis=[*CIS[::-1], ci("B"), ci("é")], put_relations=RELATIONS[::-1], put_pools=POOLS))
    store.apply(change(put_relations=[rel("app", "depends_on", "B")], put_pools=[rule("app", "x")]))
    dump = store.dump()
    assert dump.head == store.head()
    assert dump.cis == sorted([*CIS, ci("B"), ci("é")])
    assert dump.relations == sorted([*RELATIONS, rel("app", "depends_on", "B")])
    assert dump.pools == [rule("app", "x"), *POOLS]
    assert dump.cis[0].attributes == {}
    assert dump.relations[0].key.from_id == "app"


@pytest.mark.parametrize("most", [1, 2, slices.SLICE])
def test_columns_hold_what_a_dump_holds(store: Store, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(read, "SLICE", most)
    monkeypatch.setattr(slices, "SLICE", most)
    assert store.columns(str) == Columns(store.head(), [], [], [], store.dump().records)
    store.apply(change(put_cis=[*CIS, ci("é", name="‘’ \n")], put_relations=RELATIONS, put_pools=POOLS))
    store.apply(change(delete=["h2"], put_cis=[ci("h1", name="new")], put_records=[incident("1", ["db"])]))
    columns, dump = store.columns(str), store.dump()
    assert (columns.head, columns.pools, list(columns.records)) == (dump.head, dump.pools, list(dump.records))
    assert sorted(things(CI, columns.cis)) == dump.cis
    assert sorted(things(Relation, columns.relations)) == dump.relations


def things(kind: Any, parts: Sequence[Slice]) -> list[Any]:
    return [kind(*values.split(VALUE)) for part in parts for values in part.split(THING)]
