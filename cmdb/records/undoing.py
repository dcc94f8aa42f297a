"""Undoing a revision: what it wrote is put back, all of it or nothing, and its report or decision says that it was."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, NamedTuple, cast

from cmdb.model.ci import CiId, PoolKey, canonical
from cmdb.model.errors import InvalidInput, Problem
from cmdb.model.model import Model
from cmdb.model.record import OWN_SOURCE, Record, RecordKey
from cmdb.progress import Progress, Silent
from cmdb.reconcile.difference import Diff, compare
from cmdb.reconcile.edit import Edit
from cmdb.reconcile.undo import Met, Undo, undone
from cmdb.reconcile.validate import dependent, references, validate
from cmdb.records.record_types import NAMING
from cmdb.records.runs import run_in
from cmdb.records.source_types import ImportRun, Match
from cmdb.records.writing import fingerprint
from cmdb.service import Inventory, Signed
from cmdb.store.bulk import collector_paused
from cmdb.store.port import Applied, Change, Dump, Head, Moved, RecordConflict, Store, StoredRecord

NAMED = 20
"""How many things that were changed since are named."""
LOOKED_BACK = 50
"""Revisions of a thing that are looked through for what changed it."""
TRIES = 8
"""How often an undo is worked out anew because another writer was faster."""


class PlannedUndo(NamedTuple):
    """What undoing a revision would do; `run` is the report, `match` the decision that the revision holds, if any."""

    revision: int
    undo: Undo
    run: ImportRun | None
    match: Match | None


def plan_undo(
    store: Store, model: Model, revision: int, progress: Progress | None = None, most: int = NAMED
) -> PlannedUndo:  # fmt: skip
    """What undoing a revision would do; touches nothing.

    Raises `InvalidInput`: NOTHING_TO_UNDO, UNDO_CONFLICT naming the first `most` things that are not as the revision
    left them, UNKNOWN_REVISION, and whatever would not fit the model any more. A decision that was undone since is not
    as it was left either.
    """
    watched = progress or Silent()
    with collector_paused():
        watched.stage("compare", 0)
        head = store.head()
        diff, now = _seen(store, model, revision, head)
        watched.stage("check", len(diff.cis.created) + len(diff.relations.created))
        found, match = undone(diff, now), _match_in(store, revision)
        if found.empty and match is None:
            nothing = "no CI, relation or pool that it changed, and no decision on duplicates"
            raise InvalidInput([Problem("NOTHING_TO_UNDO", f"r{revision}", nothing, "a revision with any of these")])
        if found.met:
            told = [_conflict(store, met, revision) for met in found.met[:most]]
            raise InvalidInput(told, len(found.met))
        if match is not None:
            _check_decision(store, match, revision)
        _check(store, model, found, now)
    return PlannedUndo(revision, found, run_in(store, revision), match)


def _match_in(store: Store, revision: int) -> Match | None:
    """The decision that a revision holds, as it was written then; None where it holds none."""
    from cmdb.records.form import read  # with pydantic, it takes longer to load than most commands run

    records = [stored.record for stored in store.records(revision - 1, revision).records]
    matches = (read(record) for record in records if record.kind == Match.kind)
    return next((match for match in matches if isinstance(match, Match)), None)


def _check_decision(store: Store, match: Match, revision: int) -> None:
    """Whether a decision stands as the revision left it. Raises `InvalidInput`."""
    (newest,) = store.record_history(match.key, 1)
    (left,) = store.record_history(match.key, 1, revision + 1)
    if newest.after != left.after:
        raise InvalidInput([_changed_since(f"decision {match.number}", newest, revision)])


def _seen(store: Store, model: Model, revision: int, head: Head) -> tuple[Diff, Dump]:
    """What a revision changed, and how all of that stands at `head`."""
    touched = None if revision < 1 else store.changes(revision - 1, revision).cis
    if revision < 1:
        store.changes(revision, revision)
    if touched is None:
        after = store.dump(revision)
        diff = compare(store.dump(max(revision - 1, 0)), after)
        return diff, after if head.revision == revision else store.dump(head.revision)
    cis = [stored.ci for stored in store.get(touched, head.revision).values()]
    now = Dump(head, cis, *store.around(touched, head.revision))
    return Inventory(store, model).diff(revision - 1, revision), now


def _check(store: Store, model: Model, found: Undo, now: Dump) -> None:
    """Whether what would stand again fits the model and what stands. Raises `InvalidInput`."""
    changes = found.changeset
    gone = set(changes.delete)
    kinds = {ci.id: ci.kind for ci in now.cis}
    missing = set(references(changes)).difference(kinds)
    kinds.update((ci, stored.ci.kind) for ci, stored in store.get(missing, found.head.revision).items())
    kinds = {ci: kind for ci, kind in kinds.items() if ci not in gone}
    rules: set[PoolKey] = {pool.key for pool in now.pools}
    owners = {dependent(model, relation) for relation in changes.put_relations if relation.pool} - kinds.keys()
    rules.update(pool.key for pool in store.around(owners, found.head.revision).pools if owners)
    if problems := list(validate(model, changes, kinds, rules)):
        raise InvalidInput(problems)


def _conflict(store: Store, met: Met, revision: int) -> Problem:
    """Says which revision changed a thing since, and who did."""
    since = (change for change in store.history([met.ci], LOOKED_BACK) if change.revision > revision)
    mine = next((change for change in since if change.entity == met.entity and _key(change) == met.key), None)
    return _changed_since(f"{met.entity} {met.name}", mine, revision)


def _changed_since(place: str, change: Change | None, revision: int) -> Problem:
    found = "not as it was left" if change is None else f"changed since, in r{change.revision} by {change.who}"
    return Problem("UNDO_CONFLICT", place, found, f"as r{revision} left it")


KEYS = {"ci": ("id",), "relation": ("from_id", "type", "to_id", "pool"), "pool": ("ci", "name")}


def _key(change: Change) -> tuple[str, ...]:
    side: Mapping[str, Any] = change.after or change.before or {}
    return tuple(str(side[name]) for name in KEYS[change.entity])


def undo(
    store: Store, model: Model, planned: PlannedUndo, by: Signed, clock: Callable[[], datetime],
    progress: Progress | None = None,
) -> tuple[PlannedUndo, Applied]:  # fmt: skip
    """Undo a revision in one new revision, which can be undone like any other. Raises as `plan_undo` does.

    Worked out anew where something was written meanwhile; what was done in the end comes back. A retry is known by its
    key, whatever stands by then: see `undone_before`.
    """
    watched = progress or Silent()
    for _ in range(TRIES):
        records, expected = _marked(store, planned.revision, clock())
        watched.stage("write", 0)
        undoing = planned.undo.changeset
        parts = {part.name: getattr(undoing, part.name) for part in fields(undoing)}
        told = {"who": by.who, "source": by.source, "message": by.message or _message(planned), "key": by.key}
        edit = Edit(
            **{**parts, **told, "only_at": undoing.base, "put_records": records, "expected_records": expected},
            request=_request(planned.revision, by),
        )  # fmt: skip
        try:
            return planned, store.apply(edit)
        except (Moved, RecordConflict) as error:
            last = error
        planned = plan_undo(store, model, planned.revision, watched)
    raise last


def _request(revision: int, by: Signed) -> str:
    return fingerprint(by.source, "undo", revision)


def undone_before(store: Store, revision: int, by: Signed) -> Applied | None:
    """What undoing a revision under this key did when it was asked for before; None if it never was.

    Raises `KeyReused`.
    """
    if not by.key:
        return None
    never = {RecordKey("run", OWN_SOURCE, "never"): -1}
    try:
        return store.apply(Edit(*by, expected_records=never, request=_request(revision, by)))
    except RecordConflict:
        return None


def _message(planned: PlannedUndo) -> str:
    return f"undo of {undo_name(planned)}"


def undo_name(planned: PlannedUndo) -> str:
    """What is undone, in words: `r42`, `r42, RUN-0007`, or `r43, the undo of MAT-0007`."""
    held = planned.run or planned.match
    if held is None:
        return f"r{planned.revision}"
    how = "" if held.undone_at is None else "the undo of "
    return f"r{planned.revision}, {how}{held.number}"


class _Written(NamedTuple):
    """A record that a revision wrote: as it stands now, and what the revision changed of it."""

    stored: StoredRecord
    change: Change

    @property
    def named(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The CIs of the record before the revision and after it: as many, unless two of them became one, or parted."""
        before, after = (side.get("cis", []) for side in (self.change.before or {}, self.change.after or {}))
        return before, after

    @property
    def names(self) -> dict[CiId, CiId]:
        """What the revision calls CIs of the record otherwise, and what they were called before it."""
        pairs = ((CiId(old["ci"]), CiId(new["ci"])) for old, new in zip(*self.named, strict=False))
        return {new: old for old, new in pairs if new != old}


_NAMING = frozenset(type_.kind for type_ in NAMING)
_UNDONE = frozenset({ImportRun.kind, Match.kind})
"""Records that say of themselves that they were undone."""


def _marked(store: Store, revision: int, now: datetime) -> tuple[list[Record], dict[RecordKey, int]]:
    """The records that the revision wrote: reports of runs and decisions, undone, or as an undo found them; and others
    with the names of CIs that they had before, as a merge gives them new ones. With what they are expected at."""
    written = list(_written(store, revision))
    marked = [_undone(one, now) for one in written if one.stored.record.kind in _UNDONE]
    renamed = _renamed(store, [one for one in written if one.stored.record.kind in _NAMING], revision)
    records = [*marked, *renamed]
    revisions = {one.stored.record.key: one.stored.revision for one in written}
    return records, {record.key: revisions[record.key] for record in records}


def _written(store: Store, revision: int) -> Iterator[_Written]:
    """The records of a revision that undoing it may write again."""
    keys = {stored.record.key for stored in store.records(revision - 1, revision).records}
    for stored in store.records(revision - 1).records:
        key = stored.record.key
        if key in keys and key.kind in _NAMING | _UNDONE:
            (change,) = store.record_history(key, 1, revision + 1)
            yield _Written(stored, change)


def _undone(one: _Written, now: datetime) -> Record:
    """A report or decision that was undone now; or, where an undo is undone, at the time that the undo found there."""
    from cmdb.records.form import kept, read

    undone_at: datetime | None = now
    before = one.change.before
    if before is not None:
        undone_at = datetime.fromisoformat(before["undone_at"]) if "undone_at" in before else None
    return kept(replace(cast(ImportRun | Match, read(one.stored.record)), undone_at=undone_at))


def _renamed(store: Store, written: Sequence[_Written], revision: int) -> Iterator[Record]:
    """Records that call the CIs which the revision merged, or parted again, as they did before it; what was added to
    them since stays."""
    ids = {ci for one in written for pair in one.names.items() for ci in pair}
    was, left = (store.get(ids, at) for at in (revision - 1, revision))
    for one in written:
        record, there = one.stored.record, set(one.stored.record.cis)
        before, after = one.named
        if len({part["ci"] for part in before}) != len({part["ci"] for part in after}):
            if record.body.get("cis") == after:
                yield record._replace(body_json=canonical({**record.body, "cis": before}))
            continue
        names = {new: old for new, old in one.names.items() if old not in left or new not in was}
        names = {new: old for new, old in names.items() if new in there and old not in there}
        if names:
            parts = [{**part, "ci": names.get(part["ci"], part["ci"])} for part in record.body["cis"]]
            yield record._replace(body_json=canonical({**record.body, "cis": parts}))
