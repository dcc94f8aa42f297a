"""Files of observed dependencies: a flow table as CSV or workbook, metrics as text, or the answer to a query."""

from datetime import UTC, datetime
from pathlib import Path

import orjson

from importers.kit.csv_text import read_csv
from importers.kit.encoding import decode
from importers.kit.files import read_bytes
from importers.kit.findings import Cell, Findings
from importers.kit.table import Table
from importers.kit.workbook import WORKBOOKS, Workbook
from importers.observed.evidence import Observed
from importers.observed.exposition import read_exposition
from importers.observed.flows import LAYOUT, read_flows
from importers.observed.query_answer import read_answer
from importers.records.cells import Clock

SHEET = "flows"


def read_observed(
    path: Path, clock: Clock, now: datetime, problems: Findings, warnings: Findings, at: datetime | None = None
) -> list[Observed]:
    """What the file at `path` says was observed; nothing of it is to be used when there are problems.

    `clock` says how a table writes moments. Metrics without times of their own were read `at`; None: when the file was
    last written.
    """
    data = read_bytes(path, problems)
    return [] if data is None else read_data(data, path.name, clock, at or _written(path, now), now, problems, warnings)


def read_data(
    data: bytes, file: str, clock: Clock, at: datetime, now: datetime, problems: Findings, warnings: Findings
) -> list[Observed]:
    """What the content of a file says; by the ending of its name it is a table, or else metrics."""
    name = file.casefold().removesuffix(".gz")
    if not name.endswith((".csv", *WORKBOOKS)):
        return read_metrics(data, file, at, now, problems, warnings)
    table = _table(data, file, name.endswith(".csv"), problems, warnings)
    return [] if table is None else read_flows(table, clock, now, problems, warnings)


def read_metrics(
    data: bytes, file: str, at: datetime, now: datetime, problems: Findings, warnings: Findings
) -> list[Observed]:
    """What metrics say, whichever form they have: a JSON document begins with a brace, samples never do."""
    text = decode(data, file, problems)
    if text is None:
        return []
    if not text.lstrip().startswith(("{", "[")):
        return read_exposition(text, file, at, now, problems, warnings)
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        problems.add("BAD_JSON", Cell(f"{file} line {fault.lineno}"), fault.msg.split(":")[0], "a JSON document")
        return []
    return read_answer(document, file, now, problems, warnings)


def _table(data: bytes, file: str, csv: bool, problems: Findings, warnings: Findings) -> Table | None:
    if csv:
        return read_csv(data, file, LAYOUT, problems)
    book = Workbook.open(data, file, problems)
    if book is None:
        return None
    sheet = SHEET if SHEET in book.sheets or len(book.sheets) != 1 else next(iter(book.sheets))
    book.note_ignored((sheet,), warnings)
    if sheet not in book.sheets:
        problems.add("MISSING_SHEET", Cell(file), "no such sheet", f"a sheet called {SHEET}")
        return None
    return book.table(sheet, LAYOUT, problems, warnings)


def _written(path: Path, now: datetime) -> datetime:
    """When a file was last written, which is not later than now."""
    try:
        return min(datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(microsecond=0), now)
    except OSError:
        return now
