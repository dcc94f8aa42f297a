"""Timelines: what happened to a record, who did it and when."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from cmdb.model.errors import shown
from cmdb.records.faults import Faults
from cmdb.records.fields import note
from cmdb.records.record_types import Change, Entry, Incident, ProblemRecord
from cmdb.records.times import taken_in

Timed = TypeVar("Timed", Incident, Change, ProblemRecord)
MOST_ENTRIES = 2_000
"""Lines a timeline may have."""
LATEST = datetime.max.replace(tzinfo=UTC)
MOST_NOTED = 1_000
"""Lines beyond which no notes are added; moves still are."""


def entered(timeline: tuple[Entry, ...], *entries: Entry) -> tuple[Entry, ...]:
    """A timeline with more lines, in order of time."""
    return tuple(sorted((*timeline, *entries), key=lambda entry: entry.at))


def noted(record: Timed, text: str, who: str, now: datetime, at: datetime | None = None) -> Timed:
    """The record with a note. Raises `InvalidInput` MISSING_VALUE, FIELD_TOO_LONG, TOO_MANY, BAD_DATE."""
    faults = Faults()
    moment, told = moment_of(at, now, faults), note(text, faults)
    if not told and not faults.problems:
        faults.add("MISSING_VALUE", "text", shown(text), "a text")
    faults.limited(len(record.timeline) + 1, MOST_NOTED, "timeline", "lines")
    faults.settle()
    return replace(record, timeline=entered(record.timeline, Entry(moment, who, told)))


def moment_of(at: datetime | None, now: datetime, faults: Faults) -> datetime:
    """The stated moment of a move, in UTC; now if none is stated. For one at fault, `LATEST`: it is before nothing."""
    if at is None:
        return now
    return faults.taken(lambda moment: taken_in(moment, now), at, "at") or LATEST


def sentence(state: StrEnum | str, text: str = "") -> str:
    """A move in words: `In progress`, or `In progress: the text`."""
    words = str(state).replace("_", " ").capitalize()
    return f"{words}: {text}" if text else words


def differing(before: Timed, after: Timed) -> str:
    """What an edit changed, in words; empty if nothing."""
    names = [f.name for f in fields(before) if getattr(before, f.name) != getattr(after, f.name)]
    return "Changed " + ", ".join(name.replace("_", " ") for name in names) if names else ""
