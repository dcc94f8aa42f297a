"""A table of changes to changes."""

from collections.abc import Iterator
from datetime import datetime

from cmdb.records.kinds import ChangeState, ChangeType
from cmdb.records.record_types import BackOut, Change, PlannedCi
from importers.records.cells import NO_STATES, parse_states
from importers.records.sheet import Sheet
from importers.records.words import CHANGE_STATES, CHANGE_TYPES


def changes(sheet: Sheet) -> Iterator[Change | None]:
    """The change of each row; None where one cannot be made of it, which is reported."""
    starts = sheet.moments("start", required=True)
    ends = sheet.ends("end", starts)
    rows = zip(
        sheet.numbers(), sheet.titles(), sheet.texts("description"), sheet.words("type", CHANGE_TYPES),
        sheet.words("state", CHANGE_STATES), sheet.moments("requested_at"), starts, ends,
        sheet.moments("actual_start"), sheet.moments("actual_end"), sheet.parsed("cis", parse_states, NO_STATES),
        sheet.texts("back_out"), sheet.minutes("back_out_time"), sheet.lines("owner"), sheet.texts("outcome"),
        strict=True,
    )  # fmt: skip
    for row, (number, title, description, type_, state, requested, start, end, began, ended, cis, plan, minutes, owner,
              outcome) in enumerate(rows):  # fmt: skip
        if start is not None and end is None:
            sheet.problems.add("MISSING_VALUE", sheet.cell(row, "end"), "nothing", "an end, or a duration")
        if not number or start is None or end is None:
            yield None
            continue
        yield Change(
            number=number, source=sheet.source, title=title, description=description, type=type_ or ChangeType.normal,
            state=state or _change_state(began, ended), requested_at=requested or start, start=start, end=end,
            actual_start=began, actual_end=ended, cis=tuple(PlannedCi(ci, level) for ci, level in cis),
            back_out=BackOut(plan, minutes), owner=owner, outcome=outcome,
        )  # fmt: skip


def _change_state(began: datetime | None, ended: datetime | None) -> ChangeState:
    """The state of a change that states none: it takes part in collisions until it is known to be over."""
    if ended is not None:
        return ChangeState.completed
    return ChangeState.submitted if began is None else ChangeState.implementing
