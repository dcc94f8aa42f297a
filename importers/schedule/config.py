"""What is to be synchronised, and how often: a YAML file.

every: 1h                     # for all that do not say otherwise; once a day if this is left out
sources:
  netbox:                     # the name of the source
    path: exports/netbox.json # from the folder of this file; or address: https://netbox.example.org
    importer: netbox          # the API, for an address; else the first importer that accepts the input
    every: 15 min
    bad_rows: hold            # refuse (everything, the default), or hold
    held: held/netbox         # with hold: the folder in which each run gets one for its rows
    missing_ends: stub        # refuse (the default), or stub
    partial: false            # true: nothing of the source is retired
    allow_removals: false     # true: most of the source's CIs may be retired
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from cmdb.model.durations import ACCEPTED, parse_minutes
from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown
from cmdb.model.strict_yaml import Node, near, read_yaml
from importers.live.apis import API_NAMES, is_address
from importers.options import BadRows, ImportOptions, MissingEnds
from importers.registry import IMPORTERS

E = TypeVar("E", bound=StrEnum)
DAILY = timedelta(days=1)
MOST_NAME = 200
_TOP = ("every", "sources")
_SOURCE = (
    "path", "address", "importer", "every", "bad_rows", "held", "missing_ends", "partial", "allow_removals",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A source that is imported `every` so often from `place`, a path or an address."""

    name: str
    place: str
    every: timedelta
    options: ImportOptions


def read_schedule(path: Path, every: timedelta | None = None) -> tuple[Scheduled, ...]:
    """The sources of a file; `every` takes the place of what it says for all. Raises `InvalidInput` with all problems,
    each at its line and column."""
    root = read_yaml(path)
    reader = _Reader(path.parent)
    found = reader.sources(root, every)
    if reader.problems:
        raise InvalidInput(reader.problems)
    return found


class _Reader:
    """Reads one document, collecting problems; what is wrong is left out."""

    def __init__(self, folder: Path) -> None:
        self.problems: list[Problem] = []
        self._folder = folder

    def sources(self, root: Node, every: timedelta | None) -> tuple[Scheduled, ...]:
        top = self._fields(root, _TOP)
        stated = self._every(top.get("every"), DAILY)
        listed = top.get("sources")
        if listed is None or not isinstance(listed.value, dict) or not listed.value:
            self.problems.append((listed or root).problem("MISSING_KEY", "sources: at least one, each under its name"))
            return ()
        return tuple(
            self._source(name, node, listed.key_places[name], every or stated) for name, node in listed.value.items()
        )

    def _source(self, name: str, node: Node, place: str, every: timedelta) -> Scheduled:
        if not 0 < len(name) <= MOST_NAME or not name.isprintable():
            self.problems.append(Problem("BAD_NAME", place, shown(name), f"1 to {MOST_NAME} visible characters"))
        parts = self._fields(node, _SOURCE)
        known = list(API_NAMES) if "address" in parts else [one.name for one in IMPORTERS]
        importer = self._choice(parts.get("importer"), known)
        bad_rows = self._word(parts.get("bad_rows"), BadRows.refuse)
        held = self._text(parts.get("held"))
        if bool(held) != (bad_rows is BadRows.hold):
            self._add(node, place, "no folder" if not held else "a folder", "bad_rows: hold, and held: FOLDER with it")
        options = ImportOptions(
            importer, bad_rows, self._folder / held if held else None,
            self._word(parts.get("missing_ends"), MissingEnds.refuse), self._flag(parts.get("partial")),
            self._flag(parts.get("allow_removals")),
        )  # fmt: skip
        return Scheduled(name, self._place(parts, node, place), self._every(parts.get("every"), every), options)

    def _place(self, parts: Mapping[str, Node], node: Node, place: str) -> str:
        path, address = self._text(parts.get("path")), self._text(parts.get("address"))
        if bool(path) == bool(address):
            self._add(node, place, "both" if path else "neither", "path or address")
        elif address and not is_address(address):
            self.problems.append(parts["address"].problem("BAD_CHOICE", "an address such as https://host/path"))
        elif address and "importer" not in parts:
            self._add(node, place, "an address without an importer", "the importer that reads it")
        return address or str(self._folder / path)

    def _every(self, node: Node | None, default: timedelta) -> timedelta:
        """A duration of at least a minute."""
        if node is None:
            return default
        try:
            minutes = parse_minutes(str(node.value)) if isinstance(node.value, str | int) else -1
        except ValueFault as fault:
            self.problems.append(fault.at(node.place))
            return default
        if minutes < 1 or isinstance(node.value, bool):
            self.problems.append(node.problem("BAD_DURATION", f"{ACCEPTED}; at least a minute"))
            return default
        return timedelta(minutes=minutes)

    def _fields(self, node: Node, accepted: Sequence[str]) -> dict[str, Node]:
        if not isinstance(node.value, dict):
            self.problems.append(node.problem("BAD_TYPE", "a mapping"))
            return {}
        for key in node.value.keys() - set(accepted):
            hint = near(key, list(accepted))
            where = node.key_places[key]
            self.problems.append(Problem("UNKNOWN_KEY", where, shown(key), "one of " + ", ".join(accepted) + hint))
        return {key: value for key, value in node.value.items() if key in accepted}

    def _word(self, node: Node | None, default: E) -> E:
        found = self._choice(node, [word.value for word in type(default)])
        return type(default)(found) if found else default

    def _choice(self, node: Node | None, accepted: list[str]) -> str:
        if node is None:
            return ""
        if node.value in accepted:
            return str(node.value)
        hint = near(str(node.value), accepted)
        self.problems.append(node.problem("BAD_CHOICE", "one of " + ", ".join(accepted) + hint))
        return ""

    def _text(self, node: Node | None) -> str:
        if node is None:
            return ""
        if not isinstance(node.value, str) or not node.value.strip():
            self.problems.append(node.problem("BAD_TYPE", "a text; in quotes if it looks like something else"))
            return ""
        return node.value.strip()

    def _flag(self, node: Node | None) -> bool:
        if node is not None and not isinstance(node.value, bool):
            self.problems.append(node.problem("BAD_TYPE", "true or false"))
        return node is not None and node.value is True

    def _add(self, node: Node, place: str, found: str, accepted: str) -> None:
        self.problems.append(Problem("MISSING_KEY", place or node.place, found, accepted))
