"""What depended on what at an earlier revision, told from a later estate and what was touched since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from api.workspace import Workspace
from cmdb.model.ci import CI, CiId, Relation
from cmdb.store.port import Head
from impact.causes.cone import Rows
from impact.estate import Estate
from impact.report import CiRef
from impact.vocabulary import LIVE


@dataclass(frozen=True)
class Before:
    """The dependencies of then: those of `estate`, but for the CIs in `rows`.

    CIs are numbered as in `estate`; those that it does not have, `late`, follow it. `records` are the touched CIs as
    they were then.
    """

    estate: Estate
    rows: Mapping[int, Rows] = field(default_factory=dict)
    late: Mapping[str, int] = field(default_factory=dict)
    records: Mapping[CiId, CI] = field(default_factory=dict)

    def find(self, ci: str) -> int | None:
        """The number of a CI that was recorded then, or is in the later estate."""
        at = self.estate.register.find(ci)
        return self.late.get(ci) if at is None else at

    def name(self, at: int) -> str:
        """The id of a CI by number."""
        return self.estate.register.ids[at] if at < self.estate.size else self._late[at - self.estate.size]

    @cached_property
    def _late(self) -> Sequence[str]:
        return list(self.late)

    def ref(self, ci: str) -> CiRef:
        """A CI by id, as it was then."""
        record, at = self.records.get(CiId(ci)), self.estate.register.find(ci)
        if record is not None:
            return CiRef(record.id, record.kind, record.name)
        if at is None:
            return CiRef(ci, "", ci)
        return CiRef(ci, self.estate.vocabulary.kinds[self.estate.kind[at]], self.estate.register.name(at))


def rewind(workspace: Workspace, estate: Estate, then: Head, touched: frozenset[CiId] | None) -> Before:
    """What `estate` was at revision `then`, given the CIs `touched` since (None: too many to tell).

    Cost follows what was touched and its neighbours; where that is not known, the estate of then is compiled.
    """
    if touched is None:
        return Before(workspace.snapshot.as_of(then).estate)
    store, at = workspace.store, then.revision
    records = {ci: stored.ci for ci, stored in store.get(touched, at).items()}
    relations = store.around(touched, at).relations
    turned = {ci for ci in touched if _live(records, ci) != _live_later(estate, ci)}
    others = {end for r in relations for end in r.key[:3:2] if {r.from_id, r.to_id} & turned} - touched
    relations = [*relations, *store.around(others, at).relations] if others else relations
    return _placed(estate, records, touched, sorted(touched | others), relations)


def _placed(
    estate: Estate,
    records: Mapping[CiId, CI],
    touched: frozenset[CiId],
    cis: Sequence[str],
    relations: Iterable[Relation],
) -> Before:
    """The dependencies that `relations` made for `cis`, between CIs that were in service."""
    missing = (ci for ci in cis if estate.register.find(ci) is None)
    late: dict[str, int] = {ci: at for at, ci in enumerate(missing, estate.size)}
    found = Before(estate, {}, late, records)
    below: dict[str, list[tuple[int, int]]] = {ci: [] for ci in cis}
    words = estate.vocabulary
    for relation in dict.fromkeys(relations):
        number = words.relation_number.get(relation.type, -1)
        flow = words.flows[number] if number >= 0 else 0
        ends = (relation.from_id, relation.to_id) if flow > 0 else (relation.to_id, relation.from_id)
        in_service = (_live(records, end) if end in touched else _live_later(estate, end) for end in ends)
        provider = found.find(ends[1])
        if flow and ends[0] in below and provider is not None and all(in_service):
            below[ends[0]].append((provider, number))
    rows = {at: _rows(below[ci]) for ci in cis if (at := found.find(ci)) is not None}
    return Before(estate, rows, late, records)


def _rows(below: Sequence[tuple[int, int]]) -> Rows:
    table = np.array(below, np.int32).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _live(records: Mapping[CiId, CI], ci: CiId) -> bool:
    return ci in records and records[ci].lifecycle == LIVE


def _live_later(estate: Estate, ci: CiId) -> bool:
    at = estate.register.find(ci)
    return at is not None and bool(estate.live[at])
