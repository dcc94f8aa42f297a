"""Flows as a table: who called whom, how often, and from when until when."""

import re
from datetime import datetime

from cmdb.model.errors import ValueFault
from cmdb.model.text import parse_id
from importers.kit.findings import Findings
from importers.kit.precision import refuse_exponent
from importers.kit.table import Layout, Table
from importers.observed.evidence import ACCEPTED_COUNT, MOST_CALLS, Observed, seen, series_of
from importers.records.cells import Clock

LAYOUT = Layout(("from", "to", "calls", "first_seen", "last_seen"), ("port",))
_DIGITS = re.compile(r"\d+", re.ASCII)
MOST_PORT = 65_535


def read_flows(table: Table, clock: Clock, now: datetime, problems: Findings, warnings: Findings) -> list[Observed]:
    """The flows of a table. Rows with the same ends, port and first time tell of the same calls: the most counts."""
    if not table:
        problems.add("HEADER_ONLY", table.header(), "a header without rows", "at least one flow")
    starts, ends = (table.parsed(name, _name, problems, "") for name in ("from", "to"))
    calls, ports = table.parsed("calls", _calls, problems, -1), table.parsed("port", _port, problems, "")
    first, last = (
        table.parsed(name, lambda text: _moment(text, clock, now), problems, None)
        for name in ("first_seen", "last_seen")
    )
    for name in LAYOUT.required:
        table.require(name, [text.strip() for text in table.column(name)], problems)
    found = list[Observed]()
    told: dict[tuple[str, datetime], tuple[int, int]] = {}
    for row, (start, end, count, port, begun, until) in enumerate(
        zip(starts, ends, calls, ports, first, last, strict=True)
    ):
        if begun is None or until is None or not start or not end or count < 0:
            continue  # reported already
        if until < begun:
            accepted = f"not before first_seen, {begun.isoformat()}"
            problems.add("END_BEFORE_START", table.cell(row, "last_seen"), until.isoformat(), accepted)
        series = series_of(start, end, port, begun.isoformat())
        other = told.setdefault((series, until), (row, count))
        if other[0] != row:
            _report_twice(table, row, count, other, problems, warnings)
        found.append(Observed(start, end, series, count, begun, until, False))
    return found


def _report_twice(
    table: Table, row: int, count: int, other: tuple[int, int], problems: Findings, warnings: Findings
) -> None:
    """A row that says the same as another, or contradicts it."""
    also = f"of the same calls as row {table.rows[other[0]]}"
    if other[1] == count:
        warnings.add("DUPLICATE_ROW", table.cell(row), f"a row {also}", "every row once; it is counted once")
    else:
        found = f"{count} calls, {also}, which has {other[1]}"
        problems.add("CONFLICT_IN_FILE", table.cell(row, "calls"), found, "one row, or a port that tells them apart")


def _name(text: str) -> str:
    return parse_id(text) if text.strip() else ""


def _calls(text: str) -> int:
    raw = text.strip()
    if not raw:
        return -1
    refuse_exponent(text)
    if not _DIGITS.fullmatch(raw) or len(raw) > 19:
        raise ValueFault("BAD_NUMBER", text, ACCEPTED_COUNT)
    if int(raw) > MOST_CALLS:
        raise ValueFault("OUT_OF_RANGE", text, f"at most {MOST_CALLS} calls")
    return int(raw)


def _port(text: str) -> str:
    raw = text.strip()
    if raw and not (_DIGITS.fullmatch(raw) and len(raw) <= 5 and int(raw) <= MOST_PORT):
        raise ValueFault("BAD_NUMBER", text, f"a port from 0 to {MOST_PORT}, or nothing")
    return raw


def _moment(text: str, clock: Clock, now: datetime) -> datetime | None:
    moment = clock.moment(text)
    return None if moment is None else seen(moment, now)
