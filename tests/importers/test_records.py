"""Records from files of other tools: what they become, what stays when they come again, and what is refused where."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.model.record import RecordKey
from cmdb.records.keeper import BookKeeper
from cmdb.records.kinds import CauseType, ChangeState, ChangeType, FreezeType, Grade, IncidentState, MajorReason
from cmdb.records.record_types import AffectedCi, BackOut, Cause, Change, CoveredCi, Incident, PlannedCi
from cmdb.records.service import RecordDesk
from cmdb.service import Signed
from cmdb.store.sqlite.store import SqliteStore
from importers.records.cells import Clock
from importers.records.plan import RecordCount, RecordPlan, plan_records, write_records
from importers.records.tables import accepts
from importers.runner import apply_plan
from tests.importers.estate import MODEL, plan_of, store_in, write

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BY = Signed("somebody", "assyst")
ISO = Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store with the CIs app, db and old; the last is retired."""
    opened = store_in(tmp_path / "store")
    cis = "id,kind,name,lifecycle\napp,application,App,live\ndb,database,DB,live\nold,server,Old,retired\n"
    apply_plan(
        opened, plan_of(write(tmp_path / "estate", cis, "from,type,to\napp,depends_on,db\n"), opened), "somebody"
    )
    yield opened
    opened.close()


def folder(path: Path, **files: str) -> Path:
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def plan(store: SqliteStore, path: Path, clock: Clock = ISO, now: datetime = NOW) -> RecordPlan:
    return plan_records(store, MODEL, path, "assyst", clock, now)


def load(store: SqliteStore, path: Path, clock: Clock = ISO, now: datetime = NOW) -> RecordPlan:
    planned = plan(store, path, clock, now)
    write_records(RecordDesk(store, MODEL, BookKeeper(store), lambda: now), planned, BY)
    return planned


def problems_of(store: SqliteStore, path: Path, clock: Clock = ISO) -> list[tuple[str, str]]:
    head = store.head()
    with pytest.raises(InvalidInput) as caught:
        load(store, path, clock)
    assert store.head() == head
    return [(problem.code, problem.place) for problem in caught.value.problems]


def incident(store: SqliteStore, number: str = "INC1") -> Incident:
    return BookKeeper(store).current().book.incidents[RecordKey("incident", "assyst", number)]


def change(store: SqliteStore, number: str = "CHG1") -> Change:
    return BookKeeper(store).current().book.changes[RecordKey("change", "assyst", number)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_an_incident_of_another_tool(tmp_path: Path, store: SqliteStore) -> None:
    path = folder(
        tmp_path / "in",
        incidents="Number,Short_Description,started_at,resolved_at,Status,Impact,Urgency,cis,major,cause_type,cause,"
        "caused_by\nINC1,App away,2026-11-01T02:40:00-04:00,2026-11-01T05:00:00-04:00,Closed,1 - High,2 - Medium,"
        "app; db = slow ;app=down,Yes,Failed change,Wrong rules,CHG1\n",
        changes="number,title,start,duration,cis\nCHG1,Rules,2026-11-01T02:00:00-04:00,1h 30m,db\n",
    )
    load(store, path)
    start, end = at("2026-11-01T02:40:00-04:00"), at("2026-11-01T05:00:00-04:00")
    assert incident(store) == Incident(
        number="INC1", source="assyst", title="App away", state=IncidentState.closed, started_at=start,
        resolved_at=end, impact=Grade.high, urgency=Grade.medium, major=True, major_reason=MajorReason.interruption,
        cis=(AffectedCi(CiId("app"), "down", start, end), AffectedCi(CiId("db"), "degraded", start, end)),
        cause=Cause(CauseType.change, "Wrong rules", None, "assyst/CHG1"),
    )  # fmt: skip
    assert change(store).end == at("2026-11-01T03:30:00-04:00")
    assert incident(store).priority == 2


def test_changes_freezes_and_problems(tmp_path: Path, store: SqliteStore) -> None:
    path = folder(
        tmp_path / "in",
        changes="number,title,planned_start,planned_end,change_type,state,cis,back_out,back_out_time,actual_start\n"
        "CHG1,Firmware,2026-12-01T22:00:00Z,2026-12-01T23:00:00Z,Expedited,Work in Progress,db=at risk,Old card,PT20M,"
        "2026-12-01T22:05:00Z\n",
        freezes="number,title,start,end,type,cis,kinds,sectors\n"
        "FRZ1,Year end,2026-12-20T00:00:00Z,2027-01-02T00:00:00Z,Blackout window,app;db,database,shared; health\n",
        problems="number,title,opened_at,state,cause\nPRB1,Array,2026-10-01T00:00:00Z,Fix in progress,Known\n",
    )
    load(store, path)
    found = change(store)
    assert (found.type, found.state) == (ChangeType.emergency, ChangeState.implementing)
    assert found.cis == (PlannedCi(CiId("db"), "at_risk"),)
    assert found.back_out == BackOut("Old card", 20)
    assert found.requested_at == found.start
    book = BookKeeper(store).current().book
    (freeze,) = book.freezes.values()
    assert (freeze.type, freeze.kinds, freeze.sectors) == (FreezeType.blackout, ("database",), ("shared", "health"))
    assert freeze.cis == (CoveredCi(CiId("app")), CoveredCi(CiId("db")))
    (problem,) = book.problems.values()
    assert (problem.state, problem.cause) == ("known_error", Cause(CauseType.unknown, "Known"))


def test_again_changes_nothing(tmp_path: Path, store: SqliteStore) -> None:
    path = folder(
        tmp_path / "in",
        incidents="number,title,started_at,state,cis\nINC1,One,2026-11-01T00:00:00Z,wip,app\n",
        changes="number,title,start,end\nCHG1,Two,2026-12-01T00:00:00Z,2026-12-02T00:00:00Z\n",
    )
    first = load(store, path)
    assert first.counts() == [RecordCount("created", "change", 1), RecordCount("created", "incident", 1)]
    head = store.head()
    again = load(store, path, now=NOW + timedelta(days=1))
    assert again.empty
    assert again.counts() == [RecordCount("unchanged", "change", 1), RecordCount("unchanged", "incident", 1)]
    assert store.head() == head


def test_a_plan_writes_nothing_and_names_the_fields(tmp_path: Path, store: SqliteStore) -> None:
    load(store, folder(tmp_path / "a", incidents="number,title,started_at\nINC1,One,2026-11-01T00:00:00Z\n"))
    head = store.head()
    path = folder(
        tmp_path / "b",
        incidents="number,title,started_at\nINC1,Two,2026-11-01T00:00:00Z\nINC2,New,2026-11-01T00:00:00Z\n",
    )
    changed, created = plan(store, path).changes(9)
    assert (changed.action, changed.name, changed.fields) == ("changed", "assyst/INC1", {"title": ("One", "Two")})
    assert (created.action, created.name, created.title) == ("created", "assyst/INC2", "New")
    assert store.head() == head


def test_what_a_file_does_not_state_stays(tmp_path: Path, store: SqliteStore) -> None:
    load(
        store,
        folder(
            tmp_path / "a",
            incidents="number,title,started_at,state,impact,owner,cis\n"
            "INC1,One,2026-11-01T00:00:00Z,wip,high,team-a,app\n",
        ),
    )
    desk = RecordDesk(store, MODEL, BookKeeper(store), lambda: NOW)
    key = RecordKey("incident", "assyst", "INC1")
    desk.note(key, "A crew is on its way", BY)
    desk.set_state(key, CiId("db"), "degraded", BY, at("2026-11-01T01:00:00Z"))
    load(
        store,
        folder(
            tmp_path / "b",
            incidents="number,title,started_at,resolved_at\nINC1,One,2026-11-01T00:00:00Z,2026-11-01T04:00:00Z\n",
        ),
    )
    found = incident(store)
    assert (found.state, found.impact, found.owner) == (IncidentState.resolved, Grade.high, "team-a")
    assert "A crew is on its way" in [entry.text for entry in found.timeline]
    assert {(part.ci, part.since.hour, part.until) for part in found.cis} == {
        ("app", 0, at("2026-11-01T04:00:00Z")), ("db", 1, at("2026-11-01T04:00:00Z")),
    }  # fmt: skip


def test_a_state_that_changed_changed_when_the_file_came(tmp_path: Path, store: SqliteStore) -> None:
    start = at("2026-11-01T00:00:00Z")
    head = "number,title,started_at,state,cis\nINC1,One,2026-11-01T00:00:00Z,wip,"
    load(store, folder(tmp_path / "a", incidents=head + "app; db\n"), now=start + timedelta(hours=1))
    later = start + timedelta(hours=3)
    load(store, folder(tmp_path / "b", incidents=head + "app=degraded\n"), now=later)
    assert set(incident(store).cis) == {
        AffectedCi(CiId("app"), "down", start, later), AffectedCi(CiId("db"), "down", start, later),
        AffectedCi(CiId("app"), "degraded", later, None),
    }  # fmt: skip
    assert load(store, tmp_path / "b", now=later + timedelta(hours=1)).empty


def test_an_incident_opened_again_goes_on(tmp_path: Path, store: SqliteStore) -> None:
    head = "number,title,started_at,resolved_at,state,cis\nINC1,One,2026-11-01T00:00:00Z,"
    load(store, folder(tmp_path / "a", incidents=head + "2026-11-01T04:00:00Z,resolved,app\n"))
    load(store, folder(tmp_path / "b", incidents=head + ",in progress,app\n"))
    found = incident(store)
    assert (found.state, found.resolved_at) == (IncidentState.in_progress, None)
    assert [(part.state, part.until) for part in found.cis] == [("down", None)]


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("started_at,cis", "2026-11-01T00:00:00Z,nothing", ("UNKNOWN_CI", "cis")),
        ("started_at,cis", "2026-11-01T00:00:00Z,old", ("RETIRED_CI", "cis")),
        ("started_at,cmdb_ci", "2026-11-01T00:00:00Z,nothing", ("UNKNOWN_CI", "cmdb_ci")),
        ("started_at,cis", "2026-11-01T00:00:00Z,app=broken", ("BAD_CHOICE", "cis")),
        ("started_at,cis", "2026-11-01T00:00:00Z,app=down;app=degraded", ("CONFLICT_IN_FILE", "cis")),
        ("started_at,resolved_at", "2026-11-01T00:00:00Z,2026-10-31T00:00:00Z", ("END_BEFORE_START", "resolved_at")),
        ("opened_at,state", "2026-11-01T00:00:00Z,Sleeping", ("BAD_CHOICE", "state")),
        ("started_at,state", "2026-11-01T00:00:00Z,resolved", ("MISSING_VALUE", "resolved_at")),
        ("started_at", "2026-11-01 00:00", ("BAD_DATE", "started_at")),
        ("opened_at", "01/11/2026 00:00", ("BAD_DATE", "opened_at")),
        ("started_at", "", ("MISSING_VALUE", "started_at")),
        ("started_at,priority", "2026-11-01T00:00:00Z,P9", ("BAD_CHOICE", "priority")),
        ("started_at,duration", "2026-11-01T00:00:00Z,best effort", ("BAD_DURATION", "duration")),
        ("started_at,problem", "2026-11-01T00:00:00Z,PRB9", ("UNKNOWN_RECORD", "problem")),
        ("started_at,cause_change", "2026-11-01T00:00:00Z,CHG9", ("UNKNOWN_RECORD", "cause_change")),
        ("started_at,major", "2026-11-01T00:00:00Z,perhaps", ("BAD_BOOLEAN", "major")),
        ("started_at,major", "2026-11-01T00:00:00Z,yes", ("MISSING_VALUE", "major_reason")),
    ],
)
def test_what_is_wrong_has_its_place(
    tmp_path: Path, store: SqliteStore, header: str, row: str, expected: tuple[str, str]
) -> None:
    path = folder(tmp_path / "in", incidents=f"number,title,{header}\nINC1,One,{row}\n")
    code, column = expected
    assert (code, f"incidents.csv row 2, column {column}") in problems_of(store, path)


@pytest.mark.parametrize(
    ("table", "text", "expected"),
    [
        ("changes", "start,end\nCHG1,T,2026-12-02T00:00:00Z,2026-12-01T00:00:00Z\n", ("END_BEFORE_START", "end")),
        ("changes", "start,end\nCHG1,T,2026-12-02T00:00:00Z,\n", ("MISSING_VALUE", "end")),
        ("changes", "start,end\nCHG/1,T,2026-12-01T00:00:00Z,2026-12-02T00:00:00Z\n", ("BAD_NUMBER", "number")),
        ("freezes", "start,end,kinds\nF1,T,2026-12-01T00:00:00Z,2026-12-02T00:00:00Z,tree\n",
         ("UNKNOWN_KIND", "kinds")),
        ("freezes", "start,end,sectors\nF1,T,2026-12-01T00:00:00Z,2026-12-02T00:00:00Z,moon\n",
         ("UNKNOWN_SECTOR", "sectors")),
        ("problems", "opened_at,closed_at\nP1,T,2026-10-02T00:00:00Z,2026-10-01T00:00:00Z\n",
         ("END_BEFORE_START", "closed_at")),
    ],
)  # fmt: skip
def test_other_tables_say_where_too(
    tmp_path: Path, store: SqliteStore, table: str, text: str, expected: tuple[str, str]
) -> None:
    path = folder(tmp_path / "in", **{table: f"number,title,{text}"})
    code, column = expected
    assert problems_of(store, path) == [(code, f"{table}.csv row 2, column {column}")]


def test_a_number_stands_once(tmp_path: Path, store: SqliteStore) -> None:
    rows = "INC1,One,2026-11-01T00:00:00Z\nINC1,Two,2026-11-01T00:00:00Z\n"
    path = folder(tmp_path / "in", incidents="number,title,started_at\n" + rows)
    assert problems_of(store, path) == [("DUPLICATE_NUMBER", "incidents.csv row 3, column number")]
    equal = folder(tmp_path / "equal", incidents="number,title,started_at\n" + rows.replace("Two", "One"))
    planned = load(store, equal)
    assert [warning.code for warning in planned.warnings] == ["DUPLICATE_ROW"]
    assert planned.counts() == [RecordCount("created", "incident", 1)]


def test_the_past_may_name_what_is_out_of_service(tmp_path: Path, store: SqliteStore) -> None:
    row = "INC1,One,2026-11-01T00:00:00Z,2026-11-01T01:00:00Z,old\n"
    load(store, folder(tmp_path / "in", incidents="number,title,started_at,resolved_at,cis\n" + row))
    assert [part.ci for part in incident(store).cis] == ["old"]


def test_a_priority_alone_gives_impact_and_urgency(tmp_path: Path, store: SqliteStore) -> None:
    rows = [f"INC{p},One,2026-11-01T00:00:00Z,{p},," for p in range(1, 6)]
    rows += ["INC6,One,2026-11-01T00:00:00Z,2,medium,", "INC7,One,2026-11-01T00:00:00Z,1,low,low"]
    path = folder(
        tmp_path / "in", incidents="number,title,started_at,priority,impact,urgency\n" + "\n".join(rows) + "\n"
    )
    planned = load(store, path)
    assert [incident(store, f"INC{number}").priority for number in range(1, 8)] == [1, 2, 3, 4, 5, 2, 5]
    assert [(w.code, w.place) for w in planned.warnings] == [("IGNORED_VALUE", "incidents.csv row 8, column priority")]


def test_a_column_under_two_names(tmp_path: Path, store: SqliteStore) -> None:
    path = folder(tmp_path / "in", incidents="number,title,summary,started_at\nINC1,A,B,2026-11-01T00:00:00Z\n")
    assert problems_of(store, path) == [("DUPLICATE_COLUMN", "incidents.csv row 1, column summary")]


def test_a_missing_column_names_what_it_may_be_called(tmp_path: Path, store: SqliteStore) -> None:
    path = folder(tmp_path / "in", incidents="number,title,colour\nINC1,A,red\n")
    with pytest.raises(InvalidInput) as caught:
        plan(store, path)
    missing = next(p for p in caught.value.problems if p.code == "MISSING_COLUMN")
    assert "opened_at" in missing.accepted
    assert {p.code for p in caught.value.problems} == {"UNKNOWN_COLUMN", "MISSING_COLUMN"}


def test_semicolons_between_columns_are_named(tmp_path: Path, store: SqliteStore) -> None:
    path = folder(tmp_path / "in", incidents="number;title;started_at\nINC1;A;2026-11-01T00:00:00Z\n")
    assert problems_of(store, path) == [("DELIMITER_MISMATCH", "incidents.csv row 1")]


def test_two_files_of_a_kind_and_files_of_none(tmp_path: Path, store: SqliteStore) -> None:
    text = "number,title,started_at\nINC1,A,2026-11-01T00:00:00Z\n"
    path = folder(tmp_path / "in", incidents=text, notes="a,b\n")
    assert [w.code for w in plan(store, path).warnings] == ["IGNORED_FILE"]
    (path / "incidents.csv.gz").write_bytes(b"")
    assert ("DUPLICATE_FILE", "incidents") in problems_of(store, path)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("incidents.csv",), True),
        (("Changes.XLSX",), True),
        (("cis.csv", "incidents.csv"), False),
        (("mapping.yaml", "incidents.csv"), False),
        (("relations.csv",), False),
        ((), False),
    ],
)
def test_which_folders_hold_records(tmp_path: Path, names: tuple[str, ...], expected: bool) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert accepts(tmp_path) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("incidents.csv", True),
        ("freezes.csv.gz", True),
        ("records.xlsx", True),
        ("estate.xlsx", False),
        ("x.csv", False),
    ],
)
def test_which_files_hold_records(tmp_path: Path, name: str, expected: bool) -> None:
    assert accepts(tmp_path / name) is expected
