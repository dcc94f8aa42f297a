"""Affected services: worst first, then the tightest RTO, with their people, clock and reason."""

import numpy as np

from impact.analyses.affected import describe as describe_ci
from impact.analyses.clocks import by_slack, clock
from impact.analyses.people import headcount_of
from impact.analyses.why import why
from impact.estate import UNKNOWN
from impact.paging import packed, page
from impact.question import Question
from impact.report import AffectedService, Page
from impact.states import Level
from impact.walk import walk


def affected_services(question: Question, first: int | None, after: str | None = None) -> Page[AffectedService]:
    """The affected services. Raises `BadCursor`."""
    found, estate = question.walk, question.estate
    nodes = found.nodes[question.services]
    rto = estate.numbers["rto"][nodes].astype(np.int64)
    weights = packed((3 - found.levels[question.services], 2), (np.where(rto == UNKNOWN, 2**20 - 1, rto), 20))
    return page(
        estate.register, nodes, weights, first, after, lambda row: describe(question, int(question.services[row]))
    )


def clocks(question: Question, first: int | None, after: str | None = None) -> Page[AffectedService]:
    """The services that are down, the one with the least slack first, those without any promise last.

    Raises `BadCursor`.
    """
    rows = question.services[question.walk.levels[question.services] == Level.DOWN]
    nodes = question.walk.nodes[rows]
    return page(
        question.estate.register, nodes, by_slack(question, nodes), first, after,
        lambda row: describe(question, int(rows[row])),
    )  # fmt: skip


def describe(question: Question, position: int) -> AffectedService:
    """The affected service at a position of the walk."""
    ci = int(question.walk.nodes[position])
    proof = why(question, ci).proof
    return AffectedService(
        **vars(describe_ci(question, position)),
        people=headcount_of(question.estate, users(question, ci)),
        clock=clock(question, ci),
        because=[hop.ci for hop in proof[1:]],
        pool=next((hop.pool for hop in proof if hop.pool), None),
    )


def users(question: Question, service: int) -> list[int]:
    """The affected client groups that losing this service reaches."""
    estate = question.estate
    reached = walk(estate.graph, [service], [Level.DOWN]).nodes
    groups = reached[estate.having_role(reached, "client")]
    return [int(g) for g in groups[question.walk.levels_of(groups) > 0]]
