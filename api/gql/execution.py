"""One operation, run and put into the form it is answered in: stated errors shown, faults masked."""

import re
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from api.errors import Refused, error_body
from api.gql.context import Context
from cmdb.store.port import StoreUnavailable
from impact.paging import BadCursor

_SUGGESTION = re.compile(r" Did you mean [^?]*\?")
MOST_ERRORS = 20
ABORTED = {"nested too deeply": "TOO_DEEP", "contains more than": "TOO_MANY_TOKENS"}
"""What the parser says when it gives up for a limit, and the code of that limit."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Operation:
    """A request as a client sends it."""

    query: str
    variables: dict[str, Any] | None
    name: str | None


def operation_of(body: dict[str, Any]) -> Operation:
    """The operation in a request body. Raises `Refused` BAD_REQUEST."""
    query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise Refused("BAD_REQUEST", "`query` must be a text")
    if variables is not None and not isinstance(variables, dict):
        raise Refused("BAD_REQUEST", "`variables` must be an object")
    if name is not None and not isinstance(name, str):
        raise Refused("BAD_REQUEST", "`operationName` must be a text")
    return Operation(query, variables, name or None)


def run(schema: Schema, operation: Operation, context: Context) -> tuple[int, bytes]:
    """The HTTP status and body that answer `operation`: 200 when it ran, 400 when it was refused before."""
    try:
        result = schema.execute_sync(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.name,
            allowed_operation_types=(OperationType.QUERY, OperationType.MUTATION),
        )
    except (CannotGetOperationTypeError, InvalidOperationTypeError):
        wanted = "the operation must be a query or a mutation, and the one that `operationName` names"
        return 400, orjson.dumps(error_body("BAD_REQUEST", wanted, requestId=context.request_id))
    body: dict[str, Any] = {"data": result.data} if result.data is not None else {}
    if result.errors:
        body["errors"] = [told(error, context) for error in result.errors[:MOST_ERRORS]]
    ran = result.data is not None or any(error.path for error in result.errors or ())
    if ran:
        body.setdefault("data", None)
    return 200 if ran else 400, orjson.dumps(body)


def told(error: GraphQLError, context: Context) -> dict[str, Any]:
    """An error as it is shown: its code and place; anything unforeseen only as INTERNAL, and logged."""
    code, message = _stated(error, context)
    shown: dict[str, Any] = {"message": message}
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        shown["path"] = error.path
    return {**shown, "extensions": {"code": code, "requestId": context.request_id}}


def _stated(error: GraphQLError, context: Context) -> tuple[str, str]:
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, Refused):
        return cause.code, cause.message
    if isinstance(cause, BadCursor):
        return cause.code, str(cause)
    if isinstance(cause, StoreUnavailable):
        return cause.code, cause.reason
    if cause is not None and not isinstance(cause, GraphQLError):
        return _masked(cause, context)
    message = error.message if context.settings.development else _SUGGESTION.sub("", error.message)
    return _code(error), message


def _code(error: GraphQLError) -> str:
    stated = (error.extensions or {}).get("code")
    if isinstance(stated, str):
        return stated
    if isinstance(error, GraphQLSyntaxError):
        return next((code for words, code in ABORTED.items() if words in error.message), "GRAPHQL_SYNTAX")
    return "GRAPHQL_INVALID"


def _masked(cause: Exception, context: Context) -> tuple[str, str]:
    log.error("fault", request_id=context.request_id, exc_info=cause)
    if context.settings.development:
        return "INTERNAL", f"{type(cause).__name__}: {cause}"
    return "INTERNAL", "a fault of the service; it is logged under this request id"
