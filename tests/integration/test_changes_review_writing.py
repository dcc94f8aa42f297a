"""Changes and freeze windows recorded over HTTP: their life, refusals that write nothing, retries, conflicts."""

from datetime import datetime
from typing import Any

import pytest

from tests.integration.office import Office, at, parts, window

WINDOW = window("24 21:00", "24 22:00")
DATABASE = parts(["db-permits-01"])


def codes(answer: dict[str, Any]) -> set[tuple[str, str]]:
    assert answer["__typename"] == "InvalidInput", answer
    assert answer["count"] == len(answer["problems"])
    assert all(one["accepted"] for one in answer["problems"])
    return {(one["code"], one["place"]) for one in answer["problems"]}


def test_the_life_of_a_change(office: Office) -> None:
    back_out = {"plan": "restore the snapshot", "minutes": 20}
    written = office.do("PlanChange", input={"title": "Upgrade the permits database", **WINDOW, "cis": DATABASE,
                                             "owner": "team-database", "backOut": back_out})  # fmt: skip
    change = written["change"]
    key = change["key"]
    assert (change["state"], change["planned"], change["type"]) == ("draft", False, "normal")
    assert (change["backOut"], change["requestedAt"]) == (back_out, "2026-11-20T12:00:00+00:00")
    assert (written["revision"], written["replayed"]) == (office.head, False)
    assert change["revision"] == office.head
    submitted = office.move(key, "submitted")
    assert (submitted["planned"], submitted["mayDecide"]) == (True, True)
    change = office.approve(key, text="go ahead")
    assert (change["state"], change["mayDecide"]) == ("approved", False)
    assert [(one["decision"], one["text"]) for one in change["approvals"]] == [("approved", "go ahead")]
    office.clock.now = datetime.fromisoformat(at("24 21:05"))
    change = office.move(key, "implementing")
    assert change["actualStart"] == "2026-11-24T21:05:00+00:00"
    office.do("NoteChange", number=key, text="halfway")
    change = office.move(key, "completed", at="2026-11-24T21:50:00Z", text="all fine")
    assert (change["actualEnd"], change["outcome"]) == ("2026-11-24T21:50:00+00:00", "all fine")
    assert (change["nextStates"], change["planned"]) == ([], False)
    told = office.do("Change", number=key)
    lines = [line["text"] for line in told["timeline"]["nodes"]]
    assert lines == ["Completed: all fine", "halfway", "Implementing", "Approved: go ahead", "Submitted", "Planned"]
    history = office.do("ChangeHistory", number=key)["history"]["revisions"]
    assert len(history) == 6
    assert history[-1]["before"] is None
    assert "state" in history[0]["fields"]


def test_bad_input_lists_every_problem_and_writes_nothing(office: Office) -> None:
    office.edit("Retire", cis=[{"id": "app-cad"}])
    before = office.head
    cis = parts(["san-gdc-1", "app-cad", "db-permits-01", "db-permits-01"])
    bad = {"title": " ", "start": at("24 22:00"), "end": at("24 21:00"), "cis": cis, "backOut": {"minutes": -5}}
    found = codes(office.do("PlanChange", input=bad))
    assert {("MISSING_VALUE", "title"), ("UNKNOWN_CI", "cis[0].ci"), ("RETIRED_CI", "cis[1].ci")} <= found
    good = {**bad, "title": "Upgrade"}
    found = codes(office.do("PlanChange", input=good))
    assert found == {
        ("UNKNOWN_CI", "cis[0].ci"), ("RETIRED_CI", "cis[1].ci"), ("DUPLICATE_KEY", "cis[3].ci"),
        ("END_BEFORE_START", "end"), ("OUT_OF_RANGE", "back_out.minutes"),
    }  # fmt: skip
    assert codes(office.do("ReviewDraft", input=good)) == found
    assert office.head == before
    assert office.do("Changes")["totalCount"] == 0


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"start": "2026-11-24T21:00:00", "end": at("24 22:00")}, "BAD_DATE"),
        ({"start": at("24 21:00"), "end": at("24 21:00")}, "END_BEFORE_START"),
        ({"number": "a/b"}, "BAD_NUMBER"),
        ({"source": "assyst"}, "BAD_NUMBER"),
        ({"title": "two\nlines"}, "BAD_CHARACTER"),
        ({"title": "x" * 301}, "FIELD_TOO_LONG"),
        ({"cis": parts(["db-permits-01"] * 1_001)}, "TOO_MANY"),
    ],
)
def test_what_is_refused_says_where_and_what_is_accepted(office: Office, values: dict[str, Any], code: str) -> None:
    answer = office.do("PlanChange", input={"title": "Upgrade", **WINDOW, "cis": DATABASE, **values})
    assert code in {found for found, _ in codes(answer)}
    assert office.head == 1


def test_a_move_that_is_not_allowed_is_refused(office: Office) -> None:
    key = office.plan(["db-permits-01"], "24 21:00", "24 22:00", submit=False)
    before = office.head
    refused = office.do("DecideChange", number=key, decision="approved")
    assert codes(refused) == {("BAD_TRANSITION", "decision")}
    for to in ("completed", "approved", "implementing", "draft"):
        assert codes(office.do("MoveChange", number=key, to=to)) == {("BAD_TRANSITION", "to")}
    assert office.head == before
    office.move(key, "submitted")
    office.approve(key)
    assert codes(office.do("DecideChange", number=key, decision="rejected")) == {("BAD_TRANSITION", "decision")}
    late = office.do("UpdateChange", number=key, input={"end": at("24 23:00"), "title": "Longer"})
    assert codes(late) == {("NOT_EDITABLE", "end")}
    assert office.do("UpdateChange", number=key, input={"title": "Longer"})["change"]["title"] == "Longer"


def test_standard_and_emergency_changes_take_their_shorter_ways(office: Office) -> None:
    standard = office.plan(["db-permits-01"], "24 21:00", "24 22:00", submit=False, type="standard")
    assert office.approve(standard)["state"] == "approved"
    emergency = office.plan(["db-permits-01"], "20 12:00", "20 13:00", submit=False, type="emergency")
    assert office.move(emergency, "implementing")["mayDecide"] is True
    change = office.approve(emergency)
    assert (change["state"], len(change["approvals"])) == ("implementing", 1)


def test_a_retry_with_the_same_key_is_done_once(office: Office) -> None:
    sent = {"title": "Upgrade", **WINDOW, "cis": DATABASE}
    first, again = (office.do("PlanChange", input=sent, key="plan-1") for _ in range(2))
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert (first["change"]["key"], first["revision"]) == (again["change"]["key"], again["revision"])
    assert office.do("PlanChange", input={**sent, "title": "Other"}, key="plan-1")["code"] == "KEY_REUSED"
    key = first["change"]["key"]
    for number in range(2):
        moved = office.do("MoveChange", number=key, to="submitted", key="submit-1")
        assert moved["replayed"] is bool(number)
    office.clock.now = datetime.fromisoformat(at("20 13:00"))
    decided = [office.do("DecideChange", number=key, decision="approved", key="approve-1") for _ in range(2)]
    assert [one["replayed"] for one in decided] == [False, True]
    assert len(office.do("Change", number=key)["change"]["approvals"]) == 1
    assert office.do("Changes")["totalCount"] == 1
    freeze = {"title": "Freeze", **WINDOW}
    frozen = [office.do("DeclareFreeze", input=freeze, key="freeze-1") for _ in range(2)]
    assert [one["replayed"] for one in frozen] == [False, True]
    assert frozen[0]["freeze"] == frozen[1]["freeze"]
    assert office.do("Freezes")["totalCount"] == 1


def test_who_saw_an_older_version_is_told(office: Office) -> None:
    key = office.plan(["db-permits-01"], "24 21:00", "24 22:00")
    seen = office.do("Change", number=key)["change"]["revision"]
    office.do("UpdateChange", number=key, input={"end": at("24 23:00")}, expected=seen)
    before = office.head
    sent: list[tuple[str, dict[str, Any]]] = [
        ("DecideChange", {"decision": "approved"}),
        ("MoveChange", {"to": "cancelled"}),
        ("UpdateChange", {"input": {"title": "Mine"}}),
    ]
    for name, variables in sent:
        told = office.do(name, number=key, expected=seen, **variables)
        assert (told["__typename"], told["record"], told["expected"]) == ("RecordConflict", key, seen)
        assert told["actual"] > seen
    assert office.head == before


def test_numbers_of_our_own_and_of_other_tools(office: Office) -> None:
    sent = {"title": "Upgrade", **WINDOW, "cis": DATABASE, "source": "assyst", "number": "C-17"}
    assert office.do("PlanChange", input=sent)["change"]["key"] == "assyst/C-17"
    assert codes(office.do("PlanChange", input={**sent, "title": "Other"})) == {("DUPLICATE_NUMBER", "number")}
    assert office.do("Change", number="assyst/C-17")["change"]["source"] == "assyst"
    answer = office.do("Change", number="C-17")
    assert codes(answer) == {("UNKNOWN_RECORD", "change")}
    assert codes(office.do("Change", number="/")) == {("BAD_NUMBER", "change")}
    assert codes(office.do("MoveChange", number=" ", to="submitted")) == {("BAD_NUMBER", "number")}
    assert office.plan(["db-permits-01"], "24 21:00", "24 22:00") == "CHG-0001"


def test_freezes_are_refused_for_what_the_model_does_not_have(office: Office) -> None:
    bad = {"title": "Freeze", **window("24 22:00", "24 21:00"), "cis": ["nothing"], "kinds": ["toaster"],
           "sectors": ["moon"]}  # fmt: skip
    found = codes(office.do("DeclareFreeze", input=bad))
    assert {code for code, _ in found} == {"UNKNOWN_CI", "UNKNOWN_KIND", "UNKNOWN_SECTOR", "END_BEFORE_START"}
    assert office.head == 1
    key = office.do("DeclareFreeze", input={"title": "Freeze", **WINDOW})["freeze"]["key"]
    office.do("CancelFreeze", number=key)
    assert codes(office.do("CancelFreeze", number=key)) == {("BAD_TRANSITION", "to")}
    assert office.do("Freezes")["totalCount"] == 0
    assert [one["cancelled"] for one in office.do("Freezes", cancelled=True)["nodes"]] == [True]


def test_a_change_as_it_was(office: Office) -> None:
    key = office.plan(["db-permits-01"], "24 21:00", "24 22:00", submit=False)
    then = office.head
    office.move(key, "submitted")
    assert office.do("Change", number=key, asOf=f"r{then}")["change"]["state"] == "draft"
    assert office.do("Change", number=key)["change"]["state"] == "submitted"
    assert codes(office.do("Change", number=key, asOf="r1")) == {("UNKNOWN_RECORD", "change")}
    assert office.do("Changes", asOf="r1")["totalCount"] == 0
    assert codes(office.do("Change", number=key, asOf="r99")) == {("UNKNOWN_REVISION", "asOf")}


def test_lists_are_filtered_and_paged(office: Office) -> None:
    days = range(21, 28)
    made = [
        office.plan(["db-permits-01" if day % 2 else "san-gdc-01"], f"{day} 21:00", f"{day} 22:00", submit=day < 24)
        for day in reversed(days)
    ][::-1]
    listed = office.do("Changes")
    assert [one["key"] for one in listed["nodes"]] == made
    assert listed["completeness"]["revision"] == office.head
    found, after = [], None
    for _ in range(4):
        page = office.do("Changes", first=2, after=after)
        found += [one["key"] for one in page["nodes"]]
        after = page["endCursor"]
    assert (found, page["hasNextPage"]) == (made, False)
    wanted: list[tuple[dict[str, Any], list[str]]] = [
        ({"states": ["submitted"]}, made[:3]),
        ({"ci": "san-gdc-01"}, made[1::2]),
        ({"from": at("23 22:00"), "to": at("25 21:00")}, made[3:4]),
        ({"types": ["emergency"]}, []),
        ({"ci": "nothing"}, []),
    ]
    for filter_, expected in wanted:
        assert [one["key"] for one in office.do("Changes", filter=filter_)["nodes"]] == expected, filter_
    body = office.service.post('{ changes(after: "x") { __typename } }')
    assert body["errors"][0]["extensions"]["code"] == "BAD_CURSOR"
