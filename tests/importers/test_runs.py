"""Every import that is applied keeps a report in the revision it makes, and no two share a number."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId
from cmdb.model.claims import claims_of
from cmdb.model.errors import InvalidInput
from cmdb.records.form import read
from cmdb.records.runs import confirmed, run_in, runs_among
from cmdb.records.source_types import ImportRun, RunCount, RunOutcome
from cmdb.records.undoing import plan_undo, undo
from cmdb.service import Signed
from cmdb.store.port import Applied, KeyReused
from cmdb.store.sqlite.store import SqliteStore
from importers.options import BadRows, ImportOptions, MissingEnds
from importers.reports import Ran, record_refusal
from importers.runner import apply_plan, plan_import, replayed, run_plan
from tests.importers.estate import CIS, MODEL, RELATIONS, plan_of, store_in, write

MORE = CIS + "db2,database,DB 2\n"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = store_in(tmp_path / "store")
    yield opened
    opened.close()


def runs_of(store: SqliteStore) -> list[ImportRun]:
    return list(runs_among(stored.record for stored in store.records().records))


def done(
    store: SqliteStore, path: Path, source: str = "test", key: str = "", options: ImportOptions | None = None
) -> Ran:  # fmt: skip
    """An import as the command makes it."""
    by, chosen = Signed("ann", source, "why", key), options or ImportOptions()
    if (ran := replayed(store, path, by, chosen)) is not None:
        return ran
    return run_plan(store, plan_import(store, MODEL, path, source, options=chosen), by)


def edited(store: SqliteStore, *names: str, kind: str = "database") -> None:
    """Somebody changes or adds CIs by hand."""
    cis = [CI(CiId(name), kind, f"{name} by hand", "shared", "live", "{}", "cli") for name in names]
    store.apply(Changeset("bob", "cli", put_cis=cis))


def test_the_report_is_in_the_revision_that_the_run_made(tmp_path: Path, store: SqliteStore) -> None:
    ran = done(store, write(tmp_path / "exports"))
    assert (ran.applied, store.head().revision) == (Applied(1, 3), 1)
    assert run_in(store, 1) == ran.run
    (run,) = runs_of(store)
    assert (run.number, run.of, run.importer, run.file, run.who) == ("RUN-0001", "test", "native", "exports", "ann")
    assert (run.outcome, run.owned, run.held, run.partial) == (RunOutcome.applied, 2, 0, False)
    assert run.counts == (
        RunCount("created", "ci", "application", 1), RunCount("created", "ci", "database", 1),
        RunCount("created", "relation", "depends_on", 1),
    )  # fmt: skip
    assert run.started_at <= run.finished_at <= store.head().recorded_at


def test_a_run_that_changes_nothing_confirms_the_source(tmp_path: Path, store: SqliteStore) -> None:
    folder = write(tmp_path / "in")
    first, second = done(store, folder), done(store, folder)
    assert (second.applied.revision, second.applied.created) == (2, 0)
    assert [(run.number, run.outcome.value) for run in runs_of(store)] == [
        ("RUN-0001", "applied"), ("RUN-0002", "unchanged")
    ]  # fmt: skip
    assert first.run is not None
    assert second.run is not None
    assert confirmed(runs_of(store)) == {"test": second.run.finished_at}
    assert confirmed(runs_of(store), first.run.finished_at) == {"test": first.run.finished_at}


def test_a_refused_import_writes_nothing(tmp_path: Path, store: SqliteStore) -> None:
    with pytest.raises(InvalidInput):
        done(store, write(tmp_path / "in", "id,kind,name\napp,none,App\n"))
    assert store.head().revision == 0


def test_a_refusal_is_kept_when_asked_for(store: SqliteStore) -> None:
    refused = ImportRun(
        number="", of="test", importer="native", file="in", started_at=NOON, finished_at=NOON, who="ann",
        outcome=RunOutcome.refused, codes=(("UNKNOWN_KIND", 2),),
    )  # fmt: skip
    assert [record_refusal(store, refused)[0].number for _ in range(2)] == ["RUN-0001", "RUN-0002"]
    assert confirmed(runs_of(store)) == {}
    assert store.dump().cis == []


def test_a_repeat_with_its_key_is_not_run_again(tmp_path: Path, store: SqliteStore) -> None:
    folder = write(tmp_path / "in")
    first = done(store, folder, key="k")
    edited(store, "db", "other")
    again = done(store, folder, key="k")
    assert (again.plan, again.run, again.applied.replayed) == (None, first.run, True)
    assert (again.applied.revision, again.applied.created, store.head().revision) == (1, 3, 2)


def test_a_key_of_another_input_is_refused(tmp_path: Path, store: SqliteStore) -> None:
    done(store, write(tmp_path / "in"), key="k")
    with pytest.raises(KeyReused):
        done(store, write(tmp_path / "in", MORE), key="k")
    with pytest.raises(KeyReused):
        done(store, write(tmp_path / "in"), "another", key="k")
    with pytest.raises(KeyReused):
        done(store, write(tmp_path / "in"), key="k", options=ImportOptions(partial=True))
    assert store.head().revision == 1


def test_a_run_without_a_difference_keeps_its_key(tmp_path: Path, store: SqliteStore) -> None:
    folder = write(tmp_path / "in")
    done(store, folder)
    assert [done(store, folder, key="k").applied.replayed for _ in range(2)] == [False, True]
    assert store.head().revision == 2


class Interrupted(SqliteStore):
    """A store in which something else is written just before a changeset is applied, once."""

    before: Callable[[], None] | None = None
    tries = 0

    def apply(self, changeset: Changeset) -> Applied:
        self.tries += 1
        happens, self.before = self.before, None
        if happens is not None:
            happens()
        return super().apply(changeset)


@pytest.fixture
def raced(tmp_path: Path) -> Iterator[tuple[Interrupted, SqliteStore]]:
    """One inventory, opened by two."""
    (tmp_path / "store").mkdir()
    mine, other = (kind(tmp_path / "store" / "cmdb.db", MODEL) for kind in (Interrupted, SqliteStore))
    assert isinstance(mine, Interrupted)
    yield mine, other
    mine.close()
    other.close()


def test_what_meets_the_plan_has_it_planned_anew(tmp_path: Path, raced: tuple[Interrupted, SqliteStore]) -> None:
    mine, other = raced
    done(mine, write(tmp_path / "in"))
    planned = plan_import(mine, MODEL, write(tmp_path / "in", CIS.replace("DB", "Data")), "test")
    mine.before = lambda: edited(other, "db", kind="server")
    ran = run_plan(mine, planned, Signed("ann", "test"))
    assert ran.plan is not None
    assert ran.plan.changeset.base == 2
    assert [old.name for old, _ in ran.plan.cis.changed] == ["db by hand"]
    assert {claim.name for claim in claims_of(mine.get([CiId("db")])[CiId("db")].ci)} == {"Data", "db by hand"}
    assert ran.applied.revision == 3


def test_what_does_not_meet_the_plan_lets_it_stand(tmp_path: Path, raced: tuple[Interrupted, SqliteStore]) -> None:
    mine, other = raced
    done(mine, write(tmp_path / "in"))
    edited(other, "aside")
    planned = plan_import(mine, MODEL, write(tmp_path / "in", CIS.replace("DB", "Data")), "test")
    mine.before = lambda: edited(other, "aside")
    other.apply(Changeset("bob", "cli", put_cis=[CI(CiId("aside"), "server", "again", "shared", "live", "{}", "cli")]))
    ran = run_plan(mine, planned, Signed("ann", "test"))
    assert ran.plan is planned
    assert ran.applied.revision == 5


def test_a_new_ci_meets_a_plan_that_creates_some(tmp_path: Path, raced: tuple[Interrupted, SqliteStore]) -> None:
    mine, other = raced
    planned = plan_import(mine, MODEL, write(tmp_path / "in"), "test")
    mine.before = lambda: edited(other, "db", "unrelated")
    ran = run_plan(mine, planned, Signed("ann", "test"))
    assert ran.plan is not planned
    assert mine.get([CiId("unrelated")])[CiId("unrelated")].ci.source == "cli"


def test_runs_at_once_get_numbers_of_their_own(tmp_path: Path) -> None:
    stores = [store_in(tmp_path / "store") for _ in range(4)]
    folders = [
        write(tmp_path / f"in{n}", f"id,kind,name\nsrv-{n},server,Server {n}\n", "from,type,to\n") for n in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        rans = list(pool.map(lambda n: done(stores[n], folders[n], f"source{n}"), range(4)))
    assert sorted(ran.run.number for ran in rans if ran.run) == [f"RUN-000{n}" for n in range(1, 5)]
    assert len(runs_of(stores[0])) == 4
    assert {ci.id for ci in stores[0].dump().cis} == {f"srv-{n}" for n in range(4)}
    for store in stores:
        store.close()


def test_a_partial_run_takes_nothing_away_and_confirms_nothing(tmp_path: Path, store: SqliteStore) -> None:
    done(store, write(tmp_path / "whole", MORE))
    part = write(tmp_path / "part", "id,kind,name\ndb,database,Data\n", "from,type,to\n")
    ran = done(store, part, options=ImportOptions(partial=True))
    assert store.get([CiId("db2")])[CiId("db2")].ci.lifecycle == "live"
    assert [relation.to_id for relation in store.dump().relations] == ["db"]
    assert ran.run is not None
    assert (ran.run.partial, ran.run.counts) == (True, (RunCount("changed", "ci", "database", 1),))
    assert confirmed(runs_of(store))["test"] < ran.run.finished_at


def test_rows_held_back_and_stubs_are_in_the_report(tmp_path: Path, store: SqliteStore) -> None:
    folder = write(tmp_path / "in", CIS + "x,none,X\n", RELATIONS + "app,depends_on,ghost,,\n")
    options = ImportOptions(bad_rows=BadRows.hold, held=tmp_path / "held", missing_ends=MissingEnds.stub)
    run = done(store, folder, options=options).run
    assert run is not None
    assert (run.held, run.codes, run.stubs, run.owned) == (1, (("UNKNOWN_KIND", 1),), 1, 3)
    assert "x,none,X" in (tmp_path / "held" / "cis.csv").read_text(encoding="utf-8")


def test_rows_held_back_are_gone_if_nothing_was_written(tmp_path: Path, store: SqliteStore) -> None:
    done(store, write(tmp_path / "one"), key="k")
    folder = write(tmp_path / "in", CIS + "x,none,X\n")
    options = ImportOptions(bad_rows=BadRows.hold, held=tmp_path / "held")
    planned = plan_import(store, MODEL, folder, "test", options=options)
    with pytest.raises(KeyReused):
        run_plan(store, planned, Signed("ann", "test", "", "k"))
    assert not (tmp_path / "held").exists()


def test_apply_plan_keeps_a_report_too(tmp_path: Path, store: SqliteStore) -> None:
    apply_plan(store, plan_of(write(tmp_path / "in"), store), "somebody", message="first")
    (stored,) = store.records().records
    assert isinstance(read(stored.record), ImportRun)
    assert store.record_history(stored.record.key, 1)[0].message == "first"


def test_a_run_that_another_of_its_source_overtook_is_planned_anew(tmp_path: Path, store: SqliteStore) -> None:
    done(store, write(tmp_path / "in", MORE))
    late = plan_import(store, MODEL, write(tmp_path / "late", MORE.replace("DB 2", "Old")), "test")
    done(store, write(tmp_path / "new", MORE.replace("application,App", "application,New") + "db3,database,DB 3\n"))
    ran = run_plan(store, late, Signed("ann", "test"))
    assert ran.plan is not late
    found = {ci.id: (ci.name, ci.lifecycle) for ci in store.dump().cis}
    assert found == {
        "app": ("App", "live"), "db": ("DB", "live"), "db2": ("Old", "live"), "db3": ("DB 3", "retired"),
    }  # fmt: skip


def test_a_run_undone_twice_is_not_in_force(tmp_path: Path, store: SqliteStore) -> None:
    folder = write(tmp_path / "in")
    first = done(store, folder).applied.revision

    def undone() -> int:
        return undo(store, MODEL, plan_undo(store, MODEL, first), Signed("ann", "test"), lambda: NOON)[1].revision

    undone()
    done(store, folder)
    again = undone()
    assert not store.dump().cis
    assert [run.undone_at for run in runs_of(store) if run.number == "RUN-0001"] == [NOON]
    undo(store, MODEL, plan_undo(store, MODEL, again), Signed("ann", "test"), lambda: NOON)
    assert {run.number: run.undone_at for run in runs_of(store)} == {"RUN-0001": NOON, "RUN-0002": None}
    assert store.dump().cis
