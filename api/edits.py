"""Recorded edits of what some CIs depend on: the nearest, within a span of time, without what was loaded in bulk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from cmdb.model.ci import CiId
from cmdb.store.port import Change, Head, Logged, Store
from impact.causes.cone import Cone, cone
from impact.estate import Estate
from impact.incidents.report import SuspectStep
from impact.incidents.values import RecordedEdit

BULK = 1_000
"""CIs touched by one revision from which it is a load of data, such as an import, and no edit."""
MOST_REVISIONS, MOST_CIS, PAGE = 10_000, 200, 1_000
"""How many revisions, the newest, and how many edited CIs, the nearest, are looked at."""


@dataclass(frozen=True)
class Edits:
    """Edits, and how many revisions of the span were loads and therefore not looked into."""

    nodes: list[RecordedEdit]
    loads: int = 0


def edits_below(store: Store, estate: Estate, cis: Sequence[CiId], since: Head, until: Head) -> Edits:
    """What was recorded after `since` and up to `until` about some CIs and what they depend on in `estate`.

    Raises `StoreUnavailable`.
    """
    after = max(since.revision, until.revision - MOST_REVISIONS)
    revisions = [one for one in _logged(store, after, until.revision) if one.cis != 0]
    edits = [one for one in revisions if one.cis is not None and one.cis <= BULK]
    asked = [at for ci in cis if (at := estate.register.find(ci)) is not None]
    if not edits or not asked:
        return Edits([], len(revisions) - len(edits))
    reach = cone(estate.graph, np.array(asked, np.int32))
    places = _edited(store, estate, reach, [one.revision for one in edits])
    return Edits(list(_told(store, estate, reach, places, edits)), len(revisions) - len(edits))


def _logged(store: Store, after: int, until: int) -> Iterator[Logged]:
    while after < until:
        page = store.log(after, PAGE)
        yield from (one for one in page if one.revision <= until)
        if not page:
            return
        after = page[-1].revision


def _edited(store: Store, estate: Estate, reach: Cone, revisions: Sequence[int]) -> Mapping[str, int]:
    """The nearest CIs of the cone that were touched by some revisions, with their places in it."""
    touched = set[CiId]()
    for first, last in _runs(revisions):
        touched |= store.changes(first - 1, last).cis or frozenset()
    ids = estate.register.ids
    named = ((ids[ci], place) for place, ci in enumerate(reach.cis.tolist()))
    found = [(ci, place) for ci, place in named if ci in touched]
    return dict(found[:MOST_CIS])


def _runs(revisions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Revisions that follow one another, as first and last."""
    for _, run in groupby(enumerate(revisions), key=lambda one: one[1] - one[0]):
        numbers = [revision for _, revision in run]
        yield numbers[0], numbers[-1]


def _told(
    store: Store, estate: Estate, reach: Cone, places: Mapping[str, int], edits: Sequence[Logged]
) -> Iterator[RecordedEdit]:
    """What each of the revisions changed about each of the CIs."""
    known = {one.revision: one for one in edits}
    before = max(known) + 1
    names = estate.vocabulary.relations
    while places and before > min(known):
        changes = store.history([CiId(ci) for ci in places], PAGE, before)
        mine = [(c, ci) for c in changes if c.revision in known and (ci := _owner(c, places)) is not None]
        mine.sort(key=lambda one: (one[0].revision, one[1]))
        for (revision, ci), group in groupby(mine, key=lambda one: (one[0].revision, one[1])):
            steps = [(estate.ref(at), relation) for at, relation in reach.path(places[ci])]
            path = tuple(SuspectStep(ref, names[relation] if relation >= 0 else None) for ref, relation in steps)
            one = known[revision]
            yield RecordedEdit(
                ci=steps[-1][0], hops=int(reach.hops[places[ci]]), path=path, revision=revision,
                recorded_at=one.recorded_at, who=one.who, source=one.source,
                what=_what([change for change, _ in group], one.message),
            )  # fmt: skip
        if not changes:
            return
        before = changes[-1].revision


def _owner(change: Change, places: Mapping[str, int]) -> str | None:
    """The CI a change is about, the nearest of those asked about; None for one about others only."""
    thing = _either(change)
    ids = {
        "ci": (thing.get("id"),),
        "relation": (thing.get("from_id"), thing.get("to_id")),
        "pool": (thing.get("ci"),),
    }.get(change.entity, ())
    return min((str(ci) for ci in ids if ci in places), key=places.__getitem__, default=None)


def _what(changes: Sequence[Change], message: str) -> str:
    """Changes of one revision in words."""
    first, more = _words(changes[0]), f", and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"{first}{more}{f': {message}' if message else ''}"


def _words(change: Change) -> str:
    thing = _either(change)
    turn = "recorded" if change.before is None else "taken away" if change.after is None else "changed"
    if change.entity == "relation":
        return f"{thing['from_id']} {thing['type']} {thing['to_id']} {turn}"
    if change.entity == "pool":
        return f"pool {thing['name']} of {thing['ci']} {turn}"
    fields = _fields(change) if turn == "changed" else ""
    return f"{thing['name']} {turn}{f' ({fields})' if fields else ''}"


def _fields(change: Change) -> str:
    """The names of fields and attributes with another value; who says so is told only where nothing else changed."""
    old, new = _flat(change.before), _flat(change.after)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return ", ".join(name for name in names if name != "claims" or len(names) == 1)


def _flat(side: Mapping[str, Any] | None) -> Mapping[str, Any]:
    values = {name: value for name, value in (side or {}).items() if name not in {"attributes", "attributes_json"}}
    return {**values, **((side or {}).get("attributes") or {})}


def _either(change: Change) -> Mapping[str, Any]:
    return change.after if change.after is not None else change.before or {}
