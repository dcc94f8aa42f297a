"""Completeness: on what an answer rests, and its blind spots: what the records do not say about the affected region."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np

from impact.estate import UNKNOWN
from impact.kernels.types import I32
from impact.question import Question
from impact.report import BlindSpot, Completeness, Source
from impact.states import Level

STALE_DAYS = 180
EXAMPLES = 5
RESPONSIBLE = ("on_call", "supported_by", "has_expert", "managed_by", "owned_by")


def completeness(question: Question) -> Completeness:
    """Where the answer comes from and what it cannot know."""
    estate = question.estate
    age = max(question.asked_at - question.checked_at, timedelta(0))
    return Completeness(
        estate.revision,
        estate.recorded_at,
        question.as_of,
        0 if question.live else age // timedelta(seconds=1),
        Source.live if question.live else Source.snapshot,
        True,
        blind_spots(question),
    )


def blind_spots(question: Question) -> list[BlindSpot]:
    """Every rule of `RULES` that finds something, in that order."""
    found = ((code, message, rule(question)) for code, message, rule in RULES)
    spots = [_spot(question, code, message, cis) for code, message, cis in found if len(cis)]
    return spots + _bad_pools(question)


def _not_in_service(question: Question) -> I32:
    assumed = question.assumed
    return assumed[~question.estate.live[assumed]]


def _never_carries(question: Question) -> I32:
    carries = np.array(question.estate.vocabulary.carries)
    assumed = question.assumed
    return assumed[~carries[question.estate.kind[assumed]]]


def _nothing_recorded(question: Question) -> I32:
    graph, found = question.estate.graph, question.assumed
    carries = np.array(question.estate.vocabulary.carries)
    found = found[question.estate.live[found] & carries[question.estate.kind[found]]]
    return found[graph.dependents.index[found, 1] == 0]


def _dead_ends(question: Question) -> I32:
    nodes = question.walk.nodes
    ends = nodes[question.estate.graph.dependents.index[nodes, 1] == 0]
    ends = ends[~np.isin(ends, question.indices)]
    estate = question.estate
    return ends[~estate.having_role(ends, "client") & ~estate.having_role(ends, "service")]


def _services_without_clients(question: Question) -> I32:
    nodes = question.walk.nodes[question.services]
    return nodes[question.estate.graph.dependents.index[nodes, 1] == 0]


def _unverified(question: Question) -> I32:
    nodes = question.walk.nodes
    return nodes[question.estate.verified[nodes] == UNKNOWN]


def _stale(question: Question) -> I32:
    nodes, verified = question.walk.nodes, question.estate.verified
    limit = question.asked_at.timestamp() // 86_400 - STALE_DAYS
    return nodes[(verified[nodes] != UNKNOWN) & (verified[nodes] < limit)]


def _without_rto(question: Question) -> I32:
    nodes = question.walk.nodes[question.services]
    return nodes[question.estate.numbers["rto"][nodes] == UNKNOWN]


def _without_head_count(question: Question) -> I32:
    nodes = question.walk.nodes[question.groups]
    return nodes[question.estate.numbers["head_count"][nodes] == UNKNOWN]


def _nobody_to_call(question: Question) -> I32:
    estate, found = question.estate, question.walk
    hit = found.nodes[question.services[found.levels[question.services] >= Level.DEGRADED]]
    assumed = question.assumed
    cis = np.unique(np.concatenate([assumed, hit])).astype(np.int32)
    owner, rows = estate.links.gather(cis)
    numbers = [estate.vocabulary.relation_number[r] for r in RESPONSIBLE if r in estate.vocabulary.relation_number]
    return np.delete(cis, np.unique(owner[np.isin(rows[1], numbers)]))


RULES: tuple[tuple[str, str, Callable[[Question], I32]], ...] = (
    ("NOT_IN_SERVICE", "assumed, but not in service: planned and retired CIs affect nothing", _not_in_service),
    ("NEVER_CARRIES_IMPACT", "assumed, but of a kind that never carries impact", _never_carries),
    ("NOTHING_RECORDED", "assumed, with nothing recorded that depends on it", _nothing_recorded),
    ("DEAD_END", "affected, with nothing recorded that depends on {them}", _dead_ends),
    ("SERVICE_WITHOUT_CLIENTS", "service{s} hit, with nobody recorded who uses {them}", _services_without_clients),
    ("NEVER_VERIFIED", "affected, with a record never verified", _unverified),
    ("NOT_VERIFIED_LATELY", f"affected, with a record not verified for {STALE_DAYS} days", _stale),
    ("UNKNOWN_RTO", "service{s} hit, with no recorded RTO: no clock runs", _without_rto),
    ("UNKNOWN_HEAD_COUNT", "client group{s} hit, with no recorded head count", _without_head_count),
    ("NOBODY_TO_CALL", "assumed or hit, with nobody recorded to call", _nobody_to_call),
)
"""Blind spots of CIs: code, words, and which CIs it finds."""


def _spot(question: Question, code: str, message: str, cis: I32) -> BlindSpot:
    words = message.format(s="", them="it") if len(cis) == 1 else message.format(s="s", them="them")
    return BlindSpot(code, words, len(cis), question.refs(cis.tolist(), EXAMPLES))


def _bad_pools(question: Question) -> list[BlindSpot]:
    """Pools of the affected and the assumed whose rule had to be put right to be used."""
    pools = question.estate.graph.pools
    bad = np.nonzero(pools.bad)[0]
    owners = pools.table[bad, 0]
    near = (question.walk.levels_of(owners) > 0) | np.isin(owners, question.indices)
    message = "pools whose rule asks for more or fewer members than there are; computed with a sane one"
    examples = question.refs(np.unique(owners[near]).tolist(), EXAMPLES)
    return [BlindSpot("BAD_POOL_RULE", message, int(near.sum()), examples)] if near.any() else []
