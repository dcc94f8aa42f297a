"""Records in workbooks: as in CSV, whatever the sheet is called where there is only one, and hostile ones refused."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from cmdb.model.errors import InvalidInput
from cmdb.records.record_types import Incident
from cmdb.store.sqlite.store import SqliteStore
from importers.records.cells import Clock
from importers.records.plan import RecordPlan, plan_records
from tests.importers.estate import MODEL
from tests.importers.test_records import NOW

ROW = ["INC1", "One", datetime(2026, 11, 22, 2, 40), "Closed", datetime(2026, 11, 22, 4, 40)]
ROWS: list[list[Any]] = [["number", "title", "started_at", "state", "resolved_at"], ROW]
LOCAL = Clock("", ZoneInfo("America/Halifax"))


def workbook(file: Path, sheets: Mapping[str, list[list[Any]]]) -> Path:
    book = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for index, row in enumerate(rows):
            sheet.write_row(index, 0, row)
    book.close()
    return file


def plan(store: SqliteStore, file: Path, clock: Clock = LOCAL) -> RecordPlan:
    return plan_records(store, MODEL, file, "assyst", clock, NOW)


def test_a_workbook_with_one_sheet_of_any_name(tmp_path: Path, empty: SqliteStore) -> None:
    (value,) = plan(empty, workbook(tmp_path / "incidents.xlsx", {"Page 1": ROWS})).values
    assert isinstance(value, Incident)
    assert (value.started_at.isoformat(), value.state) == ("2026-11-22T06:40:00+00:00", "closed")


def test_a_workbook_of_several_kinds(tmp_path: Path, empty: SqliteStore) -> None:
    row = ["CHG1", "Two", datetime(2026, 12, 1, 22, 0), "2h"]
    changes: list[list[Any]] = [["number", "title", "start", "duration"], row]
    sheets: dict[str, list[list[Any]]] = {"Incidents": ROWS, "Notes": [["free text"]], "changes": changes}
    planned = plan(empty, workbook(tmp_path / "records.xlsx", sheets))
    assert [value.kind for value in planned.values] == ["change", "incident"]
    assert [(w.code, w.place) for w in planned.warnings] == [("IGNORED_SHEET", "records.xlsx")]


def test_times_of_a_workbook_need_a_zone(tmp_path: Path, empty: SqliteStore) -> None:
    file = workbook(tmp_path / "incidents.xlsx", {"incidents": ROWS})
    with pytest.raises(InvalidInput) as caught:
        plan(empty, file, Clock())
    places = {(p.code, p.place) for p in caught.value.problems}
    assert ("BAD_DATE", "incidents.xlsx sheet incidents row 2, column started_at") in places
    assert all("needs a zone" in p.accepted for p in caught.value.problems if p.code == "BAD_DATE")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"number,title\n", "NOT_AN_XLSX"), (b"PK\x03\x04 cut", "CORRUPT_ARCHIVE"), (b"", "NOT_AN_XLSX")],
)
def test_what_is_no_workbook(tmp_path: Path, empty: SqliteStore, content: bytes, code: str) -> None:
    file = tmp_path / "incidents.xlsx"
    file.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        plan(empty, file)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_a_workbook_without_the_sheet(tmp_path: Path, empty: SqliteStore) -> None:
    with pytest.raises(InvalidInput) as caught:
        plan(empty, workbook(tmp_path / "records.xlsx", {"Page 1": ROWS}))
    assert [problem.code for problem in caught.value.problems] == ["MISSING_SHEET"]


def test_a_formula_is_no_value(tmp_path: Path, empty: SqliteStore) -> None:
    row = ["INC1", "=1+1", "2026-11-22T02:40:00Z", "Closed", "2026-11-22T04:40:00Z"]
    with pytest.raises(InvalidInput) as caught:
        plan(empty, workbook(tmp_path / "incidents.xlsx", {"incidents": [ROWS[0], row]}))
    assert {p.code for p in caught.value.problems} <= {"FORMULA_CELL", "FORMULA_NO_VALUE"}
