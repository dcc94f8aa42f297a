"""The continuity report of the demo province, on the command line and over HTTP: the planted gaps are found."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from impact.continuity.gap_counts import RULES
from tests.contract.service import ROOT, Service
from tests.integration.command import Run, answer


def by_ci(gaps: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {gap["ci"]["id"]: gap for gap in gaps}


PROMISES = [
    ("svc-dispatch", "db-cad-01", 180),
    ("svc-lab-results", "db-lis-01", 120),
    ("svc-payroll", "db-paycalc-01", 960),
    ("svc-payments", "svc-certificates", 240),
    ("db-orders-01", "dbc-hdc-sql-01", 180),
]
"""What the province promises and cannot keep: who, against what, by how many minutes."""


@pytest.mark.parametrize(("ci", "offender", "minutes"), PROMISES)
def test_planted_promises_are_found(run: Run, ci: str, offender: str, minutes: int) -> None:
    told = answer(run, "gaps", ci, "--all")
    assert {o["ci"]["id"]: o["shortBy"] for o in told["offenders"]["promise"]}[offender] == minutes
    assert told["ci"]["rtoVerdict"] == "broken"
    assert by_ci(told["promiseGaps"])[ci]["path"][0]["ci"]["id"] == ci


def test_a_member_of_a_pool_that_keeps_its_promise_is_enough(run: Run) -> None:
    told = answer(run, "gaps", "inst-offender-prod", "--all")
    assert told["offenders"]["promise"] == []
    assert told["ci"]["inherits"]["promise"] < 10


def test_recorded_restore_times_that_take_longer_than_promised(run: Run) -> None:
    found = by_ci(answer(run, "gaps", "--all")["recoveryGaps"])
    assert {"svc-dispatch", "svc-health-record", "svc-blood-bank", "svc-signin", "svc-dns"} <= found.keys()
    dispatch = found["svc-dispatch"]
    assert sum(hop["minutes"] for hop in dispatch["path"]) == dispatch["found"] == 125
    assert not dispatch["atLeast"]
    assert found["svc-blood-bank"]["atLeast"]


def test_data_that_is_copied_too_seldom(run: Run) -> None:
    found = by_ci(answer(run, "gaps", "--all")["dataGaps"])
    assert (found["svc-pharmacy"]["found"], found["svc-pharmacy"]["offender"]["id"]) == (30, "db-pharm-01")
    assert (found["svc-health-record"]["found"], found["svc-health-record"]["offender"]["id"]) == (
        15, "vol-hdc-01-db-08"
    )  # fmt: skip
    assert found["app-callrec"]["offender"]["id"] == "vol-gdc-02-ds-05"


def test_promises_that_cannot_be_checked_name_what_is_missing(run: Run) -> None:
    told = by_ci(answer(run, "gaps", "--all")["unknownPromises"])
    assert [ref["id"] for ref in told["svc-public-alerting"]["missing"]] == ["cld-alert"]
    assert told["svc-public-alerting"]["atLeast"] == 100


def test_the_first_screen_has_numbers_fixes_and_the_worst_gaps(run: Run) -> None:
    code, out, _ = run("gaps")
    assert code == 0
    for words in ("105 continuity gaps", "68 broken (17%)", "Fix", "a pool of 1 of", "Payroll", "≥ 1h 40m",
                  "more: --all", "svc-inspections"):  # fmt: skip
        assert words in out
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any(line.endswith(" ") or "\x1b" in line for line in lines)


def test_one_ci_is_told_in_full(run: Run) -> None:
    code, out, _ = run("gaps", "svc-dispatch")
    assert code == 0
    for words in (
        "promised 1h · takes 2h 5m · ■ broken",
        "can lose 5m · ● kept",
        "Takes",
        "db-cad-01 45m",
        "db-cad-01)",
    ):
        assert words in out
    assert max(map(len, out.splitlines())) <= 80
    assert "vm-blood-web-01" in run("gaps", "svc-blood-bank")[1]


def test_by_service_and_by_sector(run: Run) -> None:
    told = answer(run, "gaps")
    code, out, _ = run("gaps", "--by", "sector")
    assert code == 0
    for sector in told["sectors"]:
        row = next(line for line in out.splitlines() if line.strip().startswith(sector["sector"]))
        assert [int(cell) for cell in row.split()[1:7]] == [
            sector[kind][word] for kind in ("rto", "rpo") for word in ("kept", "broken", "unknown")
        ]
    for word in ("promise", "recovery", "data", "unknown"):
        assert sum(s["gaps"][word] for s in told["sectors"]) == told["summary"]["gaps"][word]
    code, out, _ = run("gaps", "--by", "service", "--all")
    assert code == 0
    assert "Public Alerting" in out
    assert max(map(len, out.splitlines())) <= 80


def test_csv_holds_every_gap_and_no_formulas(run: Run, address: str, tmp_path: Path) -> None:
    told = answer(run, "gaps")
    code, out, _ = run("gaps", "--csv")
    found = list(csv.DictReader(StringIO(out)))
    assert code == 0
    assert len(found) == sum(told["summary"]["gaps"][word] for word in ("promise", "recovery", "data"))
    assert found[0]["path"] == "svc-payroll > app-paycalc > inst-paycalc-prod > db-paycalc-01"
    (tmp_path / "cis.csv").write_text("id,kind,name,rto\na,application,=1+1,1h\nb,database,B,2h\n")
    (tmp_path / "relations.csv").write_text("from,type,to\na,depends_on,b\n")
    other = f"sqlite:{tmp_path / 'x.db'}"
    assert run("import", str(tmp_path), "--store", other)[0] == 0
    rows = list(csv.DictReader(StringIO(run("gaps", "--csv", "--store", other)[1])))
    assert [(row["id"], row["name"]) for row in rows] == [("a", "'=1+1")]
    told = answer(run, "gaps", "--as-of", "r1", "--store", other)
    assert told["summary"]["gaps"]["promise"] == 1
    assert answer(run, "gaps", "--as-of", "r0", "--store", other)["summary"]["rto"]["total"] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gaps", "svc-dispach"], "Did you mean svc-dispatch"),
        (["gaps", "--csv", "--json"], "leave out --json"),
        (["gaps", "svc-dispatch", "--by", "sector"], "leave out the CI"),
        (["gaps", "--by", "kind"], "service"),
    ],
)
def test_bad_requests_say_what_is_accepted(run: Run, arguments: list[str], words: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert words in err


PAGE = """query($n: Int!, $a: String, $f: GapFilter) { continuity { ... on Continuity {
  promiseGaps(first: $n, after: $a, filter: $f) {
    nodes { ci { id kind } sector shortBy offenders path { relation pool } } totalCount endCursor hasNextPage
  } } } }"""


def test_pages_over_http_cover_every_gap_once(service: Service) -> None:
    found: list[dict[str, Any]] = []
    after, more = None, True
    while more:
        page = service.ask(PAGE, n=20, a=after)["continuity"]["promiseGaps"]
        found += page["nodes"]
        after, more = page["endCursor"], page["hasNextPage"]
    assert len({gap["ci"]["id"] for gap in found}) == len(found) == page["totalCount"]
    services = [gap["ci"]["kind"].endswith(("service", "offering")) for gap in found]
    assert services == sorted(services, reverse=True)
    assert all(gap["offenders"] >= 1 and gap["path"][-1]["relation"] is None for gap in found)


def test_filters_over_http(service: Service) -> None:
    def ids(**where: Any) -> set[str]:
        page = service.ask(PAGE, n=200, f=where)["continuity"]["promiseGaps"]
        return {gap["ci"]["id"] for gap in page["nodes"]}

    everything = ids()
    assert ids(kinds=["database"]) == {ci for ci in everything if ci.startswith("db-")}
    assert ids(service="svc-payroll") < everything
    assert "svc-payroll" in ids(service="svc-payroll", kinds=["service"])
    assert ids(sectors=["health"]).isdisjoint(ids(sectors=["shared"]))
    for where in ({"kinds": ["nonsense"]}, {"service": "nobody"}):
        error = service.post(PAGE, n=5, f=where)["errors"][0]
        assert error["extensions"]["code"] == "BAD_FILTER"


def test_unknown_cis_and_revisions_are_part_of_the_answer(service: Service) -> None:
    query = """query($r: String) { continuity(asOf: $r) { __typename ... on Continuity {
      completeness { revision asOf }
      ci(id: "svc-dispach") { ... on UnknownCi { code suggestions { id } } }
      offenders(ci: "nobody", type: data) { ... on UnknownCi { code } }
    } ... on InvalidInput { problems { code } } } }"""
    told = service.ask(query)["continuity"]
    assert told["ci"]["suggestions"][0]["id"] == "svc-dispatch"
    assert told["offenders"]["code"] == "UNKNOWN_CI"
    assert service.ask(query, r="r0")["continuity"]["completeness"] == {"revision": 0, "asOf": True}
    assert service.ask(query, r="r999")["continuity"]["problems"][0]["code"] == "UNKNOWN_REVISION"


@pytest.mark.parametrize("code", [*(code for code, *_ in RULES), "BAD_POOL_RULE"])
def test_every_blind_spot_of_the_report_has_a_row(code: str) -> None:
    assert f"| `{code}` |" in (ROOT / "docs" / "continuity.md").read_text(encoding="utf-8")
