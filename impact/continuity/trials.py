"""Effective recovery once more, after one change: only of what rests on it, everything else as it was found."""

from dataclasses import dataclass, replace

import numpy as np

from impact.continuity.gaps import Assessment
from impact.continuity.needs import Needs
from impact.continuity.recovery import recovered
from impact.kernels.types import I32, I64
from impact.kernels.worst import resting_on


@dataclass(frozen=True, eq=False)
class Trial:
    """What rests on a CI, as needs of their own, and the restore times to try.

    By position, `names` are the `count` CIs that rest on it; then what these need besides, which is back when it was
    found to be, whatever changes; and at last one that is always back (-1).
    """

    found: Assessment
    count: int
    names: I32
    needs: Needs
    restore: I32

    def minutes(self, ci: int, restore: int) -> I64:
        """The recovery of every CI of the estate, if `ci` took `restore` minutes by itself."""
        return self._joined(self.needs, np.where(self.names == ci, restore, self.restore).astype(np.int32))

    def minutes_beside(self, dependent: int, provider: int) -> I64:
        """The same, if `dependent` did not rest on `provider` alone, where it does by a plain relation."""
        needs, member = self.needs, self.needs.member.copy()
        position = int(np.nonzero(self.names == dependent)[0][0])
        plain = int(needs.first[position])  # the plain relations of a CI are its first requirement
        part = member[needs.start[plain] : needs.start[plain] + needs.count[plain]]
        part[self.names[part] == provider] = len(needs) - 1
        return self._joined(replace(needs, member=member), self.restore)

    def _joined(self, needs: Needs, restore: I32) -> I64:
        minutes = self.found.recovery.minutes.copy()
        minutes[self.names[: self.count]] = recovered(needs, restore).minutes[: self.count]
        return minutes


def trial(found: Assessment, ci: int) -> Trial:
    """What rests on `ci`, itself included. Cost follows it, besides columns of the size of the estate."""
    needs, recovery = found.needs, found.recovery
    cis = resting_on.run(*found.facts.graph.arrays, ci)
    counts = needs.first[cis + 1] - needs.first[cis]
    requirements = _ranges(needs.first[cis], counts)
    sizes = needs.count[requirements].astype(np.int64)
    member = needs.member[_ranges(needs.start[requirements], sizes)]
    at = np.full(len(needs), -1, np.int32)
    at[cis] = np.arange(len(cis), dtype=np.int32)
    besides = np.zeros(len(needs), np.bool_)
    besides[member[at[member] < 0]] = True
    others = np.nonzero(besides)[0].astype(np.int32)
    at[others] = np.arange(len(cis), len(cis) + len(others), dtype=np.int32)
    names = np.concatenate([cis, others, np.array([-1])]).astype(np.int32)
    first = np.zeros(len(names) + 1, np.int64)
    np.cumsum(counts, out=first[1 : len(cis) + 1])
    first[len(cis) + 1 :] = len(requirements)
    part = Needs(
        np.arange(len(names), dtype=np.int32), first, needs.least[requirements], np.cumsum(sizes) - sizes,
        needs.count[requirements], at[member],
    )  # fmt: skip
    restore = np.concatenate([recovery.restore[cis], recovery.minutes[others], np.array([0])]).astype(np.int32)
    return Trial(found, len(cis), names, part, restore)


def _ranges(first: I64, counts: I64) -> I64:
    """The numbers from each of `first` on, as many as `counts` says, one after the other."""
    before = np.cumsum(counts) - counts
    return np.arange(counts.sum(), dtype=np.int64) + np.repeat(first - before, counts)
