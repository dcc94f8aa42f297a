"""What people and programs do with records: declare, edit, move, decide, import."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from cmdb.model.ci import CiId
from cmdb.model.errors import ValueFault, shown
from cmdb.model.model import Model
from cmdb.model.record import OWN_SOURCE, RecordKey
from cmdb.records import change as changes
from cmdb.records import freeze as freezes
from cmdb.records import incident as incidents
from cmdb.records import problem as problems
from cmdb.records.book import Book
from cmdb.records.bulk import Imported, Policy, put_all
from cmdb.records.drafts import (
    AnyDraft,
    ChangeDraft,
    ChangeEdit,
    FreezeDraft,
    FreezeEdit,
    IncidentDraft,
    IncidentEdit,
    ProblemDraft,
    ProblemEdit,
)
from cmdb.records.faults import Faults, refused
from cmdb.records.fields import PARSERS, taken
from cmdb.records.keeper import BookKeeper
from cmdb.records.kinds import ChangeState, Decision, IncidentState, ProblemState
from cmdb.records.record_types import (
    AffectedCi,
    AnyRecord,
    Approval,
    Basis,
    Cause,
    Change,
    Freeze,
    Incident,
    ProblemRecord,
)
from cmdb.records.references import Asked, check_cis, check_links, check_scope, named_cis, out_of_service
from cmdb.records.timeline import noted
from cmdb.records.writing import Writer, Written
from cmdb.service import Signed
from cmdb.store.port import Store

__all__ = ["Imported", "Policy", "RecordDesk", "Written"]
TIMED = (Incident.kind, Change.kind, ProblemRecord.kind)
"""Kinds of records that have a timeline."""
NOTHING: tuple[tuple[str, CiId], ...] = ()


class RecordDesk:
    """The use cases over the records of a store.

    `expected` is the revision at which the caller last saw the record: with it, a `RecordConflict` is raised when it
    was changed since; without it, the change is applied to whatever stands there. `at` None: now. Every method raises
    `InvalidInput` with all problems at once, `KeyReused` and `StoreUnavailable`; nothing is written then.
    """

    def __init__(self, store: Store, model: Model, keeper: BookKeeper, clock: Callable[[], datetime]) -> None:
        self._store, self._model, self._clock = store, model, clock
        self._writer = Writer(store, keeper)

    def declare_incident(self, draft: IncidentDraft, by: Signed) -> Written[Incident]:
        """A new incident. One declared before with the same number and the same content is returned as it stands."""
        return self._declare(
            Incident.kind, draft, by, lambda number: incidents.declared(draft, number, by.who, self._clock())
        )

    def edit_incident(
        self, key: RecordKey, edit: IncidentEdit, by: Signed, expected: int | None = None
    ) -> Written[Incident]:
        """Change the stated fields."""
        return self._edit(
            Incident.kind, key, by, expected, ("edit", edit), edit,
            lambda incident: incidents.edited(incident, edit, by.who, self._clock()),
        )  # fmt: skip

    def move_incident(
        self, key: RecordKey, to: IncidentState, by: Signed, at: datetime | None = None, text: str = "",
        resolution: str | None = None, cause: Cause | None = None, expected: int | None = None,
    ) -> Written[Incident]:  # fmt: skip
        """Move to another state. Resolving and cancelling end the states of its CIs, opening again begins them."""
        return self._edit(
            Incident.kind, key, by, expected, ("move", to, at, text, resolution, cause), IncidentEdit(cause=cause),
            lambda incident: incidents.moved(incident, to, by.who, self._clock(), at, text, resolution, cause),
        )  # fmt: skip

    def set_state(
        self, key: RecordKey, ci: CiId, state: str, by: Signed, at: datetime | None = None, text: str = "",
        expected: int | None = None,
    ) -> Written[Incident]:  # fmt: skip
        """From `at` on the CI, which joins the incident if it was not in it, is in `state`."""
        named = named_cis(IncidentEdit(cis=(AffectedCi(ci, state, self._clock()),)))
        return self._edit(
            Incident.kind, key, by, expected, ("state", ci, state, at, text), None,
            lambda incident: incidents.with_state(incident, ci, state, by.who, self._clock(), at, text),
            [("ci", parsed) for _, parsed in named],
        )  # fmt: skip

    def note(
        self, key: RecordKey, text: str, by: Signed, at: datetime | None = None, expected: int | None = None
    ) -> Written[Incident | Change | ProblemRecord]:
        """Add a line to the timeline of an incident, a change or a problem."""
        if key.kind not in TIMED:
            raise refused("BAD_CHOICE", "kind", key.kind, "one of " + ", ".join(TIMED))
        return self._edit(
            key.kind, key, by, expected, ("note", text, at), None,
            lambda record: noted(record, text, by.who, self._clock(), at),
        )  # fmt: skip

    def plan_change(self, draft: ChangeDraft, by: Signed) -> Written[Change]:
        """A new change, in state draft."""
        return self._declare(
            Change.kind, draft, by, lambda number: changes.planned(draft, number, by.who, self._clock())
        )

    def edit_change(self, key: RecordKey, edit: ChangeEdit, by: Signed, expected: int | None = None) -> Written[Change]:
        """Change the stated fields; NOT_EDITABLE for what was approved."""
        return self._edit(
            Change.kind, key, by, expected, ("edit", edit), edit,
            lambda change: changes.edited(change, edit, by.who, self._clock()),
        )  # fmt: skip

    def move_change(
        self, key: RecordKey, to: ChangeState, by: Signed, at: datetime | None = None, text: str = "",
        expected: int | None = None,
    ) -> Written[Change]:  # fmt: skip
        """Move to another state. Only a standard change is approved by a move; for others see `decide`.

        `text` goes to the timeline; of a change that is completed or failed it becomes the outcome.
        """
        return self._edit(
            Change.kind, key, by, expected, ("move", to, at, text), None,
            lambda change: changes.moved(change, to, by.who, self._clock(), at, text),
        )  # fmt: skip

    def decide(
        self, key: RecordKey, approval: Approval, by: Signed, basis: Basis | None = None, expected: int | None = None
    ) -> Written[Change]:
        """Approve or reject. The basis of an approval is kept with it; its number and source are given here.

        A submitted change moves; an emergency change that is being or was implemented only gets the decision.
        The request is the decision: a retry with the same key may come with another `approval.at`, revision and basis.
        """
        asked = ("decide", approval.who, approval.decision, approval.text)
        if approval.decision is not Decision.approved:
            basis = None

        def step(change: Change) -> Sequence[AnyRecord]:
            number = f"{change.number}.{len(change.approvals) + 1}"
            after = changes.decided(change, approval, None if basis is None else number, self._clock())
            if basis is None:
                return [after]
            return [after, taken(replace(basis, number=number, source=change.source), self._clock())]

        return self._edit(Change.kind, key, by, expected, asked, None, step)

    def declare_freeze(self, draft: FreezeDraft, by: Signed) -> Written[Freeze]:
        """A new freeze or blackout window."""
        return self._declare(Freeze.kind, draft, by, lambda number: freezes.declared(draft, number, self._clock()))

    def edit_freeze(self, key: RecordKey, edit: FreezeEdit, by: Signed, expected: int | None = None) -> Written[Freeze]:
        """Change the stated fields."""
        return self._edit(
            Freeze.kind, key, by, expected, ("edit", edit), edit,
            lambda freeze: freezes.edited(freeze, edit, self._clock()),
        )  # fmt: skip

    def cancel_freeze(self, key: RecordKey, by: Signed, expected: int | None = None) -> Written[Freeze]:
        """Call it off."""
        return self._edit(Freeze.kind, key, by, expected, ("cancel",), None, freezes.cancelled)

    def open_problem(self, draft: ProblemDraft, by: Signed) -> Written[ProblemRecord]:
        """A new problem."""
        return self._declare(
            ProblemRecord.kind, draft, by, lambda number: problems.opened(draft, number, by.who, self._clock())
        )

    def edit_problem(
        self, key: RecordKey, edit: ProblemEdit, by: Signed, expected: int | None = None
    ) -> Written[ProblemRecord]:
        """Change the stated fields."""
        return self._edit(
            ProblemRecord.kind, key, by, expected, ("edit", edit), edit,
            lambda problem: problems.edited(problem, edit, by.who, self._clock()),
        )  # fmt: skip

    def move_problem(
        self, key: RecordKey, to: ProblemState, by: Signed, at: datetime | None = None, text: str = "",
        expected: int | None = None,
    ) -> Written[ProblemRecord]:  # fmt: skip
        """Move to another state."""
        return self._edit(
            ProblemRecord.kind, key, by, expected, ("move", to, at, text), None,
            lambda problem: problems.moved(problem, to, by.who, self._clock(), at, text),
        )  # fmt: skip

    def link_problem(
        self, incident: RecordKey, problem: RecordKey | None, by: Signed, expected: int | None = None
    ) -> Written[Incident]:
        """Link an incident to a problem; None takes the link away."""
        if problem is None:
            return self.edit_incident(incident, IncidentEdit(clear=frozenset({"problem"})), by, expected)
        return self.edit_incident(incident, IncidentEdit(problem=str(problem)), by, expected)

    def import_records(self, values: Sequence[AnyRecord], by: Signed, policy: Policy = Policy.refuse) -> Imported:
        """Put whole records, all in one revision. One with the key of a stored record replaces it; equal ones write
        nothing. Places of problems read `records[12].cis[0].ci`.

        A record that tells of the past only may name CIs that are out of service by now.
        """
        return put_all(self._writer, self._store, self._model, values, by, policy, self._clock())

    def _declare(self, kind: str, draft: AnyDraft, by: Signed, make: Callable[[str], AnyRecord]) -> Written[Any]:
        target = _target(kind, draft)

        def build(book: Book) -> list[AnyRecord]:
            faults, made = Faults(), list[AnyRecord]()
            if draft.number is None and draft.source != OWN_SOURCE:
                faults.add("BAD_NUMBER", "number", "none", f"the number that {draft.source} gave it")
            with faults.gathered():
                made.append(make(book.next_number(kind)))
            self._check(kind, named_cis(draft), draft, None, book, faults)
            faults.settle()
            return [_as_stands(draft, made[0], book)]

        return self._writer.write(by, ("declare", kind, draft), build, target, kind)

    def _edit(
        self, kind: str, key: RecordKey, by: Signed, expected: int | None, asked: tuple[object, ...],
        stated: Asked | None, step: Callable[[Any], AnyRecord | Sequence[AnyRecord]],
        named: Iterable[tuple[str, CiId]] = NOTHING,
    ) -> Written[Any]:  # fmt: skip
        """Put what `step` makes of the record with a key; `stated` and `named` hold what it then refers to."""
        if key.kind != kind:
            raise refused("BAD_NUMBER", kind, str(key), f"the number of one of kind {kind}")
        named = [*named, *named_cis(stated)] if stated is not None else list(named)

        def build(book: Book) -> list[AnyRecord]:
            old, faults, made = book.at(key), Faults(), list[AnyRecord]()
            with faults.gathered():
                found = step(old)
                made.extend([*found] if isinstance(found, Sequence) else [found])
            self._check(kind, named, stated, old, book, faults)
            faults.settle()
            return made

        return self._writer.write(by, (*asked, key), build, key, expected=expected)

    def _check(
        self, kind: str, named: Iterable[tuple[str, CiId]], stated: Asked | None, old: AnyRecord | None, book: Book,
        faults: Faults,
    ) -> None:  # fmt: skip
        """Whether what is referred to exists and is in service."""
        named = list(named)
        stored = self._store.get({ci for _, ci in named}) if named else {}
        check_cis(named, old, out_of_service(kind), stored, faults)
        if stated is not None:
            check_links(stated, old, book, faults)
            check_scope(stated, self._model, faults)


def _target(kind: str, draft: AnyDraft) -> RecordKey | None:
    """The key that a draft states; None where it is to get the next number. What is no key is refused later."""
    if draft.number is None:
        return None
    try:
        return RecordKey(kind, PARSERS["source"](draft.source), PARSERS["number"](draft.number))
    except ValueFault:
        return RecordKey(kind, draft.source, draft.number)


def _as_stands(draft: AnyDraft, made: AnyRecord, book: Book) -> AnyRecord:
    """What was made of a draft; if its number is taken, what stands there, if that is what the draft says.

    Raises `InvalidInput` DUPLICATE_NUMBER.
    """
    if made.key not in book.revisions:
        return made
    old = book.get(made.key)
    stated = [field.name for field in fields(draft) if getattr(draft, field.name) is not None]
    if old is None or any(getattr(old, name) != getattr(made, name) for name in stated):
        raise refused(
            "DUPLICATE_NUMBER", "number", shown(str(made.key)), "a number not used by another record of its source"
        )
    return old
