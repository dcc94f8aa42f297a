"""Kernels: plain Python functions over arrays, compiled by Numba when there is enough work to pay for it.

Importing Numba and loading compiled code takes more than a second, in which plain Python settles tens of thousands of
CIs; so a kernel runs as it stands until `compile_kernels` is called: by a server when it starts, or when a large graph
is compiled. Both ways give the same answers; the tests hold each against the other.
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import FunctionType
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
PARTS: list[Callable[..., Any]] = []


def part(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that kernels, or other parts, declared after it call."""
    PARTS.append(function)
    return function


def fetch(array: Any, row: Any) -> None:
    """Begin to load the first item of a row of an array, for a moment at which it will be needed: compiled, an
    instruction to the processor that nothing waits for; else nothing."""


def compile_kernels() -> None:
    """Run every kernel compiled from now on, without the interpreter lock; compiled code is kept on disk."""
    if all(kernel.run is not kernel.plain for kernel in KERNELS):
        return
    from numba import njit

    from impact.kernels.prefetch import prefetch

    compiled: dict[Callable[..., Any], Any] = {fetch: prefetch}
    for function in PARTS:
        compiled[function] = njit(nogil=True, inline="always")(_calling(function, compiled))
    for kernel in KERNELS:
        kernel.run = njit(nogil=True, cache=True)(_calling(kernel.plain, compiled, version()))


@cache
def version() -> str:
    """A name for the sources of all kernels: compiled code is kept under it, since a kernel's own file is not all of
    what it was compiled from."""
    digest = sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _calling(
    function: Callable[..., Any], compiled: dict[Callable[..., Any], Any], name: str = ""
) -> Callable[..., Any]:
    """`function`, calling the compiled form of every part it uses."""
    names = {
        called: compiled[found]
        for called in function.__code__.co_names
        if isinstance(found := function.__globals__.get(called), FunctionType) and found in compiled
    }
    calling = FunctionType(function.__code__, {**function.__globals__, **names}, function.__name__)
    calling.__module__, calling.__qualname__ = function.__module__, f"{function.__qualname__}_{name}"
    return calling


def interpret_kernels() -> None:
    """Run every kernel as plain Python from now on."""
    for kernel in KERNELS:
        kernel.run = kernel.plain
