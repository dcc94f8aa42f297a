"""The plain twin of the continuity report: fixpoints by rounds, paths by trying all, over a `naive.World`."""

from collections.abc import Mapping, Sequence

from tests.impact.naive import DOWN, World, needs

Copies = Mapping[int, Sequence[int]]


def hard(world: World, ci: int) -> list[tuple[int, list[int]]]:
    """What a CI cannot do without: (how many of these must do, these)."""
    found: list[tuple[int, list[int]]] = []
    for dependent, provider, effect, pool in world.live():
        if dependent == ci and not pool and effect == DOWN and provider != ci:
            found.append((1, [provider]))
    for dependent, pool in world.rules:
        if dependent == ci and world.rules[dependent, pool][2] == DOWN and (members := world.members(ci, pool)):
            found.append((needs(world, ci, pool)[0], members))
    return found


def worst_below(world: World, values: Sequence[int]) -> list[int]:
    """The worst value among what each CI cannot do without, of a pool that of its k-th best member; -1: none."""
    below = [-1] * world.size
    while True:
        worst = [max(own, b) for own, b in zip(values, below, strict=True)]
        after = [
            max((sorted(worst[m] for m in members)[k - 1] for k, members in hard(world, ci)), default=-1)
            for ci in range(world.size)
        ]
        if after == below:
            return below
        below = after


def offenders(world: World, values: Sequence[int], ci: int) -> set[int]:
    """CIs whose own value is worse than that of `ci`, reached through what keeps it from doing better."""
    limit, below = values[ci], worst_below(world, values)
    worst = [max(own, b) for own, b in zip(values, below, strict=True)]
    seen, stack = {ci}, [ci]
    while stack:
        for k, members in hard(world, stack.pop()):
            if sorted(worst[m] for m in members)[k - 1] > limit:
                new = {m for m in members if worst[m] > limit} - seen
                seen |= new
                stack += new
    return {c for c in seen - {ci} if values[c] > limit}


def closure(world: World, ci: int) -> set[int]:
    """Everything a CI needs, all members of pools and itself included."""
    seen, stack = {ci}, [ci]
    while stack:
        new = {m for _, members in hard(world, stack.pop()) for m in members} - seen
        seen |= new
        stack += new
    return seen


def copied_loss(copies: Copies, cost: Mapping[int, int], at_end: Mapping[int, int], ci: int) -> int:
    """The cost of `ci` and the least of all ways along copies to where they end."""
    ways: list[int] = []

    def go(at: int, total: int, seen: frozenset[int]) -> None:
        for copy in copies[at]:
            if ends(copies, copy):
                ways.append(total + at_end[copy])
            elif copy not in seen:
                go(copy, total + cost[copy], seen | {copy})

    go(ci, cost[ci], frozenset({ci}))
    return min(ways)


def ends(copies: Copies, ci: int) -> bool:
    """Whether a chain ends at `ci`: it has no copies, or is in (or behind) a circle that nothing leads out of."""
    if ci not in copies:
        return True
    if any(after not in copies for after in reached(copies, ci)):
        return False
    return any(ci in reached(copies, other) and other in reached(copies, other) for other in copies)


def reached(copies: Copies, ci: int) -> set[int]:
    """CIs that one or more steps along copies lead to."""
    seen: set[int] = set()
    stack = [ci]
    while stack:
        new = set(copies.get(stack.pop(), ())) - seen
        seen |= new
        stack += new
    return seen
