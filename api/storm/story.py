"""A storm as a file tells it: what happens when, and what the board has to say at fixed moments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown
from cmdb.model.strict_yaml import Node, near, read_yaml

_OFFSET = re.compile(r"T?([+-])(\d{1,3}):([0-5]\d)", re.ASCII)
ACCEPTED_OFFSET = "hours and minutes from the beginning, such as +02:40"
VERBS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "incident": (("title", "started", "cis"), ("detected", "impact", "urgency", "major", "owner", "description")),
    "state": (("ci", "is"), ("text",)),
    "note": (("text",), ()),
    "move": (("to",), ("text",)),
    "resolve": (("resolution",), ("cause",)),
    "close": ((), ("text",)),
    "change": (("title", "start", "end", "cis"), ("type", "back_out", "owner", "description")),
    "submit": ((), ("text",)),
    "approve": ((), ("text",)),
    "reject": ((), ("text",)),
    "begin": ((), ("text",)),
    "complete": ((), ("text",)),
    "fail": ((), ("text",)),
    "cancel": ((), ("text",)),
    "freeze": (("title", "start", "end"), ("type", "cis", "kinds", "sectors")),
    "problem": (("title",), ("cis", "cause", "description")),
    "link": (("to",), ()),
}
"""What may happen: the fields each must have, and those it may have. The verb's own value is the record's number."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to the record called `number` in the file; `place` is where it is told."""

    at: timedelta
    verb: str
    number: str
    fields: Mapping[str, Any]
    place: str

    def refused(self, error: InvalidInput) -> InvalidInput:
        """The same problems, placed in the file."""
        placed = [problem._replace(place=f"{self.place}: {problem.place}") for problem in error.problems]
        return InvalidInput(placed, error.count)


@dataclass(frozen=True, slots=True)
class Check:
    """What the board has to say at a moment. A part that is None is not checked."""

    at: timedelta
    open: tuple[str, ...] | None = None
    people: Mapping[str, int] | None = None
    services: Mapping[str, int] | None = None
    states: Mapping[str, str] | None = None
    together: tuple[Mapping[str, Any], ...] | None = None
    reviews: Mapping[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A storm: its events and checks in order of time. `zone` is the one in which people there read clocks."""

    name: str
    begins: datetime
    zone: str
    events: tuple[Event, ...]
    checks: tuple[Check, ...]

    def at(self, offset: timedelta) -> datetime:
        """The moment of an offset, in UTC."""
        return self.begins + offset


def read_story(folder: Path) -> Story:
    """The storm in a folder with `hurricane.yaml` and `board.yaml`. Raises `InvalidInput` with lines and columns."""
    root = _fields(read_yaml(folder / "hurricane.yaml"), ("name", "begins", "zone", "events"), ())
    checks = _fields(read_yaml(folder / "board.yaml"), ("checks",), ())
    events = tuple(map(_event, _items(root["events"])))
    for earlier, later in pairwise(events):
        if later.at < earlier.at:
            _refuse("BAD_DATE", later.place, told(later.at), f"{told(earlier.at)} or later, as before it in the file")
    return Story(
        _text(root["name"]), _moment(root["begins"]), _text(root["zone"]), events,
        tuple(map(_check, _items(checks["checks"]))),
    )  # fmt: skip


def parse_offset(text: str) -> timedelta:
    """`+02:40`, also written `T+02:40`. Raises `ValueFault` BAD_DURATION."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        raise ValueFault("BAD_DURATION", text, ACCEPTED_OFFSET)
    offset = timedelta(hours=int(found.group(2)), minutes=int(found.group(3)))
    return offset if found.group(1) == "+" else -offset


def told(offset: timedelta) -> str:
    """`T+02:40`."""
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"T{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _event(node: Node) -> Event:
    given = _mapping(node)
    verbs = [name for name in given if name in VERBS]
    if len(verbs) != 1:
        accepted = "one of " + ", ".join(VERBS)
        _refuse("BAD_CHOICE", node.place, " and ".join(map(shown, verbs)) or "no verb", accepted)
    verb = verbs[0]
    required, optional = VERBS[verb]
    fields = _fields(node, ("at", verb, *required), optional)
    values = {name: _plain(fields[name]) for name in fields if name not in ("at", verb)}
    return Event(_offset(fields["at"]), verb, _text(fields[verb]), values, node.place)


def _check(node: Node) -> Check:
    fields = _fields(node, ("at",), ("open", "people", "services", "states", "together", "reviews"))
    values = {name: _plain(value) for name, value in fields.items() if name != "at"}
    for name in ("open", "together"):
        if name in values:
            values[name] = tuple(values[name])
    return Check(_offset(fields["at"]), **values)


def _fields(node: Node, required: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, Node]:
    given, known = _mapping(node), [*required, *optional]
    for name in given:
        if name not in known:
            accepted = "one of " + ", ".join(known) + near(name, known)
            _refuse("UNKNOWN_KEY", node.key_places[name], shown(name), accepted)
    for name in required:
        if name not in given:
            _refuse("MISSING_KEY", node.place, f"no key {name}", "the keys " + ", ".join(required))
    return given


def _mapping(node: Node) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        raise InvalidInput([node.problem("BAD_YAML", "a mapping")])
    return node.value


def _items(node: Node) -> list[Node]:
    if not isinstance(node.value, list):
        raise InvalidInput([node.problem("BAD_YAML", "a list")])
    return node.value


def _text(node: Node) -> str:
    if not isinstance(node.value, str) or not node.value:
        raise InvalidInput([node.problem("MISSING_VALUE", "a text")])
    return node.value


def _offset(node: Node) -> timedelta:
    try:
        return parse_offset(_text(node))
    except ValueFault as fault:
        raise InvalidInput([fault.at(node.place)]) from None


def _moment(node: Node) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(node))
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise InvalidInput([node.problem("BAD_DATE", "2026-10-30T18:00:00-03:00")])
    return moment.astimezone(UTC)


def _plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {name: _plain(value) for name, value in node.value.items()}
    return [_plain(item) for item in node.value] if isinstance(node.value, list) else node.value


def _refuse(code: str, place: str, found: str, accepted: str) -> None:
    raise InvalidInput([Problem(code, place, found, accepted)])
