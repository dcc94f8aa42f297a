"""Reviews of changes on the demo province, over HTTP: collisions, incidents, freezes, risk, suggestions."""

from datetime import datetime
from typing import Any

import pytest

from tests.integration.office import Office, at, later, parts, window

ONE, TWO, THREE = (f"vm-mq-health-app-0{n}" for n in (1, 2, 3))
"""Members of a pool of which two of three must work: the messages between health systems."""
NODES = [f"vm-sso-web-0{n}" for n in (1, 2, 3, 4)]
"""Members of a pool of which two of four must work: single sign-on."""
RANK = {"operational": 0, "at_risk": 1, "degraded": 2, "down": 3}


def keys(collision: dict[str, Any]) -> list[str]:
    return [party["key"] for party in collision["parties"]]


def moments(collision: dict[str, Any]) -> tuple[datetime, datetime | None]:
    end = collision["end"]
    return datetime.fromisoformat(collision["start"]), end and datetime.fromisoformat(end)


def span(start: str, end: str) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(at(start)), datetime.fromisoformat(at(end))


def worse(joint: dict[str, str], *alone: dict[str, str]) -> dict[str, str]:
    """CIs that are worse in a joint answer than in any of others."""
    return {
        ci: state for ci, state in joint.items() if RANK[state] > max(RANK[one.get(ci, "operational")] for one in alone)
    }


def test_two_changes_each_safe_alone_drop_a_pool_together(office: Office) -> None:
    first = office.plan([ONE], "24 21:00", "24 22:40", title="Patch node 1")
    second = office.plan([TWO], "24 22:00", "24 23:30", title="Patch node 2")
    for key in (first, second):
        services = office.review(key)["impact"]["summary"]["services"]
        assert (services["down"], services["degraded"]) == (0, 0)
    found = office.review(first, "ChangeCollisions")["collisions"]
    (collision,) = found["nodes"]
    assert keys(collision) == [first, second]
    assert moments(collision) == span("24 22:00", "24 22:40")
    (pool,) = collision["pools"]
    assert (pool["ci"]["id"], pool["name"], pool["words"]) == ("sw-mq-health", "app", "below 2 of 3: 1 left")
    assert (pool["required"], pool["total"], pool["left"]) == (2, 3, 1)
    assert (pool["before"], pool["state"]) == ("at_risk", "down")
    assert {taker["key"]: [ref["id"] for ref in taker["takes"]] for taker in pool["takers"]} == {
        first: [ONE], second: [TWO],
    }  # fmt: skip
    assert {record["key"]: record["title"] for record in found["records"]} == {
        first: "Patch node 1", second: "Patch node 2",
    }  # fmt: skip
    gone = worse(office.states(ONE, TWO), office.states(ONE), office.states(TWO))
    assert collision["worse"]["down"] == sum(state == "down" for state in gone.values())
    assert collision["worse"]["degraded"] == sum(state == "degraded" for state in gone.values())
    assert {one["ci"]["id"]: one["state"] for one in collision["services"]} == {
        ci: state for ci, state in gone.items() if ci.startswith("svc-")
    }
    (mirrored,) = office.collisions(second)
    assert (keys(mirrored), moments(mirrored)) == ([second, first], moments(collision))


def test_a_draft_a_rejected_and_a_cancelled_change_collide_with_nobody(office: Office) -> None:
    first = office.plan([ONE], "24 21:00", "24 23:00")
    draft = office.plan([TWO], "24 21:00", "24 23:00", submit=False)
    assert office.collisions(first) == []
    assert [keys(one) for one in office.collisions(draft)] == [[draft, first]]
    office.move(draft, "submitted")
    assert [keys(one) for one in office.collisions(first)] == [[first, draft]]
    office.do("DecideChange", number=draft, decision="rejected", text="not on that night")
    assert office.collisions(first) == []
    office.move(draft, "cancelled")
    assert office.collisions(first) == []


def test_a_change_collides_with_an_open_incident(office: Office) -> None:
    incident = office.incident(THREE)
    change = office.plan([ONE], "24 21:00", "24 23:00")
    found = office.review(change)["collisions"]
    (collision,) = found["nodes"]
    assert [(party["key"], party["incident"]) for party in collision["parties"]] == [(change, False), (incident, True)]
    assert moments(collision) == span("24 21:00", "24 23:00")
    assert [(record["kind"], record["end"]) for record in found["records"] if record["key"] == incident] == [
        ("incident", None)
    ]
    (reason,) = [one for one in office.review(change)["risk"]["reasons"] if one["code"] == "COLLISIONS"]
    assert reason["points"] > 0
    assert incident in reason["words"]
    office.clock.now = datetime.fromisoformat(later("20 12:00", 30))
    office.resolve(incident)
    assert office.collisions(change) == []


def test_a_change_and_an_incident_of_the_same_number_are_told_apart(office: Office) -> None:
    change = office.plan([ONE], "24 21:00", "24 23:00", source="assyst", number="17")
    assert office.incident(THREE, source="assyst", number="17") == change == "assyst/17"
    found = office.review(change)["collisions"]
    (collision,) = found["nodes"]
    assert [(party["key"], party["incident"]) for party in collision["parties"]] == [
        ("assyst/17", False), ("incident assyst/17", True),
    ]  # fmt: skip
    assert {(record["key"], record["kind"]) for record in found["records"]} == {
        ("assyst/17", "change"), ("incident assyst/17", "incident"),
    }  # fmt: skip


def test_three_together_where_any_two_are_safe(office: Office) -> None:
    windows = [("24 20:00", "24 22:30"), ("24 21:00", "24 23:00"), ("24 22:00", "24 23:30")]
    changes = [office.plan([ci], *span_) for ci, span_ in zip(NODES, windows, strict=False)]
    (collision,) = office.collisions(changes[0])
    assert sorted(keys(collision)) == sorted(changes)
    assert moments(collision) == span("24 22:00", "24 22:30")
    assert {pool["words"] for pool in collision["pools"]} == {"below 2 of 4: 1 left"}
    joint = office.states(*NODES[:3])
    pairs = [office.states(*(ci for ci in NODES[:3] if ci != left)) for left in NODES[:3]]
    gone = worse(joint, *pairs)
    assert gone
    assert sum(collision["worse"].values()) == len(gone)
    office.move(changes[1], "cancelled")
    assert [office.collisions(key) for key in (changes[0], changes[2])] == [[], []]


def test_windows_that_only_touch_do_not_collide(office: Office) -> None:
    first = office.plan([ONE], "24 21:00", "24 22:00")
    second = office.plan([TWO], "24 22:00", "24 23:00")
    assert [office.collisions(key) for key in (first, second)] == [[], []]
    assert office.review(first, "ChangeOverlaps")["overlaps"]["nodes"] == []
    third = office.plan([THREE], "2026-11-24T21:59:59Z", "24 22:01")
    assert [moments(one) for one in office.collisions(first)] == [
        (datetime.fromisoformat("2026-11-24T21:59:59Z"), datetime.fromisoformat("2026-11-24T22:00:00Z"))
    ]
    assert [keys(one) for one in office.collisions(second)] == [[second, third]]


def test_windows_across_the_end_of_daylight_saving_time(office: Office) -> None:
    """On 7 November 2027 the clocks of Halifax show 01:00 to 02:00 twice, first at -03:00, then at -04:00."""
    day = "2027-11-07T"
    early = office.plan([ONE], f"{day}01:15:00-03:00", f"{day}01:45:00-03:00")
    late = office.plan([TWO], f"{day}01:15:00-04:00", f"{day}01:45:00-04:00")
    assert [office.collisions(key) for key in (early, late)] == [[], []]
    across = office.plan([THREE], f"{day}01:30:00-03:00", f"{day}01:30:00-04:00")
    assert {keys(one)[1]: moments(one) for one in office.collisions(across)} == {
        early: (datetime.fromisoformat("2027-11-07T04:30Z"), datetime.fromisoformat("2027-11-07T04:45Z")),
        late: (datetime.fromisoformat("2027-11-07T05:15Z"), datetime.fromisoformat("2027-11-07T05:30Z")),
    }


def test_a_change_that_is_late_goes_on_until_it_is_over(office: Office) -> None:
    first = office.plan([ONE], "21 12:00", "21 13:00", type="emergency")
    second = office.plan([TWO], "24 21:00", "24 22:00")
    office.clock.now = datetime.fromisoformat(at("21 12:00"))
    office.move(first, "implementing")
    assert office.collisions(second) == []
    office.clock.now = datetime.fromisoformat(at("21 14:00"))
    (collision,) = office.collisions(second)
    assert moments(collision) == span("24 21:00", "24 22:00")
    assert collision["parties"][1]["end"] is None
    office.move(first, "completed")
    assert office.collisions(second) == []


def test_the_same_ci_and_shared_services_are_told_as_lesser_kinds(office: Office) -> None:
    first = office.plan([ONE], "24 21:00", "24 22:00")
    again = office.plan([f"{ONE}=operational", "db-permits-01"], "24 21:30", "24 23:00")
    beside = office.plan(["vm-permits-web-01"], "24 21:00", "24 23:00")
    told = office.review(again, "ChangeOverlaps")["overlaps"]
    assert [(one["type"], one["party"]["key"], [ref["id"] for ref in one["cis"]]) for one in told["nodes"]] == [
        ("same_ci", first, [ONE]),
        ("shared_service", beside, ["svc-permits"]),
    ]
    assert {record["key"] for record in told["records"]} == {first, beside}


def test_a_ci_that_goes_on_working_hides_nothing(office: Office) -> None:
    """`operational` in a change means that it stays up, not that it was checked to be fine whatever fails."""
    key = office.plan(["db-permits-01", "svc-permits=operational"], "24 21:00", "24 22:00")
    summary = office.review(key)["impact"]["summary"]
    states = office.states("db-permits-01")
    assert states["svc-permits"] == "down"
    assert summary["affected"]["down"] == sum(state == "down" for state in states.values())


def test_freezes_and_blackouts_are_hit_by_what_they_cover(office: Office) -> None:
    freeze = office.do("DeclareFreeze", input={"title": "Year end", **window("24 00:00", "25 00:00"),
                                               "kinds": ["infrastructure"]})  # fmt: skip
    blackout = office.do("DeclareFreeze", input={"title": "Election", **window("24 22:00", "24 23:00"),
                                                 "cis": ["sw-mq-health"], "type": "blackout"})  # fmt: skip
    names = [one["freeze"]["key"] for one in (freeze, blackout)]
    node = office.plan([ONE], "24 21:00", "24 22:30")
    broker = office.plan(["sw-mq-health"], "24 21:00", "24 22:30")
    hits = {key: office.review(key)["freezes"]["nodes"] for key in (node, broker)}
    assert [(hit["key"], hit["blackout"], [ref["id"] for ref in hit["cis"]]) for hit in hits[node]] == [
        (names[0], False, [ONE])
    ]
    assert [(hit["key"], hit["blackout"], hit["start"], hit["end"]) for hit in hits[broker]] == [
        (names[1], True, "2026-11-24T22:00:00+00:00", "2026-11-24T22:30:00+00:00")
    ]
    codes = {key: {one["code"] for one in office.review(key)["risk"]["reasons"]} for key in (node, broker)}
    assert ("FREEZE" in codes[node], "BLACKOUT" in codes[node]) == (True, False)
    assert ("FREEZE" in codes[broker], "BLACKOUT" in codes[broker]) == (False, True)
    beside = office.plan([ONE], "25 00:00", "25 01:00")
    assert office.review(beside)["freezes"]["nodes"] == []
    assert office.do("CancelFreeze", number=names[0])["freeze"]["cancelled"] is True
    assert office.review(node)["freezes"]["nodes"] == []


@pytest.mark.parametrize(
    ("scope", "covered"),
    [({"sectors": ["health"]}, True), ({"kinds": ["resource"]}, True), ({"kinds": ["storage"]}, False), ({}, True)],
)
def test_a_freeze_covers_by_sector_by_kind_or_all(office: Office, scope: dict[str, Any], covered: bool) -> None:
    declared = office.do("DeclareFreeze", input={"title": "Freeze", **window("24 00:00", "25 00:00"), **scope})
    assert declared["freeze"]["covered"] > 0
    key = office.plan(["sw-mq-health"], "24 21:00", "24 22:30")
    assert bool(office.review(key)["freezes"]["nodes"]) is covered


def test_suggested_windows_are_free(office: Office) -> None:
    office.incident("vm-permits-web-02")
    office.plan([TWO], "24 18:00", "24 20:30")
    office.plan([TWO], "24 22:30", "25 04:00")
    office.do("DeclareFreeze", input={"title": "Backups", **window("25 04:00", "25 06:00"), "cis": [ONE]})
    key = office.plan([ONE], "24 20:00", "24 23:00")
    assert len(office.collisions(key)) == 2
    told = office.review(key)["suggestions"]
    assert told["needed"] is True
    assert {one["movedMinutes"] for one in told["windows"]} >= {-300, 600}
    for one in told["windows"]:
        assert datetime.fromisoformat(one["start"]) == datetime.fromisoformat(later("24 20:00", one["movedMinutes"]))
        tried = {"number": key, "title": "moved", "start": one["start"], "end": one["end"], "cis": parts([ONE])}
        review = office.do("ReviewDraft", input=tried)["review"]
        assert (review["collisions"]["totalCount"], review["freezes"]["totalCount"]) == (0, 0), one
        assert review["suggestions"]["needed"] is False


def test_a_change_that_takes_too_much_of_a_pool_is_to_be_split(office: Office) -> None:
    key = office.plan([ONE, TWO, "db-permits-01"], "24 20:00", "24 23:00")
    split = office.review(key)["suggestions"]["split"]
    assert [pool["name"] for pool in split["pools"]] == ["app"]
    lists = [[ref["id"] for ref in part] for part in (split["keep"], *split["move"])]
    assert sorted(ci for part in lists for ci in part) == sorted([ONE, TWO, "db-permits-01"])
    assert all("sw-mq-health" not in office.states(*part) or office.states(*part)["sw-mq-health"] != "down"
               for part in lists)  # fmt: skip
    assert office.states(ONE, TWO)["sw-mq-health"] == "down"


def test_the_review_of_a_draft_is_that_of_the_change_and_records_nothing(office: Office) -> None:
    office.plan([TWO], "24 22:00", "24 23:00")
    sent = {"title": "Patch", **window("24 21:00", "24 22:40"), "cis": parts([ONE])}
    before = office.head
    draft = office.do("ReviewDraft", input=sent)
    assert office.head == before
    assert draft["change"]["revision"] == 0
    key = office.do("PlanChange", input=sent)["change"]["key"]
    assert key == draft["change"]["key"]
    recorded = office.review(key)
    for part in ("collisions", "overlaps", "freezes", "suggestions", "risk"):
        assert recorded[part] == draft["review"][part], part


def test_a_ci_that_is_deleted_takes_no_part_and_is_named(office: Office) -> None:
    office.edit("UpsertCis", cis=[{"id": "app-gone", "kind": "application", "name": "Gone"}])
    key = office.plan(["app-gone", ONE], "24 21:00", "24 22:00")
    assert office.review(key)["unrecorded"] == []
    office.edit("DeleteCis", cis=[{"id": "app-gone"}])
    told = office.do("Change", number=key)
    assert told["review"]["unrecorded"] == ["app-gone"]
    assert [(part["ci"]["id"], part["recorded"]) for part in told["change"]["cis"]] == [
        ("app-gone", False), (ONE, True),
    ]  # fmt: skip
    assert "CI_NOT_RECORDED" in {one["code"] for one in told["review"]["risk"]["reasons"]}
    assert told["review"]["impact"]["summary"]["affected"]["down"] == 1


def test_risk_is_the_sum_of_its_reasons(office: Office) -> None:
    for cis in (["san-gdc-01"], [ONE], ["db-permits-01"], ["vm-permits-web-01=operational"]):
        risk = office.review(office.plan(cis, "24 21:00", "24 22:00"))["risk"]
        assert risk["score"] == min(100, sum(one["points"] for one in risk["reasons"]))
        assert all(one["points"] > 0 and one["words"] for one in risk["reasons"])
        points = [one["points"] for one in risk["reasons"]]
        assert points == sorted(points, reverse=True)
    worst = office.review(office.plan(["san-gdc-01"], "26 21:00", "26 22:00"))["risk"]
    assert (worst["score"], worst["word"]) == (100, "very_high")
