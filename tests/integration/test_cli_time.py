"""`--as-of` and `cmdb diff`: the answers of then, readable differences, plain refusals."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.verbs.comparing import FIRST_SCREEN
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId
from cmdb.store.sqlite.store import SqliteStore
from tests.impact.estates import MODEL, ci, rel, rule
from tests.integration.command import Run, answer, shown

NOON = datetime(2026, 11, 20, 16, tzinfo=UTC)
HALIFAX = ("--tz", "America/Halifax")
POOLED = [rel("app depends_on web-1", "web"), rel("app depends_on web-2", "web")]
CHANGES: tuple[dict[str, Any], ...] = (
    {"put_cis": [ci("app", "application", rto=240), ci("web-1"), ci("web-2")], "put_relations": POOLED,
     "put_pools": [rule("app", "web", "1")]},
    {"put_cis": [ci("app", "application", rto=60), ci("web-3"), *(ci(f"z-{n:02}") for n in range(20))],
     "put_pools": [rule("app", "web", "2")]},
    {"remove_relations": [POOLED[1].key], "delete": [CiId("web-2")]},
)  # fmt: skip
"""Revision 1 at noon in Halifax, 2 at one o'clock, 3 at two o'clock."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("time") / "store.db"
    now = NOON - timedelta(hours=1)
    store = SqliteStore(path, MODEL, clock=lambda: now)
    for number, change in enumerate(CHANGES):
        now += timedelta(hours=1)
        assert store.apply(Changeset("ada", "test", **change)).revision == number + 1
    store.close()
    return f"sqlite:{path}"


@pytest.mark.parametrize("then", ["r1", "1", "2026-11-20T12:30:00-04:00", "2026-11-20T12:30"])
def test_impact_as_of_then_says_so_and_answers_on_what_was_recorded(run: Run, then: str) -> None:
    out = shown(run, "impact", "web-1", "--as-of", then, *HALIFAX)
    assert "graph as of r1, recorded 2026-11-20 12:00 · complete" in out
    assert "newest" not in out
    assert re.search(r"APP \(app\) +application +◆ at risk", out)
    told = answer(run, "impact", "web-1", "--as-of", then, *HALIFAX)
    assert (told["completeness"]["revision"], told["completeness"]["asOf"]) == (1, True)
    assert {n["id"]: n["state"] for n in told["affected"]} == {"web-1": "down", "app": "at_risk"}


def test_now_is_said_to_be_now(run: Run) -> None:
    for given in ((), ("--as-of", "r3"), ("--as-of", "2099-01-01")):
        assert "graph r3 · newest · complete" in shown(run, "impact", "web-1", *given)
        told = answer(run, "impact", "web-1", *given)
        assert (told["completeness"]["asOf"], told["summary"]["affected"]["down"]) == (False, 2)


def test_why_and_show_as_of_then(run: Run) -> None:
    out = shown(run, "why", "app", "web-1", "--as-of", "r2", *HALIFAX)
    assert out.startswith("as of r2, recorded 2026-11-20 13:00\n")
    assert "1 of 2 work, needs 2" in out
    told = answer(run, "why", "app", "web-1", "--as-of", "r1")
    assert (told["completeness"]["revision"], told["why"]["state"]) == (1, "at_risk")
    assert "as of" not in shown(run, "why", "app", "web-1")
    card = shown(run, "show", "app", "--as-of", "r1", *HALIFAX)
    assert card.startswith("as of r1, recorded 2026-11-20 12:00\n")
    assert all(words in card for words in ("rto              4h", "WEB-2 (web-2), pool web needs 1", "revision 1"))
    told = answer(run, "show", "web-2", "--as-of", "r2")
    assert (told["id"], told["asOf"]) == ("web-2", {"revision": 2, "recordedAt": "2026-11-20T17:00:00Z"})
    assert "asOf" not in answer(run, "show", "app")


def test_a_difference_in_words(run: Run) -> None:
    out = shown(run, "diff", "r1", "2026-11-20T14:00", *HALIFAX)
    assert "from r1, recorded 2026-11-20 12:00, to r3, recorded 2026-11-20 14:00" in out
    assert "CIs  21 joined · 1 left · 1 changed" in out
    assert "+ joined  WEB-3 (web-3), server" in out
    assert f"{23 - FIRST_SCREEN} more: --all" in out
    assert re.search(r"Relations  1 left\n  − left +app depends_on web-2, pool web\n", out)
    assert re.search(r"Pools  1 changed\n  ~ changed pool web of app, needs 2: required 1 → 2\n", out)
    everything = shown(run, "diff", "r1", "r3", "--all")
    assert "more" not in everything
    assert "− left    WEB-2 (web-2), server" in everything
    assert "~ changed APP (app), application: rto 240 → 60" in everything
    assert shown(run, "diff", "r1", *HALIFAX) == out
    assert "Nothing differs." in shown(run, "diff", "r2", "r2")
    assert "from r0, before anything was recorded, to r1" in shown(run, "diff", "0", "1")


def test_a_difference_as_json_has_the_shape_of_the_api(run: Run) -> None:
    told = answer(run, "diff", "r2", "r3")
    assert told["before"] == {"revision": 2, "recordedAt": "2026-11-20T17:00:00Z"}
    assert told["counts"] == {
        "cis": {"joined": 0, "left": 1, "changed": 0},
        "relations": {"joined": 0, "left": 1, "changed": 0},
        "pools": {"joined": 0, "left": 0, "changed": 0},
    }
    (node,) = told["cis"]["nodes"]
    assert (node["turn"], node["ci"]["id"], node["fields"], node["after"]) == ("left", "web-2", [], None)
    assert node["before"]["lifecycle"] == "live"
    (tie,) = told["relations"]["nodes"]
    assert (tie["from"], tie["type"], tie["to"], tie["pool"]) == ("app", "depends_on", "web-2", "web")
    assert told["pools"] == {"nodes": [], "totalCount": 0, "endCursor": None, "hasNextPage": False}
    back = answer(run, "diff", "r3", "r2")["cis"]["nodes"][0]
    assert (back["turn"], back["before"]) == ("joined", None)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["impact", "app", "--as-of", "soon"], "BAD_REVISION", "write r42, 02:40 or 2026-11-22T02:40:00-04:00"),
        (["show", "app", "--as-of", "r99"], "UNKNOWN_REVISION", "a revision from 0 to 3"),
        (["diff", "r1", "0001-01-01T00:00:00+14:00"], "BAD_REVISION", "a time with its offset"),
        (["diff", "lately"], "BAD_REVISION", "'lately' is neither a revision nor a time"),
        (["impact", "app", "--as-of", "r0"], "BAD_REQUEST", "no CI 'app' as of r0. It was recorded later; see: cmdb"),
        (["show", "web-3", "--as-of", "r1"], "BAD_REQUEST", "no CI 'web-3' as of r1. It was recorded later"),
        (["why", "web-3", "web-1", "--as-of", "r1"], "BAD_REQUEST", "no CI 'web-3' as of r1."),
        (["impact", "wbe-1", "--as-of", "r1"], "BAD_REQUEST", "no CI 'wbe-1' as of r1. Did you mean web-1"),
    ],
)
def test_what_cannot_be_looked_back_at_is_said(run: Run, arguments: list[str], error: str, words: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert json.loads(run(*arguments, "--json")[2])["error"]["code"] == error
