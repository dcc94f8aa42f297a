"""Who is who: id, name and attributes of every CI by index; an immutable value that shares what did not change."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any, cast

import numpy as np
import orjson

from impact.kernels.types import I32, I64
from impact.texts import Texts

GAP = 12
"""Bits kept between two neighbouring ids for ids that are recorded later."""
FEW = 7
"""One id is found in about the time in which 2 to this power are read in a row."""


@dataclass(frozen=True)
class Register:
    """CIs by index. The first `sorted_size` ids are in order; later ones are appended as they are recorded.

    The texts are only ever appended to, and may be longer than `size`; `changed` holds the (name, attributes JSON) of
    CIs that are not as they were when the texts were packed, `gone` those that were deleted.
    """

    ids: Texts
    names: Texts
    attributes: Texts
    size: int
    late: dict[str, int] = field(default_factory=dict)
    changed: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    gone: frozenset[int] = frozenset()

    @classmethod
    def of(cls, ids: Sequence[str], names: Sequence[str], attributes: Sequence[str]) -> "Register":
        """A register of CIs given in order of id."""
        return cls(Texts.of(ids), Texts.of(names), Texts.of(attributes), len(ids))

    @property
    def sorted_size(self) -> int:
        """How many ids are in order."""
        return self.ids.packed

    def place(self, ci: str) -> int | None:
        """The index that an id has in the texts, deleted ones and those of later registers included."""
        at = bisect_left(self.ids, ci, 0, self.sorted_size)
        if at < self.sorted_size and self.ids[at] == ci:
            return at
        return self.late.get(ci)

    def find(self, ci: str) -> int | None:
        """The index of an id, or None."""
        at = self.place(ci)
        return at if at is not None and at < self.size and at not in self.gone else None

    def finder(self, calls: int) -> Callable[[str], int | None]:
        """`find`, for about so many calls: where they are many, every id is read once beforehand."""
        if calls < self.size >> FEW:
            return self.find
        places = {ci: at for at, ci in enumerate(islice(self.ids, self.size)) if at not in self.gone}
        return places.get

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

    def branch(self) -> "Register":
        """The same register, to be updated without a trace in this one and in what follows it."""
        ids, names, attributes = (
            Texts(texts.block, texts.ends, texts.late[: self.size - self.sorted_size])
            for texts in (self.ids, self.names, self.attributes)
        )
        late = {ci: at for ci, at in self.late.items() if at < self.size}
        return replace(self, ids=ids, names=names, attributes=attributes, late=late)

    def updated(self, records: Mapping[str, tuple[str, str]], deleted: Iterable[str] = ()) -> "Register":
        """This register with new or changed (name, attributes JSON) by id. Only the newest value may be updated."""
        changed, places = dict(self.changed), dict[str, int]()
        for ci, record in records.items():
            at = self.place(ci)
            if at is None:
                at = self.late[ci] = len(self.ids)
                for texts, text in zip((self.ids, self.names, self.attributes), (ci, *record), strict=True):
                    texts.late.append(text)
            elif at in changed or (self.names[at], self.attributes[at]) != record:
                changed[at] = record
            places[ci] = at
        size = len(self.ids)
        unborn = (i for i in range(self.size, size) if self.ids[i] not in records)
        removed = (at for ci in deleted if (at := self.place(ci)) is not None)
        gone = self.gone.union(unborn, removed) - set(places.values())
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
