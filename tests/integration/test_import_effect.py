"""What an import would do to the answers, told before it is written."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

import api.import_radius
from api.import_ahead import Ahead, Recorded
from api.import_effect import effect_of
from api.import_radius import ahead_of
from api.import_report import Concern, Effect, Matter, ServiceRadius
from api.import_sides import Sides
from api.workspace import Workspace, open_workspace
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, Pool, Relation
from cmdb.reconcile.difference import Difference
from cmdb.reconcile.plan import Plan, plan
from cmdb.store.port import Dump
from cmdb.store.sqlite.store import SqliteStore
from impact.snapshot import Snapshot, compile_estate
from tests.impact.estates import MODEL, WORDS, ci, ids, rel, rule
from tests.impact.test_snapshot import Inventory, answers

CIS = [
    ci("pay", "business_service", rto=240),
    ci("mail", "business_service"),
    ci("app", "application", rto=120, criticality="high"),
    ci("db", "database"),
    ci("db-2", "database"),
    *(ci(f"web-{n}") for n in (1, 2, 3)),
    ci("staff", "client_group", head_count=100),
    ci("crew", "client_group", head_count=20),
    ci("desk", "team"),
    ci("ops", "team"),
]
RELATIONS = [
    rel("staff uses pay"),
    rel("crew uses mail"),
    rel("pay delivered_by app"),
    rel("pay depends_on db"),
    *(rel(f"app runs_on web-{n}", "web") for n in (1, 2, 3)),
    rel("pay owned_by desk"),
    rel("app supported_by desk"),
    rel("app supported_by ops"),
]
POOLS = [rule("app", "web", "1")]

Told = Callable[..., Effect]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """The estate above, in a store of its own."""
    with closing(open_workspace(f"sqlite:{tmp_path / 'store.db'}")) as opened:
        opened.store.apply(
            Changeset("ada", "test", put_cis=CIS, put_relations=RELATIONS, put_pools=POOLS)
        )  # fmt: skip
        yield opened


@pytest.fixture
def told(workspace: Workspace) -> Told:
    """What it does when the source says the estate above but for what is left out, and what is put in its place."""

    def effect(without: Sequence[str] = (), put: Sequence[CI | Relation | Pool] = (), source: str = "test") -> Effect:
        return effect_of(planned(workspace, without, put, source), workspace)

    return effect


def planned(
    workspace: Workspace, without: Sequence[str], put: Sequence[CI | Relation | Pool], source: str = "test"
) -> Plan:
    """The plan: CIs are left out with their relations, relations as `app runs_on web-1`, pools as `app web`."""
    things: dict[tuple[str, ...], CI | Relation | Pool] = {}
    for thing in (*(CIS + RELATIONS + POOLS if source == "test" else []), *put):
        things[key(thing)] = thing._replace(source=source)
    left = [thing for name, thing in things.items() if not {" ".join(name), *name} & set(without)]
    cis, relations, pools = (
        [thing for thing in left if isinstance(thing, CI)],
        [thing for thing in left if isinstance(thing, Relation)],
        [thing for thing in left if isinstance(thing, Pool)],
    )
    return plan(workspace.store.dump(), (cis, relations, pools), source, workspace.model)


def key(thing: CI | Relation | Pool) -> tuple[str, ...]:
    """What a thing is left out by."""
    if isinstance(thing, CI):
        return (thing.id,)
    return thing[:3] if isinstance(thing, Relation) else thing[:2]


def matter(effect: Effect, code: str) -> Matter:
    return next(matter for matter in effect.matters if matter.code == code)


def concerns(effect: Effect, code: str) -> list[Concern]:
    return matter(effect, code).concerns


def radii(effect: Effect) -> dict[str, ServiceRadius]:
    return {radius.service.id: radius for radius in effect.blast_radius.services}


def test_a_service_loses_its_only_database(told: Told) -> None:
    effect = told(["pay depends_on db"])
    (lost,) = concerns(effect, "dependencies_lost")
    assert (lost.ci.id, lost.words) == ("pay", "loses DB (db) (no database left)")
    assert [m.code for m in effect.matters] == ["dependencies_lost"]
    pay = radii(effect)["pay"]
    assert pay.needs is not None
    assert (pay.needs.before, pay.needs.after, ids(pay.needs.lost)) == (5, 4, ["db"])
    assert pay.alone is not None
    assert (pay.alone.before, pay.alone.after, ids(pay.alone.lost)) == (2, 1, ["db"])
    assert (pay.people_before, pay.people_after) == (100, 100)
    assert radii(effect).keys() == {"pay"}


def test_another_database_in_its_place_is_told_with_it(told: Told) -> None:
    effect = told(["pay depends_on db"], [rel("pay depends_on db-2", effect="degraded")])
    (lost,) = concerns(effect, "dependencies_lost")
    assert lost.words == "loses DB (db); gains DB-2 (db-2)"
    pay = radii(effect)["pay"]
    assert pay.needs is not None
    assert pay.alone is not None
    assert (ids(pay.needs.gained), ids(pay.needs.lost), pay.alone.gained_count) == (["db-2"], ["db"], 0)


def test_a_dependency_that_only_weighs_less_is_told(told: Told) -> None:
    effect = told([], [rel("pay depends_on db", effect="at_risk")])
    assert [c.words for c in concerns(effect, "dependencies_lost")] == ["DB (db): then down → then at risk"]
    pay = radii(effect)["pay"]
    assert pay.alone is not None
    assert (pay.needs, ids(pay.alone.lost)) == (None, ["db"])


def test_a_pool_loses_a_member(told: Told) -> None:
    effect = told(["web-3"])
    (weaker,) = concerns(effect, "pools_weakened")
    assert (weaker.ci.id, weaker.words) == ("app", "pool web: WEB-3 (web-3) leaves")
    assert (weaker.before, weaker.after) == ("needs 1 of 3", "needs 1 of 2")
    assert "still_needed" not in {m.code for m in effect.matters}, "the relation goes with it"
    needs = radii(effect)["pay"].needs
    assert needs is not None
    assert ids(needs.lost) == ["web-3"]


def test_the_last_spare_member_makes_single_points_of_failure(told: Told) -> None:
    effect = told(["web-2", "web-3"])
    assert concerns(effect, "pools_weakened")[0].after == "needs 1 of 1, none to spare"
    pay = radii(effect)["pay"]
    assert pay.needs is not None
    assert pay.alone is not None
    assert ids(pay.alone.gained) == ["web-1"]


def test_a_pool_with_another_rule_and_one_that_goes(told: Told) -> None:
    raised = concerns(told([], [rule("app", "web", "2", "3")]), "pools_weakened")
    assert [(c.words, c.before, c.after) for c in raised] == [
        ("pool web", "needs 1 of 3", "needs 2 of 3, 3 for full service")
    ]
    plainly = [rel(f"app runs_on web-{n}") for n in (1, 2, 3)]
    gone = concerns(told(["app web"], plainly), "pools_weakened")
    assert [(c.words, c.after) for c in gone] == [("pool web: WEB-1 (web-1), WEB-2 (web-2), WEB-3 (web-3) leave", None)]


def test_what_another_source_still_needs(workspace: Workspace, told: Told) -> None:
    other = [rel("mail depends_on db-2")._replace(source="other")]
    workspace.store.apply(Changeset("ada", "other", put_relations=other))
    effect = told(["db-2"])
    (needed,) = concerns(effect, "still_needed")
    assert (needed.ci.id, needed.words, needed.after) == ("db-2", "still needed by MAIL (mail)", "retired")
    (lost,) = concerns(effect, "dependencies_lost")
    assert (lost.ci.id, lost.words) == ("mail", "loses DB-2 (db-2) (no database left)")


def test_owners_and_support_that_are_lost(told: Told) -> None:
    effect = told(["desk"], [rel("pay supported_by ops")])
    rows = [(c.ci.id, c.words, c.before, c.after) for c in concerns(effect, "contacts_lost")]
    assert rows == [
        ("pay", "owner", "DESK (desk)", None),
        ("app", "support", "DESK (desk), OPS (ops)", "OPS (ops)"),
    ]


def test_promises_kinds_and_head_counts(told: Told) -> None:
    app = ci("app", "application", rto=480, criticality="low", rpo=15)
    effect = told([], [app, ci("web-1", "virtual_machine"), ci("staff", "client_group", head_count=1200)])
    rows = [(c.ci.id, c.words, c.before, c.after) for m in effect.matters for c in m.concerns]
    assert rows == [
        ("app", "RTO", "2h", "8h"),
        ("app", "RPO", None, "15m"),
        ("app", "criticality", "high", "low"),
        ("web-1", "kind", "server", "virtual_machine"),
        ("staff", "people", "100", "1,200"),
    ]
    assert [(r.service.id, r.people_before, r.people_after) for r in effect.blast_radius.services] == [
        ("pay", 100, 1200)
    ]


def test_a_service_that_leaves_service(told: Told) -> None:
    effect = told(["mail"])
    assert [(c.ci.id, c.after) for c in concerns(effect, "services_leave")] == [("mail", "retired")]
    assert (effect.blast_radius.leaving, effect.blast_radius.count) == (1, 0)


def test_people_who_newly_use_a_service(told: Told) -> None:
    effect = told([], [rel("crew uses pay"), ci("new", "business_service")])
    assert effect.matters == []
    assert [(r.service.id, r.people_before, r.people_after) for r in effect.blast_radius.services] == [
        ("pay", 100, 120)
    ]
    assert effect.blast_radius.joining == 1


def test_nothing_matters(told: Told) -> None:
    effect = told([], [ci("web-1", os="newer"), ci("spare")])
    assert (effect.matters, effect.blast_radius.services, effect.first_import) == ([], [], False)
    assert effect.blast_radius.not_computed == ""
    assert told().blast_radius.not_computed == "nothing changes"


def test_a_first_import_says_so(tmp_path: Path) -> None:
    with closing(open_workspace(f"sqlite:{tmp_path / 'empty.db'}")) as empty:
        effect = effect_of(planned(empty, [], []), empty)
    assert effect.first_import
    assert effect.blast_radius.not_computed == "first import: everything is new"


def test_what_is_too_much_is_said(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.import_radius.MOST_TOUCHED", 1)
    monkeypatch.setattr("api.import_matters.MOST_LOSING", 0)
    effect = told(["pay depends_on db"], [ci("db", "database", rpo=5)])
    assert effect.blast_radius.not_computed == "more than 1 CIs change"
    assert [m.code for m in effect.matters] == ["promises_changed"]
    assert effect.not_looked_at
    monkeypatch.undo()
    monkeypatch.setattr("api.import_radius.MOST_SERVICES", 0)
    cut = told(["pay depends_on db"]).blast_radius
    assert (cut.count, cut.reached, cut.examined) == (0, 1, 0)


def test_a_plan_that_is_out_of_date_says_so(workspace: Workspace) -> None:
    old = planned(workspace, ["db-2"], [])
    workspace.store.apply(Changeset("ada", "test", put_cis=[ci("late")]))
    effect = effect_of(old, workspace)
    assert effect.blast_radius.not_computed == "something else was recorded since the plan was worked out"
    assert effect.not_looked_at


def test_asking_leaves_no_trace(workspace: Workspace) -> None:
    first = workspace.snapshot.current().estate
    effect_of(planned(workspace, ["db"], [ci("phantom"), rel("pay depends_on phantom")]), workspace)
    assert first.register.find("phantom") is None
    assert first.register.late == {}
    workspace.store.apply(Changeset("ada", "test", put_cis=[ci("real")], put_relations=[rel("pay depends_on real")]))
    after = workspace.snapshot.current().estate
    anew = compile_estate(after.vocabulary, workspace.store.dump())
    scenario = Inventory(0).scenario()
    assert answers(after, scenario) == answers(anew, scenario)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("anew", [False, True])
def test_the_estate_ahead_is_that_of_a_store_with_the_plan_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, anew: bool
) -> None:
    if anew:
        monkeypatch.setattr(api.import_radius, "MANY", 0)
    compared = 0
    with closing(SqliteStore(tmp_path / "store.db", MODEL)) as store:
        snapshot, inventory = Snapshot(store, MODEL), Inventory(seed)
        store.apply(inventory.change())
        for turn in range(15):
            changeset = inventory.change() if turn % 2 else _wanted(store.dump(), tmp_path, 1000 * seed + turn)
            before = snapshot.current().estate
            base = Changeset(**{**{f: getattr(changeset, f) for f in changeset.__slots__}, "base": before.revision})
            found = Plan(base, Difference(), Difference(), Difference(), 0)
            ahead = ahead_of(Sides(before, found, Ahead(Recorded(store, before.size), base, MODEL)))
            store.apply(changeset)
            inventory.known = {ci.id for ci in store.dump().cis}
            inventory.rules = {(pool.ci, pool.name) for pool in store.dump().pools}
            expected = compile_estate(WORDS, store.dump())
            for _ in range(2):
                scenario = inventory.scenario()
                assert answers(ahead.after, scenario) == answers(expected, scenario), (seed, turn)
                compared += len(answers(expected, scenario)["affected"])  # type: ignore[arg-type]
            for old, new in enumerate(ahead.moved.tolist()):
                assert new < 0 or ahead.before.register.ids[old] == ahead.after.register.ids[new]
    assert compared > 5


def _wanted(current: Dump, folder: Path, seed: int) -> Changeset:
    """What an import of another random inventory would write."""
    with closing(SqliteStore(folder / f"wanted-{seed}.db", MODEL)) as store:
        inventory = Inventory(seed)
        for _ in range(4):
            store.apply(inventory.change())
        wanted = store.dump()
    return plan(current, (wanted.cis, wanted.relations, wanted.pools), "test", MODEL).changeset
