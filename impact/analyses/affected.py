"""Affected CIs, a page at a time: worst first, then nearest, then by id."""

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
