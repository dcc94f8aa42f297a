"""`Store.history` and `Store.changes`: what was, who changed it, and what to look at again."""

from collections.abc import Mapping
from typing import Any

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId, plain
from cmdb.store.port import Change, Store
from tests.store.estate import CIS, ESTATE, POOLS, RELATIONS, change, ci, rel

APP, DB, H1, SAN = (CiId(x) for x in ("app", "db", "h1", "san"))


def outline(found: list[Change]) -> list[tuple[int, str, bool, bool]]:
    """Revision, entity, and which sides there are."""
    return [(c.revision, c.entity, c.before is not None, c.after is not None) for c in found]


def test_who_when_why(store: Store) -> None:
    store.apply(Changeset("ada", "estate.xlsx", "first load", put_cis=[ci("a", rto=60)]))
    (found,) = store.history([CiId("a")], 10)
    assert found[:5] == (1, store.head().recorded_at, "ada", "estate.xlsx", "first load")
    assert found.recorded_at.utcoffset() is not None
    assert found.before is None
    assert found.after == {
        "id": "a", "kind": "server", "name": "a", "sector": "shared", "lifecycle": "live",
        "attributes": {"rto": 60}, "source": "test",
    }  # fmt: skip


def test_before_and_after_of_everything_around_a_ci(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(put_pools=[POOLS[0]._replace(required="2")], put_cis=[ci("app", "application", "Pay")]))
    store.apply(change(remove_relations=[RELATIONS[1].key]))
    assert outline(store.history([DB], 10)) == [
        (3, "relation", True, False),
        (2, "pool", True, True),
        (1, "ci", False, True),
        (1, "relation", False, True),
        (1, "relation", False, True),
        (1, "relation", False, True),
        (1, "pool", False, True),
    ]
    pool = store.history([DB], 10)[1]
    assert sides(pool, "required") == ("1", "2")
    assert sides(store.history([APP], 1)[0], "name") == ("app", "Pay")
    assert store.history([H1], 1)[0].before == plain(RELATIONS[1])


def sides(found: Change, field: str) -> tuple[Any, Any]:
    before: Mapping[str, Any] = found.before or {}
    after: Mapping[str, Any] = found.after or {}
    return before.get(field), after.get(field)


def test_a_relation_between_two_of_them_is_told_once(store: Store) -> None:
    store.apply(ESTATE)
    told = [c for c in store.history([APP, DB], 10) if c.entity == "relation"]
    assert [c.after for c in told] == [plain(r) for r in RELATIONS[:3]]


def test_deleting_keeps_the_history(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(delete=[DB]))
    store.apply(change(put_cis=[ci("db", "database", "again")]))
    found = store.history([DB], 10)
    assert outline(found)[:6] == [
        (3, "ci", False, True),
        (2, "ci", True, False),
        (2, "relation", True, False),
        (2, "relation", True, False),
        (2, "relation", True, False),
        (2, "pool", True, False),
    ]
    assert len(found) == 11


def test_retiring_is_told_as_a_change(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(retire=[SAN]))
    assert sides(store.history([SAN], 1)[0], "lifecycle") == ("live", "retired")


def test_pages_hold_whole_revisions(store: Store) -> None:
    store.apply(ESTATE)
    for number in range(2, 7):
        store.apply(change(put_cis=[ci("db", "database", f"v{number}"), ci("h1", name=f"v{number}")]))
    first = store.history([DB, H1], 2)
    assert outline(first) == [(6, "ci", True, True)] * 2 + [(5, "ci", True, True)] * 2
    second = store.history([DB, H1], 4, before=5)
    assert {c.revision for c in second} == {4, 3, 2, 1}
    assert first + second == store.history([DB, H1], 100)
    assert store.history([DB], 0) == []
    assert store.history([DB], 5, before=1) == []


def test_others_are_not_told(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(put_cis=[ci("other")]))
    assert {c.revision for c in store.history([DB], 10)} == {1}
    assert store.history([CiId("ghost")], 10) == []
    assert store.history([], 10) == []


def test_a_refused_changeset_leaves_no_trace(store: Store) -> None:
    store.apply(ESTATE)
    with pytest.raises(ValueError, match="POOL_WITHOUT_RULE"):
        store.apply(change(put_cis=[ci("app", "application", "Pay")], remove_pools=[POOLS[0].key]))
    assert {c.revision for c in store.history([APP], 10)} == {1}
    assert store.changes(1).cis == frozenset()


def test_touched_are_both_ends_and_owners(store: Store) -> None:
    store.apply(ESTATE)
    store.apply(change(put_relations=[rel("app", "depends_on", "san")]))
    store.apply(change(put_pools=[POOLS[0]._replace(required="2")]))
    store.apply(change(put_cis=[*CIS, ci("new")]))
    store.apply(change(delete=[H1]))
    assert set(store.changes(1).cis or ()) == {"app", "san", "db", "new", "h1"}
    assert set(store.changes(2).cis or ()) == {"db", "new", "h1", "san"}
    assert set(store.changes(3).cis or ()) == {"new", "h1", "db", "san"}
    assert set(store.changes(4).cis or ()) == {"h1", "db", "san"}
    assert store.changes(5) == (store.head(), frozenset())


def test_too_much_touched_means_reload(store: Store) -> None:
    store.apply(change(put_cis=[ci(f"a{n}") for n in range(20_000)], base=0))
    assert len(store.changes(0).cis or ()) == 20_000
    store.apply(change(put_cis=[ci("one")]))
    assert store.changes(0).cis is None
    assert set(store.changes(1).cis or ()) == {"one"}
    store.apply(change(put_cis=[ci(f"b{n}") for n in range(20_001)]))
    assert store.changes(1).cis is None
    assert store.changes(3).cis == frozenset()


def test_an_unknown_revision_means_reload(store: Store) -> None:
    store.apply(ESTATE)
    assert store.changes(7).cis is None
    assert store.changes(-1).cis is None
