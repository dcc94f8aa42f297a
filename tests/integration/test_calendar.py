"""The calendar on the demo province, over HTTP: what is planned, forbidden and going on, with collisions marked."""

import csv
import io
import json
from datetime import datetime
from typing import Any

import pytest

from tests.integration.command import Run, answer, shown
from tests.integration.office import Office, at, window

ONE, TWO, THREE = (f"vm-mq-health-app-0{n}" for n in (1, 2, 3))


def calendar(office: Office, start: str = "24 00:00", end: str = "25 00:00", **more: Any) -> dict[str, Any]:
    return office.do("Calendar", **{"from": at(start), "to": at(end)}, **more)


def filled(office: Office) -> dict[str, str]:
    """A night with two changes that collide, one beside them, a freeze, and an open incident."""
    freeze = {"title": "Year end", **window("23 00:00", "24 21:30"), "sectors": ["health"]}
    return {
        "freeze": office.do("DeclareFreeze", input=freeze)["freeze"]["key"],
        "first": office.plan([ONE], "24 21:00", "24 22:40", title="Patch node 1"),
        "second": office.plan([TWO], "24 22:00", "24 23:30", title="Patch node 2", type="emergency"),
        "beside": office.plan(["vm-permits-web-01"], "24 21:00", "24 23:00"),
        "draft": office.plan([THREE], "24 21:00", "24 23:00", submit=False),
        "before": office.plan(["db-permits-01"], "23 21:00", "24 00:00"),
        "behind": office.plan(["db-permits-01"], "25 00:00", "25 01:00"),
        "incident": office.incident("vm-permits-web-01", "degraded"),
    }


def test_a_span_holds_what_overlaps_it_by_start_with_collisions_marked(office: Office) -> None:
    made = filled(office)
    told = calendar(office)
    assert [one["key"] for one in told["nodes"]] == [
        made[name] for name in ("incident", "freeze", "first", "beside", "second")
    ]
    items = {one["key"]: one for one in told["nodes"]}
    assert [(items[made[name]]["kind"], items[made[name]]["type"], items[made[name]]["state"])
            for name in ("incident", "freeze", "second")] == [
        ("incident", "P3", "new"), ("freeze", "freeze", "planned"), ("change", "emergency", "submitted"),
    ]  # fmt: skip
    assert {key: one["collidesWith"] for key, one in items.items() if one["collidesWith"]} == {
        made["first"]: [made["second"]], made["second"]: [made["first"]],
    }  # fmt: skip
    assert (items[made["incident"]]["end"], items[made["first"]]["ciCount"]) == (None, 1)
    assert items[made["freeze"]]["ciCount"] > 100
    (collision,) = told["collisions"]["nodes"]
    assert [party["key"] for party in collision["parties"]] == [made["first"], made["second"]]
    assert (collision["start"], collision["end"]) == ("2026-11-24T22:00:00+00:00", "2026-11-24T22:40:00+00:00")
    assert collision["pools"][0]["words"] == "below 2 of 3: 1 left"
    assert told["completeness"]["revision"] == office.head
    review = office.review(made["first"], "ChangeCollisions")["collisions"]["nodes"]
    assert [(one["start"], one["end"], one["people"]) for one in review] == [
        (collision["start"], collision["end"], collision["people"])
    ]


def test_a_collision_outside_of_the_span_is_not_marked(office: Office) -> None:
    made = filled(office)
    told = calendar(office, "24 22:40", "24 23:00")
    assert {one["key"] for one in told["nodes"]} == {made[name] for name in ("incident", "second", "beside")}
    assert (told["collisions"]["nodes"], [one["collidesWith"] for one in told["nodes"]]) == ([], [[]] * 3)


def test_pages_of_a_calendar_hold_every_item_once(office: Office) -> None:
    filled(office)
    whole = [one["key"] for one in calendar(office)["nodes"]]
    found: list[str] = []
    after = None
    while True:
        page = calendar(office, first=2, after=after)
        found += [one["key"] for one in page["nodes"]]
        after = page["endCursor"]
        if not page["hasNextPage"]:
            break
    assert found == whole
    assert page["totalCount"] == len(whole)


def test_what_is_over_stays_in_the_calendar_and_is_not_in_the_way(office: Office) -> None:
    made = filled(office)
    office.approve(made["first"])
    office.clock.now = datetime.fromisoformat(at("24 21:10"))
    office.move(made["first"], "implementing")
    office.clock.now = datetime.fromisoformat(at("24 22:05"))
    assert len(calendar(office)["collisions"]["nodes"]) == 1
    office.move(made["first"], "failed", text="taken back")
    told = calendar(office)
    items = {one["key"]: one for one in told["nodes"]}
    assert (items[made["first"]]["state"], items[made["first"]]["end"]) == ("failed", "2026-11-24T22:05:00+00:00")
    assert items[made["freeze"]]["state"] == "over"
    assert told["collisions"]["nodes"] == []


@pytest.mark.parametrize(
    ("start", "end", "code", "place"),
    [
        ("24 00:00", "24 00:00", "END_BEFORE_START", "to"),
        ("24 00:00", "23 00:00", "END_BEFORE_START", "to"),
        ("24 00:00", "2027-11-26T00:00:00Z", "OUT_OF_RANGE", "to"),
        ("2026-11-24T00:00:00", "24 00:00", "BAD_DATE", "from"),
        ("1999-11-24T00:00:00Z", "24 00:00", "BAD_DATE", "from"),
    ],
)
def test_spans_that_are_none_are_refused(office: Office, start: str, end: str, code: str, place: str) -> None:
    told = calendar(office, start, end)
    assert [(one["code"], one["place"]) for one in told["problems"]] == [(code, place)]
    assert calendar(office, "24 00:00", "2027-11-25T00:00:00Z")["__typename"] == "Calendar"


def test_the_command_shows_the_same_by_day_and_as_csv(office: Office, typed: Run) -> None:
    made = filled(office)
    told = answer(typed, "calendar", "--from", "2026-11-24", "--to", "1d", "--tz", "UTC")
    assert told["nodes"] == json.loads(json.dumps(calendar(office)["nodes"]).replace("+00:00", "Z"))
    code, out, err = typed("calendar", "--from", "2026-11-24", "--to", "1d", "--tz", "UTC", "--csv")
    assert (code, err) == (0, "")
    rows = {row["key"]: row for row in csv.DictReader(io.StringIO(out))}
    assert list(rows) == [one["key"] for one in told["nodes"]]
    assert rows[made["first"]] == {
        "kind": "change", "key": made["first"], "title": "Patch node 1", "type": "normal", "state": "submitted",
        "start": "2026-11-24T21:00:00Z", "end": "2026-11-24T22:40:00Z", "cis": ONE, "ci_count": "1",
        "collides_with": made["second"],
    }  # fmt: skip
    screen = " ".join(shown(typed, "calendar", "--from", "2026-11-24", "--tz", "America/Halifax").split())
    for words in (
        "1 collision", "Tue 24 Nov 2026", "17:00 – 18:40", "◔ submitted", "✕ CHG-0002", "below 2 of 3: 1 left",
        "18:00 – 18:40",
    ):  # fmt: skip
        assert words in screen, words


def test_days_are_those_of_the_reader_also_when_clocks_change(office: Office, typed: Run) -> None:
    office.plan([ONE], "2027-11-07T02:30:00Z", "2027-11-07T06:30:00Z", title="Across")
    screen = " ".join(shown(typed, "calendar", "--from", "2027-11-06", "--tz", "America/Halifax").split())
    assert "Sat 06 Nov 2027 23:30 – 07 Nov CHG-0001" in screen
    screen = " ".join(shown(typed, "change", "show", "CHG-0001", "--tz", "America/Halifax").split())
    assert "Sat 06 Nov 2027 23:30 ADT – Sun 07 Nov 02:30 AST (4:00)" in screen


def test_both_csv_and_json_are_too_much(typed: Run) -> None:
    code, out, err = typed("calendar", "--csv", "--json")
    assert (code, out) == (2, "")
    assert "one of --csv and --json" in err
