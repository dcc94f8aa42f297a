"""Ids, and what looks the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.model.errors import ValueFault
from cmdb.model.text import folded, parse_id


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("db01", "db01"),
        (" db01 ", "db01"),
        ("db01\u00a0", "db01"),
        ("\ufeffdb01", "db01"),
        ("e\u0301", "é"),
        ("a b", "a b"),
    ],
)
def test_ids(text: str, id_: str) -> None:
    assert parse_id(text) == id_


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "MISSING_VALUE"), (" ", "MISSING_VALUE"), ("x" * 201, "FIELD_TOO_LONG"), ("a\u200bb", "BAD_CHARACTER"),
        ("a\tb", "BAD_CHARACTER"), ("a\0b", "BAD_CHARACTER"), ("a\u202eb", "BIDI_CONTROL"),
        ("a\u00adb", "BAD_CHARACTER"),
    ],
)  # fmt: skip
def test_ids_that_are_refused(text: str, code: str) -> None:
    with pytest.raises(ValueFault) as caught:
        parse_id(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("one", "other"),
    [("DB01", "db01"), ("a  b", "A b"), ("é", "e\u0301"), ("ｄｂ", "db"), ("straße", "STRASSE"), ("a\u200bb", "ab")],
)
def test_what_looks_the_same_folds_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_what_differs_folds_apart() -> None:
    assert len({folded(text) for text in ("db01", "db02", "db 01", "db-01")}) == 4


@given(st.text(max_size=20))
def test_an_id_is_stable_or_a_fault(text: str) -> None:
    try:
        id_ = parse_id(text)
    except ValueFault:
        return
    assert parse_id(id_) == id_ == unicodedata.normalize("NFC", id_)
