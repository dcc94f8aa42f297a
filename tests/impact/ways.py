"""Kernels compiled and as plain Python, one after the other on one case, which costs more to draw than to answer."""

from collections.abc import Iterator

from impact.kernels.jit import KERNELS, compile_kernels, interpret_kernels


def each_way() -> Iterator[None]:
    """Once with the kernels compiled, once as plain Python; what was compiled is put back at the end or when closed."""
    compile_kernels()
    compiled = [kernel.run for kernel in KERNELS]
    try:
        yield
        interpret_kernels()
        yield
    finally:
        for kernel, run in zip(KERNELS, compiled, strict=True):
            kernel.run = run
