"""Many records at once, as they come from another tool: judged, compared with what stands, put in one revision."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.model.model import Model
from cmdb.model.record import RecordKey
from cmdb.records import change, freeze, incident, problem
from cmdb.records.book import Book
from cmdb.records.faults import Faults
from cmdb.records.fields import taken
from cmdb.records.record_types import AnyRecord, Change, Freeze, Incident, ProblemRecord
from cmdb.records.references import RETIRED, check_cis, check_scope, is_over, named_cis
from cmdb.records.writing import TRIES, Writer, fingerprint
from cmdb.service import Signed
from cmdb.store.port import Applied, RecordConflict, Store, StoredCI


class Policy(StrEnum):
    """What an import does with a record at fault: refuse everything, or leave it out and say so."""

    refuse = "refuse"
    skip = "skip"


class Imported(NamedTuple):
    """What an import did: records created, changed, found equal, left out, and why those were."""

    revision: int
    created: int
    changed: int
    unchanged: int
    skipped: int
    problems: tuple[Problem, ...]
    replayed: bool


class Judged(NamedTuple):
    """The records of an import that are fit to be kept, what is wrong with others, and how many those are."""

    values: dict[RecordKey, AnyRecord]
    problems: list[Problem]
    skipped: int


def taken_over(value: AnyRecord, now: datetime) -> AnyRecord:
    """A record that comes whole, as it is kept. Raises `InvalidInput`."""
    if isinstance(value, Incident):
        return incident.taken_over(value, now)
    if isinstance(value, Change):
        return change.taken_over(value, now)
    if isinstance(value, Freeze):
        return freeze.taken_over(value, now)
    return problem.taken_over(value, now) if isinstance(value, ProblemRecord) else taken(value, now)


def judged(
    values: Sequence[AnyRecord], book: Book, stored: dict[CiId, StoredCI], model: Model, now: datetime
) -> Judged:
    """Which of `values` may be kept, given the CIs that exist among those they name."""
    found = Judged({}, [], 0)
    skipped = 0
    for number, value in enumerate(values):
        faults = Faults().within(f"records[{number}]")
        kept = _judged(value, book, stored, model, now, faults)
        if kept is not None and found.values.get(kept.key, kept) != kept:
            faults.add(
                "DUPLICATE_NUMBER", "number", shown(str(kept.key)), "each number once, or each time the same record"
            )
        if kept is None or faults.problems:
            skipped += 1
            found.problems.extend(faults.problems)
        else:
            found.values[kept.key] = kept
    return found._replace(skipped=skipped)


def _judged(
    value: AnyRecord, book: Book, stored: dict[CiId, StoredCI], model: Model, now: datetime, faults: Faults
) -> AnyRecord | None:
    """The record as it is kept, or None; what is wrong with it goes to `faults`."""
    kept: list[AnyRecord] = []
    with faults.gathered():
        kept.append(taken_over(value, now))
    out = frozenset[str]() if kept and is_over(kept[0], now) else frozenset({RETIRED})
    check_cis(named_cis(value), book.get(value.key), out, stored, faults)
    check_scope(value, model, faults)
    return kept[0] if kept else None


def put_all(
    writer: Writer, store: Store, model: Model, values: Sequence[AnyRecord], by: Signed, policy: Policy, now: datetime
) -> Imported:
    """Put whole records in one revision; those that stand so already write nothing. Raises `InvalidInput`."""
    request = fingerprint(by.source, "import", values, policy) if by.key else ""
    stored = store.get({ci for value in values for _, ci in named_cis(value)})
    for _ in range(TRIES):
        book = writer.book()
        found = judged(values, book, stored, model, now)
        if found.problems and policy is Policy.refuse:
            done = writer.replayed(by, request)
            if done is None:
                raise InvalidInput(found.problems)
            return _told(values, done, found, True)
        new = [value for key, value in found.values.items() if book.get(key) != value]
        if not new and not by.key:
            return _told(values, Applied(book.head.revision), found, False)
        try:
            applied = writer.apply(by, request, new, {value.key: book.revisions.get(value.key, 0) for value in new})
        except RecordConflict as conflict:
            last = conflict
            continue
        return _told(values, applied, found, applied.replayed)
    raise last


def _told(values: Sequence[AnyRecord], done: Applied, found: Judged, replayed: bool) -> Imported:
    unchanged = max(0, len(values) - found.skipped - done.created - done.changed)
    problems = tuple(found.problems)
    return Imported(done.revision, done.created, done.changed, unchanged, found.skipped, problems, replayed)
