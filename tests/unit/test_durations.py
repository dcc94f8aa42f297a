"""Durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.model.durations import ACCEPTED, MAX_MINUTES, duration_hint, parse_minutes, show_minutes
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
        ("4:00", "BAD_DURATION"), ("2h50", "BAD_DURATION"), ("Passed (restored in 2h50)", "BAD_DURATION"),
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


# What a disaster recovery register says in words, and what may be meant.
@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Passed (restored in 2h50)", 170), ("Passed (1h30)", 90), ("Passed (7h)", 420), ("Passed (5h)", 300),
        ("Every 4h", 240), ("2h50", 170), ("2 h 50 min", 170), ("restored in 1 day and 4 hours, all well", 1680),
        ("took 1.5 hours.", 90), ("RTO: 4 hours", 240), ("45 minutes (tested 2026-02-15)", 45),
        ("Passed", None), ("Continuous", None), ("Daily", None), ("N/A", None), ("best effort", None), ("", None),
        ("< 1 hour", None), ("up to 4h", None), ("1 to 2 h", None), ("2-4h", None), ("about 3 h", None),
        ("4h, was 8h", None), ("1h 1h", None), ("2h75", None), ("3 months", None), ("10 Mbps", None),
        ("2026-02-15", None), ("4:00", None), ("ISO 9001", None), ("v2.4h", None), ("30 s", None), ("0 h", None),
        ("9999999 weeks", None),
    ],
)  # fmt: skip
def test_hints(text: str, hint: int | None) -> None:
    assert duration_hint(text) == hint


def test_the_register_s_values_are_read() -> None:
    values = ("4h", "15 min", "1h", "2h", "8h", "1 day", "24h")
    assert [parse_minutes(value) for value in values] == [240, 15, 60, 120, 480, 1440, 1440]


def test_a_refusal_names_what_may_have_been_meant() -> None:
    with pytest.raises(ValueFault) as caught:
        parse_minutes("Passed (restored in 2h50)")
    fault = caught.value.at("cis.csv row 12, column restore")
    assert fault.found == "'Passed (restored in 2h50)'"
    assert fault.accepted == f"{ACCEPTED}; perhaps 2h 50m"
    with pytest.raises(ValueFault) as caught:
        parse_minutes("best effort")
    assert caught.value.accepted == ACCEPTED


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
