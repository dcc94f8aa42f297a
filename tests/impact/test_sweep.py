"""The sweep against asking CI by CI, whichever kernel settles a failure; and a refresh against a sweep anew."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from cmdb.store.sqlite.store import SqliteStore
from impact.analyses import summarize
from impact.continuity.recovery import recover
from impact.estate import UNKNOWN, Estate
from impact.kernels.alone import BROKEN, CIS, MISSED, PEOPLE, SERVICES, TIERS
from impact.kernels.jit import compile_kernels, interpret_kernels
from impact.question import Asked, Question, ask
from impact.report import NamedCount, StateCounts
from impact.snapshot import Snapshot
from impact.states import Assumption, Level
from impact.sweep import work
from impact.sweep.changes import changes
from impact.sweep.pool import Threads
from impact.sweep.sweep import Sweep, refresh, sweep
from tests.impact.estates import MODEL, NOW, ci, estate, rel, rule

CASES = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(CASES, max_examples=120)
KINDS = {
    "st": "storage", "vm": "virtual_machine", "sr": "server", "ap": "application", "bs": "business_service",
    "ts": "technical_service", "cg": "client_group",
}  # fmt: skip
IDS = [f"{short}-{n}" for short in KINDS for n in range(4 if short == "cg" else 3)]
TYPES = ("depends_on", "uses", "delivered_by", "part_of", "connects_through", "has_member")
ALLOWED = [
    (a, type_, b) for a in IDS for b in IDS for type_ in TYPES
    if a != b and (KINDS[a[:2]], type_, KINDS[b[:2]]) in MODEL.allowed
]  # fmt: skip
GROUPS = [arrow for arrow in ALLOWED if arrow[0][:2] == arrow[2][:2] == "cg"]
NAMED = ("down", "degraded", "at_risk")


@pytest.fixture(autouse=True, params=["compiled", "plain"])
def _kernels(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test twice: with the kernels compiled, and as plain Python."""
    if request.param == "compiled":
        compile_kernels()
    else:
        interpret_kernels()
    yield
    compile_kernels()


@pytest.fixture(params=[0, 3, 100_000], ids=["together", "mixed", "alone"])
def _most(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every failure settled together with others, only those that hit few CIs, or every one alone."""
    monkeypatch.setattr(work, "MOST", request.param)


@pytest.fixture(autouse=True)
def _refreshed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Estates are small here: what changed is never too much to be refreshed."""
    monkeypatch.setattr("impact.sweep.sweep.ANEW", 2.0)


@dataclass
class Inventory:
    """A small inventory drawn at random, and changes of it that fit what is recorded."""

    random: Random
    known: set[str] = field(default_factory=set)
    rules: set[tuple[str, str]] = field(default_factory=set)
    arrows: set[tuple[str, str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.records: dict[str, CI] = {}
        self.counted = self.random.random() < 0.3
        self.ranks = {name: self.random.random() for name in IDS}

    def first(self) -> Changeset:
        """Most of the CIs, with twice as many relations."""
        return self.changed(self.random.sample(IDS, self.random.randint(4, len(IDS))), self.random.randint(0, 40))

    def next(self) -> Changeset:
        """A few things put, removed, retired or deleted."""
        pick = self.random
        if pick.random() < 0.4:
            return self.other_value(pick.choice(["restore", "rto", "head_count"]))
        idle = sorted(self.known)
        put = pick.sample(IDS, pick.choice([0, 0, 1, 3]))
        gone = [name for name in pick.sample(idle, min(len(idle), pick.choice([0, 0, 0, 1]))) if name not in put]
        return self.changed(put, pick.choice([0, 0, 1, 4]), gone)

    def other_value(self, name: str) -> Changeset:
        """One attribute of a few CIs gets another value; nothing else is touched."""
        pick = self.random
        able = [
            c
            for c in self.records.values()
            if c.id in self.known and (c.kind == "client_group") == (name == "head_count")
        ]
        put = [
            c._replace(attributes_json=attributes_json({**c.attributes, name: pick.choice([1, 15, 45, 300])}))
            for c in pick.sample(able, min(len(able), 3))
        ]  # fmt: skip
        self.records.update({c.id: c for c in put})
        return Changeset("ada", "test", put_cis=put)

    def changed(self, names: Sequence[str], relations: int, gone: Sequence[str] = ()) -> Changeset:
        """The changeset that puts `names` and some relations, and deletes those `gone`."""
        pick = self.random
        here = (self.known | set(names)) - set(gone)
        fits = [a for a in ALLOWED if a[0] in here and a[2] in here and a not in GROUPS]
        nests = [a for a in GROUPS if a[0] in here and a[2] in here and self._nests(a)]
        chosen = pick.sample(fits, min(len(fits), relations)) + pick.sample(nests, min(len(nests), relations // 6))
        put = [self._relation(arrow) for arrow in dict.fromkeys(chosen)]
        rules = [self._rule(r.from_id, r.pool) for r in put if r.pool and (r.from_id, r.pool) not in self.rules]
        rules += [self._rule(*key) for key in sorted(self.rules) if key[0] in here and pick.random() < 0.1]
        removed = [
            self._relation(arrow)._replace(pool=pool).key
            for arrow in sorted(self.arrows - set(chosen)) if pick.random() < 0.1
            for pool in ("", "p", "q")
        ]  # fmt: skip
        retired = [CiId(name) for name in sorted(here) if pick.random() < 0.03]
        self.known = here
        self.arrows |= set(chosen)
        self.arrows = {a for a in self.arrows if a[0] in here and a[2] in here}
        self.rules = {k for k in self.rules | {(p.ci, p.name) for p in rules} if k[0] in here}
        return Changeset(
            "ada", "test", put_cis=[self._ci(name) for name in names], put_relations=put,
            put_pools=list({p.key: p for p in rules}.values()), remove_relations=removed, retire=retired,
            delete=[CiId(name) for name in gone],
        )  # fmt: skip

    def _nests(self, arrow: tuple[str, str, str]) -> bool:
        """Groups may nest in circles only where all of them are counted: otherwise nothing says whose count holds."""
        return self.counted or self.ranks[arrow[0]] < self.ranks[arrow[2]]

    def _ci(self, name: str) -> CI:
        pick, kind = self.random, KINDS[name[:2]]
        attributes: dict[str, object] = {}
        if kind == "client_group":
            attributes["head_count"] = pick.choice([1, 10, 100] if self.counted else [None, None, 1, 10, 100])
        else:
            attributes["restore"] = pick.choice([None, 0, 5, 20, 50])
            attributes["rto"] = pick.choice([None, 10, 30, 60, 240, 1440, 4320, 9000])
        lifecycle = pick.choice(["live"] * 8 + ["planned", "retired"])
        self.records[name] = made = ci(name, kind, "shared", lifecycle, **attributes)
        return made

    def _relation(self, arrow: tuple[str, str, str]) -> Relation:
        pool = self.random.choice(["", "", "p", "q"])
        return rel(" ".join(arrow), pool, self.random.choice(["", "", "", "degraded", "at_risk"]))

    def _rule(self, owner: str, name: str) -> Pool:
        pick = self.random
        return rule(owner, name, pick.choice(["1", "1", "2", "50%", "9"]), pick.choice(["", "", "2", "100%"]),
                    pick.choice(["down", "down", "degraded", "at_risk"]))  # fmt: skip


def asked_alone(found: Estate, at: int) -> Question:
    return ask(found, [Assumption(found.register.ids[at])], Asked(NOW))


def states(counts: StateCounts) -> list[int]:
    return [getattr(counts, name) for name in NAMED]


def down_by_tier(counts: Sequence[NamedCount]) -> list[int]:
    found = {row.name: row.states.down for row in counts}
    return [found.get(f"T{tier}", 0) for tier in range(5)]


def missed_by(question: Question) -> int:
    """Services down that recovery brings back later than promised."""
    found, numbers = question.estate, question.estate.numbers
    down = np.sort(question.walk.nodes[question.walk.levels == Level.DOWN])
    recovery = recover(found.graph, numbers["restore"], down)
    services = down[found.having_role(down, "service")].tolist()
    rto = numbers["rto"]
    return sum(rto[at] != UNKNOWN and recovery.of(at)[0] > int(rto[at]) for at in services)


def broken_by(question: Question) -> int:
    """Redundant pools of live CIs that lose more members than they can do without."""
    found = question.estate
    down = set(question.walk.nodes[question.walk.levels == Level.DOWN].tolist())
    count = 0
    for at in range(found.size):
        rows = found.graph.providers.rows(at)
        for pool in sorted(set(rows[2].tolist()) - {-1}):
            members, required, _ = found.graph.pools.needs(pool)
            lost = {int(p) for p in rows[0][rows[2] == pool]} & down
            count += members > required and members - len(lost) < required
    return count


def row_of(question: Question) -> dict[str, list[int]]:
    """What the sweep says of a CI, from the answer to a question about it alone."""
    summary = summarize(question)
    return {
        "cis": states(summary.affected),
        "services": states(summary.services),
        "tiers": down_by_tier(summary.by_tier),
        "people": list(accumulate(states(summary.people.by_state))),
        "missed": [missed_by(question)],
        "broken": [broken_by(question)],
    }


def columns(row: "np.typing.NDArray[np.int32]") -> dict[str, list[int]]:
    parts = {
        "cis": (CIS, 3), "services": (SERVICES, 3), "tiers": (TIERS, 5), "people": (PEOPLE, 3), "missed": (MISSED, 1),
        "broken": (BROKEN, 1),
    }  # fmt: skip
    found = {name: row[first : first + width].tolist() for name, (first, width) in parts.items()}
    return {**found, "people": list(accumulate(found["people"], max))}


def check(found: Estate, swept: Sweep) -> None:
    """Every row of a sweep is what asking that CI alone says."""
    ids = found.register.ids
    assert swept.cis.tolist() == np.nonzero(found.live)[0].tolist()
    for at, row in zip(swept.cis.tolist(), swept.table, strict=True):
        assert columns(row) == row_of(asked_alone(found, at)), ids[at]


def drawn(random: Random) -> Estate:
    """A random estate, as the product compiles it."""
    changes = Inventory(random).first()
    return estate(changes.put_cis, changes.put_relations, changes.put_pools)


@pytest.mark.usefixtures("_most")
@FEW
@given(st.randoms(use_true_random=False))
def test_every_row_is_the_answer_to_asking_that_ci_alone(random: Random) -> None:
    found = drawn(random)
    check(found, sweep(found, Threads(1)))


@pytest.mark.slow
@pytest.mark.usefixtures("_most")
@CASES
@given(st.randoms(use_true_random=False))
def test_every_row_of_many_estates_is_the_answer_to_asking_that_ci_alone(random: Random) -> None:
    found = drawn(random)
    check(found, sweep(found, Threads(1)))


class Followed:
    """A store, the estate of its newest revision, and the sweep of that: first computed, then refreshed."""

    def __init__(self, store: SqliteStore, random: Random) -> None:
        self.store, self.inventory = store, Inventory(random)
        store.apply(self.inventory.first())
        self.snapshot = Snapshot(store, MODEL)
        self.estate = self.snapshot.current().estate
        self.sweep = sweep(self.estate, Threads(1))

    def follow(self) -> bool:
        """Change something, refresh, compare with a sweep anew; whether any row differs from before."""
        before, old = self.estate, self.sweep
        self.store.apply(self.inventory.next())
        self.estate = self.snapshot.current().estate
        assert changes(before, self.estate) is not None, "the snapshot must have patched the estate"
        self.sweep = refresh(old, before, self.estate, Threads(1))
        anew = sweep(self.estate, Threads(1))
        assert self.sweep.revision == anew.revision == self.estate.revision
        assert self.sweep.recorded_at == anew.recorded_at
        assert self.sweep.cis.tolist() == anew.cis.tolist()
        assert self.sweep.table.tolist() == anew.table.tolist()
        return not np.array_equal(old.table, anew.table)


def follow(folder: Path, seed: int, turns: int) -> int:
    """Refresh a sweep `turns` times; how often anything had changed in it."""
    with closing(SqliteStore(folder / f"{seed}.db", MODEL)) as store:
        followed = Followed(store, Random(seed))
        different = sum(followed.follow() for _ in range(turns))
        check(followed.estate, followed.sweep)
    return different


@pytest.mark.usefixtures("_most")
def test_people_of_a_group_that_a_pool_of_groups_keeps_up_are_those_of_the_groups_around_it() -> None:
    found = estate(
        [
            ci("bs-1", "business_service"), ci("cg-o1", "client_group"), ci("cg-o2", "client_group"),
            ci("cg-in", "client_group", head_count=10),
        ],
        [
            rel("cg-o1 uses bs-1"), rel("cg-in part_of cg-o1", "p"), rel("cg-in part_of cg-o2", "p"),
        ],
        [rule("cg-in", "p", "1")],
    )  # fmt: skip
    swept = sweep(found, Threads(1))
    check(found, swept)
    assert sum(swept.table[:, PEOPLE + 2].tolist()) == 40, "the service, and each of the groups, hits its people"


def test_a_refresh_of_nearly_everything_is_computed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("impact.sweep.sweep.ANEW", 0.0)
    assert follow(tmp_path, 1, 10) > 3


@pytest.mark.usefixtures("_most")
@pytest.mark.parametrize("seed", range(6))
def test_a_refresh_is_a_sweep_anew(tmp_path: Path, seed: int) -> None:
    assert follow(tmp_path, seed, 15) > 3, "the random changes must change some rows"


@pytest.mark.slow
@pytest.mark.usefixtures("_most")
@pytest.mark.parametrize("seed", range(100, 104))
def test_a_refresh_after_many_changes_is_a_sweep_anew(tmp_path: Path, seed: int) -> None:
    assert follow(tmp_path, seed, 40) > 10


SVC = "business_service"


def test_a_circle_that_is_opened_leaves_no_trace(store: SqliteStore) -> None:
    """Missed promises beside a circle are taken out and put in by the same rule, whatever settles them."""
    cis = [ci("a", restore=50), ci("b", restore=5), ci("near", SVC, rto=10), ci("far", SVC, rto=10), ci("c", restore=5)]
    arrows = [
        rel("b depends_on a"), rel("c depends_on b"), rel("a depends_on c"), rel("near delivered_by c"),
        rel("a depends_on x"), rel("far delivered_by x"),
    ]  # fmt: skip
    store.apply(Changeset("ada", "test", put_cis=[*cis, ci("x", restore=50)], put_relations=arrows))
    snapshot = Snapshot(store, MODEL)
    before = snapshot.current().estate
    old = sweep(before)
    store.apply(Changeset("ada", "test", remove_relations=[arrows[2].key]))
    after = snapshot.current().estate
    assert refresh(old, before, after).table.tolist() == sweep(after).table.tolist()


def test_an_estate_that_does_not_follow_is_swept_anew() -> None:
    """As many CIs, as many relations, in the same places: but other CIs, or other ends."""
    cis = [ci("a"), ci("b"), ci("s", SVC), ci("t", SVC)]
    before = estate(cis, [rel("s delivered_by a"), rel("t delivered_by b")])
    crossed = estate([*cis[:2], ci("s", SVC, rto=5), cis[3]], [rel("s delivered_by b"), rel("t delivered_by a")])
    renamed = estate([ci("c"), *cis[1:]], [rel("s delivered_by b"), rel("t delivered_by c")])
    old = sweep(before)
    for after in (crossed, renamed):
        assert changes(before, after) is None
        assert refresh(old, before, after).table.tolist() == sweep(after).table.tolist()
    assert changes(before, estate(cis, [rel("s delivered_by a"), rel("t delivered_by b")])) is not None
