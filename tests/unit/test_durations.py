"""Durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.model.durations import MAX_MINUTES, parse_minutes, show_minutes
from cmdb.model.errors import ValueFault


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("0", 0), ("90", 90), (" 90 ", 90), ("90.0", 90), ("4h", 240), ("4 H", 240), ("15 min", 15), ("1 day", 1440),
        ("1d 2h", 1560), ("1d, 2h", 1560), ("1d2h30m", 1590), ("1.5 h", 90), ("1 week", 10080), ("120 seconds", 2),
        ("PT4H", 240), ("pt4h", 240), ("P1DT30M", 1470), ("P2W", 20160), ("PT0.5H", 30), ("PT0S", 0),
        (str(MAX_MINUTES), MAX_MINUTES),
    ],
)  # fmt: skip
def test_accepted(text: str, minutes: int) -> None:
    assert parse_minutes(text) == minutes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("-5", "OUT_OF_RANGE"), ("-4h", "OUT_OF_RANGE"), (str(MAX_MINUTES + 1), "OUT_OF_RANGE"),
        ("99999 weeks", "OUT_OF_RANGE"), ("NaN", "NOT_FINITE"), ("inf", "NOT_FINITE"), ("-Infinity", "NOT_FINITE"),
        ("1e999", "NOT_FINITE"), ("9" * 400 + "h", "NOT_FINITE"), ("1,5", "BAD_NUMBER"), ("1,000", "BAD_NUMBER"),
        ("< 1 hour", "BAD_DURATION"), ("N/A", "BAD_DURATION"), ("best effort", "BAD_DURATION"),
        ("4:00", "BAD_DURATION"),
        ("90.5", "BAD_DURATION"), ("30 s", "BAD_DURATION"), ("1h 1h", "BAD_DURATION"), ("h", "BAD_DURATION"),
        ("P1Y", "BAD_DURATION"), ("P1M", "BAD_DURATION"), ("P", "BAD_DURATION"), ("PT", "BAD_DURATION"),
        ("٣h", "BAD_DURATION"),
    ],
)  # fmt: skip
def test_refused(text: str, code: str) -> None:
    with pytest.raises(ValueFault) as caught:
        parse_minutes(text)
    assert caught.value.code == code
    assert caught.value.accepted


@given(st.integers(0, MAX_MINUTES))
def test_what_is_shown_reads_back(minutes: int) -> None:
    assert parse_minutes(show_minutes(minutes)) == minutes


@given(st.text(max_size=20))
def test_any_text_is_minutes_or_a_fault(text: str) -> None:
    try:
        assert 0 <= parse_minutes(text) <= MAX_MINUTES
    except ValueFault as fault:
        assert str(fault).startswith(fault.code)  # noqa: PT017


def test_shown() -> None:
    assert [show_minutes(m) for m in (0, 5, 60, 95, 1440, 1501)] == ["0m", "5m", "1h", "1h 35m", "1d", "1d 1h 1m"]
