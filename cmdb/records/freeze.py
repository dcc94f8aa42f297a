"""How a freeze or blackout window is declared, corrected and called off. Pure: values in, values out.

Every function raises `InvalidInput` with all that is wrong; `now` is the clock's time, in UTC.
"""

from dataclasses import fields, replace
from datetime import datetime

from cmdb.records.drafts import FreezeDraft, FreezeEdit
from cmdb.records.faults import Faults, refused
from cmdb.records.fields import MOST_CIS, taken
from cmdb.records.record_types import Freeze

MOST_NAMED = 200
"""Kinds or sectors that a window may name."""


def declared(draft: FreezeDraft, number: str, now: datetime) -> Freeze:
    """The new window that a draft describes."""
    draft = taken(draft, now)
    return _checked(
        Freeze(
            number=draft.number or number, source=draft.source, title=draft.title, type=draft.type,
            start=draft.start, end=draft.end, cis=draft.cis, kinds=draft.kinds, sectors=draft.sectors,
        )
    )  # fmt: skip


def edited(freeze: Freeze, edit: FreezeEdit, now: datetime) -> Freeze:
    """The window with what the edit states. Also raises NOT_EDITABLE."""
    edit = taken(edit, now)
    if freeze.cancelled:
        raise refused("NOT_EDITABLE", "freeze", "cancelled", "a window that was not called off")
    stated = {f.name: value for f in fields(edit) if (value := getattr(edit, f.name)) is not None}
    return _checked(replace(freeze, **stated))


def cancelled(freeze: Freeze) -> Freeze:
    """The window, called off."""
    if freeze.cancelled:
        raise refused("BAD_TRANSITION", "to", "cancelled -> cancelled", "a window that was not called off")
    return replace(freeze, cancelled=True)


def taken_over(freeze: Freeze, now: datetime) -> Freeze:
    """A window that comes whole, from another tool, as it is kept."""
    freeze = taken(freeze, now)
    return _checked(freeze)


def _checked(freeze: Freeze) -> Freeze:
    faults = Faults()
    faults.limited(len(freeze.cis), MOST_CIS, "cis", "CIs")
    faults.limited(len(freeze.kinds), MOST_NAMED, "kinds", "kinds")
    faults.limited(len(freeze.sectors), MOST_NAMED, "sectors", "sectors")
    faults.distinct((part.ci for part in freeze.cis), "cis")
    if freeze.end <= freeze.start:
        found, accepted = freeze.end.isoformat(), f"after start, {freeze.start.isoformat()}"
        faults.add("END_BEFORE_START", "end", found, accepted)
    faults.settle()
    return freeze
