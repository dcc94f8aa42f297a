"""Workbooks with more in them than cells: hidden things, links, merged cells, other calendars, XML that bites."""

import re
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cmdb.store.sqlite.store import SqliteStore
from tests.hostile.inputs import told, warned
from tests.importers.estate import plan_of
from tests.importers.test_native_xlsx import LINKS, SHEET, Rows, book, rewritten

Parts = dict[str, bytes]
RELATIONSHIPS = "xl/worksheets/_rels/sheet1.xml.rels"
STRINGS = "xl/sharedStrings.xml"


def behind_declaration(content: bytes, inserted: bytes) -> bytes:
    declaration, _, rest = content.partition(b"?>")
    return declaration + b"?>" + inserted + rest


def cell(parts: Parts, reference: bytes, replaced: bytes) -> None:
    """A cell of the first sheet, replaced by XML."""
    parts[SHEET] = re.sub(rb'<c r="%s"[^>]*>.*?</c>' % reference, replaced.replace(b"\\", b"\\\\"), parts[SHEET])


def billion_laughs(parts: Parts) -> None:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (at, b"&l%d;" % (at - 1) * 10) for at in range(1, 10))
    parts[STRINGS] = behind_declaration(parts[STRINGS], b'<!DOCTYPE s [<!ENTITY l0 "lol">' + entities + b"]>")


def quadratic_blowup(parts: Parts) -> None:
    parts[SHEET] = behind_declaration(parts[SHEET], b'<!DOCTYPE s [<!ENTITY a "' + b"a" * 100_000 + b'">]>')


def parameter_entity(parts: Parts) -> None:
    parts[SHEET] = behind_declaration(parts[SHEET], b'<!DOCTYPE s [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]>')


def entity_of_the_workbook(parts: Parts) -> None:
    name = "xl/workbook.xml"
    parts[name] = behind_declaration(parts[name], b'<!DOCTYPE s SYSTEM "file:///etc/hostname">')


def document_type_behind_blanks(parts: Parts) -> None:
    parts["xl/styles.xml"] = behind_declaration(parts["xl/styles.xml"], b"\n" * 5_000 + b"<!DOCTYPE s>")


def utf7(parts: Parts) -> None:
    parts[SHEET] = parts[SHEET].replace(b'"UTF-8"', b'"UTF-7"')


def no_declaration_but_utf16(parts: Parts) -> None:
    parts[SHEET] = parts[SHEET].decode().partition("?>")[2].encode("utf-16-le")


def deep(parts: Parts) -> None:
    parts[SHEET] = parts[SHEET].replace(b"<sheetData>", b"<x>" * 100_000 + b"<sheetData>")


def many_strings(parts: Parts) -> None:
    parts[STRINGS] = parts[STRINGS].replace(b"</sst>", b"")


def string_that_is_not_there(parts: Parts) -> None:
    cell(parts, b"C2", b'<c r="C2" t="s"><v>99999</v></c>')


def string_of_a_negative_number(parts: Parts) -> None:
    cell(parts, b"C2", b'<c r="C2" t="s"><v>-1</v></c>')


def row_zero(parts: Parts) -> None:
    parts[SHEET] = parts[SHEET].replace(b'<row r="2"', b'<row r="0"')


def row_beyond_all(parts: Parts) -> None:
    parts[SHEET] = parts[SHEET].replace(b'<row r="2"', b'<row r="99999999999999999999"')


def column_beyond_all(parts: Parts) -> None:
    parts[SHEET] = parts[SHEET].replace(b'r="C2"', b'r="ZZZZZZZ2"')


def macro_sheet(parts: Parts) -> None:
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml" PartName="/x"/></Types>',
    )


def sheet_outside(parts: Parts) -> None:
    name = "xl/_rels/workbook.xml.rels"
    parts[name] = parts[name].replace(b"worksheets/sheet1.xml", b"../../../../etc/passwd")


def sheet_elsewhere(parts: Parts) -> None:
    name = "xl/_rels/workbook.xml.rels"
    parts[name] = parts[name].replace(b"worksheets/sheet1.xml", b"http://127.0.0.1:1/sheet1.xml")


def two_sheets_of_one_name(parts: Parts) -> None:
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b'name="relations"', b'name="CIS"')


REFUSED: list[tuple[Callable[[Parts], None], set[str]]] = [
    (billion_laughs, {"XML_DTD_FORBIDDEN"}), (quadratic_blowup, {"XML_DTD_FORBIDDEN"}),
    (parameter_entity, {"XML_DTD_FORBIDDEN"}), (entity_of_the_workbook, {"XML_DTD_FORBIDDEN"}),
    (document_type_behind_blanks, {"XML_DTD_FORBIDDEN"}), (utf7, {"CORRUPT_WORKBOOK"}),
    (no_declaration_but_utf16, {"CORRUPT_WORKBOOK"}), (deep, {"CORRUPT_WORKBOOK"}),
    (many_strings, {"CORRUPT_WORKBOOK"}),
    (string_that_is_not_there, {"CORRUPT_WORKBOOK"}), (string_of_a_negative_number, {"CORRUPT_WORKBOOK"}),
    (row_zero, {"CORRUPT_WORKBOOK"}), (row_beyond_all, {"CORRUPT_WORKBOOK", "SHEET_TOO_LARGE"}),
    (column_beyond_all, {"CORRUPT_WORKBOOK"}), (macro_sheet, {"MACRO_FORBIDDEN"}),
    (sheet_outside, {"CORRUPT_WORKBOOK"}), (sheet_elsewhere, {"CORRUPT_WORKBOOK"}),
    (two_sheets_of_one_name, {"CORRUPT_WORKBOOK", "MISSING_SHEET"}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "codes"), REFUSED, ids=[change.__name__ for change, _ in REFUSED])
def test_a_workbook_is_refused(
    change: Callable[[Parts], None], codes: set[str], tmp_path: Path, empty: SqliteStore
) -> None:
    ((code, place),) = told(rewritten(book(tmp_path), change), empty)
    assert code in codes
    assert place in {"estate.xlsx", "estate.xlsx sheet cis"}


def test_nothing_is_fetched(tmp_path: Path, empty: SqliteStore) -> None:
    """A workbook that points to an address in every way it can; that address is never asked."""
    hits = list[int]()
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        url = f"http://127.0.0.1:{canary.getsockname()[1]}/".encode()

        def listen() -> None:
            while not closing.is_set():
                try:
                    canary.accept()[0].close()
                    hits.append(1)
                except TimeoutError:
                    continue

        def link(parts: Parts) -> None:
            parts["xl/externalLinks/externalLink1.xml"] = b'<?xml version="1.0"?><externalLink/>'
            parts["xl/connections.xml"] = (
                b'<?xml version="1.0"?><connections><connection url="' + url + b'"/></connections>'
            )
            parts[RELATIONSHIPS] = b'<Relationships><Relationship Id="r" TargetMode="External" Target="' + url + b'"/>'
            parts[RELATIONSHIPS] += b"</Relationships>"
            parts[SHEET] = parts[SHEET].replace(
                b"</worksheet>", b'<hyperlinks><hyperlink ref="A1" id="r"/></hyperlinks></worksheet>'
            )

        def entity(parts: Parts) -> None:
            parts[SHEET] = behind_declaration(parts[SHEET], b'<!DOCTYPE s SYSTEM "' + url + b'x.dtd">')

        closing = threading.Event()
        thread = threading.Thread(target=listen)
        thread.start()
        try:
            assert len(plan_of(rewritten(book(tmp_path), link), empty).changeset.put_cis) == 2
            assert told(rewritten(book(tmp_path), entity), empty) == [("XML_DTD_FORBIDDEN", "estate.xlsx")]
        finally:
            closing.set()
            thread.join()
    assert hits == []


def test_very_hidden_sheets_are_read_and_told(tmp_path: Path, empty: SqliteStore) -> None:
    def hide(parts: Parts) -> None:
        parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b'name="cis"', b'name="cis" state="veryHidden"')

    assert warned(rewritten(book(tmp_path), hide), empty) == [("HIDDEN_DATA", "estate.xlsx sheet cis")]


def test_a_row_without_height_and_a_filter_hide_nothing_from_us(tmp_path: Path, empty: SqliteStore) -> None:
    def squeeze(workbook: Any, sheet: Any) -> None:
        sheet.set_row(1, 0)
        sheet.autofilter("A1:C3")

    assert len(plan_of(book(tmp_path, change=squeeze), empty).changeset.put_cis) == 2


def merged(parts: Parts) -> None:
    cells = b'<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>'
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", b"</sheetData>" + cells)


def test_merged_cells_have_a_value_in_the_first_only(tmp_path: Path, empty: SqliteStore) -> None:
    def empty_behind(parts: Parts) -> None:
        merged(parts)
        cell(parts, b"B3", b"")

    file = rewritten(book(tmp_path), empty_behind)
    assert told(file, empty)[0] == ("MISSING_VALUE", "estate.xlsx sheet cis row 3, column kind")


def test_values_behind_merged_cells_are_read_and_told(tmp_path: Path, empty: SqliteStore) -> None:
    file = rewritten(book(tmp_path), merged)
    assert warned(file, empty) == [("HIDDEN_DATA", "estate.xlsx sheet cis row 3, column kind")]
    assert [ci.kind for ci in plan_of(file, empty).changeset.put_cis] == ["application", "database"]


def test_merged_cells_without_end_cost_no_time(tmp_path: Path, empty: SqliteStore) -> None:
    def everywhere(parts: Parts) -> None:
        cells = b"<mergeCells>" + b'<mergeCell ref="A1:XFD1048576"/>' * 50_000 + b"</mergeCells>"
        parts[SHEET] = parts[SHEET].replace(b"</sheetData>", b"</sheetData>" + cells)

    begun = time.monotonic()
    assert {code for code, _ in warned(rewritten(book(tmp_path), everywhere), empty)} == {"HIDDEN_DATA"}
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("error", [b"#REF!", b"#NAME?", b"#DIV/0!", b"#VALUE!"])
def test_cells_that_hold_an_error(error: bytes, tmp_path: Path, empty: SqliteStore) -> None:
    file = rewritten(book(tmp_path), lambda parts: cell(parts, b"C2", b'<c r="C2" t="e"><v>' + error + b"</v></c>"))
    assert ("CELL_ERROR", "estate.xlsx sheet cis row 2, column name") in told(file, empty)


def with_column(path: Path, name: str, write: Callable[[Any, Any], None]) -> Path:
    """One server, with another column that `write` fills."""
    cis: Rows = [["id", "kind", "name", name], ["x", "server", "X"]]
    return book(path, cis, LINKS[:1], write)


def test_dates_of_the_other_calendar(tmp_path: Path, empty: SqliteStore) -> None:
    def day(workbook: Any, sheet: Any) -> None:
        sheet.write_datetime(1, 3, datetime(2026, 11, 22), workbook.add_format({"num_format": "yyyy-mm-dd"}))

    file = with_column(tmp_path, "verified_at", day)
    here = plan_of(file, empty).changeset.put_cis[0].attributes["verified_at"]

    def since_1904(parts: Parts) -> None:
        assert b"<workbookPr " in parts["xl/workbook.xml"]
        parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"<workbookPr ", b'<workbookPr date1904="1" ')

    there = plan_of(rewritten(file, since_1904), empty).changeset.put_cis[0].attributes["verified_at"]
    assert (here, there) == ("2026-11-22", "2030-11-23")


@pytest.mark.parametrize(
    ("name", "value", "style", "code"),
    [
        ("verified_at", 59, "yyyy-mm-dd", "BAD_DATE"), ("verified_at", -5, "yyyy-mm-dd", "BAD_DATE"),
        ("verified_at", 99_999_999, "yyyy-mm-dd", "BAD_DATE"), ("cpus", 2.5, "0", "BAD_NUMBER"),
        ("cpus", 0.5, "0%", "BAD_NUMBER"), ("cpus", -1, "0", "OUT_OF_RANGE"), ("rto", 0.5, "h:mm", "BAD_DURATION"),
        ("cpus", 1e300, "0", "PRECISION_LOST"), ("memory_gib", True, "0", "BAD_NUMBER"),
        ("criticality", 1, "0", "BAD_CHOICE"), ("serial", 1234567890123456, "0", "PRECISION_LOST"),
    ],
)  # fmt: skip
def test_numbers_that_are_dressed_up(
    name: str, value: Any, style: str, code: str, tmp_path: Path, empty: SqliteStore
) -> None:
    def put(workbook: Any, sheet: Any) -> None:
        sheet.write(1, 3, value, workbook.add_format({"num_format": style}))

    assert told(with_column(tmp_path, name, put), empty) == [(code, f"estate.xlsx sheet cis row 2, column {name}")]


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("description", "'=1+1", "=1+1"), ("description", "TRUE", "TRUE"), ("serial", "007", "007"),
        ("serial", 7, "7"), ("description", 1e-7, "1e-07"), ("aliases", ";; a;;", ["a"]), ("description", False, "no"),
        ("memory_gib", "1.50", 1.5), ("rto", "4h", 240),
    ],
)  # fmt: skip
def test_values_are_what_a_person_typed(name: str, value: Any, stored: Any, tmp_path: Path, empty: SqliteStore) -> None:
    def put(_: Any, sheet: Any) -> None:
        (sheet.write_string if isinstance(value, str) else sheet.write)(1, 3, value)

    ci = plan_of(with_column(tmp_path, name, put), empty).changeset.put_cis[0]
    assert ci.attributes == {name: stored}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\u202eb", "BIDI_CONTROL"), ("a\nb", "BAD_CHARACTER"), ("a\tb", "BAD_CHARACTER"),
        (" \u00a0 ", "MISSING_VALUE"), ("x" * 32_767, "FIELD_TOO_LONG"),
    ],
)  # fmt: skip
def test_names_in_cells(text: str, code: str, tmp_path: Path, empty: SqliteStore) -> None:
    cis: Rows = [["id", "kind", "name"], ["x", "server", text]]
    assert told(book(tmp_path, cis, LINKS[:1]), empty) == [(code, "estate.xlsx sheet cis row 2, column name")]


def test_formula_that_reaches_out(tmp_path: Path, empty: SqliteStore) -> None:
    def put(_: Any, sheet: Any) -> None:
        sheet.write_formula(1, 2, '=WEBSERVICE("http://127.0.0.1:1/")', None, "App")
        sheet.write_array_formula("A3:A3", "{=[1]other!A1}", None, "db")

    assert told(book(tmp_path, links=LINKS[:1], change=put), empty) == [
        ("FORMULA_CELL", "estate.xlsx sheet cis row 2, column name"),
        ("FORMULA_CELL", "estate.xlsx sheet cis row 3, column id"),
    ]  # fmt: skip
