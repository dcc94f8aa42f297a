"""The path behind a gap: from the CI whose promise it is to what offends, hop by hop, each with its minutes."""

from collections.abc import Sequence

from impact.continuity.gap_report import GapHop, GapType
from impact.continuity.gaps import Assessment
from impact.estate import Estate
from impact.graph import META, POOL, PROVIDER, ImpactGraph
from impact.states import Level

MOST_MINUTES = 2**31 - 1
"""What a GraphQL Int can hold: four thousand years; longer sums are shown as this."""


def longest_path(found: Assessment, ci: int) -> list[int]:
    """The CIs whose restore times add up to the recovery of `ci`, itself first. Of those started together, which wait
    for the slowest, it may name only some."""
    path = list[int]()
    while ci >= 0 and ci not in path:
        path.append(ci)
        ci = int(found.waits_for[ci])
    return path


def taking(found: Assessment, path: Sequence[int]) -> list[int]:
    """The CIs of a longest path whose restore times add up: a CI started together with the next one does not count,
    since the next one takes longer."""
    together, restore = found.recovery.together, found.recovery.restore
    following = [*path[1:], -1]
    return [ci for ci, other in zip(path, following, strict=True)
            if restore[ci] > 0 and (other < 0 or together[ci] != together[other])]  # fmt: skip


def minutes_of(found: Assessment, type_: GapType, ci: int, following: int = -1) -> int | None:
    """What a CI adds by itself on a path to `following`; None where that is not recorded, or does not count."""
    if type_ is GapType.data:
        value = int(found.loss.low[ci])
    elif type_ is GapType.recovery:
        together = found.recovery.together
        counts = following < 0 or together[ci] != together[following]
        value = int(found.recovery.restore[ci]) if counts else -1
    else:
        value = int(found.rto[ci])
    return None if value < 0 else min(value, MOST_MINUTES)


def hops(estate: Estate, found: Assessment, type_: GapType, path: Sequence[int]) -> list[GapHop]:
    """A path as it is shown."""
    following = [*path[1:], -1]
    return [
        GapHop(estate.ref(ci), *_step(estate, ci, other), minutes_of(found, type_, ci, other))
        for ci, other in zip(path, following, strict=True)
    ]


def _step(estate: Estate, ci: int, other: int) -> tuple[str | None, str | None]:
    """The relation that makes `ci` need `other`, and the pool it stands in; a plain one if there is one."""
    words, graph = estate.vocabulary.relations, estate.graph
    for type_, pool in steps(graph, ci, other):
        return words[type_], None if pool < 0 else graph.pools.rules[pool].name
    return None, None


def steps(graph: ImpactGraph, ci: int, other: int) -> list[tuple[int, int]]:
    """Hard relations of `ci` to `other` as (relation type, pool or -1), plain ones first."""
    rows = graph.providers.rows(ci)
    rows = rows[:, rows[PROVIDER] == other]
    found = [
        (int(meta) >> 2, int(pool))
        for meta, pool in zip(rows[META], rows[POOL], strict=True)
        if (meta & 3 if pool < 0 else graph.pools.table[pool, 3]) == Level.DOWN
    ]
    return sorted(found, key=lambda step: (step[1] >= 0, step))
