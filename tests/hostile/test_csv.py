"""Tables as CSV that are odd as text: encodings, ends of lines, quotes, and sizes without bounds."""

import time
from pathlib import Path

import pytest

from cmdb.store.sqlite.store import SqliteStore
from tests.hostile.inputs import told, warned
from tests.importers.estate import CIS, RELATIONS, plan_of, write

HEAD = b"id,kind,name\n"
ROW = b"app,application,App\ndb,database,DB\n"

CASES: list[tuple[str, bytes, str, str]] = [
    ("UTF-7", b"+/v8-" + HEAD + ROW, "MISSING_COLUMN", "cis.csv row 1, column id"),
    ("overlong slash", HEAD + ROW + b"x,server,a\xc0\xafb\n", "ENCODING_INVALID", "cis.csv row 4"),
    ("overlong NUL", HEAD + ROW + b"x,server,a\xc0\x80b\n", "ENCODING_INVALID", "cis.csv row 4"),
    ("beyond Unicode", HEAD + ROW + b"x,server,\xf5\x80\x80\x80\n", "ENCODING_INVALID", "cis.csv row 4"),
    ("cut in a letter", HEAD + ROW + b"x,server,\xe2\x82", "ENCODING_INVALID", "cis.csv row 4"),
    ("two encodings", HEAD + "x,server,é\n".encode() + b"y,server,\xe9\n", "ENCODING_INVALID", "cis.csv row 3"),
    ("UTF-32", "id,kind,name\n".encode("utf-32"), "ENCODING_UNKNOWN", "cis.csv"),
    ("UTF-32 big", "\ufeffid,kind,name\n".encode("utf-32-be"), "ENCODING_UNKNOWN", "cis.csv"),
    ("UTF-16 behind 64 bytes", HEAD + b"x" * 64 + ROW.decode().encode("utf-16-le"), "BAD_CHARACTER",
     "cis.csv row 2, column id"),
    ("two marks", b"\xef\xbb\xbf\xef\xbb\xbf" + HEAD + ROW, "MISSING_COLUMN", "cis.csv row 1, column id"),
    ("mark in an id", HEAD + ROW + "x\ufeffy,server,X\n".encode(), "BAD_CHARACTER", "cis.csv row 4, column id"),
    ("zero-width joiner in an id", HEAD + ROW + "x\u200dy,server,X\n".encode(), "BAD_CHARACTER",
     "cis.csv row 4, column id"),
    ("word joiner in an id", HEAD + ROW + "x\u2060y,server,X\n".encode(), "BAD_CHARACTER",
     "cis.csv row 4, column id"),
    ("soft hyphen in an id", HEAD + ROW + "x\u00ady,server,X\n".encode(), "BAD_CHARACTER",
     "cis.csv row 4, column id"),
    ("NUL in the header", b"id,kind,na\0me\n" + ROW, "MISSING_COLUMN", "cis.csv row 1, column name"),
    ("only NULs", bytes(500), "ENCODING_UNKNOWN", "cis.csv"),
    ("escape of a terminal", HEAD + ROW + b"x,server,\x1b[2J\n", "BAD_CHARACTER", "cis.csv row 4, column name"),
    ("isolates of direction", HEAD + ROW + "x,server,a\u2066b\n".encode(), "BIDI_CONTROL",
     "cis.csv row 4, column name"),
    ("direction in a kind", HEAD + ROW + "x,ser\u202ever,X\n".encode(), "UNKNOWN_KIND", "cis.csv row 4, column kind"),
    ("direction in the header", "id,kind,name,\u202eowner\n".encode() + b"a,server,A,b\n", "UNKNOWN_ATTRIBUTE",
     "cis.csv row 1"),
    ("quote behind blanks", HEAD + ROW + b'x, "server",X\n', "UNKNOWN_KIND", "cis.csv row 4, column kind"),
    ("only a quote", b'"', "CSV_UNCLOSED_QUOTE", "cis.csv row 1"),
    ("a number of another script", b"id,kind,name,cpus\n" + "x,server,X,\u0663\n".encode(), "BAD_NUMBER",
     "cis.csv row 2, column cpus"),
    ("hexadecimal", b"id,kind,name,cpus\nx,server,X,0x10\n", "BAD_NUMBER", "cis.csv row 2, column cpus"),
    ("underscores", b"id,kind,name,cpus\nx,server,X,1_000\n", "BAD_NUMBER", "cis.csv row 2, column cpus"),
    ("endless digits", b"id,kind,name,cpus\nx,server,X," + b"9" * 5_000 + b"\n", "OUT_OF_RANGE",
     "cis.csv row 2, column cpus"),
    ("huge number", b"id,kind,name,memory_gib\nx,server,X,1e309\n", "NOT_FINITE",
     "cis.csv row 2, column memory_gib"),
    ("negative count", b"id,kind,name,head_count\nx,client_group,X,-5\n", "OUT_OF_RANGE",
     "cis.csv row 2, column head_count"),
    ("a duration without end", b"id,kind,name,rto\nx,server,X," + b"9" * 40 + b"d\n", "OUT_OF_RANGE",
     "cis.csv row 2, column rto"),
    ("year 10000", b"id,kind,name,verified_at\nx,server,X,10000-01-01\n", "BAD_DATE",
     "cis.csv row 2, column verified_at"),
    ("year 0", b"id,kind,name,verified_at\nx,server,X,0000-01-01\n", "BAD_DATE", "cis.csv row 2, column verified_at"),
    ("second 60", b"id,kind,name,verified_at\nx,server,X,2026-06-30T23:59:60Z\n", "BAD_DATE",
     "cis.csv row 2, column verified_at"),
    ("offset of a day", b"id,kind,name,verified_at\nx,server,X,2026-06-30T23:59:00+99:00\n", "BAD_DATE",
     "cis.csv row 2, column verified_at"),
    ("time before year 1 in UTC", b"id,kind,name,verified_at\nx,server,X,0001-01-01T00:00:00+10:00\n", "BAD_DATE",
     "cis.csv row 2, column verified_at"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code", "place"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_table_is_refused(content: bytes, code: str, place: str, tmp_path: Path, empty: SqliteStore) -> None:
    assert told(write(tmp_path / "in", content, "from,type,to\n"), empty)[0] == (code, place)


@pytest.mark.parametrize(
    "content",
    [
        CIS.replace("\n", "\r"), CIS.replace("\n", "\r\n", 1), CIS.replace("\n", "\r", 1), CIS + "\n\r\n\r",
        CIS.replace("App", '"App"').replace("\n", "\r\n"), "\ufeff" + CIS,
    ],
    ids=["CR", "CRLF once", "CR once", "blank ends", "quotes and CRLF", "a mark"],
)  # fmt: skip
def test_ends_of_lines_may_be_mixed(content: str, tmp_path: Path, empty: SqliteStore) -> None:
    plain = plan_of(write(tmp_path / "plain"), empty).changeset
    assert plan_of(write(tmp_path / "other", content.encode()), empty).changeset == plain


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "{{7*7}}", "<script>", "%s%n"])
def test_what_others_would_run_is_kept_as_it_is(name: str, tmp_path: Path, empty: SqliteStore) -> None:
    content = HEAD + ROW + f'x,server,"{name}"\n'.encode()
    assert plan_of(write(tmp_path / "in", content), empty).changeset.put_cis[2].name == name


def test_lists_with_nothing_between_their_marks(tmp_path: Path, empty: SqliteStore) -> None:
    content = b"id,kind,name,aliases\nx,server,X,;; a ;;b; ;\ny,server,Y,;\n"
    first, second = plan_of(write(tmp_path / "in", content, "from,type,to\n"), empty).changeset.put_cis
    assert (first.attributes, second.attributes) == ({"aliases": ["a", "b"]}, {})


WIDE = "name,kind,id" + "".join(f",c{at}" for at in range(1_000_000))


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        ((WIDE + "\n" + "x,server,X\n").encode(), {"TOO_MANY"}),
        (b"id,kind,name" + b"," * 1_000_000 + b"\n", {"TOO_MANY"}),
        (b"id,kind," + b"n" * 10_000_000 + b"\nx,server,X\n", {"FIELD_TOO_LONG", "MISSING_COLUMN"}),
        (b"id,kind,name," + b",".join([b"name"] * 5_000) + b"\n", {"TOO_MANY", "DUPLICATE_COLUMN"}),
        (HEAD + b"x,server,X\n" + b'"' * 3_000_001, {"CSV_UNCLOSED_QUOTE", "FIELD_TOO_LONG"}),
        (HEAD + b'x,server,"' + b'""' * 60_000 + b"\n", {"CSV_UNCLOSED_QUOTE"}),
        (HEAD + b"x" + b"," * 3_000_000, {"LONG_ROW"}),
        (HEAD + b"\n" * 5_000_000, {"HEADER_ONLY"}),
        (HEAD + b"x\n" * 50_000, {"SHORT_ROW"}),
    ],
    ids=["a million columns", "a million empty columns", "a header of 10 MB", "one column 5,000 times",
         "millions of quotes", "quotes in a quote", "millions of commas", "millions of empty rows", "all rows short"],
)  # fmt: skip
def test_no_size_costs_much_time(content: bytes, codes: set[str], tmp_path: Path, empty: SqliteStore) -> None:
    begun = time.monotonic()
    assert {code for code, _ in told(write(tmp_path / "in", content, "from,type,to\n"), empty)} <= codes
    assert time.monotonic() - begun < 20


def test_another_delimiter_is_never_one_wide_column(tmp_path: Path, empty: SqliteStore) -> None:
    for delimiter in ";|\t":
        folder = write(tmp_path / f"in{ord(delimiter)}", CIS, RELATIONS.replace(",", delimiter))
        assert told(folder, empty) == [("DELIMITER_MISMATCH", "relations.csv row 1")]
    colons = write(tmp_path / "colons", CIS.replace(",", ":"))
    assert {code for code, _ in told(colons, empty)} == {"MISSING_COLUMN", "UNKNOWN_ATTRIBUTE"}


def test_a_file_of_only_one_line_end(tmp_path: Path, empty: SqliteStore) -> None:
    assert told(write(tmp_path / "in", b"\r"), empty) == [("EMPTY_FILE", "cis.csv")]


def test_columns_without_a_name_that_hold_something(tmp_path: Path, empty: SqliteStore) -> None:
    content = b"id,kind,name,\nx,server,X,secret\n"
    assert told(write(tmp_path / "in", content, "from,type,to\n"), empty) == [("UNKNOWN_ATTRIBUTE", "cis.csv row 1")]
    blank = write(tmp_path / "blank", b"id,kind,name,\nx,server,X,\n", "from,type,to\n")
    assert warned(blank, empty) == []
