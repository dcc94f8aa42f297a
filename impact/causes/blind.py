"""Blind spots of a search for causes: what the records do not say about what the symptoms depend on."""

from collections.abc import Callable

import numpy as np

from impact.blind import BAD_POOL_RULE, spots
from impact.causes.cone import cone
from impact.causes.evidence import Evidence
from impact.estate import UNKNOWN
from impact.kernels.types import I32
from impact.report import BlindSpot


def blind_spots(evidence: Evidence) -> list[BlindSpot]:
    """Every rule of `RULES` that finds something, in that order."""
    below = cone(evidence.estate.graph, evidence.affected).cis
    return spots(evidence.estate, ((code, message, rule(evidence, below)) for code, message, rule in RULES))


def _not_in_service(evidence: Evidence, _: I32) -> I32:
    given = [*(told.ci for told in evidence.sightings), *evidence.checked]
    places = np.array([evidence.estate.register.find(ci) for ci in given], np.int32)
    return places[~evidence.estate.live[places]]


def _nothing_below(evidence: Evidence, _: I32) -> I32:
    affected = evidence.affected
    return affected[evidence.estate.graph.providers.index[affected, 1] == 0]


def _unverified(evidence: Evidence, below: I32) -> I32:
    return below[evidence.estate.verified[below] == UNKNOWN]


def _bad_pools(evidence: Evidence, below: I32) -> I32:
    pools = evidence.estate.graph.pools
    return below[np.isin(below, pools.table[np.nonzero(pools.bad)[0], 0])]


RULES: tuple[tuple[str, str, Callable[[Evidence, I32], I32]], ...] = (
    ("NOT_IN_SERVICE", "given, but not in service: nothing explains it and it hits nothing", _not_in_service),
    (
        "NOTHING_BELOW",
        "affected, with nothing recorded that it depends on: only its own failure explains it",
        _nothing_below,
    ),
    ("NEVER_VERIFIED", "depended on, with a record never verified", _unverified),
    (BAD_POOL_RULE, "depended on, with a pool rule that had to be put right", _bad_pools),
)
"""Code, words, and which CIs it finds among the evidence or below it."""
