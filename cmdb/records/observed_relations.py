"""The relations that confirmed observations lack. The one that calls depends on the one that is called."""

from collections.abc import Iterable, Mapping, Sequence

from cmdb.model.ci import CiId, Relation
from cmdb.model.errors import shown
from cmdb.model.model import Model
from cmdb.model.relations import EFFECTS
from cmdb.records.faults import Faults
from cmdb.records.references import RETIRED
from cmdb.records.source_types import Observation
from cmdb.store.port import Store, StoredCI

DEFAULTS = ("depends_on", "uses")
"""The types that a dependency is recorded as if none is stated: the first that its kinds allow."""
Ends = tuple[CiId, CiId]
"""Who depends, and on whom."""


class Wanted:
    """How the relations of one confirmation are to be: of which type and effect (empty: whatever fits, the type's own),
    and in whose name. What is at fault goes to `faults`."""

    def __init__(self, model: Model, type_: str, effect: str, source: str, faults: Faults) -> None:
        self._model, self._type, self._effect, self._source, self._faults = model, type_, effect, source, faults
        self._carrying = [name for name, declared in model.relations.items() if declared.impact != "none"]

    def relations(self, found: Mapping[int, Observation], store: Store) -> list[Relation]:
        """A relation for every observation, by its place in the request, whose CIs no relation joins as yet."""
        if not self._fits():
            return []
        stored = store.get({ci for one in found.values() for ci in (one.caller, one.called)})
        recorded = dependencies(self._model, store.around({one.caller for one in found.values()}).relations)
        made: dict[Ends, Relation] = {}
        for at, one in found.items():
            ends, place = (one.caller, one.called), f"numbers[{at}]"
            kinds = _kinds(ends, stored, self._faults.within(place))
            if kinds and ends not in recorded and (relation := self._relation(ends, kinds, place)):
                made[ends] = relation
        return list(made.values())

    def _fits(self) -> bool:
        """Whether type and effect are declared, and the type carries impact."""
        before = len(self._faults.problems)
        if self._type and self._type not in self._carrying:
            code = "BAD_CHOICE" if self._type in self._model.relations else "UNKNOWN_RELATION"
            self._faults.add(code, "type", shown(self._type), "one of " + ", ".join(self._carrying))
        if self._effect and self._effect not in EFFECTS:
            self._faults.add("UNKNOWN_EFFECT", "effect", shown(self._effect), "one of " + ", ".join(EFFECTS))
        return len(self._faults.problems) == before

    def _relation(self, ends: Ends, kinds: Sequence[str], place: str) -> Relation | None:
        allowed = [name for name in self._carrying if self._allowed(name, kinds)]
        for name in (self._type,) if self._type else DEFAULTS:
            if name in allowed:
                start, end = ends[:: self._turn(name)]
                return Relation(start, name, end, "", self._effect, self._source)
        found = f"{kinds[0]} that depends on {kinds[1]}" + (f", as {self._type}" if self._type else "")
        accepted = "the type " + " or ".join(allowed) if allowed else "kinds that a type of relation joins"
        self._faults.add("RELATION_NOT_ALLOWED", place, found, accepted)
        return None

    def _allowed(self, type_: str, kinds: Sequence[str]) -> bool:
        start, end = kinds[:: self._turn(type_)]
        return (start, type_, end) in self._model.allowed

    def _turn(self, type_: str) -> int:
        """-1 where the arrow leads from the provider to the dependent."""
        return -1 if self._model.relations[type_].impact == "from_to" else 1


def dependencies(model: Model, relations: Iterable[Relation]) -> dict[Ends, list[Relation]]:
    """Who depends on whom, and the relations that carry impact which record it, whichever way their arrows lead."""
    found: dict[Ends, list[Relation]] = {}
    for relation in relations:
        flow = model.relations[relation.type].impact
        if flow != "none":
            ends = relation.from_id, relation.to_id
            found.setdefault(ends if flow == "to_from" else ends[::-1], []).append(relation)
    return found


def check_unrecorded(model: Model, found: Mapping[int, Observation], store: Store, faults: Faults) -> None:
    """BAD_TRANSITION for every observation, by its place in the request, that a relation records: it was seen and is
    recorded, so it cannot be said to be no dependency while that stands."""
    recorded = dependencies(model, store.around({one.caller for one in found.values()}).relations)
    for at, one in found.items():
        if relations := recorded.get((one.caller, one.called)):
            told = ", ".join(sorted({shown(f"{r.from_id} {r.type} {r.to_id}", 120) for r in relations}))
            accepted = "what no relation records; take the relation out first, in its source or by unrelate"
            faults.add("BAD_TRANSITION", f"numbers[{at}]", f"{one.number}, recorded as {told}", accepted)


def _kinds(ends: Ends, stored: Mapping[CiId, StoredCI], faults: Faults) -> Sequence[str] | None:
    """The kinds of two CIs; None with UNKNOWN_CI or RETIRED_CI where one is not there or out of service."""
    before = len(faults.problems)
    for ci, place in zip(ends, ("from", "to"), strict=True):
        if ci not in stored:
            faults.add("UNKNOWN_CI", place, shown(ci), "the id of a recorded CI")
        elif stored[ci].ci.lifecycle == RETIRED:
            faults.add("RETIRED_CI", place, f"{shown(ci)}, which is {RETIRED}", "a CI in service")
    return None if len(faults.problems) > before else [stored[ci].ci.kind for ci in ends]
