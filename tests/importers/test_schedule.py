"""Scheduled imports: each when it is due, one at a time; what fails is tried later, and the others go on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput
from cmdb.records.runs import runs_among
from cmdb.records.source_types import ImportRun
from cmdb.store.port import StoreUnavailable
from cmdb.store.sqlite.store import SqliteStore
from importers.options import BadRows, MissingEnds
from importers.registry import Importer
from importers.schedule.config import Scheduled, read_schedule
from importers.schedule.lock import sole_sync
from importers.schedule.loop import Outcome, Schedule, pause
from tests.importers.estate import CIS, MODEL, store_in, write

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOLDER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from importers.schedule.lock import sole_sync
with sole_sync(Path(sys.argv[1]), datetime.now(UTC)):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = store_in(tmp_path / "store")
    yield opened
    opened.close()


class Office:
    """A schedule with a clock that only waiting moves; it stops when so much time has passed."""

    def __init__(self, store: SqliteStore, sources: list[Scheduled], lasts: timedelta) -> None:
        self.now, self.end = NOON, NOON + lasts
        self.told: list[Outcome] = []
        self.broken = False
        self.schedule = Schedule(
            store, MODEL, sources, "ann", lambda: self.now, self.over, self.wait, self.told.append, runs_of(store)
        )  # fmt: skip

    def over(self) -> bool:
        return self.now >= self.end or self.broken

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.now += timedelta(seconds=seconds)

    def lines(self) -> list[tuple[str, str, float]]:
        """Source, outcome and minutes since noon of each run."""
        return [
            (one.source, one.run.outcome.value if one.run else "", (one.started_at - NOON) / MINUTE)
            for one in self.told
        ]  # fmt: skip


def runs_of(store: SqliteStore) -> list[ImportRun]:
    return list(runs_among(stored.record for stored in store.records().records))


def written(folder: Path, text: str) -> Path:
    file = folder / "sync.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def sources_of(folder: Path, text: str) -> list[Scheduled]:
    return list(read_schedule(written(folder, text)))


def problems(folder: Path, text: str) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        read_schedule(written(folder, text))
    return [(problem.code, problem.place.removeprefix("sync.yaml ")) for problem in caught.value.problems]


def test_a_whole_file(tmp_path: Path) -> None:
    text = (
        "every: 2h\nsources:\n  net box:\n    path: exports/n.json\n    importer: netbox\n    every: 15 min\n"
        "    bad_rows: hold\n    held: held\n    missing_ends: stub\n    partial: true\n    allow_removals: true\n"
        "  api:\n    address: https://host.example/x\n    importer: itop\n"
    )
    first, second = sources_of(tmp_path, text)
    assert (first.name, first.place, first.every) == (
        "net box",
        str(tmp_path / "exports/n.json"),
        timedelta(minutes=15),
    )
    options = first.options
    assert (options.importer, options.bad_rows, options.held) == ("netbox", BadRows.hold, tmp_path / "held")
    assert (options.missing_ends, options.partial, options.allow_removals) == (MissingEnds.stub, True, True)
    assert (second.place, second.every) == ("https://host.example/x", 2 * HOUR)
    assert read_schedule(tmp_path / "sync.yaml", HOUR)[1].every == HOUR
    assert sources_of(tmp_path, "sources: {a: {path: x}}")[0].every == timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [("BAD_TYPE", "sync.yaml"), ("MISSING_KEY", "sync.yaml")]),
        ("sources: {}", [("MISSING_KEY", "line 1, column 10")]),
        ("source: {}", [("UNKNOWN_KEY", "line 1, column 1"), ("MISSING_KEY", "line 1, column 1")]),
        ("sources: {a: {}}", [("MISSING_KEY", "line 1, column 11")]),
        ("sources: {a: {path: x, address: 'https://h/x'}}", [("MISSING_KEY", "line 1, column 11")]),
        ("sources: {a: {address: 'https://h/x'}}", [("MISSING_KEY", "line 1, column 11")]),
        ("sources: {a: {address: x, importer: itop}}", [("BAD_CHOICE", "line 1, column 24")]),
        ("sources: {a: {path: x, importer: nope}}", [("BAD_CHOICE", "line 1, column 34")]),
        ("sources: {a: {path: x, every: soon}}", [("BAD_DURATION", "line 1, column 31")]),
        ("sources: {a: {path: x, every: 0}}", [("BAD_DURATION", "line 1, column 31")]),
        ("sources: {a: {path: x, every: true}}", [("BAD_DURATION", "line 1, column 31")]),
        ("sources: {a: {path: x, bad_rows: hold}}", [("MISSING_KEY", "line 1, column 11")]),
        ("sources: {a: {path: x, held: y}}", [("MISSING_KEY", "line 1, column 11")]),
        ("sources: {a: {path: x, bad_rows: skip}}", [("BAD_CHOICE", "line 1, column 34")]),
        ("sources: {a: {path: 7}}", [("BAD_TYPE", "line 1, column 21"), ("MISSING_KEY", "line 1, column 11")]),
        ("sources: {a: {path: x, partial: 1}}", [("BAD_TYPE", "line 1, column 33")]),
        ("sources: {a: {path: x}, a: {path: x}}", [("DUPLICATE_KEY", "line 1, column 25")]),
        ("sources: {'': {path: x}}", [("BAD_NAME", "line 1, column 11")]),
        ("sources: {a: &x {path: x}}", [("YAML_ALIAS_FORBIDDEN", "line 1, column 14")]),
    ],
)
def test_a_fault_in_a_file(tmp_path: Path, text: str, found: list[tuple[str, str]]) -> None:
    assert problems(tmp_path, text) == found


def test_each_source_is_imported_when_it_is_due(tmp_path: Path, store: SqliteStore) -> None:
    write(tmp_path / "a")
    write(tmp_path / "b", "id,kind,name\nx,server,X\n", "from,type,to\n")
    text = "sources: {a: {path: a, every: 1h}, b: {path: b, every: 40 min}}"
    office = Office(store, sources_of(tmp_path, text), timedelta(minutes=90))
    office.schedule.run()
    assert office.lines() == [
        ("a", "applied", 0), ("b", "applied", 0), ("b", "unchanged", 40), ("a", "unchanged", 60),
        ("b", "unchanged", 80),
    ]  # fmt: skip
    assert [run.next_at for run in runs_of(store)][:2] == [NOON + HOUR, NOON + timedelta(minutes=40)]
    assert store.history([CiId("x")], 1)[0].message == "scheduled"


def test_what_is_due_follows_from_the_reports(tmp_path: Path, store: SqliteStore) -> None:
    write(tmp_path / "a")
    sources = sources_of(tmp_path, "sources: {a: {path: a, every: 1h}}")
    Office(store, sources, MINUTE).schedule.run()
    assert len(runs_of(store)) == 1
    again = Office(store, sources, timedelta(minutes=70))
    again.schedule.run()
    assert again.lines() == [("a", "unchanged", 60)]


def test_a_source_that_fails_is_left_alone_longer_each_time(tmp_path: Path, store: SqliteStore) -> None:
    write(tmp_path / "good")
    text = "sources: {bad: {path: none, every: 5 min}, good: {path: good, every: 10 min}}"
    office = Office(store, sources_of(tmp_path, text), timedelta(minutes=17))
    office.schedule.run()
    assert [at for source, outcome, at in office.lines() if source == "bad"] == [0, 1, 3, 7, 12]
    assert [at for source, outcome, at in office.lines() if source == "good"] == [0, 10]
    first = office.told[0]
    assert (first.good, first.run and first.run.codes) == (False, (("UNKNOWN_FORMAT", 1),))
    assert first.problem.startswith("UNKNOWN_FORMAT at none: ")
    again = Office(store, sources_of(tmp_path, text), timedelta(minutes=20))
    write(tmp_path / "none")
    again.schedule.run()
    assert [line for line in again.lines() if line[0] == "bad"] == [("bad", "applied", 17)]


def test_too_many_removals_are_refused(tmp_path: Path, store: SqliteStore) -> None:
    rows = [f"s{n},server,S\n" for n in range(20)]
    write(tmp_path / "a", "id,kind,name\n" + "".join(rows), "from,type,to\n")
    sources = sources_of(tmp_path, "sources: {a: {path: a, every: 1h}}")
    Office(store, sources, MINUTE).schedule.run()
    write(tmp_path / "a", "id,kind,name\n" + "".join(rows[:3]), "from,type,to\n")
    (outcome,) = Office(store, sources, MINUTE).schedule.run_once()
    assert (outcome.good, outcome.run and outcome.run.codes) == (False, (("DELETE_THRESHOLD", 1),))
    assert all(ci.lifecycle == "live" for ci in store.dump().cis)
    allowed = sources_of(tmp_path, "sources: {a: {path: a, allow_removals: true}}")
    (outcome,) = Office(store, allowed, MINUTE).schedule.run_once()
    assert outcome.good


def test_rows_held_back_get_a_folder_for_each_run(tmp_path: Path, store: SqliteStore) -> None:
    write(tmp_path / "a", CIS + "x,none,X\n")
    text = "sources: {a: {path: a, every: 1h, bad_rows: hold, held: held}}"
    Office(store, sources_of(tmp_path, text), timedelta(minutes=61)).schedule.run()
    assert sorted(folder.name for folder in (tmp_path / "held").iterdir()) == ["20261122T120000Z", "20261122T130000Z"]


def test_a_fault_of_the_program_ends_nothing(
    tmp_path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a")
    read = Importer.read

    def faulty(self: Importer, *given: object) -> object:
        if not store.head().revision:
            raise RuntimeError("secret")
        return read(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Importer, "read", faulty)
    office = Office(store, sources_of(tmp_path, "sources: {a: {path: a, every: 1h}}"), 2 * MINUTE)
    office.schedule.run()
    assert [one.good for one in office.told] == [False, True]
    assert (office.told[0].problem, office.told[0].run and office.told[0].run.codes) == (
        "a fault of the program: RuntimeError", (("INTERNAL", 1),)
    )  # fmt: skip


class Away(SqliteStore):
    """A store that cannot be reached."""

    away = True

    def head(self, at: datetime | None = None) -> object:  # type: ignore[override]
        if self.away:
            raise StoreUnavailable("away")
        return super().head(at)


def test_a_store_that_is_away_is_asked_again(tmp_path: Path) -> None:
    store = Away(tmp_path / "cmdb.db", MODEL)
    write(tmp_path / "a")
    office = Office(store, sources_of(tmp_path, "sources: {a: {path: a, every: 1h}}"), timedelta(minutes=2))
    office.schedule.run()
    assert [(one.run, one.problem) for one in office.told] == [(None, "away"), (None, "away")]
    store.away = False
    office.end += timedelta(minutes=2)
    office.schedule.run()
    assert office.told[-1].good
    store.close()


def test_it_stops_between_two_steps(tmp_path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a")
    office = Office(store, sources_of(tmp_path, "sources: {a: {path: a}}"), HOUR)
    read = Importer.read

    def interrupted(self: Importer, *given: object) -> object:
        office.broken = True
        return read(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Importer, "read", interrupted)
    office.schedule.run()
    assert (office.told, store.head().revision) == ([], 0)


def test_pauses() -> None:
    assert [pause(failed, HOUR) / MINUTE for failed in (1, 2, 3, 6, 7, 500)] == [1, 2, 4, 32, 60, 60]


def test_a_lock_is_held_by_one_and_let_go_when_the_holder_is_killed(tmp_path: Path) -> None:
    place = tmp_path / "store.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(place)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InvalidInput) as caught, sole_sync(place, NOON):
            pytest.fail("held by two")
        (problem,) = caught.value.problems
        assert (problem.code, problem.place) == ("SYNC_RUNNING", "store.lock")
        assert f"held by process {holder.pid} on " in problem.found
        os.kill(holder.pid, signal.SIGKILL)
    with sole_sync(place, NOON):
        assert place.read_text(encoding="utf-8").startswith(f"process {os.getpid()} on ")
    assert place.read_bytes() == b""


def test_a_lock_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught, sole_sync(tmp_path / "none" / "lock", NOON):
        pytest.fail("held")
    assert caught.value.problems[0].code == "UNWRITABLE_FILE"
