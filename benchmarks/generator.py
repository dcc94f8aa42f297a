"""A seeded synthetic estate of any size: layers from sites to client groups, hubs, and redundancy pools."""

from dataclasses import dataclass

import numpy as np

from impact.graph import Dependencies, Rule
from impact.kernels.types import I32, I64

SHARES = (0.002, 0.018, 0.08, 0.45, 0.2, 0.15, 0.08, 0.02)
"""Share of the CIs in each layer, from sites and power through hosts, machines, software and services to groups."""

PER_CI = 4.4
POOLED = 0.12
"""Share of the CIs (hosts and above) that have a pool of two to four members beside their plain dependencies."""


@dataclass(frozen=True)
class Synthetic:
    """`size` CIs and their dependencies; `layer` says how far up each stands."""

    size: int
    layer: I32
    found: Dependencies


def generate(size: int, seed: int = 7) -> Synthetic:
    """About 4.4 relations per CI, the providers drawn from the layers below with a heavy tail, so that hubs arise."""
    random = np.random.default_rng(seed)
    bounds = np.concatenate([[0], np.cumsum(np.array(SHARES) / sum(SHARES) * size)]).astype(np.int64)
    bounds[-1] = size
    layer = np.repeat(np.arange(len(SHARES), dtype=np.int32), np.diff(bounds))
    first = int(bounds[1])
    relations = int(size * PER_CI)
    pooled_cis = random.choice(np.arange(bounds[2], size), int(size * POOLED), replace=False).astype(np.int64)
    widths = random.integers(2, 5, len(pooled_cis))
    pool = np.repeat(np.arange(len(pooled_cis), dtype=np.int32), widths)
    plain = random.integers(first, size, relations - len(pool))
    dependent = np.concatenate([plain, np.repeat(pooled_cis, widths)])
    provider = _providers(random, bounds, layer, dependent)
    numbers = random.permutation(size).astype(np.int32)
    effect = np.where(random.random(relations) < 0.85, 3, random.integers(1, 3, relations)).astype(np.int32)
    rules = [Rule(int(numbers[d]), f"p{at}", "1", "", 3) for at, d in enumerate(pooled_cis.tolist())]
    found = Dependencies(
        numbers[dependent],
        numbers[provider],
        effect,
        np.concatenate([np.full(len(plain), -1, np.int32), pool]),
        rules,
    )
    shuffled = np.empty(size, np.int32)
    shuffled[numbers] = layer
    return Synthetic(size, shuffled, found)


def _providers(random: np.random.Generator, bounds: I64, layer: I32, dependent: I64) -> I64:
    """For each dependent a provider from one of the two layers below, the low numbers far more often."""
    below = np.maximum(layer[dependent] - random.integers(1, 3, len(dependent)), 0)
    low, high = bounds[below], bounds[below + 1]
    tail = random.random(len(dependent)) ** np.where(random.random(len(dependent)) < 0.05, 12, 1.5)
    found: I64 = (low + tail * (high - low)).astype(np.int64)
    return found
