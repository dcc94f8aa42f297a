"""A figure: what was measured, beside what, and whether it reaches its target."""

import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import NamedTuple


class Figure(NamedTuple):
    """One row of the report. `reached` is None where there is nothing to reach, only to know."""

    what: str
    measured: str
    peer: str
    target: str
    reached: bool | None


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def fastest(work: Callable[[], object], runs: int) -> float:
    """The least of several runs: what the machine can do when nothing disturbs it."""
    return min(seconds(work) for _ in range(runs))


def typical(works: Iterable[Callable[[], object]], runs: int = 1) -> float:
    """The median over several things, each at its fastest."""
    return median(fastest(work, runs) for work in works)


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def shown(value: float) -> str:
    """Seconds in the unit that reads best."""
    if value < 1e-3:
        return f"{value * 1e6:.1f} µs"
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"
