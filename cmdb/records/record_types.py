"""Incidents, changes, freeze windows and problems as values. Times are UTC; windows are half-open."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from cmdb.model.ci import CiId
from cmdb.model.record import OWN_SOURCE, RecordKey
from cmdb.records.kinds import (
    OPEN_INCIDENT,
    PLANNED_CHANGE,
    PRIORITY,
    CauseType,
    ChangeState,
    ChangeType,
    Decision,
    FreezeType,
    Grade,
    IncidentState,
    MajorReason,
    ProblemState,
)
from cmdb.records.source_types import ImportRun, Match, Observation
from cmdb.records.times import Window


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a timeline."""

    at: datetime
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class AffectedCi:
    """A CI in a state (down, degraded, at_risk, operational) from `since` up to, not including, `until`; a CI whose
    state changes stands in several of these, one after another."""

    ci: CiId
    state: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlannedCi:
    """A CI of a change and the state it is put in during the window."""

    ci: CiId
    state: str = "down"


@dataclass(frozen=True, slots=True)
class CoveredCi:
    """A CI that a freeze window or a problem is about."""

    ci: CiId


@dataclass(frozen=True, slots=True)
class Cause:
    """What caused an incident; `change` is the text of a change's key."""

    type: CauseType
    text: str = ""
    ci: CiId | None = None
    change: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A decision about a change, on the answer as of `revision`."""

    at: datetime
    who: str
    decision: Decision
    revision: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class BackOut:
    """How a change is taken back, and how long that takes, in minutes (None: not known)."""

    plan: str = ""
    minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A disruption. `started_at` is when it began, `detected_at` when somebody noticed, `declared_at` when work on it
    was declared to begin; `owner` is the id of a person or team, or a name; `problem` the text of a problem's key."""

    kind: ClassVar[str] = "incident"

    number: str
    source: str = OWN_SOURCE
    title: str
    description: str = ""
    state: IncidentState = IncidentState.new
    started_at: datetime
    detected_at: datetime | None = None
    declared_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    cis: tuple[AffectedCi, ...] = ()
    impact: Grade = Grade.medium
    urgency: Grade = Grade.medium
    major: bool = False
    major_reason: MajorReason | None = None
    owner: str = ""
    timeline: tuple[Entry, ...] = ()
    resolution: str = ""
    cause: Cause | None = None
    problem: str | None = None

    @property
    def key(self) -> RecordKey:
        return RecordKey(self.kind, self.source, self.number)

    @property
    def priority(self) -> int:
        """1, the most pressing, to 5."""
        return PRIORITY[self.impact, self.urgency]

    @property
    def open(self) -> bool:
        """Whether it is going on."""
        return self.state in OPEN_INCIDENT

    @property
    def window(self) -> Window:
        """From its start to its resolution; without an end while it is open."""
        return Window(self.started_at, self.resolved_at)

    def states_at(self, moment: datetime) -> dict[CiId, str]:
        """The state of each of its CIs at a moment; those with none at that moment are left out."""
        return {
            part.ci: part.state
            for part in self.cis
            if part.since <= moment and (part.until is None or moment < part.until)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A planned change: during its window each of its CIs is in the state stated. `basis` is the number of the record
    of kind `basis` that holds the answer it was approved on."""

    kind: ClassVar[str] = "change"

    number: str
    source: str = OWN_SOURCE
    title: str
    description: str = ""
    type: ChangeType = ChangeType.normal
    state: ChangeState = ChangeState.draft
    requested_at: datetime
    start: datetime
    end: datetime
    actual_start: datetime | None = None
    actual_end: datetime | None = None
    cis: tuple[PlannedCi, ...] = ()
    back_out: BackOut = BackOut()
    approvals: tuple[Approval, ...] = ()
    owner: str = ""
    timeline: tuple[Entry, ...] = ()
    outcome: str = ""
    basis: str | None = None

    @property
    def key(self) -> RecordKey:
        return RecordKey(self.kind, self.source, self.number)

    @property
    def planned(self) -> bool:
        """Whether it takes part in collisions."""
        return self.state in PLANNED_CHANGE

    @property
    def window(self) -> Window:
        """When it is carried out: as planned, or as it really was once that is known. One that has begun and not
        ended lasts at least as long as planned."""
        if self.actual_start is None:
            return Window(self.start, self.actual_end or self.end)
        return Window(self.actual_start, self.actual_end or max(self.end, self.actual_start + (self.end - self.start)))

    def window_at(self, now: datetime) -> Window:
        """The window as it looks at a moment: one that should have ended by then and has not goes on beyond it, nobody
        knows until when."""
        start, end = self.window
        late = self.state is ChangeState.implementing and end is not None and end <= now
        return Window(start, None if late else end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A window in which changes are not wanted. It covers CIs that are named, or of a kind or sector named; where
    nothing is named, all."""

    kind: ClassVar[str] = "freeze"

    number: str
    source: str = OWN_SOURCE
    title: str
    type: FreezeType = FreezeType.freeze
    start: datetime
    end: datetime
    cis: tuple[CoveredCi, ...] = ()
    kinds: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    cancelled: bool = False

    @property
    def key(self) -> RecordKey:
        return RecordKey(self.kind, self.source, self.number)

    @property
    def window(self) -> Window:
        return Window(self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRecord:
    """An underlying problem; incidents link to it."""

    kind: ClassVar[str] = "problem"

    number: str
    source: str = OWN_SOURCE
    title: str
    description: str = ""
    state: ProblemState = ProblemState.open
    opened_at: datetime
    closed_at: datetime | None = None
    cis: tuple[CoveredCi, ...] = ()
    cause: Cause | None = None
    timeline: tuple[Entry, ...] = ()

    @property
    def key(self) -> RecordKey:
        return RecordKey(self.kind, self.source, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The answer that an approval rests on: the estate's revision, and which CIs were in which state (ids by state,
    in order of id; CIs that were operational are left out), among them services and client groups."""

    kind: ClassVar[str] = "basis"

    number: str
    source: str = OWN_SOURCE
    revision: int
    asked_at: datetime
    people: int
    down: tuple[CiId, ...] = ()
    degraded: tuple[CiId, ...] = ()
    at_risk: tuple[CiId, ...] = ()
    collisions: tuple[str, ...] = ()
    risk: int = 0

    @property
    def key(self) -> RecordKey:
        return RecordKey(self.kind, self.source, self.number)


NAMING = (Incident, Change, Freeze, ProblemRecord)
"""Records that name CIs, as they are called, in `cis`: a merge, and undoing one, gives them other names."""
AnyRecord = Incident | Change | Freeze | ProblemRecord | Basis | ImportRun | Match | Observation
