"""Typed attribute values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.model.attributes import ACCEPTED_TEXT, PARSERS, Attribute
from cmdb.model.errors import ValueFault


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("text", " a b ", "a b"), ("text", "two\nlines", "two\nlines"), ("text", "naïve", "naïve"),
        ("list", "a; b;;", ["a", "b"]), ("integer", "0", 0), ("integer", "+7", 7), ("integer", " 12 ", 12),
        ("number", "1.5", 1.5), ("number", ".5", 0.5), ("number", "1e3", 1000.0), ("boolean", "Yes", True),
        ("boolean", "0", False), ("duration", "4h", 240), ("time", "2026-11-22", "2026-11-22"),
        ("time", "2026-11-22T02:40:00-04:00", "2026-11-22T06:40:00Z"),
        ("time", "2026-11-22 02:40Z", "2026-11-22T02:40:00Z"),
    ],
)  # fmt: skip
def test_accepted(type_: str, text: str, value: object) -> None:
    assert Attribute("x", type_, "").parse(text) == value


@pytest.mark.parametrize(
    ("type_", "text", "code"),
    [
        ("text", "x" * 10_001, "FIELD_TOO_LONG"), ("text", "a\u202eb", "BIDI_CONTROL"),
        ("text", "a\0b", "BAD_CHARACTER"),
        ("text", "\ud800", "ENCODING_INVALID"), ("text", "a" + "\u0301" * 9, "FIELD_TOO_LONG"),
        ("integer", "1.0", "BAD_NUMBER"), ("integer", "1,000", "BAD_NUMBER"), ("integer", "-1", "OUT_OF_RANGE"),
        ("integer", "9" * 5000, "OUT_OF_RANGE"), ("integer", "NaN", "NOT_FINITE"),
        ("integer", "1.2E+19", "PRECISION_LOST"),
        ("integer", "١", "BAD_NUMBER"), ("number", "1,5", "BAD_NUMBER"), ("number", "inf", "NOT_FINITE"),
        ("number", "1e999", "NOT_FINITE"), ("number", "1_0", "BAD_NUMBER"), ("boolean", "maybe", "BAD_BOOLEAN"),
        ("time", "03/04/2026", "DATE_AMBIGUOUS"), ("time", "31/02/2026", "BAD_DATE"),
        ("time", "2026-02-30", "BAD_DATE"),
        ("time", "2026-02-03T10:00", "BAD_DATE"), ("time", "0001-01-01T00:00+05:00", "BAD_DATE"),
        ("time", "now", "BAD_DATE"),
    ],
)  # fmt: skip
def test_refused(type_: str, text: str, code: str) -> None:
    with pytest.raises(ValueFault) as caught:
        Attribute("x", type_, "").parse(text)
    assert caught.value.code == code


def test_choices() -> None:
    attribute = Attribute("x", "text", "", choices=("high", "low"))
    assert attribute.parse(" High ") == "high"
    assert attribute.accepted == "one of high, low"
    with pytest.raises(ValueFault) as caught:
        attribute.parse("highest")
    assert caught.value.code == "BAD_CHOICE"


def test_every_type_says_what_it_accepts() -> None:
    assert ACCEPTED_TEXT.keys() == PARSERS.keys()


@given(st.sampled_from(sorted(PARSERS)), st.text(min_size=1, max_size=30))
def test_any_text_is_a_value_or_a_fault(type_: str, text: str) -> None:
    try:
        value = PARSERS[type_](text)
    except ValueFault:
        return
    assert not (isinstance(value, float) and not math.isfinite(value))
