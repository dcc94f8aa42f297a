"""What an operation would cost, told from its text and variables before anything runs.

    cost(field without selection) = 0
    cost(field)                   = weight + size * (1 + sum of the costs of its selected fields)

`size` is 1; for a list, its `first` argument, or 10 when it takes none. Where `first` belongs to a page, its `nodes`
(`hits`, `revisions`) have that size and the page is one. `weight` is for fields that compute much: see `WEIGHTS`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    Undefined,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

LIST_SIZE = 10
PAGED = frozenset({"nodes", "hits", "revisions"})
"""Lists that hold what the `first` of the field around them asks for."""
WEIGHTS = {
    "impact": 50,
    "diff": 100,
    "whyNot": 500,
    "why": 5,
    "search": 10,
    "readiness": 100,
    "continuity": 200,
    "restoreOrder": 100,
    "fixes": 1000,
    "trend": 2000,
    "commonCauses": 100,
    "pair": 100,
    "further": 10,
    "changed": 200,
    "singlePoints": 500,
    "sharedCauses": 500,
    "pairs": 500,
    "worstHit": 20,
    "majorFinding": 20,
    "suggestedPriority": 20,
    "drafts": 50,
    "related": 300,
    "suspects": 300,
    "postIncident": 200,
    "board": 300,
    "Board.together": 200,
    "Incident.drift": 500,
    "trends": 100,
    "operational": 300,
    "executive": 1000,
    "review": 200,
    "calendar": 500,
    "decideChange": 200,
    "Query.observations": 300,
    "confirmObservations": 300,
    "rejectObservations": 300,
    "wouldHit": 20,
    "duplicates": 1000,
    "Query.conflicts": 500,
    "mergeCis": 100,
    "partCi": 100,
    "declareDistinct": 100,
    "undoRevision": 500,
    "Query.sources": 50,
}
"""Fields that cost something whatever they return, by name; with its type where another type has one of that name."""
PAST = frozenset(
    {
        "impact",
        "readiness",
        "continuity",
        "commonCauses",
        "singlePoints",
        "sharedCauses",
        "pairs",
        "incident",
        "incidents",
        "problem",
        "problems",
        "board",
        "trends",
        "change",
        "changes",
        "calendar",
        "freezes",
    }
)
PAST_WEIGHT = 500
"""What `asOf` adds to these fields: the graph of then may have to be compiled."""
HEAVY_NODES = {
    "holding": 20,
    "services": 5,
    "clocks": 5,
    "promiseGaps": 5,
    "dataGaps": 5,
    "recoveryGaps": 2,
    "unknownPromises": 5,
}
"""Pages each of whose nodes costs this much more."""
ENDLESS = 10**9


class Cost(NamedTuple):
    """What a selection asks for: objects (weighted), levels of nesting, aliases; and the largest `first`."""

    objects: int = 0
    depth: int = 0
    aliases: int = 0
    first: int = 0


@dataclass
class Reckoning:
    """Adds up one operation. Each fragment is reckoned once for each type it is spread on."""

    schema: GraphQLSchema
    variables: Mapping[str, Any]
    fragments: Mapping[str, FragmentDefinitionNode]
    _known: dict[tuple[str, str, int], Cost] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def selection(self, selected: SelectionSetNode | None, parent: GraphQLNamedType | None, nodes: int = 1) -> Cost:
        """The cost of a selection on `parent`; `nodes` is the size of a field called `nodes` in it."""
        found = [self._part(part, parent, nodes) for part in (selected.selections if selected else ())]
        return Cost(
            min(ENDLESS, sum(c.objects for c in found)),
            max((c.depth for c in found), default=0),
            min(ENDLESS, sum(c.aliases for c in found)),
            max((c.first for c in found), default=0),
        )

    def _part(self, part: object, parent: GraphQLNamedType | None, nodes: int) -> Cost:
        if isinstance(part, FieldNode):
            return self._field(part, parent, nodes)
        if isinstance(part, InlineFragmentNode):
            condition = part.type_condition
            on = self.schema.type_map.get(condition.name.value) if condition else parent
            return self.selection(part.selection_set, on, nodes)
        return self._spread(part.name.value, nodes) if isinstance(part, FragmentSpreadNode) else Cost()

    def _spread(self, name: str, nodes: int) -> Cost:
        fragment = self.fragments.get(name)
        if fragment is None or name in self._open:
            return Cost()
        key = (name, fragment.type_condition.name.value, nodes)
        if key not in self._known:
            self._open.add(name)
            on = self.schema.type_map.get(fragment.type_condition.name.value)
            self._known[key] = self.selection(fragment.selection_set, on, nodes)
            self._open.discard(name)
        return self._known[key]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, nodes: int) -> Cost:
        name, alias = node.name.value, int(node.alias is not None)
        if node.selection_set is None:
            return Cost(0, 0, alias, self._first(node, parent) or 0)
        declared = _field_of(parent, name)
        type_ = get_named_type(declared.type) if declared else None
        first = self._first(node, parent)
        paged = _is_page(type_)
        listed = declared is not None and is_list_type(get_nullable_type(declared.type))
        inner = self.selection(node.selection_set, type_, (first or LIST_SIZE) if paged else LIST_SIZE)
        size = 1
        if listed:
            size = nodes if name in PAGED else LIST_SIZE if paged else first or LIST_SIZE
        heavy = HEAVY_NODES.get(name, 0) * (first or LIST_SIZE) if paged else 0
        heavy += PAST_WEIGHT if name in PAST and self._past(node) else 0
        own = WEIGHTS.get(name) or WEIGHTS.get(f"{parent.name}.{name}" if parent else name, 0)
        objects = own + heavy + size * (1 + inner.objects)
        return Cost(min(ENDLESS, objects), 1 + inner.depth, alias + inner.aliases, max(first or 0, inner.first))

    def _first(self, node: FieldNode, parent: GraphQLNamedType | None) -> int | None:
        """The `first` of a field: as given, or as declared; None when it takes none, or not a number."""
        declared = _field_of(parent, node.name.value)
        argument = declared.args.get("first") if declared else None
        if argument is None:
            return None
        value: object = argument.default_value
        for given in node.arguments or ():
            if given.name.value == "first":
                value = self._value(given.value)
        if value is Undefined or isinstance(value, bool) or not isinstance(value, int):
            return LIST_SIZE
        return min(max(value, 1), ENDLESS) if value > 0 else ENDLESS

    def _past(self, node: FieldNode) -> bool:
        """Whether a field is asked for as of a revision."""
        given = [argument.value for argument in node.arguments or () if argument.name.value == "asOf"]
        return any(
            self.variables.get(value.name.value) is not None
            if isinstance(value, VariableNode)
            else not isinstance(value, NullValueNode)
            for value in given
        )

    def _value(self, node: object) -> object:
        if isinstance(node, IntValueNode):
            return _number(node)
        return self.variables.get(node.name.value) if isinstance(node, VariableNode) else None


def _is_page(type_: GraphQLNamedType | None) -> bool:
    members = type_.types if isinstance(type_, GraphQLUnionType) else (type_,)
    return any(isinstance(m, GraphQLObjectType) and not PAGED.isdisjoint(m.fields) for m in members)


def reckon(schema: GraphQLSchema, document: DocumentNode, name: str | None, variables: Mapping[str, Any]) -> Cost:
    """The cost of the operation called `name`, or of all when there is no such one."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    found = [
        Reckoning(schema, {**_defaults(operation), **variables}, fragments).selection(
            operation.selection_set, schema.get_root_type(operation.operation)
        )
        for operation in _operations(document, name)
    ]
    return Cost(*(max((c[at] for c in found), default=0) for at in range(4)))


def _defaults(operation: OperationDefinitionNode) -> dict[str, int | str]:
    """The numbers and texts that variables of an operation stand for when they are not given."""
    return {
        declared.variable.name.value: _number(value) if isinstance(value, IntValueNode) else value.value
        for declared in operation.variable_definitions or ()
        if isinstance(value := declared.default_value, IntValueNode | StringValueNode)
    }


def _number(node: IntValueNode) -> int:
    return int(node.value) if len(node.value) < 12 else ENDLESS


def _operations(document: DocumentNode, name: str | None) -> Iterator[OperationDefinitionNode]:
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode) and (
            name is None or definition.name is None or definition.name.value == name
        ):
            yield definition


def _field_of(parent: GraphQLNamedType | None, name: str) -> Any:
    return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
