"""What some CIs depend on, and which single failures take them down: for all of them in one pass, as sets of bits."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from impact.estate import Estate
from impact.graph import META, POOL, PROVIDER
from impact.kernels.types import I32
from impact.states import Level
from impact.sweep.changes import reached

MOST = 16_384
"""CIs above those asked about, together, beyond which they are taken in parts: each costs as many bits as there are."""

Lean = tuple[int, Collection[int]]
"""How many of some providers must be lost at once, and their places."""


@dataclass(frozen=True)
class Above:
    """Of one CI: what it depends on, directly or not, and those of these of which a single failure takes it down.

    Both ascend, and leave itself out. None where there are too many CIs to tell.
    """

    needs: I32
    alone: I32 | None


def above(estate: Estate, cis: Sequence[int]) -> Iterator[tuple[int, Above]]:
    """Each of `cis` with what is above it; of those whose parts are too large, only what it depends on."""
    marks = reached(estate, np.array(cis, np.int32), down=False)
    union = np.nonzero(marks)[0].astype(np.int32)
    if len(union) <= MOST:
        yield from _together(estate, cis, union)
    elif len(cis) > 1:
        half = len(cis) // 2
        yield from above(estate, cis[:half])
        yield from above(estate, cis[half:])
    else:
        yield cis[0], Above(union[union != cis[0]], None)


def _together(estate: Estate, cis: Sequence[int], union: I32) -> Iterator[tuple[int, Above]]:
    any_of, lost = _leaning(estate, union)
    order = _providers_first(any_of)
    circular = _is_circular(any_of, order)
    needs, alone = _settled(any_of, order, circular), _settled(lost, order, circular)
    for ci in cis:
        at = int(np.searchsorted(union, ci))
        yield ci, Above(union[_places(needs[at], at)], union[_places(alone[at], at)])


def _leaning(estate: Estate, union: I32) -> tuple[list[list[Lean]], list[list[Lean]]]:
    """For each of `union`, places of its providers: all of them, and by what of them must be lost to take it down."""
    pools = estate.graph.pools.table
    owner, rows = estate.graph.providers.gather(union)
    place = np.searchsorted(union, rows[PROVIDER])
    hard = np.where(rows[POOL] >= 0, pools[rows[POOL], 3] if len(pools) else 0, rows[META] & 3) == Level.DOWN
    plain: list[set[int]] = [set() for _ in union]
    needed: list[set[int]] = [set() for _ in union]
    pooled: list[dict[int, set[int]]] = [{} for _ in union]
    for of, provider, pool, is_hard in zip(
        owner.tolist(), place.tolist(), rows[POOL].tolist(), hard.tolist(), strict=True
    ):
        plain[of].add(provider)
        if is_hard and pool >= 0:
            pooled[of].setdefault(pool, set()).add(provider)
        elif is_hard:
            needed[of].add(provider)
    lost: list[list[Lean]] = [
        [(1, needed[of]), *((int(pools[pool, 1]) + 1, members) for pool, members in pooled[of].items())]
        for of in range(len(union))
    ]
    return [[(1, providers)] for providers in plain], lost


def _providers_first(leaning: Sequence[Sequence[Lean]]) -> list[int]:
    """Every place, behind those it leans on; in circles, wherever the search came in."""
    order, seen = list[int](), [False] * len(leaning)
    for start in range(len(leaning)):
        stack = [] if seen[start] else [(start, iter(leaning[start][0][1]))]
        seen[start] = True
        while stack:
            at, rest = stack[-1]
            follow = next((place for place in rest if not seen[place]), None)
            if follow is None:
                order.append(at)
                stack.pop()
            else:
                seen[follow] = True
                stack.append((follow, iter(leaning[follow][0][1])))
    return order


def _settled(leaning: Sequence[Sequence[Lean]], order: Sequence[int], circular: bool) -> list[int]:
    """For each place, as bits, the places whose loss reaches it, itself included."""
    sets = [1 << at for at in range(len(leaning))]
    changed = True
    while changed:
        changed = False
        for at in order:
            found = sets[at]
            for least, members in leaning[at]:
                if least == 1:
                    for member in members:
                        found |= sets[member]
                else:
                    found |= _at_least(least, [sets[member] for member in members])
            if found != sets[at]:
                sets[at] = found
                changed = circular
    return sets


def _is_circular(leaning: Sequence[Sequence[Lean]], order: Sequence[int]) -> bool:
    """Whether something leans on what comes behind it."""
    done = [False] * len(order)
    for at in order:
        if not all(done[member] for member in leaning[at][0][1]):
            return True
        done[at] = True
    return False


def _at_least(least: int, sets: Sequence[int]) -> int:
    """The bits that are in so many of `sets` or more."""
    if least > len(sets):
        return 0
    counted = [0] * least
    for one in sets:
        for more in range(least - 1, 0, -1):
            counted[more] |= counted[more - 1] & one
        counted[0] |= one
    return counted[-1]


def _places(bits: int, itself: int) -> I32:
    """The places of the bits that are set, but its own."""
    size = bits.bit_length() // 8 + 1
    marks = np.unpackbits(np.frombuffer(bits.to_bytes(size, "little"), np.uint8), bitorder="little")
    marks[itself] = 0
    return np.nonzero(marks)[0].astype(np.int32)
