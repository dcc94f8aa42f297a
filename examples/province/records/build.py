"""Writes a year of invented records as another tool would export them: `python -m examples.province.records.build`.

The same tables always give the same bytes. Times are Halifax local times, as that tool shows them.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

FOLDER = Path(__file__).parent
FORM = "%d/%m/%Y %H:%M"
FIRST = datetime(2025, 11, 3)
WEEKS = 51
Row = Sequence[str]

FAILURES = (
    ("san-gdc-01", "degraded", "Array GDC-01 slow", "hardware", 150, 1),
    ("db-cad-01", "down", "Dispatch database 1 stopped", "software", 55, 1),
    ("app-edtrack", "down", "Emergency Room Tracking does not answer", "software", 70, 1),
    ("rtr-agg-west-01", "down", "Western region cut off", "network", 95, 1),
    ("app-sso", "degraded", "Sign-in takes a minute", "software", 80, 1),
    ("pwr-gdc-feed-a", "down", "Grid feed A lost", "power", 210, 2),
    ("app-pharm", "down", "Pharmacy Dispensing stopped", "software", 130, 1),
    ("ckt-inet-b", "down", "Internet line B down", "external", 260, 2),
    ("app-lis", "degraded", "Laboratory results late", "software", 180, 2),
    ("vm-homecare-app-01", "down", "Home Care Scheduling down", "hardware", 115, 2),
    ("app-vpn", "down", "Remote access refused", "security", 90, 2),
    ("app-paycalc", "degraded", "Payroll run slow", "software", 300, 3),
    ("app-licence", "down", "Licence counters stopped", "human", 60, 2),
    ("nas-gdc-01", "degraded", "Government file shares slow", "hardware", 240, 3),
    ("app-mail", "degraded", "Mail delayed", "external", 200, 3),
    ("lb-hdc-01", "down", "Load balancer HDC-01 restarted", "network", 25, 3),
    ("app-gis", "degraded", "Maps slow", "software", 320, 4),
    ("app-elearn", "down", "Online classroom down", "external", 140, 3),
)
"""What fails: CI, state, title, cause, minutes it usually takes, priority."""
CHANGES = (
    ("vm-www-web-01", "down", "Monthly updates, public web", "Routine", 60),
    ("vm-sso-web-02", "down", "Monthly updates, sign-in", "Routine", 60),
    ("db-erp-02", "down", "Patch the ledger database, copy first", "Minor", 120),
    ("sw-fc-hdc-01", "down", "Firmware of fibre channel switch HDC-01", "Normal", 60),
    ("san-gdc-02", "at_risk", "Firmware of array GDC-02, one controller at a time", "Significant", 180),
    ("app-lis", "down", "Release of Laboratory Information", "Normal", 90),
    ("app-licence", "down", "Release of Driver Licence System", "Normal", 60),
    ("fw-gdc-01", "degraded", "Firewall rules", "Minor", 30),
    ("hv-gdc-prod-02-03", "down", "Memory of hypervisor GDC-PROD-02-03", "Normal", 120),
    ("app-paycalc", "at_risk", "Tables of the payroll engine", "Urgent", 45),
)
"""What is changed: CI, state during the window, title, type in that tool's words, minutes."""
PLANNED = (
    ("CHG-5001", "Replace power supplies of core router GDC-01", "08/12/2026 22:00", "2h", "rtr-core-gdc-01=down"),
    ("CHG-5002", "Line card of core router GDC-02", "08/12/2026 23:00", "1h 30m", "rtr-core-gdc-02=down"),
    ("CHG-5003", "Memory of hypervisor GDC-PROD-02-01", "10/12/2026 21:00", "2h", "hv-gdc-prod-02-01"),
    ("CHG-5004", "Memory of hypervisor GDC-PROD-02-02", "10/12/2026 22:30", "2h", "hv-gdc-prod-02-02"),
    ("CHG-5005", "Archive old cases", "22/12/2026 19:00", "3h", "app-courts=degraded"),
)
"""Changes still to come; two pairs of them collide through a pool, and one is in the year-end freeze."""
PROBLEMS = (
    ("PRB-0001", "Array GDC-01 slows down under backup", "12/12/2025 10:00", "Known Error", "san-gdc-01"),
    ("PRB-0002", "One router carries the west", "20/01/2026 09:00", "Open", "rtr-agg-west-01"),
    ("PRB-0003", "Releases of Laboratory Information break the gateway", "15/04/2026 14:00", "Resolved", "app-lis"),
)
FREEZES = (
    ("FRZ-0001", "Year-end freeze 2025", "19/12/2025 18:00", "05/01/2026 06:00", "Change Freeze", "", ""),
    ("FRZ-0002", "Tax season", "15/04/2026 00:00", "02/05/2026 00:00", "Change Freeze", "app-tax", ""),
    ("FRZ-0003", "Hurricane season exercise", "14/09/2026 08:00", "14/09/2026 20:00", "Blackout", "svc-dispatch", ""),
    ("FRZ-0004", "Year-end freeze 2026", "18/12/2026 18:00", "04/01/2027 06:00", "Change Freeze", "", ""),
)


def tables() -> Iterator[tuple[str, Row, list[Row]]]:
    """File name, header and rows of each table."""
    chance = Random(2026)
    changes = list(_changes(chance))
    yield (
        "changes.csv",
        ("number", "short_description", "planned_start", "duration", "change_type", "state", "work_start", "work_end",
         "opened_at", "cis", "backout_plan", "back_out_time", "assignment_group"),
        changes,
    )  # fmt: skip
    yield (
        "problems.csv",
        ("number", "short_description", "opened_at", "state", "closed_at", "cis"),
        [(*row[:4], "30/06/2026 16:00" if row[3] == "Resolved" else "", row[4]) for row in PROBLEMS],
    )
    yield (
        "incidents.csv",
        ("number", "short_description", "opened_at", "detected_at", "declared_at", "restored_at", "state", "priority",
         "major_incident", "cis", "cause_type", "root_cause", "caused_by", "problem_id", "close_notes"),
        list(_incidents(chance, changes)),
    )  # fmt: skip
    yield "freezes.csv", ("number", "name", "start_date", "end_date", "type", "cis", "sectors"), list(FREEZES)


def _changes(chance: Random) -> Iterator[Row]:
    """Two or three a week, on Tuesday and Thursday evenings; a few fail, a few are called off."""
    number = 4000
    for week in range(WEEKS):
        for day in (1, 3, 3)[: chance.choice((2, 3))]:
            number += 1
            ci, state, title, type_, minutes = chance.choice(CHANGES)
            start = FIRST + timedelta(weeks=week, days=day, hours=chance.choice((19, 20, 21, 22)))
            fate = chance.choices(("Closed", "Backed out", "Cancelled"), (90, 6, 4))[0]
            taken = timedelta(minutes=round(minutes * chance.uniform(0.6, 1.3)))
            work = ("", "") if fate == "Cancelled" else (start.strftime(FORM), (start + taken).strftime(FORM))
            asked = start - timedelta(days=chance.choice((2, 5, 9, 14)), hours=6)
            yield (
                f"CHG-{number}", title, start.strftime(FORM), f"{minutes} min", type_, fate, *work,
                asked.strftime(FORM), f"{ci}={state}", "Restore what was saved before", "20 min", "team-network",
            )  # fmt: skip
    for planned, title, at, duration, cis in PLANNED:
        yield (planned, title, at, duration, "Normal", "Scheduled", "", "", "16/11/2026 09:00", cis, "Take it back",
               "30 min", "team-virtual")  # fmt: skip


def _incidents(chance: Random, changes: Sequence[Row]) -> Iterator[Row]:
    """Those that backed-out changes caused, and one or two a week besides."""
    number = 7000
    for row in changes:
        if row[5] == "Backed out":
            number += 1
            start = datetime.strptime(row[6], FORM) + timedelta(minutes=15)
            yield _incident(chance, number, (row[9].split("=")[0], "down", f"After change: {row[1]}", "Failed change",
                                             50, 2), start, row[0])  # fmt: skip
    for week in range(WEEKS):
        for _ in range(chance.choice((1, 1, 2))):
            number += 1
            start = FIRST + timedelta(weeks=week, minutes=chance.randrange(7 * 1440))
            yield _incident(chance, number, chance.choice(FAILURES), start, "")


def _incident(
    chance: Random, number: int, failure: tuple[str, str, str, str, int, int], start: datetime, by: str
) -> Row:
    ci, state, title, cause, minutes, priority = failure
    seen = start + timedelta(minutes=chance.randrange(1, 15))
    declared = seen + timedelta(minutes=chance.randrange(2, 20))
    restored = declared + timedelta(minutes=round(minutes * chance.uniform(0.4, 1.9)))
    problem = next((row[0] for row in PROBLEMS if row[4] == ci and datetime.strptime(row[2], FORM) <= start), "")
    return (
        f"INC-{number}", title, start.strftime(FORM), seen.strftime(FORM), declared.strftime(FORM),
        restored.strftime(FORM), "Closed", f"{priority} - {('Critical', 'High', 'Moderate', 'Low')[priority - 1]}",
        "yes" if priority == 1 else "no", f"{ci}={state}", cause, "", by, problem, "Service restored",
    )  # fmt: skip


def write(folder: Path) -> None:
    """Write the four files."""
    for name, header, rows in tables():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)


if __name__ == "__main__":
    write(FOLDER)
