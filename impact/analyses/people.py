"""People in affected client groups: over distinct groups, never twice through nesting or several services."""

from collections.abc import Callable, Iterable

import numpy as np

from impact.estate import Estate
from impact.graph import PROVIDER
from impact.question import Question
from impact.report import People, SectorPeople, StateCounts


def parents(estate: Estate, group: int) -> list[int]:
    """The client groups that a client group is part of."""
    rows = estate.graph.providers.rows(group)[PROVIDER]
    return [int(p) for p in rows[estate.having_role(rows, "client")]]


def inside(estate: Estate, group: int, among: Callable[[int], bool]) -> int | None:
    """The nearest group around `group` that is `among` those asked about, or None."""
    seen, ring = {group}, [group]
    while ring:
        ring = [p for g in ring for p in parents(estate, g) if p not in seen]
        for parent in ring:
            if among(parent):
                return parent
        seen.update(ring)
    return None


def head_count(estate: Estate, group: int, within: frozenset[int] = frozenset()) -> int | None:
    """People in a group: as recorded, else the sum over the groups nested in it; None if nothing is recorded."""
    own = estate.number("head_count", group)
    if own is not None or group in within:
        return own
    words = estate.graph.dependents.rows(group)[0]
    nested = np.unique((words >> 3)[(words & 4) == 0])
    nested = nested[estate.having_role(nested, "client")]
    counts = [head_count(estate, int(g), within | {group}) for g in nested]
    known = [c for c in counts if c is not None]
    return sum(known) if known else None


def outermost(estate: Estate, groups: Iterable[int]) -> list[int]:
    """Those of `groups` that are inside no other of them."""
    among = set(groups)
    return [g for g in sorted(among) if inside(estate, g, among.__contains__) is None]


def headcount_of(estate: Estate, groups: Iterable[int]) -> int:
    """People in `groups`, each counted once; groups without any head count add nothing."""
    return sum(head_count(estate, g) or 0 for g in outermost(estate, groups))


def people(question: Question) -> People:
    """The people a scenario hits."""
    estate, found = question.estate, question.walk
    nodes, levels = found.nodes[question.groups], found.levels[question.groups]
    at_least = [headcount_of(estate, nodes[levels >= level].tolist()) for level in (1, 2, 3)]
    sectors: dict[str, int] = {}
    unknown = 0
    for group in outermost(estate, nodes.tolist()):
        count = head_count(estate, group)
        unknown += count is None
        sector = estate.vocabulary.sectors[estate.sector[group]]
        sectors[sector] = sectors.get(sector, 0) + (count or 0)
    return People(
        at_least[0],
        StateCounts(at_least[2], at_least[1] - at_least[2], at_least[0] - at_least[1]),
        [SectorPeople(name, n) for name, n in sorted(sectors.items(), key=lambda s: (-s[1], s[0]))],
        len(nodes),
        unknown,
    )
