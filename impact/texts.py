"""Many texts in one block of bytes: quick to load, shared between processes, read one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import overload

import numpy as np

from impact.kernels.types import I64, U8


@dataclass(frozen=True, slots=True)
class Texts(Sequence[str]):
    """Texts by position: first those in `block`, the i-th from `ends[i]` to `ends[i + 1]`, then those in `late`."""

    block: U8
    ends: I64
    late: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Texts":
        """The same texts, packed."""
        joined = "".join(texts)
        sizes = map(len, texts) if joined.isascii() else (len(text.encode()) for text in texts)
        ends = np.zeros(len(texts) + 1, np.int64)
        np.cumsum(np.fromiter(sizes, np.int64, len(texts)), out=ends[1:])
        return cls(np.frombuffer(joined.encode(), np.uint8), ends)

    @property
    def packed(self) -> int:
        """How many of them are in the block."""
        return len(self.ends) - 1

    def __len__(self) -> int:
        return self.packed + len(self.late)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        if at >= self.packed:
            return self.late[at - self.packed]
        return self.block[self.ends[at] : self.ends[at + 1]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        """All of them, an order of magnitude faster than one by one."""
        data, ends = self.block.tobytes(), self.ends.tolist()
        spans = pairwise(ends)
        if data.isascii():
            text = data.decode()
            yield from (text[start:end] for start, end in spans)
        else:
            yield from (data[start:end].decode() for start, end in spans)
        yield from self.late
