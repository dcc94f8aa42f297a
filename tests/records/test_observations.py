"""Evidence of dependencies adds up: no call counts twice, in whatever order it comes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.ci import CiId
from cmdb.records.book import Book
from cmdb.records.form import kept, read
from cmdb.records.observations import KEPT, Evidence, batch, confirmed, merged, rejected, resurfaced
from cmdb.records.source_types import Observation, ObservationState
from cmdb.store.port import Head, Records, StoredRecord

APP, DB = CiId("app"), CiId("db")
START = datetime(2026, 11, 1, tzinfo=UTC)
EMPTY = Book.empty(Head(0, START))
Spans = st.lists(st.tuples(st.integers(0, KEPT - 1), st.integers(0, 60), st.integers(1, 50)), max_size=60)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def read_at(minutes: int, calls: int, series: str = "s") -> Evidence:
    return Evidence(APP, DB, series, calls, at(minutes), at(minutes), True)


def span(begun: int, ended: int, calls: int) -> Evidence:
    return Evidence(APP, DB, f"from {begun}", calls, at(begun), at(ended), False)


def imported(batches: Iterable[Sequence[Evidence]], book: Book = EMPTY, of: str = "otel") -> Book:
    """The book after these imports, one after another, each as a store gives it back."""
    for told in batches:
        values = batch(book, of, told).values
        head = Head(book.head.revision + 1, START)
        book = book.with_(Records(head, [StoredRecord(kept(value), head.revision) for value in values]))
    return book


def only(book: Book) -> Observation:
    (found,) = book.observations.values()
    return found


def totals(book: Book) -> tuple[int, datetime, datetime]:
    found = only(book)
    return found.calls, found.first_seen, found.last_seen


@pytest.mark.parametrize(
    ("batches", "calls", "last"),
    [
        ([[read_at(1, 10)], [read_at(2, 25)]], 25, 2),  # a counter that rises
        ([[read_at(1, 10)], [read_at(2, 10)]], 10, 1),  # one that does not: nothing was called since
        ([[read_at(1, 10)], [read_at(2, 3)]], 13, 2),  # one that began anew
        ([[read_at(1, 10), read_at(2, 3), read_at(3, 12)]], 22, 3),  # the same within one file
        ([[read_at(2, 25)], [read_at(1, 10)]], 25, 2),  # an older reading
        ([[read_at(1, 10)], [read_at(1, 12)], [read_at(1, 11)]], 12, 1),  # readings of the same time
        ([[read_at(1, 10, "a"), read_at(1, 5, "b")], [read_at(2, 11, "a")]], 16, 2),  # one of two instances is gone
        ([[span(0, 60, 10)], [span(60, 120, 5)]], 15, 120),  # spans add up
        ([[span(0, 60, 10)], [span(0, 90, 14)]], 14, 90),  # a later report of the same span
        ([[span(0, 90, 14)], [span(0, 60, 10)]], 14, 90),  # the reverse
    ],
)
def test_what_counts(batches: list[list[Evidence]], calls: int, last: int) -> None:
    book = imported(batches)
    assert (only(book).calls, only(book).last_seen) == (calls, at(last))
    assert imported(batches, book).observations == book.observations


def test_a_counter_read_at_nought_began_anew() -> None:
    found = only(imported([[read_at(0, 100), read_at(1, 0), read_at(2, 150)]]))
    assert (found.calls, found.last_seen) == (250, at(2))
    assert only(imported([[read_at(0, 100), read_at(3, 0)]])).last_seen == at(0)
    over_files = only(imported([[read_at(0, 100)], [read_at(1, 0)], [read_at(2, 150)]]))
    assert (over_files.calls, over_files.last_seen) == (250, at(2))
    assert only(imported([[read_at(0, 100)], [read_at(1, 0, "another")]])).readings[0].series != "another"


def test_no_calls_are_no_observation() -> None:
    assert batch(EMPTY, "otel", [read_at(1, 0)]).values == []


def test_numbers_follow_the_pairs_and_go_on() -> None:
    pairs = [(CiId("b"), DB), (CiId("a"), DB), (CiId("a"), APP)]
    told = [read_at(1, 1)._replace(caller=caller, called=called) for caller, called in pairs]
    book = imported([told, [read_at(1, 1)]])
    found = [(one.number, one.caller, one.called) for one in book.observations.values()]
    assert found == [
        ("OBS-0001", "a", "app"),
        ("OBS-0002", "a", "db"),
        ("OBS-0003", "b", "db"),
        ("OBS-0004", "app", "db"),
    ]


def test_sources_are_kept_apart() -> None:
    book = imported([[span(0, 60, 4)]], imported([[read_at(1, 10)]]), of="flows")
    assert [(one.of, one.calls) for one in book.observations.values()] == [("otel", 10), ("flows", 4)]


def test_a_pair_in_either_direction_is_two() -> None:
    book = imported([[read_at(1, 1), read_at(1, 2)._replace(caller=DB, called=APP)]])
    assert sorted((one.caller, one.calls) for one in book.observations.values()) == [("app", 1), ("db", 2)]


def test_what_is_forgotten_is_not_counted_again() -> None:
    days = [[span(day * 1440, day * 1440 + 600, 1)] for day in range(KEPT * 2)]
    book = imported(days)
    assert (only(book).calls, len(only(book).readings)) == (KEPT * 2, KEPT)
    assert imported(days, book).observations == book.observations
    assert imported([[span(5, 20, 100)]], book).observations == book.observations  # came too late to be told apart


def test_all_counters_read_last_are_remembered() -> None:
    told = [read_at(1, 10, str(number)) for number in range(KEPT * 3)]
    later = [one._replace(first_seen=at(2), last_seen=at(2), calls=11) for one in told]
    assert only(imported([told, later])).calls == KEPT * 3 * 11


@given(st.lists(Spans, max_size=5), st.randoms())
@settings(max_examples=150, deadline=None)
def test_spans_add_up_in_any_order(batches: list[list[tuple[int, int, int]]], random: object) -> None:
    told = [[span(begun, begun + length, calls) for begun, length, calls in one] for one in batches]
    book = imported(told)
    if any(told):
        mixed = [one for some in told for one in some]
        random.shuffle(mixed)  # type: ignore[attr-defined]
        assert only(imported([[one] for one in mixed])) == only(book) == only(imported([mixed]))
    assert imported(told, book).observations == book.observations


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 40)), max_size=30), st.randoms())
@settings(max_examples=150, deadline=None)
def test_counters_that_only_rise_add_up_in_any_order(read: list[tuple[str, int]], random: object) -> None:
    told = [read_at(minute, minute * 3, series) for series, minute in read]
    mixed = list(told)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one_by_one = imported([[one] for one in mixed])
    if told:
        last = {series: max(minute for other, minute in read if other == series) for series, _ in read}
        assert totals(one_by_one) == totals(imported([told])) == totals(imported([mixed]))
        assert only(one_by_one).calls == sum(3 * minute for minute in last.values())
    assert imported([mixed], one_by_one).observations == one_by_one.observations


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=20))
@settings(max_examples=150, deadline=None)
def test_readings_of_any_kind_are_counted_once(read: list[tuple[int, int]]) -> None:
    told = [read_at(minute, calls) for minute, calls in read]
    book = imported([told])
    assert imported([told, told], book).observations == book.observations
    assert max(calls for _, calls in read) <= only(book).calls <= sum(calls for _, calls in read)


def test_deciding() -> None:
    one, now = only(imported([[read_at(1, 10)]])), at(100)
    done = confirmed(one, "ann", now)
    assert (done.state, done.who, done.decided_at, done.decided_calls) == (ObservationState.confirmed, "ann", now, 10)
    assert confirmed(done, "bob", at(200)) == done
    assert rejected(done, "bob", now).state is ObservationState.rejected


def test_a_rejected_one_comes_up_again_when_it_is_called_ten_times_as_often() -> None:
    one = rejected(only(imported([[read_at(1, 10)]])), "ann", at(5))
    assert not resurfaced(merged(one, [read_at(2, 99)]))
    grown = merged(one, [read_at(2, 100)])
    assert resurfaced(grown)
    again = rejected(grown, "bob", at(6))
    assert (again.decided_calls, again.who, resurfaced(again)) == (100, "bob", False)
    assert rejected(again, "eve", at(7)) == again


def test_it_is_kept_and_read_as_it_is() -> None:
    one = replace(only(imported([[read_at(1, 10), span(0, 60, 4)]])), forgotten=at(0))
    for value in (one, confirmed(one, "ann", at(3))):
        assert read(kept(value)) == value
