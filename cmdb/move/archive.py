"""An inventory with its history in one file: `docs/moving.md` tells the format.

Line 1 is the head; every revision is a line that says who, when, why and how many changes, then one line for each
change; the last line says that it is the last.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import repeat, starmap
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import orjson

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, PoolKey, Relation, RelationKey, attributes_json
from cmdb.model.claims import checked
from cmdb.model.errors import InvalidInput, ValueFault
from cmdb.model.model import Model
from cmdb.model.record import Record
from cmdb.move.hashing import Content, fingerprint
from cmdb.move.revision import Mark, Revision, Source, changeset_of
from cmdb.move.sealed import Lines, check_seal, invalid, sealed_lines, write_sealed
from cmdb.progress import Progress, Silent
from cmdb.store.checks import check_records
from cmdb.store.port import Head

FORMAT, VERSION = "bluenose-archive", 3
READABLE = (1, 2, 3)
"""Versions that are read; the first had no records, the second no claims."""
MAX_CHANGES = 20_000_000
"""The most changes of one revision; they are in memory together."""
_FIRST = {"format": str, "version": int, "model": str, "revision": int, "recordedAt": str}
_REVISION = {
    "revision": int, "recordedAt": str, "who": str, "source": str, "message": str, "content": str, "changes": int,
}  # fmt: skip
_WIDTHS = {
    "+ci": (8, 9),
    "-ci": (2,),
    "+relation": (7, 8),
    "-relation": (5,),
    "+pool": (7, 8),
    "-pool": (3,),
    "+record": (5,),
}
"""How many fields a change has; the last one is for claims, where there are any."""
_CLAIMED: Mapping[str, type[CI] | type[Relation] | type[Pool]] = {"+ci": CI, "+relation": Relation, "+pool": Pool}
_INTEGER = 1 << 63

T = TypeVar("T")


class Kept(NamedTuple):
    """What a backup holds: up to which revision, the hash of everything there, and its size in bytes."""

    head: Head
    content: str
    size: int


def backup(source: Source, path: Path, model: Model, progress: Progress | None = None) -> Kept:
    """Write every revision of `source` to a file, which is there whole or not at all.

    The same inventory makes the same file. Raises `InvalidInput`, and what the store raises.
    """
    watched = progress or Silent()
    newest = source.head.revision
    watched.stage("backup", newest)
    marks: list[Mark] = []
    size = write_sealed(path, _lines(source, model, watched, marks), lambda draft: Archive(draft, watched))
    return Kept(source.head, marks[-1].content if marks else Content().hash, size)


def _lines(source: Source, model: Model, progress: Progress, last: list[Mark]) -> Iterator[bytes]:
    head = source.head
    yield _line(
        {
            "format": FORMAT, "version": VERSION, "model": fingerprint(model),
            "revision": head.revision, "recordedAt": head.recorded_at.isoformat(),
        }
    )  # fmt: skip
    for mark, changeset in source.revisions(0):
        changes = _size(changeset)
        if changes > MAX_CHANGES:
            raise invalid("ARCHIVE_TOO_LARGE", f"revision {mark.number}", f"{changes} changes", f"up to {MAX_CHANGES}")
        yield _line(
            {
                "revision": mark.number, "recordedAt": mark.recorded_at.isoformat(), "who": mark.who,
                "source": mark.source, "message": mark.message, "content": mark.content, "changes": changes,
            }
        )  # fmt: skip
        yield from map(_line, _rows(changeset))
        last[:] = [mark]
        progress.advance(1)
    yield _line({"end": head.revision})


def _line(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _size(changeset: Changeset) -> int:
    put = len(changeset.put_cis) + len(changeset.put_relations) + len(changeset.put_pools) + len(changeset.put_records)
    return put + len(changeset.delete) + len(changeset.remove_relations) + len(changeset.remove_pools)


def _rows(changeset: Changeset) -> Iterator[tuple[Any, ...]]:
    for ci in changeset.put_cis:
        yield ("+ci", *ci[:5], orjson.Fragment(ci.attributes_json), ci.source, *_claims(ci))
    yield from (("+relation", *relation[:-1], *_claims(relation)) for relation in changeset.put_relations)
    yield from (("+pool", *pool[:-1], *_claims(pool)) for pool in changeset.put_pools)
    parts: Sequence[tuple[str, Sequence[tuple[str, ...]]]] = (
        ("-relation", changeset.remove_relations),
        ("-pool", changeset.remove_pools),
    )
    for word, things in parts:
        for thing in things:
            yield (word, *thing)
    yield from zip(repeat("-ci"), changeset.delete, strict=False)
    for kind, source, number, body in changeset.put_records:
        yield ("+record", kind, source, number, orjson.Fragment(body))


def _claims(thing: CI | Relation | Pool) -> tuple[orjson.Fragment, ...]:
    return (orjson.Fragment(thing.claims_json),) if thing.claims_json else ()


class Archive:
    """The revisions in a file that `backup` wrote; read through once, so that what is wrong with it is told before
    anything is done with it. Raises `InvalidInput` CORRUPT_ARCHIVE, ARCHIVE_TOO_LARGE, UNREADABLE_FILE."""

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        self._path, watched = path, progress or Silent()
        check_seal(path)
        with sealed_lines(path) as lines:
            self.head, self.model = _first(lines)
        watched.stage("check", self.head.revision)
        for _ in self.revisions(0):
            watched.advance(1)

    def mark(self, number: int) -> Mark:
        """What identifies one revision, from 1 to the newest."""
        return next(self.revisions(number - 1)).mark

    def revisions(self, after: int) -> Iterator[Revision]:
        """Every revision after number `after`, in order."""
        with sealed_lines(self._path) as lines:
            _first(lines)
            moment = datetime.min.replace(tzinfo=UTC)
            for number in range(1, self.head.revision + 1):
                mark, changes = _heading(lines, number, moment)
                moment = mark.recorded_at
                if number > after:
                    yield Revision(mark, _changeset(lines, mark, changes))
                else:
                    for _ in range(changes):
                        lines.take()
            if self.head.revision and moment != self.head.recorded_at:
                lines.refuse("another time than the first line tells")
            if lines.value() != {"end": self.head.revision}:
                lines.refuse("something else than the last line")


def _first(lines: Lines) -> tuple[Head, str]:
    told = _object(lines, _FIRST)
    if told["format"] != FORMAT or told["version"] not in READABLE:
        lines.refuse("another format", f"{FORMAT}, version 1 to {VERSION}")
    return Head(told["revision"], _moment(lines, told["recordedAt"])), told["model"]


def _heading(lines: Lines, number: int, moment: datetime) -> tuple[Mark, int]:
    """The mark of the next revision, recorded no earlier than `moment`, and how many changes follow."""
    told = _object(lines, _REVISION)
    recorded_at = _moment(lines, told["recordedAt"])
    if told["revision"] != number or recorded_at < moment:
        lines.refuse("a revision out of order")
    if not 0 < told["changes"] <= MAX_CHANGES:
        lines.refuse(f"{told['changes']} changes", f"1 to {MAX_CHANGES} changes")
    mark = Mark(number, recorded_at, told["who"], told["source"], told["message"], told["content"])
    return mark, told["changes"]


def _object(lines: Lines, fields: Mapping[str, type]) -> dict[str, Any]:
    """The next line, an object of exactly these fields."""
    told = lines.value()
    if not isinstance(told, dict) or {name: type(value) for name, value in told.items()} != fields:
        lines.refuse("other fields than " + ", ".join(fields))
    if any(isinstance(value, str) and "\0" in value for value in told.values()):
        lines.refuse("a NUL character")
    return told


def _moment(lines: Lines, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            lines.refuse("a time without its offset")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        lines.refuse("something that is no time")


def _changeset(lines: Lines, mark: Mark, changes: int) -> Changeset:
    """The changeset of a revision, read from the next lines."""
    found: dict[str, list[list[Any]]] = {word: [] for word in _WIDTHS}
    for _ in range(changes):
        word, values = _change(lines)
        found[word].append(values)
    return replace(
        changeset_of(mark),
        put_cis=list(starmap(CI, found["+ci"])),
        put_relations=list(starmap(Relation, found["+relation"])),
        put_pools=list(starmap(Pool, found["+pool"])),
        remove_relations=list(map(RelationKey._make, found["-relation"])),
        remove_pools=list(map(PoolKey._make, found["-pool"])),
        delete=[CiId(ci) for (ci,) in found["-ci"]],
        put_records=list(map(Record._make, found["+record"])),
    )


def _change(lines: Lines) -> tuple[str, list[str]]:
    """What the next line does, and the fields of what it does it to."""
    row = lines.value()
    if not isinstance(row, list) or not row or not isinstance(row[0], str) or len(row) not in _WIDTHS.get(row[0], ()):
        lines.refuse("something else than a change")
    word, *values = row
    if len(row) == _WIDTHS[word][-1] > _WIDTHS[word][0]:
        values[-1] = _read_claims(lines, values[-1], _CLAIMED[word])
    if word == "+ci":
        if not isinstance(values[5], dict) or not all(map(_is_value, values[5].values())):
            lines.refuse("attributes that hold no plain values")
        values[5] = attributes_json(values[5])
    if word == "+record":
        return word, _record(lines, values)
    if not all(type(value) is str for value in values):
        lines.refuse("a field that is not text")
    if any("\0" in value for value in values):
        lines.refuse("a NUL character")
    return word, values


def _read_claims(lines: Lines, value: object, kind: type[CI] | type[Relation] | type[Pool]) -> str:
    """Claims in their one form."""
    try:
        return checked(value, kind)
    except ValueFault:
        lines.refuse("claims of another form")


def _record(lines: Lines, values: list[Any]) -> list[str]:
    """The fields of a record, its body in its one form."""
    *key, body = values
    if not all(type(value) is str for value in key):
        lines.refuse("a field that is not text")
    try:
        found = Record._make([*key, orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()])
        check_records([found])
    except (orjson.JSONEncodeError, InvalidInput):
        lines.refuse("something that is no record")
    return list(found)


def _is_value(value: object) -> bool:
    """Whether it is an attribute's value: text, a number, a boolean or a list of texts."""
    if isinstance(value, list):
        return all(type(item) is str for item in value)
    return isinstance(value, str | float) or (isinstance(value, int) and -_INTEGER <= value < _INTEGER)
