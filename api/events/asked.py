"""What a subscriber asks for: where it begins, and the operation whose answers it has in common with others."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    visit,
)
from strawberry import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from api.errors import error_body
from api.gql.context import Context
from api.gql.execution import MOST_ERRORS, Operation, told
from api.gql.subscription import BoardEvent
from cmdb.store.port import Logged

KEPT = 256
KEPT_LENGTH = 10_000


class Unanswerable(Exception):
    """An operation that is refused before it begins; `errors` say why, as they are shown."""

    def __init__(self, errors: list[Any]) -> None:
        self.errors = errors
        super().__init__("the operation is refused")


@dataclass(frozen=True, slots=True)
class Asked:
    """A valid subscription. Two with the same `key` have the same answer to every event. `after` is where it begins."""

    operation: Operation
    context: Context
    after: int | None
    key: Hashable


class _Asking(Exception):
    """Tells where an operation begins, in the place of an answer."""

    def __init__(self, after: int | None) -> None:
        self.after = after


class _Beginning:
    def event(self, after: int | None) -> BoardEvent:
        raise _Asking(after)


@dataclass(frozen=True, slots=True)
class _Told:
    logged: Logged

    def event(self, _: int | None) -> BoardEvent:
        return BoardEvent(told=self.logged)


def asked(schema: Schema, operation: Operation, context: Context) -> Asked:
    """A subscription, checked as every operation is: its form, its bounds, its cost. Raises `Unanswerable`."""
    try:
        _, errors = _run(schema, operation, context, _Beginning())
    except (CannotGetOperationTypeError, InvalidOperationTypeError):
        wanted = "the operation must be a subscription, and the one that `operationName` names"
        raise Unanswerable(errors_of("BAD_REQUEST", wanted, context.request_id)) from None
    begun = [error.original_error for error in errors if isinstance(error.original_error, _Asking)]
    if not begun:
        raise Unanswerable([told(error, context) for error in errors[:MOST_ERRORS]])
    return Asked(operation, context, begun[0].after, key_of(operation))


def answer(schema: Schema, about: Asked, event: Logged) -> str:
    """What a subscription answers to an event, as JSON; `extensions` tell the revision, for those who did not ask."""
    data, errors = _run(schema, about.operation, about.context, _Told(event))
    body: dict[str, Any] = {"data": data, "extensions": {"revision": event.revision}}
    if errors:
        body["errors"] = [told(error, about.context) for error in errors[:MOST_ERRORS]]
    return orjson.dumps(body).decode()


def errors_of(code: str, message: str, request_id: str) -> list[Any]:
    """A refusal as a list of errors."""
    found = error_body(code, message, requestId=request_id)["errors"]
    assert isinstance(found, list)
    return found


def _run(
    schema: Schema, operation: Operation, context: Context, root: _Beginning | _Told
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    result = schema.execute_sync(
        operation.query, operation.variables, context, root, operation.name, (OperationType.SUBSCRIPTION,)
    )
    return result.data, result.errors or []


def key_of(operation: Operation) -> Hashable:
    """The text and the variables, without what only says where to begin."""
    reader = _essence if len(operation.query) <= KEPT_LENGTH else _essence.__wrapped__
    text, own = reader(operation.query, operation.name)
    variables = {name: value for name, value in (operation.variables or {}).items() if name != own}
    return text, operation.name, orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)


@lru_cache(maxsize=KEPT)
def _essence(text: str, name: str | None) -> tuple[str, str | None]:
    """A valid document without the argument `after`, and the variable that is given for nothing else."""
    document = parse(text)
    for node in _beginnings(document, name):
        assert node.loc is not None
        variable = node.value.name.value if isinstance(node.value, VariableNode) else None
        alone = variable is not None and _mentions(document, variable) == 2
        return text[: node.loc.start] + text[node.loc.end :], variable if alone else None
    return text, None


def _beginnings(document: DocumentNode, name: str | None) -> list[Any]:
    """The arguments `after` of the field subscribed to, where it stands in the operation itself."""
    return [
        argument
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
        and (name is None or (definition.name is not None and definition.name.value == name))
        for field in definition.selection_set.selections
        if isinstance(field, FieldNode)
        for argument in field.arguments or ()
        if argument.name.value == "after"
    ]


def _mentions(document: DocumentNode, variable: str) -> int:
    """How often a variable stands in a document, where it is declared included."""
    found = list[Node]()

    class Mentions(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            if node.name.value == variable:
                found.append(node)

    visit(document, Mentions())
    return len(found)
