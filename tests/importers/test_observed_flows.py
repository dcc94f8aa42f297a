"""Flows as a table: CSV or workbook, times as stated, rows that tell of the same calls."""

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from importers.records.cells import Clock
from tests.importers.observed import at, file

HEADER = "from,to,calls,first_seen,last_seen"
ROW = "web,db,42,2026-11-22T00:00:00Z,2026-11-22T01:00:00Z"


def flows(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "flows.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_rows_are_spans_of_calls(tmp_path: Path) -> None:
    told = file(flows(tmp_path, ROW, "web,auth,0,2026-11-21T20:00:00-04:00,2026-11-22T00:30:00Z"))
    assert (told.calls(), told.problems, told.warnings) == ([("web", "db", 42), ("web", "auth", 0)], [], [])
    (one, other) = told.observed
    assert (one.first_seen, one.last_seen, one.counter) == (at(0), at(60), False)
    assert (other.first_seen, other.last_seen) == (at(0), at(30))


def test_ports_and_times_tell_series_apart(tmp_path: Path) -> None:
    rows = [ROW + ",5432", ROW + ",443", ROW.replace("T00:", "T00:1", 1).replace(":100:", ":10:") + ",443"]
    told = file(flows(tmp_path, *rows, header=HEADER + ",port"))
    assert (told.problems, len({one.series for one in told.observed})) == ([], 3)


def test_the_same_calls_twice(tmp_path: Path) -> None:
    later = ROW.replace("42", "50").replace("T01:", "T02:")
    told = file(flows(tmp_path, ROW, ROW, later))
    assert (told.problems, told.warnings) == ([], [("DUPLICATE_ROW", "flows.csv row 3")])
    assert len({one.series for one in told.observed}) == 1
    assert file(flows(tmp_path, ROW, ROW.replace("42", "43"))).problems == [
        ("CONFLICT_IN_FILE", "flows.csv row 3, column calls")
    ]


def test_times_without_an_offset_need_a_zone(tmp_path: Path) -> None:
    path = flows(tmp_path, "web,db,1,21/11/2026 20:00,21/11/2026 21:00")
    assert file(path).codes == ["BAD_DATE", "BAD_DATE"]
    told = file(path, Clock.declared("%d/%m/%Y %H:%M", ZoneInfo("America/Halifax")))
    assert told.observed[0].first_seen == at(0)


def test_a_workbook_and_a_packed_file(tmp_path: Path) -> None:
    path = tmp_path / "any.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("flows")
        for row, line in enumerate((HEADER, ROW)):
            sheet.write_row(row, 0, line.split(","))
    packed = tmp_path / "flows.csv.gz"
    packed.write_bytes(gzip.compress(f"{HEADER}\n{ROW}\n".encode()))
    assert file(path).observed == file(packed).observed == file(flows(tmp_path, ROW)).observed


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (ROW.replace("42", "-1"), "BAD_NUMBER", "calls"),
        (ROW.replace("42", "1.5"), "BAD_NUMBER", "calls"),
        (ROW.replace("42", "1.2E+19"), "PRECISION_LOST", "calls"),
        (ROW.replace("42", "9" * 19), "OUT_OF_RANGE", "calls"),
        (ROW.replace("42", ""), "MISSING_VALUE", "calls"),
        (ROW.replace("web", " "), "MISSING_VALUE", "from"),
        (ROW.replace("db", "d\u202eb"), "BIDI_CONTROL", "to"),
        (ROW.replace("db", "d" * 201), "FIELD_TOO_LONG", "to"),
        (ROW.replace("2026-11-22T01:00:00Z", "2026-11-21T01:00:00Z"), "END_BEFORE_START", "last_seen"),
        (ROW.replace("2026-11-22T01:00:00Z", "2027-11-22T01:00:00Z"), "BAD_DATE", "last_seen"),
        (ROW.replace("2026-11-22T01:00:00Z", "soon"), "BAD_DATE", "last_seen"),
        (ROW.replace("2026-11-22T00:00:00Z", ""), "MISSING_VALUE", "first_seen"),
    ],
)
def test_what_is_wrong_with_a_row(tmp_path: Path, row: str, code: str, column: str) -> None:
    assert file(flows(tmp_path, ROW.replace("web", "other"), row)).problems == [
        (code, f"flows.csv row 3, column {column}")
    ]


def test_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    assert file(tmp_path / "none.csv").codes == ["UNREADABLE_FILE"]
    assert file(tmp_path / "none.prom").codes == ["UNREADABLE_FILE"]
    assert file(flows(tmp_path)).codes == ["HEADER_ONLY"]
    assert file(flows(tmp_path, "web,db", header="from,to")).codes == ["MISSING_COLUMN"] * 3
    assert file(flows(tmp_path, ROW + ",x", header=HEADER + ",colour")).codes == ["UNKNOWN_COLUMN"]
    assert file(flows(tmp_path, ROW + ",70000", header=HEADER + ",port")).codes == ["BAD_NUMBER"]
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(gzip.compress(b"a" * 2**26))
    assert file(bomb).codes == ["ARCHIVE_TOO_LARGE"]
