"""Worlds for tests: random ones, and how a `naive.World` becomes a compiled graph."""

from collections.abc import Iterable

import numpy as np
from hypothesis import strategies as st

from impact.graph import Dependencies, ImpactGraph, Rule, compile_graph, patch_graph
from tests.impact.naive import World


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


@st.composite
def worlds(draw: st.DrawFn, most: int = 9) -> World:
    """Small dense worlds: cycles, nested pools, shared members, bad rules, CIs that are not live."""
    size = draw(st.integers(2, most))
    ci = st.integers(0, size - 1)
    effect = st.sampled_from([3, 3, 3, 2, 1])
    pool = st.sampled_from(["", "", "", "p", "p", "q"])
    rows = draw(st.lists(st.tuples(ci, ci, effect, pool), max_size=3 * size))
    amount = st.sampled_from(["1", "1", "2", "3", "0", "9", "50%", "100%", "1%", "34%"])
    world = World(size, [row for row in rows if row[0] != row[1]])
    for dependent, _, _, name in world.dependencies:
        if name and (dependent, name) not in world.rules:
            full = draw(st.one_of(st.just(""), st.just(""), amount))
            world.rules[dependent, name] = (draw(amount), full, draw(effect))
    world.not_live = draw(st.sets(ci, max_size=2)) if draw(st.booleans()) else set()
    return world


@st.composite
def scenarios(draw: st.DrawFn, world: World) -> tuple[dict[int, int], list[int]]:
    """Floors and pins over live CIs, disjoint."""
    live = [ci for ci in range(world.size) if ci not in world.not_live] or [0]
    chosen = draw(st.lists(st.sampled_from(live), max_size=4, unique=True))
    floors = {ci: draw(st.sampled_from([3, 3, 2, 1])) for ci in chosen}
    pins = draw(st.lists(st.sampled_from(live), max_size=1))
    return floors, [p for p in pins if p not in floors]
