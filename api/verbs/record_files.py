"""Importing records of service management, as `cmdb import` does for their files: the plan in words, then writing."""

import getpass
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.markup import escape

from api.verbs.options import Refused, console, opened, print_json, zone_of

if TYPE_CHECKING:  # what reads records takes a command longer to load than to answer
    from cmdb.records.service import Imported
    from importers.records.plan import RecordChange, RecordPlan

SHOWN = 20
NOUNS = {"incident": "incident", "change": "change", "freeze": "freeze window", "problem": "problem"}


class Given(NamedTuple):
    """What the caller of the command said about an import."""

    path: Path
    source: str
    plan_only: bool
    message: str
    key: str
    date_format: str
    zone: str


def import_records(given: Given, as_json: bool, store: str, model: Path | None) -> None:
    """Bring in records: all of it or nothing; again changes nothing."""
    from cmdb.service import Signed
    from importers.records.cells import Clock
    from importers.records.plan import plan_records, write_records

    if not given.source:
        raise Refused("name the tool that these records come from, such as --source assyst")
    clock = Clock.declared(given.date_format, zone_of(given.zone) if given.zone else None)
    with opened(store, model) as workspace:
        now = workspace.clock()
        planned = plan_records(workspace.store, workspace.model, given.path, given.source, clock, now)
        written = None
        if not given.plan_only:
            # A repeated run finds everything recorded: the plan is empty, and no longer what the key was used for.
            key = "" if planned.empty else given.key
            by = Signed(getpass.getuser(), given.source, given.message, key)
            written = write_records(workspace.desk, planned, by)
    if as_json:
        print_json(told(planned, written))
    else:
        print_plan(console(), planned, written)


def told(planned: "RecordPlan", written: "Imported | None") -> dict[str, Any]:
    """A plan, and what came of it, as JSON."""
    return {
        "applied": written is not None,
        "revision": written.revision if written else None,
        "source": planned.source,
        "counts": [count._asdict() for count in planned.counts()],
        "changes": [_change(change) for change in planned.changes(SHOWN)],
        "warnings": [warning._asdict() for warning in planned.warnings],
        "warningCount": planned.warning_count,
    }


def print_plan(out: Console, planned: "RecordPlan", written: "Imported | None") -> None:
    """A plan, and what came of it, in words."""
    for warning in planned.warnings[:SHOWN]:
        text = f"{warning.code} at {warning.place}: {warning.found}; {warning.accepted}"
        out.print(f"  [yellow]warning[/] {escape(text)}")
    if planned.warning_count > SHOWN:
        out.print(f"  [dim]and {planned.warning_count - SHOWN:,} more warnings[/]")
    if planned.empty:
        return out.print("nothing to change: everything is recorded already")
    for count in planned.counts():
        noun = NOUNS[count.kind] + ("" if count.number == 1 else "s")
        tense = "would be " if written is None and count.action != "unchanged" else ""
        out.print(f"  {count.number:>9,} {noun} {tense}{count.action}")
    if written is not None:
        return out.print(f"recorded as revision {written.revision}")
    for change in planned.changes(SHOWN):
        fields = ", ".join(f"{name}: {_word(old)} → {_word(new)}" for name, (old, new) in change.fields.items())
        text = f"    {change.action} {change.kind} {change.name} {fields or change.title}"
        out.print(escape(text), style="dim")
    return out.print("nothing was written; run it without --plan to write it")


def _change(change: "RecordChange") -> dict[str, Any]:
    fields: Mapping[str, tuple[Any, Any]] = change.fields
    return {**change._asdict(), "fields": {name: list(map(_word, pair)) for name, pair in fields.items()}}


def _part(value: object) -> str:
    """A CI and its state, or whatever else is listed."""
    ci, state = getattr(value, "ci", str(value)), getattr(value, "state", "")
    return f"{ci} {state}".rstrip()


def _word(value: object) -> str:
    """A field's value for a person: short, and plain."""
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes").replace("+00:00", "Z")
    if isinstance(value, tuple):
        value = ", ".join(dict.fromkeys(map(_part, value))) or "none"
    text = "–" if value is None or value == "" else str(value)
    return text if len(text) <= 40 else text[:39] + "…"
