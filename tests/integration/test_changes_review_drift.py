"""Drift on the demo province: how the answer of now differs from the one that a change was approved on."""

from typing import Any

from tests.integration.office import Office

NEW = {"id": "app-new", "kind": "application", "name": "New"}
TIE = {"from": "app-new", "type": "depends_on", "to": "db-permits-01"}


def drift(office: Office, key: str) -> dict[str, Any]:
    found: dict[str, Any] = office.review(key, "ChangeDrift")["drift"]
    return found


def members(part: dict[str, Any]) -> dict[str, tuple[str, str]]:
    assert len(part["cis"]) == part["count"]
    return {one["ci"]["id"]: (one["before"], one["after"]) for one in part["cis"]}


def approved(office: Office) -> str:
    key = office.plan(["db-permits-01"], "24 21:00", "24 22:00")
    office.approve(key)
    return key


def test_there_is_none_before_an_approval_and_right_after_one(office: Office) -> None:
    key = office.plan(["db-permits-01"], "24 21:00", "24 22:00")
    assert drift(office, key) is None
    review = office.review(key)
    change = office.approve(key, text="as discussed")
    told = drift(office, key)
    assert told["drifted"] is False
    assert [members(told[part]) for part in ("joined", "left", "changed")] == [{}, {}, {}]
    assert told["since"]["people"] == told["people"] == review["impact"]["summary"]["people"]["total"] > 0
    assert told["since"]["risk"] == told["risk"] == review["risk"]["score"]
    assert [(one["decision"], one["text"], one["revision"]) for one in change["approvals"]] == [
        ("approved", "as discussed", told["since"]["revision"])
    ]


def test_a_relation_that_is_added_joins_and_one_taken_away_leaves(office: Office) -> None:
    key = approved(office)
    office.edit("UpsertCis", cis=[NEW])
    assert drift(office, key)["drifted"] is False
    office.edit("Relate", relations=[TIE])
    told = drift(office, key)
    assert (told["drifted"], members(told["joined"])) == (True, {"app-new": ("operational", "down")})
    assert (members(told["left"]), members(told["changed"])) == ({}, {})
    office.edit("Unrelate", relations=[TIE])
    assert drift(office, key)["drifted"] is False


def test_client_groups_that_join_and_leave_are_named(office: Office) -> None:
    key = approved(office)
    before = drift(office, key)["people"]
    office.edit("Unrelate", relations=[{"from": "cg-fisheries", "type": "uses", "to": "svc-permits"}])
    office.edit("Relate", relations=[{"from": "cg-culture", "type": "uses", "to": "svc-permits"}])
    told = drift(office, key)
    joined, left = told["joined"], told["left"]
    assert [one["ci"]["id"] for one in joined["clientGroups"]] == ["cg-culture"]
    assert [one["ci"]["id"] for one in left["clientGroups"]] == ["cg-fisheries"]
    assert (joined["clientGroupCount"], left["clientGroupCount"]) == (1, 1)
    assert "cg-culture" in members(joined)
    assert told["since"]["people"] == before != told["people"]


def test_membership_is_the_difference_of_the_two_answers(office: Office) -> None:
    key = office.plan(["san-gdc-01"], "24 21:00", "24 22:00")
    office.approve(key)
    then = office.states("san-gdc-01")
    office.edit("UpsertCis", cis=[NEW])
    office.edit("Relate", relations=[TIE, {"from": "db-permits-01", "type": "depends_on", "to": "san-gdc-01"}])
    office.edit("Unrelate", relations=[{"from": "cg-ehs-comms", "type": "uses", "to": "svc-dispatch"}])
    office.edit("Retire", cis=[{"id": "app-cad"}])
    now = office.states("san-gdc-01")
    assert now != then
    told = office.do("ChangeDrift", number=key, first=200)["review"]["drift"]
    assert set(members(told["joined"])) == now.keys() - then.keys()
    assert set(members(told["left"])) == then.keys() - now.keys()
    assert members(told["changed"]) == {
        ci: (then[ci], now[ci]) for ci in then.keys() & now.keys() if then[ci] != now[ci]
    }
    again = office.states("san-gdc-01", as_of=f"r{told['since']['revision']}")
    assert again == then


def test_a_collision_that_comes_later_is_drift(office: Office) -> None:
    key = office.plan(["vm-permits-web-01"], "24 21:00", "24 23:00")
    office.approve(key)
    other = office.plan(["vm-permits-web-02"], "24 22:00", "24 23:00")
    told = drift(office, key)
    assert (told["drifted"], told["collisionsJoined"], told["collisionsLeft"]) == (True, [other], [])
    assert told["risk"] > told["since"]["risk"]
    assert told["joined"]["count"] == 0
    late = drift_after_approval_of(office, other)
    assert (late["drifted"], late["since"]["collisions"]) == (False, [key])
    office.move(key, "cancelled")
    told = drift(office, other)
    assert (told["drifted"], told["collisionsLeft"]) == (True, [key])


def drift_after_approval_of(office: Office, key: str) -> dict[str, Any]:
    office.approve(key)
    return drift(office, key)


def test_what_was_taken_back_and_approved_anew_drifts_from_the_new_answer(office: Office) -> None:
    key = approved(office)
    office.edit("UpsertCis", cis=[NEW])
    office.edit("Relate", relations=[TIE])
    assert drift(office, key)["drifted"] is True
    office.move(key, "submitted")
    assert drift(office, key) is None
    office.approve(key)
    assert drift(office, key)["drifted"] is False
    assert len(office.do("Change", number=key)["change"]["approvals"]) == 2


def test_drift_as_of_a_revision_is_that_of_then(office: Office) -> None:
    key = approved(office)
    then = office.head
    office.edit("UpsertCis", cis=[NEW])
    office.edit("Relate", relations=[TIE])
    assert office.do("Change", number=key, asOf=f"r{then}")["review"]["drift"]["drifted"] is False
    assert office.do("Change", number=key)["review"]["drift"]["drifted"] is True
