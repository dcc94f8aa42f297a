"""The plain twin of effective recovery, required-by and the schedule: the law, slow and obvious."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.impact.naive import DOWN, World, needs

Requirement = tuple[int, frozenset[int], str]
"""How many of these CIs must be back, and the pool that says so ("" for a plain dependency)."""


def requirements(world: World, among: Iterable[int]) -> dict[int, list[Requirement]]:
    """What each of `among` needs; whoever is not among them works already."""
    chosen = set(among)
    found = dict[int, list[Requirement]]()
    for ci in sorted(chosen):
        mine = [d for d in world.live() if d[0] == ci]
        found[ci] = [(1, frozenset({p}), "") for _, p, effect, pool in mine if not pool and effect == DOWN]
        for pool in sorted({d[3] for d in mine if d[3] and world.rules[ci, d[3]][2] == DOWN}):
            members = set(world.members(ci, pool))
            found[ci].append((needs(world, ci, pool)[0] - len(members - chosen), frozenset(members & chosen), pool))
        found[ci] = [(k, m, p) for k, m, p in found[ci] if k > 0 and m <= chosen and m]
    return found


@dataclass
class Twin:
    """Who must be started together, and then the time everything takes if it begins as soon as it can."""

    needs: dict[int, list[Requirement]]
    restore: Sequence[int]
    startable: set[int] = field(default_factory=set)
    together: dict[int, frozenset[int]] = field(default_factory=dict)

    def group(self, nodes: Iterable[int]) -> None:
        """Find who must be started together among `nodes`, given who can be started already."""
        for part in self.parts(nodes):
            rest = set(part)
            while new := {ci for ci in rest if not self.waits(ci)}:
                self.startable |= new
                rest -= new
                self.together.update((ci, frozenset({ci})) for ci in new)
            parts = self.parts(rest)
            if len(parts) == 1:
                self.startable |= rest
                self.together.update(dict.fromkeys(rest, parts[0]))
            elif rest:
                self.group(rest)

    def parts(self, nodes: Iterable[int]) -> list[frozenset[int]]:
        """Who waits for each other, what is waited for first."""
        reach = {ci: {ci} for ci in nodes}
        growing = True
        while growing:
            before = {ci: set(seen) for ci, seen in reach.items()}
            for seen in reach.values():
                seen |= {m for ci in list(seen) for m in self.waits(ci) if m in reach}
            growing = before != reach
        found = {frozenset(b for b in reach[a] if a in reach[b]) for a in reach}
        return sorted(found, key=lambda group: (len(reach[min(group)]), min(group)))

    def waits(self, ci: int) -> set[int]:
        """Members of the requirements of a CI that too few others of can be started."""
        return {m for k, ms, _ in self.needs[ci] if len(ms & self.startable) < k for m in ms - self.startable}

    def met(self, group: frozenset[int], minutes: dict[int, int]) -> int | None:
        """When the requirements of a group are met from outside, as far as `minutes` are known."""
        latest = 0
        for ci in group:
            for k, members, _ in self.needs[ci]:
                wanted = k - len(members & group)
                times = sorted(minutes[m] for m in members - group if m in minutes)
                if wanted > len(times):
                    return None
                latest = max([latest, *times[:wanted]])
        return latest

    def minutes(self) -> dict[int, int]:
        """Everything begins as soon as what it needs is back; whoever is done first is noted first."""
        found, left = dict[int, int](), set(self.together.values())
        while left:
            ready = {g: t for g in left if (t := self.met(g, found)) is not None}
            done = {g: t + max(0, *(self.restore[ci] for ci in g)) for g, t in ready.items()}
            soonest = min(done, key=lambda g: (done[g], min(g)))
            found.update(dict.fromkeys(soonest, done[soonest]))
            left.remove(soonest)
        return found

    def exact(self) -> dict[int, bool]:
        """Whose minutes rest on known restore times only: the least set that justifies itself."""
        minutes, sure = self.minutes(), set[int]()
        while True:
            new = {
                ci for ci, group in self.together.items()
                if ci not in sure and all(self.restore[c] >= 0 and self._sure(c, group, minutes, sure) for c in group)
            }  # fmt: skip
            if not new:
                return {ci: ci in sure for ci in self.needs}
            sure |= new

    def _sure(self, ci: int, group: frozenset[int], minutes: dict[int, int], sure: set[int]) -> bool:
        for k, members, _ in self.needs[ci]:
            wanted = k - len(members & group)
            outside = members - group
            moment = max([0, *sorted(minutes[m] for m in outside)[: max(wanted, 0)]])
            if sum(m in sure and minutes[m] <= moment for m in outside) < wanted:
                return False
        return True


def required_by(twin: Twin, promise: Sequence[int]) -> dict[int, tuple[int | None, int]]:
    """For each CI when it must be back (None: no promise rests on it), and the longest work waiting for it."""
    minutes = twin.minutes()
    found: dict[int, tuple[int | None, int]] = {ci: (promise[ci] if promise[ci] >= 0 else None, 0) for ci in twin.needs}
    changed = True
    while changed:
        before = dict(found)
        for ci, group in twin.together.items():
            moments = [at for c in group if (at := found[c][0]) is not None]
            mine = min(moments, default=None), max(found[c][1] for c in group)
            for c in group:
                found[c] = mine
            work = max(0, *(twin.restore[c] for c in group))
            for k, members, _ in twin.needs[ci]:
                outside = members - group
                quick = sorted(minutes[m] for m in outside)[: max(0, k - len(members & group))]
                for m in outside:
                    if quick and minutes[m] <= quick[-1]:
                        latest = [
                            at for at in (found[m][0], None if mine[0] is None else mine[0] - work) if at is not None
                        ]
                        found[m] = min(latest, default=None), max(found[m][1], mine[1] + work)
        changed = before != found
    return found


def recovery(world: World, restore: Sequence[int], among: Iterable[int]) -> Twin:
    """Effective recovery of `among`."""
    twin = Twin(requirements(world, among), restore)
    twin.group(twin.needs)
    return twin
