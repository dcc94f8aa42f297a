"""The shape of the answers of this room. The text beside each field is its description in the GraphQL schema."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from impact.report import CiRef
from impact.states import ImpactState


@dataclass
class Symptom:
    """A CI known to be affected."""

    ci: CiRef
    state: Annotated[ImpactState | None, "At least this bad; null: any state worse than operational."]
    seen_at: Annotated[datetime | None, "When it was first seen."]
    in_service: Annotated[bool, "False for a CI that is not live: nothing explains it."]


@dataclass
class Explained:
    """A symptom that a candidate explains."""

    ci: CiRef
    state: Annotated[ImpactState, "What the failure of the candidate alone puts it in."]
    as_seen: Annotated[bool, "In the stated state or worse; without one, degraded or down. False: only at risk."]
    seen_earlier: Annotated[bool, "Seen before the candidate itself was: a cause is not later than what it explains."]
    hops: Annotated[int, "The fewest dependencies from it to the candidate."]


@dataclass
class Mistaken:
    """A CI known to be fine that a candidate predicts to be degraded or down."""

    ci: CiRef
    state: ImpactState


@dataclass
class CauseFacts:
    """The numbers that a candidate is ranked by."""

    rank: Annotated[int, "Its place, from 1."]
    score: Annotated[int, "asSeen - wrong - those among asSeen that were seen earlier than itself."]
    as_seen: Annotated[int, "Symptoms it explains as seen: in the stated state or worse, else degraded or down."]
    only_at_risk: Annotated[int, "Symptoms without a stated state that it only puts at risk."]
    seen_earlier: Annotated[int, "Of the explained ones, those seen before it was itself."]
    unexplained: Annotated[int, "Symptoms it does not explain."]
    wrong: Annotated[int, "CIs known to be fine that it predicts to be degraded or down."]
    hops: Annotated[int, "The fewest dependencies to the farthest symptom it explains."]
    is_symptom: Annotated[bool, "Whether it is itself one of the symptoms."]


@dataclass
class Further:
    """What else a candidate predicts: CIs that are neither symptoms, nor known to be fine, nor itself."""

    hit: Annotated[int, "Further CIs that would be degraded or down."]
    services: Annotated[int, "Services among them."]
    at_risk: Annotated[int, "Further CIs that would be at risk."]
    examples: Annotated[list[CiRef], "The first of the services hit, else of the CIs hit: look at those next."]


@dataclass
class CausePair:
    """Two causes together, found greedily: the best candidate, then the best one for what that leaves unexplained.

    Another pair may explain as much; two members of one pool, for instance, are not found this way.
    """

    first: CiRef
    second: CiRef
    as_seen: Annotated[int, "Symptoms that both together explain as seen."]
    only_at_risk: Annotated[int, "Symptoms that they only put at risk."]
    unexplained: Annotated[list[CiRef], "Symptoms that even both do not explain."]
    wrong: Annotated[list[Mistaken], "CIs known to be fine that both together predict to be degraded or down."]
