"""Workbooks: the same estate as the CSV folder, and every workbook that is refused."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from cmdb.store.sqlite.store import SqliteStore
from tests.importers.estate import plan_of, problems_of, warnings_of, write

Rows = list[list[Any]]
CIS: Rows = [["id", "kind", "name"], ["app", "application", "App"], ["db", "database", "DB"]]
LINKS: Rows = [["from", "type", "to", "effect", "pool"], ["app", "depends_on", "db", "", ""]]
SHEET = "xl/worksheets/sheet1.xml"
ENTITY = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def book(path: Path, cis: Rows = CIS, links: Rows = LINKS, change: Callable[[Any, Any], None] | None = None) -> Path:
    """A workbook with both sheets; `change` is given the book and the sheet of CIs before it is closed."""
    file = path / "estate.xlsx"
    workbook = xlsxwriter.Workbook(file)
    for name, rows in (("cis", cis), ("relations", links)):
        sheet = workbook.add_worksheet(name)
        for index, row in enumerate(rows):
            sheet.write_row(index, 0, row)
    if change:
        change(workbook, workbook.get_worksheet_by_name("cis"))
    workbook.close()
    return file


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The workbook with its parts changed by hand."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


def codes(file: Path, store: SqliteStore) -> list[tuple[str, str]]:
    return [(problem.code, problem.place) for problem in problems_of(file, store)]


def test_a_workbook_is_the_same_as_the_folder(tmp_path: Path, empty: SqliteStore) -> None:
    assert plan_of(book(tmp_path), empty).changeset == plan_of(write(tmp_path / "csv"), empty).changeset


def test_cells_become_what_a_person_typed(tmp_path: Path, empty: SqliteStore) -> None:
    def dates(workbook: Any, sheet: Any) -> None:
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(1, 3, datetime(2026, 11, 22), day)
        sheet.write(1, 4, 240)
        sheet.write(1, 5, 12.5)
        sheet.write(1, 6, 12345)
        sheet.write_boolean(1, 7, True)

    cis: Rows = [["id", "kind", "name", "verified_at", "rto", "memory_gib", "serial", "description"],
                 [7, "server", "S", "", "", "", "", ""]]  # fmt: skip
    ci = plan_of(book(tmp_path, cis, LINKS[:1], dates), empty).changeset.put_cis[0]
    assert ci.id == "7"
    assert ci.attributes == {
        "verified_at": "2026-11-22", "rto": 240, "memory_gib": 12.5, "serial": "12345", "description": "yes",
    }  # fmt: skip


def test_percentages_stay_percentages(tmp_path: Path, empty: SqliteStore) -> None:
    def pool(workbook: Any, _: Any) -> None:
        sheet = workbook.add_worksheet("pools")
        sheet.write_row(0, 0, ["ci", "pool", "required", "full"])
        sheet.write_row(1, 0, ["app", "p"])
        sheet.write(1, 2, 0.5, workbook.add_format({"num_format": "0%"}))
        sheet.write(1, 3, 2)

    links = [LINKS[0], ["app", "depends_on", "db", "", "p"]]
    plan = plan_of(book(tmp_path, links=links, change=pool), empty)
    assert plan.changeset.put_pools[0][2:4] == ("50%", "2")


def _formula(_: Any, sheet: Any) -> None:
    sheet.write_formula(1, 2, "=1+1", None, 2)


def _early_date(workbook: Any, sheet: Any) -> None:
    sheet.write(0, 3, "verified_at")
    sheet.write_number(1, 3, 60, workbook.add_format({"num_format": "yyyy-mm-dd"}))


def _long_number(_: Any, sheet: Any) -> None:
    sheet.write(0, 3, "external_id")
    sheet.write_number(1, 3, 12345678901234567890)


def _no_cis(_: Any, sheet: Any) -> None:
    sheet.name = "CI list"


def _blank(_: Any, sheet: Any) -> None:
    sheet.table.clear()


def _time(workbook: Any, sheet: Any) -> None:
    sheet.write(0, 3, "rto")
    sheet.write_datetime(1, 3, datetime(2026, 1, 1, 4), workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"}))


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (_formula, "FORMULA_CELL", "estate.xlsx sheet cis row 2, column name"),
        (_early_date, "BAD_DATE", "estate.xlsx sheet cis row 2, column verified_at"),
        (_time, "BAD_DURATION", "estate.xlsx sheet cis row 2, column rto"),
        (_long_number, "PRECISION_LOST", "estate.xlsx sheet cis row 2, column external_id"),
        (_no_cis, "MISSING_SHEET", "estate.xlsx"),
        (_blank, "EMPTY_FILE", "estate.xlsx sheet cis"),
    ],
)
def test_bad_cells_and_sheets(
    tmp_path: Path, empty: SqliteStore, change: Callable[[Any, Any], None], code: str, place: str
) -> None:
    assert codes(book(tmp_path, links=LINKS[:1] if change is not _no_cis else LINKS, change=change), empty) == [
        (code, place)
    ]


def test_formula_without_a_value(tmp_path: Path, empty: SqliteStore) -> None:
    def strip(parts: dict[str, bytes]) -> None:
        parts[SHEET] = parts[SHEET].replace(b"</f><v>2</v>", b"</f>")

    found = codes(rewritten(book(tmp_path, change=_formula), strip), empty)
    assert found[0] == ("FORMULA_NO_VALUE", "estate.xlsx sheet cis row 2, column name")


def test_error_values_are_refused(tmp_path: Path, empty: SqliteStore) -> None:
    def fail(parts: dict[str, bytes]) -> None:
        cell = b'<c r="C2" t="e"><v>#N/A</v></c>'
        parts[SHEET] = re.sub(rb'<c r="C2" t="s"><v>\d+</v></c>', cell, parts[SHEET])

    assert ("CELL_ERROR", "estate.xlsx sheet cis row 2, column name") in codes(rewritten(book(tmp_path), fail), empty)


def test_hidden_data_is_read_and_told(tmp_path: Path, empty: SqliteStore) -> None:
    def hide(workbook: Any, sheet: Any) -> None:
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column(2, 2, None, None, {"hidden": True})
        workbook.get_worksheet_by_name("relations").hide()
        workbook.add_worksheet("secret").hide()
        workbook.add_worksheet("notes")

    file = book(tmp_path, change=hide)
    assert len(plan_of(file, empty).changeset.put_cis) == 2
    assert sorted(warnings_of(file, empty)) == [
        ("HIDDEN_DATA", "estate.xlsx"), ("HIDDEN_DATA", "estate.xlsx sheet cis row 3"),
        ("HIDDEN_DATA", "estate.xlsx sheet cis, column name"),
        ("HIDDEN_DATA", "estate.xlsx sheet relations"), ("IGNORED_SHEET", "estate.xlsx"),
    ]  # fmt: skip


def test_only_a_far_off_cell(tmp_path: Path, empty: SqliteStore) -> None:
    far = book(tmp_path, change=lambda _, sheet: sheet.write(1_048_575, 16_383, "x"))
    assert codes(far, empty) == [("SHEET_TOO_LARGE", "estate.xlsx sheet cis")]
    low = book(tmp_path, change=lambda _, sheet: sheet.write(1_048_575, 0, "x"))
    assert codes(low, empty) == [("SHEET_TOO_LARGE", "estate.xlsx sheet cis")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "NOT_AN_XLSX"), (b"hello", "NOT_AN_XLSX"), (b"\xd0\xcf\x11\xe0" + bytes(600), "NOT_AN_XLSX"),
        (b"PK\x03\x04" + bytes(100), "CORRUPT_ARCHIVE"),
    ],
)  # fmt: skip
def test_not_a_workbook(tmp_path: Path, empty: SqliteStore, content: bytes, code: str) -> None:
    file = tmp_path / "estate.xlsx"
    file.write_bytes(content)
    assert codes(file, empty) == [(code, "estate.xlsx")]


def test_damaged_archives(tmp_path: Path, empty: SqliteStore) -> None:
    file = book(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    assert codes(file, empty) == [("CORRUPT_ARCHIVE", "estate.xlsx")]
    middle = whole.index(b"xl/worksheets/sheet1.xml") + 40
    file.write_bytes(whole[:middle] + bytes(60) + whole[middle + 60 :])
    assert codes(file, empty) == [("CORRUPT_ARCHIVE", "estate.xlsx")]


def _archive(entries: list[tuple[str | zipfile.ZipInfo, bytes]], path: Path) -> Path:
    file = path / "estate.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries:
            archive.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)
    return file


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "xl\\..\\x", "C:/x", "xl/../../x"])
def test_paths_that_lead_out(tmp_path: Path, empty: SqliteStore, name: str) -> None:
    assert codes(_archive([(name, b"x")], tmp_path), empty) == [("ARCHIVE_BAD_PATH", "estate.xlsx")]


def test_symbolic_links(tmp_path: Path, empty: SqliteStore) -> None:
    link = zipfile.ZipInfo("xl/workbook.xml")
    link.external_attr = 0o120777 << 16
    assert codes(_archive([(link, b"/etc/passwd")], tmp_path), empty) == [("ARCHIVE_BAD_PATH", "estate.xlsx")]


def test_bombs(tmp_path: Path, empty: SqliteStore) -> None:
    assert codes(_archive([("xl/a.xml", bytes(40_000_000))], tmp_path), empty) == [("ARCHIVE_TOO_LARGE", "estate.xlsx")]
    many: list[tuple[str | zipfile.ZipInfo, bytes]] = [(f"xl/{i}.xml", b"") for i in range(1_001)]
    assert codes(_archive(many, tmp_path), empty) == [("ARCHIVE_TOO_MANY_PARTS", "estate.xlsx")]
    long: list[tuple[str | zipfile.ZipInfo, bytes]] = [(f"xl/{i}{'x' * 60_000}", b"") for i in range(10)]
    assert codes(_archive(long, tmp_path), empty) == [("ARCHIVE_TOO_MANY_PARTS", "estate.xlsx")]


def test_another_kind_of_archive(tmp_path: Path, empty: SqliteStore) -> None:
    assert codes(_archive([("mimetype", b"application/zip")], tmp_path), empty) == [("NOT_AN_XLSX", "estate.xlsx")]


def _macro(parts: dict[str, bytes]) -> None:
    parts["xl/vbaProject.bin"] = b"x"


def _dtd(parts: dict[str, bytes]) -> None:
    parts[SHEET] = ENTITY + parts[SHEET].split(b"?>", 1)[1]


def _dtd_of_strings(parts: dict[str, bytes]) -> None:
    parts["xl/sharedStrings.xml"] = ENTITY.replace(b"file:///etc/hostname", b"http://127.0.0.1:9/") + b"<sst/>"


def _foreign_encoding(parts: dict[str, bytes]) -> None:
    parts[SHEET] = parts[SHEET].decode().replace('"UTF-8"', '"UTF-16"').encode("utf-16")


def _disguised_encoding(parts: dict[str, bytes]) -> None:
    parts[SHEET] = parts[SHEET].replace(b'"UTF-8"', b'"cp037"')


def _lost_link(parts: dict[str, bytes]) -> None:
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(b'Id="rId1"', b'Id="rId99"')


def _lost_sheet(parts: dict[str, bytes]) -> None:
    del parts[SHEET]


def _lost_workbook(parts: dict[str, bytes]) -> None:
    del parts["xl/workbook.xml"]


def _bad_reference(parts: dict[str, bytes]) -> None:
    parts[SHEET] = parts[SHEET].replace(b'r="A2"', b'r="?"')


def _broken_xml(parts: dict[str, bytes]) -> None:
    parts[SHEET] = parts[SHEET][:-30]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_macro, "MACRO_FORBIDDEN"), (_dtd, "XML_DTD_FORBIDDEN"), (_dtd_of_strings, "XML_DTD_FORBIDDEN"),
        (_foreign_encoding, "CORRUPT_WORKBOOK"), (_disguised_encoding, "CORRUPT_WORKBOOK"),
        (_lost_link, "CORRUPT_WORKBOOK"), (_lost_sheet, "CORRUPT_WORKBOOK"), (_lost_workbook, "CORRUPT_WORKBOOK"),
        (_bad_reference, "CORRUPT_WORKBOOK"), (_broken_xml, "CORRUPT_WORKBOOK"),
    ],
)  # fmt: skip
def test_bad_parts(
    tmp_path: Path, empty: SqliteStore, change: Callable[[dict[str, bytes]], None], code: str
) -> None:  # fmt: skip
    assert [found for found, _ in codes(rewritten(book(tmp_path), change), empty)] == [code]


def test_damaged_bytes_never_escape_as_another_error(tmp_path: Path, empty: SqliteStore) -> None:
    whole = bytearray(book(tmp_path).read_bytes())
    file = tmp_path / "estate.xlsx"
    for at in range(0, len(whole), 97):
        broken = whole.copy()
        broken[at] ^= 0xFF
        file.write_bytes(broken)
        try:
            plan_of(file, empty)
        except ValueError as fault:
            assert type(fault).__name__ == "InvalidInput", (at, fault)  # noqa: PT017


def test_damaged_xml_never_escapes_as_another_error(tmp_path: Path, empty: SqliteStore) -> None:
    original = book(tmp_path)
    with zipfile.ZipFile(io.BytesIO(original.read_bytes())) as archive:
        xml = archive.read(SHEET)
    for at in range(60, len(xml), 23):

        def put(parts: dict[str, bytes], at: int = at) -> None:
            parts[SHEET] = xml[:at] + b"9" + xml[at + 1 :]

        try:
            plan_of(rewritten(original, put), empty)
        except ValueError as fault:
            assert type(fault).__name__ == "InvalidInput", (at, fault)  # noqa: PT017
