"""What people declare and change about records. A draft makes a new record; an edit states only what changes."""

from dataclasses import dataclass, field
from datetime import datetime

from cmdb.model.ci import CiId
from cmdb.model.record import OWN_SOURCE
from cmdb.records.kinds import ChangeType, FreezeType, Grade, MajorReason
from cmdb.records.record_types import AffectedCi, BackOut, Cause, CoveredCi, PlannedCi


@dataclass(frozen=True, slots=True)
class AffectedDraft:
    """A CI of an incident that is declared: in `state` from `since` (None: from the start of the incident) to `until`
    (None: still)."""

    ci: CiId
    state: str = "down"
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDraft:
    """A new incident. Without a number it gets the next free one of our own; a record that mirrors another tool's
    needs `source` and `number`. `declared_at` None: now. A `major_reason` makes it major."""

    title: str
    started_at: datetime
    number: str | None = None
    source: str = OWN_SOURCE
    description: str = ""
    detected_at: datetime | None = None
    declared_at: datetime | None = None
    cis: tuple[AffectedDraft, ...] = ()
    impact: Grade = Grade.medium
    urgency: Grade = Grade.medium
    major: bool = False
    major_reason: MajorReason | None = None
    owner: str = ""
    cause: Cause | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEdit:
    """What changes of an incident; None leaves a field as it is, and the fields named in `clear` become empty.

    `cis` replaces all of them with their whole course; `RecordDesk.set_state` changes one as it happens. `major` False
    takes the reason away; a reason alone makes it major. CIs that began with the incident follow a corrected start.
    """

    title: str | None = None
    description: str | None = None
    started_at: datetime | None = None
    detected_at: datetime | None = None
    declared_at: datetime | None = None
    resolved_at: datetime | None = None
    cis: tuple[AffectedCi, ...] | None = None
    impact: Grade | None = None
    urgency: Grade | None = None
    major: bool | None = None
    major_reason: MajorReason | None = None
    owner: str | None = None
    resolution: str | None = None
    cause: Cause | None = None
    problem: str | None = None
    clear: frozenset[str] = frozenset()
    """Of `CLEARABLE[Incident.kind]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDraft:
    """A new change, in state draft. Number and source as of an incident. `requested_at` None: now."""

    title: str
    start: datetime
    end: datetime
    number: str | None = None
    source: str = OWN_SOURCE
    description: str = ""
    type: ChangeType = ChangeType.normal
    requested_at: datetime | None = None
    cis: tuple[PlannedCi, ...] = ()
    back_out: BackOut = field(default_factory=BackOut)
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEdit:
    """What changes of a change; None leaves a field as it is. What was approved (type, start, end, CIs, back-out)
    may change only in the states draft, submitted and rejected."""

    title: str | None = None
    description: str | None = None
    type: ChangeType | None = None
    start: datetime | None = None
    end: datetime | None = None
    cis: tuple[PlannedCi, ...] | None = None
    back_out: BackOut | None = None
    owner: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeDraft:
    """A new freeze or blackout window; where no CI, kind or sector is named, it covers all."""

    title: str
    start: datetime
    end: datetime
    number: str | None = None
    source: str = OWN_SOURCE
    type: FreezeType = FreezeType.freeze
    cis: tuple[CoveredCi, ...] = ()
    kinds: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeEdit:
    """What changes of a freeze window; None leaves a field as it is."""

    title: str | None = None
    type: FreezeType | None = None
    start: datetime | None = None
    end: datetime | None = None
    cis: tuple[CoveredCi, ...] | None = None
    kinds: tuple[str, ...] | None = None
    sectors: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemDraft:
    """A new problem. `opened_at` None: now."""

    title: str
    number: str | None = None
    source: str = OWN_SOURCE
    description: str = ""
    opened_at: datetime | None = None
    cis: tuple[CoveredCi, ...] = ()
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemEdit:
    """What changes of a problem; None leaves a field as it is, and the fields named in `clear` become empty."""

    title: str | None = None
    description: str | None = None
    cis: tuple[CoveredCi, ...] | None = None
    cause: Cause | None = None
    clear: frozenset[str] = frozenset()


AnyDraft = IncidentDraft | ChangeDraft | FreezeDraft | ProblemDraft
AnyEdit = IncidentEdit | ChangeEdit | FreezeEdit | ProblemEdit
CLEARABLE = {
    "incident": ("detected_at", "declared_at", "cause", "problem"),
    "problem": ("cause",),
}
"""Fields that an edit may make empty, by kind of record; texts are made empty by an empty text."""
