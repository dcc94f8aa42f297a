"""The plain twin of the search for a common cause: every CI failed alone, by the twin of the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.impact.naive import DEGRADED, DOWN, World, settle


@dataclass(frozen=True)
class Seen:
    """A symptom: the least state that explains it, the least that explains it as seen, and when it was seen."""

    least: int
    firm: int
    at: int | None


@dataclass(frozen=True)
class Judged:
    """A candidate, and what it is ranked by; `hops` to each symptom, -1 where nothing leads there."""

    ci: int
    score: int
    at_risk: int
    further: int
    hops: tuple[int, ...]
    states: tuple[int, ...]
    farthest: int


def ways(world: World, start: int) -> dict[int, int]:
    """The fewest dependencies from `start` to everything that it depends on."""
    far, ring = {start: 0}, {start}
    while ring:
        ring = {p for d, p, *_ in world.live() if d in ring} - far.keys()
        far.update(dict.fromkeys(ring, max(far.values()) + 1))
    return far


def direct(world: World, ci: int) -> int:
    """Plain dependencies on a CI, and pools that it is a member of."""
    plain = sum(1 for _, p, _, pool in world.live() if p == ci and not pool)
    return plain + len({(d, pool) for d, p, _, pool in world.live() if p == ci and pool})


def candidates(world: World, seen: Mapping[int, Seen], fine: Sequence[int], compared: int) -> list[Judged]:
    """Every candidate, the best first."""
    found = []
    for ci in range(world.size):
        if ci in world.not_live or ci in fine:
            continue
        states = settle(world, {ci: DOWN})
        explained = [s for s in seen if states[s] >= seen[s].least]
        if not explained:
            continue
        firm = [s for s in explained if states[s] >= seen[s].firm]
        own = seen[ci].at if ci in seen else None
        early = {s for s in explained if own is not None and (at := seen[s].at) is not None and at < own}
        wrong = [f for f in fine if states[f] >= DEGRADED]
        further = sum(
            states[other] >= DEGRADED for other in range(world.size) if other not in {ci, *seen, *fine}
        )  # fmt: skip
        hops = tuple(ways(world, s).get(ci, -1) for s in seen)
        found.append(
            Judged(
                ci,
                len(firm) - len(early & set(firm)) - len(wrong),
                len(set(explained) - set(firm) - early),
                further if further <= compared else compared + 1 + direct(world, ci),
                hops,
                tuple(states[w] for w in [*seen, *fine]),
                max(hops[at] for at, s in enumerate(seen) if s in explained),
            )
        )
    return sorted(found, key=lambda c: (-c.score, -c.at_risk, c.further, c.farthest, c.ci))
