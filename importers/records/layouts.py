"""The columns of the four record tables, and other names under which tools export them."""

from collections.abc import Mapping
from dataclasses import dataclass

from cmdb.model.errors import shown
from importers.kit.findings import Findings
from importers.kit.table import Layout, Table

_CAUSE = ("cause_type", "cause", "cause_ci", "cause_change")
_CAUSE_NAMES = {"root_cause": "cause", "caused_by": "cause_change"}
_EVERYWHERE = {
    "id": "number", "ticket": "number", "reference": "number", "short_description": "title", "summary": "title",
    "subject": "title", "name": "title", "details": "description", "status": "state", "affected_cis": "cis",
    "cmdb_ci": "cis", "configuration_items": "cis", "ci": "cis",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """A table of records of one `kind`: the columns it must have, those it may have, and other names for them."""

    kind: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    names: Mapping[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column under its own name."""
        return self.required + self.optional

    @property
    def layout(self) -> Layout:
        """What the reader of tables may meet: each column under any of its names."""
        return Layout((), (*self.columns, *(other for other in self.names if other not in self.columns)))


FORMS: Mapping[str, Form] = {
    "changes": Form(
        "change",
        ("number", "title", "start"),
        ("end", "duration", "description", "type", "state", "requested_at", "actual_start", "actual_end", "cis",
         "back_out", "back_out_time", "owner", "outcome"),
        {**_EVERYWHERE, "change_type": "type", "planned_start": "start", "start_date": "start", "planned_end": "end",
         "end_date": "end", "work_start": "actual_start", "work_end": "actual_end", "back_out_plan": "back_out",
         "backout_plan": "back_out", "assigned_to": "owner", "assignment_group": "owner", "opened_at": "requested_at",
         "close_notes": "outcome"},
    ),
    "problems": Form(
        "problem",
        ("number", "title", "opened_at"),
        ("description", "state", "closed_at", "cis", *_CAUSE),
        {**_EVERYWHERE, **_CAUSE_NAMES, "created_at": "opened_at", "resolved_at": "closed_at"},
    ),
    "incidents": Form(
        "incident",
        ("number", "title", "started_at"),
        ("description", "state", "detected_at", "declared_at", "resolved_at", "duration", "closed_at", "cis", "impact",
         "urgency", "priority", "major", "major_reason", "owner", "resolution", *_CAUSE, "problem"),
        {**_EVERYWHERE, **_CAUSE_NAMES, "opened_at": "started_at", "created_at": "started_at",
         "outage_start": "started_at", "outage_end": "resolved_at", "restored_at": "resolved_at",
         "outage_duration": "duration", "major_incident": "major", "assigned_to": "owner", "assignment_group": "owner",
         "close_notes": "resolution", "problem_id": "problem"},
    ),
    "freezes": Form(
        "freeze",
        ("number", "title", "start", "end"),
        ("type", "cis", "kinds", "sectors", "cancelled"),
        {**_EVERYWHERE, "start_date": "start", "end_date": "end", "canceled": "cancelled"},
    ),
}  # fmt: skip
"""The tables by the name of their file or sheet, in the order they are read: what is referred to comes first."""


def written(table: Table, form: Form, problems: Findings) -> Mapping[str, str] | None:
    """The names that the table gives to the form's columns; None with findings where one is missing or stands twice."""
    found: dict[str, str] = {}
    for name in table.columns:
        own = name if name in form.columns else form.names[name]
        if own in found:
            also = f"{shown(name)} beside {shown(found[own])}"
            problems.add("DUPLICATE_COLUMN", table.header(name), also, f"one column for {own}")
            return None
        found[own] = name
    missing = [name for name in form.required if name not in found]
    for name in missing:
        others = ", ".join(other for other, own in form.names.items() if own == name)
        accepted = "the columns " + ", ".join(form.required) + (f"; {name} may be called {others}" if others else "")
        problems.add("MISSING_COLUMN", table.header(name), "no such column", accepted)
    return None if missing else found
