"""Decisions on duplicates: merged, parted and told apart, each one revision that keeps everything and can be undone."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import Mock

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from cmdb.model.claims import claims_of, voices
from cmdb.model.errors import InvalidInput
from cmdb.model.model import Model
from cmdb.model.record import OWN_SOURCE, RecordKey
from cmdb.move.hashing import content_hash
from cmdb.reconcile.plan import plan
from cmdb.reconcile.reconcile import parted
from cmdb.reconcile.undo import undone
from cmdb.records.drafts import AffectedDraft, IncidentDraft
from cmdb.records.keeper import BookKeeper
from cmdb.records.matching import WORST, MatchDesk, _as_one
from cmdb.records.record_types import AffectedCi
from cmdb.records.service import RecordDesk
from cmdb.records.source_types import Verdict
from cmdb.records.undoing import plan_undo, undo
from cmdb.records.writing import Writer
from cmdb.service import Inventory, Signed
from cmdb.store.port import KeyReused
from cmdb.store.sqlite.store import SqliteStore
from tests.records.conftest import BY
from tests.records.times import START, Hands

APP, DB, X, Y = map(CiId, ("app", "db", "x", "y"))


def server(id_: str, source: str, **attributes: Any) -> CI:
    return CI(CiId(id_), "server", id_.upper(), "shared", "live", attributes_json(attributes), source)


def rel(start: str, end: str, source: str, pool: str = "") -> Relation:
    return Relation(CiId(start), "depends_on", CiId(end), pool, "", source)


def pool_of(ci: str, source: str) -> Pool:
    return Pool(CiId(ci), "p", "1", "", "down", source)


@pytest.fixture
def matches(store: SqliteStore, model: Model, keeper: BookKeeper, clock: Hands) -> MatchDesk:
    return MatchDesk(store, model, Writer(store, keeper), clock)


@pytest.fixture
def doubled(store: SqliteStore) -> SqliteStore:
    """The server x of source a and y of source b, which are one; both hang on things, also on each other."""
    store.apply(
        Changeset(
            "ann", "a",
            put_cis=[server("x", "a", cpus=4, rto=60), server("y", "b", rto=240, os="linux")],
            put_relations=[
                rel("app", "x", "a"), rel("app", "y", "b"), rel("y", "db", "b"), rel("x", "y", "a"),
                rel("y", "host", "b", "p"), rel("y", "next", "b", "p"),
            ],
            put_pools=[pool_of("y", "b")],
        )
    )  # fmt: skip
    return store


def test_two_become_one(doubled: SqliteStore, matches: MatchDesk) -> None:
    decided = matches.merge(X, Y, BY, "same box")
    (kept,) = decided.cis
    assert kept.attributes == {"cpus": 4, "rto": 60, "os": "linux"}
    assert [(claim.source, claim.id) for claim in claims_of(kept)] == [("a", "x"), ("b", "y")]
    found = doubled.dump()
    assert Y not in {ci.id for ci in found.cis}
    assert {(r.from_id, r.to_id, r.pool): [v.source for v in voices(r)] for r in found.relations} == {
        ("app", "x", ""): ["a", "b"],
        ("x", "db", ""): ["b"],
        ("x", "host", "p"): ["b"],
        ("x", "next", "p"): ["b"],
    }
    assert [(p.ci, p.name) for p in found.pools] == [("x", "p")]
    assert (decided.match.number, decided.match.verdict, decided.match.note) == ("MAT-0001", Verdict.same, "same box")


def test_the_sources_find_it_again(doubled: SqliteStore, matches: MatchDesk, model: Model) -> None:
    matches.merge(X, Y, BY)
    relations = [rel("y", "db", "b"), rel("app", "y", "b"), rel("y", "host", "b", "p"), rel("y", "next", "b", "p")]
    said = ([server("y", "b", rto=240, os="linux")], relations, [pool_of("y", "b")])
    assert plan(doubled.dump(), said, "b", model).empty
    changed = plan(doubled.dump(), ([server("y", "b", os="bsd")], relations, said[2]), "b", model)
    assert [after.attributes["os"] for _, after in changed.cis.changed] == ["bsd"]


def test_and_part_again(doubled: SqliteStore, matches: MatchDesk, model: Model) -> None:
    before = doubled.dump()
    matches.merge(X, Y, BY)
    decided = matches.part(X, "b", BY)
    assert [ci.id for ci in decided.cis] == ["x", "y"]
    after = doubled.dump()
    assert after.cis == before.cis
    assert after.relations == sorted(set(before.relations) - {rel("x", "y", "a")})  # a CI does not depend on itself
    assert after.pools == before.pools
    said = ([server("y", "b", rto=240, os="linux")], [r for r in after.relations if r.source == "b"], after.pools)
    assert plan(after, said, "b", model).empty


def test_what_undo_makes_of_it(doubled: SqliteStore, matches: MatchDesk, model: Model) -> None:
    before = doubled.head().revision
    decided = matches.merge(X, Y, BY)
    diff = Inventory(doubled, model).diff(before, decided.revision)
    undo = undone(diff, doubled.dump())
    assert not undo.met
    doubled.apply(replace(undo.changeset, who="ann", source="ann"))
    now, then = doubled.dump(), doubled.dump(before)
    assert (now.cis, now.relations, now.pools) == (then.cis, then.relations, then.pools)


def test_an_open_incident_names_the_one_that_stays(doubled: SqliteStore, matches: MatchDesk, desk: RecordDesk) -> None:
    draft = IncidentDraft(title="Down", started_at=START, cis=(AffectedDraft(Y, "down"),))
    opened = desk.declare_incident(draft, BY).value
    matches.merge(X, Y, BY)
    (incident,) = matches._writer.book().of_ci(X)[:1]
    assert incident.key == opened.key


def test_an_undone_merge_gives_an_incident_its_name_back_and_keeps_what_came_since(
    doubled: SqliteStore, matches: MatchDesk, desk: RecordDesk, model: Model
) -> None:
    draft = IncidentDraft(title="Down", started_at=START, cis=(AffectedDraft(Y, "down"), AffectedDraft(APP, "down")))
    number = desk.declare_incident(draft, BY).value.number
    merged = matches.merge(X, Y, BY).revision
    desk.note(RecordKey("incident", OWN_SOURCE, number), "still down", BY)

    def named() -> list[str]:
        (kept,) = (record for record in doubled.dump().records if record.kind == "incident")
        assert "still down" in kept.body_json
        return [part["ci"] for part in orjson.loads(kept.body_json)["cis"]]

    assert named() == [X, APP]
    _, back = undo(doubled, model, plan_undo(doubled, model, merged), BY, lambda: START)
    assert named() == [Y, APP]
    undo(doubled, model, plan_undo(doubled, model, back.revision), BY, lambda: START)
    assert named() == [X, APP]


def parts_of(store: SqliteStore) -> list[tuple[str, str, str | None]]:
    """The CIs of the one incident, their states, and until when."""
    (kept,) = (record for record in store.dump().records if record.kind == "incident")
    return [(part["ci"], part["state"], part.get("until")) for part in orjson.loads(kept.body_json)["cis"]]


def test_an_incident_that_names_both_has_the_worse_state(
    doubled: SqliteStore, matches: MatchDesk, desk: RecordDesk, model: Model
) -> None:
    later = START + timedelta(hours=1)
    parts = (AffectedDraft(APP, "down"), AffectedDraft(X, "degraded"), AffectedDraft(Y, "down", START, later))
    draft = IncidentDraft(title="Down", started_at=START, cis=parts)
    number = desk.declare_incident(draft, BY).value.number
    before = parts_of(doubled)
    merged = matches.merge(X, Y, BY)
    one = parts_of(doubled)
    assert [(ci, state) for ci, state, _ in one] == [(APP, "down"), (X, "down"), (X, "degraded")]
    assert one[1][2] is not None
    assert one[2][2] is None
    desk.note(RecordKey("incident", OWN_SOURCE, number), "still down", BY)
    _, back = undo(doubled, model, plan_undo(doubled, model, merged.revision), BY, lambda: START)
    assert parts_of(doubled) == before
    assert "still down" in doubled.dump().records[-1].body_json + doubled.dump().records[0].body_json
    undo(doubled, model, plan_undo(doubled, model, back.revision), BY, lambda: START)
    assert parts_of(doubled) == one


@given(
    spans=st.lists(
        st.tuples(st.sampled_from(WORST), st.integers(0, 5), st.none() | st.integers(1, 4)), min_size=1, max_size=4
    ),
    at=st.integers(0, 12),
)
def test_of_two_that_are_one_the_worse_state_counts_at_any_time(
    spans: list[tuple[str, int, int | None]], at: int
) -> None:
    def moment(hour: int) -> datetime:
        return START + timedelta(hours=hour)

    parts = [
        AffectedCi(X, state, moment(since), None if length is None else moment(since + length))
        for state, since, length in spans
    ]
    joined = _as_one(parts)

    def states(some: list[AffectedCi]) -> list[str]:
        now = moment(at)
        return [part.state for part in some if part.since <= now and (part.until is None or part.until > now)]

    assert states(joined) == sorted(states(parts), key=WORST.index)[:1]
    assert all(one.until == other.since or one.until < other.since for one, other in pairwise(joined) if one.until)


def undone_now(store: SqliteStore, model: Model, revision: int) -> int:
    return undo(store, model, plan_undo(store, model, revision), BY, lambda: START)[1].revision


def two(store: SqliteStore) -> set[str]:
    """Pairs that count as two."""
    return {" ".join(sorted(pair)) for pair in parted(store.dump().records)}


def test_an_undone_merge_leaves_what_was_decided_before(
    doubled: SqliteStore, matches: MatchDesk, model: Model, keeper: BookKeeper
) -> None:
    matches.distinguish(X, Y, BY)
    merged = matches.merge(X, Y, BY)
    assert two(doubled) == set()
    back = undone_now(doubled, model, merged.revision)
    assert two(doubled) == {"x y"}
    assert keeper.current().book.matches[merged.match.key] == replace(merged.match, undone_at=START)
    assert doubled.record_history(merged.match.key, 1)[0].message == f"undo of r{merged.revision}, MAT-0002"
    undone_now(doubled, model, back)
    assert two(doubled) == set()
    assert keeper.current().book.matches[merged.match.key] == merged.match


def test_an_undone_parting_may_be_joined_again(doubled: SqliteStore, matches: MatchDesk, model: Model) -> None:
    merged = matches.merge(X, Y, BY)
    revision = matches.part(X, "b", BY).revision
    assert two(doubled) == {"x y"}
    undone_now(doubled, model, revision)
    assert two(doubled) == set()
    undone_now(doubled, model, merged.revision)
    assert two(doubled) == set()


def test_that_two_are_two_is_undone_once_and_redone(doubled: SqliteStore, matches: MatchDesk, model: Model) -> None:
    first = matches.distinguish(X, Y, BY).revision
    lifted = matches.reconsider(X, Y, BY).revision
    assert two(doubled) == set()
    undone_now(doubled, model, lifted)
    assert two(doubled) == {"x y"}
    back = undone_now(doubled, model, first)
    assert two(doubled) == set()
    with pytest.raises(InvalidInput) as refused:
        plan_undo(doubled, model, first)
    (problem,) = refused.value.problems
    assert (problem.code, problem.place) == ("UNDO_CONFLICT", "decision MAT-0001")
    assert problem.found == f"changed since, in r{back} by ann"
    undone_now(doubled, model, back)
    assert two(doubled) == {"x y"}
    undone_now(doubled, model, first)
    assert two(doubled) == set()


def test_names_are_given_back_with_one_look_at_either_side(
    doubled: SqliteStore, matches: MatchDesk, desk: RecordDesk, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = IncidentDraft(title="Down", started_at=START, cis=(AffectedDraft(Y, "down"),))
    looks = []
    for count in (1, 3):
        numbers = {desk.declare_incident(draft, BY).value.number for _ in range(count)}
        planned = plan_undo(doubled, model, matches.merge(X, Y, BY).revision)
        spy = Mock(wraps=doubled.get)
        with monkeypatch.context() as patched:
            patched.setattr(doubled, "get", spy)
            undo(doubled, model, planned, BY, lambda: START)
        looks.append(spy.call_count)
        book = matches._writer.book()
        assert numbers <= {record.number for record in book.of_ci(Y)}
    assert looks == [2, 2]


def test_two_that_are_two_are_not_joined(doubled: SqliteStore, matches: MatchDesk, model: Model) -> None:
    doubled.apply(Changeset("ann", "a", put_cis=[server("x", "a", serial="ABC123XYZ")]))
    said = ([server("z", "c", serial="ABC123XYZ")], list[Relation](), list[Pool]())
    assert [join.known for join in plan(doubled.dump(), said, "c", model).joined] == ["x"]
    doubled.apply(Changeset("ann", "c", put_cis=said[0]))
    matches.distinguish(X, CiId("z"), BY)
    doubled.apply(Changeset("ann", "c", delete=[CiId("z")]))
    assert not plan(doubled.dump(), said, "c", model).joined
    doubled.apply(Changeset("ann", "c", put_cis=said[0]))
    matches.reconsider(CiId("z"), X, BY)
    doubled.apply(Changeset("ann", "c", delete=[CiId("z")]))
    assert [join.known for join in plan(doubled.dump(), said, "c", model).joined] == ["x"]


def test_the_same_request_again(doubled: SqliteStore, matches: MatchDesk) -> None:
    by = Signed("ann", "console", key="k")
    first = matches.merge(X, Y, by)
    assert matches.merge(X, Y, by) == first
    with pytest.raises(KeyReused):
        matches.distinguish(X, APP, by)


@pytest.mark.parametrize(
    ("keep", "gone", "code"), [("x", "x", "SAME_CI"), ("x", "none", "UNKNOWN_CI"), ("none", "x", "UNKNOWN_CI")]
)
def test_what_cannot_be_merged(doubled: SqliteStore, matches: MatchDesk, keep: str, gone: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        matches.merge(CiId(keep), CiId(gone), BY)
    assert [problem.code for problem in refused.value.problems] == [code]


@pytest.mark.parametrize(("source", "code"), [("a", "LAST_CLAIM"), ("z", "UNKNOWN_CLAIM")])
def test_what_cannot_be_parted(doubled: SqliteStore, matches: MatchDesk, source: str, code: str) -> None:
    revision = doubled.head().revision
    with pytest.raises(InvalidInput) as refused:
        matches.part(X, source, BY)
    assert [problem.code for problem in refused.value.problems] == [code]
    assert doubled.head().revision == revision


def test_a_relation_that_the_model_does_not_allow_stops_it(doubled: SqliteStore, matches: MatchDesk) -> None:
    person = CI(CiId("pat"), "person", "Pat", "shared", "live", "{}", "a")
    doubled.apply(Changeset("ann", "a", put_cis=[person]))
    before = content_hash(doubled)
    with pytest.raises(InvalidInput) as refused:
        matches.merge(CiId("pat"), Y, BY)
    assert {problem.code for problem in refused.value.problems} == {"RELATION_NOT_ALLOWED"}
    assert content_hash(doubled) == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edges=st.lists(st.tuples(st.sampled_from("xyuv"), st.sampled_from("xyuv"), st.sampled_from("ab")), max_size=8),
    keep=st.sampled_from("xy"),
)
def test_whatever_hung_on_either_hangs_on_the_one(
    matches: MatchDesk, store: SqliteStore, model: Model, edges: list[tuple[str, str, str]], keep: str
) -> None:
    start = store.head().revision
    relations = {(a, b): rel(a, b, source) for a, b, source in edges if a != b}
    store.apply(Changeset("ann", "a", put_cis=[server(i, "a") for i in "xyuv"], put_relations=list(relations.values())))
    gone = "y" if keep == "x" else "x"
    matches.merge(CiId(keep), CiId(gone), BY)
    renamed = {(keep if a == gone else a, keep if b == gone else b) for a, b in relations}
    assert {(r.from_id, r.to_id) for r in store.dump().relations} == {(a, b) for a, b in renamed if a != b}
    diff = Inventory(store, model).diff(start, store.head().revision)
    store.apply(replace(undone(diff, store.dump()).changeset, who="ann", source="ann"))


def test_a_source_that_no_longer_states_its_half_finds_it_again(
    store: SqliteStore, matches: MatchDesk, model: Model
) -> None:
    def states(source: str, **lifecycles: str) -> int:
        said = [server(name, source)._replace(lifecycle=cycle) for name, cycle in lifecycles.items()]
        found = plan(store.dump(), (said, [], []), source, model)
        return store.apply(replace(found.changeset, who=source)).revision

    states("c", y="live", other="live")
    states("c", other="live")
    states("a", x="live")
    matches.merge(X, Y, BY)
    last = states("a", x="retired")
    assert states("a", x="retired") == last
    states("c", y="live", other="live")
    assert store.get([X, Y]).keys() == {X}
