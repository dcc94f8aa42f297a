"""How risky a change is: reasons with their facts, each with points; the score is their sum, at most 100.

A reason only ever adds. What is not recorded counts as the worst it could be: a service without an RTO as one of tier
T0, a client group without a head count as very many people, a back-out that may take any time as one that takes too
long. So a record that becomes unknown never lowers a score.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact.analyses.affected import tier
from impact.analyses.completeness import blind_spots
from impact.analyses.people import people
from impact.estate import UNKNOWN, Estate
from impact.kernels.types import I32
from impact.kernels.work import NEVER
from impact.question import Asked, Question
from impact.reviews.alone import Kept, kept, scenario
from impact.reviews.planned import NONE, Planned, Stated, moment
from impact.reviews.report import (
    Collisions,
    FreezeHit,
    Overlap,
    OverlapType,
    Risk,
    RiskFact,
    RiskReason,
    RiskWord,
)
from impact.states import STATES, Assumption, Level
from impact.words import counted

MOST = 100
WORDS = ((25, RiskWord.low), (50, RiskWord.medium), (75, RiskWord.high))
"""Scores below which a word holds; very high from there on."""
SERVICE = {
    "T0": (20, 8, 3), "T1": (12, 5, 2), "T2": (6, 3, 1), "T3": (3, 2, 1), "T4": (2, 1, 1), "unknown": (20, 8, 3),
}  # fmt: skip
"""Points of a service by tier when it is down, degraded, at risk."""
MOST_SERVICES = 45
PEOPLE = ((1, 2), (100, 5), (1_000, 10), (10_000, 15), (100_000, 20))
"""Points from so many people on; those of degraded services count half, those of services at risk a tenth."""
NO_SPARE, MOST_NO_SPARE = 3, 15
PROMISE, BACK_OUT, RECOVERY = 15, 12, 12
COLLISION, MOST_COLLISIONS, UNTRIED = {"down": 20, "degraded": 12, "at_risk": 5}, 60, 10
OVERLAP = {OverlapType.same_ci: (6, 18), OverlapType.shared_service: (3, 9)}
"""Points each, and at most."""
OVERLAP_WORDS = {
    OverlapType.same_ci: "about the same CIs",
    OverlapType.shared_service: "felt by the same services",
}
FREEZE, BLACKOUT = 25, 35
LEAD_DAYS: Mapping[str, int] = {"standard": 1, "normal": 5}
"""Days between the request and the start that a type of change is to leave."""
LEAD, EMERGENCY = 10, 10
NOTHING_NAMED, MISSING, STALE = 20, 10, 8
BLIND: Mapping[str, int] = {
    "NOTHING_RECORDED": 6, "NOT_IN_SERVICE": 4, "BAD_POOL_RULE": 4, "SERVICE_WITHOUT_CLIENTS": 3, "NOBODY_TO_CALL": 3,
    "NEVER_CARRIES_IMPACT": 2, "DEAD_END": 2, "NEVER_VERIFIED": 4, "NOT_VERIFIED_LATELY": 3,
    "STALE_SOURCE": 4,
}  # fmt: skip
"""Points of blind spots; those that other rules count already have none."""
MINUTE = 60
DAY = 86_400


@dataclass(frozen=True)
class Case:
    """A change, what it does alone, and what stands in its way."""

    estate: Estate
    subject: Planned
    question: Question
    stated: Stated
    collisions: Collisions
    overlaps: Sequence[Overlap]
    freezes: Sequence[FreezeHit]

    @cached_property
    def kept(self) -> Kept:
        return kept(self.estate.graph)

    @cached_property
    def down(self) -> I32:
        """What the change takes down."""
        found = self.question.walk
        return found.nodes[found.levels == Level.DOWN]

    @cached_property
    def minutes(self) -> int | None:
        """The length of the window; None when it is open."""
        return None if self.subject.end is None else -(-(self.subject.end - self.subject.start) // MINUTE)

    @cached_property
    def promises(self) -> tuple[I32, I32]:
        """The CIs among those down that have an RTO; and the services among them that have none."""
        known = self.estate.numbers["rto"][self.down] != UNKNOWN
        services = self.estate.having_role(self.down, "service")
        return self.down[known], self.down[services & ~known]


def question_of(estate: Estate, subject: Planned, asked: Asked) -> Question:
    """A change as a question: what it assumes, of a disruption that begins with its window."""
    worse = subject.levels > 0
    cis, levels = subject.cis[worse].tolist(), subject.levels[worse].tolist()
    assumed = [Assumption(estate.register.ids[ci], STATES[level]) for ci, level in zip(cis, levels, strict=True)]
    found = kept(estate.graph).of(*scenario(estate, subject)).walk
    begins = moment(subject.start)
    return Question(estate, assumed, cis, found, asked, begins, begins)


def risk(case: Case) -> Risk:
    """The reasons of every rule, the most points first, and the score."""
    reasons = [reason for rule in RULES for reason in rule(case) if reason.points]
    reasons.sort(key=lambda reason: (-reason.points, reason.code))
    score = total(reason.points for reason in reasons)
    return Risk(score, word(score), reasons)


def total(points: Iterable[int]) -> int:
    """The score that points come to."""
    return min(MOST, sum(points))


def word(score: int) -> RiskWord:
    """A score as a word."""
    return next((found for limit, found in WORDS if score < limit), RiskWord.very_high)


Facts = Mapping[str, object]


def reason(case: Case, code: str, words: str, points: int, facts: Facts, cis: I32 | None = None) -> RiskReason:
    """A reason; the first ten of its CIs are named."""
    named = [RiskFact(name, "unknown" if value is None else str(value)) for name, value in facts.items()]
    return RiskReason(code, words, points, named, [] if cis is None else case.estate.refs(cis.tolist(), 10))


def services_hit(case: Case) -> Iterator[RiskReason]:
    """Services by tier and state."""
    found, rows = case.question.walk, case.question.services
    if not len(rows):
        return
    levels, rto = found.levels[rows].tolist(), case.estate.numbers["rto"][found.nodes[rows]].tolist()
    tiers = [tier(None if minutes == UNKNOWN else minutes) or "unknown" for minutes in rto]
    points = sum(SERVICE[name][3 - level] for name, level in zip(tiers, levels, strict=True))
    count = Counter(zip([-level for level in levels], tiers, strict=True))
    facts = {f"{STATES[-level].value} {name}": many for (level, name), many in sorted(count.items())}
    listed = ", ".join(f"{many} {name.replace('unknown', 'without RTO')}" for name, many in facts.items())
    words = f"{counted(len(rows), 'service')} hit: {listed.replace('_', ' ')}"
    yield reason(case, "SERVICES_HIT", words, min(points, MOST_SERVICES), facts, found.nodes[rows])


def people_hit(case: Case) -> Iterator[RiskReason]:
    """People, the worse off the more they count."""
    found = people(case.question)
    if not found.groups:
        return
    by = found.by_state
    weight = by.down + by.degraded / 2 + by.at_risk / 10
    points = max((points for least, points in PEOPLE if weight >= least), default=0)
    words = f"{found.total:,} people in {counted(found.groups, 'client group')} hit"
    if found.unknown:
        points = PEOPLE[-1][1]
        words = f"at least {words}; how many are in {found.unknown} of them is not recorded"
    facts = {**vars(by), "groups": found.groups, "unknown": found.unknown}
    yield reason(case, "PEOPLE_HIT", words, points, facts, case.question.walk.nodes[case.question.groups])


def redundancy_left(case: Case) -> Iterator[RiskReason]:
    """Pools that could lose members, and have none to spare any more, or fewer than they need."""
    parts, found = case.kept.parts, case.question.walk
    lost = found.nodes[found.levels >= Level.DEGRADED]
    table = parts.graph.pools.table
    count = np.bincount(parts.membership(lost)[1], minlength=len(table))
    bare = np.nonzero((count > 0) & (count >= table[:, 1]))[0]
    if len(bare):
        broken = int((count[bare] > table[bare, 1]).sum())
        words = f"{counted(len(bare), 'pool')} left without a member to spare" + (
            f", {broken:,} broken" if broken else ""
        )
        points, facts = min(NO_SPARE * len(bare), MOST_NO_SPARE), {"pools": len(bare), "broken": broken}
        yield reason(case, "NO_REDUNDANCY_LEFT", words, points, facts, np.unique(table[bare, 0]))


def window_and_promise(case: Case) -> Iterator[RiskReason]:
    """Whether what is down for the whole window breaks an RTO by that alone."""
    known, unknown = case.promises
    rto = case.estate.numbers["rto"][known]
    over = known if case.minutes is None else known[rto < case.minutes]
    words = list[str]()
    if len(over):
        words.append(f"the window is longer than the RTO of {counted(len(over), 'CI')} that it takes down")
    if len(unknown):
        words.append(f"no RTO is recorded of {counted(len(unknown), 'service')} that it takes down")
    if words:
        least = int(rto.min()) if len(rto) else None
        facts = {"window_minutes": case.minutes, "least_rto_minutes": least, "over": len(over), "unknown": len(unknown)}
        cis = np.concatenate([over, unknown])
        yield reason(case, "WINDOW_OVER_RTO", "; ".join(words), PROMISE, facts, cis)


def back_out(case: Case) -> Iterator[RiskReason]:
    """Whether there is time to take the change back once its window is over."""
    known, unknown = case.promises
    needed, slack = case.stated.back_out_minutes, None
    if len(known) and case.minutes is not None:
        slack = int(case.estate.numbers["rto"][known].min()) - case.minutes
    facts = {"back_out_minutes": needed, "slack_minutes": slack}
    if needed is None:
        yield reason(case, "BACK_OUT_UNKNOWN", "how long taking it back needs is not known", BACK_OUT, facts)
    elif needed > 0 and (len(unknown) or (len(known) and (slack is None or needed > slack))):
        words = f"taking it back needs {needed} min; "
        words += "no RTO says that there is time" if slack is None else f"{slack} min are left before an RTO breaks"
        yield reason(case, "BACK_OUT_TOO_LONG", words, BACK_OUT, facts, np.concatenate([known, unknown]))


def recovery(case: Case) -> Iterator[RiskReason]:
    """Whether what is down could be restored in time if the change failed: E against L."""
    known, unknown = case.promises
    late = unsure = NONE
    short = 0
    if len(known):
        deadlines = case.question.deadlines
        nodes, promised = deadlines.recovery.needs.nodes, deadlines.moments != NEVER
        late, unsure = nodes[promised & (deadlines.slack < 0)], nodes[promised & ~deadlines.slack_exact]
        short = -int(deadlines.slack.min())
    unsure = np.union1d(unsure, unknown).astype(np.int32)
    facts = {"late": len(late), "short_minutes": short if len(late) else 0, "unsure": len(unsure)}
    if len(late):
        words = f"{counted(len(late), 'CI')} could not be restored in time if it failed, by {short} min at worst"
        yield reason(case, "RECOVERY_GAP", words, RECOVERY, facts, late)
    elif len(unsure):
        words = f"whether {counted(len(unsure), 'CI')} could be restored in time if it failed is not known"
        yield reason(case, "RECOVERY_UNKNOWN", words, RECOVERY, facts, unsure)


def collide(case: Case) -> Iterator[RiskReason]:
    """What happens only together with other changes and incidents."""
    found = case.collisions.nodes
    if found:
        count = Counter(one.state.value for one in found)
        keys = sorted({party.key for one in found for party in one.parties} - {case.subject.key})
        words = f"{counted(len(found), 'collision')} with {_listed(keys)}"
        points = min(sum(COLLISION[state] * many for state, many in count.items()), MOST_COLLISIONS)
        yield reason(case, "COLLISIONS", words, points, {**count, "parties": len(keys)})
    if not case.collisions.complete:
        words = "so many changes overlap that not every combination was tried"
        yield reason(case, "COLLISIONS_UNTRIED", words, UNTRIED, {"near": case.collisions.near})


def lesser(case: Case) -> Iterator[RiskReason]:
    """Others about the same CIs, or felt by the same services."""
    for type_, what in OVERLAP_WORDS.items():
        keys = [one.party.key for one in case.overlaps if one.type is type_]
        each, most = OVERLAP[type_]
        if keys:
            words = f"at the same time {what}: {_listed(keys)}"
            yield reason(case, type_.name.upper(), words, min(each * len(keys), most), {"count": len(keys)})


def frozen(case: Case) -> Iterator[RiskReason]:
    """Freeze and blackout windows."""
    for code, points, blackout in (("FREEZE", FREEZE, False), ("BLACKOUT", BLACKOUT, True)):
        keys = [one.key for one in case.freezes if one.blackout == blackout]
        if keys:
            yield reason(case, code, f"in {code.lower()} window {_listed(keys)}", points, {"count": len(keys)})


def lead_time(case: Case) -> Iterator[RiskReason]:
    """Whether there was time to prepare."""
    type_, lead = case.stated.type, (case.subject.start - case.stated.requested_at) / DAY
    days = LEAD_DAYS.get(type_, max(LEAD_DAYS.values()))
    facts = {"lead_days": f"{lead:.1f}", "wanted_days": days}
    if type_ == "emergency":
        yield reason(case, "EMERGENCY", "an emergency change: little time to prepare", EMERGENCY, facts)
    elif lead < days:
        words = f"requested {max(lead, 0):.1f} days ahead; a {type_} change is to leave {days}"
        yield reason(case, "LEAD_TIME", words, LEAD, facts)


def named(case: Case) -> Iterator[RiskReason]:
    """Whether the records know what the change touches, and are the newest."""
    missing = case.subject.missing
    if missing:
        words = f"{counted(len(missing), 'CI')} that it names not recorded: {_listed(missing)}"
        yield reason(case, "CI_NOT_RECORDED", words, MISSING, {"count": len(missing)})
    elif not len(case.subject.cis):
        yield reason(case, "NO_CIS", "it names no CI: what it touches is not known", NOTHING_NAMED, {})
    if not case.question.asked.live:
        words = "computed while the store is away: newer records may differ"
        yield reason(case, "STALE_ESTATE", words, STALE, {"revision": case.estate.revision})


def blind(case: Case) -> Iterator[RiskReason]:
    """What the records do not say of what the change hits."""
    spots = blind_spots(case.question)
    never = any(spot.code == "NEVER_VERIFIED" for spot in spots)
    for spot in spots:
        if not (never and spot.code == "NOT_VERIFIED_LATELY"):
            facts = [RiskFact("count", str(spot.count))]
            yield RiskReason(spot.code, f"{spot.count:,} {spot.message}", BLIND.get(spot.code, 0), facts, spot.examples)


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(keys[:5]) + (f" and {len(keys) - 5:,} more" if len(keys) > 5 else "")


RULES: tuple[Callable[[Case], Iterator[RiskReason]], ...] = (
    services_hit, people_hit, redundancy_left, window_and_promise, back_out, recovery, collide, lesser, frozen,
    lead_time, named, blind,
)  # fmt: skip
"""What is looked at; each rule gives the reasons it finds."""
