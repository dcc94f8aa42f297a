"""What would fix it: single changes found on the offending paths, each tried out on the whole estate.

A candidate is only a guess from how many paths lead over it; what a fix is said to close was counted by recomputing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from impact.adjacency import Adjacency
from impact.continuity.gap_paths import steps
from impact.continuity.gap_report import Fix, FixType, GapType
from impact.continuity.gaps import Assessment, assessed, short_by, shorts, worst_below
from impact.continuity.trials import trial
from impact.continuity.votes import Votes, votes, worst_provider
from impact.estate import Estate
from impact.graph import META, POOL, PROVIDER, ImpactGraph
from impact.kernels.types import B1, I64
from impact.states import Level

TRIED = 6
"""Candidates of each type that are tried out."""
LOOKED_AT = 100
"""Relations that are looked at for each type of gap, before the most promising are tried out."""
LARGE = 1_000_000
"""Relations from which half as many are tried."""
QUICKEST = 1
"""Minutes: nothing that needs work is proposed to need less."""


def fixes(estate: Estate, first: int = 5) -> list[Fix]:
    """The changes that close most gaps; of equals a restore time, then a promise, then a pool."""
    found = assessed(estate)
    if not found.gap_count:
        return []
    counted = votes(found)
    tried = [*_restores(estate, found, counted), *_promises(estate, found, counted), *_pools(estate, found, counted)]
    useful = [fix for fix in tried if fix.closes > fix.opens]
    return sorted(useful, key=lambda f: (f.opens - f.closes, list(FixType).index(f.type), f.ci.id))[:first]


def _number(found: Assessment) -> int:
    return TRIED if found.facts.graph.relation_count < LARGE else TRIED // 2


def _most(counts: I64, number: int) -> list[int]:
    best = np.argsort(-counts, kind="stable")[:number]
    return [int(ci) for ci in best if counts[ci] > 0]


def _restores(estate: Estate, found: Assessment, counted: Votes) -> Iterator[Fix]:
    """Of the restore times tried at their best, the better half at the longest time that does as well."""
    late = found.short[GapType.recovery]
    tried = []
    for ci in _most(counted.spots, _number(found)):
        again = trial(found, ci)
        tried.append((ci, again, _with_recovery(found, again.minutes(ci, QUICKEST))))
    tried.sort(key=lambda entry: compared(found, entry[2])[0], reverse=True)
    for ci, again, best in tried[: TRIED // 2]:
        now = int(found.recovery.restore[ci])
        closed = late[(late > 0) & (best[GapType.recovery] == 0)]
        proposed = max(now - int(closed.max(initial=0)), QUICKEST)
        closes, opens = compared(found, _with_recovery(found, again.minutes(ci, proposed)))
        if closes < len(closed):
            proposed, (closes, opens) = QUICKEST, compared(found, best)
        yield _fix(estate, found, FixType.restore, ci, None, now, proposed, closes, opens)


def _with_recovery(found: Assessment, minutes: I64) -> Mapping[GapType, I64]:
    return {**found.short, GapType.recovery: short_by(found.rto, minutes)}


def _promises(estate: Estate, found: Assessment, counted: Votes) -> Iterator[Fix]:
    for ci in _most(counted.ends, _number(found)):
        best = _shorts_with_rto(found, ci, 0)
        late = found.short[GapType.promise]
        closed = np.nonzero((late > 0) & (best[GapType.promise] == 0))[0]
        closed = closed[closed != ci]
        if len(closed):
            proposed = int(found.rto[closed].min())
            closes, opens = compared(found, _shorts_with_rto(found, ci, proposed))
            yield _fix(estate, found, FixType.promise, ci, None, int(found.rto[ci]), proposed, closes, opens)


def _shorts_with_rto(found: Assessment, ci: int, minutes: int) -> Mapping[GapType, I64]:
    rto = found.rto.copy()
    rto[ci] = minutes
    return shorts(rto, found.rpo, worst_below(found.facts.graph, rto), found.recovery.minutes, found.data)


def _pools(estate: Estate, found: Assessment, counted: Votes) -> Iterator[Fix]:
    for dependent, provider in _sole(found, counted)[: _number(found)]:
        closes, opens = compared(found, _shorts_beside(found, dependent, provider))
        yield _fix(estate, found, FixType.pool, provider, dependent, None, None, closes, opens)


def _sole(found: Assessment, counted: Votes) -> list[tuple[int, int]]:
    """Plain relations that most offending paths lead over, as (dependent, provider)."""
    paths: dict[tuple[int, int], int] = {}
    for type_, edges in counted.edges.items():
        via = worst_provider(found, type_)
        for ci in _most(edges, LOOKED_AT):
            step = ci, int(via[ci])
            paths[step] = paths.get(step, 0) + int(edges[ci])
    plain = [step for step in paths if any(pool < 0 for _, pool in steps(found.facts.graph, *step))]
    return sorted(plain, key=lambda step: (-paths[step], step))


def _shorts_beside(found: Assessment, dependent: int, provider: int) -> Mapping[GapType, I64]:
    graph = eased_graph(found.facts.graph, dependent, provider)
    minutes = trial(found, dependent).minutes_beside(dependent, provider)
    return shorts(found.rto, found.rpo, worst_below(graph, found.rto), minutes, worst_below(graph, found.loss.low))


def eased_graph(graph: ImpactGraph, dependent: int, provider: int) -> ImpactGraph:
    """The graph as it were with a second, independent provider beside one: losing one of them is a risk, no more."""
    words, rows = graph.dependents.rows(provider)[0], graph.providers.rows(dependent)
    needed = (rows[PROVIDER] == provider) & (rows[POOL] < 0) & (rows[META] & 3 == Level.DOWN)
    return replace(
        graph,
        dependents=_eased(graph.dependents, provider, 0, words == (dependent << 3 | Level.DOWN)),
        providers=_eased(graph.providers, dependent, META, needed),
    )


def _eased(lists: Adjacency, key: int, column: int, marked: B1) -> Adjacency:
    """The same lists with the effect of the marked rows of `key` made at_risk."""
    begin, count = lists.index[key].tolist()
    columns = lists.columns[:, : lists.used].copy()
    part = columns[column, begin : begin + count]
    part[marked] = part[marked] & ~3 | Level.AT_RISK
    return Adjacency(lists.index, columns, lists.used, [lists.used], lists.dead)


def compared(found: Assessment, then: Mapping[GapType, I64]) -> tuple[int, int]:
    """How many gaps a change closes, and how many it opens."""
    pairs = [(found.short[type_] > 0, then[type_] > 0) for type_ in GapType]
    return (
        sum(int(np.count_nonzero(before & ~after)) for before, after in pairs),
        sum(int(np.count_nonzero(after & ~before)) for before, after in pairs),
    )


def _fix(
    estate: Estate, found: Assessment, type_: FixType, ci: int, dependent: int | None,
    now: int | None, proposed: int | None, closes: int, opens: int,
) -> Fix:  # fmt: skip
    ids, total = estate.register.ids, found.gap_count
    change = {
        FixType.restore: f"restoring {ids[ci]} in {proposed} min instead of {now}",
        FixType.promise: f"an RTO of {proposed} min for {ids[ci]} instead of {now}",
        FixType.pool: f"a second provider beside {ids[ci]} for {ids[dependent or 0]} (a pool of 1 of 2)",
    }[type_]
    effect = f" closes {closes:,} of {total:,} gaps" + (f" and opens {opens:,}" if opens else "")
    other = None if dependent is None else estate.ref(dependent)
    return Fix(type_, estate.ref(ci), other, now, proposed, closes, opens, total, change + effect)
