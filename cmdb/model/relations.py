"""The types of relation, declared once: which kinds they join and whether, how and how hard impact flows.

`impact` is read along the arrow: `to_from` means the CI at the arrow's start depends on the CI at its end (losing
the end hurts the start), `from_to` the reverse, `none` that impact never flows.
"""

from dataclasses import dataclass
from typing import Literal

Effect = Literal["down", "degraded", "at_risk"]
Flow = Literal["to_from", "from_to", "none"]
EFFECTS: tuple[Effect, ...] = ("down", "degraded", "at_risk")


@dataclass(frozen=True, slots=True)
class RelationType:
    """A declared relation type; kinds include their descendants."""

    name: str
    description: str
    from_kinds: tuple[str, ...]
    to_kinds: tuple[str, ...]
    impact: Flow = "to_from"
    effect: Effect = "down"
    carries_data: bool = False


SOFTWARE = ("application", "application_instance", "software")

RELATIONS: tuple[RelationType, ...] = (
    # (client_group)-[uses]->(business_service)
    RelationType(
        "uses", "People, or a service, make use of a service.",
        ("client_group", "person", "service", *SOFTWARE), ("service", *SOFTWARE, "endpoint", "cloud_resource"),
    ),
    # (business_service)-[delivered_by]->(application)
    RelationType(
        "delivered_by", "What a service is made of.",
        ("service",), ("service", *SOFTWARE, "infrastructure", "supplier"),
    ),
    # (application)-[depends_on]->(database)
    RelationType("depends_on", "Needs the other to work.", ("resource",), ("resource", "supplier")),
    # (database)-[runs_on]->(virtual_machine)
    RelationType("runs_on", "Is executed by.", SOFTWARE, (*SOFTWARE, "infrastructure")),
    # (virtual_machine)-[hosted_on]->(hypervisor)
    RelationType("hosted_on", "Is hosted by.", ("infrastructure", *SOFTWARE), ("infrastructure", *SOFTWARE)),
    # (cluster)-[has_member]->(server)
    RelationType(
        "has_member", "Is made of members that share the work; without a pool rule, losing one degrades it.",
        ("cluster", "infrastructure", "service", *SOFTWARE), ("resource",), effect="degraded",
    ),
    # (database)-[stores_data_on]->(storage)
    RelationType(
        "stores_data_on", "Keeps its data there.",
        (*SOFTWARE, "infrastructure", "service"), ("infrastructure", "software"), carries_data=True,
    ),
    # (database)-[replicates_to]->(database)
    RelationType(
        "replicates_to", "Copies its data to; without the copy it is at risk.",
        (*SOFTWARE, "infrastructure"), (*SOFTWARE, "infrastructure"), effect="at_risk", carries_data=True,
    ),
    # (database)-[backed_up_by]->(storage)
    RelationType(
        "backed_up_by", "Is backed up by; without backup it is at risk.",
        ("resource",), (*SOFTWARE, "infrastructure", "service", "supplier"), effect="at_risk", carries_data=True,
    ),
    # (server)-[connects_through]->(network_device)
    RelationType(
        "connects_through", "Reaches the network, or a place, through.",
        ("resource", "client_group"), ("infrastructure", "service"),
    ),
    # (server)-[powered_by]->(power)
    RelationType("powered_by", "Draws its power from.", ("infrastructure",), ("infrastructure",)),
    # (server)-[located_in]->(facility)
    RelationType("located_in", "Stands in; losing the place loses it.", ("infrastructure", "software"), ("facility",)),
    # (facility)-[part_of]->(facility), (client_group)-[part_of]->(client_group)
    RelationType(
        "part_of", "Is inside a larger whole; what takes the whole takes the part, not the reverse.",
        ("resource", "client_group"), ("resource", "client_group"),
    ),
    # (circuit)-[supplied_by]->(supplier)
    RelationType(
        "supplied_by", "Is provided by a company; without it, at risk.",
        ("resource",), ("supplier",), effect="at_risk",
    ),
    # (application)-[covered_by]->(agreement)
    RelationType("covered_by", "An agreement applies to it.", ("ci",), ("agreement",), "none"),
    # (application)-[documented_in]->(document)
    RelationType("documented_in", "A document describes it.", ("ci",), ("document",), "none"),
    # Responsibilities: who to call, never what breaks.
    RelationType("owned_by", "Who answers for it.", ("ci",), ("party",), "none"),
    RelationType("supported_by", "Who repairs it.", ("ci",), ("team", "person", "supplier"), "none"),
    RelationType("has_expert", "Who knows it best.", ("ci",), ("person", "team"), "none"),
    RelationType("on_call", "Who answers at night.", ("ci",), ("person", "team"), "none"),
    RelationType("managed_by", "Who runs it day to day.", ("ci",), ("party",), "none"),
    RelationType("member_of", "Belongs to a team or group.", ("person", "team"), ("team", "client_group"), "none"),
)  # fmt: skip
