"""An estate, or a part of it, made ready for a sweep: its CIs in line, and what is counted of each."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from impact.analyses.affected import TIERS
from impact.estate import UNKNOWN, Estate
from impact.graph import PROVIDER
from impact.kernels.alone import Facts, Lists, list_up
from impact.kernels.line import CLOCK, COUNTED, GROUP, NOWHERE, SERVICE, explore, look_ahead, renumber
from impact.kernels.missed import Ahead, lead
from impact.kernels.together import Needs, turn
from impact.kernels.types import B1, I32, U8, U32


@dataclass(frozen=True)
class Lineup:
    """`line[p]` is the CI at place p, from `inner` on without dependents; arrays as in `kernels.line`; `circular` where
    dependencies form one; what leads to services that could be late is `ahead`, where pools have `ranks` ranks. With
    `only_late`, nothing is wanted but how many services are back too late."""

    line: I32
    nodes: U32
    words: U32
    pools: I32
    facts: Facts
    inner: int
    circular: bool
    ahead: Ahead
    ranks: int
    only_late: bool = False

    @property
    def arrays(self) -> tuple[U32, U32, I32]:
        return self.nodes, self.words, self.pools

    @cached_property
    def lists(self) -> Lists:
        """Places of what is counted."""
        return list_up(self.facts)

    @cached_property
    def needs(self) -> Needs:
        """What each CI depends on, by place."""
        return Needs(*turn.run(*self.arrays))


def line_up(estate: Estate, keep: B1 | None = None, counted: B1 | None = None, only_late: bool = False) -> Lineup:
    """The live CIs, or those to `keep`, in line; those `counted` (all) make up the numbers."""
    graph = estate.graph
    nodes, words, pools = graph.arrays
    keep = estate.live if keep is None else keep
    roots = np.nonzero(keep)[0].astype(np.int32)
    place = np.full(graph.size, NOWHERE, np.int32)
    needs = graph.providers
    line, inner, circular = explore.run(needs.index, needs.columns[PROVIDER], nodes, roots, keep, place)
    owner = place[pools[:, 0]]
    pool_line = np.nonzero(owner != NOWHERE)[0].astype(np.int32)
    pool_line = pool_line[np.argsort(owner[pool_line], kind="stable")]
    pool_place = np.full(len(graph.pools) + 1, NOWHERE, np.int32)
    pool_place[pool_line] = np.arange(len(pool_line), dtype=np.int32)
    counts = np.ones(len(line), np.bool_) if counted is None else counted[line]
    with ThreadPoolExecutor(1) as beside:
        renumbered = beside.submit(renumber.run, nodes, words, pools, line, pool_line, place, pool_place)
        facts = facts_of(estate, line, place, counts)
    arrays = renumbered.result()
    return Lineup(line, *arrays, facts, inner, circular, *look(estate, line, arrays, facts, circular), only_late)


def same_line(lineup: Lineup, estate: Estate, counted: B1) -> Lineup:
    """A lineup of the same CIs and dependencies, with what is counted of them in another estate."""
    place = np.full(estate.size, NOWHERE, np.int32)
    place[lineup.line] = np.arange(len(lineup.line), dtype=np.int32)
    facts = facts_of(estate, lineup.line, place, counted[lineup.line])
    ahead, ranks = look(estate, lineup.line, lineup.arrays, facts, lineup.circular)
    return replace(lineup, facts=facts, ahead=ahead, ranks=ranks)


def look(estate: Estate, line: I32, arrays: tuple[U32, U32, I32], facts: Facts, circular: bool) -> tuple[Ahead, int]:
    """What leads to services that could be late, which get marked; and how many ranks its pools have."""
    restore, rto = estate.numbers["restore"][line], estate.numbers["rto"][line]
    over = look_ahead.run(*arrays, restore, rto, circular, facts.marks)
    *ahead, ranks = lead.run(*arrays, facts.marks, restore, rto, over)
    return Ahead(*ahead), ranks


def facts_of(estate: Estate, line: I32, place: I32, counted: B1) -> Facts:
    """What a sweep counts, by place in `line`."""
    rto = estate.numbers["rto"][line]
    service, client = estate.having_role(line, "service"), estate.having_role(line, "client")
    marks = np.where(counted, COUNTED, 0).astype(np.uint8)
    marks[service] |= SERVICE
    marks[service & (rto != UNKNOWN)] |= CLOCK
    groups = line[client]
    people = np.maximum(estate.numbers["head_count"][groups], 0)
    marks[np.nonzero(client)[0][people > 0]] |= GROUP
    number = np.full(len(line), -1, np.int32)
    number[client] = np.arange(len(groups), dtype=np.int32)
    return Facts(marks, tiers_of(rto), number, people.astype(np.int32), *nesting(estate, groups, place))


def tiers_of(rto: I32) -> U8:
    """Tiers, 0 to 4, of known RTOs."""
    return np.searchsorted([limit for limit, _ in TIERS], rto).astype(np.uint8)


def nesting(estate: Estate, groups: I32, place: I32) -> tuple[I32, I32, I32, I32, I32, I32]:
    """For each of `groups`, as rows of (start, items): the places of what brings its people in, the positions of the
    groups around it whose counts hold them already, and the places of groups whose people it brings in. See
    `kernels.alone.Facts`."""
    owner, rows = estate.graph.providers.gather(groups)
    parts = estate.having_role(rows[PROVIDER], "client")
    around: dict[int, list[int]] = {}
    for group, outer in zip(groups[owner[parts]].tolist(), rows[PROVIDER][parts].tolist(), strict=True):
        around.setdefault(group, []).append(outer)
    position = {group: at for at, group in enumerate(groups.tolist())}
    known = estate.numbers["head_count"]
    cover, block = [], []
    inside = [list[int]() for _ in position]
    for group in groups.tolist():
        if group not in around:
            cover.append([int(place[group])])
            block.append(list[int]())
            continue
        above = _above(around, group)
        ids = estate.register.ids
        over = [a for a in above if known[a] != UNKNOWN and (ids[a] < ids[group] or group not in _above(around, a))]
        bringing = [g for g in _uncounted(around, group, known) if place[g] != NOWHERE]
        cover.append([int(place[g]) for g in [group, *bringing]])
        for outer in bringing if known[group] > 0 else ():
            inside[position[outer]].append(int(place[group]))
        block.append([position[a] for a in over if a in position])
    return (*_packed(cover), *_packed(block), *_packed(inside))


def _above(around: dict[int, list[int]], group: int) -> set[int]:
    """Every group around `group`, through any number of hops."""
    found, queue = set[int](), deque([group])
    while queue:
        new = set(around.get(queue.popleft(), ())) - found
        found |= new
        queue.extend(new)
    return found - {group}


def _uncounted(around: dict[int, list[int]], group: int, known: I32) -> list[int]:
    """The groups around `group` without a count, up to the next that has one."""
    found, queue = dict[int, None](), deque([group])
    while queue:
        new = [g for g in around.get(queue.popleft(), ()) if known[g] == UNKNOWN and g not in found and g != group]
        found.update(dict.fromkeys(new))
        queue.extend(new)
    return list(found)


def _packed(lists: list[list[Any]]) -> tuple[I32, I32]:
    start = np.zeros(len(lists) + 1, np.int32)
    np.cumsum([len(items) for items in lists], out=start[1:])
    return start, np.array([item for items in lists for item in items], np.int32)
