"""Columns worked on whole say what the same work done text by text says, and a plain file reads like any other."""

from contextlib import suppress

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.attributes import parse_text
from cmdb.model.ci import canonical
from cmdb.model.errors import ValueFault
from cmdb.model.text import MAX_ID, folded, parse_id
from importers.kit import csv_text
from importers.kit.csv_text import read_csv
from importers.kit.duplicates import repeated
from importers.kit.findings import Findings
from importers.kit.lookalike import SUSPECT, confusable, latin_looks
from importers.kit.table import Layout, Table
from importers.kit.texts import (
    BLANKS,
    PLAIN,
    column_of,
    differ_folded,
    few,
    folded_column,
    listed,
    matches,
    places_of,
    replaced,
    stripped,
    which_plain,
)

quick = settings(max_examples=300, deadline=None, database=None)
PIECES = [
    "a", "A", "é", "e\u0301", "ß", "İ", " ", "  ", "\t", "\x1c", "\x85", "\u00a0", "\u2003", "\u200b", "\ufeff", "\0",
    "\\", '"', ";", "+", "1E+5", "1.23457E+19", "-", "x" * 210, "y" * 1001, "\u202e", "\U0001f600", "т",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
columns = st.lists(texts, max_size=30)
LAYOUT = Layout(("a", "b"), ("c",))
file_pieces = st.lists(
    st.sampled_from([",", ",", "\n", "\n", "\r\n", "\r", '"', '""', '"x,y"', '"\n"', "a", "é", " ", "\0", "#", "\ufeff",
                     "\u2028", "\x85", "1", "-", ";", "null", "x" * 70]),
    max_size=30,
)  # fmt: skip
cells = st.sampled_from(["", "", "x", "é", " x ", "\0", "#", '"q, ""r"""', '""', "null", "\u2028"])
plain_files = st.tuples(
    st.lists(st.lists(cells, min_size=2, max_size=2), max_size=5), st.sampled_from(["\n", "\r\n"]), st.booleans(),
    st.sampled_from(["", "\ufeff"]),
).map(lambda parts: parts[3] + parts[1].join(["a,b", *map(",".join, parts[0])]) + parts[1] * parts[2])  # fmt: skip


def test_the_blanks_are_those_of_python() -> None:
    assert set(BLANKS) == {character for character in map(chr, range(0x110000)) if character.isspace()}


@quick
@given(given=columns)
def test_columns_are_like_their_texts(given: list[str]) -> None:
    column = column_of(given)
    assert column.to_list() == given
    assert stripped(column).to_list() == [text.strip() for text in given]
    assert folded_column(column).to_list() == list(map(folded, given))
    assert listed(column) == given
    assert differ_folded(column) is (len(set(map(folded, given))) == len(set(given)))
    assert which_plain({"a": column}) == {"a": all(matches(column, PLAIN).to_list())}
    seen: dict[str, list[int]] = {}
    for at, text in enumerate(given):
        seen.setdefault(text, []).append(at)
    assert {key: places for (key,), places in _keys(repeated([column]))} == {k: v for k, v in seen.items() if v[1:]}
    some = dict.fromkeys(given[::2], "z")
    assert places_of(column, some) == [at for at, text in enumerate(given) if text in some]
    assert replaced(column, some).to_list() == [some.get(text, text) for text in given]


def _keys(found: dict[object, list[int]]) -> list[tuple[tuple[str], list[int]]]:
    return list(found.items())  # type: ignore[arg-type]


def _stands_for_itself(text: str) -> bool:
    as_id = not text or len(text) > MAX_ID or parse_id(text) == text
    return as_id and parse_text(text) == text == text.strip() and canonical(text) == f'"{text}"'


@quick
@given(text=texts)
def test_what_is_plain_stands_for_itself(text: str) -> None:
    assert not matches(column_of([text]), PLAIN).item() or _stands_for_itself(text)


def test_every_plain_character_stands_for_itself() -> None:
    characters = column_of([chr(at) for at in range(0x110000) if not 0xD800 <= at < 0xE000])
    plain = characters.filter(matches(characters, PLAIN)).to_list()
    assert all(map(_stands_for_itself, plain))
    assert len(plain) == 94 - len('"+\\') + 0x250 - 0xC0
    assert not confusable(plain)


def test_letters_that_look_latin_are_suspect() -> None:
    odd = [chr(at) for at in range(0x110000) if latin_looks(chr(at)) != folded(chr(at))]
    assert matches(column_of(odd), SUSPECT).all()
    assert len(odd) > 50


@pytest.mark.parametrize("count", [1, 5, 5_000])
def test_words_are_told_from_other_texts_by_a_part_of_the_column(count: int) -> None:
    assert few(pl.Series(["a", "b"] * count)) is (count > 1)
    assert not few(pl.Series([str(at) for at in range(count)]))


def test_a_lone_surrogate_is_no_text() -> None:
    (found,) = column_of(["a\ud800b"])
    with pytest.raises(ValueFault):
        parse_text(found)


def _read(data: bytes) -> tuple[Table | None, Findings]:
    findings = Findings()
    return read_csv(data, "t.csv", LAYOUT, findings), findings


def _same_by_the_csv_module(data: bytes) -> bool:
    """Compare; whether the file was taken for a plain one."""
    plain = False
    with suppress(UnicodeDecodeError):
        plain = csv_text._split(data.removeprefix(b"\xef\xbb\xbf"), LAYOUT, ",") is not None
    found, findings = _read(data)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(csv_text, "_split", lambda *_: None)
        slow, told = _read(data)
    assert findings.problems == told.problems
    assert (found is None) is (slow is None)
    if found is not None and slow is not None:
        assert list(found.rows) == list(slow.rows)
        assert {name: column.to_list() for name, column in found.columns.items()} == {
            name: column.to_list() for name, column in slow.columns.items()
        }
    return plain


@quick
@given(pieces=file_pieces, headed=st.booleans())
def test_any_file_reads_alike(pieces: list[str], headed: bool) -> None:
    _same_by_the_csv_module((("a,b\n" if headed else "") + "".join(pieces)).encode())


@quick
@given(content=plain_files)
def test_a_plain_file_reads_alike(content: str) -> None:
    plain = _same_by_the_csv_module(content.encode())
    assert plain is ("\n" in content and b"\0" not in content.removeprefix("\ufeff").encode()[:64])


@pytest.mark.parametrize("data", [b"a,b\n\xff,2\n", b"a,b\n\xed\xa0\x80,2\n", b"a,b\n1,2\n3\xe2\x82,4\n"])
def test_bytes_that_are_no_text_are_told_alike(data: bytes) -> None:
    assert not _same_by_the_csv_module(data)
    assert _read(data)[1].problems[0].code == "ENCODING_INVALID"
