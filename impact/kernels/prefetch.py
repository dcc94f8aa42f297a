"""The processor's instruction to load something ahead of its use, for compiled kernels: `kernels.jit.fetch`.

Needs Numba, so it is imported only where kernels are compiled.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

READ, KEEP, DATA = 0, 3, 1
"""What the address is needed for, how near to the processor it is kept (3: nearest), and what stands there: see
`llvm.prefetch` in LLVM's language reference."""


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_context: Any, array: Any, row: Any) -> Any:
    """Begin to load the first item of `array[row]`; `row` is not negative."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind, number = signature.args
        view = context.make_array(kind)(context, builder, values[0])
        wide = context.cast(builder, values[1], number, types.intp)
        indices = [wide, *[context.get_constant(types.intp, 0)] * (kind.ndim - 1)]
        item = cgutils.get_item_pointer(context, builder, kind, view, indices)
        address = builder.bitcast(item, ir.IntType(8).as_pointer())
        flags = [ir.Constant(ir.IntType(32), flag) for flag in (READ, KEEP, DATA)]
        taken = ir.FunctionType(ir.VoidType(), [address.type, *(flag.type for flag in flags)])
        builder.call(cgutils.get_or_insert_function(builder.module, taken, "llvm.prefetch.p0"), [address, *flags])
        return context.get_dummy_value()

    return types.void(array, row), generate
