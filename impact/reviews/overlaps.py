"""Lesser conflicts: who else is about the same CIs, or felt by the same services, at the same time; freeze windows."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from impact.estate import Estate
from impact.kernels.types import I32
from impact.reviews.alone import kept, scenario
from impact.reviews.collisions import SHOWN, common, party
from impact.reviews.planned import Frozen, Planned, Plans, ending, moment
from impact.reviews.report import FreezeHit, Overlap, OverlapType
from impact.states import Level
from impact.walk import Walk


def overlaps(estate: Estate, subject: Planned, others: Plans) -> list[Overlap]:
    """Overlaps of a change with those of `others` at the same time: same CI first, then shared services, by start."""
    around = [others[at] for at in others.around(subject).tolist()]
    found = [*_same_ci(estate, subject, around), *_shared_service(estate, subject, around)]
    return sorted(found, key=lambda one: (one.type is not OverlapType.same_ci, one.start, one.party.key))


def _same_ci(estate: Estate, subject: Planned, around: Sequence[Planned]) -> Iterator[Overlap]:
    mine = np.zeros(estate.size, np.bool_)
    mine[subject.cis] = True
    for other in around:
        if mine[other.cis].any():
            yield _overlap(estate, OverlapType.same_ci, subject, other, np.unique(other.cis[mine[other.cis]]))


def _shared_service(estate: Estate, subject: Planned, around: Sequence[Planned]) -> Iterator[Overlap]:
    """Those that affect a service that the subject affects. Only those are settled that can reach one at all."""
    known = kept(estate.graph)
    hit = known.of(*scenario(estate, subject)).walk.nodes
    services = hit[estate.having_role(hit, "service")]
    if not len(services):
        return
    mine, causes = known.parts.marked(services), known.parts.marked(known.parts.upstream(services))
    for other in around:
        cis, levels = scenario(estate, other)
        if causes[cis].any():
            nodes = known.of(cis, levels).walk.nodes
            if mine[nodes].any():
                yield _overlap(estate, OverlapType.shared_service, subject, other, nodes[mine[nodes]])


def _overlap(estate: Estate, type_: OverlapType, subject: Planned, other: Planned, cis: I32) -> Overlap:
    start, until = common([subject, other])
    shown = estate.refs(cis.tolist(), SHOWN)
    return Overlap(type_, party(other), moment(start), ending(until), shown, len(cis))


def freeze_hits(estate: Estate, subject: Planned, found: Walk, freezes: Iterable[Frozen]) -> list[FreezeHit]:
    """The freeze and blackout windows that a change falls into, by start; `found` is what the change does."""
    down = found.nodes[found.levels == Level.DOWN]
    hits: list[FreezeHit] = []
    for one in sorted(freezes, key=lambda one: (one.start, one.key)):
        covered = hit_by(one, subject.cis, down)
        if len(covered) and subject.overlaps(one.start, one.end):
            start, end = max(subject.start, one.start), min(subject.until, one.end)
            shown = estate.refs(covered.tolist(), SHOWN)
            hits.append(FreezeHit(one.key, one.blackout, moment(start), moment(end), shown, len(covered)))
    return hits


def hit_by(freeze: Frozen, changed: I32, down: I32) -> I32:
    """What a window covers of what is changed, or for a blackout of what is down."""
    cis = down if freeze.blackout else changed
    return np.unique(cis[freeze.covers[cis]]).astype(np.int32)
