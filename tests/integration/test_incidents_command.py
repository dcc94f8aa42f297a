"""Incidents by command: the first screen is enough to act, JSON has the names of GraphQL, refusals say what to do."""

import json

import pytest

from tests.integration.command import Run, answer, shown
from tests.integration.office import Office
from tests.integration.test_incidents import ARRAY, do

HALIFAX = ("--tz", "America/Halifax")
SINCE = ("--since", "2026-11-20T07:00")


def declared(typed: Run, *more: str) -> str:
    return shown(typed, "incident", "declare", ARRAY, "--title", "SAN array lost", *SINCE, *HALIFAX, *more)


def test_the_first_screen_is_enough_to_act(typed: Run) -> None:
    out = declared(typed)
    for words in (
        "INC-0001  SAN array lost", "new · priority 3", "began 20 Nov 07:00 (60 min ago)", "■ down  SAN array GDC-01",
        "10 down · 5 degraded", "11,755 in 22 client groups", "Emergency Dispatch", "over", "Call", "Notify", "Restore",
        "Holding", "Unknown", "Major", "interruption: ", "Priority", "1 rather than 3", "Owner", "complete",
    ):  # fmt: skip
        assert words in out, words
    assert shown(typed, "incident", "show", "INC-0001", *HALIFAX) == out


def test_the_life_of_an_incident_by_command(office: Office, typed: Run) -> None:
    declared(typed, "--major", "interruption", "--impact", "high", "--key", "one")
    assert "MAJOR, interruption" in declared(typed, "--major", "interruption", "--impact", "high", "--key", "one")
    assert "in progress" in shown(typed, "incident", "move", "INC-0001", "in_progress")
    shown(typed, "incident", "note", "INC-0001", "Vendor called")
    shown(typed, "incident", "update", "INC-0001", "--owner", "grp-storage", "--urgency", "high")
    out = shown(typed, "incident", "state", "INC-0001", f"{ARRAY}=degraded", "db-cad-01", *HALIFAX)
    assert "▲ degraded" in out
    assert "Since     ▲ degraded SAN array GDC-01" in out
    assert "1!" in shown(typed, "incident", "list", "--open")
    resolved = shown(
        typed, "incident", "resolve", "INC-0001", "--resolution", "Swapped", "--cause", "hardware", *HALIFAX
    )
    for words in ("resolved", "Looking back", "kept", "people-minutes", "san-gdc-01: Degraded"):
        assert words in resolved
    assert "Vendor called" in shown(typed, "incident", "show", "INC-0001", "--all", *HALIFAX)
    review = shown(typed, "incident", "review", "INC-0001", *HALIFAX)
    assert "Looking back" in review
    assert "closed" in shown(typed, "incident", "move", "INC-0001", "closed")
    assert do(office, "Incident", number="INC-0001")["cause"]["type"] == "hardware"
    assert "No incident" in shown(typed, "incident", "list", "--open")


def test_json_has_the_names_of_graphql(office: Office, typed: Run) -> None:
    declared(typed)
    told = answer(typed, "incident", "show", "INC-0001")
    same = do(office, "Incident", number="INC-0001")
    plain = (
        "key",
        "number",
        "source",
        "revision",
        "title",
        "state",
        "open",
        "moves",
        "priority",
        "impactGrade",
        "major",
    )
    assert {name: told[name] for name in plain} == {name: same[name] for name in plain}
    assert told["impact"]["summary"]["people"] == same["impact"]["summary"]["people"]
    assert told["worstHit"]["ci"]["id"] == same["worstHit"]["ci"]["id"]
    assert told["majorFinding"]["word"] == same["majorFinding"]["word"]
    listed = answer(typed, "incident", "list")
    assert [node["key"] for node in listed["nodes"]] == ["INC-0001"]
    assert answer(typed, "incident", "drafts", "INC-0001")["drafts"][0]["kind"] == "first_notice"
    moved = answer(typed, "incident", "move", "INC-0001", "on_hold")
    assert (moved["state"], moved["replayed"]) == ("on_hold", False)


def test_the_board_by_command(office: Office, typed: Run) -> None:
    assert "No incident is open" in shown(typed, "board")
    declared(typed)
    first, second = "vm-mq-health-app-01", "vm-mq-health-app-02"
    for ci in (first, second):
        shown(typed, "incident", "declare", ci, "--title", f"Node {ci}", *SINCE, *HALIFAX)
    out = shown(typed, "board", *HALIFAX)
    for words in (
        "3 open incidents",
        "INC-0001",
        "INC-0002 and INC-0003 together",
        "below 2 of 3",
        "each once",
        "Call",
    ):
        assert words in out, words
    told = answer(typed, "board")
    same = do(office, "Board")
    assert told["impact"]["summary"]["people"] == same["impact"]["summary"]["people"]
    assert [row["incident"]["key"] for row in told["nodes"]] == [row["incident"]["key"] for row in same["nodes"]]
    assert told["together"]["totalCount"] == same["together"]["totalCount"] == 1


def test_messages_to_clients(typed: Run) -> None:
    declared(typed)
    out = shown(typed, "incident", "drafts", "INC-0001", "--advice", "Use paper forms.", *HALIFAX)
    for words in ("first notice", "Subject", "Use paper forms.", "Left open", "INC-0001"):
        assert words in out
    back = shown(typed, "incident", "drafts", "INC-0001", "--kind", "update", "--back", "2026-11-20T12:30", *HALIFAX)
    assert "12:30 AST" in back


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["incident", "show", "INC-0009"], "UNKNOWN_RECORD"),
        (["incident", "declare", "san-gdc-1", "--title", "x"], "perhaps san-gdc-01"),
        (["incident", "declare", ARRAY], "title"),
        (["incident", "declare", f"{ARRAY}=broken", "--title", "x"], "'broken' is not a state"),
        (["incident", "move", "INC-0001", "closed"], "BAD_TRANSITION"),
        (["incident", "move", "INC-0001", "finished"], "finished"),
        (["incident", "update", "INC-0001", "--title", "x", "--expected", "1"], "not at r1"),
        (["incident", "update", "INC-0001", "--cause-text", "x"], "--cause is needed"),
        (["incident", "list", "--ci", "  "], "MISSING_VALUE"),
        (["board", "--as-of", "soon"], "neither a revision nor a time"),
    ],
)
def test_what_cannot_be_done_is_said(typed: Run, arguments: list[str], words: str) -> None:
    declared(typed)
    code, out, err = typed(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    code, out, err = typed(*arguments, "--json")
    assert (code, out) == (2, "")
    assert json.loads(err)["error"]["code"]


def test_as_of_then(office: Office, typed: Run) -> None:
    declared(typed)
    shown(typed, "incident", "resolve", "INC-0001", *HALIFAX)
    then = shown(typed, "incident", "show", "INC-0001", "--as-of", "r2", "--at", "2026-11-20T08:00", *HALIFAX)
    assert "graph as of r2" in then
    assert "new · priority 3" in then
    assert "10 down" in then
    assert office.head == 3
