"""What the records do not say, so that a sweep cannot count it."""

from collections.abc import Callable

import numpy as np

from impact.blind import bad_pools, spots
from impact.estate import UNKNOWN, Estate
from impact.kernels.types import B1, I32
from impact.report import BlindSpot


def blind_spots(estate: Estate) -> list[BlindSpot]:
    """Every rule of `RULES` that finds something, in that order, and pool rules that had to be put right."""
    live = np.nonzero(estate.live)[0].astype(np.int32)
    found = [(code, words, live[lacks(estate, live)]) for code, words, lacks in RULES]
    return spots(estate, [*found, bad_pools(estate)])


def _untimed(estate: Estate, cis: I32) -> B1:
    """Something depends on it, it is no client group, and how long its restoring takes is not recorded."""
    needed: B1 = estate.graph.dependents.index[cis, 1] > 0
    return needed & ~estate.having_role(cis, "client") & (estate.numbers["restore"][cis] == UNKNOWN)


def _unused(estate: Estate, cis: I32) -> B1:
    unused: B1 = estate.graph.dependents.index[cis, 1] == 0
    return estate.having_role(cis, "service") & unused


def _without(role: str, number: str) -> Callable[[Estate, I32], B1]:
    return lambda estate, cis: estate.having_role(cis, role) & (estate.numbers[number][cis] == UNKNOWN)


RULES: tuple[tuple[str, str, Callable[[Estate, I32], B1]], ...] = (
    ("UNKNOWN_RTO", "service{s} without an RTO: in no tier, and no promise to miss", _without("service", "rto")),
    ("UNKNOWN_RESTORE", "CI{s} without a restore time: it counts as none, so more promises may be missed", _untimed),
    ("UNKNOWN_HEAD_COUNT", "client group{s} without a head count: people are at least so many",
     _without("client", "head_count")),
    ("SERVICE_WITHOUT_CLIENTS", "service{s} with nothing recorded that depends on it", _unused),
)  # fmt: skip
"""Blind spots of a sweep: code, words, and which CIs they concern."""
