"""Attribute types: how a text becomes a typed value, with its unit and its errors."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cmdb.model.durations import ACCEPTED, parse_minutes
from cmdb.model.errors import ValueFault

Value = str | int | float | bool | list[str]
"""A typed attribute value: durations are whole minutes, dates and times ISO 8601 text in UTC."""

MAX_TEXT = 10_000
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})
TRUE, FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """A declared attribute: its name, its type (one of `PARSERS`), its unit, and what it means."""

    name: str
    type: str
    description: str
    unit: str = ""
    choices: tuple[str, ...] = ()

    def parse(self, text: str) -> Value:
        """The typed value of `text`, which is not empty. Raises `ValueFault`."""
        if self.choices:
            return parse_choice(text, self.choices)
        return PARSERS[self.type](text)

    @property
    def accepted(self) -> str:
        """What may stand in this attribute, in words."""
        return "one of " + ", ".join(self.choices) if self.choices else ACCEPTED_TEXT[self.type]


def parse_choice(text: str, choices: tuple[str, ...]) -> str:
    """`text` as one of `choices`, whatever its case. Raises `ValueFault` BAD_CHOICE."""
    word = text.strip().casefold()
    if word not in choices:
        raise ValueFault("BAD_CHOICE", text, "one of " + ", ".join(choices))
    return word


def parse_text(text: str) -> str:
    """Printable text of at most 10,000 characters. Raises FIELD_TOO_LONG, BAD_CHARACTER, BIDI_CONTROL."""
    if text.isascii() and text.isprintable() and len(text) <= MAX_TEXT:
        return text.strip()
    if len(text) > MAX_TEXT:
        raise ValueFault("FIELD_TOO_LONG", text, f"at most {MAX_TEXT} characters")
    if BIDI.intersection(text):
        raise ValueFault("BIDI_CONTROL", text, "text without direction-override characters")
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category == "Mn" else 0
        if marks > 8:
            raise ValueFault("FIELD_TOO_LONG", text, "at most 8 combining marks on a letter")
        if category == "Cs":
            raise ValueFault("ENCODING_INVALID", text, "valid Unicode text")
        if category == "Cc" and character not in "\t\r\n":
            raise ValueFault("BAD_CHARACTER", text, "text without control characters")
    return text.strip()


def parse_integer(text: str) -> int:
    """A whole number from 0 to 10^12. Raises BAD_NUMBER, OUT_OF_RANGE, NOT_FINITE, PRECISION_LOST."""
    raw = text.strip()
    if raw.casefold().lstrip("+-") in _NOT_FINITE:
        raise ValueFault("NOT_FINITE", text, ACCEPTED_TEXT["integer"])
    if not _INTEGER.fullmatch(raw):
        if _DECIMAL.fullmatch(raw) and "e" in raw.casefold():
            raise ValueFault("PRECISION_LOST", text, ACCEPTED_TEXT["integer"])
        raise ValueFault("BAD_NUMBER", text, ACCEPTED_TEXT["integer"])
    if len(raw) > 14 or not 0 <= int(raw) <= 10**12:
        raise ValueFault("OUT_OF_RANGE", text, ACCEPTED_TEXT["integer"])
    return int(raw)


def parse_number(text: str) -> float:
    """A finite decimal number with a point. Raises BAD_NUMBER, NOT_FINITE."""
    raw = text.strip()
    if raw.casefold().lstrip("+-") in _NOT_FINITE:
        raise ValueFault("NOT_FINITE", text, ACCEPTED_TEXT["number"])
    if not _DECIMAL.fullmatch(raw):
        raise ValueFault("BAD_NUMBER", text, ACCEPTED_TEXT["number"])
    value = float(raw)
    if value in (float("inf"), float("-inf")):
        raise ValueFault("NOT_FINITE", text, ACCEPTED_TEXT["number"])
    return value


def parse_boolean(text: str) -> bool:
    """yes/no, true/false or 1/0. Raises BAD_BOOLEAN."""
    word = text.strip().casefold()
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise ValueFault("BAD_BOOLEAN", text, ACCEPTED_TEXT["boolean"])


def parse_time(text: str) -> str:
    """A date (`2026-11-22`) or a time with offset, as ISO 8601 in UTC. Raises BAD_DATE, DATE_AMBIGUOUS."""
    raw = text.strip()
    if re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}", raw, re.ASCII):
        first, second = (int(part) for part in re.split(r"[/.-]", raw)[:2])
        code = "DATE_AMBIGUOUS" if max(first, second) <= 12 else "BAD_DATE"
        raise ValueFault(code, text, ACCEPTED_TEXT["time"])
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", raw, re.ASCII):
            return date.fromisoformat(raw).isoformat()
        if re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", raw, re.ASCII):
            moment = datetime.fromisoformat(raw)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise ValueFault("BAD_DATE", text, ACCEPTED_TEXT["time"]) from None
    raise ValueFault("BAD_DATE", text, ACCEPTED_TEXT["time"])


def parse_list(text: str) -> list[str]:
    """Texts separated by semicolons; the empty ones are dropped."""
    return [part for part in (parse_text(piece) for piece in text.split(";")) if part]


PARSERS: dict[str, Callable[[str], Value]] = {
    "text": parse_text,
    "list": parse_list,
    "integer": parse_integer,
    "number": parse_number,
    "boolean": parse_boolean,
    "duration": parse_minutes,
    "time": parse_time,
}
ACCEPTED_TEXT = {
    "text": f"text of at most {MAX_TEXT} characters",
    "list": "texts separated by semicolons",
    "integer": "a whole number from 0, digits only",
    "number": "a decimal number with a point",
    "boolean": "yes or no",
    "duration": ACCEPTED,
    "time": "2026-11-22, or 2026-11-22T02:40:00-04:00",
}
