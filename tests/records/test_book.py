"""The book: all records in memory, found by number, CI, window and state."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.model.record import Record, RecordKey
from cmdb.records.book import Book
from cmdb.records.form import kept
from cmdb.records.kinds import ChangeState, Grade
from cmdb.records.record_types import AffectedCi, AnyRecord, Basis, Change, Incident, PlannedCi
from cmdb.records.times import Window
from cmdb.store.port import Head, Records, StoredRecord
from tests.records.faults import refusals
from tests.records.strategies import booked, cis, spans
from tests.records.times import START, after

HEAD = Head(0, START)


def written(revision: int, *values: AnyRecord) -> Records:
    """Records as a store tells of them, the newest of each key."""
    newest = {value.key: value for value in values}
    return Records(
        Head(revision, after(revision)), [StoredRecord(kept(value), revision) for _, value in sorted(newest.items())]
    )


def incident(number: str, source: str = "bluenose", urgency: str = "medium", minutes: float = 0) -> Incident:
    return Incident(
        number=number, source=source, title="x", started_at=after(minutes), urgency=Grade(urgency),
        cis=(AffectedCi(CiId("db"), "down", after(minutes)),),
    )  # fmt: skip


def change(number: str, start: float, end: float, state: str = "approved") -> Change:
    return Change(
        number=number, title="x", state=ChangeState(state), requested_at=START, start=after(start), end=after(end),
        cis=(PlannedCi(CiId("db")),),
    )  # fmt: skip


@given(st.lists(st.lists(booked(), max_size=4), max_size=5), spans(), cis)
def test_a_book_followed_step_by_step_is_as_one_read_at_once(
    batches: list[list[AnyRecord]], span: tuple[object, object], ci: CiId
) -> None:
    followed, newest = Book.empty(HEAD), dict[RecordKey, StoredRecord]()
    for revision, batch in enumerate(batches, 1):
        step = written(revision, *batch)
        newest |= {stored.record.key: stored for stored in step.records}
        followed = followed.with_(step)
    at_once = Book.of(Records(followed.head, [stored for _, stored in sorted(newest.items())]))
    for name in ("head", "incidents", "changes", "freezes", "problems", "bases", "revisions"):
        assert getattr(followed, name) == getattr(at_once, name)
    assert followed.open_incidents() == at_once.open_incidents()
    assert followed.of_ci(ci) == at_once.of_ci(ci)
    window = Window(*span)  # type: ignore[arg-type]
    for book in (followed, at_once):
        assert [c.key for c in book.planned_changes(window)] == [
            c.key
            for c in sorted(book.changes.values(), key=lambda c: (c.start, c.key))
            if c.planned and c.window.overlaps(window)
        ]
        assert {f.key for f in book.freezes_in(window)} == {
            f.key for f in book.freezes.values() if not f.cancelled and f.window.overlaps(window)
        }
    assert followed.next_number("incident") == at_once.next_number("incident")
    assert {value.key for value in followed.of_ci(ci)} == {
        stored.record.key for stored in newest.values() if ci in stored.record.cis
    }


def test_a_book_never_changes() -> None:
    first = Book.of(written(1, incident("INC-0001")))
    second = first.with_(written(2, incident("INC-0001", urgency="high"), incident("INC-0002")))
    assert [(book.head.revision, len(book.incidents), book.next_number("incident")) for book in (first, second)] == [
        (1, 1, "INC-0002"), (2, 2, "INC-0003"),
    ]  # fmt: skip
    assert second.revisions[incident("INC-0001").key] == 2
    assert first.revisions[incident("INC-0001").key] == 1


def test_a_revision_without_records_moves_the_head_alone() -> None:
    first = Book.of(written(1, incident("INC-0001")))
    second = first.with_(written(2))
    assert second.head.revision == 2
    assert second.incidents is first.incidents


def test_open_incidents_stand_by_priority_then_age() -> None:
    book = Book.of(
        written(1, incident("1", minutes=5), incident("2"), incident("3", urgency="high", minutes=9), incident("4"))
    )
    assert [found.number for found in book.open_incidents()] == ["3", "2", "4", "1"]


@pytest.mark.parametrize(
    ("window", "found"),
    [((0, 60), []), ((0, 61), ["A"]), ((90, 120), ["B"]), ((100, 101), ["B"]), ((59, 91), ["A", "B"])],
)
def test_changes_that_only_touch_a_window_are_not_in_it(window: tuple[float, float], found: list[str]) -> None:
    book = Book.of(written(1, change("A", 60, 90), change("B", 90, 120), change("C", 60, 120, "draft")))
    asked = Window(after(window[0]), after(window[1]))
    assert [c.number for c in book.planned_changes(asked)] == found


def test_a_change_that_should_have_ended_goes_on() -> None:
    book = Book.of(written(1, change("A", 60, 90, "implementing")))
    later = Window(after(200), after(210))
    assert book.planned_changes(later) == []
    assert [c.number for c in book.planned_changes(later, now=after(90))] == ["A"]
    assert book.planned_changes(later, now=after(89)) == []


def test_records_are_found_by_what_people_write() -> None:
    mirrored = incident("INC-0002", "assyst/eu")
    book = Book.of(written(1, incident("INC-0001"), mirrored, incident("é")))
    assert book.find("incident", " INC-0001 ").number == "INC-0001"
    assert book.find("incident", "assyst/eu/INC-0002") == mirrored
    assert book.find("incident", "e\u0301").number == "é"


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("inc-0001", "the number of a recorded incident, such as INC-0001, assyst/INC-0001, INC-0002"),
        ("other/INC-0002", "the number of a recorded incident, such as INC-0002, INC-0001, assyst/INC-0001"),
        ("INC-0009", "the number of a recorded incident, such as INC-0001, INC-0002"),
        ("###", "the number of a recorded incident"),
    ],
)
def test_a_wrong_number_is_answered_with_near_ones(text: str, near: str) -> None:
    book = Book.of(written(1, incident("INC-0001"), incident("INC-0002"), incident("INC-0001", "assyst")))
    (problem,) = refusals(lambda: book.find("incident", text))
    assert (problem.code, problem.place, problem.found) == ("UNKNOWN_RECORD", "incident", f"'{text}'")
    assert problem.accepted.startswith(near)


def test_no_number_and_none_recorded() -> None:
    (problem,) = refusals(lambda: Book.empty(HEAD).find("change", "CHG-0001"))
    assert problem.accepted == "the number of a recorded change; none is recorded"
    with pytest.raises(InvalidInput, match="BAD_NUMBER at change"):
        Book.empty(HEAD).find("change", "/")


@pytest.mark.parametrize(
    ("number", "source", "expected"),
    [
        ("INC-0041", "bluenose", "INC-0042"),
        ("INC-9999", "bluenose", "INC-10000"),
        ("INC-0041", "assyst", "INC-0001"),
        ("CHG-0041", "bluenose", "INC-0001"),
        ("INC-99999999999999", "bluenose", "INC-0001"),
        ("INC-４", "bluenose", "INC-0001"),
    ],
)
def test_the_next_number_follows_the_greatest_of_our_own(number: str, source: str, expected: str) -> None:
    assert Book.of(written(1, incident(number, source))).next_number("incident") == expected


def test_the_basis_of_a_change_is_found() -> None:
    basis = Basis(number="CHG-0001.1", revision=4, asked_at=START, people=3)
    with_basis = Change(
        number="CHG-0001", title="x", requested_at=START, start=START, end=START + timedelta(hours=1),
        basis="CHG-0001.1",
    )  # fmt: skip
    book = Book.of(written(1, basis, with_basis))
    assert book.basis_of(with_basis) == basis
    assert book.basis_of(change("A", 0, 1)) is None


def test_a_record_of_a_later_version_hides_no_other() -> None:
    strange = StoredRecord(Record("incident", "bluenose", "INC-0007", '{"title":"x"}'), 1)
    records = written(1, incident("INC-0001"))
    book = Book.of(records._replace(records=[*records.records, strange]))
    assert (list(book.incidents), book.unread) == ([incident("INC-0001").key], frozenset({strange.record.key}))
    assert book.next_number("incident") == "INC-0008"
    assert book.with_(written(2, incident("INC-0007"))).unread == frozenset()
