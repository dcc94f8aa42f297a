"""Continuity in numbers: the estate, its sectors, its services, one CI."""

from collections.abc import Callable

import numpy as np

from impact.blind import bad_pools, spots
from impact.continuity.gap_offenders import MOST, Closure, worst_first
from impact.continuity.gap_pages import GapFilter, shown
from impact.continuity.gap_paths import MOST_MINUTES
from impact.continuity.gap_report import (
    CiContinuity,
    ContinuitySummary,
    GapCounts,
    GapType,
    SectorContinuity,
    Verdict,
    Verdicts,
)
from impact.continuity.gaps import Assessment, assessed
from impact.estate import Estate
from impact.kernels.types import B1, I32
from impact.paging import packed, page
from impact.report import BlindSpot, Page

ORDER = (Verdict.kept, Verdict.broken, Verdict.unknown)
"""Verdicts in the order in which `Assessment.verdicts` gives them."""


def summary(estate: Estate) -> ContinuitySummary:
    """The whole estate."""
    found = assessed(estate)
    everyone = np.ones(estate.size, np.bool_)
    return ContinuitySummary(
        _verdicts(found, False, everyone), _verdicts(found, True, everyone), _counts(found, everyone)
    )


def sectors(estate: Estate) -> list[SectorContinuity]:
    """Every sector that promises anything, in the order of the model."""
    found = assessed(estate)
    promising = (found.rto >= 0) | (found.rpo >= 0)
    return [
        SectorContinuity(name, _verdicts(found, False, own), _verdicts(found, True, own), _counts(found, own))
        for at, name in enumerate(estate.vocabulary.sectors)
        if (promising & (own := estate.sector == at)).any()
    ]


def services(
    estate: Estate, first: int | None, after: str | None = None, where: GapFilter | None = None
) -> Page[CiContinuity]:
    """Live services: broken promises first, then unknown, then kept; among them those short by most."""
    found = assessed(estate)
    everyone = np.arange(estate.size, dtype=np.int32)
    wanted = estate.having_role(everyone, "service") & estate.live & shown(estate, found, where or GapFilter())
    cis = np.nonzero(wanted)[0].astype(np.int32)
    verdicts = [found.verdicts(of_data) for of_data in (False, True)]
    broken, unknown = (verdicts[0][at][cis] | verdicts[1][at][cis] for at in (1, 2))
    short = np.maximum.reduce([found.short[type_][cis] for type_ in GapType])
    weights = packed((np.where(broken, 0, np.where(unknown, 1, 2)), 2), (worst_first(short) >> 2, MOST - 2))
    closure = Closure(found)
    return page(
        estate.register, cis, weights, first, after, lambda row: described(estate, found, int(cis[row]), closure)
    )


def of_ci(estate: Estate, ci: int) -> CiContinuity:
    """One CI."""
    found = assessed(estate)
    return described(estate, found, ci, Closure(found))


def described(estate: Estate, found: Assessment, ci: int, closure: Closure) -> CiContinuity:
    """What is promised for a CI, and what becomes of it."""
    low, high = (min(int(column[ci]), MOST_MINUTES) for column in found.effective_rpo)
    rto, rpo = estate.number("rto", ci), estate.number("rpo", ci)
    takes = min(int(found.recovery.minutes[ci]), MOST_MINUTES)
    return CiContinuity(
        estate.ref(ci), estate.vocabulary.sectors[estate.sector[ci]],
        rto, takes, not found.recovery.exact[ci], _verdict(found, False, ci),
        rpo, None if low < 0 else low, high > low, _verdict(found, True, ci),
        _counts(found, closure.all(ci)),
    )  # fmt: skip


def _verdict(found: Assessment, of_data: bool, ci: int) -> Verdict | None:
    marks = found.verdicts(of_data)
    return next((verdict for verdict, mark in zip(ORDER, marks, strict=True) if mark[ci]), None)


def _verdicts(found: Assessment, of_data: bool, among: B1) -> Verdicts:
    kept, broken, unknown = (int(np.count_nonzero(mark & among)) for mark in found.verdicts(of_data))
    return Verdicts(kept + broken + unknown, kept, broken, unknown)


def _counts(found: Assessment, among: B1 | I32) -> GapCounts:
    """Gaps of the CIs marked in, or listed by, `among`."""
    promise, recovery, data = (int(np.count_nonzero(found.short[type_][among])) for type_ in GapType)
    return GapCounts(promise, recovery, data, int(np.count_nonzero(found.unsettled[among])))


Rule = Callable[[Estate, Assessment], B1]


def _service(estate: Estate) -> B1:
    return estate.having_role(np.arange(estate.size, dtype=np.int32), "service") & estate.live


RULES: tuple[tuple[str, str, Rule], ...] = (
    ("UNKNOWN_RTO", "service{s} without an RTO: no recovery time is promised", lambda e, a: _service(e) & (a.rto < 0)),
    (
        "UNKNOWN_RPO", "service{s} without an RPO: no limit of data loss is promised",
        lambda e, a: _service(e) & (e.numbers["rpo"] < 0),
    ),
    ("UNKNOWN_RECOVERY", "RTO{s} that cannot be checked, for want of restore times", lambda _, a: a.unsettled),
    (
        "NO_DATA_RECORDED", "RPO{s} of CIs for which no data is recorded that they need",
        lambda _, a: (a.rpo >= 0) & (a.data.worst < 0) & ~a.loss.keeps,
    ),
)  # fmt: skip
"""Blind spots of the report: code, words, and which CIs they concern."""


def blind_spots(estate: Estate) -> list[BlindSpot]:
    """What the records do not say, so that the report cannot either."""
    found = assessed(estate)
    told = [(code, words, np.nonzero(rule(estate, found))[0].astype(np.int32)) for code, words, rule in RULES]
    return spots(estate, [*told, bad_pools(estate)])
