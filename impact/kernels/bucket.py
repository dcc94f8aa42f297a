"""Counting sort: which rows belong to which CI."""

import numpy as np

from impact.kernels.jit import kernel
from impact.kernels.types import I32, U32


@kernel
def bucket(keys: I32, size: int) -> tuple[U32, I32]:
    """Rows grouped by key, 0 to size - 1: (start and count per key, row numbers in order), stable."""
    index = np.zeros((size, 2), np.uint32)
    for i in range(len(keys)):
        index[keys[i], 1] += np.uint32(1)
    fill = np.empty(size, np.int64)
    total = 0
    for key in range(size):
        index[key, 0] = total
        fill[key] = total
        total += index[key, 1]
    order = np.empty(len(keys), np.int32)
    for i in range(len(keys)):
        key = keys[i]
        order[fill[key]] = i
        fill[key] += 1
    return index, order
