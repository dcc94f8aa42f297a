"""Votes: how many offending paths lead over each CI, at which one change might shorten them enough."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impact.continuity.gap_report import GapType
from impact.continuity.gaps import Assessment
from impact.kernels.types import I32, I64
from impact.kernels.worst import second_worst, tally

HOPS = 200
"""Steps of a path that are looked at for candidates."""


@dataclass(frozen=True)
class Votes:
    """By CI: the paths that end at its RTO, those that its restore time alone could shorten enough, and for each type
    those that would be short enough without its relation to its worst provider, as far as can be seen from there."""

    ends: I64
    spots: I64
    edges: Mapping[GapType, I64]


def votes(found: Assessment) -> Votes:
    """How many offending paths lead over each CI."""
    size = len(found.rto)
    counted = Votes(np.zeros(size, np.int64), np.zeros(size, np.int64), {t: np.zeros(size, np.int64) for t in GapType})
    unused, nothing = np.zeros(size, np.int64), np.full(size, -1, np.int64)
    restore, nowhere = found.recovery.restore.astype(np.int64), np.full(size, -1, np.int32)
    for type_, root, gain, ends, spots in (
        (GapType.promise, found.promise.root, nothing, counted.ends, unused),
        (GapType.recovery, nowhere, restore, unused, counted.spots),
        (GapType.data, found.data.root, nothing, unused, unused),
    ):
        starts = np.nonzero(found.short[type_])[0].astype(np.int32)
        excess, via, ease = found.short[type_][starts], worst_provider(found, type_), _ease(found, type_)
        tally.run(starts, excess, via, root, gain, ease, HOPS, ends, counted.edges[type_], spots)
    return counted


def _ease(found: Assessment, type_: GapType) -> I64:
    """By CI: how many minutes better it would be off, without the plain relation to its worst provider."""
    own, worst = {
        GapType.promise: (found.rto, found.rto_and_below),
        GapType.recovery: (np.full(len(found.rto), -1, np.int64), found.recovery.minutes),
        GapType.data: (found.loss.low, found.loss_and_below),
    }[type_]
    via = worst_provider(found, type_)
    second = np.maximum(second_worst.run(*found.needs.arrays, worst, via), own)
    return np.where(via >= 0, worst[via] - np.maximum(second, 0), -1)


def worst_provider(found: Assessment, type_: GapType) -> I32:
    """By CI the provider that its gap of a type comes through; -1 if there is none."""
    if type_ is GapType.recovery:
        return found.waits_for
    return (found.promise if type_ is GapType.promise else found.data).via
