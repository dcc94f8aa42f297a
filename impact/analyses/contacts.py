"""Whom to call about what failed and what is hit, and whom to notify for the people hit."""

from collections.abc import Iterable, Iterator

import numpy as np

from impact.analyses.people import head_count, outermost
from impact.estate import UNKNOWN
from impact.question import Question
from impact.report import Contact
from impact.states import Level

ROLES = {
    "on_call": "on call for {}",
    "supported_by": "supports {}",
    "has_expert": "expert for {}",
    "managed_by": "manages {}",
    "owned_by": "owns {}",
}
"""Relations that name whom to call, the most useful at night first, and the reason in words."""
SPEAKERS = ("managed_by", "owned_by", "has_expert", "supported_by")


def call(question: Question, most: int = 50) -> list[Contact]:
    """Contacts of what is assumed to have failed, then of the services down and degraded, worst and tightest first.

    Each contact is named once, for the first of these it answers for; at most `most`.
    """
    failed = [at for at, a in zip(question.indices, question.assumptions, strict=True) if a.state.level > 0]
    return _distinct(
        (contact for ci in (*dict.fromkeys(failed), *_hit(question)) for contact in contacts(question, ci, ROLES)), most
    )


def notify(question: Question, most: int = 50) -> list[Contact]:
    """Who speaks for each affected client group, the largest first; the group itself where nobody is recorded.

    Groups inside another affected group are spoken for by that one.
    """
    estate = question.estate
    groups = outermost(estate, question.walk.nodes[question.groups].tolist())
    sized = sorted(groups, key=lambda g: (-(head_count(estate, g) or 0), estate.register.ids[g]))
    found = []
    for group in sized[:most]:
        people = head_count(estate, group)
        speaker = next(contacts(question, group, SPEAKERS), None)
        if speaker is None:
            speaker = _contact(question, group, group, "client_group", "is hit; nobody is recorded who speaks for it")
        speaker.people = people
        found.append(speaker)
    return found


def contacts(question: Question, ci: int, roles: Iterable[str]) -> Iterator[Contact]:
    """Who answers for a CI in the given roles, in this order, then by id."""
    estate = question.estate
    ends, types = estate.links.rows(ci)
    order = np.argsort(estate.register.ranks(ends))
    ends, types = ends[order], types[order]
    for role in roles:
        number = estate.vocabulary.relation_number.get(role)
        for end in ends[types == number].tolist():
            reason = ROLES[role].format(estate.register.name(ci))
            yield _contact(question, int(end), ci, role, reason)


def _contact(question: Question, who: int, ci: int, role: str, because: str) -> Contact:
    register = question.estate.register
    reach, ref = register.attributes_of(who), question.ref(who)
    return Contact(
        ref.id, ref.kind, ref.name, role, reach.get("email"), reach.get("phone"), question.ref(ci), because, None
    )


def _hit(question: Question) -> list[int]:
    """Services that are down or degraded, worst first, then by RTO."""
    found, rto = question.walk, question.estate.numbers["rto"]
    rows = question.services[found.levels[question.services] >= Level.DEGRADED]
    times = rto[found.nodes[rows]].astype(np.int64)
    ranks = question.estate.register.ranks(found.nodes[rows])
    order = np.lexsort((ranks, np.where(times == UNKNOWN, 2**40, times), -found.levels[rows].astype(np.int64)))
    return [int(ci) for ci in found.nodes[rows[order]]]


def _distinct(found: Iterator[Contact], most: int) -> list[Contact]:
    seen: dict[str, Contact] = {}
    for contact in found:
        if len(seen) == most:
            break
        seen.setdefault(contact.id, contact)
    return list(seen.values())
