"""Which sources describe each CI, as numbers: few combinations occur, so each CI keeps the place of its own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from impact.kernels.types import B1, I32

Sources = tuple[str, ...]
NOBODY: Sources = ()


@dataclass(frozen=True)
class Origins:
    """`sets` are the combinations of sources that occur, the first of them nobody; `of` has the place of each CI's
    own, and is empty where nothing is known of sources."""

    sets: tuple[Sources, ...] = (NOBODY,)
    of: I32 = field(default_factory=lambda: np.zeros(0, np.int32))

    def placed(self, size: int, at: I32, told: Sequence[Sources]) -> "Origins":
        """The origins of `size` CIs, `told` of those `at`; itself if nothing differs."""
        numbers = dict(self._numbers)
        found = np.fromiter((numbers.setdefault(sources, len(numbers)) for sources in told), np.int32, len(told))
        if size == len(self.of) and np.array_equal(self.of[at], found):
            return self
        new = np.zeros(size, np.int32)
        new[: len(self.of)] = self.of
        new[at] = found
        return Origins(tuple(numbers), new)

    def only(self, cis: I32, sources: Collection[str]) -> B1:
        """Which of `cis` some of `sources` describe and nobody else."""
        return self._marked(cis, [bool(told) and set(told) <= set(sources) for told in self.sets])

    def naming(self, cis: I32, source: str) -> B1:
        """Which of `cis` a source describes, alone or with others."""
        return self._marked(cis, [source in told for told in self.sets])

    def counts(self, cis: I32) -> dict[str, int]:
        """How many of `cis` each source describes."""
        found: dict[str, int] = {}
        numbers = np.bincount(self.of[cis], minlength=len(self.sets)).tolist() if len(self.of) else []
        for told, count in zip(self.sets, numbers, strict=False):
            for source in told if count else ():
                found[source] = found.get(source, 0) + count
        return found

    def _marked(self, cis: I32, wanted: list[bool]) -> B1:
        if not len(self.of) or not any(wanted):
            return np.zeros(len(cis), np.bool_)
        marks: B1 = np.array(wanted, np.bool_)[self.of[cis]]
        return marks

    @cached_property
    def _numbers(self) -> dict[Sources, int]:
        return {told: at for at, told in enumerate(self.sets)}
