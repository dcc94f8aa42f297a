"""What all changes have in common: who asks, why, and the key that makes a retry safe."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

import strawberry

from api.gql.context import Context
from api.render import camel
from cmdb.model.attributes import parse_text
from cmdb.model.errors import InvalidInput as BadValues
from cmdb.model.errors import Problem, ValueFault, shown
from cmdb.records.record_types import AnyRecord
from cmdb.records.writing import Written
from cmdb.service import Signed

R = TypeVar("R", bound=AnyRecord)
NAME = re.compile(r"[a-z][a-z0-9_]*")
SOURCE = "api"
MAX_KEY = 200
MAX_MESSAGE = 1_000
Key = Annotated[
    str | None, strawberry.argument(description="Makes a retry safe: the same key is applied once. Any text of yours.")
]
Message = Annotated[str, strawberry.argument(description="Why, for the history.")]


def signed(context: Context, key: str | None, message: str) -> Signed:
    """Who asks, why, and under which key. Raises `InvalidInput`."""
    try:
        text = parse_text(message)
        if len(text) > MAX_MESSAGE:
            raise ValueFault("FIELD_TOO_LONG", message, f"at most {MAX_MESSAGE} characters")
    except ValueFault as fault:
        raise BadValues([fault.at("message")]) from None
    if key is not None and not (0 < len(key) <= MAX_KEY and key.isprintable()):
        raise BadValues([Problem("BAD_CHARACTER", "key", shown(key), f"1 to {MAX_KEY} printable characters")])
    return Signed(context.who, SOURCE, text, key or "")


def written(
    context: Context,
    key: str | None,
    message: str,
    act: Callable[[Signed], Written[R]],
    argument: str = "",
    names: Mapping[str, str] | None = None,
) -> Written[R]:
    """What `act` wrote; the next question shows it.

    Raises what `act` raises; the places of problems are told as in the request: within `argument`, by the names of its
    fields, of which `names` holds those that are called otherwise where they are kept.
    """
    try:
        found = act(signed(context, key, message))
    except BadValues as error:
        told = [problem._replace(place=_place(problem.place, argument, names or {})) for problem in error.problems]
        raise BadValues(told, error.count) from None
    context.workspace.wrote(found.revision)
    return found


def _place(place: str, argument: str, names: Mapping[str, str]) -> str:
    """A place as the request has it: `cis[0].ci` as `incident.cis[0].ci`, `started_at` as `startedAt`."""
    told = NAME.sub(lambda found: camel(names.get(found[0], found[0])), place)
    return f"{argument}.{told}" if argument and told not in {"key", "message"} else told
