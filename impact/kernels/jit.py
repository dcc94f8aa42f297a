"""Kernels: plain Python functions over arrays, compiled by Numba when there is enough work to pay for it.

Importing Numba and loading compiled code takes more than a second, in which plain Python settles tens of thousands of
CIs; so a kernel runs as it stands until `compile_kernels` is called: by a server when it starts, or when a large graph
is compiled. Both ways give the same answers; the tests hold each against the other.
"""

from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

PLAIN_LIMIT = 300_000
"""Relations up to which one question is answered as quickly by plain Python, counting the time to load the code."""


class Kernel(Generic[P, R]):
    """A function, run as it stands or compiled: call `kernel.run(…)`."""

    def __init__(self, function: Callable[P, R]) -> None:
        self.plain = function
        self.run = function
        KERNELS.append(self)


KERNELS: list[Kernel[Any, Any]] = []


def compile_kernels() -> None:
    """Run every kernel compiled from now on, without the interpreter lock; compiled code is kept on disk."""
    if all(kernel.run is not kernel.plain for kernel in KERNELS):
        return
    from numba import njit

    for kernel in KERNELS:
        kernel.run = njit(nogil=True, cache=True)(kernel.plain)


def interpret_kernels() -> None:
    """Run every kernel as plain Python from now on."""
    for kernel in KERNELS:
        kernel.run = kernel.plain
