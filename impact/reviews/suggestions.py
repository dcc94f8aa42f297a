"""What would make a change safer: another window, or its CIs spread over several."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from impact.analyses.summary import counts
from impact.estate import Estate
from impact.report import StateCounts
from impact.reviews.alone import kept, scenario
from impact.reviews.collisions import SHOWN, broken, common, search_among, search_around
from impact.reviews.overlaps import hit_by
from impact.reviews.planned import Frozen, Planned, Plans, moment
from impact.reviews.report import BrokenPool, FreeWindow, Split
from impact.reviews.search import Found, Search, bits
from impact.states import Level
from impact.walk import walk

DAYS = 14
FAR = DAYS * 86_400
EACH_WAY = 2
"""Windows suggested before, and as many after, the one planned."""
MOST_APART = 300
"""CIs of a change that are tried apart."""
MINUTE = 60
Span = tuple[int, int]


def free_windows(
    estate: Estate, subject: Planned, others: Plans, freezes: Sequence[Frozen], now: int
) -> list[FreeWindow]:
    """The nearest windows of the same length, not in the past and at most 14 days away, that nothing is in the way of:
    of each time that is free for long enough, the one that moves the change least."""
    if subject.end is None:
        return []
    length = subject.end - subject.start
    first, last = max(now, subject.start - FAR), subject.start + FAR
    if first > last:
        return []
    wide = replace(subject, start=first, end=last + length)
    blocked, complete = _in_the_way(estate, wide, others, freezes)
    starts = (
        min(max(subject.start, begin), end - length)
        for begin, end in _between(blocked, first, last + length)
        if end - begin >= length
    )
    free = (
        start
        for start in sorted(starts, key=lambda start: (abs(start - subject.start), start))
        if complete or not _collides(estate, replace(subject, start=start, end=start + length), others)
    )
    return [
        FreeWindow(moment(start), moment(start + length), round((start - subject.start) / MINUTE))
        for start in _nearest(subject.start, free)
    ]


def _between(blocked: Iterable[Span], first: int, last: int) -> Iterator[Span]:
    """What is left of the time from `first` to `last`."""
    begin = first
    for start, end in sorted(blocked):
        if start > begin:
            yield begin, min(start, last)
        begin = max(begin, end)
    if begin < last:
        yield begin, last


def _nearest(planned: int, free: Iterable[int]) -> Iterator[int]:
    """The first few of each direction, in the order given."""
    earlier = later = 0
    for start in free:
        if start < planned and earlier < EACH_WAY:
            earlier += 1
            yield start
        elif start > planned and later < EACH_WAY:
            later += 1
            yield start


def _in_the_way(estate: Estate, wide: Planned, others: Plans, freezes: Sequence[Frozen]) -> tuple[list[Span], bool]:
    """When the change would collide, or fall into a freeze, if it went on all the time; and whether that is all."""
    search, _ = search_around(estate, wide, others)
    blocked = [common([search.participants[one] for one in bits(found.who) if one]) for found in search.run()]
    found = kept(estate.graph).of(*scenario(estate, wide)).walk
    down = found.nodes[found.levels == Level.DOWN]
    blocked += [(one.start, one.end) for one in freezes if len(hit_by(one, wide.cis, down))]
    return blocked, search.complete


def _collides(estate: Estate, subject: Planned, others: Plans) -> bool:
    return bool(search_around(estate, subject, others)[0].run())


def split(estate: Estate, subject: Planned) -> tuple[Split | None, int]:
    """How to spread the CIs of a change that by itself takes too many members of a pool; and how many were not tried.

    Every CI is put into the first window where it completes no set that breaks a pool only together.
    """
    cis, levels = scenario(estate, subject)
    tried = [Planned(str(at), cis[at : at + 1], levels[at : at + 1], 0, 1) for at in range(min(len(cis), MOST_APART))]
    search = search_among(estate, tried)
    found = [one for one in search.run() if one.walk.levels[one.worse].max() >= Level.DEGRADED]
    if not found:
        return None, len(cis) - len(tried)
    windows = _windows(len(cis), [one.who for one in found])
    pools = _pools(estate, search, found)
    move = [estate.refs(cis[window].tolist(), len(window)) for window in windows[1:]]
    moved = np.isin(subject.cis, cis[[place for window in windows[1:] for place in window]])
    keep = estate.refs(subject.cis[~moved].tolist(), len(subject.cis))
    worse = _better_off(estate, subject, windows)
    return Split(pools[:SHOWN], len(pools), keep, move, worse), len(cis) - len(tried)


def _windows(count: int, sets: Sequence[int]) -> list[list[int]]:
    """Places of CIs by window: those in the fewest sets first, each where it completes none."""
    windows: list[int] = [0]
    for place in sorted(range(count), key=lambda place: (sum(who >> place & 1 for who in sets), place)):
        mine = [who for who in sets if who >> place & 1]
        for at, window in enumerate(windows):
            more = window | 1 << place
            if all(who & ~more for who in mine):
                windows[at] = more
                break
        else:
            windows.append(1 << place)
    return [list(bits(window)) for window in windows]


def _pools(estate: Estate, search: Search, found: Sequence[Found]) -> list[BrokenPool]:
    """The pools broken, each once, as the first set that breaks it does; by the CIs instead of changes."""
    seen: dict[tuple[str, str], BrokenPool] = {}
    for one in found:
        for pool in broken(estate, search, one):
            takers = [replace(taker, key=estate.register.ids[_ci(search, taker.key)]) for taker in pool.takers]
            seen.setdefault((pool.ci.id, pool.name), replace(pool, takers=takers))
    return sorted(seen.values(), key=lambda pool: (-pool.state.level, pool.ci.id, pool.name))


def _ci(search: Search, key: str) -> int:
    return int(search.participants[int(key)].cis[0])


def _better_off(estate: Estate, subject: Planned, windows: Sequence[Sequence[int]]) -> StateCounts:
    """CIs that no window alone makes as bad as all of the change at once does."""
    cis, levels = scenario(estate, subject)
    whole = kept(estate.graph).of(cis, levels).walk
    apart = np.zeros(estate.size, np.uint8)
    for window in windows:
        part = walk(estate.graph, cis[window].tolist(), levels[window].tolist())
        apart[part.nodes] = np.maximum(apart[part.nodes], part.levels)
    return counts(whole.levels[whole.levels > apart[whole.nodes]])
