"""Collisions in words and numbers: who takes part, when, at which pools it begins, and what is worse because of it."""

from collections.abc import Sequence

import numpy as np

from impact.analyses.people import headcount_of
from impact.analyses.summary import counts
from impact.estate import Estate
from impact.kernels.types import I32, I64, U8
from impact.reviews.alone import kept, scenario
from impact.reviews.planned import FOREVER, Planned, Plans, ending, moment
from impact.reviews.region import surroundings
from impact.reviews.report import BrokenPool, Collision, Collisions, Party, Taker, WorseCi
from impact.reviews.search import Found, Search, bits
from impact.states import STATES, Level

SHOWN = 20
FIRST = 10


def search_around(estate: Estate, subject: Planned, others: Plans) -> tuple[Search, int]:
    """A search for what `subject`, participant 0, collides with; and how many of `others` overlap it.

    Only those take part that can reach a pool that the subject takes members of: see `reviews.region`.
    """
    around, known, mine = others.around(subject), kept(estate.graph), scenario(estate, subject)
    found = surroundings(estate, known, mine, others, around)
    participants = [subject, *found.near]
    return Search(known, participants, [mine, *found.scenarios], friends(participants), 0, found.region), len(around)


def search_among(estate: Estate, participants: Sequence[Planned]) -> Search:
    """A search for every collision among some."""
    scenarios = [scenario(estate, one) for one in participants]
    return Search(kept(estate.graph), participants, scenarios, friends(participants))


def friends(participants: Sequence[Planned]) -> list[int]:
    """For each the others whose windows overlap its own, as bits."""
    if len(participants) == 1:
        return [0]
    starts = np.array([one.start for one in participants], np.int64)
    ends = np.array([one.until for one in participants], np.int64)
    found: list[int] = []
    for at in range(len(participants)):
        both = (starts < ends[at]) & (starts[at] < ends)
        both[at] = False
        found.append(int.from_bytes(np.packbits(both, bitorder="little").tobytes(), "little"))
    return found


def told(estate: Estate, search: Search, found: Sequence[Found], overlapping: int) -> Collisions:
    """What a search found, the most people first, then the most services, then the worst, then the first to begin."""
    nodes = [describe(estate, search, one) for one in found]
    nodes.sort(key=_weight)
    return Collisions(nodes, search.complete, overlapping, len(search.participants) - (search.subject is not None))


def _weight(found: Collision) -> tuple[int, int, int, int, object, list[str]]:
    worse = found.worse.down + found.worse.degraded + found.worse.at_risk
    parties = [party.key for party in found.parties]
    return -found.people, -found.service_count, -found.state.level, -worse, found.start, parties


def describe(estate: Estate, search: Search, found: Found) -> Collision:
    """A set that was found, as a collision."""
    order = _order(estate, found)
    nodes, levels = found.walk.nodes[found.worse][order], found.walk.levels[found.worse][order]
    before = found.before[order]
    start, until = common([search.participants[one] for one in bits(found.who)])
    services, groups = (np.nonzero(estate.having_role(nodes, role))[0] for role in ("service", "client"))
    pools = broken(estate, search, found)
    return Collision(
        _parties(search, found.who), moment(start), ending(until), STATES[int(levels[0])],
        pools[:SHOWN], len(pools), counts(levels), [estate.ref(ci) for ci in nodes[:FIRST].tolist()],
        _worse(estate, nodes, levels, before, services), len(services),
        _worse(estate, nodes, levels, before, groups), len(groups),
        headcount_of(estate, nodes[groups].tolist()) if len(groups) else 0,
    )  # fmt: skip


def common(parties: Sequence[Planned]) -> tuple[int, int]:
    """From when until when all of some are under way, in seconds."""
    return max(one.start for one in parties), min((one.until for one in parties), default=FOREVER)


def party(one: Planned) -> Party:
    """A participant, named."""
    return Party(one.key, one.incident, moment(one.start), ending(one.until))


def _parties(search: Search, who: int) -> list[Party]:
    return [party(search.participants[one]) for one in _ordered(search, who)]


def _ordered(search: Search, who: int) -> list[int]:
    """The subject first, then by key."""
    return sorted(bits(who), key=lambda one: (one != search.subject, search.participants[one].key))


def _order(estate: Estate, found: Found) -> I64:
    """Places in `found.worse`: worst first, then by id."""
    nodes, levels = found.walk.nodes[found.worse], found.walk.levels[found.worse]
    return np.lexsort((estate.register.ranks(nodes), -levels.astype(np.int64)))


def _worse(estate: Estate, nodes: I32, levels: U8, before: U8, rows: I64) -> list[WorseCi]:
    return [WorseCi(estate.ref(int(nodes[at])), STATES[levels[at]], STATES[before[at]]) for at in rows[:SHOWN].tolist()]


def broken(estate: Estate, search: Search, found: Found) -> list[BrokenPool]:
    """The pools where a set does more than any fewer of it: what the others do elsewhere does not explain them."""
    parts = search.kept.parts
    before, after = np.zeros(estate.size, np.uint8), np.zeros(estate.size, np.uint8)
    for one in bits(found.who):
        fewer = search.settled(found.who & ~(1 << one))
        before[fewer.nodes] = np.maximum(before[fewer.nodes], fewer.levels)
    after[found.walk.nodes] = found.walk.levels
    pools = parts.pools_of(found.walk.nodes[found.worse])
    owners = estate.graph.pools.table[pools, 0]
    begins = parts.fallen(pools, before) > before[owners]
    pools, owners = pools[begins], owners[begins]
    order = np.lexsort((pools, estate.register.ranks(owners), -after[owners].astype(np.int64)))
    return [_pool(estate, search, found.who, int(pool), before, after) for pool in pools[order].tolist()]


def _pool(estate: Estate, search: Search, who: int, pool: int, before: U8, after: U8) -> BrokenPool:
    parts = search.kept.parts
    rule = estate.graph.pools.rules[pool]
    members = parts.member[parts.start[pool] : parts.start[pool + 1]]
    total, required, full = estate.graph.pools.needs(pool)
    lost = members[after[members] >= Level.DEGRADED]
    left = total - len(lost)
    return BrokenPool(
        estate.ref(rule.dependent), rule.name, required, full, total, left, estate.refs(lost.tolist(), SHOWN),
        STATES[after[rule.dependent]], STATES[before[rule.dependent]],
        [_taker(estate, search, one, members) for one in _ordered(search, who)],
        _words(required, full, total, left, int((after[members] == Level.AT_RISK).sum())),
    )  # fmt: skip


def _taker(estate: Estate, search: Search, one: int, members: I32) -> Taker:
    mine = members[search.alone(one).walk.levels_of(members) > 0]
    return Taker(search.participants[one].key, estate.refs(mine.tolist(), SHOWN), len(mine))


def _words(required: int, full: int, total: int, left: int, at_risk: int) -> str:
    if left < required:
        return f"below {required} of {total}: {left} left"
    if left < full:
        return f"below the {full} of {total} of full service: {left} left"
    return f"{left} of {total} left, {at_risk} of them at risk"
