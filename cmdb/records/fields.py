"""Every single field of a draft, an edit or a record as it is taken in: times to UTC, texts trimmed and bounded."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, cast

from cmdb.model.attributes import parse_choice, parse_text
from cmdb.model.errors import ValueFault
from cmdb.model.record import parse_key
from cmdb.model.relations import EFFECTS
from cmdb.model.text import parse_id
from cmdb.records.faults import Faults
from cmdb.records.times import taken_in

T = TypeVar("T")
STATES = (*EFFECTS, "operational")
"""The states a CI of a record may be in."""
LONGEST: Mapping[str, int] = {"title": 300, "owner": 200, "who": 200, "text": 5_000, "number": 100, "source": 99}
"""Characters that texts may have, by name of the field; 10,000 for others."""
LINES = frozenset({"title", "owner", "who"})
"""Texts of one line."""
MOST_CIS = 1_000
"""CIs a record may be about."""
LONGEST_NOTE = 4_000
"""Characters of a note, or of what is said about a move."""


def settled(value: T, faults: Faults, now: datetime) -> T:
    """`value`, which is a dataclass, with each field in the form it is kept in; what is at fault goes to `faults`."""
    changed = {}
    for field in fields(cast(Any, value)):
        found = getattr(value, field.name)
        kept = _settled(field.name, found, field.name, faults, now)
        if kept is not found:
            changed[field.name] = kept
    return cast(T, replace(cast(Any, value), **changed)) if changed else value


def taken(value: T, now: datetime) -> T:
    """`value` as `settled` makes it. Raises `InvalidInput`."""
    faults = Faults()
    value = settled(value, faults, now)
    faults.settle()
    return value


def _settled(name: str, value: Any, place: str, faults: Faults, now: datetime) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return faults.taken(PARSERS.get(name, _text(name)), value, place)
    if isinstance(value, datetime):
        return faults.taken(lambda moment: taken_in(moment, now), value, place)
    if isinstance(value, tuple):
        return tuple(_settled(name, item, f"{place}[{at}]", faults, now) for at, item in enumerate(value))
    return settled(value, faults.within(place), now) if is_dataclass(value) else value


def note(text: str, faults: Faults, where: str = "text") -> str:
    """What is said about a move, or a note, trimmed."""
    found = faults.taken(parse_text, text, where) or ""
    if len(found) > LONGEST_NOTE:
        faults.add("FIELD_TOO_LONG", where, f"{len(found)} characters", f"at most {LONGEST_NOTE} characters")
    return found


def _text(name: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        found = parse_text(text)
        if len(found) > LONGEST.get(name, len(found)):
            raise ValueFault("FIELD_TOO_LONG", text, f"at most {LONGEST[name]} characters")
        if name in LINES and not found.isprintable():
            raise ValueFault("BAD_CHARACTER", text, "one line of text")
        if name == "title" and not found:
            raise ValueFault("MISSING_VALUE", text, "a title")
        return found

    return parse


def _part(name: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        try:
            found = parse_id(text)
        except ValueFault:
            found = ""
        if not found or len(found) > LONGEST[name] or (name == "number" and "/" in found):
            mark = ", without a slash" if name == "number" else ""
            raise ValueFault("BAD_NUMBER", text, f"a {name} of 1 to {LONGEST[name]} visible characters{mark}")
        return found

    return parse


def _named(kind: str) -> Callable[[str], str]:
    """For a text that names a record; an empty one names none."""
    return lambda text: str(parse_key(kind, text)) if text.strip() else ""


PARSERS: Mapping[str, Callable[[str], str]] = {
    "ci": parse_id,
    "state": lambda text: parse_choice(text, STATES),
    "number": _part("number"),
    "source": _part("source"),
    "change": _named("change"),
    "problem": _named("problem"),
}
