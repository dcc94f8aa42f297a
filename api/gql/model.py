"""The model as GraphQL shows it: kinds, relation types, attributes; the words that filters and inputs take."""

from enum import Enum

import strawberry

from cmdb.model import attributes, relations
from cmdb.model.model import Model


@strawberry.enum(description="How impact flows along a relation: to_from means the start depends on the end.")
class Flow(Enum):
    to_from = "to_from"
    from_to = "from_to"
    none = "none"


@strawberry.enum(description="The worst that losing the provider can do to the dependent.")
class Effect(Enum):
    down = "down"
    degraded = "degraded"
    at_risk = "at_risk"


@strawberry.enum(description="Whether impact answers are about CIs in this state: only live ones take part.")
class Lifecycle(Enum):
    planned = "planned"
    live = "live"
    retired = "retired"


@strawberry.type(description="An attribute that a kind declares.")
class DeclaredAttribute:
    name: str
    type: str = strawberry.field(description="text, list, integer, number, boolean, duration or time.")
    unit: str = strawberry.field(description="Empty where it has none; durations are whole minutes.")
    description: str
    choices: list[str] = strawberry.field(description="The only values taken; empty for any.")
    inherited_from: str | None = strawberry.field(description="The kind that declares it; null for this one.")


@strawberry.type(description="A kind of CI.")
class Kind:
    name: str
    description: str
    parent: str | None
    ancestors: list[str] = strawberry.field(description="Its parents, nearest first.")
    abstract: bool = strawberry.field(description="Holds no CIs; groups its descendants.")
    role: str = strawberry.field(description="What an impact answer makes of it: service, client, contact or plain.")
    carries_impact: bool = strawberry.field(description="Whether any relation can bring impact to it or from it.")
    attributes: list[DeclaredAttribute] = strawberry.field(description="Inherited ones included.")


@strawberry.type(description="A type of relation.")
class RelationType:
    name: str
    description: str
    from_kinds: list[str] = strawberry.field(description="What may stand at its start; descendants included.")
    to_kinds: list[str] = strawberry.field(description="What may stand at its end; descendants included.")
    impact: Flow
    effect: Effect | None = strawberry.field(
        description="The effect of a relation that states none; null: impact never flows."
    )
    carries_data: bool


def kinds(model: Model) -> list[Kind]:
    """Every declared kind, in declared order."""
    return [_kind(model, name) for name in model.kinds]


def relation_types(model: Model) -> list[RelationType]:
    """Every declared relation type, in declared order."""
    return [_relation_type(declared) for declared in model.relations.values()]


def _kind(model: Model, name: str) -> Kind:
    kind, line = model.kinds[name], model.ancestors(name)
    return Kind(
        name=name,
        description=kind.description,
        parent=kind.parent,
        ancestors=list(line[1:]),
        abstract=kind.abstract,
        role=model.roles[name],
        carries_impact=any(model.is_a(carrier, name) for carrier in model.carriers),
        attributes=[
            _attribute(declared, None if parent == name else parent)
            for parent in reversed(line)
            for declared in model.kinds[parent].attributes
        ],
    )


def _attribute(declared: attributes.Attribute, inherited_from: str | None) -> DeclaredAttribute:
    return DeclaredAttribute(
        name=declared.name,
        type=declared.type,
        unit=declared.unit,
        description=declared.description,
        choices=list(declared.choices),
        inherited_from=inherited_from,
    )


def _relation_type(declared: relations.RelationType) -> RelationType:
    return RelationType(
        name=declared.name,
        description=declared.description,
        from_kinds=list(declared.from_kinds),
        to_kinds=list(declared.to_kinds),
        impact=Flow(declared.impact),
        effect=Effect(declared.effect) if declared.impact != "none" else None,
        carries_data=declared.carries_data,
    )
