"""Durations as people write them, in whole minutes inside.

Accepted: a whole number of minutes (`90`), numbers with units (`4h`, `15 min`, `1 day`, `1d 2h`, `1.5 h`) and
ISO 8601 (`PT4H`, `P1DT30M`; years and months are not accepted, they have no fixed length). Everything else, such as
`< 1 hour`, `N/A`, `best effort` or `2h50`, is not a value; a duration named in it is a hint, for a person to confirm.
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
_SPOKEN = re.compile(r"(?<![\w.,:/-])(\d{1,7}(?:\.\d{1,3})?)\s?([a-z]+)(\d\d)?(?![\w:/]|[.,]\d)", re.ASCII)
_JOINED = re.compile(r"\s*(?:,|and|&)?\s*", re.ASCII)
_VAGUE = re.compile(r"(?:[<>≤≥~±≈+-]|to|or|about|around|approx|up|than|least|most|under|over|within)[\s.]*$")
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


def duration_hint(text: str) -> int | None:
    """The minutes of the one duration that a free text names, such as `Passed (restored in 2h50)`; never a value.

    None where it names none, several, or only a bound of one (`< 1 hour`, `1 to 2 h`).
    """
    word = text.casefold()[:1000]
    spans = [found for found in _SPOKEN.finditer(word) if found.group(2) in _MINUTES]
    if not spans or _VAGUE.search(word[: spans[0].start()]):
        return None
    total, before = 0.0, math.inf
    for at, found in enumerate(spans):
        unit = _MINUTES[found.group(2)]
        apart = at and not _JOINED.fullmatch(word[spans[at - 1].end() : found.start()])
        if apart or unit >= before or (found.group(3) and (unit != 60 or at + 1 < len(spans))):
            return None
        if int(found.group(3) or 0) >= 60:
            return None
        total, before = total + float(found.group(1)) * unit + int(found.group(3) or 0), unit
    minutes = round(total)
    return minutes if abs(total - minutes) < 1e-6 and 0 < minutes <= MAX_MINUTES else None


def _fault(text: str) -> ValueFault:
    """Says that a text is not a duration, and which one may have been meant."""
    hint = duration_hint(text)
    return ValueFault("BAD_DURATION", text, ACCEPTED if hint is None else f"{ACCEPTED}; perhaps {show_minutes(hint)}")


def _iso(raw: str, text: str) -> float:
    found = _ISO.fullmatch(raw.upper())
    if found is None or not any(found.groups()):
        raise _fault(text)
    scale = (10080, 1440, 60, 1, 1 / 60)
    return sum(float(part) * unit for part, unit in zip(found.groups(), scale, strict=True) if part)


def _parts(word: str, text: str) -> float:
    total, position, seen = 0.0, 0, set[float]()
    while position < len(word):
        part = _PART.match(word, position)
        unit = _MINUTES.get(part.group(2)) if part else None
        if part is None or unit is None or unit in seen:
            raise _fault(text)
        seen.add(unit)
        total += float(part.group(1)) * unit
        position = part.end()
    if not seen:
        raise _fault(text)
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
