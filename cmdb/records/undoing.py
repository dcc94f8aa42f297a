"""Undoing a revision: what it wrote is put back, all of it or nothing, and the report of a run says that it was."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, NamedTuple

from cmdb.model.ci import CiId, PoolKey, canonical
from cmdb.model.errors import InvalidInput, Problem
from cmdb.model.model import Model
from cmdb.model.record import OWN_SOURCE, Record, RecordKey
from cmdb.progress import Progress, Silent
from cmdb.reconcile.difference import Diff, compare
from cmdb.reconcile.edit import Edit
from cmdb.reconcile.undo import Met, Undo, undone
from cmdb.reconcile.validate import dependent, references, validate
from cmdb.records.runs import kept_run, run_in
from cmdb.records.source_types import ImportRun
from cmdb.records.writing import fingerprint
from cmdb.service import Inventory, Signed
from cmdb.store.bulk import collector_paused
from cmdb.store.port import Applied, Change, Dump, Head, Moved, RecordConflict, Store

NAMED = 20
"""How many things that were changed since are named."""
LOOKED_BACK = 50
"""Revisions of a thing that are looked through for what changed it."""
NAMING = ("incident", "change", "freeze", "problem")
"""Records that name CIs, as they are called, in `cis`."""
TRIES = 8
"""How often an undo is worked out anew because another writer was faster."""


class PlannedUndo(NamedTuple):
    """What undoing a revision would do; `run` is the report that the revision holds, if any."""

    revision: int
    undo: Undo
    run: ImportRun | None


def plan_undo(
    store: Store, model: Model, revision: int, progress: Progress | None = None, most: int = NAMED
) -> PlannedUndo:  # fmt: skip
    """What undoing a revision would do; touches nothing.

    Raises `InvalidInput`: NOTHING_TO_UNDO, UNDO_CONFLICT naming the first `most` things that are not as the revision
    left them, UNKNOWN_REVISION, and whatever would not fit the model any more.
    """
    watched = progress or Silent()
    with collector_paused():
        watched.stage("compare", 0)
        head = store.head()
        diff, now = _seen(store, model, revision, head)
        watched.stage("check", len(diff.cis.created) + len(diff.relations.created))
        found = undone(diff, now)
        if found.empty:
            nothing = "no CI, relation or pool that it changed"
            raise InvalidInput([Problem("NOTHING_TO_UNDO", f"r{revision}", nothing, "a revision that changed some")])
        if found.met:
            told = [_conflict(store, met, revision) for met in found.met[:most]]
            raise InvalidInput(told, len(found.met))
        _check(store, model, found, now)
    return PlannedUndo(revision, found, run_in(store, revision))


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
    found = "not as it was left" if mine is None else f"changed since, in r{mine.revision} by {mine.who}"
    return Problem("UNDO_CONFLICT", f"{met.entity} {met.name}", found, f"as r{revision} left it")


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
    """What is undone, in words: `r42`, `r42, RUN-0007`, or `r43, the undo of RUN-0007`."""
    if planned.run is None:
        return f"r{planned.revision}"
    how = "" if planned.run.undone_at is None else "the undo of "
    return f"r{planned.revision}, {how}{planned.run.number}"


def _marked(store: Store, revision: int, now: datetime) -> tuple[list[Record], dict[RecordKey, int]]:
    """The records that the revision wrote: reports of runs, undone, or as an undo found them; and others with the names
    of CIs that they had before, as a merge gives them new ones."""
    from cmdb.records.form import read

    wrote = {stored.record.key for stored in store.records(revision - 1, revision).records}
    found = [stored for stored in store.records(revision - 1).records if stored.record.key in wrote]
    values, expected = list[Record](), dict[RecordKey, int]()
    for stored in found:
        run = read(stored.record) if stored.record.kind == ImportRun.kind else None
        if isinstance(run, ImportRun):
            before = _before(store, run.key, revision)
            was = read(before) if before else None
            values.append(kept_run(replace(run, undone_at=was.undone_at if isinstance(was, ImportRun) else now)))
            expected[run.key] = stored.revision
        elif stored.record.kind in NAMING and (names := _names_before(store, stored.record.key, revision)):
            body = stored.record.body
            there = {part["ci"] for part in body["cis"]}
            names = {new: old for new, old in names.items() if old not in there}
            parts = [{**part, "ci": names.get(part["ci"], part["ci"])} for part in body["cis"]]
            values.append(stored.record._replace(body_json=canonical({**body, "cis": parts})))
            expected[stored.record.key] = stored.revision
    return values, expected


def _before(store: Store, key: RecordKey, revision: int) -> Record | None:
    """A record as a revision found it; None where it made it."""
    (change,) = store.record_history(key, 1, revision + 1)
    if change.before is None:
        return None
    return Record(*key, canonical({name: value for name, value in change.before.items() if name not in key._fields}))


def _names_before(store: Store, key: RecordKey, revision: int) -> dict[CiId, CiId]:
    """What a revision calls the CIs of a record that it merged or parted again, and what they were called before it."""
    (change,) = store.record_history(key, 1, revision + 1)
    before, after = ([part["ci"] for part in (side or {}).get("cis", ())] for side in (change.before, change.after))
    names = {CiId(new): CiId(old) for old, new in zip(before, after, strict=False) if new != old}
    ids = {*names, *names.values()}
    was, left = (store.get(ids, at).keys() for at in (revision - 1, revision))
    return {new: old for new, old in names.items() if old not in left or new not in was}
