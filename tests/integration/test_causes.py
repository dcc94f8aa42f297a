"""Common causes and changes on the demo province: by command and over HTTP."""

import json
from typing import Any

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation, attributes_json
from tests.contract.service import ROOT, Service, load_province
from tests.integration.command import Run, answer, shown

ARRAY = ("svc-dispatch", "svc-courts", "svc-child-protection", "svc-home-care")
OPERATIONS = (ROOT / "graphql" / "operations" / "causes.graphql").read_text(encoding="utf-8")
HALIFAX = ("--tz", "America/Halifax")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The province, then three more revisions: a new database copy, a moved disk, and both undone in part."""
    path = tmp_path_factory.mktemp("causes") / "store.db"
    workspace = load_province(path)
    store = workspace.store
    cad = store.get([CiId("db-cad-01")])[CiId("db-cad-01")].ci
    slower = CI(*cad[:5], attributes_json({**cad.attributes, "restore": 95}), cad.source)
    spare = CI(CiId("db-cad-spare"), "database", "Spare dispatch database", "government", "live", "{}", "hand")
    tie = Relation(CiId("inst-cad-prod"), "depends_on", spare.id, "spare", "", "hand")
    rule = Pool(CiId("inst-cad-prod"), "spare", "1", "", "degraded", "hand")
    staff = CI(CiId("per-new"), "person", "New Person", "shared", "live", "{}", "hand")
    store.apply(Changeset("grace", "hand", "slower restore of dispatch", put_cis=[slower, staff]))
    store.apply(Changeset("ada", "hand", "spare database", put_cis=[spare], put_relations=[tie], put_pools=[rule]))
    store.apply(Changeset("ada", "hand", "spare taken back", delete=[spare.id], remove_pools=[rule.key]))
    workspace.close()
    return f"sqlite:{path}"


def test_the_array_behind_both_dispatch_databases_is_found(run: Run) -> None:
    """Both databases of a redundant pool stand on it: neither of them explains the services, it does."""
    told = answer(run, "causes", *ARRAY, "--fine", "svc-email", "--first", "5", "--why")
    best = told["nodes"][0]
    assert best["ci"]["id"] == "san-gdc-01"
    assert (best["facts"]["asSeen"], best["facts"]["unexplained"], best["facts"]["wrong"]) == (4, 0, 0)
    assert {one["state"] for one in best["explained"]} == {"down"}
    assert [why["proof"][-1]["ci"]["id"] for why in best["why"]] == ["san-gdc-01"] * 4
    assert told["pair"] is None
    candidates = [node["ci"]["id"] for node in answer(run, "causes", "svc-dispatch", "--first", "200")["nodes"]]
    assert "san-gdc-01" in candidates
    single = answer(run, "causes", "svc-dispatch=degraded", "--first", "200")["nodes"]
    assert not {"db-cad-01", "db-cad-02"} & {node["ci"]["id"] for node in single}


def test_a_switch_behind_both_power_sides_is_found(run: Run) -> None:
    told = answer(run, "causes", "pwr-hdc-ups-a=down", "pwr-hdc-ups-b=down", "--fine", "fac-hdc")
    assert told["nodes"][0]["ci"]["id"] == "pwr-hdc-ats-a"


def test_numbers_agree_with_the_impact_answer(run: Run) -> None:
    best = answer(run, "causes", *ARRAY, "--fine", "svc-email")["nodes"][0]
    hit = answer(run, "impact", "san-gdc-01", "--all")["affected"]
    others = [ci for ci in hit if ci["id"] not in {*ARRAY, "svc-email", "san-gdc-01"}]
    assert best["further"]["hit"] == sum(ci["state"] in {"down", "degraded"} for ci in others)
    assert best["further"]["atRisk"] == sum(ci["state"] == "at_risk" for ci in others)
    states = {ci["id"]: ci["state"] for ci in hit}
    assert all(states[one["ci"]["id"]] == one["state"] for one in best["explained"])


def test_a_known_fine_service_counts_against_what_predicts_it_down(run: Run) -> None:
    free = answer(run, "causes", "svc-dispatch", "svc-courts", "--first", "200")["nodes"]
    held = answer(run, "causes", "svc-dispatch", "svc-courts", "--fine", "svc-home-care", "--first", "200")["nodes"]
    one, other = (next(n for n in nodes if n["ci"]["id"] == "san-gdc-01") for nodes in (free, held))
    assert (one["facts"]["score"], other["facts"]["score"], other["facts"]["wrong"]) == (2, 1, 1)
    assert [(m["ci"]["id"], m["state"]) for m in other["wronglyPredicted"]] == [("svc-home-care", "down")]
    assert "svc-home-care" not in [n["ci"]["id"] for n in held]


def test_a_symptom_seen_later_than_what_it_explains_is_said_and_penalised(run: Run) -> None:
    times = ("svc-dispatch@2026-11-22T02:40", "app-cad@2026-11-22T02:50")
    nodes = {n["ci"]["id"]: n for n in answer(run, "causes", *times, "--first", "200", *HALIFAX)["nodes"]}
    late = nodes["app-cad"]
    assert (late["facts"]["asSeen"], late["facts"]["seenEarlier"], late["facts"]["score"]) == (2, 1, 1)
    assert [one["ci"]["id"] for one in late["explained"] if one["seenEarlier"]] == ["svc-dispatch"]
    assert nodes["inst-cad-prod"]["facts"]["score"] == 2
    in_order = ("svc-dispatch@2026-11-22T02:50", "app-cad@2026-11-22T02:40")
    first = answer(run, "causes", *in_order, *HALIFAX)["nodes"][0]
    assert (first["ci"]["id"], first["facts"]["score"]) == ("app-cad", 2)


def test_a_pair_is_offered_where_no_single_one_explains_all(run: Run) -> None:
    power, keys = ("pwr-hdc-ups-a=down", "pwr-hdc-ups-b=down"), ("svc-payments=down", "svc-certificates=down")
    told = answer(run, "causes", *power, *keys)
    assert told["nodes"][0]["facts"]["unexplained"] == 2
    pair = told["pair"]
    assert (pair["asSeen"], pair["second"]["id"], pair["unexplained"], pair["wrong"]) == (4, "pwr-hdc-ats-a", [], [])
    assert "together explain 4 of 4" in shown(run, "causes", *power, *keys)


def test_the_table_reads_well(run: Run) -> None:
    out = shown(run, "causes", *ARRAY, "--fine", "svc-email", "--why")
    for words in ("graph r4 · newest", "Emergency Dispatch", "SAN array GDC-01 (san-gdc-01)", "4 of 4",
                  "is the best explanation", "■ down: ", "Look at", "svc-dispatch ← ", "← san-gdc-01"):  # fmt: skip
        assert words in out
    assert "prove it: cmdb why" in shown(run, "causes", *ARRAY)
    assert "as of r1" in shown(run, "causes", *ARRAY, "--as-of", "r1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["causes", "svc-dispach"], "no CI 'svc-dispach'. Did you mean svc-dispatch"),
        (["causes", "svc-dispatch", "--fine", "svc-emial"], "no CI 'svc-emial'"),
        (["causes", "svc-dispatch=broken"], "'broken' is not a state"),
        (["causes", "svc-dispatch", "--fine", "svc-dispatch"], "svc-dispatch cannot be both"),
        (["changed", "svc-dispach", "--since", "r1"], "no CI 'svc-dispach'. Did you mean"),
        (["changed", "svc-dispatch", "--since", "soon"], "'soon' is neither a revision nor a time"),
        (["changed", "svc-dispatch", "--since", "r3", "--until", "r2"], "not after r2, where the span ends"),
    ],
)
def test_what_cannot_be_answered_is_said(run: Run, arguments: list[str], words: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_changes_below_a_service_the_nearest_then_the_newest(run: Run) -> None:
    told = answer(run, "changed", "svc-dispatch", "--since", "r1")
    rows = [(n["ci"]["id"], n["revision"], n["thing"], n["turn"], n["stillSo"]) for n in told["nodes"]]
    assert rows == [
        ("inst-cad-prod", 4, "relation", "left", True),
        ("inst-cad-prod", 4, "pool", "left", True),
        ("inst-cad-prod", 3, "relation", "joined", False),
        ("inst-cad-prod", 3, "pool", "joined", False),
        ("db-cad-01", 2, "ci", "changed", True),
    ]
    assert [(n["who"], n["message"]) for n in told["nodes"][::2]][-1] == ("grace", "slower restore of dispatch")
    (restore,) = told["nodes"][-1]["fields"]
    assert (restore["name"], restore["after"]) == ("restore", "95")
    path = told["nodes"][-1]["path"]
    assert [path[0]["ci"]["id"], path[-1]["ci"]["id"], path[-1]["relation"]] == ["svc-dispatch", "db-cad-01", None]
    assert len(path) == told["nodes"][-1]["hops"] + 1
    assert told["totalCount"] == 5


def test_what_was_there_at_the_start_and_went_counts(run: Run) -> None:
    told = answer(run, "changed", "svc-dispatch", "--since", "r3")
    gone = [n for n in told["nodes"] if n["ci"]["id"] == "db-cad-spare"]
    assert [(n["thing"], n["turn"], n["gone"]) for n in gone] == [("ci", "left", True)]
    assert answer(run, "changed", "db-cad-spare", "--since", "r3")["nodes"][0]["hops"] == 0
    later = answer(run, "changed", "svc-dispatch", "--since", "r1", "--until", "r3")["nodes"]
    assert {n["ci"]["id"] for n in later} == {"inst-cad-prod", "db-cad-spare", "db-cad-01"}
    assert not any(n["stillSo"] for n in later if n["ci"]["id"] != "db-cad-01")


def test_what_is_not_below_is_not_shown(run: Run) -> None:
    told = answer(run, "changed", "svc-dispatch", "--since", "r1")
    assert "per-new" not in {n["ci"]["id"] for n in told["nodes"]}
    assert answer(run, "changed", "svc-public-website", "--since", "r3")["totalCount"] == 0


def test_changes_as_a_table(run: Run) -> None:
    out = shown(run, "changed", "svc-dispatch", "--since", "r1", *HALIFAX)
    for words in ("below Emergency Dispatch (svc-dispatch)", "grace from hand: slower restore", "restore 45 → 95",
                  "− gone", "+ came", "no longer so", "pool spare of inst-cad-prod"):  # fmt: skip
        assert words in out
    assert "Nothing was recorded" in shown(run, "changed", "svc-public-website", "--since", "r3")
    assert "more: --all" in shown(run, "changed", "svc-dispatch", "--since", "r0")


def test_pages_of_changes_add_up(served: Service) -> None:
    wanted = {"cis": ["svc-dispatch", "svc-courts"], "since": "r0"}
    whole = served.ask(OPERATIONS, "Changed", **wanted, first=120)["changed"]
    nodes: list[dict[str, Any]] = []
    after = None
    while True:
        page = served.ask(OPERATIONS, "Changed", **wanted, first=37, after=after)["changed"]
        nodes += page["nodes"]
        after = page["endCursor"]
        if not page["hasNextPage"] or len(nodes) >= 120:
            break
    assert nodes[:120] == whole["nodes"]
    assert page["totalCount"] == whole["totalCount"]
    assert [n["hops"] for n in nodes] == sorted(n["hops"] for n in nodes)


def test_pages_of_candidates_add_up(served: Service) -> None:
    affected = [{"ci": ci} for ci in ARRAY]
    whole = served.ask(OPERATIONS, "CommonCauses", affected=affected, first=30)["commonCauses"]
    nodes: list[dict[str, Any]] = []
    after = None
    while len(nodes) < 30:
        page = served.ask(OPERATIONS, "CommonCauses", affected=affected, first=7, after=after)["commonCauses"]
        nodes += page["nodes"]
        after = page["endCursor"]
    assert nodes[:30] == whole["nodes"]
    assert [n["facts"]["rank"] for n in whole["nodes"]] == list(range(1, 31))


def test_failures_over_http(served: Service) -> None:
    def failed(name: str, **variables: Any) -> tuple[str, str]:
        (told,) = served.ask(OPERATIONS, name, **variables).values()
        return told["__typename"], told["code"]

    assert failed("CommonCauses", affected=[{"ci": "nope"}]) == ("UnknownCi", "UNKNOWN_CI")
    assert failed("CommonCauses", affected=[]) == ("InvalidInput", "INVALID_INPUT")
    both = {"affected": [{"ci": "svc-email"}], "fine": ["svc-email"]}
    assert failed("CommonCauses", **both) == ("ContradictoryScenario", "CONTRADICTORY_SCENARIO")
    assert failed("Changed", cis=["nope"], since="r0") == ("UnknownCi", "UNKNOWN_CI")
    assert failed("Changed", cis=[], since="r0") == ("InvalidInput", "INVALID_INPUT")
    assert failed("Changed", cis=["svc-email"], since="lately") == ("InvalidInput", "INVALID_INPUT")
    body = served.post(OPERATIONS, "Changed", cis=["svc-email"], since="r0", after="x")
    assert body["errors"][0]["extensions"]["code"] == "BAD_CURSOR"
    body = served.post(OPERATIONS, "CommonCauses", affected=[{"ci": "svc-email"}], after="MTphcHA")
    assert body["errors"][0]["extensions"]["code"] == "BAD_CURSOR"


def test_http_and_command_agree(served: Service, run: Run) -> None:
    told = served.ask(OPERATIONS, "CommonCauses", affected=[{"ci": ci} for ci in ARRAY], first=5)["commonCauses"]
    same = json.loads(run("causes", *ARRAY, "--first", "5", "--json")[1])
    assert [n["facts"] for n in told["nodes"]] == [n["facts"] for n in same["nodes"]]
    assert told["endCursor"] == same["endCursor"]
    why = served.ask(OPERATIONS, "WhyCause", affected=[{"ci": "svc-dispatch"}], ci="svc-dispatch")["commonCauses"]
    assert all(n["why"]["proof"][-1]["ci"]["id"] == n["ci"]["id"] for n in why["nodes"])
