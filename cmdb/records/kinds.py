"""The words of service management, after ITIL: states of records and the moves between them, types, grades."""

from collections.abc import Mapping
from enum import StrEnum


class IncidentState(StrEnum):
    new = "new"
    in_progress = "in_progress"
    on_hold = "on_hold"
    resolved = "resolved"
    closed = "closed"
    cancelled = "cancelled"


class ChangeState(StrEnum):
    draft = "draft"
    submitted = "submitted"
    approved = "approved"
    rejected = "rejected"
    implementing = "implementing"
    completed = "completed"
    failed = "failed"
    cancelled = "cancelled"


class ProblemState(StrEnum):
    open = "open"
    known_error = "known_error"
    closed = "closed"


class ChangeType(StrEnum):
    standard = "standard"
    normal = "normal"
    emergency = "emergency"


class FreezeType(StrEnum):
    """A freeze forbids changes of what it covers; a blackout forbids anything that takes it down."""

    freeze = "freeze"
    blackout = "blackout"


class Grade(StrEnum):
    """How large an impact, or how urgent."""

    high = "high"
    medium = "medium"
    low = "low"


class MajorReason(StrEnum):
    """Why an incident is major: what it does to a business-critical service."""

    interruption = "interruption"
    degradation = "degradation"
    increased_risk = "increased_risk"


class CauseType(StrEnum):
    change = "change"
    hardware = "hardware"
    software = "software"
    network = "network"
    power = "power"
    human = "human"
    external = "external"
    security = "security"
    unknown = "unknown"


class Decision(StrEnum):
    approved = "approved"
    rejected = "rejected"


PRIORITY: Mapping[tuple[Grade, Grade], int] = {
    (impact, urgency): 1 + row + column for row, impact in enumerate(Grade) for column, urgency in enumerate(Grade)
}
"""Priority 1 (most pressing) to 5 from impact and urgency: the usual ITIL matrix."""

INCIDENT_MOVES: Mapping[IncidentState, tuple[IncidentState, ...]] = {
    IncidentState.new: (IncidentState.in_progress, IncidentState.on_hold, IncidentState.resolved,
                        IncidentState.cancelled),
    IncidentState.in_progress: (IncidentState.on_hold, IncidentState.resolved, IncidentState.cancelled),
    IncidentState.on_hold: (IncidentState.in_progress, IncidentState.resolved, IncidentState.cancelled),
    IncidentState.resolved: (IncidentState.in_progress, IncidentState.closed),
    IncidentState.closed: (),
    IncidentState.cancelled: (),
}  # fmt: skip
"""Where an incident may go from each state; a resolved one may be opened again, a closed one may not."""
CHANGE_MOVES: Mapping[ChangeState, tuple[ChangeState, ...]] = {
    ChangeState.draft: (ChangeState.submitted, ChangeState.cancelled),
    ChangeState.submitted: (ChangeState.draft, ChangeState.approved, ChangeState.rejected, ChangeState.cancelled),
    ChangeState.approved: (ChangeState.submitted, ChangeState.implementing, ChangeState.cancelled),
    ChangeState.rejected: (ChangeState.draft, ChangeState.cancelled),
    ChangeState.implementing: (ChangeState.completed, ChangeState.failed),
    ChangeState.completed: (),
    ChangeState.failed: (),
    ChangeState.cancelled: (),
}
"""Where a change may go from each state. A standard change is approved beforehand: it may go from draft to approved;
an emergency change may be implemented before it is approved."""
PROBLEM_MOVES: Mapping[ProblemState, tuple[ProblemState, ...]] = {
    ProblemState.open: (ProblemState.known_error, ProblemState.closed),
    ProblemState.known_error: (ProblemState.open, ProblemState.closed),
    ProblemState.closed: (ProblemState.open,),
}
OPEN_INCIDENT = frozenset({IncidentState.new, IncidentState.in_progress, IncidentState.on_hold})
"""States of an incident that is going on."""
PLANNED_CHANGE = frozenset({ChangeState.submitted, ChangeState.approved, ChangeState.implementing})
"""States of a change that takes part in collisions: what is still a draft, refused, done or called off does not."""
