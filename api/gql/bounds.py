"""Bounds of one operation: how long, how deep, how many aliases, how costly; whether the schema may be asked for.

What was parsed and found valid is remembered, since clients send the same documents again and again.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    build_schema,
    parse,
)
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from api.gql.cost import Cost, reckon
from api.settings import Settings
from impact.paging import PAGE_LIMIT

KEPT = 256
KEPT_LENGTH = 10_000
KEPT_VARIABLES = 20
AMBIGUOUS = "the document holds several operations: `operationName` must name one"


class Bounds(SchemaExtension):
    """Refuses an operation that asks too much before it is validated."""

    def __init__(self, settings: Settings, valid: "Remembered") -> None:
        self.settings, self.valid = settings, valid

    def on_operation(self) -> Iterator[None]:
        if not self.settings.development:
            self.execution_context.validation_rules += (NoSchemaIntrospectionCustomRule,)
        yield

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        text = context.query or ""
        reader = _parsed if len(text) <= KEPT_LENGTH else _parsed.__wrapped__
        context.graphql_document = reader(text, self.settings.max_tokens)
        yield

    def on_validate(self) -> Iterator[None]:
        context, text = self.execution_context, self.execution_context.query or ""
        if text in self.valid:
            context.validation_rules = ()
        if errors := list(self._refusals()):
            context.pre_execution_errors = errors
        yield
        if not context.pre_execution_errors:
            self.valid.add(text)

    def _refusals(self) -> Iterator[GraphQLError]:
        context, document = self.execution_context, self.execution_context.graphql_document
        if document is None:
            return
        named = context.context is None or context.context.operation is not None
        if not named and _count(document) > 1:
            yield GraphQLError(AMBIGUOUS, extensions={"code": "BAD_REQUEST"})
            return
        yield from refusals(self.valid.cost(context), self.settings)


class Remembered:
    """The last few short documents that were valid for one schema, and their costs. Safe to use from any thread."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}
        self._costs: dict[tuple[Any, ...], Cost] = {}

    def cost(self, context: ExecutionContext) -> Cost:
        """The cost of an operation, which depends on numbers among its variables, and on which others are given."""
        text, variables = context.query or "", context.variables or {}
        sizes = tuple((k, type(v) is int, v if type(v) is int else v is None) for k, v in sorted(variables.items()))
        key = (text, context.operation_name, sizes)
        found = self._costs.get(key)
        if found is None:
            document = context.graphql_document
            assert document is not None
            found = reckon(_plain(context.schema), document, context.operation_name, variables)
            if len(text) <= KEPT_LENGTH and len(sizes) <= KEPT_VARIABLES:
                if len(self._costs) >= KEPT:
                    self._costs = {}
                self._costs[key] = found
        return found

    def __contains__(self, text: str) -> bool:
        return text in self._texts

    def add(self, text: str) -> None:
        """Remember a document, and forget all when there are too many."""
        if len(text) <= KEPT_LENGTH:
            if len(self._texts) >= KEPT:
                self._texts = {}
            self._texts[text] = None


def refusals(cost: Cost, settings: Settings) -> Iterator[GraphQLError]:
    """Why an operation of this cost is refused; nothing when it is not."""
    limits = (
        ("PAGE_TOO_LARGE", "first", cost.first, PAGE_LIMIT),
        ("TOO_DEEP", "levels", cost.depth, settings.max_depth),
        ("TOO_MANY_ALIASES", "aliases", cost.aliases, settings.max_aliases),
        ("TOO_COSTLY", "cost", cost.objects, settings.max_cost),
    )
    for code, what, found, limit in limits:
        if found > limit:
            yield GraphQLError(f"{what}: {found} asked for; at most {limit}", extensions={"code": code})
            return


def _count(document: DocumentNode) -> int:
    return sum(isinstance(definition, OperationDefinitionNode) for definition in document.definitions)


@lru_cache(maxsize=KEPT)
def _parsed(text: str, most: int) -> DocumentNode:
    return parse(text, max_lexical_tokens=most, max_comments=most)


@cache
def _plain(schema: Schema) -> GraphQLSchema:
    """The schema in the plain form that costs are reckoned on."""
    return build_schema(schema.as_str(), assume_valid=True)
