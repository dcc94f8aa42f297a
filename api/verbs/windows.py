"""Windows of time as people write them: `22:00`, `2026-11-24 22:00`, `2h`, ISO 8601; in their own time zone."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo

from api.verbs.options import Refused, moment_of
from cmdb.model.durations import parse_minutes
from cmdb.model.errors import ValueFault
from cmdb.model.revision import NUMBER

ACCEPTED = "22:00, 2026-11-24, 2026-11-24 22:00 or 2026-11-24T22:00-04:00"


def start_of(text: str, zone: tzinfo, now: datetime) -> datetime:
    """When a window starts: `22:00` is the next time it is that. Raises `Refused`."""
    return _moment(text, zone, now)


def end_of(text: str, start: datetime, zone: tzinfo) -> datetime:
    """When a window ends: also a duration (`2h`, `90m`) from its start; `02:00` is the next time after it."""
    if not _is_clock(text) and text[-1:].isalpha():
        with suppress(ValueFault):
            return start + timedelta(minutes=parse_minutes(text))
    return _moment(text, zone, start)


def _moment(text: str, zone: tzinfo, after: datetime) -> datetime:
    if _is_clock(text):
        return _next(text, zone, after)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(f"'{text}' is not a time; write {ACCEPTED}") from None
    return found if found.tzinfo is not None else settled(found, zone)


def _is_clock(text: str) -> bool:
    return len(text.strip()) <= 5 and ":" in text


def _next(text: str, zone: tzinfo, after: datetime) -> datetime:
    try:
        clock = datetime.strptime(text.strip(), "%H:%M").time()
    except ValueError:
        raise Refused(f"'{text}' is not a time; write {ACCEPTED}") from None
    day = after.astimezone(zone).date()
    found = settled(datetime.combine(day, clock), zone)
    return found if found > after else settled(datetime.combine(day + timedelta(days=1), clock), zone)


def settled(local: datetime, zone: tzinfo) -> datetime:
    """A time of the clock on the wall as a moment.

    Raises `Refused` where the clock shows it twice, or never: at the ends of daylight saving time.
    """
    early, late = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early
    if early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise Refused(f"there is no {local:%Y-%m-%d %H:%M} in {zone}: the clock is set forward then")
    both = " or ".join(moment.isoformat(timespec="minutes") for moment in (early, late))
    raise Refused(f"the clock shows {local:%Y-%m-%d %H:%M} twice in {zone}: write {both}")


def moment_at(text: str, zone: tzinfo) -> str | None:
    """A revision or a moment of the past as a question takes it: `r42`, or a time with its offset; None for none."""
    if not text or NUMBER.fullmatch(text.strip()):
        return text or None
    found = moment_of(text, zone)
    return None if found is None else found.isoformat()
