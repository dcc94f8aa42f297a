"""Service levels and trends over HTTP and by command."""

import csv
import io
from datetime import datetime, timedelta

from tests.integration.command import Run, answer, shown
from tests.integration.office import NOW, Office
from tests.integration.test_incidents import ARRAY, declare, do, moment, move, wait

HALIFAX = ("--tz", "America/Halifax")


def lived(office: Office) -> None:
    """One major incident of two hours in November, one in October, one that goes on, one that never was."""
    first = NOW - timedelta(days=30)
    office.clock.now = first + timedelta(hours=2)
    declare(office, ARRAY, startedAt=first.isoformat(), detectedAt=(first + timedelta(minutes=30)).isoformat())
    move(office, "INC-0001", "resolved", cause={"type": "power"})
    office.clock.now = NOW
    declare(office, ARRAY, majorReason="interruption")
    wait(office, 60)
    move(office, "INC-0002", "resolved", cause={"type": "hardware"})
    declare(office, "db-permits-01", title="Permits")
    declare(office, ARRAY, title="Not one")
    move(office, "INC-0004", "cancelled")


def test_both_views_add_up(office: Office) -> None:
    lived(office)
    told = do(office, "Trends", zone="America/Halifax")
    operational, executive = told["operational"], told["executive"]
    assert [row["key"] for row in operational["rows"]["nodes"]] == ["INC-0003"]
    assert (operational["incidents"], operational["major"]) == (1, 0)
    months = {row["month"]: row for row in executive["months"]["nodes"]}
    assert (months["2026-11"]["incidents"], months["2026-10"]["incidents"]) == (2, 1)
    assert (months["2026-11"]["major"], months["2026-11"]["openAtEnd"]) == (1, 1)
    assert moment(months["2026-11"]["since"]) == datetime.fromisoformat("2026-11-01T00:00:00-03:00")
    assert executive["times"]["restore"] == {"minutes": 120.0, "of": 2}
    assert executive["times"]["detect"] == {"minutes": 30.0, "of": 1}
    assert executive["majors"]["nodes"] == [{"month": "2026-11", "cause": "hardware", "incidents": 1}]
    dispatch = next(row for row in executive["services"]["nodes"] if row["ci"]["id"] == "svc-dispatch")
    assert (dispatch["incidents"], dispatch["kept"], dispatch["missed"], dispatch["percent"]) == (2, 0, 2, 0.0)
    assert (dispatch["worstLateMinutes"], dispatch["downMinutes"]) == (60, 240)
    post = [do(office, "PostIncident", number=number)["postIncident"] for number in ("INC-0001", "INC-0002")]
    assert sum(row["rtoMissed"] for row in months.values()) == sum(one["missed"] for one in post)


def test_a_span_begins_with_its_month(office: Office) -> None:
    lived(office)
    rows = do(office, "Trends", since="2026-11-15T00:00:00Z")["executive"]["months"]["nodes"]
    assert [(row["month"], row["incidents"]) for row in rows] == [("2026-11", 2)]
    told = do(office, "Trends", since="2001-01-01T00:00:00Z")
    assert [p["code"] for p in told["problems"]] == ["OUT_OF_RANGE"]
    body = office.service.post('{ trends(zone: "Mars") { __typename } }')
    assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_trends_as_of_then_know_nothing_of_later(office: Office) -> None:
    lived(office)
    then = do(office, "Trends", asOf="r3", at=(NOW - timedelta(days=29)).isoformat())
    assert then["completeness"]["asOf"] is True
    assert [(row["month"], row["incidents"]) for row in then["executive"]["months"]["nodes"]][-1] == ("2026-10", 1)


def test_the_command_tells_the_same(office: Office, typed: Run) -> None:
    lived(office)
    same = do(office, "Trends", zone="America/Halifax")
    told = answer(typed, "trends", *HALIFAX)
    assert told["executive"]["months"][-1]["rtoMissed"] == same["executive"]["months"]["nodes"][-1]["rtoMissed"]
    assert told["operational"]["rows"][0]["key"] == "INC-0003"
    out = shown(typed, "trends", *HALIFAX)
    for words in ("1 open", "2026-11", "RTO by service", "Emergency Dispatch", "hardware"):
        assert words in out
    for sheet, column in (("months", "month"), ("services", "ci"), ("majors", "cause"), ("open", "key")):
        rows = list(csv.reader(io.StringIO(shown_csv(typed, sheet))))
        assert len({len(row) for row in rows}) == 1
        assert any(name.startswith(column) for name in rows[0])
        assert len(rows) > 1
    code, _, err = typed("trends", "--csv", "months", "--json")
    assert (code, "take one of" in err) == (2, True)


def shown_csv(typed: Run, sheet: str) -> str:
    code, out, err = typed("trends", "--csv", sheet, *HALIFAX)
    assert (code, err) == (0, "")
    return out
