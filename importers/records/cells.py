"""Cells of record tables to values: moments, CIs with their states, numbers of records, lines of text."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Self

from cmdb.model.attributes import parse_boolean, parse_text
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown
from cmdb.model.record import OWN_SOURCE, RecordKey, parse_key
from cmdb.model.text import parse_id
from importers.kit.precision import refuse_exponent
from importers.records.words import CI_STATES, word_in

_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?", re.ASCII)
_SAMPLE = datetime(2026, 11, 22, 2, 40)
_parse_state = word_in(CI_STATES)
NO_STATES: tuple[tuple[CiId, str], ...] = ()
NO_CIS: tuple[CiId, ...] = ()
NO_WORDS: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """How moments are written: ISO 8601 with an offset always; also without one, and in `format`, in a stated zone."""

    format: str = ""
    zone: tzinfo | None = None

    @classmethod
    def declared(cls, format_: str, zone: tzinfo | None) -> Self:
        """From a format such as `%d/%m/%Y %H:%M`, or an empty one, and the zone its times are in.

        Raises `InvalidInput` BAD_DATE for a format that is none, or that has neither a zone nor `%z`.
        """
        if format_ and not _is_format(format_):
            _refuse(format_, "a format with day, month and year, such as %d/%m/%Y %H:%M")
        if format_ and zone is None and "%z" not in format_:
            _refuse(format_, "a time zone beside it, or a format with %z")
        return cls(format_, zone)

    def moment(self, text: str) -> datetime | None:
        """The moment in UTC; None for an empty cell. Raises `ValueFault` BAD_DATE and DATE_AMBIGUOUS."""
        raw = text.strip()
        if not raw:
            return None
        try:
            moment = self._formatted(raw) or self._iso(raw)
            if moment is not None:
                return moment.astimezone(UTC) if moment.tzinfo else self._placed(moment, text)
        except (ValueError, OverflowError) as fault:
            if isinstance(fault, ValueFault):
                raise
        raise ValueFault("BAD_DATE", text, self.accepted)

    @property
    def accepted(self) -> str:
        """What a moment may look like, in words."""
        forms = ["2026-11-22T02:40:00-04:00"]
        if self.zone is not None:
            forms.append(f"2026-11-22 02:40 as the clocks of {self.zone} show it")
        if self.format:
            forms.append(_SAMPLE.replace(tzinfo=UTC).strftime(self.format))
        hints = ["a time without an offset needs a zone (--tz)"] if self.zone is None else []
        hints += [] if self.format else ["another form has to be stated (--date-format)"]
        return "; ".join([", or ".join(forms), *hints])

    def _formatted(self, raw: str) -> datetime | None:
        try:
            return datetime.strptime(raw, self.format) if self.format else None
        except ValueError:
            return None

    def _iso(self, raw: str) -> datetime | None:
        if not _ISO.fullmatch(raw):
            return None
        moment = datetime.fromisoformat(raw)
        return moment if moment.tzinfo or self.zone else None

    def _placed(self, moment: datetime, text: str) -> datetime:
        """A local time in the zone: one that the clocks skip is no time, one that they show twice is two."""
        early, late = (moment.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        if early.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) != moment:
            raise ValueFault("BAD_DATE", text, f"a time that the clocks of {self.zone} do not skip")
        if early.utcoffset() != late.utcoffset():
            accepted = f"an offset, as the clocks of {self.zone} show this time twice: {early.isoformat()} or "
            raise ValueFault("DATE_AMBIGUOUS", text, accepted + late.isoformat())
        return early.astimezone(UTC)


def parse_number(text: str) -> str:
    """The number of a record in its source; an empty text stays one. Raises `ValueFault`."""
    if not text.strip():
        return ""
    refuse_exponent(text)
    number = parse_id(text)
    if "/" in number:
        raise ValueFault("BAD_NUMBER", text, "a number without a slash; the source is named on its own")
    return number


def parse_line(text: str) -> str:
    """One line of text. Raises `ValueFault`."""
    if any(mark in text.strip() for mark in "\r\n\t"):
        raise ValueFault("BAD_CHARACTER", text, "one line of text")
    return parse_text(text)


def parse_flag(text: str) -> bool:
    """Yes or no; no where it is empty. Raises `ValueFault` BAD_BOOLEAN."""
    return bool(text.strip()) and parse_boolean(text)


def parse_words(text: str) -> tuple[str, ...]:
    """Words separated by semicolons, in lower case."""
    return tuple(dict.fromkeys(word for part in text.split(";") if (word := parse_line(part).casefold())))


def parse_states(text: str) -> tuple[tuple[CiId, str], ...]:
    """`san-gdc-01=down; app-cad` as CIs with their states, `down` where none is stated; each CI once.

    Raises `ValueFault` BAD_CHOICE, CONFLICT_IN_FILE, and what an id may be refused for.
    """
    found: dict[CiId, str] = {}
    for part in filter(str.strip, text.split(";")):
        name, sign, word = part.rpartition("=")
        ci, state = CiId(parse_id(name if sign else part)), (_parse_state(word) if sign else None) or "down"
        if found.setdefault(ci, state) != state:
            raise ValueFault("CONFLICT_IN_FILE", text, f"one state for {ci}")
    return tuple(found.items())


def parse_cis(text: str) -> tuple[CiId, ...]:
    """Ids separated by semicolons, each once. Raises `ValueFault`."""
    return tuple(dict.fromkeys(CiId(parse_id(part)) for part in text.split(";") if part.strip()))


def reference(kind: str, source: str, text: str) -> str | None:
    """The text of another record's key: `PRB-1` is one of the same source, `other/PRB-1` is not; None if empty.

    Raises `ValueFault` BAD_NUMBER.
    """
    if not text.strip():
        return None
    key = parse_key(kind, parse_line(text))
    same = key.source == OWN_SOURCE and "/" not in text
    return str(RecordKey(kind, source, key.number) if same else key)


def _is_format(text: str) -> bool:
    try:
        told = datetime.strptime(_SAMPLE.replace(tzinfo=UTC).strftime(text), text)
    except (ValueError, re.error):
        return False
    return told.date() == _SAMPLE.date()


def _refuse(format_: str, accepted: str) -> None:
    raise InvalidInput([Problem("BAD_DATE", "date format", shown(format_), accepted)])
