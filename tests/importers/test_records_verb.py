"""`cmdb import` of records: a plan in words, then writing; what is refused, and why."""

import json
from pathlib import Path

import pytest

from api.cli import main
from importers.runner import apply_plan
from tests.importers.estate import plan_of, store_in, write
from tests.importers.test_records import folder

INCIDENTS = "number,title,opened_at,state,cis\nINC1,App away,01/12/2026 02:40,Work in Progress,app=slow\n"
LOCAL = ("--date-format", "%d/%m/%Y %H:%M", "--tz", "America/Halifax")


@pytest.fixture
def store(tmp_path: Path) -> str:
    opened = store_in(tmp_path / "store")
    apply_plan(opened, plan_of(write(tmp_path / "estate"), opened), "somebody")
    opened.close()
    return f"sqlite:{tmp_path / 'store' / 'cmdb.db'}"


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["import", *arguments])
    out, error = capfd.readouterr()
    return left.value.code, out, error


def test_a_plan_then_the_import(tmp_path: Path, store: str, capfd: pytest.CaptureFixture[str]) -> None:
    given = (str(folder(tmp_path / "in", incidents=INCIDENTS)), "--source", "assyst", "--store", store, *LOCAL)
    code, out, _ = run(capfd, *given, "--plan")
    assert (code, out.splitlines()[0].split()) == (0, ["1", "incident", "would", "be", "created"])
    assert "created incident assyst/INC1 App away" in out
    code, out, _ = run(capfd, *given, "--key", "k")
    assert (code, out.splitlines()[-1]) == (0, "recorded as revision 2")
    code, out, _ = run(capfd, *given, "--key", "k")
    assert (code, out.strip()) == (0, "nothing to change: everything is recorded already")
    later = INCIDENTS.replace("slow", "down").replace("App", "Application")
    (tmp_path / "in" / "incidents.csv").write_text(later)
    code, out, _ = run(capfd, *given, "--json")
    told = json.loads(out)
    assert told["counts"] == [{"action": "changed", "kind": "incident", "number": 1}]
    assert told["changes"][0]["fields"]["title"] == ["App away", "Application away"]
    assert told["revision"] == 3


def test_the_source_must_be_named(tmp_path: Path, store: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = folder(tmp_path / "in", incidents=INCIDENTS)
    code, _, error = run(capfd, str(path / "incidents.csv"), "--store", store, *LOCAL)
    assert code == 2
    assert "--source assyst" in error


def test_a_date_format_is_for_records(tmp_path: Path, store: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, _, error = run(capfd, str(tmp_path / "estate"), "--store", store, *LOCAL)
    assert code == 2
    assert "are for incidents" in error


def test_every_fault_is_listed_and_nothing_written(
    tmp_path: Path, store: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = folder(tmp_path / "in", incidents=INCIDENTS.replace("app=slow", "apq").replace("Progress", "Limbo"))
    code, _, error = run(capfd, str(path), "--source", "assyst", "--store", store, *LOCAL)
    assert code == 2
    assert "UNKNOWN_CI at incidents.csv row 2, column cis: found 'apq'" in error
    assert "BAD_CHOICE at incidents.csv row 2, column state" in error
    code, out, _ = run(capfd, str(path), "--source", "assyst", "--store", store, *LOCAL, "--json")
    assert (code, out) == (2, "")
