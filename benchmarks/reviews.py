"""Review of a change against a year of changes, beside asking for the joint impact of every overlapping pair."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.figures import Figure, percentile, seconds, shown
from benchmarks.loading import imported
from cmdb.model.model import standard_model
from cmdb.store.sqlite.store import SqliteStore
from impact.estate import Estate
from impact.kernels.jit import compile_kernels
from impact.kernels.types import I32, U8
from impact.question import Asked, ask
from impact.reviews import alone
from impact.reviews.collisions import search_among, search_around
from impact.reviews.planned import Planned, Plans, Stated, moment
from impact.reviews.review import review
from impact.reviews.search import bits
from impact.snapshot import Snapshot
from impact.states import STATES, Assumption
from impact.walk import Walk, walk

CHANGES, BUSIEST = 5_000, 108
LIMIT, FASTER = 1.0, 10.0
PEAK = 200
DAY, QUARTER = 86_400, 900
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BEGIN = int(NOW.timestamp())
LENGTHS, SHARES = (1_800, 3_600, 7_200, 14_400, 28_800, 86_400), (0.2, 0.25, 0.25, 0.15, 0.1, 0.05)
SIZES = (1, 1, 1, 2, 3, 5, 10)
"""CIs of a change."""
Pairs = dict[str, set[int]]
Settle = Callable[[Estate, I32, U8], Walk]


def figures(folder: Path, label: str, scratch: Path) -> Iterator[Figure]:
    """Every change of the busiest day, reviewed; and the collisions of the week around it."""
    estate = loaded(folder, scratch)
    compile_kernels()
    plans = Plans(year(estate))
    days = (plans.starts - BEGIN) // DAY
    subjects = [plans[at] for at in np.nonzero(days == PEAK)[0].tolist()]
    name = f"{label}, {len(plans):,} changes in a year, {len(subjects)} on the busiest day"
    found(estate, subjects[0], plans)  # loads the compiled code
    yield reviewing(estate, name, subjects, plans)
    yield comparing(estate, name, subjects, plans)
    yield together(estate, label, Plans(plans[at] for at in np.nonzero(np.abs(days - PEAK) <= 3)[0].tolist()))


def loaded(folder: Path, scratch: Path) -> Estate:
    """The estate of a folder in the native format."""
    place = scratch / "reviews.db"
    imported(folder, place)
    store = SqliteStore(place, standard_model())
    estate = Snapshot(store, standard_model()).current().estate
    store.close()
    return estate


def year(estate: Estate) -> Iterator[Planned]:
    """Changes of random CIs, seeded: many on a few days, most at night, most of them short."""
    random = np.random.default_rng(3)
    busy = random.gamma(0.8, size=364)
    quiet = random.choice(np.delete(np.arange(365), PEAK), CHANGES - BUSIEST, p=busy / busy.sum())
    live, days = np.nonzero(estate.live)[0], np.sort(np.concatenate([quiet, np.full(BUSIEST, PEAK)]))
    for at, day in enumerate(days.tolist()):
        hour = random.normal(20.5, 2) if random.random() < 0.7 else random.uniform(0, 23.5)
        start = BEGIN + day * DAY + int(np.clip(hour, 0, 23.7) * 3_600) // QUARTER * QUARTER
        cis = np.unique(random.choice(live, int(random.choice(SIZES)))).astype(np.int32)
        levels = np.full(len(cis), 3, np.uint8)
        yield Planned(f"CHG{at:05d}", cis, levels, start, start + int(random.choice(LENGTHS, p=SHARES)))


def found(estate: Estate, subject: Planned, plans: Plans) -> Pairs:
    """The other change and the CIs that are worse, of every pair that collides."""
    search, _ = search_around(estate, subject, plans)
    pairs = [one for one in search.run() if one.who.bit_count() == 2]
    return {search.participants[max(bits(one.who))].key: set(one.walk.nodes[one.worse].tolist()) for one in pairs}


class ByPairs:
    """The same, by the joint impact of every overlapping pair, each held against both alone; those are kept."""

    def __init__(self, estate: Estate, settle: Settle) -> None:
        self.estate, self.settle = estate, settle
        self.alone: dict[str, Walk] = {}
        self.worst = np.zeros(estate.size, np.uint8)

    def found(self, subject: Planned, plans: Plans) -> Pairs:
        """The other change and the CIs that are worse, of every pair that collides."""
        pairs, worst, mine = Pairs(), self.worst, self.of(subject)
        for at in plans.around(subject).tolist():
            other = plans[at]
            theirs = self.of(other)
            both = self.settle(self.estate, *alone.joint([(subject.cis, subject.levels), (other.cis, other.levels)]))
            worst[mine.nodes] = mine.levels
            worst[theirs.nodes] = np.maximum(worst[theirs.nodes], theirs.levels)
            worse = both.nodes[both.levels > worst[both.nodes]]
            worst[mine.nodes] = worst[theirs.nodes] = 0
            if len(worse):
                pairs[other.key] = set(worse.tolist())
        return pairs

    def of(self, one: Planned) -> Walk:
        """One alone."""
        if one.key not in self.alone:
            self.alone[one.key] = self.settle(self.estate, one.cis, one.levels)
        return self.alone[one.key]


def asked(estate: Estate, cis: I32, levels: U8) -> Walk:
    """As a question, by id."""
    assumed = zip(cis.tolist(), levels.tolist(), strict=True)
    return ask(estate, [Assumption(estate.register.ids[ci], STATES[level]) for ci, level in assumed], Asked(NOW)).walk


def walked(estate: Estate, cis: I32, levels: U8) -> Walk:
    """As a bare walk, by index."""
    return walk(estate.graph, cis.tolist(), levels.tolist())


def reviewing(estate: Estate, name: str, subjects: Sequence[Planned], plans: Plans) -> Figure:
    """Whole reviews: collisions, lesser conflicts, risk, suggestions."""
    taken = list[float]()
    for subject in subjects:
        alone.forget()
        stated = Stated("normal", subject.start - 20 * DAY, 30)
        now = Asked(moment(subject.start) - timedelta(days=10))
        taken.append(seconds(partial(review, estate, subject, plans, (), stated, now)))
    slowest = max(taken)
    return Figure(
        f"{name}: review of one of them, the slowest", shown(slowest),
        f"median {shown(percentile(taken, 0.5))}, p95 {shown(percentile(taken, 0.95))}",
        f"≤ {LIMIT:g} s", slowest <= LIMIT,
    )  # fmt: skip


def comparing(estate: Estate, name: str, subjects: Sequence[Planned], plans: Plans) -> Figure:
    """Collisions of every one of them; what each does alone is kept from one to the next, by us and by the others."""
    rivals = {"asked": ByPairs(estate, asked), "bare walks": ByPairs(estate, walked)}
    took, same, pairs, collided = dict.fromkeys(("ours", *rivals), 0.0), 0, 0, 0
    alone.forget()
    for subject in subjects:
        answers = []
        works = {"ours": partial(found, estate, subject, plans)}
        for what, work in {**works, **{who: partial(r.found, subject, plans) for who, r in rivals.items()}}.items():
            begun = perf_counter()
            answers.append(work())
            took[what] += perf_counter() - begun
        same += all(answer == answers[0] for answer in answers)
        pairs += len(plans.around(subject))
        collided += len(answers[0])
    beside = ", ".join(f"{who} {shown(took[who])} ({took[who] / took['ours']:.1f}x)" for who in rivals)
    return Figure(
        f"{name}: collisions of all of them, one by one", shown(took["ours"]),
        f"joint impact of {pairs:,} overlapping pairs: {beside}; {collided} collide, "
        f"the same for {same} of {len(subjects)}",
        f"≥ {FASTER:g}x faster, all the same", same == len(subjects) and took["asked"] / took["ours"] >= FASTER,
    )  # fmt: skip


def together(estate: Estate, label: str, week: Plans) -> Figure:
    """Every collision of a calendar, groups of three and more included, beside its pairs only."""
    alone.forget()
    search = search_among(estate, week)
    took = seconds(search.run)
    sets = search.run()
    rival = ByPairs(estate, walked)
    pairs = sum(len(week.around(one)) for one in week) // 2
    theirs = seconds(lambda: [rival.found(one, week) for one in week]) / 2
    larger = sum(one.who.bit_count() > 2 for one in sets)
    return Figure(
        f"{label}: all collisions among {len(week)} changes of a week: {len(sets)}, {larger} of them of three or more",
        shown(took), f"bare walks of {pairs:,} overlapping pairs: {shown(theirs)} ({theirs / took:.1f}x)", "", None,
    )  # fmt: skip
