"""Pages: whatever their size they hold everything exactly once, in order; also ids recorded after the load."""

from collections.abc import Callable
from typing import Any

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId
from cmdb.store.sqlite.store import SqliteStore
from impact.analyses import affected, affected_services, client_groups, holding
from impact.paging import BadCursor, decode_cursor, encode_cursor
from impact.question import Question
from impact.register import Register
from impact.report import Page
from impact.snapshot import Snapshot
from tests.impact.estates import MODEL, asked, ci, rel

LISTS: dict[str, Callable[..., Page[Any]]] = {
    "affected": affected, "services": affected_services, "client_groups": client_groups, "holding": holding,
}  # fmt: skip


def name_of(item: Any) -> str:
    return str(item.ci.id if hasattr(item, "ci") else item.id)


def paged(found: Callable[..., Page[Any]], question: Question, first: int) -> list[str]:
    """The ids of all pages, one after the other."""
    after, names = None, list[str]()
    while True:
        page = found(question, first, after)
        assert len(page.nodes) <= first
        names += [name_of(item) for item in page.nodes]
        if not page.has_next_page:
            assert len(names) == page.total_count
            return names
        after = page.end_cursor


@pytest.fixture
def growing(store: SqliteStore) -> Question:
    """A hub whose dependents came in two loads, so that half of the ids are appended, between and around the others."""
    snapshot = Snapshot(store, MODEL)
    question = None
    for turn in (0, 1):
        cis = [ci("hub")] if turn == 0 else []
        relations = []
        for n in range(turn, 24, 2):
            service, group = f"s{n:02}", f"g{n:02}"
            cis += [ci(service, "business_service", rto=60 * (n % 3) or None), ci(group, "client_group", head_count=5)]
            relations += [
                rel(f"{service} depends_on hub", effect=("", "degraded")[n % 2]), rel(f"{group} uses {service}"),
            ]  # fmt: skip
        store.apply(Changeset("ada", "test", put_cis=cis, put_relations=relations))
        question = asked(snapshot.current().estate, "hub")
    assert question is not None
    assert question.estate.register.size > question.estate.register.sorted_size, "the second load was appended"
    return question


@pytest.mark.parametrize("first", [1, 2, 3, 7, 24, 25, 200])
@pytest.mark.parametrize("name", LISTS)
def test_pages_hold_everything_once(growing: Question, name: str, first: int) -> None:
    whole = [name_of(item) for item in LISTS[name](growing, None).nodes]
    assert len(whole) == len(set(whole)) == {"affected": 49, "services": 24, "client_groups": 24, "holding": 12}[name]
    assert paged(LISTS[name], growing, first) == whole


def test_ties_are_in_order_of_id(growing: Question) -> None:
    groups = [(g.state.level, g.id) for g in client_groups(growing, None).nodes]
    assert groups == sorted(groups, key=lambda g: (-g[0], g[1]))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "cursor", ["", "x", "==", "MA", "ä", "\ud800", encode_cursor(0, "a") + "=", encode_cursor(-1, "a"), "A" * 10_000]
)
def test_a_cursor_that_was_not_given_out_is_refused(growing: Question, name: str, cursor: str) -> None:
    with pytest.raises(BadCursor):
        LISTS[name](growing, 5, cursor)


def test_a_cursor_of_a_ci_that_is_gone_still_leads_on(growing: Question) -> None:
    whole = [name_of(item) for item in affected(growing, None).nodes]
    first = affected(growing, 5)
    assert first.end_cursor is not None
    weight, last = decode_cursor(first.end_cursor)
    beyond = affected(growing, None, encode_cursor(weight, last + "x")).nodes
    assert [item.id for item in beyond] == whole[5:]


def test_ids_appended_one_by_one_rank_as_their_texts_do() -> None:
    register = Register.of(["b", "d", "f"], ["", "", ""], ["{}"] * 3)
    for new in ("e", "a", "c", "ca", "g", "cb", "ab"):
        register = register.updated({new: ("", "{}")})
    ordered = sorted(register.ids)
    ranks = [register.rank(name) for name in ordered]
    assert ranks == sorted(set(ranks))
    assert register.room == 4095 - 7


def test_so_many_new_cis_that_they_would_tie_are_compiled_anew(store: SqliteStore) -> None:
    """Between two ids there is room for 4,095 appended ones; beyond, pages would skip some."""
    snapshot = Snapshot(store, MODEL)
    store.apply(Changeset("ada", "test", put_cis=[ci("a"), ci("z")]))
    snapshot.current()
    for turn in range(3):
        names = [f"m{n:05}" for n in range(turn * 1500, turn * 1500 + 1500)]
        store.apply(
            Changeset(
                "ada", "test", put_cis=[ci(n) for n in names], put_relations=[rel(f"{n} depends_on a") for n in names]
            )
        )
        estate = snapshot.current().estate
    ranks = [estate.register.rank(name) for name in sorted(estate.register.ids)]
    assert len(set(ranks)) == len(ranks) == 4502
    assert len(set(paged(affected, asked(estate, "a"), 200))) == 4501
    store.apply(Changeset("ada", "test", delete=[CiId("m00000")]))
    assert len(affected(asked(snapshot.current().estate, "a"), None).nodes) == 4500
