"""The shape of the answers of this room. The text beside each field is its description in the GraphQL schema."""

from dataclasses import dataclass
from typing import Annotated

from impact.report import CiRef, StateCounts
from impact.states import ImpactState


@dataclass
class TierDown:
    """How many services of a tier are down."""

    tier: Annotated[str, "T0 up to 1 h of RTO, T1 4 h, T2 24 h, T3 72 h, T4."]
    services: int


@dataclass
class SinglePoint:
    """What the failure of one CI alone does, on the records."""

    rank: Annotated[
        int,
        "Its place among all live CIs, from 1: most people down, then tightest tier, most promises missed, most "
        "services down, most people degraded or worse, most services hit, most CIs hit.",
    ]
    ci: CiRef
    sector: Annotated[str, "Its sector."]
    services: Annotated[StateCounts, "Services it hits; itself, if it is one."]
    worst_tier: Annotated[str | None, "The tightest tier of the services that are down; null: none has an RTO."]
    tiers: Annotated[list[TierDown], "Services that are down and have an RTO, by tier."]
    people: Annotated[StateCounts, "People by the worst state that hits them; where head counts lack, at least."]
    missed_promises: Annotated[
        int,
        "Services that cannot be back within their RTO, by effective recovery. At least: restore times that are not "
        "recorded count as none.",
    ]
    pools_broken: Annotated[int, "Pools with members to spare of which it takes too many: they only look redundant."]
    cis: Annotated[StateCounts, "CIs it hits, itself included."]


@dataclass
class PoolBreaker:
    """A CI whose failure alone takes too many members of a pool, and what its failure does."""

    ci: CiRef
    services: Annotated[StateCounts, "Services that its failure hits."]
    people_down: Annotated[int, "People in groups that its failure takes down."]
    cis: Annotated[int, "CIs that its failure hits, itself included: the fewer, the nearer to the pool."]


@dataclass
class SharedCause:
    """A pool with members to spare that a single failure breaks all the same."""

    ci: Annotated[CiRef, "Whose pool it is."]
    pool: Annotated[str, "The name of the pool."]
    members: Annotated[list[CiRef], "Its members; the first 20 by id."]
    required: Annotated[int, "How many members must work."]
    total: Annotated[int, "How many members there are."]
    then: Annotated[ImpactState, "What becomes of its CI when too few members work."]
    services: Annotated[StateCounts, "Services that are hit when its CI fails."]
    people_down: Annotated[int, "People in groups that are down when its CI fails."]
    causes: Annotated[list[PoolBreaker], "Single failures that break it, the one that hits fewest CIs first; 5."]
    cause_count: Annotated[int, "How many there are in all."]


@dataclass
class FatalPair:
    """Two CIs whose joint failure takes a service down, though neither alone does."""

    first: CiRef
    second: CiRef
    ci: Annotated[CiRef, "Whose pool both weaken; of several, the nearest to the service."]
    pool: Annotated[str, "The name of that pool."]
    services_down: Annotated[int, "Services that both together take down, this one included."]
    people_down: Annotated[int, "People in groups that both together take down; where head counts lack, at least."]


@dataclass
class FatalPairs:
    """Pairs of members of redundant pools that a service needs; the fields are described in `api.gql.spof`."""

    ci: CiRef
    in_service: bool
    nodes: list[FatalPair]
    total_count: int
    tested: int
    untested: int
    members: int
    alone: int
    alone_untested: int
