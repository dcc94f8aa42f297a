"""The shape of the answers about an incident. The text beside each field is its description in the GraphQL schema."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from impact.report import CiRef, Contact, PoolFacts, StateCounts
from impact.states import ImpactState


@dataclass(frozen=True)
class CriticalService:
    """A business-critical service that an incident hits."""

    ci: CiRef
    state: ImpactState
    word: Annotated[str, "What that is called: interruption, degradation or increased_risk."]
    tier: Annotated[str | None, "From its RTO; null if that is not recorded."]
    criticality: Annotated[str | None, "As recorded."]
    pool: Annotated[PoolFacts | None, "The pool without a spare that still holds it; null if none does."]


@dataclass(frozen=True)
class MajorFinding:
    """Whether an incident is major: what it does to business-critical services (RTO up to 4 h, or recorded as
    critical): interruption, degradation, or increased risk. A person decides; this says what the records support."""

    major: bool
    word: Annotated[str | None, "The worst of the three words; null if it is not major."]
    because: Annotated[str, "In words."]
    services: Annotated[list[CriticalService], "The business-critical services hit, worst first; the first 20."]
    service_count: Annotated[int, "How many there are in all."]
    unknown: Annotated[int, "Services hit without RTO and criticality: they may be business-critical."]


@dataclass(frozen=True)
class WorstHit:
    """The service that an incident hits worst, and who answers for it: the incident is theirs."""

    ci: CiRef
    state: ImpactState
    tier: str | None
    people: Annotated[int, "People hit who depend on it."]
    owner: Annotated[Contact | None, "Its service owner, else who manages it; null if nobody is recorded."]
    because: Annotated[str, "Why this service, in words."]


@dataclass(frozen=True)
class SuggestedPriority:
    """Grades that the records suggest; a person decides."""

    impact: Annotated[str, "high, medium or low."]
    urgency: Annotated[str, "high, medium or low."]
    priority: Annotated[int, "1, the most pressing, to 5."]
    impact_because: Annotated[list[str], "The facts behind the impact, the weightiest first."]
    urgency_because: Annotated[list[str], "The facts behind the urgency, the weightiest first."]


class DraftKind(Enum):
    """What a message is for."""

    first_notice = "first_notice"
    update = "update"
    resolved = "resolved"


@dataclass(frozen=True)
class DraftMessage:
    """A message to clients, to be read and sent by a person; it holds nothing but recorded facts, and no ids of CIs."""

    kind: DraftKind
    subject: str
    body: str
    words: Annotated[int, "Words of the body."]
    missing: Annotated[list[str], "What the records do not say and the message therefore leaves open."]


@dataclass(frozen=True)
class SharedCandidate:
    """A CI whose single failure would explain CIs of both incidents."""

    ci: CiRef
    own: Annotated[int, "CIs of this incident that it explains."]
    other: Annotated[int, "CIs of the other incident that it explains."]
    of: Annotated[int, "CIs of both incidents, in all."]
    further: Annotated[int, "Further CIs that it would degrade or bring down, in neither incident."]


@dataclass(frozen=True)
class BrokenTogether:
    """A pool that two incidents break together and neither breaks alone."""

    pool: PoolFacts
    state: Annotated[ImpactState, "What both together put its CI in."]
    state_alone: Annotated[ImpactState, "The worse of what each alone puts it in."]


class Direction(Enum):
    """How the CIs of another incident stand to those of this one."""

    upstream = "upstream"
    downstream = "downstream"
    both = "both"
    beside = "beside"


@dataclass(frozen=True)
class SuspectStep:
    """One step of the way from a CI of an incident to the CI of a suspect or of another incident."""

    ci: CiRef
    relation: Annotated[str | None, "The type of the relation to the next CI; null at the end."]


@dataclass(frozen=True)
class RelatedIncident:
    """Another open incident that has to do with this one."""

    key: str
    number: str
    title: str
    because: Annotated[list[str], "Why, in words, the weightiest first."]
    score: Annotated[int, "What it is ranked by: 100 broken together, 50 same CI, 40 up- or downstream, 30 shared "
                          "cause, 1 per shared service and group, up to 20."]  # fmt: skip
    same_cis: Annotated[list[CiRef], "CIs that both are about, the first 20."]
    direction: Annotated[Direction, "upstream: this incident's CIs depend on a CI of the other one."]
    path: Annotated[list[SuspectStep], "The shortest way from the dependent CI to the other incident's, or reverse."]
    services: Annotated[list[CiRef], "Services that both hit, the first 20."]
    service_count: int
    groups: Annotated[list[CiRef], "Client groups that both hit, the first 20."]
    group_count: int
    causes: Annotated[list[SharedCandidate], "Single failures that would explain CIs of both, the best first."]
    broken: Annotated[list[BrokenTogether], "Pools that both break together, the worst first; the first 5."]
    broken_count: int


class SuspectKind(Enum):
    """What a suspect is: a change record, or an edit of the inventory that belongs to no change record."""

    change = "change"
    edit = "edit"


@dataclass(frozen=True)
class Suspect:
    """A recent change to what an incident's CIs are or depend on."""

    kind: SuspectKind
    key: Annotated[str, "The change's key; for an edit its revision, as r12."]
    number: str
    title: str
    state: Annotated[str, "The change's state; recorded for an edit."]
    score: Annotated[int, "What it is ranked by: nearness up to 40, time up to 30, how it went up to 30."]
    because: Annotated[list[str], "Why it is suspected, in words."]
    ci: Annotated[CiRef, "Its CI that is nearest to the incident."]
    hops: Annotated[int, "Dependencies from the incident's nearest CI; 0: that one itself."]
    path: Annotated[list[SuspectStep], "A shortest way from the incident's CI to it."]
    began_at: datetime
    ended_at: datetime
    minutes_before: Annotated[int, "Begun minutes from its end to the start of the incident; 0: still under way."]
    edits: Annotated[int, "Recorded edits of its CIs within its window: signs that it was carried out."]
    who: Annotated[str | None, "Who recorded the edit; null for a change record."]


@dataclass(frozen=True)
class Spell:
    """A time during which something was down without a break."""

    since: datetime
    until: Annotated[datetime | None, "When it was no longer down; null: it still was when asked."]


@dataclass(frozen=True)
class ServiceOutcome:
    """How an incident went for one service."""

    ci: CiRef
    sector: str
    tier: str | None
    rto: Annotated[int | None, "Minutes."]
    worst: Annotated[ImpactState, "The worst it was in."]
    spells: Annotated[list[Spell], "When it was down; its RTO runs anew each time."]
    due: Annotated[datetime | None, "By when it had to be back the time it did worst: down since + RTO."]
    restored_at: Annotated[datetime | None, "When it was last no longer down; null: still down, or never."]
    kept: Annotated[bool | None, "Whether the RTO was kept; null: never down, no RTO, or still down and in time."]
    late_minutes: Annotated[int | None, "By how many begun minutes it was late at worst, or is so far; 0 in time."]
    down_minutes: Annotated[int, "Whole minutes it was down."]
    degraded_minutes: int
    at_risk_minutes: int


@dataclass(frozen=True)
class GroupOutcome:
    """How an incident went for one client group; its promises are those of the services it lost."""

    ci: CiRef
    sector: str
    people: Annotated[int | None, "People in it; null if not recorded."]
    worst: ImpactState
    spells: list[Spell]
    lost: Annotated[list[CiRef], "Services it lost for a time, the first 20."]
    lost_count: int
    due: Annotated[datetime | None, "Of the service that was latest."]
    due_of: Annotated[CiRef | None, "The service that was latest; else the one with the shortest RTO."]
    restored_at: datetime | None
    kept: Annotated[bool | None, "Whether every RTO of a service it lost was kept; null: none known or not settled."]
    late_minutes: int | None
    down_minutes: int
    degraded_minutes: int
    people_minutes_down: Annotated[float, "People times minutes; a group inside another counts in both."]


@dataclass(frozen=True)
class PeopleSpan:
    """A time during which the states of an incident's CIs did not change: who was hit, each person counted once."""

    since: datetime
    until: datetime
    people: Annotated[StateCounts, "People by the worst state that hit them."]
    services: StateCounts


@dataclass(frozen=True)
class PeopleMinutes:
    """People times minutes; whole numbers, but larger than an integer of GraphQL can be."""

    down: float
    degraded: float
    at_risk: float


@dataclass(frozen=True)
class PostIncident:
    """An incident looked back upon from a moment."""

    since: Annotated[datetime, "When it began."]
    until: Annotated[datetime, "When its last CI was back, or the moment asked about."]
    over: Annotated[bool, "Whether all of its CIs were back by then."]
    services: Annotated[list[ServiceOutcome], "Services that were hit: worst first, then the most late."]
    groups: Annotated[list[GroupOutcome], "Client groups that were hit: worst first, then the most people."]
    kept: Annotated[int, "Services that were down and kept their RTO."]
    missed: Annotated[int, "Services that were down and missed their RTO."]
    unknown: Annotated[int, "Services that were down and have no RTO."]
    people_minutes: Annotated[PeopleMinutes, "By the worst state that hit them, each person counted once."]
    unknown_groups: Annotated[int, "Groups hit without a head count: people are at least what it says."]
    most_people: Annotated[int, "The most people down or degraded at one time."]
    timeline: Annotated[list[PeopleSpan], "Who was hit when."]
