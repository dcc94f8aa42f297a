"""Completeness: on what an answer rests, and its blind spots: what the records do not say about the affected region."""

from collections.abc import Callable

import numpy as np

from impact import blind
from impact.estate import UNKNOWN
from impact.kernels.types import I32
from impact.question import Question
from impact.readiness.facts import Facts
from impact.readiness.needs import STALE_DAYS, Rule
from impact.readiness.purposes import (
    DEPENDENTS,
    HEAD_COUNT,
    SERVICE_RTO,
    SERVICE_USERS,
    SOMEBODY_TO_CALL,
    VERIFIED,
    VERIFIED_LATELY,
)
from impact.report import BlindSpot, Completeness
from impact.states import Level


def completeness(question: Question) -> Completeness:
    """Where the answer comes from and what it cannot know."""
    return blind.completeness(question, blind_spots(question))


def blind_spots(question: Question) -> list[BlindSpot]:
    """Every rule of `RULES` that finds something, in that order; then stale sources and wrong pool rules."""
    found = ((code, message, _found(question, region, rule)) for code, message, region, rule in RULES)
    sources = blind.stale_spots(question.estate, question.walk.nodes, question.asked.stale)
    return blind.spots(question.estate, found) + sources + _bad_pools(question)


def _found(question: Question, region: Callable[[Question], I32], rule: Rule | None) -> I32:
    """The CIs of a region, or those of them that do not have what a rule of readiness asks for."""
    cis = region(question)
    return cis if rule is None else cis[~Facts(question.estate, cis, _day(question)).meets(rule.need)]


def _day(question: Question) -> int:
    """The day of asking, counted as dates of verification are."""
    return int(question.asked_at.timestamp() // 86_400)


def _not_in_service(question: Question) -> I32:
    assumed = question.assumed
    return assumed[~question.estate.live[assumed]]


def _never_carries(question: Question) -> I32:
    carries = np.array(question.estate.vocabulary.carries)
    assumed = question.assumed
    return assumed[~carries[question.estate.kind[assumed]]]


def _carriers_in_service(question: Question) -> I32:
    estate, assumed = question.estate, question.assumed
    carries = np.array(estate.vocabulary.carries)
    return assumed[estate.live[assumed] & carries[estate.kind[assumed]]]


def _affected(question: Question) -> I32:
    return question.walk.nodes


def _in_between(question: Question) -> I32:
    """Affected, not assumed, and meant to be used by something else: neither service nor client group."""
    estate, nodes = question.estate, question.walk.nodes
    ends = nodes[~np.isin(nodes, question.indices)]
    return ends[~estate.having_role(ends, "client") & ~estate.having_role(ends, "service")]


def _services(question: Question) -> I32:
    return question.walk.nodes[question.services]


def _groups(question: Question) -> I32:
    return question.walk.nodes[question.groups]


def _once_verified(question: Question) -> I32:
    nodes = question.walk.nodes
    return nodes[question.estate.verified[nodes] != UNKNOWN]


def _failed_or_hit(question: Question) -> I32:
    """Assumed, and services that are down or degraded."""
    found = question.walk
    hit = found.nodes[question.services[found.levels[question.services] >= Level.DEGRADED]]
    return np.unique(np.concatenate([question.assumed, hit])).astype(np.int32)


RULES: tuple[tuple[str, str, Callable[[Question], I32], Rule | None], ...] = (
    ("NOT_IN_SERVICE", "assumed, but not in service: planned and retired CIs affect nothing", _not_in_service, None),
    ("NEVER_CARRIES_IMPACT", "assumed, but of a kind that never carries impact", _never_carries, None),
    ("NOTHING_RECORDED", "assumed, with nothing recorded that depends on it", _carriers_in_service, DEPENDENTS),
    ("DEAD_END", "affected, with nothing recorded that depends on {them}", _in_between, DEPENDENTS),
    ("SERVICE_WITHOUT_CLIENTS", "service{s} hit, with nobody recorded who uses {them}", _services, SERVICE_USERS),
    ("NEVER_VERIFIED", "affected, with a record never verified", _affected, VERIFIED),
    (
        "NOT_VERIFIED_LATELY",
        f"affected, with a record not verified for {STALE_DAYS} days",
        _once_verified,
        VERIFIED_LATELY,
    ),
    ("UNKNOWN_RTO", "service{s} hit, with no recorded RTO: no clock runs", _services, SERVICE_RTO),
    ("UNKNOWN_HEAD_COUNT", "client group{s} hit, with no recorded head count", _groups, HEAD_COUNT),
    ("NOBODY_TO_CALL", "assumed or hit, with nobody recorded to call", _failed_or_hit, SOMEBODY_TO_CALL),
)
"""Blind spots of CIs: code, words, where it looks, and the rule of readiness not met there (None: all of it)."""


def _bad_pools(question: Question) -> list[BlindSpot]:
    """Pools of the affected and the assumed whose rule had to be put right to be used."""
    pools = question.estate.graph.pools
    bad = np.nonzero(pools.bad)[0]
    owners = pools.table[bad, 0]
    near = (question.walk.levels_of(owners) > 0) | np.isin(owners, question.indices)
    message = "pools whose rule asks for more or fewer members than there are; computed with a sane one"
    examples = question.refs(np.unique(owners[near]).tolist(), blind.EXAMPLES)
    return [BlindSpot(blind.BAD_POOL_RULE, message, int(near.sum()), examples)] if near.any() else []
