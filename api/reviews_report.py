"""The shape of changes, freeze windows and calendars as they are shown. Times are UTC; windows are half-open.

The text beside each field is its description in the GraphQL schema.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from cmdb.records.kinds import ChangeState, ChangeType, Decision, FreezeType
from impact.report import CiRef
from impact.reviews.report import DriftPart
from impact.states import ImpactState


@dataclass(frozen=True)
class PlannedState:
    """A CI of a change and the state it is put in during the window."""

    ci: CiRef
    state: Annotated[ImpactState, "operational: it is changed and goes on working."]
    recorded: Annotated[bool, "False: it is not in the inventory any more, and takes no part in any answer."]
    in_service: Annotated[bool, "False for one that is not live: it can affect nothing."]


@dataclass(frozen=True)
class BackOutPlan:
    """How a change is taken back."""

    plan: str
    minutes: Annotated[int | None, "How long that takes; null: not known."]


@dataclass(frozen=True)
class ChangeApproval:
    """A decision about a change."""

    at: datetime
    who: str
    decision: Decision
    revision: Annotated[int, "The revision of the inventory that it rests on."]
    text: str


@dataclass(frozen=True)
class ChangeRecord:
    """A planned change: during its window each of its CIs is in the state stated."""

    key: Annotated[str, "What names it: its number, or `assyst/C-17` where another tool keeps it."]
    number: str
    source: Annotated[str, "Who keeps the record; `bluenose` for our own."]
    title: str
    description: str
    type: ChangeType
    state: ChangeState
    planned: Annotated[bool, "Whether it takes part in collisions: submitted, approved or implementing."]
    requested_at: datetime
    start: datetime
    end: datetime
    actual_start: datetime | None
    actual_end: datetime | None
    cis: list[PlannedState]
    back_out: BackOutPlan
    owner: str
    outcome: str
    approvals: Annotated[list[ChangeApproval], "Oldest first."]
    next_states: Annotated[list[ChangeState], "Where it may be moved now; decisions apart."]
    may_decide: Annotated[bool, "Whether it may be approved or rejected now."]
    revision: Annotated[int, "Which revision last changed the record: give it as `expected`. 0: not recorded yet."]


class RecordKind(Enum):
    """What kind of record stands in a calendar, or is named in a review."""

    change = "change"
    incident = "incident"
    freeze = "freeze"


@dataclass(frozen=True)
class NamedRecord:
    """A record that an answer names by key."""

    key: str
    kind: RecordKind
    title: str
    state: Annotated[str, "Its state; of a freeze window its type."]
    start: datetime
    end: Annotated[datetime | None, "Null: open, or overdue."]


@dataclass(frozen=True)
class ApprovalBasis:
    """The answer that an approval rests on."""

    revision: Annotated[int, "The revision of the inventory it was computed on."]
    asked_at: datetime
    people: Annotated[int, "People in affected groups, each counted once."]
    risk: Annotated[int, "The score."]
    collisions: Annotated[list[str], "With whom: the keys of the other parties of each collision."]


@dataclass(frozen=True)
class ChangeDrift:
    """How the answer of now differs from the one that was approved: who joined and who left, by membership."""

    drifted: Annotated[bool, "Whether any CI joined, left or is in another state, or any collision came or went."]
    joined: Annotated[DriftPart, "Affected now, not then."]
    left: Annotated[DriftPart, "Affected then, not now."]
    changed: Annotated[DriftPart, "Affected both times, in another state."]
    collisions_joined: Annotated[list[str], "Collisions of now that were not there: the other parties of each."]
    collisions_left: Annotated[list[str], "Collisions of then that are gone."]
    people: Annotated[int, "People in affected groups now."]
    risk: Annotated[int, "The score of now."]
    since: Annotated[ApprovalBasis, "What was approved."]


@dataclass(frozen=True)
class CalendarItem:
    """A change, a freeze window or an open incident of a calendar."""

    kind: RecordKind
    key: str
    title: str
    type: Annotated[str, "standard, normal or emergency; freeze or blackout; of an incident its priority, as P1."]
    state: Annotated[str, "Its state; of a freeze window: planned, going_on or over."]
    start: datetime
    end: Annotated[datetime | None, "Null: an open incident, or a change that is overdue."]
    cis: Annotated[list[CiRef], "The first 20 CIs it is about."]
    ci_count: Annotated[int, "How many CIs it is about; of a freeze window how many it covers."]
    collides_with: Annotated[list[str], "Keys of changes and incidents that it collides with within the span."]


@dataclass(frozen=True)
class FreezeWindow:
    """A window in which changes are not wanted. Where no CI, kind or sector is named, it covers all CIs."""

    key: str
    number: str
    source: str
    title: str
    type: FreezeType
    start: datetime
    end: datetime
    cancelled: bool
    cis: list[CiRef]
    kinds: Annotated[list[str], "An abstract kind stands for its descendants."]
    sectors: list[str]
    covered: Annotated[int, "How many CIs it covers now."]
    revision: Annotated[int, "Which revision last changed the record: give it as `expected`."]
