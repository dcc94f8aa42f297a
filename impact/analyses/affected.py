"""Affected CIs, a page at a time or as columns: worst first, then nearest, then by id."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from impact.kernels.types import I32
from impact.paging import packed, page
from impact.question import Question
from impact.report import AffectedCi, Page
from impact.states import STATES, ImpactState

TIERS = ((60, "T0"), (240, "T1"), (1440, "T2"), (4320, "T3"))
"""RTO in minutes up to which a tier reaches; T4 above."""


def tier(rto: int | None) -> str | None:
    """The tier of a recovery time objective in minutes; None where unknown."""
    return None if rto is None else next((name for limit, name in TIERS if rto <= limit), "T4")


@dataclass(frozen=True)
class AffectedFilter:
    """Which of the affected to show; what is filtered out was computed all the same. Empty parts do not restrict."""

    kinds: frozenset[str] = frozenset()
    states: frozenset[ImpactState] = frozenset()
    sectors: frozenset[str] = frozenset()
    max_distance: int | None = None


def affected(
    question: Question, first: int | None, after: str | None = None, where: AffectedFilter | None = None
) -> Page[AffectedCi]:
    """The affected CIs that match `where`. Raises `BadCursor`."""
    found = question.walk
    positions = _matching(question, where or AffectedFilter())
    nodes = found.nodes[positions]
    weights = packed((3 - found.levels[positions], 2), (found.distances[positions], 20))
    return page(
        question.estate.register, nodes, weights, first, after, lambda row: describe(question, int(positions[row]))
    )


def describe(question: Question, position: int) -> AffectedCi:
    """The affected CI at a position of the walk."""
    estate, found = question.estate, question.walk
    ci = int(found.nodes[position])
    rto = estate.number("rto", ci)
    return AffectedCi(
        estate.register.ids[ci],
        estate.vocabulary.kinds[estate.kind[ci]],
        estate.register.name(ci),
        estate.vocabulary.sectors[estate.sector[ci]],
        STATES[found.levels[position]],
        int(found.distances[position]),
        tier(rto),
        rto,
        estate.register.attributes_of(ci).get("criticality"),
    )


COLUMNS = ("id", "kind", "name", "sector", "state", "distance", "tier", "rto")
"""Names of the columns of `rows`."""


def rows(question: Question, where: AffectedFilter | None = None) -> Iterator[tuple[object, ...]]:
    """Every affected CI that matches, in order, as plain values of `COLUMNS`: for exports of a whole answer."""
    estate, found = question.estate, question.walk
    positions = _matching(question, where or AffectedFilter())
    nodes, levels, distances = found.nodes[positions], found.levels[positions], found.distances[positions]
    order = np.lexsort((estate.register.ranks(nodes), distances, -levels.astype(np.int64)))
    ordered = nodes[order].tolist()
    rto = [None if minutes < 0 else minutes for minutes in estate.numbers["rto"][nodes[order]].tolist()]
    words = estate.vocabulary
    states = [state.value for state in STATES]
    return zip(
        map(estate.register.ids.__getitem__, ordered),
        map(words.kinds.__getitem__, estate.kind[nodes[order]].tolist()),
        map(estate.register.name, ordered),
        map(words.sectors.__getitem__, estate.sector[nodes[order]].tolist()),
        map(states.__getitem__, levels[order].tolist()),
        distances[order].tolist(),
        map(tier, rto),
        rto,
        strict=True,
    )


def _matching(question: Question, where: AffectedFilter) -> I32:
    estate, found = question.estate, question.walk
    keep = np.ones(len(found), np.bool_)
    if where.kinds:
        wanted = [estate.vocabulary.kind_number[k] for k in where.kinds if k in estate.vocabulary.kind_number]
        keep &= np.isin(estate.kind[found.nodes], wanted)
    if where.sectors:
        known = estate.vocabulary.sector_number
        keep &= np.isin(estate.sector[found.nodes], [known[s] for s in where.sectors if s in known])
    if where.states:
        keep &= np.isin(found.levels, [s.level for s in where.states])
    if where.max_distance is not None:
        keep &= found.distances <= where.max_distance
    return np.nonzero(keep)[0].astype(np.int32)
