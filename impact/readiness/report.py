"""The shape of an answer about readiness. The text beside each field is its description in the GraphQL schema."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from impact.report import CiRef, Source


class ReadinessPurpose(Enum):
    """A kind of decision that the data is for."""

    major_incident = "major_incident"
    change = "change"
    continuity = "continuity"
    assets = "assets"


class ReadinessBy(Enum):
    """How to group: a CI with several owners counts under each of them."""

    kind = "kind"
    owner = "owner"
    sector = "sector"


class ReadinessEvery(Enum):
    """The step of a trend: the last revision of each day, ISO week or month."""

    day = "day"
    week = "week"
    month = "month"


@dataclass
class ReadinessBasis:
    """On what an answer about readiness rests."""

    revision: Annotated[int, "The revision of the inventory it was computed on."]
    recorded_at: Annotated[datetime, "When that revision was recorded."]
    as_of: Annotated[bool, "True when the question was put to a past revision; false: to the newest one known."]
    age_seconds: Annotated[int, "Seconds since that revision was last known to be the newest; 0 as of a past one."]
    source: Annotated[Source, "live, or a snapshot while the store is away."]
    judged_at: Annotated[datetime, "The moment for which was judged what is fresh; only its day counts, in UTC."]
    cis: Annotated[int, "Live CIs looked at, after the filter."]


@dataclass
class ReadinessTally:
    """How many needs are met. A need is one rule asked of one CI; every need counts the same."""

    applicable: Annotated[int, "Needs: how often something was asked for."]
    met: Annotated[int, "Needs that are met: it is recorded."]
    missing: Annotated[int, "Needs that are not met; the worklist holds the CIs."]
    fresh: Annotated[int, "Needs that are met by a record verified lately: within the days its rule says."]
    verified: Annotated[int, "Needs that are met by a record that was ever verified."]
    share: Annotated[float | None, "met / applicable, from 0 to 1; null when nothing is asked for."]


@dataclass
class ReadinessRule:
    """A rule, and how far it is met."""

    name: Annotated[str, "Stable; see docs/readiness.md."]
    lacks: Annotated[str, "What is missing where it is not met, in a few words."]
    why: Annotated[str, "What a decision would miss."]
    days: Annotated[int, "A record verified within so many days is fresh."]
    tally: ReadinessTally


@dataclass
class ReadinessScore:
    """A purpose, how far its needs are met, and its rules."""

    purpose: ReadinessPurpose
    question: Annotated[str, "What is asked when deciding."]
    tally: Annotated[ReadinessTally, "Over all its rules."]
    rules: Annotated[list[ReadinessRule], "The lowest share first; those that concern nobody last."]


@dataclass
class ReadinessGroup:
    """The CIs of one kind, owner or sector."""

    name: Annotated[str, "The kind, the sector, or the name of the owner."]
    owner: Annotated[CiRef | None, "The owner; null for the CIs that nobody owns, and for kinds and sectors."]
    cis: Annotated[int, "CIs of the group that something is asked of."]
    tally: ReadinessTally
    worst: Annotated[ReadinessRule | None, "The rule with the most needs not met; null when all are met."]


@dataclass
class ReadinessWork:
    """A CI that misses something."""

    id: str
    kind: str
    name: str
    sector: str
    tier: Annotated[str | None, "Of a service, from its RTO; null if that is not recorded, and for other kinds."]
    criticality: str | None
    size: Annotated[int, "People of a client group; of any other CI, how many CIs depend on it directly."]
    missing: Annotated[list[str], "Names of the rules that it does not meet."]
    lacks: Annotated[list[str], "The same in words."]


@dataclass
class ReadinessPointScore:
    """A purpose at one point of a trend."""

    purpose: ReadinessPurpose
    tally: ReadinessTally


@dataclass
class ReadinessPoint:
    """Readiness as it was at the end of a day, week or month, or at a given revision."""

    revision: int
    recorded_at: datetime
    judged_at: Annotated[datetime, "The end of the day, week or month; now for the last one."]
    scores: list[ReadinessPointScore]
