"""The plain-Python twin of the engine: the law of impact word for word, slow and obvious."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil

OPERATIONAL, AT_RISK, DEGRADED, DOWN = range(4)


@dataclass
class World:
    """CIs by number. A dependency is (dependent, provider, effect, pool name or ""); a rule belongs to
    (dependent, pool name) and is (required, full, effect), counts or percentages as text, full may be empty."""

    size: int
    dependencies: list[tuple[int, int, int, str]] = field(default_factory=list)
    rules: dict[tuple[int, str], tuple[str, str, int]] = field(default_factory=dict)
    not_live: set[int] = field(default_factory=set)

    def live(self) -> list[tuple[int, int, int, str]]:
        if not self.not_live:
            return self.dependencies
        return [d for d in self.dependencies if not {d[0], d[1]} & self.not_live]

    def in_service(self) -> "World":
        """Itself without what is not live."""
        return World(self.size, self.live(), self.rules)

    def members(self, dependent: int, pool: str) -> list[int]:
        return sorted({p for d, p, _, name in self.live() if (d, name) == (dependent, pool)})


def amount(text: str, members: int) -> int:
    return ceil(int(text[:-1]) * members / 100 - 1e-9) if text.endswith("%") else int(text)


def contribution(states: Iterable[int], required: int, full: int, effect: int) -> int:
    """The pool formula of the law; `states` of the members."""
    best_first = sorted(states)
    eroded = AT_RISK if any(s >= DEGRADED for s in best_first) else OPERATIONAL
    return min(effect, max(best_first[required - 1], min(DEGRADED, best_first[full - 1]), eroded))


def needs(world: World, dependent: int, pool: str) -> tuple[int, int]:
    """(required, full) after the rule has been kept sane."""
    members = len(world.members(dependent, pool))
    required, full, _ = world.rules[dependent, pool]
    k = min(max(amount(required, members), 1), members)
    return k, min(max(amount(full, members), k), members) if full else k


def settle(world: World, floors: Mapping[int, int], pins: Iterable[int] = ()) -> list[int]:
    """The least fixpoint, by rounds over everything until nothing changes."""
    pinned, live = set(pins), world.in_service()
    states = [0] * world.size
    while True:
        after = [
            0 if ci in pinned else max([floors.get(ci, 0), *causes(live, states, ci).values()])
            for ci in range(world.size)
        ]
        if after == states:
            return states
        states = after


def causes(world: World, states: list[int], ci: int) -> dict[tuple[str, object], int]:
    """What each plain dependency and pool of `ci` contributes, given the states of all."""
    found: dict[tuple[str, object], int] = {}
    for at, (dependent, provider, effect, pool) in enumerate(world.live()):
        if dependent != ci:
            continue
        if not pool:
            found["plain", at] = min(effect, states[provider])
        elif ("pool", pool) not in found:
            k, f = needs(world, ci, pool)
            members = [states[m] for m in world.members(ci, pool)]
            found["pool", pool] = contribution(members, k, f, world.rules[ci, pool][2])
    return found


def blamed(world: World, states: list[int], ci: int) -> set[int]:
    """Providers whose own state is among the reasons for the state of `ci`."""
    found: set[int] = set()
    reached = states[ci]
    for dependent, provider, effect, pool in world.live():
        if dependent != ci or not reached:
            continue
        if not pool and min(effect, states[provider]) == reached:
            found.add(provider)
        if pool and world.rules[ci, pool][2] >= reached:
            k, f = needs(world, ci, pool)
            members = world.members(ci, pool)
            working = sum(states[m] < reached for m in members)
            if states[provider] >= reached and working < (k if reached == DOWN else f):
                found.add(provider)
            if reached == AT_RISK and states[provider] >= DEGRADED:
                found.add(provider)
    return found


def distances(world: World, states: list[int], floors: Mapping[int, int]) -> dict[int, int]:
    """Length of the shortest proof of every affected CI."""
    far, live = {ci: 0 for ci, floor in floors.items() if floor and states[ci] == floor}, world.in_service()
    reasons = {ci: blamed(live, states, ci) for ci in range(world.size) if states[ci] and ci not in far}
    hops = 0
    while True:
        hops += 1
        new = [
            ci for ci, providers in reasons.items() if ci not in far and any(far.get(p) == hops - 1 for p in providers)
        ]
        if not new:
            return far
        far.update(dict.fromkeys(new, hops))
