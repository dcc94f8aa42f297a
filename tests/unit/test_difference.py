"""Pages of a difference cover everything once, whatever the size; fields say what changed."""

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.difference import Turn, Turned, counted, page
from cmdb.model.ci import CI, CiId, Relation, attributes_json, plain
from cmdb.reconcile.difference import Difference, difference
from impact.paging import BadCursor, encode_cursor

ENDS = ("a", "a b", "a:b", "é", "\U0001f5a5", "z")
relations = st.dictionaries(
    st.tuples(*(st.sampled_from(ENDS) for _ in range(2))), st.sampled_from(["", "degraded"]), max_size=12
).map(lambda d: sorted(Relation(CiId(a), "uses", CiId(b), "", effect, "test") for (a, b), effect in d.items()))


def ci(name: str = "App", **attributes: object) -> CI:
    return CI(CiId("app"), "application", name, "shared", "live", attributes_json(attributes), "test")


def whole(found: Difference[Relation], turns: Collection[Turn]) -> list[Turned[Relation]]:
    rows = [
        *(Turned(Turn.joined, None, r) for r in found.created),
        *(Turned(Turn.left, r, None) for r in found.removed),
        *(Turned(Turn.changed, *pair) for pair in found.changed),
    ]
    return [row for row in rows if not turns or row.turn in turns]


@given(before=relations, after=relations, turns=st.sets(st.sampled_from(Turn)), size=st.integers(1, 7))
def test_pages_cover_everything_once_in_order(
    before: list[Relation], after: list[Relation], turns: set[Turn], size: int
) -> None:
    found = difference(before, after, 4)
    wanted = whole(found, turns)
    got: list[Turned[Relation]] = []
    cursor, more = None, True
    while more:
        shown = page(found, 4, size, cursor, turns)
        assert (shown.total_count, len(shown.nodes) <= size) == (len(wanted), True)
        got += shown.nodes
        cursor, more = shown.end_cursor, shown.has_next_page
    assert got == wanted == page(found, 4, None, None, turns).nodes
    assert list(counted(found).values()) == [len(found.created), len(found.removed), len(found.changed)]


def test_a_cursor_stays_right_when_the_item_it_names_is_gone() -> None:
    rows = [Relation(CiId(end), "uses", CiId("x"), "", "", "test") for end in "abcd"]
    cursor = page(Difference(rows), 4, 2).end_cursor
    assert [t.thing.from_id for t in page(Difference([rows[0], *rows[2:]]), 4, 9, cursor).nodes] == ["c", "d"]


def test_a_foreign_cursor_is_refused() -> None:
    for cursor in ("nonsense", encode_cursor(3, "a")):
        with pytest.raises(BadCursor):
            page(Difference([ci()]), 1, 5, cursor)


def test_fields_of_a_change_are_told_with_both_values() -> None:
    turned = Turned(Turn.changed, ci(rto=60, vendor="X"), ci("Pay", rto=30, version="2"))
    assert turned.values == {"name": ("App", "Pay"), "rto": (60, 30), "vendor": ("X", None), "version": (None, "2")}
    assert Turned(Turn.joined, None, ci()).fields == []
    assert plain(ci(rto=60)) == {
        "id": "app", "kind": "application", "name": "App", "sector": "shared", "lifecycle": "live",
        "source": "test", "attributes": {"rto": 60},
    }  # fmt: skip
