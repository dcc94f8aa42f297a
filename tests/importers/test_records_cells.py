"""Cells of record files: moments as clocks show them, words of other tools, CIs with states."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.model.errors import InvalidInput, ValueFault
from importers.records import words
from importers.records.cells import Clock, parse_states, reference
from importers.records.words import plain, word_in

HALIFAX = ZoneInfo("America/Halifax")
TABLES = [value for name, value in vars(words).items() if name.isupper() and isinstance(value, Mapping)]


@pytest.mark.parametrize(
    ("text", "clock", "expected"),
    [
        ("2026-11-22T02:40:00-04:00", Clock(), "2026-11-22T06:40:00+00:00"),
        ("2026-11-22 02:40:00Z", Clock(), "2026-11-22T02:40:00+00:00"),
        ("2026-11-22 02:40", Clock("", HALIFAX), "2026-11-22T06:40:00+00:00"),
        ("2026-07-01", Clock("", HALIFAX), "2026-07-01T03:00:00+00:00"),
        ("22/11/2026 02:40", Clock("%d/%m/%Y %H:%M", HALIFAX), "2026-11-22T06:40:00+00:00"),
        ("11/22/2026 02:40 -0330", Clock("%m/%d/%Y %H:%M %z"), "2026-11-22T06:10:00+00:00"),
        ("2026-11-22T02:40:00-04:00", Clock("%d/%m/%Y %H:%M", HALIFAX), "2026-11-22T06:40:00+00:00"),
        ("2026-11-01 01:30-03:00", Clock("", HALIFAX), "2026-11-01T04:30:00+00:00"),
        ("  ", Clock(), None),
    ],
)
def test_moments(text: str, clock: Clock, expected: str | None) -> None:
    found = clock.moment(text)
    assert found == (None if expected is None else datetime.fromisoformat(expected))
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "clock", "code"),
    [
        ("2026-11-22 02:40", Clock(), "BAD_DATE"),
        ("22/11/2026 02:40", Clock("", HALIFAX), "BAD_DATE"),
        ("13/13/2026 02:40", Clock("%d/%m/%Y %H:%M", HALIFAX), "BAD_DATE"),
        ("2026-02-30T00:00:00Z", Clock(), "BAD_DATE"),
        ("9999-12-31T23:59:59-14:00", Clock(), "BAD_DATE"),
        ("2026-11-01 01:30", Clock("", HALIFAX), "DATE_AMBIGUOUS"),
        ("01/11/2026 01:30", Clock("%d/%m/%Y %H:%M", HALIFAX), "DATE_AMBIGUOUS"),
        ("2026-03-08 02:30", Clock("", HALIFAX), "BAD_DATE"),
        ("now", Clock("", HALIFAX), "BAD_DATE"),
    ],
)
def test_what_is_no_moment(text: str, clock: Clock, code: str) -> None:
    with pytest.raises(ValueFault) as caught:
        clock.moment(text)
    assert caught.value.code == code


def test_the_hours_around_a_change_of_clocks_are_moments() -> None:
    clock = Clock("", HALIFAX)
    assert clock.moment("2026-11-01 02:00") == datetime(2026, 11, 1, 6, tzinfo=UTC)
    assert clock.moment("2026-11-01 00:59") == datetime(2026, 11, 1, 3, 59, tzinfo=UTC)
    assert clock.moment("2026-03-08 03:00") == datetime(2026, 3, 8, 6, tzinfo=UTC)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))
def test_a_local_time_is_a_moment_that_shows_it_or_is_refused(moment: datetime) -> None:
    clock, text = Clock("", HALIFAX), moment.isoformat(" ")
    shown_by = [
        instant
        for hours in (3, 4)
        if (instant := moment.replace(tzinfo=UTC) + timedelta(hours=hours)).astimezone(HALIFAX).replace(tzinfo=None)
        == moment
    ]
    if len(shown_by) == 1:
        assert clock.moment(text) == shown_by[0]
    else:
        with pytest.raises(ValueFault) as caught:
            clock.moment(text)
        assert caught.value.code == ("DATE_AMBIGUOUS" if shown_by else "BAD_DATE")


@pytest.mark.parametrize(("format_", "zone"), [("%d/%m", HALIFAX), ("%Q", HALIFAX), ("%d/%m/%Y %H:%M", None)])
def test_formats_that_are_none(format_: str, zone: ZoneInfo | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        Clock.declared(format_, zone)
    assert [problem.code for problem in caught.value.problems] == ["BAD_DATE"]


@pytest.mark.parametrize("table", TABLES)
def test_no_word_stands_for_two(table: Mapping[str, tuple[str, ...]]) -> None:
    known = [plain(word) for own, others in table.items() for word in {str(own), *others}]
    assert len(known) == len(set(known))
    assert all(word == plain(word) for others in table.values() for word in others)


@pytest.mark.parametrize(
    ("table", "text", "expected"),
    [
        (words.INCIDENT_STATES, " Work_in-Progress ", "in_progress"),
        (words.INCIDENT_STATES, "IN PROGRESS", "in_progress"),
        (words.CHANGE_STATES, "In Progress", "implementing"),
        (words.PROBLEM_STATES, "Known Error", "known_error"),
        (words.PRIORITIES, "1 - Critical", "1"),
        (words.GRADES, "3 - Low", "low"),
        (words.CAUSE_TYPES, "Third-party", "external"),
        (words.CI_STATES, "Increased risk", "at_risk"),
    ],
)
def test_words_of_other_tools(table: Mapping[str, tuple[str, ...]], text: str, expected: str) -> None:
    assert word_in(table)(text) == expected


def test_cis_with_states() -> None:
    assert parse_states("a=down; b = Degraded ;; c;a") == (("a", "down"), ("b", "degraded"), ("c", "down"))
    assert parse_states(" ") == ()


def test_numbers_of_the_same_source_and_of_others() -> None:
    assert reference("problem", "assyst", "PRB1") == "assyst/PRB1"
    assert reference("problem", "assyst", "other/PRB1") == "other/PRB1"
    assert reference("problem", "assyst", " ") is None
