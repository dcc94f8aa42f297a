"""Worlds for tests: random ones, and how a `naive.World` becomes a compiled graph."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

from impact.graph import Dependencies, ImpactGraph, Rule, compile_graph, patch_graph
from tests.impact.naive import World

T = TypeVar("T")


def found_in(world: World, dependents: Iterable[int] | None = None) -> Dependencies:
    """The live dependencies of `world` (of `dependents` only, if given) as the engine takes them."""
    wanted = set(range(world.size)) if dependents is None else set(dependents)
    rows = [d for d in world.live() if d[0] in wanted]
    keys = sorted(k for k in world.rules if k[0] in wanted and k[0] not in world.not_live)
    number = {key: at for at, key in enumerate(keys)}
    rules = [Rule(d, name, *world.rules[d, name]) for d, name in keys]
    table = np.array([(d, p, e, number[d, pool] if pool else -1) for d, p, e, pool in rows], np.int32).reshape(-1, 4)
    return Dependencies(table[:, 0], table[:, 1], table[:, 2], table[:, 3], rules)


def compiled(world: World) -> ImpactGraph:
    return compile_graph(world.size, found_in(world))


def patched(graph: ImpactGraph, world: World, dependents: Iterable[int]) -> ImpactGraph:
    changed = np.array(sorted(set(dependents)), np.int32)
    return patch_graph(graph, world.size, changed, found_in(world, changed.tolist()))


AMOUNTS = ("1", "1", "2", "3", "0", "9", "50%", "100%", "1%", "34%")
EFFECTS = (3, 3, 3, 2, 1)


def worlds(most: int = 9) -> st.SearchStrategy[World]:
    """Small dense worlds: cycles, nested pools, shared members, bad rules, CIs that are not live.

    Drawn as one text of bytes, which is quick, and which shrinks to fewer and simpler parts.
    """
    return st.binary(min_size=60, max_size=180).map(lambda told: _world(iter(told), most))


def one_of(some: Sequence[T], told: Iterator[int]) -> T:
    """What the next byte says; the first where there is none."""
    return some[next(told, 0) % len(some)]


def _world(told: Iterator[int], most: int) -> World:
    size = one_of(range(2, most + 1), told)
    cis = range(size)
    rows = [
        (one_of(cis, told), one_of(cis, told), one_of(EFFECTS, told), one_of(["", "", "", "p", "p", "q"], told))
        for _ in range(one_of(range(3 * size + 1), told))
    ]
    world = World(size, [row for row in rows if row[0] != row[1]])
    for dependent, _, _, name in world.dependencies:
        if name and (dependent, name) not in world.rules:
            full = one_of([False, False, True], told) and one_of(AMOUNTS, told)
            world.rules[dependent, name] = (one_of(AMOUNTS, told), full or "", one_of(EFFECTS, told))
    world.not_live = {one_of(cis, told) for _ in range(one_of([0, 0, 0, 1, 1, 2], told))}
    return world


def scenarios(world: World) -> st.SearchStrategy[tuple[dict[int, int], list[int]]]:
    """Floors and pins over live CIs, disjoint."""
    return st.binary(min_size=8, max_size=16).map(lambda told: _scenario(iter(told), world))


def _scenario(told: Iterator[int], world: World) -> tuple[dict[int, int], list[int]]:
    live = [ci for ci in range(world.size) if ci not in world.not_live] or [0]
    floors = {one_of(live, told): one_of([3, 3, 2, 1], told) for _ in range(one_of(range(5), told))}
    pins = [one_of(live, told)] if one_of([False, True], told) else []
    return floors, [pin for pin in pins if pin not in floors]
