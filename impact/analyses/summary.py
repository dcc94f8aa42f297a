"""The summary: counts by state, kind and tier; people; the soonest clock."""

import numpy as np
import numpy.typing as npt

from impact.analyses.affected import tier
from impact.analyses.clocks import soonest_due
from impact.analyses.people import people
from impact.kernels.types import U8
from impact.question import Question
from impact.report import NamedCount, StateCounts, Summary


def summarize(question: Question) -> Summary:
    """Counts over everything affected, in one pass over the result of the walk."""
    estate, found = question.estate, question.walk
    levels = found.levels[question.services]
    rtos, rows = np.unique(estate.numbers["rto"][found.nodes[question.services]], return_inverse=True)
    tiers = np.array([tier(int(r) if r >= 0 else None) or "unknown" for r in rtos] or ["unknown"])
    names, tier_of = np.unique(tiers, return_inverse=True)
    kinds = estate.vocabulary.kinds
    return Summary(
        counts(found.levels),
        counts(levels),
        _by(np.array(kinds), estate.kind[found.nodes], found.levels),
        _by(names, tier_of[rows], levels),
        people(question),
        soonest_due(question),
    )


def counts(levels: U8) -> StateCounts:
    """How many are in each state."""
    found = np.bincount(levels, minlength=4)
    return StateCounts(int(found[3]), int(found[2]), int(found[1]))


def _by(names: npt.NDArray[np.str_], which: npt.NDArray[np.integer], levels: U8) -> list[NamedCount]:
    table = np.bincount(which.astype(np.int64) * 4 + levels, minlength=len(names) * 4).reshape(len(names), 4)
    return [
        NamedCount(str(name), StateCounts(int(row[3]), int(row[2]), int(row[1])))
        for name, row in zip(names, table, strict=True)
        if row[1:].any()
    ]
