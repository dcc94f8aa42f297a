"""The command as people and scripts use it: every verb, its exit codes, its output piped and as JSON."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli import VERBS, main
from tests.integration.command import Run, answer


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo province in a store of its own."""
    store = f"sqlite:{tmp_path_factory.mktemp('demo') / 'demo.db'}"
    with pytest.raises(SystemExit) as left:
        main(["demo", "--no-serve", "--store", store])
    assert left.value.code == 0
    return store


def test_the_first_screen_is_enough_to_act(run: Run) -> None:
    code, out, _ = run("impact", "san-gdc-01", "--since", "2026-11-22T02:40:00-04:00", "--tz", "America/Halifax")
    assert code == 0
    for words in ("■ down", "▲ degraded", "4 at risk", "T0", "Emergency Dispatch", "11,755", "Call", "Notify",
                  "Holding", "Unknown", "03:40", "more: --all", "san-gdc-01"):  # fmt: skip
        assert words in out
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any(line.endswith(" ") or "\x1b" in line for line in lines)


def test_json_all_lists_every_affected_ci(run: Run) -> None:
    first, everything = answer(run, "impact", "san-gdc-01"), answer(run, "impact", "san-gdc-01", "--all")
    assert len(first["affected"]) == 50
    assert first["pages"]["affected"]["hasNextPage"]
    counts = everything["summary"]["affected"]
    assert len(everything["affected"]) == sum(counts.values()) == everything["pages"]["affected"]["totalCount"]
    assert everything["affected"][0]["id"] == "san-gdc-01"
    assert everything["affected"][0]["distance"] == 0
    common = {"id", "kind", "name", "state", "distance"}
    assert all(common <= ci.keys() for ci in everything["affected"])
    shown = [{key: ci[key] for key in common} for ci in first["affected"]]
    assert shown == [{key: ci[key] for key in common} for ci in everything["affected"][:50]]
    assert not any(page["hasNextPage"] for page in everything["pages"].values())


def test_states_and_pins_are_understood(run: Run) -> None:
    told = answer(run, "impact", "san-gdc-01", "app-cad=operational", "vmc-gdc-prod-02=degraded")
    assert [(a["ci"]["id"], a["state"]) for a in told["scenario"]] == [
        ("san-gdc-01", "down"), ("app-cad", "operational"), ("vmc-gdc-prod-02", "degraded")
    ]  # fmt: skip
    assert told["scenario"][1]["cutOff"] > 0
    assert "app-cad" not in [
        ci["id"] for ci in answer(run, "impact", "san-gdc-01", "app-cad=operational", "--all")["affected"]
    ]


def test_why_and_why_not(run: Run) -> None:
    told = answer(run, "why", "svc-dispatch", "san-gdc-01")
    assert [told["why"]["proof"][at]["ci"]["id"] for at in (0, -1)] == ["svc-dispatch", "san-gdc-01"]
    assert told["whyNot"] is None
    held = answer(run, "why", "svc-permits", "san-gdc-01")["whyNot"]
    assert held["margin"] == 0
    assert held["worsenedBy"]
    code, out, _ = run("why", "svc-email", "san-gdc-01")
    assert (code, "nothing recorded leads" in out) == (0, True)


def test_looking_things_up(run: Run) -> None:
    assert answer(run, "search", "emergncy dispach")[0]["id"] == "svc-dispatch"
    card = answer(run, "show", "app-cad")
    assert card["attributes"]["rto"] == 60
    assert {"type": "has_expert", "direction": "outgoing"}.items() <= next(
        r for r in card["relations"] if r["type"] == "has_expert"
    ).items()
    changes = answer(run, "history", "app-cad")
    assert {c["revision"] for c in changes} == {1}
    for verb, words in (("show", "1h"), ("history", "recorded")):
        assert words in run(verb, "app-cad")[1]
    assert "svc-dispatch" in run("search", "emergncy dispach")[1]
    assert "nothing recorded resembles" in run("search", "zzzzqqqq")[1]


def test_export_and_import_bring_everything_back(run: Run, tmp_path: Path) -> None:
    out, other = tmp_path / "out", f"sqlite:{tmp_path / 'other.db'}"
    assert run("export", str(out))[0] == 0
    planned = answer(run, "import", str(out), "--plan", "--store", other)
    assert not planned["applied"]
    assert sum(c["number"] for c in planned["counts"]) > 7000
    assert answer(run, "import", str(out), "--store", other)["revision"] == 1
    assert "nothing to change" in run("import", str(out), "--store", other)[1]
    one, two = (answer(run, "impact", "san-gdc-01", "--all", "--store", s) for s in (os.environ["CMDB_STORE"], other))
    assert one["affected"] == two["affected"]
    code, _, err = run("export", str(out))
    assert (code, "not empty" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["impact", "san-gdc-1"], 2, "no CI 'san-gdc-1'. Did you mean san-gdc-01 (SAN array GDC-01)"),
        (["show", "san-gdc-1"], 2, "Did you mean"),
        (["history", "san-gdc-1"], 2, "Did you mean"),
        (["why", "nope", "san-gdc-01"], 2, "no CI 'nope'"),
        (["impact", "san-gdc-01=broken"], 2, "operational, at_risk, degraded, down"),
        (["impact", "san-gdc-01", "san-gdc-01=operational"], 2, "cannot be both"),
        (["impact", "san-gdc-01", "--since", "soon"], 2, "is not a time"),
        (["impact", "san-gdc-01", "--tz", "Mars/Olympus"], 2, "is not a time zone"),
        (["impact"], 2, "Missing argument 'failed'"),
        (["frobnicate"], 2, "No such command"),
        (["search", "x", "--store", "neo5j:x"], 3, "sqlite:PATH"),
        (["search", "x", "--store", "sqlite:/nonexistent/folder/x.db"], 3, ""),
        (["import", "/nonexistent"], 2, "nothing was written"),
        (["serve", "--host", "0.0.0.0"], 2, "token"),
    ],
)
def test_bad_requests_say_what_is_accepted(run: Run, arguments: list[str], code: int, words: str) -> None:
    got, out, err = run(*arguments)
    assert (got, out) == (code, "")
    assert words in err
    assert "Traceback" not in err


def test_errors_are_json_where_json_was_asked_for(run: Run) -> None:
    code, out, err = run("impact", "san-gdc-1", "--json")
    assert (code, out) == (2, "")
    assert json.loads(err)["error"]["message"].startswith("no CI 'san-gdc-1'")


def test_a_wrong_estate_is_reported_whole_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cis.csv").write_text("id,kind,name\na,server,A\nb,sever,B\n")
    (tmp_path / "relations.csv").write_text("from,type,to\na,depends_on,ghost\n")
    store = f"sqlite:{tmp_path / 'x.db'}"
    code, _, err = run("import", str(tmp_path), "--store", store)
    assert code == 2
    assert "cis.csv row 3" in err
    assert "relations.csv row 2" in err
    assert "UNKNOWN_KIND" in err
    assert "nothing resembles" not in run("search", "a", "--store", store)[1]
    assert run("show", "a", "--store", store)[0] == 2


def test_the_installed_command_answers(address: str) -> None:
    command = [sys.executable, "-m", "api.cli", "impact", "san-gdc-01", "--store", address]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert re.search(r"Services\s+10 down", done.stdout)


def test_every_verb_explains_itself(run: Run) -> None:
    for name, verb in VERBS:
        code, out, _ = run(name, "--help")
        assert code == 0
        assert (verb.__doc__ or "").split(":")[0].split(";")[0][:40] in re.sub(r"\s+", " ", out)
