"""Kernels compiled and as plain Python, one after the other on one case, which costs more to draw than to answer."""

from collections.abc import Iterator

from impact.kernels.jit import KERNELS, compile_kernels, interpret_kernels


def each_way() -> Iterator[str]:
    """Once with the kernels compiled, and once as plain Python; then they are compiled again."""
    compile_kernels()
    compiled = [kernel.run for kernel in KERNELS]
    try:
        yield "compiled"
        interpret_kernels()
        yield "plain"
    finally:
        for kernel, run in zip(KERNELS, compiled, strict=True):
            kernel.run = run
