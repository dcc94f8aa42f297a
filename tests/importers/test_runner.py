"""Planning and applying: again is no change, removal is scoped to the source, and large removals must be confirmed."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from api.tables_import import print_import
from cmdb.model.ci import CiId, PoolKey
from cmdb.model.errors import InvalidInput
from cmdb.reconcile.plan import Count, Planned
from cmdb.store.port import Applied
from cmdb.store.sqlite.store import SqliteStore
from importers.registry import IMPORTERS, importer_for
from importers.runner import apply_plan, plan_import
from tests.importers.estate import CIS, MODEL, RELATIONS, plan_of, problems_of, store_in, write

LINKS = "from,type,to,effect,pool\n"
POOLED = LINKS + "app,depends_on,db,,p\napp,depends_on,db2,,p\n"
POOLS = "ci,pool,required\napp,p,1\n"
THREE = CIS + "db2,database,DB 2\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = store_in(tmp_path / "store")
    yield opened
    opened.close()


def load(store: SqliteStore, path: Path, source: str = "test") -> None:
    apply_plan(store, plan_of(path, store, source), "somebody")


def test_first_import(tmp_path: Path, store: SqliteStore) -> None:
    plan = plan_of(write(tmp_path / "in", THREE, POOLED, POOLS), store)
    assert store.head().revision == 0
    assert plan.counts() == [
        Count("created", "ci", "application", 1), Count("created", "ci", "database", 2),
        Count("created", "relation", "depends_on", 2), Count("created", "pool", "", 1),
    ]  # fmt: skip
    assert plan.changes(2) == [Planned("created", "ci", "app", {}), Planned("created", "ci", "db", {})]
    applied = apply_plan(store, plan, "somebody", message="first")
    assert (applied.revision, applied.created) == (1, 6)
    change = store.history([CiId("app")], 1)[0]
    assert (change.who, change.source, change.message) == ("somebody", "test", "first")


def test_again_is_no_change(tmp_path: Path, store: SqliteStore) -> None:
    folder = write(tmp_path / "in", THREE, POOLED, POOLS)
    load(store, folder)
    plan = plan_of(folder, store)
    assert plan.empty
    assert plan.counts() == []
    before = store.dump()[1:4]
    assert apply_plan(store, plan, "somebody") == Applied(2)
    assert store.dump()[1:4] == before
    assert store.changes(1).cis == frozenset()


def test_a_retry_with_its_key_is_applied_once(tmp_path: Path, store: SqliteStore) -> None:
    plan = plan_of(write(tmp_path / "in"), store)
    first = apply_plan(store, plan, "somebody", key="k")
    again = apply_plan(store, plan, "somebody", key="k")
    assert (first.replayed, again.replayed, again.revision) == (False, True, 1)


def test_changed_values_are_shown_before_and_after(tmp_path: Path, store: SqliteStore) -> None:
    load(store, write(tmp_path / "a", "id,kind,name,rto,rpo\napp,application,App,4h,1h\n", LINKS))
    plan = plan_of(write(tmp_path / "b", "id,kind,name,rto,mtd\napp,application,Shop,5h,2h\n", LINKS), store)
    assert plan.changes(9) == [
        Planned(
            "changed", "ci", "app",
            {"name": ("App", "Shop"), "rpo": (60, None), "rto": (240, 300), "mtd": (None, 120)},
        )
    ]  # fmt: skip


def test_what_is_missing_is_removed_and_comes_back(tmp_path: Path, store: SqliteStore) -> None:
    whole = write(tmp_path / "whole", THREE, POOLED, POOLS)
    load(store, whole)
    plan = plan_of(write(tmp_path / "part"), store)
    assert plan.counts() == [
        Count("created", "relation", "depends_on", 1), Count("removed", "ci", "database", 1),
        Count("removed", "relation", "depends_on", 2), Count("removed", "pool", "", 1),
    ]  # fmt: skip
    assert plan.removal_share == pytest.approx(1 / 3)
    apply_plan(store, plan, "somebody")
    assert store.get([CiId("db2")])[CiId("db2")].ci.lifecycle == "retired"
    assert plan_of(tmp_path / "part", store).empty
    back = plan_of(whole, store)
    assert Planned("changed", "ci", "db2", {"lifecycle": ("retired", "live")}) in back.changes(99)
    apply_plan(store, back, "somebody")
    assert store.dump().pools[0].key == PoolKey(CiId("app"), "p")


def test_another_source_is_left_alone(tmp_path: Path, store: SqliteStore) -> None:
    load(store, write(tmp_path / "a", THREE, POOLED, POOLS), "first")
    plan = plan_of(write(tmp_path / "b", "id,kind,name\nx,server,X\n", LINKS + "db,runs_on,x,,\n"), store, "second")
    assert {count.action for count in plan.counts()} == {"created"}
    apply_plan(store, plan, "somebody")
    assert plan_of(tmp_path / "a", store, "first").empty


def test_what_another_source_gives_too_is_known_to_both(tmp_path: Path, store: SqliteStore) -> None:
    load(store, write(tmp_path / "a"), "first")
    plan = plan_of(write(tmp_path / "b", "id,kind,name\ndb,database,DB\n", LINKS), store, "second")
    assert plan.changes(9) == [Planned("changed", "ci", "db", {"known to": ("first", "first, second")})]
    apply_plan(store, plan, "somebody")
    assert {ci.id: ci.source for ci in store.dump().cis} == {"app": "first", "db": "first"}


def test_a_pool_that_another_source_still_names_is_kept(tmp_path: Path, store: SqliteStore) -> None:
    load(store, write(tmp_path / "a", THREE, POOLED, POOLS), "first")
    more = write(tmp_path / "b", "id,kind,name\ndb3,database,DB 3\n", LINKS + "app,depends_on,db3,,p\n")
    load(store, more, "second")
    load(store, write(tmp_path / "c", THREE, LINKS), "first")
    assert [pool.name for pool in store.dump().pools] == ["p"]


def test_recorded_cis_may_be_named(tmp_path: Path, store: SqliteStore) -> None:
    load(store, write(tmp_path / "a"), "first")
    wrong = write(tmp_path / "b", "id,kind,name\ng,client_group,G\n", LINKS + "g,uses,app,,\ng,uses,apq,,\n")
    (problem,) = problems_of(wrong, store)
    assert (problem.code, problem.place) == ("DANGLING_RELATION", "relations.csv row 3, column to")


def test_a_new_kind_must_fit_the_relations_of_the_file(tmp_path: Path, store: SqliteStore) -> None:
    load(store, write(tmp_path / "a"))
    changed = write(tmp_path / "b", CIS.replace("db,database", "db,document"))
    assert [(p.code, p.place) for p in problems_of(changed, store)] == [
        ("RELATION_NOT_ALLOWED", "relations.csv row 2, column type")
    ]


def test_an_id_that_looks_like_a_recorded_one(tmp_path: Path, store: SqliteStore) -> None:
    load(store, write(tmp_path / "a"))
    wrong = write(tmp_path / "b", "id,kind,name\nnew,server,N\nDB,database,DB\n", LINKS)
    (problem,) = problems_of(wrong, store)
    assert (problem.code, problem.place) == ("LOOKALIKE_ID", "cis.csv row 3, column id")
    assert problem.found == "'DB', like 'db', which is recorded"


def test_an_id_that_looks_like_one_of_another_source(tmp_path: Path, store: SqliteStore) -> None:
    load(store, write(tmp_path / "a"), "first")
    odd = write(tmp_path / "b", "id,kind,name\nnew,server,N\nDB,database,DB\n", LINKS)
    (warning,) = plan_of(odd, store).warnings
    assert (warning.code, warning.place) == ("LOOKALIKE_ID", "cis.csv row 3, column id")
    assert warning.found == "'DB', like 'db', which is recorded from first"


def test_losing_most_of_the_cis_must_be_confirmed(tmp_path: Path, store: SqliteStore) -> None:
    rows = [f"s{i},server,S\n" for i in range(20)]
    load(store, write(tmp_path / "a", "id,kind,name\n" + "".join(rows), LINKS))
    half = plan_of(write(tmp_path / "b", "id,kind,name\n" + "".join(rows[10:]), LINKS), store)
    assert (half.removal_share, half.needs_confirmation) == (0.5, False)
    plan = plan_of(write(tmp_path / "c", "id,kind,name\n" + "".join(rows[:2]), LINKS), store)
    with pytest.raises(InvalidInput) as caught:
        apply_plan(store, plan, "somebody")
    assert caught.value.problems[0].code == "DELETE_THRESHOLD"
    assert caught.value.problems[0].found == "18 of 20 CIs would be retired"
    assert store.head().revision == 1
    assert apply_plan(store, plan, "somebody", allow_removals=True).removed == 18


def test_losing_most_of_the_relations_must_be_confirmed(tmp_path: Path, store: SqliteStore) -> None:
    cis = "id,kind,name\n" + "".join(f"s{i},server,S\n" for i in range(21))
    chain = [f"s{i},depends_on,s{i + 1}\n" for i in range(20)]
    turned = [f"s{i + 1},depends_on,s{i}\n" for i in range(20)]
    header = "from,type,to\n"
    load(store, write(tmp_path / "a", cis, header + "".join(chain)))
    half = plan_of(write(tmp_path / "b", cis, header + "".join(chain[10:])), store)
    assert (half.relations_lost, half.relations_before, half.needs_confirmation) == (10, 20, False)
    others = plan_of(write(tmp_path / "c", cis, header + "".join(turned)), store)
    assert (len(others.relations.removed), others.needs_confirmation) == (20, False)
    plan = plan_of(write(tmp_path / "d", cis, header), store)
    with pytest.raises(InvalidInput) as caught:
        apply_plan(store, plan, "somebody")
    assert caught.value.problems[0].code == "DELETE_THRESHOLD"
    assert caught.value.problems[0].found == "20 of 20 relations would be removed"
    out = StringIO()
    print_import(Console(file=out, width=100), plan, None, None)
    assert "20 of its 20 relations are no longer in it: needs --allow-removals" in out.getvalue()
    assert store.head().revision == 1
    assert apply_plan(store, plan, "somebody", allow_removals=True).removed == 20


def test_a_few_removals_need_no_confirmation(tmp_path: Path, store: SqliteStore) -> None:
    load(store, write(tmp_path / "a"))
    assert not plan_of(write(tmp_path / "b", "id,kind,name\nx,server,X\n", LINKS), store).needs_confirmation


def test_progress_is_told(tmp_path: Path, store: SqliteStore) -> None:
    class Told:
        stages: list[str] = []  # noqa: RUF012
        done = 0

        def stage(self, name: str, total: int) -> None:
            self.stages.append(name)

        def advance(self, n: int) -> None:
            self.done += n

    told = Told()
    plan_import(store, MODEL, write(tmp_path / "in"), "test", told)
    assert told.stages == ["read", "transform", "compare", "check"]
    assert told.done == 2


def test_importers_are_found_by_path_or_name(tmp_path: Path) -> None:
    (mapped, native, *_) = IMPORTERS
    assert importer_for(write(tmp_path / "in")) is native
    assert importer_for(tmp_path / "x.xlsx", "native") is native
    (tmp_path / "any.yaml").touch()
    assert importer_for(tmp_path / "any.yaml") is mapped
    for path, name in ((tmp_path, ""), (tmp_path / "gone", ""), (tmp_path / "in", "nativ")):
        with pytest.raises(InvalidInput) as caught:
            importer_for(path, name)
        assert caught.value.problems[0].code == "UNKNOWN_FORMAT"


def test_a_cycle_is_accepted(tmp_path: Path, store: SqliteStore) -> None:
    links = RELATIONS + "db,depends_on,app,,\n"
    load(store, write(tmp_path / "in", relations=links))
    assert len(store.dump().relations) == 2
