"""Affected client groups: worst first, then the most people, each with the services it loses."""

import numpy as np

from impact.analyses.clocks import by_slack, clock
from impact.analyses.people import head_count, inside, parents
from impact.graph import PROVIDER
from impact.kernels.types import I32
from impact.paging import packed, page
from impact.question import Question
from impact.report import AffectedClientGroup, CiRef, Clock, Page, ServiceLoss
from impact.states import STATES, Level

MOST = 2**20 - 1


def client_groups(question: Question, first: int | None, after: str | None = None) -> Page[AffectedClientGroup]:
    """The affected client groups. Raises `BadCursor`."""
    estate, found = question.estate, question.walk
    nodes = found.nodes[question.groups]
    heads = np.array([head_count(estate, int(g)) or 0 for g in nodes], np.int64)
    weights = packed((3 - found.levels[question.groups], 2), (np.maximum(MOST - heads, 0), 20))
    return page(
        estate.register, nodes, weights, first, after, lambda row: describe(question, int(question.groups[row]))
    )


def describe(question: Question, position: int) -> AffectedClientGroup:
    """The affected client group at a position of the walk."""
    estate, found = question.estate, question.walk
    group = int(found.nodes[position])
    around = inside(estate, group, lambda g: bool(found.levels_of(np.array([g], np.int32))[0]))
    return AffectedClientGroup(
        estate.register.ids[group],
        estate.vocabulary.kinds[estate.kind[group]],
        estate.register.name(group),
        estate.vocabulary.sectors[estate.sector[group]],
        STATES[found.levels[position]],
        head_count(estate, group),
        question.ref(around) if around is not None else None,
        losses(question, group),
        *_clock(question, group),
    )


def _clock(question: Question, group: int) -> tuple[Clock | None, CiRef | None]:
    """The clock of the service with the least slack, of those down that a group loses; else of the last to be back."""
    used = _used(question, group)
    down = used[question.walk.levels_of(used) == Level.DOWN]
    if not len(down):
        return None, None
    back = question.deadlines.recovery.minutes_of(down)
    order = np.lexsort((question.estate.register.ranks(down), -back, by_slack(question, down)))
    service = int(down[order[0]])
    return clock(question, service), question.ref(service)


def losses(question: Question, group: int) -> list[ServiceLoss]:
    """The services hit that a group uses, itself or as part of a larger group, worst first."""
    found = _used(question, group)
    levels = question.walk.levels_of(found)
    order = np.lexsort((question.estate.register.ranks(found), -levels.astype(np.int64)))
    return [ServiceLoss(question.ref(int(found[i])), STATES[levels[i]]) for i in order if levels[i]]


def _used(question: Question, group: int) -> I32:
    """What a group uses, itself or as part of a larger group."""
    estate = question.estate
    seen, ring, used = {group}, [group], set[int]()
    while ring:
        for g in ring:
            rows = estate.graph.providers.rows(g)[PROVIDER]
            used.update(rows[~estate.having_role(rows, "client")].tolist())
        ring = [p for g in ring for p in parents(estate, g) if p not in seen]
        seen.update(ring)
    return np.array(sorted(used), np.int32)
