"""The picture of one incident at a moment: its question, and what a person has to decide about it first.

All analyses of a question (impact, clocks, people, whom to call and notify, restore order, blind spots) apply.
"""

from collections.abc import Iterable

import numpy as np

from impact.analyses.affected import tier
from impact.analyses.contacts import contacts
from impact.analyses.people import headcount_of
from impact.analyses.services import users
from impact.estate import Estate
from impact.incidents.critical import critical_services, is_critical
from impact.incidents.joint import assumptions
from impact.incidents.report import CriticalService, MajorFinding, WorstHit
from impact.incidents.spare import pool_without_spare
from impact.incidents.values import IncidentCase
from impact.kernels.types import I32
from impact.question import Asked, Question, ask
from impact.states import STATES, ImpactState, Level
from impact.words import counted

SHOWN = 20
COMPARED = 50
"""Services whose people are compared to find the one hit worst, of those equally bad and equally critical."""
MOST = 2**31
WORDS = {Level.DOWN: "interruption", Level.DEGRADED: "degradation", Level.AT_RISK: "increased_risk"}
"""The three words of a major incident."""
SAID = {"interruption": "interrupted", "degradation": "degraded", "increased_risk": "at increased risk"}


def question_of(estate: Estate, incident: IncidentCase, asked: Asked) -> Question:
    """What an incident does when asked: the states its CIs are in then, begun when it began, work begun when it was
    declared. A CI stated operational is pinned. One that is over, or has not begun, assumes nothing."""
    levels = incident.levels_at(asked.now)
    declared = incident.declared_at
    if declared is not None and declared > asked.now:
        declared = None
    return ask(estate, assumptions(estate, levels), asked, incident.started_at, declared)


def major(question: Question) -> MajorFinding:
    """Whether it is major: the worst it does to a business-critical service (see `critical.is_critical`).

    Down is an interruption, degraded a degradation, at risk an increased risk, and so is a service that was checked
    and is fine while a pool that holds it has lost members and has none to spare.
    """
    found = critical_services(question)
    rows = [(int(ci), int(level)) for ci, level in zip(found.cis, found.levels, strict=True)]
    shown = [_critical(question, ci, level) for ci, level in rows[:SHOWN]]
    if not rows:
        return MajorFinding(False, None, _no_reason(found.unknown), [], 0, found.unknown)
    word = shown[0].word
    same = sum(WORDS[Level(max(level, 1))] == word for _, level in rows)
    others = f" and {same - 1} more business-critical services are" if same > 2 else (
        " and 1 more business-critical service are" if same == 2 else ", a business-critical service, is"
    )  # fmt: skip
    because = f"{shown[0].ci.name}{others} {SAID[word]}"
    return MajorFinding(True, word, because, shown, len(rows), found.unknown)


def _no_reason(unknown: int) -> str:
    if not unknown:
        return "no business-critical service is hit"
    services = counted(unknown, "service")
    return f"no service recorded as business-critical is hit; of {services} hit neither RTO nor criticality is recorded"


def _critical(question: Question, ci: int, level: int) -> CriticalService:
    estate = question.estate
    return CriticalService(
        question.ref(ci),
        STATES[level],
        WORDS[Level(max(level, Level.AT_RISK))],
        tier(estate.number("rto", ci)),
        estate.register.attributes_of(ci).get("criticality"),
        pool_without_spare(question, ci),
    )


def worst_hit(question: Question) -> WorstHit | None:
    """The service hit worst: by state, then business-critical ones first, then by people, tightest RTO, id.

    People are compared among the first `COMPARED` that are equally bad and critical, by RTO. None if none is hit.
    """
    rows = question.services
    if not len(rows):
        return None
    estate, cis, levels = question.estate, question.walk.nodes[rows], question.walk.levels[rows]
    worst = cis[levels == levels.max()]
    critical = is_critical(estate, worst)
    chosen = by_rto(estate, worst[critical] if critical.any() else worst)[:COMPARED]
    counts = {int(ci): headcount_of(estate, users(question, int(ci))) for ci in chosen}
    ci = max(counts, key=lambda at: counts[at])
    return WorstHit(
        question.ref(ci),
        question.state(ci),
        tier(estate.number("rto", ci)),
        counts[ci],
        next(contacts(question, ci, ("owned_by", "managed_by")), None),
        _why_worst(question.state(ci), bool(critical.any()), counts[ci], len(worst)),
    )


def _why_worst(state: ImpactState, critical: bool, people: int, equals: int) -> str:
    parts = [state.value.replace("_", " ")]
    if critical:
        parts.append("business-critical")
    parts.append(f"{people:,} people" if people else "no people recorded")
    if equals > 1:
        parts.append(f"the worst of {equals} services in this state")
    return ", ".join(parts)


def by_rto(estate: Estate, cis: I32) -> I32:
    """Services in order of RTO, the unknown last, then of id."""
    rto = estate.numbers["rto"][cis].astype(np.int64)
    return cis[np.lexsort((estate.register.ranks(cis), np.where(rto < 0, MOST, rto)))]


def names(refs: Iterable[str], most: int) -> str:
    """Names as a phrase: `a, b and 3 more`."""
    found = list(refs)
    shown, more = found[:most], len(found) - most
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
