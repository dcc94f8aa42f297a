"""Estates that are whole as text and odd as a graph."""

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.store.port import Dump, Head
from cmdb.store.sqlite.store import SqliteStore
from impact.snapshot import compile_estate
from impact.states import STATES, ImpactState
from importers.runner import apply_plan
from tests.hostile.inputs import told, warned
from tests.impact.estates import NOW, WORDS, asked, states
from tests.importers.estate import CIS, plan_of, store_in, write

LINKS = "from,type,to,effect,pool\n"
POOLS = "ci,pool,required,full,effect\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    found = store_in(tmp_path / "store")
    yield found
    found.close()


def cis(*rows: str) -> str:
    return "id,kind,name,lifecycle\n" + "".join(f"{row}\n" for row in rows)


CASES: list[tuple[str, str, str, str | None, set[tuple[str, str]]]] = [
    ("to itself", CIS, LINKS + "app,depends_on,app,,\n", None, {("SELF_RELATION", "relations.csv row 2, column to")}),
    ("to itself by another Unicode form", cis("é,server,E,"), LINKS + "e\u0301,depends_on,é,,\n", None,
     {("SELF_RELATION", "relations.csv row 2, column to")}),
    ("to what is not there", CIS, LINKS + "app,depends_on,gone,,\n", None,
     {("DANGLING_RELATION", "relations.csv row 2, column to")}),
    ("both ends not there", CIS, LINKS + "gone,depends_on,lost,,\n", None,
     {("DANGLING_RELATION", "relations.csv row 2, column from")}),
    ("to an id in other case", CIS, LINKS + "app,depends_on,DB,,\n", None,
     {("DANGLING_RELATION", "relations.csv row 2, column to")}),
    ("twice with another effect", CIS, LINKS + "app,depends_on,db,down,\napp,depends_on,db,at_risk,\n", None,
     {("CONFLICT_IN_FILE", "relations.csv row 3")}),
    ("a kind that may not", CIS + "team,team,Team\n", LINKS + "team,depends_on,db,,\n", None,
     {("RELATION_NOT_ALLOWED", "relations.csv row 2, column type")}),
    ("a pool without members", CIS, LINKS, POOLS + "app,p,1,,\n",
     {("RULE_WITHOUT_POOL", "pools.csv row 2, column pool")}),
    ("a member without a pool", CIS, LINKS + "app,depends_on,db,,p\n", POOLS,
     {("POOL_WITHOUT_RULE", "relations.csv row 2, column pool")}),
    ("two rules for a pool", CIS, LINKS + "app,depends_on,db,,p\n", POOLS + "app,p,1,,\napp,p,2,,\n",
     {("CONFLICT_IN_FILE", "pools.csv row 3")}),
    ("a pool of a lookalike", CIS, LINKS + "app,depends_on,db,,p\n", POOLS + "app,P,1,,\n",
     {("POOL_WITHOUT_RULE", "relations.csv row 2, column pool"),
      ("RULE_WITHOUT_POOL", "pools.csv row 2, column pool")}),
    ("endlessly many required", CIS, LINKS + "app,depends_on,db,,p\n", POOLS + f"app,p,{'9' * 40},,\n",
     {("BAD_POOL_RULE", "pools.csv row 2, column required")}),
    ("digits of another script required", CIS, LINKS + "app,depends_on,db,,p\n", POOLS + "app,p,\u0661,,\n",
     {("BAD_POOL_RULE", "pools.csv row 2, column required")}),
]  # fmt: skip


@pytest.mark.parametrize(("found", "relations", "pools", "problems"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_it_is_refused(
    found: str, relations: str, pools: str | None, problems: set[tuple[str, str]], tmp_path: Path, empty: SqliteStore
) -> None:
    assert set(told(write(tmp_path / "in", found, relations, pools), empty)) == problems


def test_an_unknown_end_and_a_hidden_one_are_told_alike(tmp_path: Path, store: SqliteStore) -> None:
    """Ids that only another source recorded are ends like any other; what is told of one that is not there names it
    only as the input does, so that nothing can be learned by asking."""
    apply_plan(store, plan_of(write(tmp_path / "one"), store, "one"), "ada")
    link = LINKS + "x,depends_on,{},,\n"
    fine = write(tmp_path / "fine", "id,kind,name\nx,server,X\n", link.format("db"))
    assert plan_of(fine, store, "two").changeset.put_relations[0].to_id == "db"
    found = told(write(tmp_path / "gone", "id,kind,name\nx,server,X\n", link.format("zzzzzz")), store)
    assert found == [("DANGLING_RELATION", "relations.csv row 2, column to")]


@pytest.mark.parametrize("size", [2, 3, 50])
def test_a_cycle_is_recorded_and_answered(size: int, tmp_path: Path, store: SqliteStore) -> None:
    ids = [f"s{at}" for at in range(size)]
    links = "".join(f"{one},depends_on,{other},,\n" for one, other in zip(ids, [*ids[1:], ids[0]], strict=True))
    path = write(tmp_path / "in", cis(*(f"{id_},server,{id_}," for id_ in ids)), LINKS + links)
    assert warned(path, store) == []
    apply_plan(store, plan_of(path, store), "ada")
    assert states(asked(compile_estate(WORDS, store.dump()), "s0")) == dict.fromkeys(ids, "down")


def test_wholes_that_are_part_of_each_other(tmp_path: Path, store: SqliteStore) -> None:
    found = cis("a,facility,A,", "b,facility,B,", "g,client_group,G,", "h,client_group,H,")
    links = LINKS + "a,part_of,b,,\nb,part_of,a,,\ng,part_of,h,,\nh,part_of,g,,\n"
    apply_plan(store, plan_of(write(tmp_path / "in", found, links), store), "ada")
    assert states(asked(compile_estate(WORDS, store.dump()), "a")) == {"a": "down", "b": "down"}


def test_more_required_than_there_are_is_no_false_alarm(tmp_path: Path, store: SqliteStore) -> None:
    links = LINKS + "app,depends_on,db,,p\n"
    apply_plan(store, plan_of(write(tmp_path / "in", CIS, links, POOLS + "app,p,7,9,\n"), store), "ada")
    estate = compile_estate(WORDS, store.dump())
    assert states(asked(estate, "db")) == {"app": "down", "db": "down"}
    assert states(asked(estate, "app")) == {"app": "down"}


@pytest.mark.parametrize("required", ["0", "0%"])
def test_none_required_is_one(required: str, tmp_path: Path, store: SqliteStore) -> None:
    links = LINKS + "app,depends_on,db,,p\n"
    apply_plan(store, plan_of(write(tmp_path / "in", CIS, links, POOLS + f"app,p,{required},,\n"), store), "ada")
    assert states(asked(compile_estate(WORDS, store.dump()), "db")) == {"app": "down", "db": "down"}


def test_a_relation_to_what_is_retired_says_nothing(tmp_path: Path, store: SqliteStore) -> None:
    found = cis("app,application,App,", "db,database,DB,retired")
    apply_plan(store, plan_of(write(tmp_path / "in", found, LINKS + "app,depends_on,db,,\n"), store), "ada")
    assert "app" not in states(asked(compile_estate(WORDS, store.dump()), "db"))


def test_a_name_that_would_be_a_query_is_a_name(tmp_path: Path, store: SqliteStore) -> None:
    names = ["x'}) DETACH DELETE n //", "'; DROP TABLE ci; --", "`); MATCH (n) DELETE n; //", "%", "_", "\\"]
    found = "id,kind,name\n" + "".join(f'"{name}",server,"{name}"\n' for name in names)
    apply_plan(store, plan_of(write(tmp_path / "in", found, "from,type,to\n"), store), "ada")
    assert sorted(ci.name for ci in store.dump().cis) == sorted(names)
    for name in names:
        assert [stored.ci.name for stored in store.get([CiId(name)]).values()] == [name]


def test_most_of_a_source_may_not_vanish_unasked(tmp_path: Path, store: SqliteStore) -> None:
    rows = [f"s{at},server,S{at}," for at in range(40)]
    apply_plan(store, plan_of(write(tmp_path / "all", cis(*rows), LINKS), store), "ada")
    few = plan_of(write(tmp_path / "few", cis(*rows[:4]), LINKS), store)
    with pytest.raises(InvalidInput) as caught:
        apply_plan(store, few, "ada")
    assert [(p.code, p.place) for p in caught.value.problems] == [("DELETE_THRESHOLD", "test")]
    assert store.head().revision == 1
    apply_plan(store, few, "ada", allow_removals=True)
    assert sum(ci.lifecycle == "live" for ci in store.dump().cis) == 4


def test_a_long_chain_is_imported_and_answered(tmp_path: Path, store: SqliteStore) -> None:
    size = 20_000
    found = "id,kind,name\n" + "".join(f"s{at},server,S\n" for at in range(size))
    links = LINKS + "".join(f"s{at + 1},depends_on,s{at},,\n" for at in range(size - 1))
    apply_plan(store, plan_of(write(tmp_path / "in", found, links), store), "ada")
    assert len(states(asked(compile_estate(WORDS, store.dump()), "s0"))) == size


@pytest.mark.slow
def test_a_chain_of_a_million(tmp_path: Path, store: SqliteStore) -> None:
    size, begun = 1_000_000, time.monotonic()
    found = "id,kind,name\n" + "".join(f"s{at:06},server,S\n" for at in range(size))
    links = LINKS + "".join(f"s{at + 1:06},depends_on,s{at:06},,\n" for at in range(size - 1))
    made = plan_of(write(tmp_path / "in", found, links), store).changeset
    question = asked(compile_estate(WORDS, Dump(Head(1, NOW), [*made.put_cis], [*made.put_relations], [])), "s000000")
    assert len(question.walk.nodes) == size
    assert set(question.walk.levels.tolist()) == {STATES.index(ImpactState.down)}
    assert time.monotonic() - begun < 300
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 6 * 2**20
