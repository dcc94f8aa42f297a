"""Two sources know one thing: found, merged, asked about, parted and undone over HTTP."""

from typing import Any

import pytest

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Relation, attributes_json
from tests.contract.service import ROOT
from tests.integration.office import MUTATIONS, Office

OPERATIONS = (ROOT / "graphql" / "operations" / "identity.graphql").read_text(encoding="utf-8")
SOURCES = (ROOT / "graphql" / "operations" / "sources.graphql").read_text(encoding="utf-8")
KEEP, GONE = "nb-web-1", "Server::3"
PICTURE = """query($number: String!) { incident(number: $number) { ... on Incident {
  cis(first: 20) { nodes { ci { id } } } impact { affected(first: 50) { nodes { id } } } } } }"""


def ci(id_: str, source: str, kind: str = "server", name: str = "", **attributes: Any) -> CI:
    return CI(CiId(id_), kind, name or id_, "shared", "live", attributes_json(attributes), source)


def uses(start: str, end: str, source: str) -> Relation:
    return Relation(CiId(start), "depends_on", CiId(end), "", "", source)


def do(office: Office, operation: str, **variables: Any) -> dict[str, Any]:
    (found,) = office.service.ask(OPERATIONS, operation, **variables).values()
    told: dict[str, Any] = found
    return told


def upsert(office: Office, ci: dict[str, Any], **more: Any) -> dict[str, Any]:
    (found,) = office.service.ask(MUTATIONS, "UpsertCis", cis=[ci], **more).values()
    told: dict[str, Any] = found
    return told


def ids(told: dict[str, Any]) -> list[str]:
    return [one["id"] for one in told["cis"]]


@pytest.fixture
def doubled(office: Office) -> Office:
    """One server that two sources know under keys of their own; an application of each hangs on it."""
    store = office.service.workspace.store
    serial = {"serial": "ABC123XYZ"}
    store.apply(
        Changeset(
            "ann", "netbox", put_relations=[uses("shop", KEEP, "netbox")],
            put_cis=[
                ci(KEEP, "netbox", name="web-1", os="linux", rto=60, **serial),
                ci("shop", "netbox", "application"),
            ],
        )
    )  # fmt: skip
    store.apply(
        Changeset(
            "ben", "itop", put_relations=[uses("till", GONE, "itop")],
            put_cis=[
                ci(GONE, "itop", name="WEB-1", os="linux", rto=240, cpus=4, **serial),
                ci("till", "itop", "application"),
            ],
        )
    )  # fmt: skip
    return office


def test_from_a_proposal_to_one_ci_and_back(doubled: Office) -> None:
    found = do(doubled, "Duplicates", source="itop")
    assert found["__typename"] == "Duplicates", found
    (pair,) = found["nodes"]
    assert {pair["keep"]["id"], pair["other"]["id"]} == {KEEP, GONE}
    assert pair["score"] >= 80
    assert any("serial" in reason for reason in pair["reasons"]), pair["reasons"]
    incident = doubled.incident(GONE)
    before = doubled.head
    assert set(doubled.states(KEEP)) == {KEEP, "shop"}

    merged = do(doubled, "MergeCis", keep=KEEP, gone=GONE, key="one", message="same serial number")
    assert merged["__typename"] == "MatchDecision", merged
    assert (merged["verdict"], merged["who"], merged["note"]) == ("same", "local", "same serial number")
    assert (merged["revision"], ids(merged)) == (before + 1, [KEEP])
    assert do(doubled, "MergeCis", keep=KEEP, gone=GONE, key="one", message="same serial number") == merged
    assert do(doubled, "MergeCis", keep=GONE, gone=KEEP, key="one")["code"] == "KEY_REUSED"

    assert set(doubled.states(KEEP)) == {KEEP, "shop", "till"}
    told = doubled.service.ask(PICTURE, number=incident)["incident"]
    assert [part["ci"]["id"] for part in told["cis"]["nodes"]] == [KEEP]
    assert {one["id"] for one in told["impact"]["affected"]["nodes"]} == {KEEP, "shop", "till"}
    assert do(doubled, "Duplicates", source="itop")["totalCount"] == 0

    undone = do(doubled, "UndoRevision", revision=f"r{merged['revision']}", key="two")
    assert undone["__typename"] == "RevisionUndone", undone
    assert (undone["undone"], undone["replayed"]) == (merged["revision"], False)
    assert {"action": "created", "entity": "ci", "kind": "server", "number": 1} in undone["counts"]
    again = do(doubled, "UndoRevision", revision=f"r{merged['revision']}", key="two")
    assert again == {**undone, "replayed": True}
    assert do(doubled, "UndoRevision", revision="r1", key="two")["code"] == "KEY_REUSED"
    assert (set(doubled.states(KEEP)), set(doubled.states(GONE))) == ({KEEP, "shop"}, {GONE, "till"})
    assert do(doubled, "Duplicates", source="itop")["totalCount"] == 1


def test_what_each_source_says_and_where_they_disagree(doubled: Office) -> None:
    revision = do(doubled, "MergeCis", keep=KEEP, gone=GONE)["revision"]
    told = do(doubled, "CiClaims", id=KEEP)
    assert told["askedAs"] is None
    assert [(one["source"], one["key"], one["edited"]) for one in told["claims"]] == [
        ("itop", GONE, False), ("netbox", KEEP, False),
    ]  # fmt: skip
    assert {"name": "rto", "value": 240} in told["claims"][0]["values"]
    (conflict,) = told["conflicts"]
    assert (conflict["attribute"], conflict["unit"], conflict["kept"], conflict["source"]) == (
        "rto", "minutes", 60, "netbox",
    )  # fmt: skip
    assert conflict["others"] == [{"source": "itop", "key": None, "value": 240}]
    assert (conflict["grounds"], conflict["why"]) == ("first_source", "netbox stated it first")
    assert do(doubled, "Conflicts")["nodes"] == [conflict]
    assert do(doubled, "Conflicts", source="province")["totalCount"] == 0
    assert do(doubled, "Conflicts", attribute="os")["totalCount"] == 0
    by_old_id = do(doubled, "CiClaims", id=GONE)
    assert (by_old_id["id"], by_old_id["askedAs"]) == (KEEP, {"id": GONE, "since": revision, "source": None})


def test_nothing_is_created_under_an_id_that_was_merged(doubled: Office) -> None:
    edit = {"id": GONE, "kind": "server", "name": "again"}
    asked = upsert(doubled, edit, key="before")
    assert (asked["__typename"], asked["replayed"]) == ("Applied", False)
    revision = do(doubled, "MergeCis", keep=KEEP, gone=GONE)["revision"]
    refused = upsert(doubled, edit)
    (problem,) = refused["problems"]
    assert (problem["code"], problem["place"]) == ("MERGED_CI", "cis[0].id")
    assert (f"r{revision}" in problem["found"], KEEP in problem["accepted"]) == (True, True)
    again = upsert(doubled, edit, key="before")
    assert (again["revision"], again["replayed"]) == (asked["revision"], True)
    assert upsert(doubled, edit, key="other")["problems"] == [problem]
    do(doubled, "UndoRevision", revision=f"r{revision}")
    assert upsert(doubled, edit)["__typename"] == "Applied"


def test_who_asks_by_an_id_that_was_merged_is_told_the_new_one(doubled: Office) -> None:
    revision = do(doubled, "MergeCis", keep=KEEP, gone=GONE)["revision"]
    known = f"{GONE} is known as {KEEP} since r{revision}"
    impact = doubled.service.ask(
        "query($ci: ID!) { impact(scenario: [{ci: $ci}]) { ... on UnknownCi { message suggestions { id } } } }", ci=GONE
    )["impact"]
    assert impact["message"] == f"no CI '{GONE}'. {known}."
    assert impact["suggestions"][0]["id"] == KEEP
    relation = {"from": "till", "type": "depends_on", "to": GONE}
    (related,) = doubled.service.ask(MUTATIONS, "Relate", relations=[relation]).values()
    (problem,) = related["problems"]
    assert (problem["code"], known in problem["accepted"]) == ("DANGLING_RELATION", True)


def test_an_id_that_was_parted_again_stands_for_itself(doubled: Office) -> None:
    do(doubled, "MergeCis", keep=KEEP, gone=GONE)
    do(doubled, "PartCi", ci=KEEP, source="itop")
    doubled.edit("DeleteCis", cis=[{"id": GONE}])
    edit = {"id": GONE, "kind": "server", "name": "again"}
    assert upsert(doubled, edit)["__typename"] == "Applied"
    upsert(doubled, {"id": "box", "kind": "server"})
    revision = do(doubled, "MergeCis", keep="box", gone=GONE)["revision"]
    (problem,) = upsert(doubled, edit)["problems"]
    assert (f"r{revision}" in problem["found"], "box" in problem["accepted"]) == (True, True)
    assert do(doubled, "CiClaims", id=GONE)["askedAs"] == {"id": GONE, "since": revision, "source": None}


def test_an_edit_is_believed_until_it_is_withdrawn(doubled: Office) -> None:
    do(doubled, "MergeCis", keep=KEEP, gone=GONE)
    doubled.edit("UpsertCis", cis=[{"id": KEEP, "attributes": [{"name": "rto", "value": "2h"}]}])
    (conflict,) = do(doubled, "Conflicts")["nodes"]
    assert (conflict["kept"], conflict["source"], conflict["grounds"]) == (120, "api", "by_hand")
    assert [other["source"] for other in conflict["others"]] == ["netbox", "itop"]
    done = do(doubled, "WithdrawEdit", ci=KEEP, source="api", names=["rto"], key="back")
    assert done["__typename"] == "Applied", done
    again = do(doubled, "WithdrawEdit", ci=KEEP, source="api", names=["rto"], key="back")
    assert (again["revision"], again["replayed"]) == (done["revision"], True)
    (conflict,) = do(doubled, "Conflicts")["nodes"]
    assert (conflict["kept"], conflict["source"]) == (60, "netbox")
    refused = do(doubled, "WithdrawEdit", ci=KEEP, source="api")
    assert [problem["code"] for problem in refused["problems"]] == ["UNKNOWN_CLAIM"]


def test_parted_and_told_apart(doubled: Office) -> None:
    do(doubled, "MergeCis", keep=KEEP, gone=GONE)
    parted = do(doubled, "PartCi", ci=KEEP, source="itop", message="two boxes after all")
    assert (parted["verdict"], ids(parted)) == ("parted", [KEEP, GONE])
    assert set(doubled.states(GONE)) == {GONE, "till"}
    assert do(doubled, "Duplicates", source="itop")["totalCount"] == 0
    other = do(doubled, "DeclareDistinct", one="shop", other="till")
    assert (other["verdict"], other["number"], ids(other)) == ("distinct", "MAT-0003", ["shop", "till"])
    undone = do(doubled, "UndoRevision", revision=f"r{other['revision']}")
    assert (undone["__typename"], undone["counts"]) == ("RevisionUndone", [])
    (problem,) = do(doubled, "UndoRevision", revision=f"r{other['revision']}")["problems"]
    assert (problem["code"], problem["place"]) == ("UNDO_CONFLICT", "decision MAT-0003")
    assert problem["found"] == f"changed since, in r{undone['revision']} by local"


def test_an_undone_decision_does_not_count(doubled: Office) -> None:
    merged = do(doubled, "MergeCis", keep=KEEP, gone=GONE)["revision"]
    parted = do(doubled, "PartCi", ci=KEEP, source="itop")["revision"]
    assert do(doubled, "Duplicates", source="itop")["totalCount"] == 0
    do(doubled, "UndoRevision", revision=f"r{parted}")
    assert do(doubled, "CiClaims", id=GONE)["askedAs"] == {"id": GONE, "since": merged, "source": None}
    do(doubled, "UndoRevision", revision=f"r{merged}")
    assert do(doubled, "CiClaims", id=GONE)["askedAs"] is None
    assert do(doubled, "Duplicates", source="itop")["totalCount"] == 1
    distinct = do(doubled, "DeclareDistinct", one=KEEP, other=GONE)["revision"]
    assert do(doubled, "Duplicates", source="itop")["totalCount"] == 0
    undone = do(doubled, "UndoRevision", revision=f"r{distinct}")["revision"]
    assert do(doubled, "Duplicates", source="itop")["totalCount"] == 1
    do(doubled, "UndoRevision", revision=f"r{undone}")
    assert do(doubled, "Duplicates", source="itop")["totalCount"] == 0
    doubled.service.workspace.store.apply(Changeset("ben", "itop", delete=[CiId(GONE)]))
    assert do(doubled, "CiClaims", id=GONE)["code"] == "UNKNOWN_CI"  # it is no part of the other any more


@pytest.mark.parametrize(
    ("operation", "variables", "code"),
    [
        ("MergeCis", {"keep": KEEP, "gone": KEEP}, "SAME_CI"),
        ("MergeCis", {"keep": KEEP, "gone": "none"}, "UNKNOWN_CI"),
        ("MergeCis", {"keep": "a\nb", "gone": KEEP}, "BAD_CHARACTER"),
        ("PartCi", {"ci": KEEP, "source": "netbox"}, "LAST_CLAIM"),
        ("PartCi", {"ci": KEEP, "source": "none"}, "UNKNOWN_CLAIM"),
        ("UndoRevision", {"revision": "r0"}, "BAD_REVISION"),
        ("UndoRevision", {"revision": "r999"}, "UNKNOWN_REVISION"),
        ("UndoRevision", {"revision": "RUN-0099"}, "UNKNOWN_RECORD"),
    ],
)
def test_what_is_refused(doubled: Office, operation: str, variables: dict[str, str], code: str) -> None:
    head = doubled.head
    refused = do(doubled, operation, **variables)
    assert [problem["code"] for problem in refused["problems"]] == [code], refused
    assert doubled.head == head


def test_pages_are_cut_and_cheap(doubled: Office) -> None:
    extra = [ci(f"c{n}", "netbox", serial=f"XK{n // 2:07}Q", name=f"box-{n}") for n in range(8)]
    doubled.service.workspace.store.apply(Changeset("ann", "netbox", put_cis=extra))
    first = do(doubled, "Duplicates", first=2, source="netbox")
    assert (len(first["nodes"]), first["totalCount"], first["hasNextPage"]) == (2, 5, True)
    held = doubled.service.workspace.findings.likely()
    rest = do(doubled, "Duplicates", first=50, after=first["endCursor"], source="netbox")
    shown = [frozenset((one["keep"]["id"], one["other"]["id"])) for one in first["nodes"] + rest["nodes"]]
    assert (len(shown), len(set(shown))) == (5, 5)
    doubled.incident("shop")  # a record alone changes no CI
    after = doubled.service.workspace.findings.likely()
    assert after.every is held.every
    assert after.revision > held.revision
    body = doubled.service.post(OPERATIONS, "Duplicates", kind="odd")
    assert body["errors"][0]["extensions"]["code"] == "BAD_FILTER"
    assert doubled.service.post(OPERATIONS, "Conflicts", attribute="odd")["errors"][0]["extensions"]["code"] == (
        "BAD_FILTER"
    )


def test_sources_and_runs(office: Office) -> None:
    (found,) = office.service.ask(SOURCES, "Sources").values()
    (province,) = found["nodes"]
    assert (province["name"], province["state"], province["cis"] > 1_000) == ("province", "unlimited", True)
    (runs,) = office.service.ask(SOURCES, "ImportRuns", source="province").values()
    assert runs["__typename"] == "ImportRuns", runs
    assert runs["totalCount"] == len(runs["nodes"])
    (none,) = office.service.ask(SOURCES, "ImportRuns", source="odd").values()
    assert none["totalCount"] == 0
