"""The shape of an answer: what every room shows, under the same names. Plain values; times are UTC, durations minutes.

The text beside each field is its description in the GraphQL schema.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Generic, TypeVar

from impact.states import ImpactState

T = TypeVar("T")


@dataclass
class Page(Generic[T]):
    """One page of a list that was computed whole: the items, how many there are in all, where the next page starts."""

    nodes: list[T]
    total_count: int
    end_cursor: str | None
    has_next_page: bool


@dataclass
class CiRef:
    """A CI, named."""

    id: Annotated[str, "Its stable id."]
    kind: Annotated[str, "Its kind, as in the model."]
    name: Annotated[str, "What people call it."]


@dataclass
class Assumed:
    """One assumption of the scenario."""

    ci: Annotated[CiRef, "What was assumed about."]
    state: Annotated[ImpactState, "At least this bad; operational is a pin: checked, it is fine."]
    in_service: Annotated[bool, "False for a CI that is not live: it can affect nothing."]
    cut_off: Annotated[int, "For a pin: how many CIs are better off because of it."]
    cut: Annotated[list[CiRef], "For a pin: the first of those CIs."]


class Source(Enum):
    """Where an answer was computed."""

    live = "live"
    snapshot = "snapshot"


@dataclass
class BlindSpot:
    """Something the records do not say, or say badly, about the affected region."""

    code: Annotated[str, "Which rule found it; see the docs page on blind spots."]
    message: Annotated[str, "What is not known, in words."]
    count: Annotated[int, "How many CIs or pools it concerns."]
    examples: Annotated[list[CiRef], "The first of them."]


@dataclass
class Completeness:
    """How far an answer can be trusted."""

    revision: Annotated[int, "The revision of the inventory it was computed on."]
    recorded_at: Annotated[datetime, "When that revision was recorded."]
    as_of: Annotated[bool, "True when the question was put to a past revision; false: to the newest one known."]
    age_seconds: Annotated[int, "Seconds since that revision was last known to be the newest; 0 as of a past one."]
    source: Annotated[Source, "live, or a snapshot while the store is away."]
    complete: Annotated[bool, "Whether the whole graph was walked; a page or a filter never changes a verdict."]
    blind_spots: Annotated[list[BlindSpot], "What the records do not say."]


@dataclass
class StateCounts:
    """How many are in each state."""

    down: int
    degraded: int
    at_risk: int


@dataclass
class NamedCount:
    """How many of one kind, tier or sector."""

    name: str
    states: StateCounts


@dataclass
class SectorPeople:
    """People of one sector."""

    sector: str
    people: int


@dataclass
class People:
    """People in the affected client groups, each counted once, whatever the nesting and the number of services."""

    total: Annotated[int, "People in affected groups."]
    by_state: Annotated[StateCounts, "By the worst state that hits them."]
    by_sector: Annotated[list[SectorPeople], "By sector, the most first."]
    groups: Annotated[int, "Distinct client groups affected."]
    unknown: Annotated[int, "Affected groups without any head count: the total is at least what it says."]


@dataclass
class Clock:
    """How long a service that is down has, and when it can be back.

    Due = started + RTO. Can be back = when work begins + effective recovery over what is down.
    """

    due: Annotated[datetime | None, "When it must be back; null if no RTO is recorded."]
    remaining_minutes: Annotated[int | None, "Whole minutes left until due when asked; negative when overdue."]
    can_be_back: Annotated[datetime, "When it can be back if nothing waits for free hands."]
    at_least: Annotated[bool, "True: not before then; the restore time of something it waits for is not recorded."]
    unknown: Annotated[list[CiRef], "Whose restore times are not recorded, the nearest first; the first 20."]
    unknown_count: Annotated[int, "How many there are in all."]
    late_minutes: Annotated[int | None, "By how much it can only be back too late; 0 in time; null if no RTO."]
    slack_minutes: Annotated[
        int | None,
        "How much longer work could wait before a promise breaks: its own, or one of a CI that needs it. Negative: "
        "how much is lost already. Null if no promise rests on it.",
    ]
    slack_at_most: Annotated[bool, "True: the slack may be less, since some restore time is not recorded."]


@dataclass
class Summary:
    """Counts only; costs nothing more than the walk."""

    affected: Annotated[StateCounts, "All affected CIs, what was assumed included."]
    services: StateCounts
    by_kind: list[NamedCount]
    by_tier: Annotated[
        list[NamedCount], "Affected services by tier: T0 up to 1 h of RTO, T1 4 h, T2 24 h, T3 72 h, T4."
    ]
    people: People
    soonest_due: Annotated[datetime | None, "The first moment an affected service that is down breaks its RTO."]


@dataclass
class AffectedCi:
    """A CI that the scenario reaches."""

    id: str
    kind: str
    name: str
    sector: str
    state: ImpactState
    distance: Annotated[int, "Hops of the shortest proof back to an assumption; 0 for what was assumed."]
    tier: Annotated[str | None, "From its RTO; null if that is not recorded."]
    rto: Annotated[int | None, "Recovery time objective, minutes."]
    criticality: str | None


@dataclass
class PoolFacts:
    """A redundancy pool under the scenario."""

    ci: Annotated[CiRef, "Whose pool it is: what depends on its members."]
    name: str
    required: Annotated[int, "How many members must work."]
    full: Annotated[int, "How many are needed for full service."]
    total: Annotated[int, "Live members."]
    working: Annotated[int, "Members that are operational or at risk."]
    lost: Annotated[list[CiRef], "Members that are degraded or down, the first 20."]
    left: Annotated[list[CiRef], "Members that still work, the first 20."]


@dataclass
class Hop:
    """One step of a proof: this CI is in this state because the next one is in its own."""

    ci: CiRef
    state: ImpactState
    relation: Annotated[str | None, "The relation to the next CI; null at the assumption."]
    pool: Annotated[PoolFacts | None, "The pool the next CI is a lost member of."]


@dataclass
class Why:
    """A shortest proof of a CI's state, and how many reasons there are in all."""

    ci: CiRef
    state: ImpactState
    proof: Annotated[list[Hop], "From the CI back to an assumption."]
    causes: Annotated[int, "Dependencies, pools and assumptions that each suffice for this state."]


@dataclass
class Holding:
    """A pool that lost members and still stands between the failure and the CI: its own, or one further up."""

    pool: PoolFacts
    can_lose: Annotated[int, "Members that can still be lost before the pool fails."]


@dataclass
class Worsening:
    """A single further failure that would make it worse."""

    ci: CiRef
    state: Annotated[ImpactState, "What the asked CI would be then."]


@dataclass
class Margin:
    """A CI that is not down: what holds it up and how much more it can take."""

    ci: CiRef
    state: ImpactState
    reachable: Annotated[bool, "Whether any dependency leads from the scenario to it at all."]
    margin: Annotated[
        int | None, "Fewest further losses in a touched pool before it fails; null if no pool is touched."
    ]
    holding: list[Holding]
    worsened_by: Annotated[list[Worsening], "Single failures that would make it worse, the nearest first."]
    untested: Annotated[int, "CIs it depends on, whose single failure was not tried, because there are too many."]


@dataclass
class ServiceLoss:
    """A service a client group uses, and its state."""

    ci: CiRef
    state: ImpactState


@dataclass
class AffectedService(AffectedCi):
    """A service that is hit."""

    people: Annotated[int, "People in affected client groups that depend on it."]
    clock: Annotated[Clock | None, "Null when it is not down."]
    because: Annotated[list[CiRef], "The proof in short: the CIs from its first cause back to the assumption."]
    pool: Annotated[PoolFacts | None, "The pool whose loss hits it first, if it is one."]


@dataclass
class AffectedClientGroup:
    """A client group that is hit."""

    id: str
    kind: str
    name: str
    sector: str
    state: ImpactState
    people: Annotated[int | None, "People in it, nested groups included; null if not recorded."]
    inside: Annotated[CiRef | None, "The affected group it is part of: its people are counted there."]
    services: Annotated[list[ServiceLoss], "The services it uses that are hit, worst first."]
    clock: Annotated[Clock | None, "Of the service it loses with the least slack; null when none of them is down."]
    clock_of: Annotated[CiRef | None, "The service whose clock this is."]


@dataclass
class Contact:
    """Somebody to call or to notify, and why."""

    id: str
    kind: str
    name: str
    role: Annotated[str, "The relation that names them: on_call, has_expert, supported_by, owned_by, managed_by."]
    email: str | None
    phone: str | None
    ci: Annotated[CiRef, "What they answer for."]
    because: Annotated[str, "Why them, in words."]
    people: Annotated[int | None, "To notify: how many people they speak for."]
