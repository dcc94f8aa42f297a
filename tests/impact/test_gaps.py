"""Continuity gaps: the law's rows and more, case by case, and random worlds against the plain twin."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact.continuity.data_loss import UNBOUNDED, best_copies
from impact.continuity.gap_counts import of_ci, sectors, services, summary
from impact.continuity.gap_offenders import Closure, offenders, offending_below
from impact.continuity.gap_pages import GapFilter, gaps, rows, unknown_promises
from impact.continuity.gap_paths import longest_path, minutes_of
from impact.continuity.gap_report import ContinuitySummary, GapType, SectorContinuity, Verdict
from impact.continuity.gaps import Assessment, Facts, assess, assessed
from impact.continuity.trials import trial
from impact.estate import Estate
from impact.kernels.jit import compile_kernels, interpret_kernels
from tests.impact import naive_gaps as twin
from tests.impact.estates import ci, estate, rel, rule
from tests.impact.naive import World
from tests.impact.worlds import compiled, worlds

CASES = settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True, params=["compiled", "plain"])
def _kernels(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test twice: with the kernels compiled, and as plain Python."""
    if request.param == "compiled":
        compile_kernels()
    else:
        interpret_kernels()
    yield
    compile_kernels()


def made(text: str, relations: str = "", pools: str = "") -> Estate:
    """CIs as `portal:rto=60,restore=10`, relations as `portal needs app` (degraded: `needs~`; `copies`, `keeps`,
    `backs`), a pool by `portal needs app @web`, and rules as `portal web 1`."""
    cis = []
    for part in text.split():
        name, _, values = part.partition(":")
        given: dict[str, Any] = {
            key: int(value) for key, _, value in (v.partition("=") for v in values.split(",") if v)
        }
        cis.append(ci(name, "business_service" if name.startswith("svc") else "database", **given))
    words = {"needs": "depends_on", "copies": "replicates_to", "keeps": "stores_data_on", "backs": "backed_up_by"}
    found = []
    for line in filter(None, (part.strip() for part in relations.split(";"))):
        start, word, end, *pool = line.split()
        effect = "degraded" if word.endswith("~") else ""
        found.append(rel(f"{start} {words[word.rstrip('~')]} {end}", pool[0][1:] if pool else "", effect))
    return estate(cis, found, [rule(*line.split()) for line in filter(None, (p.strip() for p in pools.split(";")))])


def told(found: Estate, type_: GapType) -> dict[str, tuple[int, list[str]]]:
    """Minutes short and path by CI."""
    return {g.ci.id: (g.short_by, [hop.ci.id for hop in g.path]) for g in gaps(found, type_, None).nodes}


CHAIN = "portal needs app; app needs db; db needs san"
PROMISE = [
    ("the law: db is slower than what stands on it", "portal:rto=60 app:rto=60 db:rto=240",
     "portal needs app; app needs db", "",
     {"app": (180, ["app", "db"]), "portal": (180, ["portal", "app", "db"])}),
    ("over CIs that promise nothing", "portal:rto=60 app db san:rto=61", CHAIN, "",
     {"portal": (1, ["portal", "app", "db", "san"])}),
    ("an equal promise is none", "portal:rto=60 app:rto=60", "portal needs app", "", {}),
    ("a soft dependency is none", "portal:rto=60 app:rto=240", "portal needs~ app", "", {}),
    ("no promise, no gap", "portal app:rto=240", "portal needs app", "", {}),
    ("the worst of two", "portal:rto=60 app:rto=120 db:rto=240", "portal needs app; portal needs db", "",
     {"portal": (180, ["portal", "db"])}),
    ("one good member is enough", "portal:rto=60 app:rto=60 db:rto=240", "portal needs app @p; portal needs db @p",
     "portal p 1", {}),
    ("both are needed", "portal:rto=60 app:rto=60 db:rto=240", "portal needs app @p; portal needs db @p",
     "portal p 2", {"portal": (180, ["portal", "db"])}),
    ("two slow members: the quicker counts", "portal:rto=60 app:rto=120 db:rto=240",
     "portal needs app @p; portal needs db @p", "portal p 1", {"portal": (60, ["portal", "app"])}),
    ("a hidden common cause behind a pool", "portal:rto=60 app:rto=60 db:rto=60 san:rto=240",
     "portal needs app @p; portal needs db @p; app needs san; db needs san", "portal p 1",
     {"app": (180, ["app", "san"]), "db": (180, ["db", "san"]), "portal": (180, ["portal", "app", "san"])}),
    ("a cycle is all of one piece", "a:rto=60 b:rto=120 c", "a needs b; b needs c; c needs a", "",
     {"a": (60, ["a", "b"])}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cis", "relations", "pools", "expected"), [p[1:] for p in PROMISE], ids=[p[0] for p in PROMISE]
)
def test_promise_gaps(cis: str, relations: str, pools: str, expected: dict[str, tuple[int, list[str]]]) -> None:
    assert told(made(cis, relations, pools), GapType.promise) == expected


RECOVERY = [
    ("the law's chain, promised too soon", "portal:rto=100,restore=10 app:restore=20 db:restore=45 san:restore=30",
     CHAIN, {"portal": (5, ["portal", "app", "db", "san"])}, {}),
    ("the law's chain, kept", "portal:rto=105,restore=10 app:restore=20 db:restore=45 san:restore=30", CHAIN, {}, {}),
    ("unknown in the middle, broken all the same", "portal:rto=60,restore=10 app db:restore=45 san:restore=30",
     CHAIN, {"portal": (25, ["portal", "app", "db", "san"])}, {"portal": (85, ["app"])}),
    ("unknown in the middle, perhaps kept", "portal:rto=120,restore=10 app db:restore=45 san:restore=30", CHAIN, {},
     {"portal": (85, ["app"])}),
    ("its own time is unknown", "portal:rto=120", "", {}, {"portal": (0, ["portal"])}),
    ("started together, and late", "a:rto=40,restore=10 b:restore=20 c:restore=30", "a needs b; b needs a; a needs c",
     {"a": (10, ["a", "b", "c"])}, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cis", "relations", "expected", "missing"), [r[1:] for r in RECOVERY], ids=[r[0] for r in RECOVERY]
)
def test_recovery_gaps_and_what_is_missing(
    cis: str, relations: str, expected: dict[str, tuple[int, list[str]]], missing: dict[str, tuple[int, list[str]]]
) -> None:
    found = made(cis, relations)
    assert told(found, GapType.recovery) == expected
    unknown = unknown_promises(found, None).nodes
    assert {u.ci.id: (u.at_least, [m.id for m in u.missing]) for u in unknown} == missing


LOSS = [
    ("the law: the worst data it needs", "app db:rpo=15 queue:rpo=0 files:rpo=240",
     "app needs db; app needs queue; app needs files", "", "app", (240, False)),
    ("a stateless CI adds nothing", "app db:rpo=15 web", "app needs db; app needs web", "", "app", (15, False)),
    ("no data at all", "app web", "app needs web", "", "app", None),
    ("soft dependencies do not count", "app db:rpo=15 files:rpo=240", "app needs db; app needs~ files", "", "app",
     (15, False)),
    ("along a chain of copies losses add", "app db:rpo=15 copy:rpo=60 far",
     "app needs db; db copies copy; copy backs far", "", "app", (75, False)),
    ("the end of a chain with its own", "app db:rpo=15 copy:rpo=60", "app needs db; db copies copy", "", "app",
     (75, False)),
    ("the best copy counts", "app db:rpo=15 near:rpo=5 far:rpo=60", "app needs db; db copies near; db backs far", "",
     "app", (20, False)),
    ("a middle copy without rpo", "app db:rpo=15 copy far:rpo=60", "app needs db; db copies copy; copy copies far", "",
     "app", (75, True)),
    ("copied, without rpo", "app db copy", "app needs db; db copies copy", "", "app", (0, True)),
    ("two that copy to each other", "app a:rpo=5 b:rpo=7", "app needs a; a copies b; b copies a", "", "app",
     (12, False)),
    ("into a circle of copies", "app d:rpo=1 a:rpo=5 b:rpo=7", "app needs d; d copies a; a copies b; b copies a", "",
     "app", (6, False)),
    ("data and its place", "app db:rpo=15 vol:rpo=60", "app needs db; db keeps vol", "", "app", (60, False)),
    ("only the place is known", "app db vol:rpo=60", "app needs db; db keeps vol", "", "app", (60, False)),
    ("only the data is known", "app db:rpo=15 vol", "app needs db; db keeps vol", "", "app", (15, False)),
    ("neither is known", "app db vol", "app needs db; db keeps vol", "", "app", (0, True)),
    ("a good member of a pool", "app a:rpo=5 b:rpo=60", "app needs a @p; app needs b @p", "app p 1", "app", (5, False)),
    ("both members", "app a:rpo=5 b:rpo=60", "app needs a @p; app needs b @p", "app p 2", "app", (60, False)),
    ("an unknown member of a pool", "app a vol b:rpo=60", "app needs a @p; app needs b @p; a keeps vol", "app p 1",
     "app", (0, True)),
    ("through a cycle", "app:rpo=5 a b:rpo=30", "app needs a; a needs b; b needs a", "", "app", (30, False)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cis", "relations", "pools", "asked", "expected"), [row[1:] for row in LOSS], ids=[row[0] for row in LOSS]
)
def test_effective_rpo(cis: str, relations: str, pools: str, asked: str, expected: tuple[int, bool] | None) -> None:
    found = made(cis, relations, pools)
    card = of_ci(found, found.register.ids.index(asked))
    got = None if card.effective_rpo is None else (card.effective_rpo, card.effective_rpo_at_least)
    assert got == expected


def test_data_gaps_name_the_worst_data_and_the_way_to_it() -> None:
    found = made("svc:rpo=15 app db:rpo=15 copy:rpo=60", "svc needs app; app needs db; db copies copy")
    assert told(found, GapType.data) == {"svc": (60, ["svc", "app", "db"])}
    card = of_ci(found, found.register.ids.index("svc"))
    assert (card.rpo_verdict, card.effective_rpo) == (Verdict.broken, 75)
    assert of_ci(found, found.register.ids.index("db")).rpo_verdict is Verdict.kept


def test_a_place_is_not_asked_for_its_own_promise() -> None:
    assert told(made("db:rpo=15 vol:rpo=60", "db keeps vol"), GapType.data) == {"db": (45, ["db", "vol"])}


def test_verdicts_are_counted_for_the_estate_and_its_sectors() -> None:
    found = made("a:rto=60,restore=10 b:rto=5,restore=10 c:rto=60 d:rto=60,restore=1 e:rto=120", "d needs e")
    assert [s.sector for s in sectors(found)] == ["shared"]
    counts: list[ContinuitySummary | SectorContinuity] = [summary(found), *sectors(found)]
    for counted in counts:
        assert (counted.rto.total, counted.rto.kept, counted.rto.broken, counted.rto.unknown) == (5, 1, 2, 2)
        assert (counted.gaps.promise, counted.gaps.recovery, counted.gaps.unknown) == (1, 1, 3)


def test_services_say_how_many_gaps_they_inherit() -> None:
    found = made(
        "svc-1:rto=60,restore=1 svc-2:rto=600,restore=1 app:rto=60,restore=1 db:rto=120,restore=1",
        "svc-1 needs app; svc-2 needs app; app needs db",
    )
    shown = services(found, None).nodes
    assert [(s.ci.id, s.rto_verdict, s.inherits.promise) for s in shown] == [
        ("svc-1", Verdict.broken, 2), ("svc-2", Verdict.kept, 1)
    ]  # fmt: skip
    below = GapFilter(service=found.register.ids.index("svc-2"))
    assert [g.ci.id for g in gaps(found, GapType.promise, None, None, below).nodes] == ["app"]
    assert [g.ci.id for g in gaps(found, GapType.promise, None).nodes] == ["svc-1", "app"]


def test_pages_hold_every_gap_once_in_order() -> None:
    names = [f"x{at:02d}" for at in range(23)]
    found = made("db:rto=500 " + " ".join(f"{n}:rto={at % 5 + 1}" for at, n in enumerate(names)),
                 "; ".join(f"{n} needs db" for n in names))  # fmt: skip
    seen, after, more = list[tuple[int, str]](), None, True
    while more:
        part = gaps(found, GapType.promise, 7, after)
        seen += [(-g.short_by, g.ci.id) for g in part.nodes]
        after, more = part.end_cursor, part.has_next_page
    assert seen == sorted(seen)
    assert len(set(seen)) == 23 == part.total_count
    assert len(list(rows(found))) == 23


def test_offenders_of_one_ci_worst_first_each_with_its_path() -> None:
    found = made("a:rto=60 b:rto=120 c:rto=240 d:rto=30", "a needs b; b needs c; a needs d")
    listed = offenders(found, 0, GapType.promise, None).nodes
    assert [(o.ci.id, o.minutes, o.short_by, [h.ci.id for h in o.path]) for o in listed] == [
        ("c", 240, 180, ["a", "b", "c"]), ("b", 120, 60, ["a", "b"])
    ]  # fmt: skip
    assert offenders(found, 3, GapType.promise, None).total_count == 0


def test_planned_and_retired_cis_promise_nothing() -> None:
    cis = [ci("a", rto=60), ci("b", lifecycle="planned", rto=240, restore=900), ci("c", lifecycle="retired", rto=1)]
    found = estate(cis, [rel("a depends_on b"), rel("c depends_on a")])
    assert summary(found).gaps == type(summary(found).gaps)(0, 0, 0, 1)
    assert summary(found).rto.total == 1


def test_a_report_is_computed_once_for_an_estate() -> None:
    found = made("a:rto=60")
    assert assessed(found) is assessed(found)
    assert assessed(made("a:rto=60")) is not assessed(found)


def facts(data: st.DataObject, carries: tuple[bool, ...] = (False,)) -> tuple[World, Facts]:
    world = data.draw(worlds())
    minutes = st.lists(st.sampled_from([-1, -1, 0, 5, 10, 20, 60, 240]), min_size=world.size, max_size=world.size)
    numbers = {name: np.array(data.draw(minutes), np.int32) for name in ("rto", "rpo", "restore")}
    live = np.array([at not in world.not_live for at in range(world.size)])
    return world, Facts(compiled(world), live, numbers, carries)


def alive(found: Facts, name: str) -> list[int]:
    return [int(v) for v in np.where(found.live, found.numbers[name], -1)]


def check_against_the_twin(data: st.DataObject) -> None:
    world, given = facts(data)
    found, rto = assess(given), alive(given, "rto")
    below = twin.worst_below(world, rto)
    assert found.promise.worst.tolist() == below
    assert found.data.worst.tolist() == twin.worst_below(world, alive(given, "rpo"))
    closure = Closure(found)
    for at in range(world.size):
        assert set(closure.all(at).tolist()) == twin.closure(world, at)
        assert (found.short[GapType.promise][at] > 0) == (rto[at] >= 0 and below[at] > rto[at])
        if rto[at] >= 0:
            offending = offending_below(found, GapType.promise, at, closure)
            assert set(offending.queue[offending.places].tolist()) == twin.offenders(world, rto, at)
            if found.short[GapType.promise][at]:
                path = offending.worst_path(below[at])
                assert (path[0], rto[path[-1]]) == (at, below[at])
                steps = pairwise(path)
                assert all(any(b in members for _, members in twin.hard(world, a)) for a, b in steps)


@FEW
@given(st.data())
def test_a_few_random_worlds_are_as_the_twin_finds(data: st.DataObject) -> None:
    check_against_the_twin(data)


@pytest.mark.slow
@CASES
@given(st.data())
def test_many_random_worlds_are_as_the_twin_finds(data: st.DataObject) -> None:
    check_against_the_twin(data)


def check_longest_paths(found: Assessment) -> None:
    """The times on the longest path of every CI add up to its recovery, and each step is one it waits for."""
    for at in range(len(found.rto)):
        path = longest_path(found, at)
        following = [*path[1:], -1]
        total = sum(
            minutes_of(found, GapType.recovery, c, other) or 0 for c, other in zip(path, following, strict=True)
        )
        assert total == found.recovery.minutes[at], (at, path)


@FEW
@given(st.data())
def test_the_times_on_a_longest_path_add_up(data: st.DataObject) -> None:
    check_longest_paths(assess(facts(data)[1]))


@pytest.mark.slow
@CASES
@given(st.data())
def test_the_times_on_many_longest_paths_add_up(data: st.DataObject) -> None:
    check_longest_paths(assess(facts(data)[1]))


def check_trials(data: st.DataObject) -> None:
    """What a trial says of a change is what the whole estate says once it is made."""
    world, given = facts(data)
    found = assess(given)
    changed, minutes = data.draw(st.integers(0, world.size - 1)), data.draw(st.sampled_from([1, 7, 100]))
    restore = given.numbers["restore"].copy()
    restore[changed] = minutes
    after = assess(Facts(given.graph, given.live, {**given.numbers, "restore": restore}, given.carries_data))
    assert trial(found, changed).minutes(changed, minutes).tolist() == after.recovery.minutes.tolist()
    plain = sorted({(d, p) for d, p, effect, pool in world.live() if effect == 3 and not pool})
    if plain:
        dependent, provider = data.draw(st.sampled_from(plain))
        eased = [d for d in world.dependencies if (*d[:2], d[3]) != (dependent, provider, "") or d[2] != 3]
        other = World(world.size, eased, world.rules, world.not_live)
        after = assess(Facts(compiled(other), given.live, given.numbers, given.carries_data))
        beside = trial(found, dependent).minutes_beside(dependent, provider)
        assert beside.tolist() == after.recovery.minutes.tolist()


@FEW
@given(st.data())
def test_a_few_trials_are_what_comes_of_the_change(data: st.DataObject) -> None:
    check_trials(data)


@pytest.mark.slow
@CASES
@given(st.data())
def test_many_trials_are_what_comes_of_the_change(data: st.DataObject) -> None:
    check_trials(data)


@FEW
@given(st.data())
def test_chains_of_copies_add_up_as_the_twin_finds(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 6))
    pairs = data.draw(st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=9))
    copies: dict[int, list[int]] = {}
    for a, b in sorted(pairs):
        if a != b:
            copies.setdefault(a, []).append(b)
    cost = {c: data.draw(st.sampled_from([0, 1, 5, 60, UNBOUNDED])) for c in range(size)}
    least = {c: 0 if minutes == UNBOUNDED else minutes for c, minutes in cost.items()}
    assert best_copies(copies, cost, least) == {c: twin.copied_loss(copies, cost, least, c) for c in copies}
