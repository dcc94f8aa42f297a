"""Blind spots: what the records do not say, in words, with how many CIs that concerns and the first of them."""

from collections.abc import Iterable
from datetime import timedelta

import numpy as np

from impact.estate import Estate
from impact.kernels.types import I32
from impact.question import Question
from impact.report import BlindSpot, Completeness, Source
from impact.stale import StaleSource, named

EXAMPLES = 5
BAD_POOL_RULE = "BAD_POOL_RULE"
STALE_SOURCE = "STALE_SOURCE"
Found = tuple[str, str, I32]
"""Code, words (`{s}` and `{them}` for one or many) and the CIs concerned."""


def spots(estate: Estate, found: Iterable[Found]) -> list[BlindSpot]:
    """Those that concern any CI, in the order given."""
    return [_spot(estate, *spot) for spot in found if len(spot[2])]


def _spot(estate: Estate, code: str, words: str, cis: I32) -> BlindSpot:
    message = words.format(s="", them="it") if len(cis) == 1 else words.format(s="s", them="them")
    return BlindSpot(code, message, len(cis), estate.refs(cis.tolist(), EXAMPLES))


def bad_pools(estate: Estate) -> Found:
    """The CIs with a pool rule that had to be put right to be used."""
    pools = estate.graph.pools
    words = "CI{s} with a pool rule that asks for more or fewer members than there are; computed with a sane one"
    return BAD_POOL_RULE, words, np.unique(pools.table[pools.bad, 0]).astype(np.int32)


def stale_spots(estate: Estate, cis: I32, stale: tuple[StaleSource, ...]) -> list[BlindSpot]:
    """For each stale source, those of `cis` that it describes and no fresh one does; none where there are none."""
    if not stale:
        return []
    old = cis[estate.origins.only(cis, named(stale))]
    found = []
    for source in stale:
        mine = old[estate.origins.naming(old, source.name)]
        if len(mine):
            words = f"affected, as recorded by a stale source: {source.words}"
            found.append(BlindSpot(STALE_SOURCE, words, len(mine), estate.refs(mine.tolist(), EXAMPLES)))
    return found


def completeness(question: Question, blind_spots: list[BlindSpot]) -> Completeness:
    """On what an answer rests, and what it cannot know."""
    estate = question.estate
    age, live = max(question.asked_at - question.checked_at, timedelta(0)), question.asked.live
    return Completeness(
        estate.revision,
        estate.recorded_at,
        question.as_of,
        0 if live else age // timedelta(seconds=1),
        Source.live if live else Source.snapshot,
        True,
        blind_spots,
    )
