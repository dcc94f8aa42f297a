"""The words that service management tools use, and the states and grades they stand for here.

Case, spaces, underscores and hyphens do not matter: `3 - Moderate` is `3 moderate`.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from cmdb.model.errors import ValueFault
from cmdb.records.kinds import (
    CauseType,
    ChangeState,
    ChangeType,
    FreezeType,
    Grade,
    IncidentState,
    MajorReason,
    ProblemState,
)

W = TypeVar("W", bound=str)
_GAPS = re.compile(r"[\s_-]+")

INCIDENT_STATES: Mapping[IncidentState, tuple[str, ...]] = {
    IncidentState.new: ("open", "opened", "logged", "registered", "reported", "unassigned"),
    IncidentState.in_progress: ("work in progress", "wip", "active", "assigned", "accepted", "investigating"),
    IncidentState.on_hold: ("pending", "waiting", "suspended", "awaiting user", "awaiting supplier", "pending vendor"),
    IncidentState.resolved: ("fixed", "restored", "solved", "completed", "done"),
    IncidentState.closed: ("complete", "closed complete", "closed resolved"),
    IncidentState.cancelled: ("canceled", "void", "withdrawn", "rejected", "duplicate", "closed cancelled"),
}
CHANGE_STATES: Mapping[ChangeState, tuple[str, ...]] = {
    ChangeState.draft: ("new", "open", "planning", "logged"),
    ChangeState.submitted: ("requested", "assess", "assessing", "authorize", "review", "in review", "awaiting approval",
                            "pending approval"),
    ChangeState.approved: ("scheduled", "authorized", "authorised", "planned"),
    ChangeState.rejected: ("declined", "refused", "not approved"),
    ChangeState.implementing: ("implement", "in progress", "work in progress", "wip", "started", "implementation"),
    ChangeState.completed: ("complete", "closed", "closed complete", "successful", "implemented", "done"),
    ChangeState.failed: ("unsuccessful", "backed out", "rolled back", "closed incomplete", "closed unsuccessful"),
    ChangeState.cancelled: ("canceled", "void", "withdrawn"),
}  # fmt: skip
PROBLEM_STATES: Mapping[ProblemState, tuple[str, ...]] = {
    ProblemState.open: ("new", "in progress", "work in progress", "wip", "assess", "root cause analysis", "pending",
                        "on hold", "active", "investigating"),
    ProblemState.known_error: ("workaround", "fix in progress", "root cause known"),
    ProblemState.closed: ("resolved", "complete", "completed", "cancelled", "canceled", "done"),
}  # fmt: skip
CHANGE_TYPES: Mapping[ChangeType, tuple[str, ...]] = {
    ChangeType.standard: ("routine", "pre approved", "preapproved"),
    ChangeType.normal: ("minor", "major", "significant", "regular"),
    ChangeType.emergency: ("urgent", "expedited"),
}
FREEZE_TYPES: Mapping[FreezeType, tuple[str, ...]] = {
    FreezeType.freeze: ("change freeze", "frozen", "moratorium"),
    FreezeType.blackout: ("blackout window", "no outage"),
}
GRADES: Mapping[Grade, tuple[str, ...]] = {
    Grade.high: ("1", "1 high", "critical", "1 critical", "extensive", "1 extensive", "widespread", "severe"),
    Grade.medium: ("2", "2 medium", "moderate", "significant", "2 significant", "normal", "2 moderate"),
    Grade.low: ("3", "3 low", "minor", "3 minor", "localized", "individual", "3 moderate"),
}
PRIORITIES: Mapping[str, tuple[str, ...]] = {
    "1": ("p1", "critical", "1 critical", "p1 critical", "urgent"),
    "2": ("p2", "high", "2 high", "p2 high"),
    "3": ("p3", "moderate", "3 moderate", "p3 moderate", "medium", "3 medium", "p3 medium", "normal"),
    "4": ("p4", "low", "4 low", "p4 low"),
    "5": ("p5", "planning", "5 planning", "p5 planning", "very low", "5 very low"),
}
MAJOR_REASONS: Mapping[MajorReason, tuple[str, ...]] = {
    MajorReason.interruption: ("interrupted", "outage", "down", "unavailable"),
    MajorReason.degradation: ("degraded", "slow", "impaired"),
    MajorReason.increased_risk: ("risk", "at risk"),
}
CI_STATES: Mapping[str, tuple[str, ...]] = {
    "down": ("outage", "unavailable", "failed", "interrupted", "off"),
    "degraded": ("slow", "impaired", "degradation", "partial"),
    "at_risk": ("risk", "increased risk"),
    "operational": ("up", "ok", "fine", "restored", "working"),
}
CAUSE_TYPES: Mapping[CauseType, tuple[str, ...]] = {
    CauseType.change: ("failed change", "release", "deployment"),
    CauseType.hardware: ("hardware failure", "equipment", "hardware fault"),
    CauseType.software: ("bug", "application", "software defect", "software fault", "defect"),
    CauseType.network: ("connectivity", "telecom", "network failure"),
    CauseType.power: ("power failure", "utility", "electrical"),
    CauseType.human: ("human error", "operator error", "user error"),
    CauseType.external: ("third party", "vendor", "supplier", "provider", "environment", "weather"),
    CauseType.security: ("cyber", "security incident", "attack"),
    CauseType.unknown: ("not known", "other", "undetermined", "none"),
}


def plain(text: str) -> str:
    """A word without case, and with single spaces for whatever stands between its parts."""
    return _GAPS.sub(" ", text.strip().casefold()).strip()


def word_in(table: Mapping[W, tuple[str, ...]]) -> Callable[[str], W | None]:
    """A parser of the table's words and their synonyms; an empty text is None. Raises `ValueFault` BAD_CHOICE."""
    known = {plain(word): own for own, others in table.items() for word in (str(own), *others)}
    accepted = "one of " + ", ".join(table)

    def parse(text: str) -> W | None:
        word = plain(text)
        if not word:
            return None
        if word not in known:
            raise ValueFault("BAD_CHOICE", text, f"{accepted}, or a word that stands for one")
        return known[word]

    return parse
