"""Incidents, changes and recorded edits as the engine takes them: plain values with CIs by index; times are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from impact.incidents.report import SuspectStep
from impact.report import CiRef

OPEN = frozenset({"new", "in_progress", "on_hold"})
"""States of an incident that is going on."""
VOID = frozenset({"cancelled"})
"""States of an incident that never was one: it counts in nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """A CI, by index, in a state (0 operational to 3 down) from `since` up to, not including, `until`; None: still."""

    ci: int
    level: int
    since: datetime
    until: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether it is so at a moment."""
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCase:
    """An incident. `key` names it among all records, `number` is what people call it; `cause` is the word for its
    type, `cause_change` the key of the change that caused it; both empty where not known."""

    key: str
    number: str
    title: str = ""
    state: str = "new"
    started_at: datetime
    detected_at: datetime | None = None
    declared_at: datetime | None = None
    resolved_at: datetime | None = None
    parts: tuple[Part, ...] = ()
    priority: int = 3
    major: bool = False
    major_reason: str = ""
    cause: str = ""
    cause_change: str = ""

    @property
    def open(self) -> bool:
        """Whether it is going on."""
        return self.state in OPEN

    @property
    def cis(self) -> tuple[int, ...]:
        """Its CIs, each once, in the order given."""
        return tuple(dict.fromkeys(part.ci for part in self.parts))

    def levels_at(self, moment: datetime) -> Mapping[int, int]:
        """The worst state stated for each of its CIs at a moment; 0 is a pin: checked, it is fine."""
        found: dict[int, int] = {}
        if self.resolved_at is None or moment < self.resolved_at:
            for part in self.parts:
                if part.holds(moment):
                    found[part.ci] = max(part.level, found.get(part.ci, 0))
        return found

    def as_of(self, moment: datetime) -> "IncidentCase | None":
        """The incident without what came after a moment; None if it had not begun by then.

        Only its times are taken back: what else was recorded later is found by reading the records as of then.
        """
        if self.started_at > moment:
            return None
        resolved = _by(self.resolved_at, moment)
        reopened = self.resolved_at is not None and resolved is None and not self.open
        return replace(
            self,
            detected_at=_by(self.detected_at, moment),
            declared_at=_by(self.declared_at, moment),
            resolved_at=resolved,
            state="in_progress" if reopened else self.state,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCase:
    """A change: its window (as it really was, where that is known; half-open), its CIs by index, its state in the
    words of change records, and how it went."""

    key: str
    number: str
    title: str = ""
    type: str = "normal"
    state: str = "draft"
    start: datetime
    end: datetime
    cis: tuple[int, ...] = ()
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEdit:
    """A revision of the inventory that changed something an incident's CIs depend on: what, by whom, how far away."""

    ci: CiRef
    hops: int
    path: tuple[SuspectStep, ...]
    revision: int
    recorded_at: datetime
    who: str
    source: str = ""
    what: str = ""


def _by(at: datetime | None, moment: datetime) -> datetime | None:
    return None if at is None or at > moment else at
