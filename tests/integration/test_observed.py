"""Observed dependencies on the province: counted and decided by command, asked and decided over HTTP."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.observed import candidates
from cmdb.model.ci import CiId
from cmdb.service import Signed
from importers.observed.names import meant
from tests.contract.service import ROOT
from tests.integration.command import Run, answer, shown
from tests.integration.office import NOW, Office

OPERATIONS = (ROOT / "graphql" / "operations" / "observed.graphql").read_text(encoding="utf-8")
METRIC = "traces_service_graph_request_total"
APP, DECLARED, CAD, PERMITS = "app-cad", "inst-cad-prod", "db-cad-01", "db-permits-01"
IMPACT = (
    """query { impact(scenario: [{ci: "%s"}]) { ... on Impact { affected(first: 200) { nodes { id state } } } } }"""
)


def do(office: Office, operation: str, **variables: Any) -> dict[str, Any]:
    (found,) = office.service.ask(OPERATIONS, operation, **variables).values()
    told: dict[str, Any] = found
    return told


def hints(office: Office, state: str = "proposed", **more: Any) -> list[dict[str, Any]]:
    found = do(office, "Observations", state=state, **more)
    assert found["__typename"] == "Observations", found
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes


def numbers(found: list[dict[str, Any]]) -> list[str]:
    return [hint["number"] for hint in found]


def pairs(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(hint["from"]["id"], hint["to"]["id"]) for hint in found]


def scrape(folder: Path, *calls: tuple[str, str, int], at: datetime = NOW - timedelta(hours=5)) -> str:
    stamp = int(at.timestamp() * 1000)
    lines = [f'{METRIC}{{client="{a}",server="{b}"}} {count} {stamp}' for a, b, count in calls]
    path = folder / "scrape.prom"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def observed(office: Office, typed: Run, tmp_path: Path) -> Office:
    """An office where three dependencies were seen, one of which is recorded."""
    told = (APP, CAD, 40), (APP, PERMITS + ":5432", 70), (APP, DECLARED, 9), ("user", APP, 3), (CAD, CAD, 5)
    shown(typed, "observe", scrape(tmp_path, *told), "--source", "otel")
    office.service.workspace.wrote(2)
    return office


def test_what_a_file_comes_to_is_told_before_it_is_counted(office: Office, typed: Run, tmp_path: Path) -> None:
    path = scrape(tmp_path, (APP, CAD, 40), (APP, "x", 5), ("Permits", CAD, 2))
    out = shown(typed, "observe", path, "--source", "otel", "--plan")
    for words in ("1 dependency would be counted", "x (5 calls; no CI is called that)", "nothing was written"):
        assert words in out, words
    assert office.service.workspace.store.head().revision == 1
    told = answer(typed, "observe", path, "--source", "otel")
    assert (told["applied"], told["revision"], told["created"], told["unresolvedCount"]) == (True, 2, 1, 2)
    again = answer(typed, "observe", path, "--source", "otel", "--key", "nightly")
    assert (again["revision"], again["created"], again["changed"], again["unchanged"]) == (2, 0, 0, 1)
    assert "everything was counted already" in shown(typed, "observe", path, "--source", "otel")


def test_proposed_ones_are_listed_by_calls(observed: Office, typed: Run) -> None:
    found = do(observed, "Observations")
    assert found["counts"] == {"proposed": 2, "verified": 1, "questioned": 1, "rejected": 0, "setAside": 0}
    assert pairs(found["nodes"]) == [(APP, PERMITS), (APP, CAD)]
    first, second = found["nodes"]
    assert (first["calls"], first["source"], first["types"], first["through"]) == (70, "otel", [], None)
    assert datetime.fromisoformat(first["lastSeen"]) == NOW - timedelta(hours=5)
    assert second["through"]["id"] == DECLARED
    assert first["wouldHit"]["services"] > 0
    assert first["wouldHit"]["people"] > 0
    assert (second["wouldHit"]["services"], second["wouldHit"]["people"]) == (3, 1525)  # harder: it stands in a pool
    page = do(observed, "Observations", first=1)
    assert (numbers(page["nodes"]), page["hasNextPage"], page["totalCount"]) == ([first["number"]], True, 2)
    assert numbers(hints(observed, first=1, after=page["endCursor"])) == [second["number"]]
    out = shown(typed, "hints")
    assert "2 proposed · 1 verified" in out
    assert "recorded by way of Computer-Aided Dispatch, production (inst-cad-prod)" in " ".join(out.split())
    assert "5 h ago" in out
    hit = first["wouldHit"]
    assert f"would hit {hit['services']} more services, {hit['people']:,} more people" in " ".join(out.split())
    told = answer(typed, "hints")
    assert [(hint["from"]["id"], hint["to"]["id"], hint["calls"]) for hint in told["nodes"]] == [
        (APP, PERMITS, 70), (APP, CAD, 40),
    ]  # fmt: skip
    assert (told["counts"], told["totalCount"]) == (found["counts"], 2)


def test_confirming_one_makes_it_a_dependency(observed: Office, typed: Run) -> None:
    (number, _) = numbers(hints(observed))
    before = observed.service.ask(IMPACT % PERMITS)["impact"]["affected"]["nodes"]
    assert APP not in {node["id"] for node in before}
    done = do(observed, "ConfirmObservations", numbers=[number], effect="degraded", key="one", message="seen")
    assert done["__typename"] == "ObservationsDecided", done
    assert done["relations"] == [{"from": APP, "type": "depends_on", "to": PERMITS}]
    (hint,) = done["observations"]
    assert (hint["state"], hint["types"], hint["decided"], hint["who"]) == (
        "verified", ["depends_on"], "confirmed", "local",
    )  # fmt: skip
    again = do(observed, "ConfirmObservations", numbers=[number], effect="degraded", key="one", message="seen")
    assert (again["revision"], again["replayed"]) == (done["revision"], True)
    other = do(observed, "ConfirmObservations", numbers=["OBS-0001"], key="one")
    assert other["code"] == "KEY_REUSED"
    after = observed.service.ask(IMPACT % PERMITS)["impact"]["affected"]["nodes"]
    assert {"id": APP, "state": "degraded"} in after
    assert "1 proposed · 2 verified" in shown(typed, "hints", "--state", "verified")


def test_a_rejected_one_stays_away_until_it_is_called_far_more(observed: Office, typed: Run, tmp_path: Path) -> None:
    (_, number) = numbers(hints(observed))
    assert do(observed, "RejectObservations", numbers=[number])["observations"][0]["state"] == "rejected"
    assert number not in numbers(hints(observed))
    out = " ".join(shown(typed, "hints", "--state", "rejected", "--tz", "UTC").split())
    assert "rejected by local 20 Nov 12:00, at 40 calls" in out
    later = NOW - timedelta(hours=1)
    shown(typed, "observe", scrape(tmp_path, (APP, CAD, 399), at=later), "--source", "otel")
    assert number not in numbers(answer(typed, "hints")["nodes"])
    more = later + timedelta(minutes=1)
    shown(typed, "observe", scrape(tmp_path, (APP, CAD, 400), at=more), "--source", "otel")
    (back, _) = answer(typed, "hints")["nodes"]
    assert (back["number"], back["decided"], back["decidedCalls"], back["calls"]) == (number, "rejected", 40, 400)
    assert "rejected by local" in " ".join(shown(typed, "hints").split())


def test_people_read_names_and_ids(observed: Office, typed: Run, tmp_path: Path) -> None:
    lines = [line.split() for line in shown(typed, "hints").splitlines()]
    first = next(at for at, line in enumerate(lines) if line[:1] == ["OBS-0002"])
    told = " ".join(word for line in lines[first:] for word in line)
    for words in ("(app-cad)", "(db-permits-01)"):
        assert words in told, words
    for hint in hints(observed):
        assert set(hint["from"]["name"].split()) <= set(told.split()), hint
        assert set(hint["to"]["name"].split()) <= set(told.split()), hint
    one = scrape(tmp_path, (APP, CAD, 1), ("user", APP, 1), (CAD, CAD, 1))
    out = " ".join(shown(typed, "observe", one, "--source", "other", "--plan").split())
    for words in (
        "1 dependency would be counted for the first time", "1 call of a CI by itself, left out",
        "1 name that stands for no CI; what it takes part in is left out: user (1 call; no CI is called that)",
    ):  # fmt: skip
        assert words in out, words


def test_what_a_relation_records_is_not_rejected(observed: Office, typed: Run) -> None:
    (verified,) = hints(observed, "verified")
    others = numbers(hints(observed))
    code, out, err = typed("hints", "reject", others[0], verified["number"])
    assert (code, out) == (2, "")
    assert "BAD_TRANSITION at numbers[1]" in err
    for words in (verified["number"], f"{APP} ", DECLARED, "take the relation out first"):
        assert words in " ".join(err.split()), words
    refused = do(observed, "RejectObservations", numbers=[verified["number"]])
    assert [(problem["code"], problem["place"]) for problem in refused["problems"]] == [
        ("BAD_TRANSITION", "numbers[0]")
    ]
    assert hints(observed, "rejected") == []
    assert numbers(hints(observed)) == others


def test_what_is_declared_between_observed_cis_and_not_seen_is_questioned(
    observed: Office, typed: Run, tmp_path: Path
) -> None:
    (doubt,) = hints(observed, "questioned")
    assert (pairs([doubt]), doubt["number"], doubt["lastSeen"]) == ([(DECLARED, CAD)], None, None)
    assert (doubt["source"], doubt["types"], doubt["calls"]) == ("otel", ["depends_on"], 0)
    assert datetime.fromisoformat(doubt["firstSeen"]) == NOW - timedelta(hours=5)
    out = shown(typed, "hints", "--state", "questioned")
    assert (DECLARED in out, "observed for" in out, "depends_on" in out) == (True, True, True)
    backwards = scrape(tmp_path, (CAD, DECLARED, 1))
    shown(typed, "observe", backwards, "--source", "flows")
    assert pairs(hints(observed, "questioned")) == [(DECLARED, CAD)]  # a call the other way is another dependency
    shown(typed, "observe", scrape(tmp_path, (DECLARED, CAD, 1)), "--source", "flows")
    assert answer(typed, "hints", "--state", "questioned")["nodes"] == []
    before = observed.service.workspace.store.around([CiId(DECLARED)]).relations
    assert any(relation[:3] == (DECLARED, "depends_on", CAD) for relation in before)


def test_of_cis_out_of_service_nothing_is_proposed(observed: Office, typed: Run) -> None:
    observed.edit("Retire", cis=[{"id": PERMITS}])
    assert pairs(hints(observed)) == [(APP, CAD)]
    (aside,) = hints(observed, "set_aside")
    assert (aside["to"]["id"], aside["state"]) == (PERMITS, "set_aside")
    refused = do(observed, "ConfirmObservations", numbers=[aside["number"]])
    assert [(problem["code"], problem["place"]) for problem in refused["problems"]] == [("RETIRED_CI", "numbers[0].to")]


def test_names_are_those_of_now(office: Office) -> None:
    workspace, edit = office.service.workspace, office.edit
    assert workspace.seen().estate.register.find(CAD) is not None
    before = sum(1 for _ in candidates(workspace))
    edit("UpsertCis", cis=[{"id": CAD, "name": "Dispatch store"}, {"id": "app-new", "kind": "application"}])
    edit("UpsertCis", cis=[{"id": "team-new", "kind": "team"}])
    edit("DeleteCis", cis=[{"id": PERMITS}])
    edit("Retire", cis=[{"id": APP}])
    told = meant(
        ["dispatch STORE", "Computer-Aided Dispatch database 1", "app-new", PERMITS, APP], candidates(workspace)
    )
    assert {name: found.ci or str(found.reason) for name, found in told.items()} == {
        "dispatch STORE": CAD, "Computer-Aided Dispatch database 1": "unknown", "app-new": "app-new",
        PERMITS: "unknown", APP: "not_in_service",
    }  # fmt: skip
    assert sum(1 for _ in candidates(workspace)) == before


def test_an_id_that_was_merged_means_what_it_was_merged_into(office: Office, typed: Run, tmp_path: Path) -> None:
    workspace = office.service.workspace
    office.edit("UpsertCis", cis=[{"id": "db-double", "kind": "database", "name": "Double"}])
    workspace.wrote(workspace.matches.merge(CiId(CAD), CiId("db-double"), Signed("ann", "cli")).revision)
    assert meant(["db-double"], candidates(workspace))["db-double"].ci == CAD
    out = shown(typed, "observe", scrape(tmp_path, (APP, "db-double", 12)), "--source", "otel")
    assert "stands for no CI" not in out


def test_refusals_say_what_would_do(observed: Office, typed: Run, tmp_path: Path) -> None:
    path = scrape(tmp_path, (APP, CAD, 1))
    for arguments, words in (
        (("observe", path), "name what observed this"),
        (("observe", path, "--source", "a\nb"), "BAD_NUMBER at source"),
        (("observe", str(tmp_path / "none.csv"), "--source", "x"), "UNREADABLE_FILE"),
        (("hints", "--state", "odd"), "is not a state of hints"),
        (("hints", "confirm", "OBS-0077"), "UNKNOWN_RECORD at numbers[0]"),
        (("hints", "confirm", "OBS-0001", "--type", "owned_by"), "BAD_CHOICE at type"),
    ):
        code, out, err = typed(*arguments)
        assert (code, out) == (2, "")
        assert words in err
    assert "confirmed" in shown(typed, "hints", "confirm", "OBS-0001", "--message", "asked them")
    assert "rejected" in shown(typed, "hints", "reject", "OBS-0002")
    assert observed.service.post(OPERATIONS, "Observations", first=500)["errors"][0]["extensions"]["code"] == (
        "PAGE_TOO_LARGE"
    )
