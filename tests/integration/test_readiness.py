"""Readiness on the demo province and over time, as people and programs ask for it."""

import csv
import io
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from graphql import build_schema, parse

from api.generated import contract
from api.gql.cost import PAST_WEIGHT, reckon
from api.readiness import MOST_POINTS, ends
from api.settings import Settings
from api.verbs.readiness import FIRST_SCREEN
from cmdb.model.changeset import Changeset
from cmdb.store.port import Dump
from cmdb.store.sqlite.store import SqliteStore
from examples.province.parts.gaps import ORPHANS
from impact.readiness.purposes import PURPOSES, RULES
from impact.readiness.report import ReadinessEvery
from tests.contract.service import PROVINCE, ROOT, Service, load_province
from tests.impact.estates import MODEL, ci, rel
from tests.integration.command import Run, runner

DOCUMENT = (ROOT / "graphql" / "operations" / "readiness.graphql").read_text()
ORPHANED = {ci_id: kind for ci_id, kind, *_ in ORPHANS}


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    load_province(path).close()
    return f"sqlite:{path}"


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run the command: exit code, standard output, standard error."""
    return runner(capfdbinary, "readiness")


def told(run: Run, store: str, *arguments: str) -> Any:
    code, out, err = run(*arguments, "--json", "--store", store)
    assert code == 0, err
    return json.loads(out)


def shown(run: Run, store: str, *arguments: str) -> str:
    code, out, err = run(*arguments, "--store", store)
    assert (code, err) == (0, "")
    assert all(len(line) <= 80 and line == line.rstrip() and "\x1b" not in line for line in out.splitlines())
    return out


def rows(run: Run, store: str, *arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(shown_wide(run, store, *arguments, "--csv"))))


def shown_wide(run: Run, store: str, *arguments: str) -> str:
    code, out, err = run(*arguments, "--store", store)
    assert code == 0, err
    return out


def missed(run: Run, store: str, rule: str) -> set[str]:
    """The ids of a whole worklist."""
    return {row["id"] for row in rows(run, store, "--rule", rule)}


PLANTED = (
    ("service_rto", {"svc-inspections", "svc-open-data"}),
    ("system_rto", {"app-grants", "app-childcare", "app-inspect", "app-opendata"}),
    ("service_owner", {"svc-surgery-scheduling", "svc-fleet", "svc-open-data", "svc-monitoring"}),
    ("pool_rules", {"app-bridge"}),
    ("dependents", set(ORPHANED)),
    ("somebody_to_call", set(ORPHANED)),
    ("responsible", set(ORPHANED)),
    ("dependencies", {c for c, kind in ORPHANED.items() if kind in ("application", "database", "virtual_machine")}),
)


@pytest.mark.parametrize(("rule", "planted"), PLANTED, ids=[rule for rule, _ in PLANTED])
def test_what_was_planted_in_the_province_is_found(run: Run, province: str, rule: str, planted: set[str]) -> None:
    found = missed(run, province, rule)
    assert sorted(planted - found) == []
    assert "san-gdc-01" not in found


def test_exactly_the_records_never_verified_are_found(run: Run, province: str) -> None:
    with (PROVINCE / "cis.csv").open() as file:
        never = {
            row["id"]
            for row in csv.DictReader(file)
            if not row["verified_at"] and row["lifecycle"] in ("", "live")
            if {"resource", "client_group"} & set(MODEL.ancestors(row["kind"]))
        }
    assert len(never) > 20
    assert missed(run, province, "verified") == never


def test_exactly_the_agreements_that_have_run_out_are_found(run: Run, province: str) -> None:
    with (PROVINCE / "cis.csv").open() as file:
        ends_at = {row["id"]: row["valid_until"] for row in csv.DictReader(file) if row["kind"] == "agreement"}
    today = datetime.now(UTC).date().isoformat()
    expired = {name for name, day in ends_at.items() if day < today}
    assert missed(run, province, "agreement_current") == expired
    then = rows(run, province, "--rule", "agreement_current", "--as-of", "2099-01-01T00:00:00Z")
    assert {row["id"] for row in then} == expired, "a time to come is now"


def test_the_first_screen_says_what_is_worst(run: Run, province: str) -> None:
    out = shown(run, province)
    for words in ("major incident", "continuity", "needs met", "some", "most", "█", "░", "nobody to call",
                  "Met by all", "more rules with gaps", "newest", "live CIs"):  # fmt: skip
        assert words in out
    everything = shown(run, province, "--all")
    assert all(r.name in everything for r in RULES)
    assert "nearly all" in everything
    one = shown(run, province, "continuity")
    assert all(r.name in one for r in PURPOSES[2].rules)
    assert "major incident" not in one


def test_groups_and_worklists_on_the_terminal(run: Run, province: str) -> None:
    assert "nobody recorded" in shown(run, province, "--by", "owner")
    assert "virtual_machine" in shown(run, province, "--by", "kind")
    assert "health" in shown(run, province, "--by", "sector")
    out = shown(run, province, "--worklist")
    assert "more: --all" in out
    assert "svc-signin" in out
    assert "Nothing is missing." in shown(run, province, "--rule", "head_count")
    assert "as of r0, before anything was recorded" in shown(run, province, "--as-of", "r0")
    assert "nothing asked" in shown(run, province, "--as-of", "r0")


def test_as_json_and_csv_it_says_the_same(run: Run, province: str) -> None:
    scores = told(run, province)["scores"]
    sheet = rows(run, province)
    assert [s["purpose"] for s in scores] == [p.name for p in PURPOSES]
    for score in scores:
        mine = [row for row in sheet if row["purpose"] == score["purpose"]]
        assert [int(mine[0][key]) for key in ("applicable", "met")] == [
            score["tally"][k] for k in ("applicable", "met")
        ]
        assert [row["rule"] for row in mine[1:]] == [r["name"] for r in score["rules"]]
        assert sum(int(row["missing"]) for row in mine[1:]) == score["tally"]["missing"]
    work = told(run, province, "change", "--worklist")
    assert len(work["worklist"]) == 50
    assert work["pages"]["worklist"]["totalCount"] == len(rows(run, province, "change", "--worklist"))
    groups = told(run, province, "--by", "kind", "--all")["groups"]
    assert [g["name"] for g in groups] == [row["group"] for row in rows(run, province, "--by", "kind")]
    assert sum(g["cis"] for g in groups) <= told(run, province)["basis"]["cis"]
    assert len(groups) > FIRST_SCREEN


def test_filters(run: Run, province: str) -> None:
    only = told(run, province, "change", "--kind", "infrastructure", "--sector", "health", "--all", "--worklist")
    assert only["worklist"]
    assert {ci["sector"] for ci in only["worklist"]} == {"health"}
    assert {"virtual_machine"} <= {ci["kind"] for ci in only["worklist"]} <= set(MODEL.concrete) - {"application"}
    owned = told(run, province, "--owner", "team-storage")["basis"]["cis"]
    assert owned == 10


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["luck"], "write one of major_incident, change, continuity, assets"),
        (["--by", "colour"], "write one of kind, owner, sector"),
        (["--rule", "rto"], "no rule 'rto' here; there are service_rto"),
        (["assets", "--rule", "service_rto"], "there are serial"),
        (["--kind", "sever"], "no kind 'sever' in the model"),
        (["--sector", "navy"], "no sector 'navy' in the model; there are shared"),
        (["--owner", "team-storag"], "no CI 'team-storag'. Did you mean team-storage"),
        (["--by", "kind", "--trend"], "take one of"),
        (["--worklist", "--at", "r1"], "take one of"),
        (["--csv", "--json"], "take one of"),
        (["--trend", "--every", "hour"], "write one of day, week, month"),
        (["--as-of", "r99"], "a revision from 0 to 1"),
        (["--at", "soon"], "'soon' is neither a revision nor a time"),
        (["--points", "0"], "greater than or equal to 1"),
    ],
)
def test_bad_requests_say_what_is_accepted(run: Run, province: str, arguments: list[str], words: str) -> None:
    code, out, err = run(*arguments, "--store", province)
    assert (code, out) == (2, "")
    assert words in " ".join(err.split())
    assert "Traceback" not in err


# Over HTTP


def test_the_graphql_answer_is_that_of_the_command(service: Service, run: Run, province: str) -> None:
    said = service.ask(DOCUMENT, "Readiness")["readiness"]
    assert said["scores"] == told(run, province)["scores"]
    assert said["basis"]["source"] == "live"
    groups = service.ask(DOCUMENT, "ReadinessGroups", by="owner")["readiness"]["groups"]
    mine = told(run, province, "--by", "owner")
    assert [(g["name"], g["tally"]) for g in groups["nodes"]] == [(g["name"], g["tally"]) for g in mine["groups"]]
    assert groups["totalCount"] == mine["pages"]["groups"]["totalCount"]
    work = service.ask(DOCUMENT, "ReadinessWorklist", purpose="continuity", rule="restore", first=200)["readiness"]
    assert {ci["id"] for ci in work["worklist"]["nodes"]} == missed(run, province, "restore")


def test_worklist_pages_over_http_are_the_whole_in_order(service: Service) -> None:
    whole = service.ask(DOCUMENT, "ReadinessWorklist", purpose="change", first=200)["readiness"]["worklist"]
    seen, after = list[str](), None
    while len(seen) < 200:
        page = service.ask(DOCUMENT, "ReadinessWorklist", purpose="change", first=40, after=after)["readiness"]
        seen += [ci["id"] for ci in page["worklist"]["nodes"]]
        after = page["worklist"]["endCursor"]
    assert seen == [ci["id"] for ci in whole["nodes"]]


@pytest.mark.parametrize(
    ("name", "variables", "code"),
    [
        ("ReadinessWorklist", {"rule": "luck"}, "BAD_FILTER"),
        ("ReadinessWorklist", {"first": 201}, "PAGE_TOO_LARGE"),
        ("ReadinessWorklist", {"after": "x"}, "BAD_CURSOR"),
        ("ReadinessGroups", {"by": "kind", "after": "x"}, "BAD_CURSOR"),
        ("ReadinessTrend", {"first": MOST_POINTS + 1}, "PAGE_TOO_LARGE"),
        ("ReadinessTrend", {"at": ["soon"]}, "BAD_REQUEST"),
        ("ReadinessTrend", {"at": ["r99"]}, "BAD_REQUEST"),
        ("Readiness", {"filter": {"kinds": ["sever"]}}, "BAD_FILTER"),
    ],
)
def test_wrong_arguments_have_their_codes(service: Service, name: str, variables: dict[str, Any], code: str) -> None:
    (error,) = service.post(DOCUMENT, name, **variables)["errors"]
    assert error["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("variables", "code"),
    [({"filter": {"owners": ["nope"]}}, "UNKNOWN_CI"), ({"asOf": "r99"}, "INVALID_INPUT"),
     ({"asOf": "soon"}, "INVALID_INPUT")],
)  # fmt: skip
def test_failures_are_part_of_the_answer(service: Service, variables: dict[str, Any], code: str) -> None:
    assert service.ask(DOCUMENT, "Readiness", **variables)["readiness"]["code"] == code


def test_what_costs_much_is_weighed_and_still_allowed() -> None:
    schema, document = build_schema(contract()), parse(DOCUMENT)

    def cost(name: str, **variables: object) -> int:
        return reckon(schema, document, name, variables).objects

    assert cost("Readiness", asOf="r1") - cost("Readiness") == PAST_WEIGHT
    assert cost("ReadinessTrend") > 10 * cost("ReadinessWorklist", first=50)
    assert cost("ReadinessTrend", first=MOST_POINTS) <= Settings().max_cost


# Over time

FIRST = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=20)
LONG_AGO = (FIRST - timedelta(days=170)).date().isoformat()


class Counting(SqliteStore):
    """The embedded store, which counts how often everything was read."""

    dumps = 0

    def dump(self, at: int | None = None) -> Dump:
        type(self).dumps += 1
        return super().dump(at)


@pytest.fixture
def history(tmp_path: Path) -> str:
    """A service on day 1; its RTO on day 2, its owner on day 2 as well, an unowned one on day 9."""
    now = FIRST
    owned = rel("svc owned_by ada")
    with closing(SqliteStore(tmp_path / "h.db", MODEL, clock=lambda: now)) as store:
        store.apply(Changeset("a", "t", put_cis=[ci("svc", "business_service", verified_at=LONG_AGO),
                                                 ci("ada", "person")]))  # fmt: skip
        now += timedelta(days=1)
        store.apply(Changeset("a", "t", put_cis=[ci("svc", "business_service", verified_at=LONG_AGO, rto=60)]))
        now += timedelta(hours=1)
        store.apply(Changeset("a", "t", put_relations=[owned]))
        now += timedelta(days=7)
        store.apply(Changeset("a", "t", put_cis=[ci("new", "business_service")]))
    return f"sqlite:{tmp_path / 'h.db'}"


def test_a_trend_is_what_was_answered_then(run: Run, history: str) -> None:
    between = (FIRST + timedelta(days=1, minutes=30)).isoformat()
    said = told(run, history, "--at", "r1", "--at", "r2", "--at", between, "--at", "r3", "--at", "r4")
    points = said["trend"]
    assert [p["revision"] for p in points] == [1, 2, 2, 3, 4]
    for point in points:
        then = told(run, history, "--as-of", f"r{point['revision']}")
        assert then["basis"]["asOf"] == (point["revision"] < 4)
        if point["revision"] < 4:
            assert then["basis"]["judgedAt"] == then["basis"]["recordedAt"]
            assert [s["tally"] for s in point["scores"]] == [s["tally"] for s in then["scores"]]
    met = [next(s["tally"]["met"] for s in p["scores"] if s["purpose"] == "change") for p in points]
    assert met == sorted(met)
    assert met[2] < met[3]


def test_freshness_fades_while_nothing_changes(run: Run, history: str) -> None:
    early, late = ((FIRST + timedelta(days=1 + days, hours=2)).isoformat() for days in (1, 14))
    points = told(run, history, "change", "--kind", "service", "--at", early, "--at", late)["trend"]
    assert points[0]["revision"] == 3
    (then, now) = (point["scores"][0]["tally"] for point in points)
    assert then["fresh"] > 0
    svc = told(run, history, "change", "--worklist", "--rule", "verified_lately", "--as-of", late)
    assert [c["id"] for c in svc["worklist"]] == ["svc"]
    assert told(run, history, "change", "--rule", "verified_lately", "--as-of", early)["worklist"] == []
    assert then["verified"] == then["fresh"]
    assert now["verified"] > now["fresh"]
    assert svc["basis"]["judgedAt"] == late.replace("+00:00", "Z")


def test_points_are_computed_once(run: Run, history: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.stores.SqliteStore", Counting)
    Counting.dumps = 0
    asked = ("--at", "r1", "--at", "r2", "--at", "r3")
    first = told(run, history, *asked)["trend"]
    assert Counting.dumps == 4
    assert told(run, history, *asked)["trend"] == first
    assert Counting.dumps == 5, "the newest alone"
    assert (Path(history.removeprefix("sqlite:") + ".readiness")).exists()
    told(run, history, *asked, "--kind", "service")
    assert Counting.dumps == 9, "with a filter every point is computed"


def test_a_trend_on_the_terminal_and_as_a_sheet(run: Run, history: str) -> None:
    out = shown(run, history, "--at", "r1", "--at", "r3", "--tz", "UTC")
    assert "better" in out
    assert [line.split()[:2] for line in out.splitlines()[3:5]] == [
        [f"{FIRST:%Y-%m-%d}", "r1"], [f"{FIRST + timedelta(days=1):%Y-%m-%d}", "r3"]
    ]  # fmt: skip
    sheet = rows(run, history, "major_incident", "--at", "r1", "--at", "r3")
    assert [(row["revision"], row["purpose"]) for row in sheet] == [("1", "major_incident"), ("3", "major_incident")]
    assert "r4" in shown(run, history, "--trend", "--every", "month", "--points", "60")


HALIFAX = ZoneInfo("America/Halifax")
LAST = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("every", "now", "starts"),
    [
        ("day", datetime(2026, 3, 9, 8, tzinfo=HALIFAX), ["2026-03-08T00:00-04:00", "2026-03-09T00:00-03:00"]),
        ("day", datetime(2026, 1, 1, 0, 30, tzinfo=UTC), ["2025-12-31T00:00Z", "2026-01-01T00:00Z"]),
        ("week", datetime(2026, 11, 22, 3, tzinfo=UTC), ["2026-11-09T00:00Z", "2026-11-16T00:00Z"]),
        ("week", datetime(2026, 11, 23, 3, tzinfo=UTC), ["2026-11-16T00:00Z", "2026-11-23T00:00Z"]),
        ("month", datetime(2026, 3, 31, 3, tzinfo=UTC), ["2026-02-01T00:00Z", "2026-03-01T00:00Z"]),
        ("month", datetime(2026, 1, 31, 23, tzinfo=HALIFAX), ["2025-12-01T00:00-04:00", "2026-01-01T00:00-04:00"]),
    ],
)
def test_days_weeks_and_months_end_where_the_next_begin(every: str, now: datetime, starts: list[str]) -> None:
    found = ends(ReadinessEvery[every], 3, now)
    assert found == [*(datetime.fromisoformat(start) - LAST for start in starts), now]
    assert all(moment.tzinfo is UTC for moment in found)
    assert len(ends(ReadinessEvery[every], 1, now)) == 1
