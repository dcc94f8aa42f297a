"""Gaps a page at a time: services first, then the promises that are short by most."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from impact.continuity.gap_offenders import MOST, Closure, offending_below, worst_first
from impact.continuity.gap_paths import MOST_MINUTES, hops, longest_path, taking
from impact.continuity.gap_report import ContinuityGap, GapType, UnknownPromise
from impact.continuity.gaps import Assessment, assessed
from impact.continuity.recovery import NAMED
from impact.estate import Estate
from impact.kernels.types import B1, I32, I64
from impact.paging import packed, page
from impact.report import Page


@dataclass(frozen=True)
class GapFilter:
    """Which gaps to show; empty parts do not restrict. `service` is a CI: only gaps among what it needs."""

    kinds: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    service: int | None = None


def gaps(
    estate: Estate, type_: GapType, first: int | None, after: str | None = None, where: GapFilter | None = None
) -> Page[ContinuityGap]:
    """The gaps of a type. Raises `BadCursor`."""
    found = assessed(estate)
    short = found.short[type_]
    cis = np.nonzero((short > 0) & shown(estate, found, where or GapFilter()))[0].astype(np.int32)
    closure = Closure(found)
    weights = _weights(estate, cis, short[cis])
    return page(
        estate.register, cis, weights, first, after, lambda row: gap(estate, found, type_, int(cis[row]), closure)
    )


def unknown_promises(
    estate: Estate, first: int | None, after: str | None = None, where: GapFilter | None = None
) -> Page[UnknownPromise]:
    """CIs with an RTO whose effective recovery is unknown: services first, then the tightest RTO."""
    found = assessed(estate)
    cis = np.nonzero(found.unsettled & shown(estate, found, where or GapFilter()))[0].astype(np.int32)
    weights = packed((~estate.having_role(cis, "service"), 1), (found.rto[cis], MOST))
    return page(estate.register, cis, weights, first, after, lambda row: _unknown(estate, found, int(cis[row])))


def _unknown(estate: Estate, found: Assessment, ci: int) -> UnknownPromise:
    missing, count = found.recovery.unknowns(ci, estate.register.ranks, NAMED)
    sector = estate.vocabulary.sectors[estate.sector[ci]]
    refs = [estate.ref(other) for other in missing]
    minutes = min(int(found.recovery.minutes[ci]), MOST_MINUTES)
    return UnknownPromise(estate.ref(ci), sector, int(found.rto[ci]), minutes, refs, count)


def shown(estate: Estate, found: Assessment, where: GapFilter) -> B1:
    """Which CIs a filter lets through."""
    keep = np.ones(estate.size, np.bool_)
    words = estate.vocabulary
    if where.kinds:
        keep &= np.isin(estate.kind, [words.kind_number[k] for k in where.kinds if k in words.kind_number])
    if where.sectors:
        keep &= np.isin(estate.sector, [words.sector_number[s] for s in where.sectors if s in words.sector_number])
    if where.service is not None:
        needed = np.zeros(estate.size, np.bool_)
        needed[Closure(found).all(where.service)] = True
        keep &= needed
    return keep


def _weights(estate: Estate, cis: I32, short: I64) -> I64:
    return packed((~estate.having_role(cis, "service"), 1), (worst_first(short), MOST))


def gap(estate: Estate, found: Assessment, type_: GapType, ci: int, closure: Closure) -> ContinuityGap:
    """The gap of a CI; `type_` says which."""
    path, offenders = _worst(found, type_, ci, closure)
    short = min(int(found.short[type_][ci]), MOST_MINUTES)
    promised = int((found.rpo if type_ is GapType.data else found.rto)[ci])
    return ContinuityGap(
        type_, estate.ref(ci), estate.vocabulary.sectors[estate.sector[ci]],
        promised, min(promised + short, MOST_MINUTES),
        _at_least(found, type_, ci), short, estate.ref(_culprit(found, type_, path)),
        hops(estate, found, type_, path), offenders,
    )  # fmt: skip


def _worst(found: Assessment, type_: GapType, ci: int, closure: Closure) -> tuple[list[int], int]:
    """A worst path, the shortest of them where values decide, and how many offend in all."""
    if type_ is GapType.recovery:
        path = longest_path(found, ci)
        return path, len(taking(found, path))
    offending = offending_below(found, type_, ci, closure)
    below = found.promise if type_ is GapType.promise else found.data
    return offending.worst_path(int(below.worst[ci])), len(offending.places)


def _at_least(found: Assessment, type_: GapType, ci: int) -> bool:
    if type_ is GapType.recovery:
        return not found.recovery.exact[ci]
    return type_ is GapType.data and bool(found.data_at_most[ci] > found.data.worst[ci])


def _culprit(found: Assessment, type_: GapType, path: list[int]) -> int:
    """The end of the path; for recovery the CI on it that takes longest, the first of equals."""
    return max(path, key=lambda ci: int(found.recovery.restore[ci])) if type_ is GapType.recovery else path[-1]


COLUMNS = (
    "type", "id", "kind", "name", "sector", "promised", "found", "at_least", "short_by",
    "offender", "offenders", "path",
)  # fmt: skip
"""Names of the columns of `rows`."""


def rows(estate: Estate, where: GapFilter | None = None) -> Iterator[tuple[object, ...]]:
    """Every gap, type by type, as plain values of `COLUMNS`."""
    for type_ in GapType:
        for found in gaps(estate, type_, None, None, where).nodes:
            yield (
                type_.value, found.ci.id, found.ci.kind, found.ci.name, found.sector, found.promised, found.found,
                found.at_least, found.short_by, found.offender.id, found.offenders,
                " > ".join(hop.ci.id for hop in found.path),
            )  # fmt: skip
