"""Fields with resolvers, typed: the docstring of a resolver is its description in the schema."""

from collections.abc import Callable
from inspect import cleandoc
from typing import Any, TypeVar, cast

import strawberry

F = TypeVar("F", bound=Callable[..., Any])


def field(resolver: F) -> F:
    """A field that `resolver` answers."""
    return cast(F, strawberry.field(description=_described(resolver))(resolver))


def mutation(resolver: F) -> F:
    """A field of the mutation type that `resolver` answers."""
    return cast(F, strawberry.mutation(description=_described(resolver))(resolver))


def _described(resolver: Callable[..., Any]) -> str | None:
    return " ".join(cleandoc(resolver.__doc__).split()) if resolver.__doc__ else None
