"""Single points of failure on the demo province: by command and over HTTP, with what the province hides."""

import csv
import io

import pytest

from api.workspace import open_workspace
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId, Relation
from tests.contract.service import ROOT, Service
from tests.integration.command import Run, answer, shown

OPERATIONS = (ROOT / "graphql" / "operations" / "spof.graphql").read_text(encoding="utf-8")
POINTS = (
    "db-sso-01", "srv-hsm-gdc-01", "srv-licence-gdc-01", "rtr-agg-west-01", "dbc-hdc-sql-01", "vol-hdc-01-db-08",
    "dbc-gdc-sql-01", "vol-gdc-02-db-08", "vm-homecare-app-01",
)  # fmt: skip
"""Single points that the README of the province lists."""
SHARED = (
    ("db-cad-01", "san-gdc-01"), ("vm-dnsint-app-01", "vmc-gdc-prod-02"), ("pdu-hdc-aa", "pwr-hdc-ats-a"),
    ("ckt-hoskit-a", "rtr-agg-west-01"),
)  # fmt: skip
"""Members of pools, and the common causes behind them that it lists."""


def test_the_single_points_hidden_in_the_province_are_found(run: Run) -> None:
    told = answer(run, "spof", "--all")
    found = {node["ci"]["id"]: node for node in told["nodes"]}
    assert set(POINTS) <= set(found)
    assert told["failed"] > told["totalCount"] == len(told["nodes"])
    assert [node["rank"] for node in told["nodes"]] == sorted(node["rank"] for node in told["nodes"])
    assert told["nodes"][0]["people"]["down"] == max(node["people"]["down"] for node in told["nodes"])


def test_the_row_of_the_demo_failure_is_the_impact_answer(run: Run) -> None:
    told = answer(run, "spof", "--all")
    (array,) = [node for node in told["nodes"] if node["ci"]["id"] == "san-gdc-01"]
    assert array["services"] == {"down": 10, "degraded": 5, "atRisk": 4}
    assert sum(array["people"].values()) == 11_755
    assert array["worstTier"] == "T0"
    summary = answer(run, "impact", "san-gdc-01")["summary"]
    assert array["cis"] == summary["affected"]
    assert array["people"] == summary["people"]["byState"]
    assert {t["tier"]: t["services"] for t in array["tiers"]} == {
        tier["name"]: tier["states"]["down"]
        for tier in summary["byTier"]
        if tier["states"]["down"] and tier["name"] != "unknown"
    }


def test_the_common_causes_hidden_in_the_province_are_found(run: Run) -> None:
    told = answer(run, "spof", "--pools", "--all")
    assert told["totalCount"] == len(told["nodes"])
    for member, cause in SHARED:
        pools = [node for node in told["nodes"] if member in [ref["id"] for ref in node["members"]]]
        assert any(cause in [c["ci"]["id"] for c in pool["causes"]] for pool in pools), (member, cause)
    assert all(node["required"] < node["total"] for node in told["nodes"])


def test_what_takes_one_service_down(run: Run) -> None:
    told = answer(run, "spof", "svc-dispatch", "--all")
    alone = {node["ci"]["id"] for node in told["singlePoints"]["nodes"]}
    assert {"san-gdc-01", "app-cad"} <= alone
    assert "svc-dispatch" not in alone
    pairs = {(pair["first"]["id"], pair["second"]["id"]) for pair in told["pairs"]["nodes"]}
    assert ("db-cad-01", "db-cad-02") in pairs
    assert not {ci for pair in pairs for ci in pair} & alone
    for pair in sorted(pairs)[:3]:
        services = answer(run, "impact", *pair, "--all")["services"]
        assert {s["id"]: s["state"] for s in services}["svc-dispatch"] == "down"
    assert (told["pairs"]["untested"], told["pairs"]["aloneUntested"]) == (0, 0)


def test_screens_are_words_and_numbers_for_people(run: Run) -> None:
    screen = shown(run, "spof")
    assert "CIs are single points of failure" in screen
    assert "(fac-hdc)" in screen
    assert "more: --all" in screen
    screen = shown(run, "spof", "svc-dispatch")
    assert "CIs take it down alone" in screen
    assert "pairs take it down together" in screen
    screen = shown(run, "spof", "--pools")
    assert "members to spare" in screen
    assert "vmc-gdc-prod-02" in screen


def test_filters_and_csv(run: Run) -> None:
    code, out, err = run("spof", "--csv", "--kind", "storage", "--sector", "shared", "--min-people", "5000")
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert "san-gdc-01" in {row["id"] for row in rows}
    assert {(row["kind"], row["sector"]) for row in rows} == {("storage", "shared")}
    assert min(int(row["people_down"]) for row in rows) >= 5_000
    code, out, err = run("spof", "--pools", "--csv")
    assert (code, err) == (0, "")
    assert len(list(csv.DictReader(io.StringIO(out)))) == answer(run, "spof", "--pools")["totalCount"]
    everything = answer(run, "spof", "--every-ci")
    assert everything["totalCount"] == everything["failed"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["svc-dispach"], "Did you mean svc-dispatch"),
        (["--kind", "toaster"], "no kind 'toaster'"),
        (["--pools", "--sector", "health"], "leave out"),
        (["--csv", "--json"], "one of --csv and --json"),
        (["--scheduler", "not an address"], "dask scheduler not an address"),
    ],
)
def test_what_cannot_be_answered_says_why(run: Run, arguments: list[str], words: str) -> None:
    code, out, err = run("spof", *arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_over_http_the_answers_are_those_of_the_command(run: Run, served: Service) -> None:
    sent = {"filter": {"service": "svc-permits", "kinds": ["infrastructure"]}, "first": 5}
    told = served.ask(OPERATIONS, "SinglePoints", **sent)["singlePoints"]
    assert told["__typename"] == "SinglePoints"
    mine = answer(run, "spof", "svc-permits", "--kind", "infrastructure")["singlePoints"]
    assert told["nodes"] == mine["nodes"][:5]
    assert told["totalCount"] == mine["totalCount"]
    rest = served.ask(OPERATIONS, "SinglePoints", **sent, after=told["endCursor"])["singlePoints"]
    assert [n["ci"] for n in rest["nodes"]] == [n["ci"] for n in mine["nodes"][5:10]]
    shared = served.ask(OPERATIONS, "SharedCauses", first=20)["sharedCauses"]
    pools = answer(run, "spof", "--pools", "--all")["nodes"]
    assert shared["nodes"] == pools[:20]
    more = served.ask(OPERATIONS, "SharedCauses", first=20, after=shared["endCursor"])["sharedCauses"]
    assert more["nodes"] == pools[20:40]
    pairs = served.ask(OPERATIONS, "Pairs", service="svc-permits", first=3)["pairs"]
    assert pairs["nodes"] == answer(run, "spof", "svc-permits")["pairs"]["nodes"][:3]
    assert pairs["completeness"]["revision"] == 1


def test_over_http_failures_are_part_of_the_answer(served: Service) -> None:
    for name, field in (("SinglePoints", "singlePoints"), ("Pairs", "pairs")):
        sent = {"filter": {"service": "nothing"}} if name == "SinglePoints" else {"service": "nothing"}
        assert served.ask(OPERATIONS, name, **sent)[field]["code"] == "UNKNOWN_CI"
        body = served.post(OPERATIONS, name, **sent, first=201)
        assert body["errors"][0]["extensions"]["code"] == "PAGE_TOO_LARGE"
    assert served.ask(OPERATIONS, "SharedCauses", asOf="r99")["sharedCauses"]["code"] == "INVALID_INPUT"
    body = served.post(OPERATIONS, "SinglePoints", filter={"minPeople": -1})
    assert body["errors"][0]["extensions"]["code"] == "BAD_FILTER"


def test_a_change_is_followed_and_the_past_stays(run: Run, served: Service, address: str) -> None:
    before = served.ask(OPERATIONS, "SinglePoints", filter={"service": "svc-permits"}, first=50)["singlePoints"]
    writer = open_workspace(address)
    tie = Relation(CiId("app-permits"), "depends_on", CiId("db-sso-01"), "", "", "hand")
    writer.store.apply(Changeset("ada", "hand", "a new dependency", put_relations=[tie]))
    writer.close()
    sent = {"filter": {"service": "svc-permits"}, "first": 50}
    after = served.ask(OPERATIONS, "SinglePoints", **sent)["singlePoints"]
    joined = {n["ci"]["id"] for n in after["nodes"]} - {n["ci"]["id"] for n in before["nodes"]}
    assert "db-sso-01" in joined
    assert (after["completeness"]["revision"], after["completeness"]["asOf"]) == (2, False)
    then = served.ask(OPERATIONS, "SinglePoints", **sent, asOf="r1")["singlePoints"]
    assert then["nodes"] == before["nodes"]
    assert (then["completeness"]["revision"], then["completeness"]["asOf"]) == (1, True)
    assert answer(run, "spof", "svc-permits", "--as-of", "r1")["singlePoints"]["nodes"] == then["nodes"]
