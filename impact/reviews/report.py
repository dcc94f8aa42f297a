"""The shape of a change review. Times are UTC, windows half-open (`end` null: open), durations whole minutes.

The text beside each field is its description in the GraphQL schema.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from impact.report import CiRef, StateCounts
from impact.states import ImpactState


@dataclass(frozen=True)
class Party:
    """A change or an incident that takes part in something."""

    key: Annotated[str, "Which record it is."]
    incident: Annotated[bool, "True: an open incident; false: a planned change."]
    start: datetime
    end: Annotated[datetime | None, "Null: still open."]


@dataclass(frozen=True)
class Taker:
    """What one party takes of a pool."""

    key: Annotated[str, "Which record it is."]
    takes: Annotated[list[CiRef], "Members of the pool that are affected by it alone; the first 20."]
    count: Annotated[int, "How many they are."]


@dataclass(frozen=True)
class BrokenPool:
    """A pool that holds against each of the parties alone, and does not against all of them together."""

    ci: Annotated[CiRef, "Whose pool it is: what depends on its members."]
    name: str
    required: Annotated[int, "How many members must work."]
    full: Annotated[int, "How many are needed for full service."]
    total: Annotated[int, "Live members."]
    left: Annotated[int, "Members that still work (operational or at risk) when all parties are under way."]
    lost: Annotated[list[CiRef], "Members that are degraded or down then; the first 20."]
    state: Annotated[ImpactState, "What becomes of its CI."]
    before: Annotated[ImpactState, "What becomes of its CI at worst when any one of the parties is left out."]
    takers: Annotated[list[Taker], "What each party takes of it; one that only acts through the others takes none."]
    words: Annotated[str, "The numbers in words: `below 2 of 3: 1 left`."]


@dataclass(frozen=True)
class WorseCi:
    """A CI that is worse off with all parties than with any one of them left out."""

    ci: CiRef
    state: ImpactState
    before: ImpactState


@dataclass(frozen=True)
class Collision:
    """Changes and incidents, every one of them needed, that together make things worse than any fewer of them do."""

    parties: Annotated[list[Party], "The reviewed change first, then by key. All of them are needed for it."]
    start: Annotated[datetime, "From when all of them are under way."]
    end: Annotated[datetime | None, "Until when; null: open."]
    state: Annotated[ImpactState, "The worst state that any CI is in only because of it."]
    pools: Annotated[list[BrokenPool], "Where it begins, the worst first; the first 20."]
    pool_count: Annotated[int, "How many pools there are in all."]
    worse: Annotated[StateCounts, "CIs that are worse because of it, by the state they are in then."]
    first: Annotated[list[CiRef], "The first of them, worst first."]
    services: Annotated[list[WorseCi], "Services among them, worst first; the first 20."]
    service_count: Annotated[int, "How many services there are in all."]
    client_groups: Annotated[list[WorseCi], "Client groups among them, worst first; the first 20."]
    client_group_count: Annotated[int, "How many client groups there are in all."]
    people: Annotated[int, "People in those groups, each counted once; where head counts lack, at least."]


@dataclass(frozen=True)
class Collisions:
    """Every collision found, the most people first; and what was not looked at."""

    nodes: list[Collision]
    complete: Annotated[
        bool, "False: so many take part that not every combination was tried; of each pool that breaks, one was."
    ]
    overlapping: Annotated[int, "Changes and incidents whose windows overlap."]
    near: Annotated[int, "How many of them can reach a pool in common at all."]


class OverlapType(Enum):
    """A lesser kind of conflict between two whose windows overlap."""

    same_ci = "same_ci"
    shared_service = "shared_service"


@dataclass(frozen=True)
class Overlap:
    """Another change or incident at the same time, about the same CI, or felt by the same service."""

    type: OverlapType
    party: Party
    start: Annotated[datetime, "From when both are under way."]
    end: Annotated[datetime | None, "Until when; null: open."]
    cis: Annotated[list[CiRef], "The CIs both change, or the services both affect; the first 20."]
    count: Annotated[int, "How many there are in all."]


@dataclass(frozen=True)
class FreezeHit:
    """A freeze or blackout window that the change falls into."""

    key: Annotated[str, "Which window it is."]
    blackout: Annotated[bool, "False: a freeze, hit by changing what it covers; true: hit by taking it down."]
    start: Annotated[datetime, "From when the change is in it."]
    end: Annotated[datetime, "Until when."]
    cis: Annotated[list[CiRef], "What is covered and changed, or taken down; the first 20."]
    count: Annotated[int, "How many there are in all."]


@dataclass(frozen=True)
class RiskFact:
    """A number or a name that a reason rests on."""

    name: str
    value: str


@dataclass(frozen=True)
class RiskReason:
    """One reason why a change is risky."""

    code: Annotated[str, "Which rule found it; see the docs page on changes."]
    words: Annotated[str, "What is so, in words."]
    points: Annotated[int, "How much it adds to the score."]
    facts: list[RiskFact]
    cis: Annotated[list[CiRef], "The first CIs it concerns."]


class RiskWord(Enum):
    """A score as a word: low up to 24, medium up to 49, high up to 74, very high from 75."""

    low = "low"
    medium = "medium"
    high = "high"
    very_high = "very_high"


@dataclass(frozen=True)
class Risk:
    """Reasons, and the score that follows from them."""

    score: Annotated[int, "0 to 100: the points of all reasons added up, at most 100."]
    word: RiskWord
    reasons: Annotated[list[RiskReason], "The most points first."]


@dataclass(frozen=True)
class FreeWindow:
    """A window of the same length without collisions, freezes or blackouts, as far as is planned now."""

    start: datetime
    end: datetime
    moved_minutes: Annotated[int, "How much later than planned; negative: earlier."]


@dataclass(frozen=True)
class Split:
    """A change that takes too much of a pool by itself: how to spread its CIs over several windows."""

    pools: Annotated[list[BrokenPool], "Pools it breaks by itself, though none of its CIs does alone; the first 20."]
    pool_count: Annotated[int, "How many pools there are in all."]
    keep: Annotated[list[CiRef], "What may stay in the window."]
    move: Annotated[list[list[CiRef]], "What to move, by window: no list breaks such a pool by itself."]
    worse: Annotated[StateCounts, "CIs that are better off when it is spread so, by the state they are in otherwise."]


@dataclass(frozen=True)
class Suggestions:
    """What would make a change safer."""

    windows: Annotated[list[FreeWindow], "The nearest windows, earlier and later; empty when nothing is in the way."]
    needed: Annotated[bool, "Whether anything is in the way of the window as planned."]
    split: Annotated[Split | None, "Null when the change breaks no pool by taking several of its members."]
    untested: Annotated[int, "CIs of the change whose part in that was not tried, because there are too many."]


@dataclass(frozen=True)
class ChangeReview:
    """What to know of a change before it is approved, beside its impact."""

    collisions: Collisions
    overlaps: Annotated[list[Overlap], "Lesser kinds: same CI first, then shared services, by start."]
    freezes: list[FreezeHit]
    risk: Risk
    suggestions: Suggestions


@dataclass(frozen=True)
class DriftedCi:
    """A CI whose state in an answer is not what it was."""

    ci: CiRef
    before: Annotated[ImpactState, "Operational: it was not affected then."]
    after: Annotated[ImpactState, "Operational: it is not affected now."]


@dataclass(frozen=True)
class DriftPart:
    """CIs that moved the same way, the client groups among them first."""

    count: int
    cis: Annotated[list[DriftedCi], "The first of them."]
    client_group_count: int
    client_groups: Annotated[list[DriftedCi], "The first of the client groups among them."]


@dataclass(frozen=True)
class Drift:
    """How an answer differs from the one it is held against: who joined and who left, by membership, not by counts."""

    drifted: Annotated[bool, "Whether anything differs."]
    joined: Annotated[DriftPart, "Affected now, not then."]
    left: Annotated[DriftPart, "Affected then, not now."]
    changed: Annotated[DriftPart, "Affected both times, in another state."]
