"""Business-critical services: which they are by the records, and which of them a question hits."""

from dataclasses import dataclass

import numpy as np

from impact.analyses.affected import TIERS
from impact.estate import UNKNOWN, Estate
from impact.incidents.spare import pool_without_spare
from impact.kernels.types import B1, I32, U8
from impact.question import Question

CRITICAL_RTO = TIERS[1][0]
"""Minutes of RTO up to which a service is business-critical: tiers T0 and T1."""
CRITICAL = "critical"


@dataclass(frozen=True, eq=False)
class CriticalHit:
    """Business-critical services that are hit, worst first, then by RTO, then by id; `unknown` counts the services hit
    of which neither RTO nor criticality is recorded."""

    cis: I32
    levels: U8
    unknown: int


def is_critical(estate: Estate, services: I32) -> B1:
    """Which of some services are business-critical: of tier T0 or T1 by their RTO, or recorded as critical."""
    rto = estate.numbers["rto"][services]
    marks: B1 = (rto != UNKNOWN) & (rto <= CRITICAL_RTO)
    for at in np.nonzero(~marks)[0].tolist():
        marks[at] = _criticality(estate, int(services[at])) == CRITICAL
    return marks


def critical_services(question: Question) -> CriticalHit:
    """The business-critical services that a question hits, and those pinned that a pool without a spare holds up."""
    estate, found = question.estate, question.walk
    services, levels = found.nodes[question.services], found.levels[question.services]
    marks = is_critical(estate, services)
    unknown = [
        ci
        for ci in services[~marks & (estate.numbers["rto"][services] == UNKNOWN)].tolist()
        if _criticality(estate, ci) is None
    ]
    held = _held(question)
    cis = np.concatenate([services[marks], held]).astype(np.int32)
    states = np.concatenate([levels[marks], np.zeros(len(held), np.uint8)]).astype(np.uint8)
    rto = estate.numbers["rto"][cis].astype(np.int64)
    order = np.lexsort((estate.register.ranks(cis), np.where(rto < 0, 2**31, rto), -states.astype(np.int64)))
    return CriticalHit(cis[order], states[order], len(unknown))


def _held(question: Question) -> I32:
    """Pinned business-critical services: fine, as checked, but with nothing to spare."""
    pins = question.walk.pins.astype(np.int32)
    services = pins[question.estate.having_role(pins, "service")]
    services = services[is_critical(question.estate, services)]
    return np.array([ci for ci in services.tolist() if pool_without_spare(question, ci)], np.int32)


def _criticality(estate: Estate, ci: int) -> str | None:
    found: str | None = estate.register.attributes_of(ci).get("criticality")
    return found
