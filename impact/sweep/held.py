"""Sweeps that are held: the newest in memory and in a file, following its estate; past ones asked for last."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Lock

from impact.estate import Estate
from impact.sweep.kept import KeptSweep, same_rows
from impact.sweep.pool import Pool
from impact.sweep.shared import BrokenPools, broken_pools
from impact.sweep.sweep import Progress, Sweep, refresh, sweep

PAST = 2
"""How many past sweeps are held; each takes 68 bytes for every live CI, besides its estate."""

Head = tuple[int, datetime]


@dataclass(frozen=True, eq=False)
class Swept:
    """An estate and its sweep."""

    estate: Estate
    sweep: Sweep

    @cached_property
    def broken(self) -> BrokenPools:
        """The pools that a single failure breaks."""
        return broken_pools(self.estate, self.sweep)


@dataclass
class Sweeps:
    """Safe to use from any thread; of several callers for one sweep, one computes it.

    With `place`, the newest sweep is kept there. `before` is an estate that a kept sweep may be of.
    """

    place: Path | None = None
    before: Estate | None = None
    _newest: Swept | None = None
    _past: OrderedDict[Head, Swept] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(
        self, estate: Estate, as_of: bool = False, pool: Pool | None = None, progress: Progress | None = None
    ) -> Swept:
        """The sweep of the newest estate, or of a past one: held, kept, made from an earlier one, or computed. Given a
        `pool` it is computed anew, with its workers."""
        newest = self._newest
        if pool is None and newest is not None and newest.estate is estate:
            return newest
        with self._lock:
            past = as_of or (self._newest is not None and estate.revision < self._newest.estate.revision)
            return self._of_past(estate, pool, progress) if past else self._of_newest(estate, pool, progress)

    def _of_past(self, estate: Estate, pool: Pool | None, progress: Progress | None) -> Swept:
        found = self._past.pop(estate.head, None)
        if pool is not None or found is None or not same_rows(found.estate, estate):
            found = Swept(estate, sweep(estate, pool, progress))
        self._past[estate.head] = found
        while len(self._past) > PAST:
            self._past.popitem(last=False)
        return found

    def _of_newest(self, estate: Estate, pool: Pool | None, progress: Progress | None) -> Swept:
        held = self._newest
        if pool is None and held is not None and held.estate is estate:
            return held
        if pool is None and held is not None and same_rows(held.estate, estate):
            found = held.sweep
        else:
            kept = KeptSweep(self.place).load(estate) if self.place and pool is None else None
            found = kept or self._computed(estate, pool, progress)
            if self.place and kept is None:
                KeptSweep(self.place).save(found, estate)
        self.before = None
        self._newest = Swept(estate, found)
        return self._newest

    def _computed(self, estate: Estate, pool: Pool | None, progress: Progress | None) -> Sweep:
        """Made from the sweep of an earlier estate, where there is one; else computed whole."""
        earlier = self._newest or self._started()
        if pool is None and earlier is not None:
            return refresh(earlier.sweep, earlier.estate, estate)
        return sweep(estate, pool, progress)

    def _started(self) -> Swept | None:
        """What is kept of the estate that this process started from."""
        if self.place is None or self.before is None:
            return None
        kept = KeptSweep(self.place).load(self.before)
        return Swept(self.before, kept) if kept else None
