"""What the attribute texts of many CIs say, as columns: which attributes are recorded, how critical, until when."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import orjson

from impact.estate import UNKNOWN
from impact.kernels.types import B1, I32, U8, U64
from impact.register import Register

CRITICALITIES = ("critical", "high", "medium", "low")
WITHOUT = len(CRITICALITIES)
"""The criticality of a CI that has none recorded."""
STEP = 50_000
EPOCH = date(1970, 1, 1).toordinal()

Progress = Callable[[int, int], None]
"""Told how many of how many CIs have been read."""


def unwatched(done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """Columns beside the CIs they were read of.

    `known` has the bit of each of `names` that is recorded; `criticality` is a place in `CRITICALITIES`, or `WITHOUT`;
    `days` holds a day (since 1970-01-01) for each of `dated`, or UNKNOWN.
    """

    names: tuple[str, ...]
    known: U64
    criticality: U8
    days: dict[str, I32]

    def recorded(self, name: str) -> B1:
        """Which CIs have the attribute `name`."""
        marks: B1 = (self.known & np.uint64(1 << self.names.index(name))) != 0
        return marks


def read(
    register: Register, cis: I32, names: tuple[str, ...], dated: tuple[str, ...], progress: Progress = unwatched
) -> Attributes:
    """The attributes of `cis`, each text parsed once. At most 64 `names`; those that are `dated` are among them."""
    known = np.zeros(len(cis), np.uint64)
    criticality = np.full(len(cis), WITHOUT, np.uint8)
    days = {name: np.full(len(cis), UNKNOWN, np.int32) for name in dated}
    sets = _Sets(names)
    ranks = {word: at for at, word in enumerate(CRITICALITIES)}
    for start in range(0, len(cis), STEP):
        progress(start, len(cis))
        chunk = cis[start : start + STEP]
        found = list(_parsed(register, chunk))
        end = start + len(chunk)
        known[start:end] = [sets[tuple(values)] for values in found]
        criticality[start:end] = [ranks.get(values.get("criticality", ""), WITHOUT) for values in found]
        for name in dated:
            for at in np.nonzero(known[start:end] & np.uint64(1 << names.index(name)))[0].tolist():
                days[name][start + at] = date.fromisoformat(found[at][name][:10]).toordinal() - EPOCH
    progress(len(cis), len(cis))
    return Attributes(names, known, criticality, days)


class _Sets(dict[tuple[str, ...], int]):
    """The bits of a set of attributes; few different sets are recorded, so each is looked at once."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def __missing__(self, recorded: tuple[str, ...]) -> int:
        bits = sum(1 << at for at, name in enumerate(self._names) if name in recorded)
        self[recorded] = bits
        return bits


def _parsed(register: Register, cis: I32) -> Iterator[dict[str, Any]]:
    """The attributes of each of `cis`: read from the packed block, or from what changed since it was packed."""
    texts, changed = register.attributes, register.changed
    block, packed, loads = np.ascontiguousarray(texts.block).data, texts.packed, orjson.loads
    inside = np.minimum(cis, max(packed - 1, 0))
    ends = texts.ends if packed else np.zeros(2, np.int64)
    for ci, start, end in zip(cis.tolist(), ends[inside].tolist(), ends[inside + 1].tolist(), strict=True):
        yield register.attributes_of(ci) if ci >= packed or ci in changed else loads(block[start:end])
