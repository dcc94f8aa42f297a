"""The plain twin of the search for collisions: every subset of the participants is settled, by the twin of the walk."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from tests.impact import naive
from tests.impact.naive import World

Worse = dict[int, tuple[int, int]]
"""CI by number: its state with the whole set, and at worst with any one of the set left out."""


def joint(scenarios: Sequence[Mapping[int, int]]) -> dict[int, int]:
    """For every CI the worst of its states."""
    worst: dict[int, int] = {}
    for scenario in scenarios:
        for ci, level in scenario.items():
            worst[ci] = max(level, worst.get(ci, 0))
    return worst


def settled(world: World, scenarios: Sequence[Mapping[int, int]]) -> list[int]:
    floors = {ci: level for ci, level in joint(scenarios).items() if ci not in world.not_live}
    return naive.settle(world, floors)


def together(windows: Sequence[tuple[int, int]]) -> bool:
    """Whether there is a moment in all of some half-open windows."""
    return max(start for start, _ in windows) < min(end for _, end in windows)


def worse(settled: Mapping[frozenset[int], list[int]], who: frozenset[int]) -> Worse:
    """The CIs that all of a set make worse than any fewer of them do."""
    before = [max(states) for states in zip(*(settled[who - {left}] for left in who), strict=True)]
    return {ci: (state, before[ci]) for ci, state in enumerate(settled[who]) if state > before[ci]}


def collisions(
    world: World, scenarios: Sequence[Mapping[int, int]], windows: Sequence[tuple[int, int]]
) -> dict[frozenset[int], Worse]:
    """What each set of two or more does that no fewer of it do."""
    at_once = [
        frozenset(chosen)
        for size in range(1, len(scenarios) + 1)
        for chosen in combinations(range(len(scenarios)), size)
        if together([windows[one] for one in chosen])
    ]
    states = {who: settled(world, [scenarios[one] for one in who]) for who in at_once}
    return {who: found for who in at_once if len(who) > 1 and (found := worse(states, who))}
