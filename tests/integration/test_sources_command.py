"""Runs, sources, undo and sync, as a person uses them."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.model import standard_model
from cmdb.records.runs import kept_run, runs_among
from cmdb.records.source_types import ImportRun
from cmdb.store.sqlite.store import SqliteStore
from tests.importers.estate import CIS, write
from tests.integration.command import Run, answer, runner, shown


@pytest.fixture
def run(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on an empty store of its own; where it is run, there is an estate in `exports`."""
    monkeypatch.setenv("CMDB_STORE", f"sqlite:{tmp_path / 'cmdb.db'}")
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "exports")
    return runner(capfdbinary)


def told(run: Run, *arguments: str) -> tuple[str, str]:
    """The code and the problems of a refusal."""
    code, out, err = run(*arguments, "--json")
    assert (code, out) == (2, "")
    error = json.loads(err)["error"]
    return error["code"], " ".join(error["problems"])


def test_an_import_says_its_report_and_how_to_take_it_back(run: Run) -> None:
    out = shown(run, "import", "exports")
    assert "recorded as revision 1" in out
    assert "report RUN-0001; to take it back: cmdb undo RUN-0001" in out
    again = shown(run, "import", "exports")
    assert "nothing to change" in again
    assert "report RUN-0002\n" in again
    assert answer(run, "import", "exports", "--plan")["run"] is None


def test_a_repeat_with_its_key(run: Run) -> None:
    first = answer(run, "import", "exports", "--key", "k")
    assert (first["replayed"], first["run"]["number"], first["run"]["revision"]) == (False, "RUN-0001", 1)
    again = answer(run, "import", "exports", "--key", "k")
    assert again == {"applied": True, "replayed": True, "revision": 1, "run": first["run"]}
    assert "this run was made before, as revision 1" in shown(run, "import", "exports", "--key", "k")
    write(Path("exports"), CIS + "x,server,X\n")
    assert told(run, "import", "exports", "--key", "k")[0] == "KEY_REUSED"


def test_runs(run: Run) -> None:
    assert shown(run, "runs") == "  No import is recorded.\n"
    for source in ("one", "two", "one"):
        run("import", "exports", "--source", source)
    found = answer(run, "runs", "--first", "2")
    assert ([one["number"] for one in found["runs"]], found["totalCount"]) == (["RUN-0003", "RUN-0002"], 3)
    assert [one["number"] for one in answer(run, "runs", "--source", "two")["runs"]] == ["RUN-0002"]
    out = shown(run, "runs", "--first", "1")
    assert "RUN-0003" in out
    assert "2 more: --first 3" in out
    assert "cmdb undo RUN-0001 --plan" in shown(run, "runs", "RUN-0001")
    assert answer(run, "runs", "RUN-0001")["counts"][0] == {
        "action": "created", "entity": "ci", "kind": "application", "number": 1
    }  # fmt: skip
    assert told(run, "runs", "RUN-0009")[1].startswith("UNKNOWN_RECORD")
    assert told(run, "runs", "nonsense/")[1].startswith("BAD_NUMBER")


def test_undo(run: Run, tmp_path: Path) -> None:
    run("import", "exports")
    planned = answer(run, "undo", "RUN-0001", "--plan")
    assert (planned["applied"], planned["revision"], planned["undoes"]) == (False, None, 1)
    assert [count["action"] for count in planned["counts"]] == ["removed"] * 3
    assert "1 application CI deleted" in shown(run, "undo", "RUN-0001", "--plan")
    assert answer(run, "undo", "RUN-0001")["revision"] == 2
    assert "undone" in shown(run, "runs")
    assert answer(run, "runs", "RUN-0001")["revision"] == 1
    assert "r2, the undo of RUN-0001" in shown(run, "undo", "r2")
    assert answer(run, "runs", "RUN-0001")["undoneAt"] is None
    write(tmp_path / "exports", CIS.replace("DB", "Data"))
    run("import", "exports", "--source", "another")
    code, problems = told(run, "undo", "r1")
    assert code == "INVALID_INPUT"
    assert "UNDO_CONFLICT at ci db: found changed since, in r4 by" in problems
    assert told(run, "undo", "r0")[0] == "BAD_REVISION"
    assert "UNKNOWN_REVISION" in told(run, "undo", "r99")[1]


def test_sources(run: Run) -> None:
    assert shown(run, "sources") == "  Nothing is recorded.\n"
    run("import", "exports", "--source", "netbox")
    (source,) = answer(run, "sources")["sources"]
    assert (source["source"], source["cis"], source["state"], source["overdue"]) == ("netbox", 2, "unlimited", False)
    assert (source["last"]["number"], source["failures"], source["ageMinutes"]) == ("RUN-0001", 0, 0)
    assert "just now" in shown(run, "sources")


def test_a_source_that_was_undone_is_not_confirmed(run: Run) -> None:
    run("import", "exports", "--source", "netbox")
    run("import", "exports", "--source", "netbox")
    run("undo", "RUN-0001")
    (source,) = answer(run, "sources")["sources"]
    assert (source["cis"], source["confirmedAt"]) == (0, None)


def test_what_an_undo_would_do_is_told_as_a_plan_tells_it(run: Run, tmp_path: Path) -> None:
    servers = "".join(f"s{at:02},server,Server {at},\n" for at in range(25))
    head = "id,kind,name,rto\n"
    write(tmp_path / "exports", head + servers + "app,application,App,4h\n")
    run("import", "exports", "--missing-ends", "stub")
    first = shown(run, "undo", "RUN-0001", "--plan")
    for words in ("25 server CIs deleted", "Changes, the first 20 of 28\n", "deleted server Server 3 (s03)\n"):
        assert words in first, words
    assert "removed server" not in first
    write(tmp_path / "exports", head + servers + "app,application,App,8h\ndb,database,DB,\n")
    run("import", "exports")
    out = shown(run, "undo", "RUN-0002", "--plan")
    assert "  Changes\n" in out
    assert "changed application App (app): rto 8h → 4h\n" in out
    assert "(db): kind database → application, name DB → db, stub – → yes" in " ".join(out.split())
    write(tmp_path / "exports", head + servers + "app,application,App,8h\ndb,database,DB,\n", "from,type,to\n")
    run("import", "exports")
    run("undo", "RUN-0003")
    out = shown(run, "undo", "r4", "--plan")
    assert "1 depends_on relation removed\n" in out
    assert "removed relation app depends_on db\n" in out


def test_a_plan_that_retires_most_says_so_first(run: Run, tmp_path: Path) -> None:
    rows = [f"s{at:02},server,Server {at}\n" for at in range(35)]
    write(tmp_path / "exports", "id,kind,name\n" + "".join(rows), "from,type,to\n")
    run("import", "exports")
    write(tmp_path / "exports", "id,kind,name\n" + "".join(rows[:10]), "from,type,to\n")
    share = "71% of this source's CIs are no longer in it"
    out = shown(run, "import", "exports", "--plan")
    assert out.count(f"  {share}: needs --allow-removals\n") == 1
    places = [out.index(words) for words in ("in all", share, "What matters first", "Changes, the first 20 of 25")]
    assert places == sorted(places)
    assert "retired server Server 10 (s10)\n" in out
    assert "removed server" not in out
    assert answer(run, "import", "exports", "--plan")["needsConfirmation"]
    allowed = shown(run, "import", "exports", "--plan", "--allow-removals")
    assert f"  {share}; allowed by --allow-removals\n" in allowed
    assert "needs" not in allowed
    assert not answer(run, "import", "exports", "--plan", "--allow-removals")["needsConfirmation"]
    refused = told(run, "import", "exports")[1]
    assert "unless removals are allowed (--allow-removals; allow_removals: true for cmdb sync)" in refused
    assert share not in shown(run, "import", "exports", "--allow-removals")


def test_a_stale_source(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.yaml").write_text("precedence: {fresh_for: {netbox: 2 d, other: 1h}}")
    monkeypatch.setenv("CMDB_MODEL", str(tmp_path / "model.yaml"))
    verified = datetime.now(UTC).date().isoformat()
    write(
        tmp_path / "exports", f"id,kind,name,verified_at\napp,application,App,{verified}\ndb,database,DB,{verified}\n"
    )
    run("import", "exports", "--source", "netbox")

    run("incident", "declare", "db", "--title", "No database")
    run("change", "plan", "db", "--title", "Patch", "--from", "2027-01-10 23:00", "--to", "90m")

    def stale(told: Any) -> list[str]:
        return [spot["message"] for spot in told["blindSpots"] if spot["code"] == "STALE_SOURCE"]

    def seen() -> tuple[list[str], int]:
        told = stale(answer(run, "impact", "db")["completeness"])
        assert stale(answer(run, "incident", "show", "INC-0001")["impact"]["completeness"]) == told
        assert stale(answer(run, "board")["completeness"]) == told
        change = answer(run, "change", "show", "CHG-0001")
        assert stale(change["review"]["impact"]["completeness"]) == told
        reasons = [reason for reason in change["review"]["risk"]["reasons"] if reason["code"] == "STALE_SOURCE"]
        assert [(reason["points"], reason["words"]) for reason in reasons] == [(4, f"2 {words}") for words in told]
        return told, answer(run, "readiness")["scores"][0]["tally"]["fresh"]

    told, fresh = seen()
    assert told == []
    assert fresh > 0
    rows = {row["source"]: row["state"] for row in answer(run, "sources")["sources"]}
    assert rows == {"netbox": "fresh", "other": "stale"}
    age_runs(tmp_path / "cmdb.db", timedelta(days=9))
    told, fresh = seen()
    words = "source netbox last confirmed 9 days ago, fresh for 2 days"
    assert told == [f"affected, as recorded by a stale source: {words}"]
    assert fresh == 0
    assert "stale" in shown(run, "sources")
    run("import", "exports", "--source", "netbox")
    assert seen()[0] == []


def age_runs(place: Path, by: timedelta) -> None:
    """Make the reports of imports older."""
    store = SqliteStore(place, standard_model())
    aged = [replace(r, started_at=r.started_at - by, finished_at=r.finished_at - by) for r in runs_of(store)]
    store.apply(Changeset("test", "test", put_records=list(map(kept_run, aged))))
    store.close()


def runs_of(store: SqliteStore) -> list[ImportRun]:
    return list(runs_among(stored.record for stored in store.records().records))


def test_sync_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sync.yaml").write_text("sources: {good: {path: exports, every: 1h}, bad: {path: none}}")
    code, out, err = run("sync", "sync.yaml", "--once", "--metrics", "sync.prom")
    assert (code, err) == (2, "")
    good, bad = out.splitlines()
    assert " good applied RUN-0001 r1 3 created in " in good
    assert " bad refused RUN-0002 r2 in " in bad
    assert ": UNKNOWN_FORMAT at none: no such file or folder; next " in bad
    metrics = (tmp_path / "sync.prom").read_text(encoding="utf-8")
    assert 'cmdb_sync_runs_total{outcome="refused",source="bad"} 1.0' in metrics
    assert 'cmdb_sync_changes_total{action="created",entity="ci",source="good"} 2.0' in metrics
    assert 'cmdb_sync_last_run_good{source="good"} 1.0' in metrics
    lines = [json.loads(line) for line in run("sync", "sync.yaml", "--once", "--json")[1].splitlines()]
    assert [(line["source"], line["outcome"], line["good"]) for line in lines] == [
        ("good", "unchanged", True), ("bad", "refused", False)
    ]  # fmt: skip
    rows = {row["source"]: row for row in answer(run, "sources")["sources"]}
    assert (rows["bad"]["failures"], rows["bad"]["confirmedAt"], rows["good"]["overdue"]) == (2, None, False)
    assert rows["good"]["nextAt"] is not None


def test_sync_refuses_what_it_cannot_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sync.yaml").write_text("sources: {a: {path: exports, evry: 1h}}")
    assert "did you mean 'every'" in told(run, "sync", "sync.yaml")[1]
    assert "UNREADABLE_FILE" in told(run, "sync", "none.yaml")[1]
    assert "BAD_DURATION" in told(run, "sync", "sync.yaml", "--every", "soon")[1]
    assert told(run, "sync", "sync.yaml", "--every", "0")[0] == "BAD_DURATION"


def test_sync_goes_on_until_it_is_told_to_stop(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sync.yaml").write_text("sources: {a: {path: exports, every: 1h}}")
    command = [sys.executable, "-m", "api.cli", "sync", "sync.yaml"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment(tmp_path)) as process:
        assert process.stdout is not None
        assert " a applied RUN-0001 r1 3 created in " in process.stdout.readline()
        assert "SYNC_RUNNING at cmdb.db.sync.lock: found held by process" in told(run, "sync", "sync.yaml")[1]
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(20) == 0
        assert time.monotonic() - began < 10
    assert answer(run, "runs")["totalCount"] == 1


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "CMDB_STORE": f"sqlite:{folder / 'cmdb.db'}"}
