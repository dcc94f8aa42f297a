"""What an import of records would do, and doing it: the records of a file beside those that are stored."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

from cmdb.model.errors import InvalidInput, Problem
from cmdb.model.model import Model
from cmdb.model.record import RecordKey
from cmdb.progress import Progress, Silent
from cmdb.records.form import kept, read
from cmdb.records.record_types import AnyRecord, Change, Freeze, Incident, ProblemRecord
from cmdb.records.service import Imported, RecordDesk
from cmdb.service import Signed
from cmdb.store.port import Store
from importers.kit.findings import Findings
from importers.records.cells import Clock
from importers.records.checks import Checks
from importers.records.merged import merged
from importers.records.tables import read_tables
from importers.records.transform import Told, transform

_PLACE = re.compile(r"records\[(\d+)\](?:\.(\w+))?.*")


class RecordCount(NamedTuple):
    """How many records of a kind would be created, changed or left as they are (`unchanged`)."""

    action: str
    kind: str
    number: int


class RecordChange(NamedTuple):
    """One record that would be created or changed; `fields` are those that change, with (before, after)."""

    action: str
    kind: str
    name: str
    title: str
    fields: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class RecordPlan:
    """What an import would do; nothing is written yet. `pairs` are the records of the file, in its order, each with
    the stored one or None; `warnings` are the first of `warning_count`."""

    source: str
    pairs: Sequence[tuple[AnyRecord | None, AnyRecord]]
    places: Mapping[RecordKey, Told]
    warnings: tuple[Problem, ...] = ()
    warning_count: int = 0

    @property
    def values(self) -> list[AnyRecord]:
        """The records to write."""
        return [after for before, after in self.pairs if not _same(before, after)]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.values

    def counts(self) -> list[RecordCount]:
        """How many of each kind; never a zero."""
        found = Counter((_action(before, after), after.kind) for before, after in self.pairs)
        order = ("created", "changed", "unchanged")
        return [RecordCount(*key, found[key]) for key in sorted(found, key=lambda key: (order.index(key[0]), key[1]))]

    def changes(self, first: int) -> list[RecordChange]:
        """The first so many records that would change, then those that would be created."""
        told = [
            RecordChange(_action(before, after), after.kind, str(after.key), after.title, _fields(before, after))
            for before, after in self.pairs
            if not _same(before, after) and isinstance(after, Incident | Change | Freeze | ProblemRecord)
        ]
        return sorted(told, key=lambda change: change.action)[:first]


def plan_records(
    store: Store, model: Model, path: Path, source: str, clock: Clock, now: datetime, progress: Progress | None = None
) -> RecordPlan:
    """What importing `path` as `source` would do; touches nothing. `clock` says how the file writes moments.

    Raises `InvalidInput` with the problems of all files together, in the order of files and rows.
    """
    problems, warnings, watched = Findings(), Findings(), progress or Silent()
    watched.stage("read", 0)
    told = transform(read_tables(path, problems, warnings), source, clock, problems, warnings)
    watched.stage("compare", len(told))
    stored = {found.record.key: found.record for found in store.records().records} if told else {}
    pairs = []
    for one in told:
        before = read(stored[one.value.key]) if one.value.key in stored else None
        pairs.append((before, one.value if before is None else merged(before, one, now)))
    checks = Checks(store, model, now, stored.keys(), {one.value.key for one in told}, problems)
    checks.load([after for _, after in pairs])
    pairs = [(before, checks.taken(after, before, one)) for (before, after), one in zip(pairs, told, strict=True)]
    problems.refuse()
    places = {one.value.key: one for one in told}
    return RecordPlan(source, pairs, places, tuple(warnings.problems), warnings.count)


def write_records(desk: RecordDesk, planned: RecordPlan, by: Signed) -> Imported:
    """Write the plan, all of it in one revision. Raises `InvalidInput` with places in the files."""
    values = planned.values
    try:
        return desk.import_records(values, by)
    except InvalidInput as error:
        placed = [_placed(problem, values, planned.places) for problem in error.problems]
        raise InvalidInput(placed, error.count) from None


def _placed(problem: Problem, values: Sequence[AnyRecord], places: Mapping[RecordKey, Told]) -> Problem:
    found = _PLACE.fullmatch(problem.place)
    if found is None:
        return problem
    told = places[values[int(found.group(1))].key]
    return problem._replace(place=str(told.cell(found.group(2) or "")))


def _same(before: AnyRecord | None, after: AnyRecord) -> bool:
    return before is not None and kept(before) == kept(after)


def _action(before: AnyRecord | None, after: AnyRecord) -> str:
    return "created" if before is None else "unchanged" if _same(before, after) else "changed"


def _fields(before: AnyRecord | None, after: AnyRecord) -> Mapping[str, tuple[Any, Any]]:
    if before is None:
        return {}
    names = [field.name for field in fields(cast(Any, after))]
    return {n: (getattr(before, n), getattr(after, n)) for n in names if getattr(before, n) != getattr(after, n)}
