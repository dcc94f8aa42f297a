"""Fields with resolvers, typed: the docstring of a resolver is its description in the schema."""

from collections.abc import Callable
from functools import wraps
from inspect import cleandoc
from typing import Annotated, Any, TypeVar, cast

import strawberry

from api.gql.context import Info
from api.gql.failures import STATED, stated
from api.scenario import recorded
from cmdb.store.port import Head

F = TypeVar("F", bound=Callable[..., Any])
AsOf = Annotated[
    str | None,
    strawberry.argument(description="A revision (`r42`) or a time with offset: as it was recorded then. Null: now."),
]


def head(info: Info, as_of: str | None) -> Head | None:
    """The revision asked for; None for the newest. Raises `InvalidInput` and `StoreUnavailable`."""
    return None if as_of is None else recorded(info.context.workspace.inventory, as_of)


def field(resolver: F) -> F:
    """A field that `resolver` answers."""
    return cast(F, strawberry.field(description=_described(resolver))(resolver))


def question(resolver: F) -> F:
    """A field whose answer is a union: what `resolver` returns, or one of the failures it raises as `STATED`."""
    return field(_stating(resolver))


def mutation(resolver: F) -> F:
    """A field of the mutation type, answered like a `question`."""
    return cast(F, strawberry.mutation(description=_described(resolver))(_stating(resolver)))


def _stating(resolver: F) -> F:
    @wraps(resolver)
    def answer(self: Any, info: Info, **arguments: Any) -> Any:
        try:
            return resolver(self, info, **arguments)
        except STATED as error:
            return stated(info.context, error)

    return cast(F, answer)


def _described(resolver: Callable[..., Any]) -> str | None:
    return " ".join(cleandoc(resolver.__doc__).split()) if resolver.__doc__ else None
