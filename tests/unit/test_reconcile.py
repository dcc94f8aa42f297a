"""Several sources and one inventory: it always is what the last statement of each source comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from cmdb.model.claims import Claim, claim_of, claims_of, voices
from cmdb.model.model import Model, standard_model
from cmdb.model.precedence import Precedence
from cmdb.reconcile.claims import conflicts, settled
from cmdb.reconcile.plan import Plan, plan
from cmdb.store.port import Dump, Head

MODEL = replace(standard_model(), precedence=Precedence(("a", "b", "c"), {"os": ("c",)}))
EMPTY = Dump(Head(0, datetime(2026, 1, 1, tzinfo=UTC)), [], [], [])
Said = tuple[list[CI], list[Relation], list[Pool]]


def ci(id_: str, source: str, kind: str = "server", name: str = "", **attributes: Any) -> CI:
    return CI(CiId(id_), kind, name or id_, "shared", "live", attributes_json(attributes), source)


def rel(start: str, end: str, source: str, pool: str = "", effect: str = "") -> Relation:
    return Relation(CiId(start), "depends_on", CiId(end), pool, effect, source)


def applied(current: Dump, planned: Plan) -> Dump:
    """The inventory once a plan is applied, by the simplest rules."""
    change = planned.changeset
    cis = {ci.id: ci for ci in current.cis} | {ci.id: ci for ci in change.put_cis}
    cis |= {id_: cis[id_]._replace(lifecycle="retired") for id_ in change.retire}
    relations = {r.key: r for r in current.relations} | {r.key: r for r in change.put_relations}
    pools = {p.key: p for p in current.pools} | {p.key: p for p in change.put_pools}
    for key in change.remove_relations:
        del relations[key]
    for gone in change.remove_pools:
        del pools[gone]
    head = Head(current.head.revision + 1, current.head.recorded_at)
    return Dump(head, sorted(cis.values()), sorted(relations.values()), sorted(pools.values()), current.records)


def imported(said: Iterable[tuple[str, Said]], model: Model = MODEL) -> Dump:
    found = EMPTY
    for source, desired in said:
        found = applied(found, plan(found, desired, source, model))
    return found


IDS = ("x", "y", "z")


@st.composite
def statements(draw: st.DrawFn) -> tuple[str, Said]:
    source = draw(st.sampled_from("abc"))
    told = {"os": st.sampled_from(["linux", "windows"]), "rto": st.sampled_from([60, 240]), "cpus": st.just(4)}
    kinds, values_of = st.sampled_from(["server", "virtual_machine"]), st.fixed_dictionaries({}, optional=told)
    cis = [
        ci(id_, source, draw(kinds), draw(st.sampled_from(["", f"Nice {id_}"])), **draw(values_of))
        for id_ in draw(st.lists(st.sampled_from(IDS), unique=True))
    ]  # fmt: skip
    ends = [(a.id, b.id) for a in cis for b in cis if a != b]
    pairs = draw(st.lists(st.sampled_from(ends), unique=True)) if ends else []
    relations = [rel(*pair, source, effect=draw(st.sampled_from(["", "degraded"]))) for pair in pairs]
    return source, (cis, relations, [])


@given(st.lists(statements(), max_size=7))
def test_the_inventory_is_what_the_last_statements_come_to(said: list[tuple[str, Said]]) -> None:
    found = imported(said)
    last = dict(said)
    assert {ci.id for ci in found.cis} == {ci.id for _, (cis, _, _) in said for ci in cis}
    for one in found.cis:
        claims = [claim_of(own) for cis, _, _ in last.values() for own in cis if own.id == one.id]
        assert (one.lifecycle == "live") == bool(claims)
        if claims:
            assert one == settled(MODEL, one.id, claims, one.source)
            assert one.source in {claim.source for claim in claims}
    expected: dict[tuple[str, ...], dict[str, str]] = {}
    for source, (_, relations, _) in last.items():
        for relation in relations:
            expected.setdefault(relation.key, {})[source] = relation.effect
    assert {r.key: {v.source: v.effect for v in voices(r)} for r in found.relations} == expected
    for relation in found.relations:
        assert relation.effect == expected[relation.key][min(expected[relation.key])]


@given(st.lists(statements(), min_size=1, max_size=5), st.randoms())
def test_saying_the_same_again_changes_nothing(said: list[tuple[str, Said]], random: Any) -> None:
    found = imported(said)
    for source, (cis, relations, pools) in dict(said).items():
        random.shuffle(cis)
        random.shuffle(relations)
        assert plan(found, (cis, relations, pools), source, MODEL).empty


@given(st.lists(statements(), max_size=4), statements())
def test_a_part_takes_nothing_away(said: list[tuple[str, Said]], more: tuple[str, Said]) -> None:
    before = imported(said)
    planned = plan(before, more[1], more[0], MODEL, partial=True)
    assert not planned.cis.removed
    assert not planned.relations.removed
    after = {ci.id: ci for ci in applied(before, planned).cis}
    for one in before.cis:
        kept = {claim.key for claim in claims_of(after[one.id])}
        assert one.lifecycle == "retired" or kept >= {claim.key for claim in claims_of(one)}


def values(found: CI) -> Mapping[str, Any]:
    return found.attributes


def test_each_attribute_from_the_source_that_knows_best() -> None:
    a = ci("x", "a", rto=60, os="windows")
    c = ci("x", "c", os="linux", cpus=8)
    found = imported([("c", ([c], [], [])), ("a", ([a], [], []))])
    assert values(found.cis[0]) == {"rto": 60, "os": "linux", "cpus": 8}
    (conflict,) = conflicts(MODEL, found.cis[0])
    assert (conflict.attribute, conflict.kept, conflict.source, conflict.others) == (
        "os",
        "linux",
        "c",
        (("a", "windows"),),
    )


def test_a_stale_source_is_believed_after_fresh_ones() -> None:
    claims = [claim_of(ci("x", "a", rto=60)), claim_of(ci("x", "b", rto=90, cpus=2))]
    assert settled(MODEL, CiId("x"), claims, "a").attributes == {"rto": 60, "cpus": 2}
    assert settled(MODEL, CiId("x"), claims, "a", {"a"}).attributes == {"rto": 90, "cpus": 2}


def test_without_precedence_the_first_source_stays_first() -> None:
    model = standard_model()
    one, two = ci("x", "one", rto=60), ci("x", "two", rto=90)
    found = imported([("two", ([two], [], [])), ("one", ([one], [], [])), ("two", ([two], [], []))], model)
    assert found.cis[0].attributes == {"rto": 90}
    assert plan(found, ([one], [], []), "one", model).empty


def test_a_serial_number_joins_what_two_sources_know_by_other_keys() -> None:
    a = [ci("srv-1", "a", serial="ABC123XYZ"), ci("srv-2", "a", serial="ABC124XYZ")]
    b = [ci("device-9", "b", serial="abc123xyz", cpus=8), ci("device-8", "b", serial="QQQ777")]
    relations = [rel("device-9", "device-8", "b")]
    first = imported([("a", (a, [], []))])
    planned = plan(first, (b, relations, []), "b", MODEL)
    assert [(join.new, join.known) for join in planned.joined] == [("device-9", "srv-1")]
    found = applied(first, planned)
    assert [one.id for one in found.cis] == ["device-8", "srv-1", "srv-2"]
    assert found.relations == [rel("srv-1", "device-8", "b")]
    assert found.cis[1].attributes["cpus"] == 8
    again = [b[0]._replace(attributes_json=attributes_json({"cpus": 16})), b[1]]
    later = applied(found, plan(found, (again, relations, []), "b", MODEL))
    assert [one.id for one in later.cis] == ["device-8", "srv-1", "srv-2"]  # by its identity link: no serial any more
    assert later.cis[1].attributes["cpus"] == 16
    gone = applied(later, plan(later, ([], [], []), "b", MODEL))
    assert [(one.id, one.lifecycle) for one in gone.cis] == [
        ("device-8", "retired"),
        ("srv-1", "live"),
        ("srv-2", "live"),
    ]
    assert gone.cis[1] == a[0]


def test_a_relation_may_name_a_ci_by_any_key_of_it() -> None:
    first = imported([("a", ([ci("srv-1", "a", serial="ABC123XYZ")], [], []))])
    joined = applied(first, plan(first, ([ci("device-9", "b", serial="ABC123XYZ")], [], []), "b", MODEL))
    said = ([ci("app", "c", "application")], [rel("app", "device-9", "c")], list[Pool]())
    assert applied(joined, plan(joined, said, "c", MODEL)).relations == [rel("app", "srv-1", "c")]


def test_a_record_that_comes_under_another_key_goes_on() -> None:
    first = imported([("a", ([ci("srv-1", "a", serial="ABC123XYZ")], [], []))])
    both = applied(first, plan(first, ([ci("11", "b", serial="ABC123XYZ")], [], []), "b", MODEL))
    again = ([ci("12", "b", serial="ABC123XYZ")], list[Relation](), list[Pool]())
    planned = plan(both, again, "b", MODEL)
    assert [(join.new, join.known) for join in planned.joined] == [("12", "srv-1")]
    assert not planned.doubts
    moved = applied(both, planned)
    assert [one.id for one in moved.cis] == ["srv-1"]
    assert [(claim.source, claim.id) for claim in claims_of(moved.cis[0])] == [("a", "srv-1"), ("b", "12")]
    assert plan(moved, again, "b", MODEL).empty
    in_part = plan(both, again, "b", MODEL, partial=True)
    assert [doubt.why for doubt in in_part.doubts] == ["taken"]


def test_a_record_is_not_joined_to_what_another_record_of_the_source_is() -> None:
    found = imported([("b", ([ci("z", "b", name="Nice")], [], []))])
    said = [ci("y", "a", name="Nice"), ci("z", "a")]
    planned = plan(found, (said, [], []), "a", MODEL)
    assert not planned.joined
    assert [doubt.why for doubt in planned.doubts] == ["taken"]
    assert plan(applied(found, planned), (said, [], []), "a", MODEL).empty


def test_a_stub_is_completed_by_whoever_describes_it_and_comes_back_when_they_stop() -> None:
    stub = ci("db", "a", "software", stub=True)
    found = imported([("a", ([ci("app", "a", "application"), stub], [rel("app", "db", "a")], []))])
    whole = ci("db", "b", "database", "Payroll database", engine="PostgreSQL")
    completed = applied(found, plan(found, ([whole], [], []), "b", MODEL))
    assert completed.cis[1][1:6] == whole[1:6]
    assert plan(completed, ([ci("app", "a", "application"), stub], [rel("app", "db", "a")], []), "a", MODEL).empty
    left = applied(completed, plan(completed, ([], [], []), "b", MODEL))
    assert left.cis == found.cis


def test_many_that_a_source_drops_need_a_confirmation_also_when_others_state_them() -> None:
    every = [ci(f"s{n}", "a") for n in range(20)]
    found = imported([("a", (every, [], [])), ("b", ([one._replace(source="b") for one in every], [], []))])
    planned = plan(found, ([every[0]._replace(source="b")], [], []), "b", MODEL)
    assert (planned.released, planned.dropped, planned.owned) == (19, 19, 20)
    assert planned.needs_confirmation


@pytest.mark.parametrize("kinds", [("server", "virtual_machine"), ("virtual_machine", "server")])
def test_the_more_special_kind_is_taken(kinds: tuple[str, str]) -> None:
    found = imported([(s, ([ci("x", s, kind)], [], [])) for s, kind in zip("ab", kinds, strict=True)])
    assert found.cis[0].kind == "virtual_machine"
    assert not conflicts(MODEL, found.cis[0])


def test_kinds_that_do_not_allow_a_relation_are_told() -> None:
    found = imported([("a", ([ci("x", "a", "person")], [], []))])
    said = ([ci("x", "b"), ci("y", "b")], [rel("y", "x", "b")], list[Pool]())
    (clash,) = plan(found, said, "b", MODEL).clashes
    assert clash == (rel("y", "x", "b"), "server", "person")


def test_an_edit_stands_before_imports_and_the_newest_before_older_ones() -> None:
    claims = [claim_of(ci("x", "a", rto=60)), edit("ops", rto=30), edit("lee", rto=15, os=None)]
    assert settled(MODEL, CiId("x"), claims, "a").attributes == {"rto": 15}


def edit(source: str, **attributes: Any) -> Claim:
    return Claim(source, CiId("x"), None, None, None, None, attributes, edited=True)


def test_sources_that_disagree_about_a_relation_or_a_rule_are_named() -> None:
    things = [ci("x", "a"), ci("y", "a"), ci("z", "a")]
    one = (things, [rel("x", "y", "a", "p"), rel("x", "z", "a", "p"), rel("y", "z", "a")],
           [Pool(CiId("x"), "p", "1", "", "", "a")])  # fmt: skip
    other = ([thing._replace(source="b") for thing in things],
             [rel("x", "y", "b", "p"), rel("x", "z", "b", "p"), rel("y", "z", "b", effect="at_risk")],
             [Pool(CiId("x"), "p", "2", "", "down", "b")])  # fmt: skip
    current = imported([("a", one)])
    found = plan(current, other, "b", MODEL).conflicts
    assert list(found) == [
        ("y", "effect", "down", "a", (("b", "at_risk"),), "depends_on z"),
        ("x", "required", "1", "a", (("b", "2"),), "pool p"),
    ]
    again = plan(applied(current, plan(current, other, "b", MODEL)), one, "a", MODEL)
    assert again.empty
    assert again.conflict_count == 2
    assert plan(current, one, "a", MODEL).conflicts == ()
