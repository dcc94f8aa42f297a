"""Whether the records of a file fit together, and with what is recorded; what does not is placed in its row."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from cmdb.model.ci import CiId
from cmdb.model.errors import shown
from cmdb.model.model import Model
from cmdb.model.record import RecordKey, parse_key
from cmdb.records import change, freeze, incident, problem
from cmdb.records.faults import Faults
from cmdb.records.record_types import AnyRecord, Incident, ProblemRecord
from cmdb.records.references import check_cis, check_scope, is_over, named_cis, out_of_service
from cmdb.store.port import Store, StoredCI
from importers.kit.findings import Findings
from importers.records.transform import Told

HINTS = 20
"""Unknown CIs for which one that resembles it is sought."""
LIKE = 74
"""The score from which on a CI resembles what was sought."""
_FIRST = re.compile(r"[.\[]")
_TAKEN_OVER: Mapping[str, Callable[..., AnyRecord]] = {
    "incident": incident.taken_over, "change": change.taken_over, "freeze": freeze.taken_over,
    "problem": problem.taken_over,
}  # fmt: skip


@dataclass
class Checks:
    """What records of a file are checked against: the store, its records, those of the file, and the model."""

    store: Store
    model: Model
    now: datetime
    stored: Collection[RecordKey]
    given: Collection[RecordKey]
    problems: Findings
    _cis: dict[CiId, StoredCI] = field(default_factory=dict)
    _near: dict[str, str] = field(default_factory=dict)

    def load(self, values: Collection[AnyRecord]) -> None:
        """Look up every CI that the records name, at once."""
        named = {ci for value in values for _, ci in named_cis(value)}
        self._cis = self.store.get(named) if named else {}

    def taken(self, value: AnyRecord, old: AnyRecord | None, told: Told) -> AnyRecord:
        """The record as it will be kept; whatever is wrong with it is reported in the row it came from."""
        faults = Faults()
        with faults.gathered():
            value = _TAKEN_OVER[value.kind](value, self.now)
        out = frozenset[str]() if is_over(value, self.now) else out_of_service(value.kind)
        check_cis(named_cis(value), old, out, self._cis, faults)
        check_scope(value, self.model, faults)
        self._check_links(value, faults)
        for fault in faults.problems:
            column = _FIRST.split(fault.place)[0]
            accepted = fault.accepted + (self._like(fault.found) if fault.code == "UNKNOWN_CI" else "")
            self.problems.add(fault.code, told.cell(column), fault.found, accepted)
        return value

    def _check_links(self, value: AnyRecord, faults: Faults) -> None:
        """UNKNOWN_RECORD for a problem, or a change as a cause, that is neither recorded nor in the file."""
        cause = value.cause if isinstance(value, Incident | ProblemRecord) else None
        links = [("change", "cause_change", cause.change if cause else None)]
        links += [("problem", "problem", value.problem)] if isinstance(value, Incident) else []
        for kind, column, text in links:
            key = faults.taken(partial(parse_key, kind), text, column) if text else None
            if key is not None and key not in self.stored and key not in self.given:
                faults.add("UNKNOWN_RECORD", column, shown(str(key)), f"a {kind} that is recorded or in the file")

    def _like(self, found: str) -> str:
        """A recorded CI that looks like an unknown one, for the first few asked about."""
        if found not in self._near:
            hits = self.store.search(found.strip("'"), 1) if len(self._near) < HINTS else []
            like = [hit.ci for hit in hits if hit.score >= LIKE]
            self._near[found] = f"; near: {like[0].id} ({like[0].name})" if like else ""
        return self._near[found]
