"""Clocks and restore order on the demo province, as people and programs ask for them."""

import json
import re
from datetime import UTC, datetime, timedelta, tzinfo
from io import StringIO
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from api import tables_clocks
from api.tables_clocks import steps_table
from impact.continuity.report import RestoreOrder, RestoreStep
from impact.report import CiRef
from tests.contract.service import ROOT, Service
from tests.integration.command import Run, runner

DOCUMENT = (ROOT / "graphql" / "operations" / "impact.graphql").read_text()
DOWN = [{"ci": "san-gdc-01"}]
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=20)


@pytest.fixture
def run(address: str, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Ask what san-gdc-01 breaks: exit code, standard output, standard error."""
    return runner(capfdbinary, "impact", "san-gdc-01", "--store", address, "--tz", "UTC")


def told(run: Run, *arguments: str) -> Any:
    code, out, err = run(*arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def asked(service: Service, name: str, **variables: Any) -> Any:
    return service.ask(DOCUMENT, name, scenario=DOWN, **variables)["impact"]


def test_the_first_screen_says_when_it_can_be_back_and_what_decides_it(run: Run) -> None:
    code, out, _ = run("--since", BEGAN.isoformat(), "--declared", (BEGAN + timedelta(minutes=5)).isoformat())
    assert code == 0
    for words in ("must be back", "can be back", "55 late", "in time", "or later", "Restore", "1 san-gdc-01 30 min",
                  "svc-dispatch 5 min → Emergency Dispatch", "116 steps, 56 at once", "--crews N"):  # fmt: skip
        assert words in " ".join(out.split())
    assert "gives back" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_with_crews_the_steps_are_shown(run: Run) -> None:
    began = BEGAN.isoformat()
    code, out, _ = run("--since", began, "--crews", "3")
    words = " ".join(out.split())
    assert code == 0
    assert "gives back" in words
    assert "104 more steps: --all" in words
    assert "116 steps, 3 crews" in words
    assert max(map(len, out.splitlines())) <= 80
    _, whole, _ = run("--since", began, "--crews", "3", "--all")
    lines = whole.splitlines()
    header = next(line for line in lines if "gives back" in line)
    column = [line[header.index("gives back") :].strip() for line in lines[lines.index(header) :]]
    assert "Child Protection (910 people)" in " ".join(column)
    assert "…" not in " ".join(
        line[: header.index("who")] for line in lines[lines.index(header) :] if line[4:6].strip()
    )
    assert re.findall(r"^ +(\d+) \d\d:\d\d ", whole, re.MULTILINE) == [str(n) for n in range(1, 117)]


HALIFAX = ZoneInfo("America/Halifax")


class Friday(datetime):
    """Clocks that stand on a Friday, 20 minutes before midnight in Halifax."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Friday":
        return cls.fromtimestamp(cls(2026, 11, 20, 23, 40, tzinfo=HALIFAX).timestamp(), tz)


def one_by_one(begins: datetime, *minutes: int) -> RestoreOrder:
    """Steps of so many minutes, each after the other; the last takes an unknown time at least."""
    nodes, at = list[RestoreStep](), begins
    for number, taken in enumerate(minutes, 1):
        name, done = f"ci-{number}", at + timedelta(minutes=taken)
        last = number == len(minutes)
        ci = CiRef(name, "server", name)
        nodes.append(RestoreStep(number, ci, [], None, 1, at, taken, done, last, [], 0, 0, None, False))
        at = done
    return RestoreOrder(nodes, len(nodes), None, False, 1, 1, begins, at, True, 0)


def shown(plan: RestoreOrder) -> list[str]:
    out = StringIO()
    Console(file=out, width=80, color_system=None).print(steps_table(plan, HALIFAX))
    return [" ".join(line.split()) for line in out.getvalue().splitlines()][1:]


def test_a_plan_that_passes_midnight_says_where_the_next_day_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_clocks, "datetime", Friday)
    plan = one_by_one(Friday.now(UTC), 10, 20, 5, 15)
    assert shown(plan) == [
        "1 23:40 ci-1 ? 10 23:50 –",
        "2 23:50 ci-2 ? 20 00:10 Sat –",
        "Sat 21 Nov",
        "3 00:10 ci-3 ? 5 00:15 –",
        "4 00:15 ci-4 ? 15 00:30+ –",
    ]


def test_a_plan_of_another_day_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_clocks, "datetime", Friday)
    plan = one_by_one(Friday.now(UTC) - timedelta(days=2), 10, 5)
    assert shown(plan) == ["Wed 18 Nov", "1 23:40 ci-1 ? 10 23:50 –", "2 23:50 ci-2 ? 5 23:55+ –"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "2026-11-22T03:00", "--declared", "2026-11-22T02:00"), "--declared 2026-11-22T02:00 is before"),
        (("--declared", "soon"), "is not a time"),
        (("--crews", "0"), "--crews"),
        (("--crews", "1001"), "--crews"),
    ],
)
def test_what_cannot_be_is_refused(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_json_is_the_graphql_answer(run: Run, service: Service) -> None:
    declared = BEGAN + timedelta(minutes=5)
    times = {"since": BEGAN.isoformat(), "declared": declared.isoformat()}
    ours = told(run, "--since", times["since"], "--declared", times["declared"], "--crews", "3")
    plan = asked(service, "RestoreOrder", crews=3, **times)["restoreOrder"]
    assert [step["ci"]["id"] for step in plan["nodes"]] == [step["ci"]["id"] for step in ours["restoreOrder"]["nodes"]]
    assert plan.keys() == ours["restoreOrder"].keys()
    assert plan["nodes"][0].keys() == ours["restoreOrder"]["nodes"][0].keys()
    clocks = asked(service, "Clocks", **times)["clocks"]["nodes"]
    assert [c["id"] for c in clocks] == [c["id"] for c in ours["clocks"]]
    assert [c["clock"]["lateMinutes"] for c in clocks] == [c["clock"]["lateMinutes"] for c in ours["clocks"]]
    groups = asked(service, "ClientGroups", first=50, **times)["clientGroups"]["nodes"]
    assert [g["clockOf"] and g["clockOf"]["id"] for g in groups] == [
        g["clockOf"] and g["clockOf"]["id"] for g in ours["clientGroups"]
    ]


def test_clocks_of_the_province(service: Service) -> None:
    found = asked(service, "Clocks", since=BEGAN.isoformat(), declared=(BEGAN + timedelta(minutes=5)).isoformat())
    late = {c["id"]: c["clock"]["lateMinutes"] for c in found["clocks"]["nodes"]}
    assert {ci: minutes for ci, minutes in late.items() if minutes} == {
        "off-dispatch-ambulance": 55, "svc-dispatch": 55
    }  # fmt: skip
    slack = [c["clock"]["slackMinutes"] for c in found["clocks"]["nodes"]]
    assert slack == [*sorted(s for s in slack if s is not None), None]
    care = next(c["clock"] for c in found["clocks"]["nodes"] if c["id"] == "svc-home-care")
    assert (care["atLeast"], [ref["id"] for ref in care["unknown"]]) == (True, ["vm-homecare-web-01"])
    assert late["svc-inspections"] is None


def test_steps_cover_everything_once_and_give_everybody_back(service: Service) -> None:
    whole, after = list[Any](), None
    while True:
        page = asked(service, "RestoreOrder", crews=2, first=40, after=after)["restoreOrder"]
        whole += page["nodes"]
        after = page["endCursor"]
        if not page["hasNextPage"]:
            break
    assert [step["number"] for step in whole] == list(range(1, page["totalCount"] + 1))
    assert sum(step["people"] for step in whole) == 7_095
    assert sum(step["givesBackCount"] for step in whole) == 10
    for crew in (1, 2):
        mine = [step for step in whole if step["crew"] == crew]
        assert all(a["doneAt"] <= b["startsAt"] for a, b in pairwise(mine))


def test_declared_before_since_is_refused(service: Service) -> None:
    failure = asked(service, "Clocks", since=BEGAN.isoformat(), declared=(BEGAN - timedelta(minutes=1)).isoformat())
    assert failure["__typename"] == "InvalidInput"
    assert [(p["code"], p["place"]) for p in failure["problems"]] == [("BAD_DATE", "declared")]
    assert "not before `since`" in failure["problems"][0]["accepted"]


@pytest.mark.parametrize("crews", [0, -1, 1001])
def test_crews_have_bounds(service: Service, crews: int) -> None:
    body = service.post(DOCUMENT, "RestoreOrder", scenario=DOWN, crews=crews)
    assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
