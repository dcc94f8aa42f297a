"""Reports of imports: kept in the revision that the import makes, or alone where it was refused."""

from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, NamedTuple

from cmdb.model.changeset import Changeset
from cmdb.reconcile.edit import Edit
from cmdb.reconcile.plan import Plan
from cmdb.records.runs import RunNumbers, kept_run, run_in, runs_among
from cmdb.records.source_types import ImportRun, RunCount, RunOutcome
from cmdb.service import Signed
from cmdb.store.port import Applied, Moved, RecordConflict, Store
from importers.planned import ImportPlan, in_part

Clock = Callable[[], datetime]
NUMBERS = 64
"""How often the number of a report is taken anew because another run was faster."""


class Ran(NamedTuple):
    """What came of an import: what was planned last (None for a repeat of a run with the same key), what the store
    did, and the report as it is kept (None for a repeat of a run that kept none)."""

    plan: ImportPlan | None
    applied: Applied
    run: ImportRun | None


class Writing:
    """Puts a plan and its report into one revision."""

    def __init__(self, store: Store, by: Signed, request: str, clock: Clock, next_at: datetime | None) -> None:
        self._store, self._by, self._request = store, by, request
        self._clock, self._next_at = clock, next_at

    def write(self, planned: ImportPlan) -> Ran:
        """Apply the plan on the revision it was made for, or on a later one that does not meet it. Raises `Moved`
        where something that it touches was changed since."""
        numbers, base = RunNumbers(self._store), planned.changeset.base
        for _ in range(NUMBERS):
            key = numbers.next()
            run = report(planned, key.number, self._by.who, self._clock(), self._next_at)
            changeset = self._signed(planned.changeset, base, run)
            try:
                applied = self._store.apply(changeset)
            except RecordConflict as conflict:
                last: Exception = conflict
                continue
            except Moved as moved:
                head = meeting_none(self._store, planned, base)
                if head is None:
                    raise
                base, last = head, moved
                continue
            return replay_of(self._store, applied) if applied.replayed else Ran(planned, without_report(applied), run)
        raise last

    def _signed(self, changeset: Changeset, base: int | None, run: ImportRun) -> Edit:
        """The changeset of a plan with its report, to be known again by what was asked for."""
        told: dict[str, Any] = {field.name: getattr(changeset, field.name) for field in fields(Changeset)}
        told.update(
            who=self._by.who, message=self._by.message, key=self._by.key, base=base, only_at=base,
            put_records=[kept_run(run)], expected_records={run.key: 0},
        )  # fmt: skip
        return Edit(**told, request=self._request)


def meeting_none(store: Store, planned: Plan, base: int | None) -> int | None:
    """The newest revision, if nothing that was written after `base` meets the plan; None if something does.

    A decision about duplicates meets every plan, and a new CI every plan that creates some: they may be the same.
    Another run of the same source meets a plan too: it was made for what the source said before.
    """
    if base is None:
        return None
    touched = store.changes(base)
    since = [stored.record for stored in store.records(base).records]
    decided = any(record.kind == "match" for record in since)
    overtaken = any(run.of == planned.changeset.source for run in runs_among(since))
    if touched.cis is None or decided or overtaken or not touched.cis.isdisjoint(_ends(planned)):
        return None
    if planned.cis.created and touched.cis and store.get(touched.cis, base).keys() != touched.cis:
        return None
    return touched.head.revision


def _ends(planned: Plan) -> set[str]:
    """Every CI that a plan writes, or of which it writes a relation or a pool."""
    changes = planned.changeset
    found: set[str] = {ci.id for ci in changes.put_cis}
    found.update(changes.retire, changes.delete)
    keys = [relation.key for relation in changes.put_relations] + list(changes.remove_relations)
    found.update(end for key in keys for end in (key.from_id, key.to_id))
    found.update(pool.ci for pool in changes.put_pools)
    found.update(pool.ci for pool in changes.remove_pools)
    return found


def report(
    planned: ImportPlan, number: str, who: str, now: datetime, next_at: datetime | None = None
) -> ImportRun:  # fmt: skip
    """The report of a run that wrote `planned`, or found everything recorded."""
    read = planned.read
    return ImportRun(
        number=number, of=read.source, importer=read.importer, file=read.named, started_at=read.started_at,
        finished_at=max(now, read.started_at), who=who,
        outcome=RunOutcome.unchanged if planned.empty else RunOutcome.applied,
        counts=tuple(RunCount(*count) for count in planned.counts()), owned=planned.stated,
        joined=len(planned.joined), conflicts=planned.conflict_count,
        stubs=planned.stubs, held=len(planned.held),
        warnings=planned.warning_count, codes=tuple(sorted(Counter(row.code for row in planned.held).items())),
        partial=in_part(read), next_at=next_at,
    )  # fmt: skip


def replay_of(store: Store, done: Applied) -> Ran:
    """A run that was done before, as it was reported."""
    run = run_in(store, done.revision) if done.revision else None
    return Ran(None, without_report(done) if run else done, run)


def without_report(applied: Applied) -> Applied:
    """What a run did to the inventory: its report is none of it."""
    return replace(applied, created=applied.created - 1)


def record_refusal(store: Store, refused: ImportRun) -> tuple[ImportRun, int]:
    """Keep the report of a run that was refused, under the next free number; nothing else is written. The report as
    it is kept, and the revision that holds it."""
    numbers = RunNumbers(store)
    for _ in range(NUMBERS):
        run = replace(refused, number=numbers.next().number)
        kept = Changeset(run.who, run.of, put_records=[kept_run(run)], expected_records={run.key: 0})
        try:
            return run, store.apply(kept).revision
        except RecordConflict as conflict:
            last = conflict
    raise last
