"""Service levels and trends of worked cases; months across daylight saving; rows for spreadsheets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.estate import Estate
from impact.incidents.after import after
from impact.incidents.compliance import Settled, compliance_by_group, compliance_by_service
from impact.incidents.months import month_of, months
from impact.incidents.operations import OpenCase, open_now
from impact.incidents.report import ServiceOutcome
from impact.incidents.tables import columns, rows
from impact.incidents.trends import caused, change_success, executive, majors, mean_times
from impact.incidents.trends_report import ComplianceRow, CountOf, MeanTime, MonthCause, MonthRow, OpenRow
from impact.incidents.values import IncidentCase
from tests.impact.incident_cases import at, change, incident, province

HALIFAX = ZoneInfo("America/Halifax")
LATER = at(100_000)


@pytest.fixture
def found() -> Estate:
    return province()


def settled(found: Estate, *cases: IncidentCase, moment: datetime = LATER) -> list[Settled]:
    return [Settled(case, after(found, case, moment)) for case in cases]


def on(day: str) -> float:
    """Minutes from `NOW` to a moment in UTC."""
    return (datetime.fromisoformat(day).replace(tzinfo=UTC) - at(0)) / timedelta(minutes=1)


def test_compliance_by_service_and_by_group(found: Estate) -> None:
    told = settled(
        found,
        incident(found, "1", "db@0-75"),
        incident(found, "2", "db@1000-1040", 1000),
        incident(found, "3", "m3@2000-2010 db=degraded@2000-2010", 2000),
    )
    by_service = {row.ci.id: row for row in compliance_by_service(told)}
    assert list(by_service) == ["dispatch", "forms", "wiki"]
    dispatch = by_service["dispatch"]
    assert (dispatch.incidents, dispatch.kept, dispatch.missed, dispatch.unknown) == (2, 1, 1, 0)
    assert (dispatch.percent, dispatch.worst_late_minutes, dispatch.down_minutes) == (50.0, 15, 115)
    assert (by_service["forms"].unknown, by_service["forms"].percent) == (1, None)
    assert by_service["wiki"].percent == 100.0
    by_group = {row.ci.id: (row.incidents, row.kept, row.missed, row.unknown) for row in compliance_by_group(told)}
    assert by_group == {"region": (2, 1, 1, 0), "ward": (2, 1, 1, 0), "visitors": (1, 0, 0, 1), "office": (1, 1, 0, 0)}


def test_majors_by_month_and_cause(found: Estate) -> None:
    starts = ["2026-10-31T22:00", "2026-11-01T02:59", "2026-11-01T03:00", "2026-11-30T12:00", "2026-12-01T03:59"]
    cases = [
        incident(found, str(n), "db", on(start), major=True, cause=cause)
        for n, (start, cause) in enumerate(zip(starts, ["power", "power", "change", "", "change"], strict=True))
    ]
    assert majors([*cases, incident(found, "9", "db", on(starts[0]))], HALIFAX) == [
        MonthCause("2026-10", "power", 2),
        MonthCause("2026-11", "change", 2),
        MonthCause("2026-11", "unknown", 1),
    ]


def test_mean_times_are_over_what_is_known(found: Estate) -> None:
    told = mean_times(
        [
            incident(found, "1", "db", detected_at=at(5), declared_at=at(10), resolved_at=at(61)),
            incident(found, "2", "db", 100, detected_at=at(100), resolved_at=at(140)),
            incident(found, "3", "db", 200),
        ]
    )
    assert (told.detect, told.declare, told.restore) == (MeanTime(2.5, 2), MeanTime(10.0, 1), MeanTime(50.5, 2))
    assert mean_times([]).restore == MeanTime(None, 0)


def test_changes_that_failed_or_caused_incidents(found: Estate) -> None:
    changes = [
        change(found, "1", "db", 0, 10), change(found, "2", "db", 20, 30, "failed"),
        change(found, "3", "db", 40, 50, "failed"), change(found, "4", "db", 60, 70),
        change(found, "5", "db", 60, 90, "implementing"),
    ]  # fmt: skip
    cases = [
        incident(found, "a", "db", 70, cause_change="change/4"),
        incident(found, "b", "db", 35, cause_change="change/2"),
        incident(found, "c", "db", 36, cause_change="change/2"),
        incident(found, "d", "db", 65, cause_change="change/5"),
        incident(found, "e", "db", 65, cause_change="elsewhere"),
        incident(found, "f", "db", 65),
    ]
    told = change_success(changes, cases)
    assert (told.carried_out, told.failed, told.caused, told.incidents) == (4, 2, 2, 3)
    assert told.failure_percent == 75.0
    assert [(row.number, row.incidents) for row in caused(changes, cases)] == [
        ("2", ["b", "c"]), ("4", ["a"]), ("5", ["d"])
    ]  # fmt: skip
    assert change_success([], cases).failure_percent is None


def test_what_is_open_now_the_most_pressing_first(found: Estate) -> None:
    cases = [
        OpenCase(incident(found, "late", "db", 0, priority=2), at(60), 10),
        OpenCase(incident(found, "soon", "db", 5, priority=2, major=True), at(200), 10),
        OpenCase(incident(found, "never", "db", -50, priority=2, state="on_hold"), None, 0),
        OpenCase(incident(found, "first", "db", 90, priority=1, state="new"), at(500), 7),
        OpenCase(incident(found, "done", "db", 0, priority=1, state="resolved"), at(1), 7),
        OpenCase(incident(found, "void", "db", 0, priority=1, state="cancelled"), at(1), 7),
    ]
    told = open_now(cases, at(120.5))
    assert [row.number for row in told.rows] == ["first", "late", "soon", "never"]
    assert (told.incidents, told.major, told.overdue) == (4, 1, 1)
    assert [count.count for count in told.by_priority] == [1, 3, 0, 0, 0]
    assert told.by_state == [CountOf("in_progress", 2), CountOf("new", 1), CountOf("on_hold", 1)]
    assert [(row.overdue_minutes, row.age_minutes) for row in told.rows] == [(0, 30), (61, 120), (0, 115), (0, 170)]


def test_the_executive_view_as_of_a_moment(found: Estate) -> None:
    cases = [
        incident(found, "old", "m1", on("2026-09-15T00:00"), state="resolved", resolved_at=at(on("2026-10-20T00:00"))),
        incident(found, "oct", "db", on("2026-10-10T00:00"),
                 state="closed", resolved_at=at(on("2026-10-10T02:00")), major=True, cause="change",
                 cause_change="change/1"),
        incident(found, "nov", "db", on("2026-11-05T00:00"), major=True, state="resolved",
                 resolved_at=at(on("2026-11-05T00:30"))),
        incident(found, "dec", "db", on("2026-12-24T00:00"), state="in_progress"),
        incident(found, "not", "db", on("2026-11-06T00:00"), state="cancelled"),
    ]  # fmt: skip
    changes = [change(found, "1", "db", on("2026-10-09T20:00"), on("2026-10-09T23:00")),
               change(found, "2", "db", on("2026-12-09T20:00"), on("2026-12-09T23:00"))]  # fmt: skip
    moment, since = at(on("2026-12-05T12:00")), at(on("2026-10-17T00:00"))
    told = executive(settled(found, *cases, moment=moment), changes, since, moment, HALIFAX)
    assert told.time_zone == "America/Halifax"
    assert [(row.month, row.incidents, row.major, row.open_at_end) for row in told.months] == [
        ("2026-10", 1, 1, 0), ("2026-11", 1, 1, 0), ("2026-12", 0, 0, 0)
    ]  # fmt: skip
    october, november, december = told.months
    assert (october.rto_missed, october.rto_percent, november.rto_kept, november.rto_percent) == (1, 0.0, 1, 100.0)
    assert (october.people_minutes_down, october.people_minutes_degraded) == (120_000, 6000)
    assert (october.changes.carried_out, october.changes.caused, december.changes.carried_out) == (1, 1, 0)
    assert (october.times.restore, november.times.restore) == (MeanTime(120.0, 1), MeanTime(30.0, 1))
    assert december.until == moment
    assert told.times.restore == MeanTime(75.0, 2)
    assert (told.changes.carried_out, told.changes.failure_percent) == (1, 100.0)
    assert [(row.number, row.incidents) for row in told.caused] == [("1", ["oct"])]
    assert [(row.month, row.cause) for row in told.majors] == [("2026-10", "change"), ("2026-11", "unknown")]
    assert told.services[0].ci.id == "dispatch"
    earlier = at(on("2026-11-05T00:10"))
    assert (
        executive(settled(found, *cases, moment=earlier), changes, since, earlier, HALIFAX).months[1].open_at_end == 1
    )


def test_an_incident_open_over_months_is_open_at_the_end_of_each(found: Estate) -> None:
    case = incident(found, "1", "db", on("2026-09-15T00:00"), state="resolved", resolved_at=at(on("2026-11-20T00:00")))
    moment = at(on("2026-12-01T12:00"))
    told = executive(settled(found, case, moment=moment), [], case.started_at, moment, HALIFAX)
    assert [(row.month, row.incidents, row.open_at_end) for row in told.months] == [
        ("2026-09", 1, 1), ("2026-10", 0, 1), ("2026-11", 0, 0), ("2026-12", 0, 0)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "month", "since", "until"),
    [
        ("America/Halifax", "2026-03", "2026-03-01T04:00Z", "2026-04-01T03:00Z"),
        ("America/Halifax", "2026-11", "2026-11-01T03:00Z", "2026-12-01T04:00Z"),
        ("UTC", "2026-11", "2026-11-01T00:00Z", "2026-12-01T00:00Z"),
        ("Pacific/Kiritimati", "2026-11", "2026-10-31T10:00Z", "2026-11-30T10:00Z"),
        ("America/Asuncion", "2017-10", "2017-10-01T04:00Z", "2017-11-01T03:00Z"),  # clocks skip its first midnight
        ("America/Havana", "2026-11", "2026-11-01T04:00Z", "2026-12-01T05:00Z"),  # its first midnight comes twice
    ],
)
def test_months_of_a_zone(zone: str, month: str, since: str, until: str) -> None:
    start = datetime.fromisoformat(since)
    told = months(start, start + timedelta(days=3), ZoneInfo(zone))
    assert [(one.name, one.since, one.until) for one in told] == [(month, start, datetime.fromisoformat(until))]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["America/Halifax", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "UTC"]),
    st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 900),
)
def test_months_join_without_gaps_and_agree_with_the_calendar(name: str, since: datetime, days: int) -> None:
    zone, until = ZoneInfo(name), since + timedelta(days=days)
    told = months(since, until, zone)
    assert told[0].since <= since < told[0].until
    assert told[-1].since < until <= told[-1].until
    assert all(one.until == two.since for one, two in pairwise(told))
    for one in told:
        second = timedelta(seconds=1)
        assert month_of(one.since, zone) == month_of(one.until - second, zone) == one.name
        assert month_of(one.since - second, zone) < one.name < month_of(one.until, zone)
    assert months(since, since, zone) == []


def test_rows_for_spreadsheets(found: Estate) -> None:
    told = compliance_by_service(settled(found, incident(found, "1", "db@0-75")))
    assert columns(ComplianceRow) == (
        "ci_id", "ci_kind", "ci_name", "sector", "tier", "incidents", "kept", "missed", "unknown", "percent",
        "worst_late_minutes", "down_minutes",
    )  # fmt: skip
    assert list(rows(told, ComplianceRow)) == [
        ("dispatch", "business_service", "DISPATCH", "shared", "T0", 1, 0, 1, 0, 0.0, 15, 75)
    ]
    assert "times_restore_minutes" in columns(MonthRow)
    assert "changes_failure_percent" in columns(MonthRow)
    line = open_now([OpenCase(incident(found, "1", "db"), None, 3)], at(5)).rows
    assert (
        dict(zip(columns(OpenRow), next(rows(line, OpenRow)), strict=True))["started_at"] == "2026-11-22T03:00:00+00:00"
    )
    outcome = after(found, incident(found, "1", "db@0-75"), LATER).services[:1]
    cells = dict(zip(columns(ServiceOutcome), next(rows(outcome, ServiceOutcome)), strict=True))
    assert (cells["worst"], cells["kept"]) == ("down", False)


def test_compliance_takes_the_latest_name(found: Estate) -> None:
    first, second = settled(found, incident(found, "1", "db@0-75"), incident(found, "2", "db@100-110", 100))
    old = replace(first.after.services[0], ci=replace(first.after.services[0].ci, name="OLD"))
    renamed = Settled(first.incident, replace(first.after, services=[old]))
    assert [row.ci.name for row in compliance_by_service([renamed, second])] == ["DISPATCH"]
