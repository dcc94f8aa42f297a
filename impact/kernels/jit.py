"""The one way a kernel is compiled: on first call, kept on disk, without the interpreter lock."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """`function`, compiled by Numba; its plain-Python meaning stays its specification."""
    return cast(F, njit(nogil=True, cache=True)(function))
