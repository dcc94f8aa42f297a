"""People in affected client groups: over distinct groups, never twice through nesting or several services."""

from collections.abc import Callable, Iterable

import numpy as np

from impact.estate import Estate
from impact.graph import PROVIDER
from impact.question import Question
from impact.report import People, SectorPeople, StateCounts


def parents(estate: Estate, group: int) -> list[int]:
    """The client groups that a client group is part of."""
    rows = np.unique(estate.graph.providers.rows(group)[PROVIDER])
    return [int(p) for p in rows[estate.having_role(rows, "client")]]


def inside(estate: Estate, group: int, among: Callable[[int], bool]) -> int | None:
    """The nearest group around `group` that is `among` those asked about, or None."""
    seen, ring = {group}, [group]
    while ring:
        ring = [p for g in ring for p in parents(estate, g) if p not in seen]
        for parent in sorted(ring, key=estate.register.ids.__getitem__):
            if among(parent):
                return parent
        seen.update(ring)
    return None


def nested(estate: Estate, group: int) -> list[int]:
    """The client groups that are part of a client group."""
    words = estate.graph.dependents.rows(group)[0]
    pooled, target = (words & 4) != 0, words >> 3
    target[pooled] = estate.graph.pools.table[target[pooled], 0]
    inner = np.unique(target)
    return [int(g) for g in inner[estate.having_role(inner, "client")]]


def head_count(estate: Estate, group: int) -> int | None:
    """People in a group: as recorded, else of the groups nested in it; None if nothing is recorded."""
    own = estate.number("head_count", group)
    if own is not None:
        return own
    known = counted(estate, [group])
    return sum(estate.number("head_count", g) or 0 for g in known) if known else None


def around(estate: Estate, group: int) -> set[int]:
    """Every group that a client group is part of, through any number of hops."""
    found, ring = set[int](), {group}
    while ring:
        ring = {p for g in ring for p in parents(estate, g)} - found
        found |= ring
    return found - {group}


def outermost(estate: Estate, groups: Iterable[int]) -> list[int]:
    """Those of `groups` that are inside no other of them; of groups recorded as inside each other, the first by id."""
    among, ids = set(groups), estate.register.ids
    cis = np.array(sorted(among), np.int32)
    owner, rows = estate.graph.providers.gather(cis)
    parts = set(cis[owner[estate.having_role(rows[PROVIDER], "client")]].tolist())
    return [
        g
        for g in cis.tolist()
        if g not in parts or not any(ids[a] < ids[g] or g not in around(estate, a) for a in around(estate, g) & among)
    ]


def counted(estate: Estate, groups: Iterable[int]) -> list[int]:
    """The groups whose recorded head counts make up the people in `groups`: at or nested in them, none in another."""
    ring = outermost(estate, groups)
    known = {g for g in ring if estate.number("head_count", g) is not None}
    if len(known) == len(ring):
        return ring
    found, seen = known, set(ring)
    while ring:
        inner = {n for g in ring if g not in known for n in nested(estate, g)} - seen
        seen |= inner
        ring = sorted(inner)
        known = {g for g in ring if estate.number("head_count", g) is not None}
        found = found | known
    return outermost(estate, found)


def headcount_of(estate: Estate, groups: Iterable[int]) -> int:
    """People in `groups`, each counted once; groups without any head count add nothing."""
    return sum(estate.number("head_count", g) or 0 for g in counted(estate, groups))


def people(question: Question) -> People:
    """The people a scenario hits; a group's people are of its own sector, also when a larger group is hit."""
    estate, found = question.estate, question.walk
    nodes, levels = found.nodes[question.groups], found.levels[question.groups]
    if not len(nodes):
        return People(0, StateCounts(0, 0, 0), [], 0, 0)
    down, degraded, total = np.maximum.accumulate(
        [headcount_of(estate, nodes[levels >= level].tolist()) for level in (3, 2, 1)]
    ).tolist()
    sectors: dict[str, int] = {}
    for group in counted(estate, nodes.tolist()):
        sector = estate.vocabulary.sectors[estate.sector[group]]
        sectors[sector] = sectors.get(sector, 0) + (estate.number("head_count", group) or 0)
    return People(
        total,
        StateCounts(down, degraded - down, total - degraded),
        [SectorPeople(name, n) for name, n in sorted(sectors.items(), key=lambda s: (-s[1], s[0]))],
        len(nodes),
        sum(head_count(estate, group) is None for group in outermost(estate, nodes.tolist())),
    )
