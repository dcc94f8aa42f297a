"""Archives that lie about what is in them: nothing of them is unpacked beyond the limits, and no part twice."""

import gzip
import io
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cmdb.store.sqlite.store import SqliteStore
from tests.hostile.inputs import told
from tests.importers.estate import CIS, RELATIONS, write
from tests.importers.test_native_xlsx import book

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def zipped(parts: list[tuple[str, bytes]], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", how) as archive:
        for name, content in parts:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(archive, "NameToInfo", {})
                archive.writestr(name, content)
    return target.getvalue()


def patched(data: bytes, record: bytes, at: int, value: bytes) -> bytes:
    """The bytes with those of the first such record replaced."""
    start = data.index(record) + at
    return data[:start] + value + data[start + len(value) :]


def _workbook(tmp_path: Path) -> bytes:
    return book(tmp_path).read_bytes()


def twice(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    return zipped([*parts, ("xl/workbook.xml", b"<workbook/>")])


def by_case(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    return zipped([*parts, ("XL/WORKBOOK.XML", b"<workbook/>")])


def encrypted(data: bytes) -> bytes:
    return patched(patched(data, LOCAL, 6, b"\x01\x00"), CENTRAL, 8, b"\x01\x00")


def smaller_than_it_is(data: bytes) -> bytes:
    return patched(data, CENTRAL, 24, struct.pack("<I", 1))


def larger_than_it_is(data: bytes) -> bytes:
    return patched(data, CENTRAL, 24, struct.pack("<I", 200 * 2**20))


def largest_of_all(data: bytes) -> bytes:
    return patched(data, CENTRAL, 24, b"\xff\xff\xff\xff")


def wrong_sum(data: bytes) -> bytes:
    return patched(data, CENTRAL, 16, b"\0\0\0\0")


def unknown_method(data: bytes) -> bytes:
    return patched(patched(data, LOCAL, 8, b"\x63\x00"), CENTRAL, 10, b"\x63\x00")


def other_name_inside(data: bytes) -> bytes:
    return patched(data, LOCAL, 30, b"[Xontent_Types]")


def more_than_there_are(data: bytes) -> bytes:
    return patched(data, END, 10, b"\xff\xff")


def directory_elsewhere(data: bytes) -> bytes:
    return patched(data, END, 16, b"\xff\xff\xff\x7f")


def behind_something(data: bytes) -> bytes:
    return b"PK\x03\x04" + b"#!/bin/sh\n" + data


def with_an_end_in_its_comment(data: bytes) -> bytes:
    return data[:-2] + struct.pack("<H", 22) + END + bytes(18)


def nothing_in_it(_: bytes) -> bytes:
    return END + bytes(18)


def another_archive_in_it(data: bytes) -> bytes:
    return zipped([("estate.xlsx", data), ("more.zip", zipped([("a.zip", zipped([("b", b"x")]))]))])


def zip64(data: bytes) -> bytes:
    """The sizes of the first part are said to stand in an extra field, which says 4 EiB."""
    return patched(largest_of_all(data), END, 12, struct.pack("<I", 0xFFFFFFFF))


CASES: list[tuple[Callable[[bytes], bytes], set[str]]] = [
    (twice, {"CORRUPT_ARCHIVE"}), (by_case, {"CORRUPT_ARCHIVE"}), (encrypted, {"CORRUPT_ARCHIVE"}),
    (smaller_than_it_is, {"CORRUPT_ARCHIVE"}), (larger_than_it_is, {"ARCHIVE_TOO_LARGE"}),
    (largest_of_all, {"ARCHIVE_TOO_LARGE", "CORRUPT_ARCHIVE"}), (wrong_sum, {"CORRUPT_ARCHIVE"}),
    (unknown_method, {"CORRUPT_ARCHIVE"}), (other_name_inside, {"CORRUPT_ARCHIVE"}),
    (more_than_there_are, {"ARCHIVE_TOO_MANY_PARTS"}), (directory_elsewhere, {"CORRUPT_ARCHIVE"}),
    (with_an_end_in_its_comment, {"CORRUPT_ARCHIVE", "NOT_AN_XLSX"}), (nothing_in_it, {"NOT_AN_XLSX"}),
    (another_archive_in_it, {"NOT_AN_XLSX"}), (zip64, {"ARCHIVE_TOO_MANY_PARTS", "CORRUPT_ARCHIVE"}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "codes"), CASES, ids=[change.__name__ for change, _ in CASES])
def test_an_archive_that_lies(
    change: Callable[[bytes], bytes], codes: set[str], tmp_path: Path, empty: SqliteStore
) -> None:
    file = book(tmp_path)
    file.write_bytes(change(file.read_bytes()))
    ((code, place),) = told(file, empty)
    assert code in codes
    assert place == "estate.xlsx"


def test_parts_that_share_their_bytes(tmp_path: Path, empty: SqliteStore) -> None:
    """A bomb without a high ratio for any part: every entry of the directory points to the same data."""
    data = zipped([("xl/0.xml", bytes(30_000_000))])
    start, end = data.index(CENTRAL), data.index(END)
    entry = data[start:end]
    many = b"".join(entry.replace(b"xl/0.xml", b"xl/%c.xml" % (65 + at)) for at in range(26))
    whole = data[:start] + many + struct.pack("<4sHHHHIIH", END, 0, 0, 26, 26, len(many), start, 0)
    (tmp_path / "estate.xlsx").write_bytes(whole)
    assert told(tmp_path / "estate.xlsx", empty) == [("ARCHIVE_TOO_LARGE", "estate.xlsx")]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / "estate.xlsx").write_bytes(zipped([("xl/a.xml", bytes(150_000_000))]))
    tracemalloc.start()
    begun = time.monotonic()
    try:
        assert told(tmp_path / "estate.xlsx", empty) == [("ARCHIVE_TOO_LARGE", "estate.xlsx")]
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (gzip.compress(gzip.compress(CIS.encode())), "ENCODING_INVALID"),
        (gzip.compress(CIS.encode()) + b"junk", "CORRUPT_ARCHIVE"),
        (gzip.compress(CIS.encode())[:12], "CORRUPT_ARCHIVE"),
        (gzip.compress(bytes(20_000_000)) + gzip.compress(bytes(20_000_000)), "ARCHIVE_TOO_LARGE"),
        (zipped([("cis.csv", CIS.encode())]), "CORRUPT_ARCHIVE"),
        (gzip.compress(b""), "EMPTY_FILE"),
        (b"", "EMPTY_FILE"),
        (gzip.compress(CIS.encode())[:-8] + bytes(8), "CORRUPT_ARCHIVE"),
    ],
    ids=["twice packed", "something behind", "cut", "two bombs", "a zip", "of nothing", "nothing", "wrong sum"],
)
def test_packed_tables(content: bytes, code: str, tmp_path: Path, empty: SqliteStore) -> None:
    folder = write(tmp_path / "in", relations=RELATIONS)
    (folder / "cis.csv").unlink()
    (folder / "cis.csv.gz").write_bytes(content)
    assert {found for found, _ in told(folder, empty)} == {code}


@pytest.mark.parametrize(("importer", "name"), [("netbox", "netbox.json.gz"), ("cyclonedx", "bom.json.gz"),
                                                ("terraform", "a.json.gz"), ("kubernetes", "a.json.gz")])  # fmt: skip
def test_packed_documents(importer: str, name: str, tmp_path: Path, empty: SqliteStore) -> None:
    for content, code in (
        (gzip.compress(b" " * 50_000_000), "ARCHIVE_TOO_LARGE"),
        (b"\x1f\x8b\x08", "CORRUPT_ARCHIVE"),
    ):
        (tmp_path / name).write_bytes(content)
        assert told(tmp_path / name, empty, importer) == [(code, name)]
