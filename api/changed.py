"""What changed: recorded changes in the dependency cone of some CIs within a span, the nearest and newest first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from api.before import rewind
from api.changed_report import ChangedThing, FieldChange, PathStep, RecordedChange
from api.difference import BETWEEN, Turn
from api.scenario import recorded
from api.workspace import Workspace
from cmdb.model.ci import CiId, PoolKey, RelationKey
from cmdb.model.errors import InvalidInput, Problem
from cmdb.store.port import Change, Head, Store
from impact.causes.cone import Cone, cone
from impact.paging import BadCursor, decode_cursor, encode_cursor
from impact.question import Question
from impact.report import CiRef, Page
from impact.states import UnknownCi

MOST_ASKED = 200
BATCH, REVISIONS = 500, 200
"""CIs whose history is asked for at once, and revisions of them."""
THINGS = tuple(thing.value for thing in ChangedThing)


@dataclass(frozen=True)
class Reach:
    """A cone, by id: where in it each CI of interest stands."""

    cone: Cone
    name: Callable[[int], str]
    places: Mapping[str, int]


@dataclass(frozen=True)
class Found:
    """A change, and the CI it belongs to; `key` is its place among all, the nearest and newest first."""

    change: Change
    ci: str
    key: tuple[int, int, str, int, tuple[str, ...]]


class Changed:
    """The changes of one span. `question` says on what the end of the span rests."""

    def __init__(self, workspace: Workspace, cis: Sequence[str], since: Head, until: Head | None) -> None:
        self.question: Question = workspace.ask([], None, until)
        self.since, self.until = since, Head(*self.question.estate.head)
        self._store: Store = workspace.store
        if since.revision > self.until.revision:
            accepted = f"not after r{self.until.revision}, where the span ends"
            raise InvalidInput([Problem("OUT_OF_RANGE", "since", f"r{since.revision}", accepted)])
        self.touched = self._store.changes(since.revision, self.until.revision).cis
        self._before = rewind(workspace, self.question.estate, since, self.touched)
        self.asked = self._known(list(dict.fromkeys(cis)))
        self._reaches = (self._newest(), self._oldest())
        self.found = sorted(self._gathered(), key=lambda found: found.key)

    @property
    def cone_size(self) -> int:
        """How many CIs the asked ones depend on, at the end of the span, themselves included."""
        return len(self._reaches[0].cone.cis)

    def page(self, first: int | None, after: str | None = None) -> Page[RecordedChange]:
        """At most `first` changes behind the cursor `after`. Raises `BadCursor`."""
        start = 0 if after is None else self._start(after)
        shown = self.found[start:] if first is None else self.found[start : start + first]
        now = _Now(self._store, [found.change for found in shown])
        end = _cursor(shown[-1]) if shown else None
        nodes = [self._told(found, now) for found in shown]
        return Page(nodes, len(self.found), end, start + len(shown) < len(self.found))

    def ref(self, ci: str) -> CiRef:
        """A CI by id, as it was called last."""
        at = self.question.estate.register.find(ci)
        return self.question.ref(at) if at is not None else self._before.ref(ci)

    def _known(self, cis: list[str]) -> list[str]:
        register = self.question.estate.register
        if unknown := [ci for ci in cis if register.find(ci) is None and self._before.find(ci) is None]:
            raise UnknownCi(unknown, self.until.revision if self.question.as_of else None)
        return cis

    def _newest(self) -> Reach:
        estate = self.question.estate
        asked = [at for ci in self.asked if (at := estate.register.find(ci)) is not None]
        return self._reach(cone(estate.graph, np.array(asked, np.int32)), estate.register.ids.__getitem__)

    def _oldest(self) -> Reach:
        before = self._before
        asked = [at for ci in self.asked if (at := before.find(ci)) is not None]
        graph = before.estate.graph
        return self._reach(cone(graph, np.array(asked, np.int32), before.rows), before.name)

    def _reach(self, found: Cone, name: Callable[[int], str]) -> Reach:
        named = ((name(ci), at) for at, ci in enumerate(found.cis.tolist()))
        touched = self.touched
        return Reach(found, name, {ci: at for ci, at in named if touched is None or ci in touched})

    def _way(self, ci: str) -> tuple[int, int] | None:
        """Hops to a CI, and in which of the cones: the newest, unless the way there was shorter before."""
        ways = [
            (int(reach.cone.hops[reach.places[ci]]), number)
            for number, reach in enumerate(self._reaches)
            if ci in reach.places
        ]
        return min(ways, default=None)

    def _gathered(self) -> Iterator[Found]:
        """Every change of the span that belongs to a CI of either cone, each once."""
        seen = set()
        cis = sorted({*self._reaches[0].places, *self._reaches[1].places})
        for at in range(0, len(cis), BATCH):
            for change in self._history(cis[at : at + BATCH]):
                thing, key = THINGS.index(change.entity), _key(change)
                ci = self._owner(change)
                way = self._way(ci)
                if way is not None and (change.revision, thing, key) not in seen:
                    seen.add((change.revision, thing, key))
                    yield Found(change, ci, (way[0], -change.revision, ci, thing, key))

    def _history(self, cis: Sequence[str]) -> Iterator[Change]:
        ids, before = [CiId(ci) for ci in cis], self.until.revision + 1
        while True:
            found = self._store.history(ids, REVISIONS, before)
            yield from (change for change in found if change.revision > self.since.revision)
            if not found or found[-1].revision <= self.since.revision:
                return
            before = found[-1].revision

    def _owner(self, change: Change) -> str:
        """The CI a change belongs to: of a relation the end that depends, or where impact does not flow, its start."""
        thing = _either(change)
        if change.entity == "relation":
            words = self.question.estate.vocabulary
            number = words.relation_number.get(thing["type"])
            against = number is not None and words.flows[number] < 0
            return str(thing["to_id"] if against else thing["from_id"])
        return str(thing["id"] if change.entity == "ci" else thing["ci"])

    def _start(self, after: str) -> int:
        hops, text = decode_cursor(after)
        parts = text.split(BETWEEN)
        if len(parts) < 4 or not parts[0].isdecimal() or len(parts[0]) > 18 or parts[2] not in {"0", "1", "2"}:
            raise BadCursor("not a cursor of this list")
        last = (hops, -int(parts[0]), parts[1], int(parts[2]), tuple(parts[3:]))
        return next((at for at, found in enumerate(self.found) if found.key > last), len(self.found))

    def _told(self, found: Found, now: "_Now") -> RecordedChange:
        change, (hops, which) = found.change, self._way(found.ci) or (0, 0)
        reach = self._reaches[which]
        words = self.question.estate.vocabulary.relations
        path = [
            PathStep(self.ref(reach.name(ci)), None if relation < 0 else words[relation])
            for ci, relation in reach.cone.path(reach.places[found.ci])
        ]
        return RecordedChange(
            self.ref(found.ci), hops, path, which == 1, change.revision, change.recorded_at,
            change.who, change.source, change.message, ChangedThing(change.entity), _words(change),
            _turn(change), _fields(change), now.so(change),
        )  # fmt: skip


def changed(workspace: Workspace, cis: Sequence[str], since: str, until: str | None = None) -> Changed:
    """The changes between two revisions or times; `until` None: up to now.

    Raises `InvalidInput`, `UnknownCi`, `StoreUnavailable`.
    """
    if not 0 < len(cis) <= MOST_ASKED:
        code = "TOO_MANY" if cis else "MISSING_VALUE"
        raise InvalidInput([Problem(code, "cis", f"{len(cis)} CIs", f"1 to {MOST_ASKED} CIs")])
    inventory = workspace.inventory
    start = recorded(inventory, since, "since")
    return Changed(workspace, cis, start, None if until is None else recorded(inventory, until, "until"))


class _Now:
    """What is recorded now of the things that some changes were made to."""

    def __init__(self, store: Store, changes: Sequence[Change]) -> None:
        ids = {CiId(str(_either(c).get("id") or _either(c).get("from_id") or _either(c)["ci"])) for c in changes}
        self._things: dict[tuple[str, ...], Mapping[str, Any]] = {}
        for stored in store.get(ids).values():
            self._things[stored.ci.id,] = {**stored.ci._asdict(), "attributes": stored.ci.attributes}
        around = store.around(ids)
        self._things.update((tuple(relation.key), relation._asdict()) for relation in around.relations)
        self._things.update((tuple(pool.key), pool._asdict()) for pool in around.pools)

    def so(self, change: Change) -> bool:
        """Whether what a change changed is now as it left it."""
        now = self._things.get(_key(change))
        if change.before is None or change.after is None or now is None:
            return (now is None) == (change.after is None)
        old, new, last = _flat(change.before), _flat(change.after), _flat(now)
        return all(last.get(name) == new.get(name) for name in {**old, **new} if old.get(name) != new.get(name))


def _cursor(found: Found) -> str:
    hops, revision, ci, thing, key = found.key
    return encode_cursor(hops, BETWEEN.join((str(-revision), ci, str(thing), *key)))


def _either(change: Change) -> Mapping[str, Any]:
    return change.after if change.after is not None else change.before or {}


def _key(change: Change) -> tuple[str, ...]:
    thing = _either(change)
    names = {"ci": ("id",), "relation": RelationKey._fields, "pool": PoolKey._fields}[change.entity]
    return tuple(str(thing[name]) for name in names)


def _turn(change: Change) -> Turn:
    return Turn.joined if change.before is None else Turn.left if change.after is None else Turn.changed


def _words(change: Change) -> str:
    thing = _either(change)
    if change.entity == "relation":
        pool = f", pool {thing['pool']}" if thing["pool"] else ""
        return f"{thing['from_id']} {thing['type']} {thing['to_id']}{pool}"
    return f"pool {thing['name']} of {thing['ci']}" if change.entity == "pool" else f"{thing['name']} ({thing['id']})"


def _flat(thing: Mapping[str, Any]) -> dict[str, Any]:
    nested = ("attributes", "attributes_json")
    flat = {name: value for name, value in thing.items() if name not in nested}
    return {**flat, **thing.get("attributes", {})}


def _fields(change: Change) -> list[FieldChange]:
    """Fields with another value; of what came or went those that had one, but for its key."""
    old, new = _flat(change.before or {}), _flat(change.after or {})
    keys = {"id", *RelationKey._fields, "ci"} | ({"name"} if change.entity == "pool" else set())
    return [
        FieldChange(name, _text(old.get(name)), _text(new.get(name)))
        for name in {**old, **new}
        if name not in keys and _text(old.get(name)) != _text(new.get(name))
    ]


def _text(value: object) -> str | None:
    return None if value in (None, "") else str(value)
