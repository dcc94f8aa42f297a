"""Who is who: id, name and attributes of every CI by index; an immutable value that shares what did not change."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import orjson

from impact.kernels.types import I32, I64

GAP = 12
"""Bits kept between two neighbouring ids for ids that are recorded later."""


@dataclass(frozen=True)
class Register:
    """CIs by index. The first `sorted_size` ids are in order; later ones are appended as they are recorded.

    The lists are only ever appended to and may be longer than `size`; `changed` holds the (name, attributes JSON) of
    CIs that are not as they were when the lists were made, `gone` those that were deleted.
    """

    ids: list[str]
    names: list[str]
    attributes: list[str]
    index: dict[str, int]
    size: int
    sorted_size: int
    changed: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    gone: frozenset[int] = frozenset()

    @classmethod
    def of(cls, ids: list[str], names: list[str], attributes: list[str]) -> "Register":
        """A register of CIs given in order of id."""
        index = dict(zip(ids, range(len(ids)), strict=True))
        return cls(ids, names, attributes, index, len(ids), len(ids))

    def find(self, ci: str) -> int | None:
        """The index of an id, or None."""
        at = self.index.get(ci)
        return at if at is not None and at < self.size and at not in self.gone else None

    @property
    def room(self) -> int:
        """How many more CIs can be appended before `ranks` could no longer tell all of them apart."""
        return (1 << GAP) - 1 - (self.size - self.sorted_size)

    def name(self, at: int) -> str:
        return self.changed[at][0] if at in self.changed else self.names[at]

    def attributes_of(self, at: int) -> dict[str, Any]:
        """The typed attributes of a CI."""
        text = self.changed[at][1] if at in self.changed else self.attributes[at]
        return cast(dict[str, Any], orjson.loads(text))

    def updated(self, records: Mapping[str, tuple[str, str]], deleted: Iterable[str] = ()) -> "Register":
        """This register with new or changed (name, attributes JSON) by id. Only the newest value may be updated."""
        changed = dict(self.changed)
        for ci, record in records.items():
            at = self.index.get(ci)
            if at is None:
                self.index[ci] = len(self.ids)
                self.ids.append(ci)
                self.names.append(record[0])
                self.attributes.append(record[1])
            elif (self.names[at], self.attributes[at]) != record or at in changed:
                changed[at] = record
        size = len(self.ids)
        unborn = (i for i in range(self.size, size) if self.ids[i] not in records)
        gone = self.gone.union(unborn, (self.index[c] for c in deleted if c in self.index))
        gone -= {self.index[c] for c in records}
        return replace(self, size=size, changed=changed, gone=gone)

    @cached_property
    def _late_ranks(self) -> I64:
        """Ranks of the appended ids, between those of their neighbours."""
        late = sorted(range(self.sorted_size, self.size), key=self.ids.__getitem__)
        ranks, before, step = np.zeros(len(late), np.int64), -1, 0
        for at in late:
            gap = bisect_left(self.ids, self.ids[at], 0, self.sorted_size)
            step = step + 1 if gap == before else 1
            before = gap
            ranks[at - self.sorted_size] = (gap << GAP) + step
        return ranks

    def ranks(self, cis: I32) -> I64:
        """Numbers that sort as the ids of `cis` do."""
        ranks = (cis.astype(np.int64) + 1) << GAP
        if self.size > self.sorted_size:
            late = cis >= self.sorted_size
            ranks[late] = self._late_ranks[cis[late] - self.sorted_size]
        return ranks

    def rank(self, ci: str) -> int:
        """The number that an id has, or would have, among those of `ranks`."""
        at = self.find(ci)
        if at is not None:
            return int(self.ranks(np.array([at], np.int32))[0])
        return bisect_left(self.ids, ci, 0, self.sorted_size) << GAP
