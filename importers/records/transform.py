"""Tables of records to records: pure. Nothing of it is to be used when there are problems."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cmdb.records.record_types import AnyRecord, Change, Freeze, Incident, ProblemRecord
from importers.kit.findings import Cell, Findings
from importers.records.cells import Clock
from importers.records.changes import changes
from importers.records.freezes import freezes
from importers.records.incidents import incidents
from importers.records.problems import problems as problem_records
from importers.records.sheet import Sheet
from importers.records.tables import Found

_CAUSE = ("cause", "cause_type", "cause_ci", "cause_change")
TOLD_BY: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "incident": {
        "state": ("state", "resolved_at", "duration", "closed_at"),
        "resolved_at": ("resolved_at", "duration"),
        "impact": ("impact", "priority"),
        "urgency": ("urgency", "priority"),
        "major": ("major", "major_reason"),
        "cause": _CAUSE,
    },
    "change": {
        "state": ("state", "actual_start", "actual_end"),
        "end": ("end", "duration"),
        "back_out": ("back_out", "back_out_time"),
    },
    "problem": {"state": ("state", "closed_at"), "cause": _CAUSE},
    "freeze": {},
}
"""The columns that state a field, for the fields that are not stated by the column of their own name alone."""
_MAKERS: Mapping[str, Callable[[Sheet], Iterator[AnyRecord | None]]] = {
    Incident.kind: incidents, Change.kind: changes, Freeze.kind: freezes, ProblemRecord.kind: problem_records,
}  # fmt: skip
_FIELDS = {kind.kind: frozenset(kind.__slots__) for kind in (Incident, Change, Freeze, ProblemRecord)}


class Told(NamedTuple):
    """A record as a file has it, the fields that the file states (the others are defaults), and where it stood; the
    names are those that the file gives to its columns."""

    value: AnyRecord
    given: frozenset[str]
    at: Cell
    names: Mapping[str, str]

    def cell(self, field: str) -> Cell:
        """Where a field of it stood."""
        return self.at._replace(column=self.names.get(field, field))


def transform(
    found: Sequence[Found], source: str, clock: Clock, problems: Findings, warnings: Findings
) -> list[Told]:  # fmt: skip
    """The records of all tables. Values that do not parse are added to `problems`."""
    imported: list[Told] = []
    for table, form, names in found:
        sheet = Sheet(table, names, source, clock, problems, warnings)
        if not table:
            problems.add("HEADER_ONLY", table.header(), "a header without rows", "at least one record")
        values = list(_MAKERS[form.kind](sheet))
        extra = sheet.report_repeats(["" if value is None else value.number for value in values], values)
        given = _given(sheet, form.kind)
        imported += (
            Told(value, given, sheet.cell(row, "number"), names)
            for row, value in enumerate(values)
            if value is not None and row not in extra
        )
    return imported


def _given(sheet: Sheet, kind: str) -> frozenset[str]:
    told_by = TOLD_BY[kind]
    own = (name for name in sheet.names if name in _FIELDS[kind])
    return frozenset(own) | {field for field, columns in told_by.items() if sheet.has(*columns)}
