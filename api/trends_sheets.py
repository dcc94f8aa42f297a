"""Tables of trends for spreadsheets: a header and plain cells, none of which a spreadsheet would compute."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from api.cells import plain
from api.trends import Trends
from impact.incidents.tables import columns, rows
from impact.incidents.trends_report import ChangeCaused, ComplianceRow, MonthCause, MonthRow, OpenRow

SHEETS: Mapping[str, tuple[type, Callable[[Trends], Sequence[Any]]]] = {
    "open": (OpenRow, lambda trends: trends.operational.rows),
    "months": (MonthRow, lambda trends: trends.executive.months),
    "services": (ComplianceRow, lambda trends: trends.executive.services),
    "groups": (ComplianceRow, lambda trends: trends.executive.groups),
    "majors": (MonthCause, lambda trends: trends.executive.majors),
    "caused": (ChangeCaused, lambda trends: trends.executive.caused),
}
"""The tables by name: their columns are the fields of this type, their rows these reports."""


def sheet_of(trends: Trends, name: str) -> Iterator[tuple[Any, ...]]:
    """The header and the rows of a table of `SHEETS`."""
    type_, found = SHEETS[name]
    yield columns(type_)
    for row in rows(found(trends), type_):
        yield tuple(plain(cell) for cell in row)
