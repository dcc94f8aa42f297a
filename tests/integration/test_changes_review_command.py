"""Planned changes by command on the demo province: the first screen of a reviewer; the same answers as over HTTP."""

import json
from typing import Any

import pytest

from tests.integration.command import Run, answer, shown
from tests.integration.office import Office

ONE, TWO = "vm-mq-health-app-01", "vm-mq-health-app-02"
HALIFAX = ("--tz", "America/Halifax")


def words(screen: str) -> str:
    return " ".join(screen.split())


def planned(run: Run, *given: str) -> Any:
    return answer(run, "change", "plan", *given, *HALIFAX)


def utc(value: Any) -> Any:
    """A GraphQL answer with its times written as the command writes them."""
    return json.loads(json.dumps(value).replace("+00:00", "Z"))


def like(mine: Any, theirs: Any) -> Any:
    """What the command says, without what an operation does not ask for."""
    if isinstance(theirs, dict) and isinstance(mine, dict):
        return {name: like(mine[name], value) for name, value in theirs.items()}
    if isinstance(theirs, list) and isinstance(mine, list) and len(mine) == len(theirs):
        return [like(*both) for both in zip(mine, theirs, strict=True)]
    return mine


def test_a_screen_is_enough_to_decide(office: Office, typed: Run) -> None:
    window = ("--from", "2026-11-24 22:00", "--to", "02:00")
    first = planned(typed, ONE, "--title", "Patch node 1", *window, "--submit")
    assert first["change"]["start"] == "2026-11-25T02:00:00Z"
    assert (first["change"]["end"], first["change"]["state"]) == ("2026-11-25T06:00:00Z", "submitted")
    freeze = ("--title", "Year end", "--from", "2026-11-25", "--to", "3d", "--sector", "health")
    assert "FRZ-0001" in shown(typed, "freeze", "declare", *freeze, *HALIFAX)
    screen = words(
        shown(
            typed, "change", "plan", TWO, "--title", "Patch node 2", "--from", "2026-11-24 23:00", "--to", "90m",
            "--back-out", "20m", "--back-out-plan", "the snapshot", "--submit", *HALIFAX,
        )
    )  # fmt: skip
    for part in (
        "CHG-0002 Patch node 2", "normal · ◔ submitted", "Tue 24 Nov 2026 23:00 – Wed 25 Nov 00:30 AST (90 min)",
        f"■ down Message Queue, Health, app 02 ({TWO})", "20 min: the snapshot", "of 100", "1 collision with CHG-0001",
        "Collides with CHG-0001 Patch node 1, 23:00 – Wed 25 Nov 00:30", "pool app below 2 of 3: 1 left",
        "Clinical Integration down", "Freezes FRZ-0001 freeze Year end", "◆ at risk Electronic Health Record",
        "free of collisions and freezes:", "Next cmdb change approve | reject | redraft | cancel CHG-0002",
    ):  # fmt: skip
        assert part in screen, part


def test_the_json_is_the_answer_over_http(office: Office, typed: Run) -> None:
    office.plan([TWO], "24 21:00", "24 23:00")
    key = office.plan([ONE], "24 22:00", "24 23:30")
    mine, theirs = answer(typed, "change", "show", key), office.do("Change", number=key)
    assert mine["change"] == utc(theirs["change"])
    review = utc(theirs["review"])
    for part in ("risk", "suggestions", "unrecorded", "moment", "drift", "overlaps", "freezes"):
        assert like(mine["review"][part], review[part]) == review[part], part
    for part in ("summary", "completeness"):
        assert like(mine["review"]["impact"][part], review["impact"][part]) == review["impact"][part], part
    whole = utc(office.review(key, "ChangeCollisions"))["collisions"]
    told = mine["review"]["collisions"]
    for name in ("totalCount", "complete", "overlapping", "near", "records"):
        assert told[name] == whole[name], name
    assert [one["pools"][0]["words"] for one in told["nodes"]] == [one["pools"][0]["words"] for one in whole["nodes"]]
    assert mine["timeline"]["nodes"] == utc(theirs["timeline"]["nodes"])


def test_a_change_goes_its_way_by_command(office: Office, typed: Run) -> None:
    key = planned(typed, "db-permits-01", "--title", "Upgrade", "--from", "2026-11-24", "--to", "2h")["change"]["key"]
    assert "◔ submitted" in shown(typed, "change", "submit", key)
    assert "● approved" in shown(typed, "change", "approve", key, "--text", "go ahead")
    screen = words(shown(typed, "change", "show", key))
    assert "Drift none since it was approved" in screen
    assert "Next cmdb change submit | implement | cancel" in screen
    assert "▶ implementing" in shown(typed, "change", "implement", key)
    shown(typed, "change", "note", key, "halfway")
    assert "✓ completed" in shown(typed, "change", "complete", key, "--text", "all fine")
    listed = answer(typed, "change", "list", "--state", "completed")
    assert [(one["key"], one["outcome"]) for one in listed["nodes"]] == [(key, "all fine")]
    assert "✓ completed" in shown(typed, "change", "list")
    assert "halfway" in shown(typed, "change", "show", key, "--all")
    other = planned(typed, "db-permits-01", "--title", "Again", "--from", "2026-11-25", "--to", "2h", "--submit")
    shown(typed, "change", "reject", other["change"]["key"], "--text", "too soon")
    shown(typed, "change", "redraft", other["change"]["key"])
    edited = answer(typed, "change", "edit", other["change"]["key"], "--to", "3h", "--title", "Later", *HALIFAX)
    assert (edited["change"]["title"], edited["change"]["end"]) == ("Later", "2026-11-25T07:00:00Z")
    assert "– cancelled" in shown(typed, "change", "cancel", other["change"]["key"])


def test_drift_is_on_the_screen(office: Office, typed: Run) -> None:
    key = office.plan(["db-permits-01"], "24 21:00", "24 22:00")
    office.approve(key)
    office.edit("UpsertCis", cis=[{"id": "app-new", "kind": "application", "name": "New"}])
    office.edit("Relate", relations=[{"from": "app-new", "type": "depends_on", "to": "db-permits-01"}])
    screen = words(shown(typed, "change", "show", key))
    assert "▲ the answer has changed since it was approved" in screen
    assert "1 CI joined: app-new down" in screen
    assert answer(typed, "change", "show", key)["review"]["drift"]["joined"]["count"] == 1


def test_a_review_records_nothing(office: Office, typed: Run) -> None:
    before = office.head
    told = planned(typed, ONE, "--title", "Try", "--from", "22:00", "--to", "1h", "--review")
    assert (office.head, told["change"]["revision"]) == (before, 0)
    screen = shown(typed, "change", "plan", ONE, "--title", "Try", "--from", "22:00", "--to", "1h", "--review")
    assert "without --review records it" in screen


def test_a_repeated_plan_with_a_key_is_done_once(office: Office, typed: Run) -> None:
    given = ("db-permits-01", "--title", "Upgrade", "--from", "2026-11-24", "--to", "2h", "--key", "k", "--submit")
    first, again = planned(typed, *given), planned(typed, *given)
    assert first["change"]["key"] == again["change"]["key"]
    assert answer(typed, "change", "list")["totalCount"] == 1


def test_freezes_by_command(office: Office, typed: Run) -> None:
    told = answer(typed, "freeze", "declare", "--title", "Year end", "--from", "2026-12-18", "--to", "2027-01-04",
                  "--kind", "infrastructure", "--blackout", *HALIFAX)  # fmt: skip
    assert (told["freeze"]["type"], told["freeze"]["start"]) == ("blackout", "2026-12-18T04:00:00Z")
    assert "Fri 18 Dec 2026 00:00 – Mon 04 Jan 2027 00:00" in words(shown(typed, "calendar", "--from", "2026-12-18",
                                                                          "--to", "2027-01-04", *HALIFAX))  # fmt: skip
    assert "FRZ-0001" in shown(typed, "freeze", "list")
    assert "called off" in shown(typed, "freeze", "cancel", "FRZ-0001")
    assert answer(typed, "freeze", "list")["totalCount"] == 0
    assert answer(typed, "freeze", "list", "--cancelled")["totalCount"] == 1


PLAN = ("change", "plan", "db-permits-01", "--title", "Upgrade", "--from")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("change", "show", "CHG-9"), "UNKNOWN_RECORD"),
        (("change", "approve", "CHG-9"), "UNKNOWN_RECORD"),
        (("change", "plan", "db-permit-01", "--title", "x", "--from", "22:00", "--to", "1h"), "perhaps db-permits-01"),
        (("change", "plan", "db-permits-01=broken", "--title", "x", "--from", "22:00", "--to", "1h"), "not a state"),
        ((*PLAN, "soon", "--to", "1h"), "'soon' is not a time"),
        ((*PLAN, "22:00", "--to", "soon"), "'soon' is not a time"),
        ((*PLAN, "2027-11-07 01:30", "--to", "1h"), "twice"),
        ((*PLAN, "2027-03-14 02:30", "--to", "1h"), "there is no"),
        ((*PLAN, "2026-11-24", "--to", "2026-11-23"), "END_BEFORE_START"),
        ((*PLAN, "22:00", "--to", "1h", "--back-out", "soon"), "--back-out"),
        ((*PLAN, "22:00", "--to", "1h", "--review", "--submit"), "one of --submit and --review"),
        (("freeze", "declare", "--title", "x", "--from", "22:00", "--to", "1h", "--kind", "toaster"), "UNKNOWN_KIND"),
        (("freeze", "cancel", "FRZ-9"), "UNKNOWN_RECORD"),
    ],
)
def test_what_cannot_be_done_says_why(office: Office, typed: Run, given: tuple[str, ...], said: str) -> None:
    before = office.head
    code, out, err = typed(*given, *HALIFAX)
    assert (code, out) == (2, "")
    assert said in err
    assert office.head == before


def test_a_conflict_says_where_the_record_stands(office: Office, typed: Run) -> None:
    key = office.plan(["db-permits-01"], "24 21:00", "24 22:00")
    code, out, err = typed("change", "approve", key, "--expected", "1", "--json")
    assert (code, out) == (2, "")
    error = json.loads(err)["error"]
    assert (error["code"], f"{key} is at r" in error["message"]) == ("CONFLICT", True)
