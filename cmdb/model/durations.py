"""Durations as people write them, in whole minutes inside.

Accepted: a whole number of minutes (`90`), numbers with units (`4h`, `15 min`, `1 day`, `1d 2h`, `1.5 h`) and
ISO 8601 (`PT4H`, `P1DT30M`; years and months are not accepted, they have no fixed length). Everything else, such as
`< 1 hour`, `N/A` or `best effort`, is not a value.
"""

import math
import re

from cmdb.model.errors import ValueFault

ACCEPTED = "whole minutes such as 90, 4h, 15 min, 1d 2h, PT4H; empty if unknown"
MAX_MINUTES = 10 * 365 * 24 * 60

_MINUTES = {
    "m": 1, "min": 1, "mins": 1, "minute": 1, "minutes": 1,
    "h": 60, "hr": 60, "hrs": 60, "hour": 60, "hours": 60,
    "d": 1440, "day": 1440, "days": 1440,
    "w": 10080, "wk": 10080, "week": 10080, "weeks": 10080,
    "s": 1 / 60, "sec": 1 / 60, "secs": 1 / 60, "second": 1 / 60, "seconds": 1 / 60,
}  # fmt: skip
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)\s*,?\s*", re.ASCII)
_ISO = re.compile(
    r"P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def parse_minutes(text: str) -> int:
    """Minutes, from 0 to ten years. Raises `ValueFault` (BAD_DURATION, OUT_OF_RANGE, NOT_FINITE, BAD_NUMBER)."""
    raw = text.strip()
    word = raw.casefold()
    if word.lstrip("+-") in {"nan", "inf", "infinity"}:
        raise ValueFault("NOT_FINITE", text, ACCEPTED)
    if raw.isascii() and raw.isdigit() and len(raw) < 10:
        return _whole(float(raw), text)
    if re.fullmatch(r"[+-]?\d+(,\d+)+", raw, re.ASCII):
        raise ValueFault("BAD_NUMBER", text, ACCEPTED)
    if _NUMBER.fullmatch(raw):
        return _whole(float(raw), text)
    if raw.startswith("-"):
        raise ValueFault("OUT_OF_RANGE", text, ACCEPTED)
    return _whole(_iso(raw, text) if word.startswith("p") else _parts(word, text), text)


def _iso(raw: str, text: str) -> float:
    found = _ISO.fullmatch(raw.upper())
    if found is None or not any(found.groups()):
        raise ValueFault("BAD_DURATION", text, ACCEPTED)
    scale = (10080, 1440, 60, 1, 1 / 60)
    return sum(float(part) * unit for part, unit in zip(found.groups(), scale, strict=True) if part)


def _parts(word: str, text: str) -> float:
    total, position, seen = 0.0, 0, set[float]()
    while position < len(word):
        part = _PART.match(word, position)
        unit = _MINUTES.get(part.group(2)) if part else None
        if part is None or unit is None or unit in seen:
            raise ValueFault("BAD_DURATION", text, ACCEPTED)
        seen.add(unit)
        total += float(part.group(1)) * unit
        position = part.end()
    if not seen:
        raise ValueFault("BAD_DURATION", text, ACCEPTED)
    return total


def _whole(minutes: float, text: str) -> int:
    if not math.isfinite(minutes):
        raise ValueFault("NOT_FINITE", text, ACCEPTED)
    if not 0 <= minutes <= MAX_MINUTES:
        raise ValueFault("OUT_OF_RANGE", text, f"0 to {MAX_MINUTES} minutes")
    whole = round(minutes)
    if abs(whole - minutes) > 1e-6:
        raise ValueFault("BAD_DURATION", text, "whole minutes")
    return whole


def show_minutes(minutes: int) -> str:
    """`95` as `1h 35m`: days, hours and minutes, the zero parts left out."""
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    parts = [f"{n}{u}" for n, u in ((days, "d"), (hours, "h"), (left, "m")) if n]
    return " ".join(parts) or "0m"
