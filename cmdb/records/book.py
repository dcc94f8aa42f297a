"""All records as they stand, in memory, with the indexes that questions need."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, NamedTuple, TypeVar, overload

from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput, ValueFault, shown
from cmdb.model.record import RecordKey, parse_key
from cmdb.records.faults import refused
from cmdb.records.kinds import ChangeState
from cmdb.records.numbers import near, numbered, ordinal
from cmdb.records.record_types import AnyRecord, Basis, Change, Freeze, Incident, ProblemRecord
from cmdb.records.source_types import ImportRun, Match, Observation
from cmdb.records.times import Window
from cmdb.records.windows import Windows
from cmdb.store.port import Head, Records

V = TypeVar("V", Change, Freeze)


@dataclass(frozen=True, slots=True)
class Book:
    """All current records at a revision. It never changes; `with_` makes the next one.

    `unread` are records of a form that this version of the program does not know: they are in `revisions` only.
    """

    head: Head
    incidents: Mapping[RecordKey, Incident] = field(default_factory=dict)
    changes: Mapping[RecordKey, Change] = field(default_factory=dict)
    freezes: Mapping[RecordKey, Freeze] = field(default_factory=dict)
    problems: Mapping[RecordKey, ProblemRecord] = field(default_factory=dict)
    bases: Mapping[RecordKey, Basis] = field(default_factory=dict)
    runs: Mapping[RecordKey, ImportRun] = field(default_factory=dict)
    matches: Mapping[RecordKey, Match] = field(default_factory=dict)
    observations: Mapping[RecordKey, Observation] = field(default_factory=dict)
    revisions: Mapping[RecordKey, int] = field(default_factory=dict)
    unread: frozenset[RecordKey] = frozenset()
    _about: Mapping[CiId, tuple[RecordKey, ...]] = field(default_factory=dict)
    _open: frozenset[RecordKey] = frozenset()
    _begun: frozenset[RecordKey] = frozenset()
    _planned: Windows = field(default_factory=Windows.none)
    _frozen: Windows = field(default_factory=Windows.none)
    _last: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def empty(cls, head: Head) -> "Book":
        """A book without records."""
        return cls(head)

    @classmethod
    def of(cls, records: Records) -> "Book":
        """The book of all records."""
        return cls.empty(records.head).with_(records)

    def with_(self, records: Records) -> "Book":
        """The book at `records.head`, given what was written since this one."""
        if not records.records:
            return replace(self, head=records.head)
        new, unread = _read(records)
        written = {stored.record.key: stored.revision for stored in records.records}
        incidents, changes, freezes = _of(new, Incident), _of(new, Change), _of(new, Freeze)
        last = dict(self._last)
        for key in written:
            last[key.kind] = max(last.get(key.kind, 0), ordinal(key))
        return Book(
            records.head,
            _merged(self.incidents, incidents),
            _merged(self.changes, changes),
            _merged(self.freezes, freezes),
            _merged(self.problems, _of(new, ProblemRecord)),
            _merged(self.bases, _of(new, Basis)),
            _merged(self.runs, _of(new, ImportRun)),
            _merged(self.matches, _of(new, Match)),
            _merged(self.observations, _of(new, Observation)),
            {**self.revisions, **written},
            self.unread.difference(new) | unread,
            self._about_with(new),
            self._open.difference(incidents).union(key for key, incident in incidents.items() if incident.open),
            self._begun.difference(changes).union(k for k, c in changes.items() if c.state is ChangeState.implementing),
            self._planned.replaced(changes.keys(), {k: c.window for k, c in changes.items() if c.planned}),
            self._frozen.replaced(freezes.keys(), {k: f.window for k, f in freezes.items() if not f.cancelled}),
            last,
        )

    def _about_with(self, new: Mapping[RecordKey, AnyRecord]) -> Mapping[CiId, tuple[RecordKey, ...]]:
        """Which records name each CI, once `new` ones are among them."""
        about = dict(self._about)
        for key, value in new.items():
            old = self.get(key)
            before, after = _cis(old) if old else set(), _cis(value)
            for ci in before - after:
                about[ci] = tuple(other for other in about[ci] if other != key)
            for ci in after - before:
                about[ci] = (*about.get(ci, ()), key)
        return about

    def get(self, key: RecordKey) -> AnyRecord | None:
        """The record with a key, or None."""
        return self._of_kind(key.kind).get(key)

    def _of_kind(self, kind: str) -> Mapping[RecordKey, AnyRecord]:
        shelves: dict[str, Mapping[RecordKey, AnyRecord]] = {
            "incident": self.incidents,
            "change": self.changes,
            "freeze": self.freezes,
            "problem": self.problems,
            "basis": self.bases,
            "run": self.runs,
            "match": self.matches,
            "observation": self.observations,
        }
        return shelves[kind]

    @overload
    def find(self, kind: Literal["incident"], text: str) -> Incident: ...
    @overload
    def find(self, kind: Literal["change"], text: str) -> Change: ...
    @overload
    def find(self, kind: Literal["freeze"], text: str) -> Freeze: ...
    @overload
    def find(self, kind: Literal["problem"], text: str) -> ProblemRecord: ...
    @overload
    def find(self, kind: Literal["basis"], text: str) -> Basis: ...
    @overload
    def find(self, kind: Literal["run"], text: str) -> ImportRun: ...
    @overload
    def find(self, kind: Literal["observation"], text: str) -> Observation: ...
    @overload
    def find(self, kind: str, text: str) -> AnyRecord: ...
    def find(self, kind: str, text: str) -> AnyRecord:
        """The record that `INC-0007` or `assyst/INC-0007` names.

        Raises `InvalidInput` BAD_NUMBER, and UNKNOWN_RECORD with the numbers that resemble it.
        """
        try:
            key = parse_key(kind, unicodedata.normalize("NFC", text))
        except ValueFault as fault:
            raise InvalidInput([fault.at(kind)]) from None
        return self.at(key)

    def at(self, key: RecordKey, place: str | None = None) -> AnyRecord:
        """The record with a key, which was stated at `place`. Raises `InvalidInput` UNKNOWN_RECORD."""
        found = self.get(key)
        if found is None:
            raise refused(
                "UNKNOWN_RECORD", place or key.kind, shown(str(key)), near(key, self._of_kind(key.kind).keys())
            )
        return found

    @property
    def decisions(self) -> list[Match]:
        """What was decided about CIs that may be one, as it came; without what was undone."""
        return sorted((one for one in self.matches.values() if one.undone_at is None), key=lambda one: ordinal(one.key))

    def open_incidents(self) -> list[Incident]:
        """Incidents going on: the most pressing first, then the oldest."""
        found = [self.incidents[key] for key in self._open]
        return sorted(found, key=lambda incident: (incident.priority, incident.started_at, incident.key))

    def planned_changes(self, window: Window, now: datetime | None = None) -> list[Change]:
        """Changes that take part in collisions (submitted, approved, implementing) and overlap `window`, by start.

        With `now`, one that should have ended by then and has not counts as going on, nobody knows until when.
        """
        found = set(self._planned.overlapping(window))
        if now is not None:
            found.update(key for key in self._begun if self.changes[key].window_at(now).overlaps(window))
        return _by_start([self.changes[key] for key in found])

    def freezes_in(self, window: Window) -> list[Freeze]:
        """Freeze and blackout windows that overlap `window` and were not called off, by start."""
        return _by_start([self.freezes[key] for key in self._frozen.overlapping(window)])

    def of_ci(self, ci: CiId) -> list[AnyRecord]:
        """Incidents, changes, freeze windows and problems that name a CI, in order of key."""
        return [found for key in sorted(self._about.get(ci, ())) if (found := self.get(key)) is not None]

    def basis_of(self, change: Change) -> Basis | None:
        """The answer that a change was approved on."""
        return None if change.basis is None else self.bases.get(RecordKey("basis", change.source, change.basis))

    def next_number(self, kind: str) -> str:
        """The next free number of our own, as `INC-0001`."""
        return numbered(kind, self._last.get(kind, 0) + 1)


class SeenBook(NamedTuple):
    """A book, when it was last known to be the newest, and whether that is now."""

    book: Book
    checked_at: datetime
    live: bool


def _read(records: Records) -> tuple[dict[RecordKey, AnyRecord], set[RecordKey]]:
    """Records as values, and the keys of those that are of no known form."""
    from cmdb.records.form import read  # with pydantic, it takes longer to load than most commands run

    found, unread = {}, set()
    for stored in records.records:
        key = stored.record.key
        try:
            found[key] = read(stored.record)
        except (ValueError, LookupError):
            unread.add(key)
    return found, unread


T = TypeVar("T", bound=AnyRecord)


def _of(new: Mapping[RecordKey, AnyRecord], type_: type[T]) -> dict[RecordKey, T]:
    return {key: value for key, value in new.items() if isinstance(value, type_)}


def _merged(old: Mapping[RecordKey, T], new: Mapping[RecordKey, T]) -> Mapping[RecordKey, T]:
    return {**old, **new} if new else old


def _by_start(found: Iterable[V]) -> list[V]:
    return sorted(found, key=lambda value: (value.window.start, value.key))


def _cis(value: AnyRecord) -> set[CiId]:
    return set() if isinstance(value, Basis | ImportRun | Observation) else {part.ci for part in value.cis}
