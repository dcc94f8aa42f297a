"""Readiness: every rule on worked cases; everything equal to the plain twin, also after changes; lists and groups."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.ci import CI, Pool, Relation
from cmdb.store.port import Dump, Head
from cmdb.store.sqlite.store import SqliteStore
from impact.estate import Estate
from impact.paging import BadCursor, encode_cursor
from impact.readiness.attributes import STEP, read
from impact.readiness.facts import DATED, NAMES, Facts
from impact.readiness.groups import NOBODY_WORDS, group
from impact.readiness.ledger import Ledger, Wanted, chosen, open_ledger, scores, selected, tally
from impact.readiness.needs import STALE_DAYS, IsNamed, Points
from impact.readiness.purposes import PURPOSES, RULE_NUMBER, RULES, SERVICE_RTO, SYSTEM_RTO
from impact.readiness.report import ReadinessBy, ReadinessPurpose
from impact.readiness.worklist import whole, worklist
from impact.register import Register
from impact.snapshot import Snapshot, compile_estate
from tests.impact import readiness_naive
from tests.impact.estates import MODEL, NOW, WORDS, ci, estate, rel, rule
from tests.impact.readiness_naive import Records
from tests.impact.test_snapshot import Inventory

TODAY = NOW.date()
DAY = (TODAY - date(1970, 1, 1)).days
BY_NAME = {rule.name: rule for rule in RULES}


def ledger_of(found: Estate) -> Ledger:
    return open_ledger(found, DAY)


def told(found: Estate, ledger: Ledger) -> dict[str, dict[str, bool]]:
    """By rule: the CIs it is asked of, and whether they miss it."""
    ids = [found.register.ids[at] for at in ledger.cis.tolist()]
    words = list(zip(ids, ledger.applies.tolist(), ledger.lacks.tolist(), strict=True))
    return {
        rule.name: {name: bool(lacks >> number & 1) for name, applies, lacks in words if applies >> number & 1}
        for rule, number in RULE_NUMBER.items()
    }


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


Rows = Sequence[CI | Relation | Pool]
SERVICE = ci("svc", "business_service")
STORE: Rows = [ci("vol", "storage"), ci("vm", "virtual_machine"), rel("vm stores_data_on vol")]
CASES: dict[str, list[tuple[Rows, str, bool | None]]] = {
    "service_rto": [([ci("a", "business_service", rto=60)], "a", False), ([SERVICE], "svc", True),
                    ([ci("a", "application")], "a", None), ([ci("a", "service_offering", rto=None)], "a", True)],
    "service_users": [([SERVICE, ci("g", "client_group"), rel("g uses svc")], "svc", False), ([SERVICE], "svc", True),
                      ([SERVICE, ci("g", "client_group", lifecycle="retired"), rel("g uses svc")], "svc", True)],
    "somebody_to_call": [([ci("h"), ci("t", "team"), rel("h on_call t")], "h", False),
                         ([ci("h"), ci("t", "team"), rel("h supported_by t")], "h", False),
                         ([ci("h"), ci("t", "team"), rel("h has_expert t")], "h", False),
                         ([ci("h"), ci("t", "team"), rel("h managed_by t")], "h", False),
                         ([ci("h"), ci("t", "team"), rel("h owned_by t")], "h", False),
                         ([ci("h"), ci("t", "team", lifecycle="retired"), rel("h on_call t")], "h", True),
                         ([ci("h"), ci("d", "document"), rel("h documented_in d")], "h", True),
                         ([ci("t", "team")], "t", None)],
    "dependents": [([ci("h"), ci("a", "application"), rel("a runs_on h")], "h", False), ([ci("h")], "h", True),
                   ([SERVICE], "svc", None), ([ci("h", lifecycle="planned")], "h", None)],
    "dependencies": [([ci("h"), ci("a", "application"), rel("a runs_on h")], "a", False),
                     ([ci("a", "application")], "a", True), ([ci("h")], "h", None), ([SERVICE], "svc", True)],
    "head_count": [([ci("g", "client_group", head_count=0)], "g", False), ([ci("g", "client_group")], "g", True)],
    "group_contact": [([ci("g", "client_group"), ci("p", "person"), rel("g managed_by p")], "g", False),
                      ([ci("g", "client_group"), ci("p", "person"), rel("g on_call p")], "g", True)],
    "group_uses": [([ci("g", "client_group"), SERVICE, rel("g uses svc")], "g", False),
                   ([ci("g", "client_group"), ci("h", "client_group"), rel("g part_of h")], "g", False),
                   ([ci("g", "client_group"), ci("h", "client_group"), rel("g part_of h")], "h", True)],
    "reachable": [([ci("t", "team", phone="555"), ci("h"), rel("h on_call t")], "t", False),
                  ([ci("t", "team", email="t@x"), ci("h"), rel("h on_call t")], "t", False),
                  ([ci("t", "team"), ci("h"), rel("h on_call t")], "t", True), ([ci("t", "team")], "t", None),
                  ([ci("t", "team"), ci("h", lifecycle="retired"), rel("h on_call t")], "t", None)],
    "pool_rules": [([ci("a", "application"), ci("h"), rel("a runs_on h", "p"), rule("a", "p", "1")], "a", False),
                   ([ci("a", "application"), ci("h"), rel("a runs_on h", "p"), rule("a", "p", "2")], "a", True),
                   ([ci("a", "application"), ci("h"), rel("a runs_on h")], "a", None)],
    "verified": [([ci("h")], "h", False), ([ci("h", verified_at=None)], "h", True), ([ci("t", "team")], "t", None)],
    "verified_lately": [([ci("h", verified_at=days_ago(STALE_DAYS))], "h", False),
                        ([ci("h", verified_at=days_ago(STALE_DAYS + 1))], "h", True),
                        ([ci("h", verified_at=None)], "h", None)],
    "service_owner": [([SERVICE, ci("p", "person"), rel("svc owned_by p")], "svc", False),
                      ([SERVICE, ci("p", "person"), rel("svc managed_by p")], "svc", True)],
    "responsible": [([ci("h"), ci("p", "person"), rel("h managed_by p")], "h", False),
                    ([ci("h"), ci("p", "person"), rel("h has_expert p")], "h", True), ([SERVICE], "svc", None)],
    "environment": [([ci("v", "virtual_machine", environment="test")], "v", False), ([ci("d", "database")], "d", True),
                    ([ci("s", "software")], "s", None)],
    "system_rto": [([ci("a", "application", rto=0)], "a", False), ([ci("d", "database")], "d", True),
                   ([ci("h")], "h", None)],
    "restore": [([ci("h", restore=5)], "h", False), ([SERVICE], "svc", True), ([ci("p", "person")], "p", None)],
    "data_rpo": [([ci("d", "database", rpo=15)], "d", False), ([*STORE], "vol", True),
                 ([ci("s", "storage")], "s", None),
                 ([ci("vol", "storage", rpo=60), *STORE[1:]], "vol", False)],
    "copies": [([*STORE, ci("b", "storage"), rel("vol backed_up_by b")], "vol", False), ([*STORE], "vol", True),
               ([*STORE, ci("d", "database"), rel("d stores_data_on vol")], "d", None),
               ([ci("d", "database"), ci("e", "database"), rel("d replicates_to e")], "d", False),
               ([ci("d", "database")], "d", True)],
    "runbook": [([SERVICE, ci("d", "document"), rel("svc documented_in d")], "svc", False),
                ([ci("a", "application")], "a", True)],
    "serial": [([ci("h", serial="1")], "h", False), ([ci("s", "storage")], "s", True),
               ([ci("v", "virtual_machine")], "v", None),
               ([ci("s", "storage"), ci("v", "storage"), rel("v part_of s")], "v", None),
               ([ci("s"), ci("v"), rel("v hosted_on s")], "v", None)],
    "manufacturer": [([ci("h", manufacturer="F")], "h", False), ([ci("n", "network_device")], "n", True)],
    "location": [([ci("p", "power"), ci("f", "facility"), rel("p located_in f")], "p", False), ([ci("h")], "h", True),
                 ([ci("v", "virtual_machine")], "v", None)],
    "external_id": [([ci("h", external_id="1")], "h", False), ([ci("s", "software")], "s", True),
                    ([ci("f", "facility")], "f", None)],
    "agreement": [([ci("a", "application"), ci("c", "agreement"), rel("a covered_by c")], "a", False),
                  ([ci("c", "circuit")], "c", True),
                  ([ci("s", "storage"), ci("v", "storage"), rel("v part_of s")], "v", None)],
    "agreement_end": [([ci("c", "agreement", valid_until="2030-01-01")], "c", False),
                      ([ci("c", "agreement")], "c", True)],
    "agreement_current": [([ci("c", "agreement", valid_until=days_ago(0))], "c", False),
                          ([ci("c", "agreement", valid_until=f"{days_ago(1)}T12:00:00+00:00")], "c", True),
                          ([ci("c", "agreement")], "c", None)],
}  # fmt: skip
"""By rule: rows, a CI, and whether it misses what is asked; None: it is not asked."""


def estate_of(rows: Rows) -> Estate:
    return estate(*([row for row in rows if isinstance(row, kind)] for kind in (CI, Relation, Pool)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "rows", "about", "misses"),
    [(name, *case) for name, cases in CASES.items() for case in cases],
)
def test_worked_cases(name: str, rows: Rows, about: str, misses: bool | None) -> None:
    found = estate_of(rows)
    assert told(found, ledger_of(found))[name].get(about) == misses


def test_every_rule_is_tried_both_ways() -> None:
    assert {name: {True, False} <= {case[2] for case in cases} for name, cases in CASES.items()} == dict.fromkeys(
        BY_NAME, True
    )


def test_rules_name_what_the_model_declares() -> None:
    attributes = {name for kind in MODEL.kinds.values() for name in (a.name for a in kind.attributes)}
    assert set(NAMES) <= attributes
    for r in RULES:
        assert r.name == r.name.lower()
        assert all(words and not words.endswith(" ") for words in (r.lacks, r.why))
        assert all(set(s.kinds) | set(s.but) <= MODEL.kinds.keys() for s in r.scopes)
        assert {role for s in r.scopes for role in s.roles} <= set(MODEL.roles.values())
        for need in (r.need, *(s.where for s in r.scopes), *(s.unless for s in r.scopes)):
            if isinstance(need, Points | IsNamed):
                assert set(need.relations) <= MODEL.relations.keys()
    assert [p.name for p in PURPOSES] == [p.value for p in ReadinessPurpose]
    assert len(BY_NAME) == len(RULES) <= 64


KIND_NAMES = ("business_service", "application", "database", "storage", "virtual_machine", "client_group", "team",
              "agreement", "power", "application_instance")  # fmt: skip
NAMED = [f"{kind}-{n}" for kind in KIND_NAMES for n in range(2)]
TYPES = tuple(MODEL.relations)
VALUES: dict[str, list[object]] = {
    "verified_at": [None, days_ago(3), days_ago(STALE_DAYS), days_ago(300), days_ago(400)],
    "rto": [None, 0, 240], "rpo": [None, 15], "restore": [None, 30], "head_count": [None, 12],
    "criticality": [None, "high", "critical"], "environment": [None, "test"], "serial": [None, "1"],
    "manufacturer": [None, "F"], "external_id": [None, "k"], "phone": [None, "555"], "email": [None, "a@b"],
    "valid_until": [None, days_ago(-1), days_ago(1)],
}  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> Records:
    """Small inventories of all that the rules look at; any relation between any two CIs."""
    names = draw(st.lists(st.sampled_from(NAMED), min_size=1, max_size=8, unique=True))
    cis = [
        ci(name, name.rpartition("-")[0], draw(st.sampled_from(["shared", "health"])),
           draw(st.sampled_from(["live", "live", "live", "retired"])),
           **{key: draw(st.sampled_from(values)) for key, values in VALUES.items()})
        for name in names
    ]  # fmt: skip
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(TYPES), st.sampled_from(names))
    rows = draw(st.lists(st.tuples(pairs, st.sampled_from(["", "", "p", "q"])), max_size=14))
    relations = {
        r.key: r for (a, type_, b), pool in rows if a != b
        for r in [rel(f"{a} {type_} {b}", pool if MODEL.relations[type_].impact != "none" else "")]
    }  # fmt: skip
    owners = {(r.from_id if MODEL.relations[r.type].impact == "to_from" else r.to_id, r.pool)
              for r in relations.values() if r.pool}  # fmt: skip
    pools = [rule(owner, name, draw(st.sampled_from(["1", "2", "50%"]))) for owner, name in sorted(owners)]
    return Records(cis, list(relations.values()), pools, TODAY)


def compiled(world: Records) -> Estate:
    return estate(world.cis, world.relations, world.pools)


@settings(max_examples=120, deadline=None)
@given(records())
def test_the_ledger_is_what_asking_every_record_gives(world: Records) -> None:
    found = compiled(world)
    ledger = ledger_of(found)
    assert told(found, ledger) == readiness_naive.missing(world)
    for r in RULES:
        counted = tally(ledger, r)
        assert (counted.applicable, counted.met, counted.fresh, counted.verified) == readiness_naive.counts(world, r)


@settings(max_examples=60, deadline=None)
@given(records(), st.data())
def test_facts_of_a_few_are_those_of_all(world: Records, data: st.DataObject) -> None:
    found = compiled(world)
    everyone = np.arange(found.size, dtype=np.int32)
    few = np.array(sorted(data.draw(st.sets(st.sampled_from(everyone.tolist()), min_size=1))), np.int32)
    some, all_ = Facts(found, few, DAY), Facts(found, everyone, DAY)
    for r in RULES:
        assert some.meets(r.need).tolist() == all_.meets(r.need)[few].tolist(), r.name
        assert some.inside(r.scopes).tolist() == all_.inside(r.scopes)[few].tolist(), r.name
        assert set(some.lacking(r).tolist()) == set(all_.lacking(r).tolist()) & set(few.tolist())


@settings(max_examples=60, deadline=None)
@given(records(), st.sampled_from(list(ReadinessBy)))
def test_numbers_groups_and_worklists_agree(world: Records, by: ReadinessBy) -> None:
    found = compiled(world)
    ledger = ledger_of(found)
    for score in scores(ledger, PURPOSES):
        (purpose,) = chosen(score.purpose)
        needs = [readiness_naive.counts(world, r) for r in purpose.rules]
        total = score.tally
        assert (total.applicable, total.met, total.fresh, total.verified) == tuple(map(sum, zip(*needs, strict=True)))
        assert total.missing == total.applicable - total.met == sum(r.tally.missing for r in score.rules)
        assert total.share == (total.met / total.applicable if total.applicable else None)
    work = worklist(found, ledger, RULES, None)
    lacking = {name for row in told(found, ledger).values() for name, misses in row.items() if misses}
    assert {w.id for w in work.nodes} == lacking
    assert work.nodes == list(whole(found, ledger, RULES))
    groups = group(found, ledger, RULES, by, None).nodes
    expected = Counter[str]()
    for c in world.cis:
        owners = {str(r.to_id) for r in world.arrows() if r.type == "owned_by" and r.from_id == c.id}
        labels: dict[str, set[str]] = {"kind": {c.kind}, "sector": {c.sector}, "owner": owners or {""}}
        for label in labels[by.value]:
            expected[label] += sum(row.get(str(c.id), False) for row in told(found, ledger).values())
    shown = {(g.owner.id if g.owner else "") if by is ReadinessBy.owner else g.name: g.tally.missing for g in groups}
    assert {k: v for k, v in shown.items() if v} == {k: v for k, v in expected.items() if v}
    assert [g.tally.missing for g in groups] == sorted(shown.values(), reverse=True)
    assert all(g.worst is None or g.worst.tally.missing > 0 for g in groups)


@pytest.mark.parametrize("seed", range(4))
def test_after_changes_as_if_compiled_anew(tmp_path: Path, seed: int) -> None:
    store = SqliteStore(tmp_path / "cmdb.db", MODEL)
    snapshot, inventory = Snapshot(store, MODEL), Inventory(seed)
    for _ in range(12):
        store.apply(inventory.change())
        followed = snapshot.current().estate
        dump = store.dump()
        ledger = ledger_of(followed)
        assert told(followed, ledger) == readiness_naive.missing(Records(dump.cis, dump.relations, dump.pools, TODAY))
        fresh = compile_estate(WORDS, dump)
        work = [worklist(e, ledger_of(e), RULES, None).nodes for e in (followed, fresh)]
        assert work[0] == work[1]
    store.close()


GOOD = [
    ci("t0", "business_service", rto=60), ci("t2", "business_service", rto=1440, criticality="critical"),
    ci("t?", "business_service"), ci("app-b", "application", criticality="low"),
    ci("app-c", "application", criticality="critical"), ci("big", "client_group", head_count=900), ci("small"),
    ci("used"), ci("ops", "team", phone="555"),
]  # fmt: skip
LINKS = [rel("app-b runs_on used"), rel("app-c runs_on used"), rel("t0 owned_by ops"), rel("t2 owned_by ops"),
         rel("t2 owned_by big")]  # fmt: skip


def test_the_most_valuable_come_first_and_pages_follow_each_other() -> None:
    found = estate(GOOD, LINKS)
    ledger = ledger_of(found)
    order = ["t0", "t2", "t?", "app-c", "app-b", "big", "used", "small"]
    assert [w.id for w in worklist(found, ledger, RULES, None).nodes] == order
    seen, after = list[str](), None
    while True:
        page = worklist(found, ledger, RULES, 3, after)
        seen += [w.id for w in page.nodes]
        assert page.total_count == len(order)
        if not page.has_next_page:
            break
        after = page.end_cursor
    assert seen == order
    first, third = (worklist(found, ledger, RULES, None).nodes[at] for at in (0, 2))
    assert (first.tier, first.criticality, first.size, third.tier) == ("T0", None, 0, None)
    big = worklist(found, ledger, RULES, None).nodes[5]
    assert (big.size, big.missing, big.lacks) == (
        900, ["group_contact", "group_uses"], ["nobody speaks for it", "uses nothing"]
    )  # fmt: skip
    assert [w.id for w in worklist(found, ledger, (SERVICE_RTO, SYSTEM_RTO), None).nodes] == ["t?", "app-c", "app-b"]


def test_groups_by_owner_count_a_ci_under_each_and_page() -> None:
    found = estate(GOOD, LINKS)
    ledger = ledger_of(found)
    everyone = group(found, ledger, RULES, ReadinessBy.owner, None).nodes
    assert {(g.name, g.cis) for g in everyone} == {(NOBODY_WORDS, 7), ("OPS", 2), ("BIG", 1)}
    assert next(g for g in everyone if g.name == "OPS").owner is not None
    pages, after = [], None
    for _ in range(3):
        page = group(found, ledger, RULES, ReadinessBy.owner, 1, after)
        assert page.total_count == 3
        pages += page.nodes
        after = page.end_cursor
    assert pages == everyone
    assert not page.has_next_page
    with pytest.raises(BadCursor):
        group(found, ledger, RULES, ReadinessBy.owner, 1, "nonsense")
    with pytest.raises(BadCursor):
        worklist(found, ledger, RULES, 1, "nonsense")
    assert group(found, ledger, RULES, ReadinessBy.kind, 5, encode_cursor(10**9 - 1, "zzz")).nodes == []


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(), {c.id for c in GOOD}),
        (Wanted(kinds=frozenset({"application", "team"})), {"app-b", "app-c", "ops"}),
        (Wanted(owners=frozenset({"ops"})), {"t0", "t2"}),
        (Wanted(owners=frozenset({"big"})), {"t2"}),
        (Wanted(owners=frozenset({"big", "nobody such"}), sectors=frozenset({"shared"})), {"t2"}),
        (Wanted(sectors=frozenset({"health"})), set()),
    ],
)
def test_a_filter_chooses_cis(wanted: Wanted, ids: set[str]) -> None:
    found = estate(GOOD, LINKS)
    ledger = selected(found, ledger_of(found), wanted)
    assert {found.register.ids[at] for at in ledger.cis.tolist()} == ids


def test_nothing_recorded_has_no_share() -> None:
    found = compile_estate(WORDS, Dump(Head(0, NOW), [], [], []))
    ledger = ledger_of(found)
    assert all(s.tally.share is None and s.tally.applicable == 0 for s in scores(ledger, PURPOSES))
    assert worklist(found, ledger, RULES, 10).nodes == []
    assert group(found, ledger, RULES, ReadinessBy.owner, 10).nodes == []


def test_reading_tells_how_far_it_is_and_reads_every_text() -> None:
    texts = ['{"rto":5}', "{}", '{"criticality":"low","phone":"1","valid_until":"2026-01-02"}']
    size = STEP + 7
    register = Register.of([f"{n:06}" for n in range(size)], ["x"] * size, [texts[n % 3] for n in range(size)])
    steps: list[tuple[int, int]] = []
    found = read(register, np.arange(size, dtype=np.int32), NAMES, DATED, lambda *at: steps.append(at))
    assert steps == [(0, size), (STEP, size), (size, size)]
    assert found.recorded("phone").tolist() == [n % 3 == 2 for n in range(size)]
    assert found.days["valid_until"][2] == (date(2026, 1, 2) - date(1970, 1, 1)).days
    assert set(found.criticality[2::3].tolist()) == {3}
