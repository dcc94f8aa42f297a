"""The life of an incident over HTTP on the demo province: declared, followed, resolved, looked back upon."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.service import ROOT
from tests.integration.office import NOW, Office

INCIDENTS = (ROOT / "graphql" / "operations" / "incidents.graphql").read_text(encoding="utf-8")
IMPACT = (ROOT / "graphql" / "operations" / "impact.graphql").read_text(encoding="utf-8")
ARRAY = "san-gdc-01"
START = NOW - timedelta(hours=1)
SERVICES = """query($n: String!, $asOf: String, $at: DateTime) { incident(number: $n, asOf: $asOf, at: $at) {
  ... on Incident { at state impact { completeness { asOf revision source } summary { services { down degraded } } }
  cis { nodes { state until } } } ... on Failure { code message } } }"""


def do(office: Office, operation: str, **variables: Any) -> dict[str, Any]:
    """The answer of an operation about incidents."""
    (answer,) = office.service.ask(INCIDENTS, operation, **variables).values()
    found: dict[str, Any] = answer
    return found


def declare(office: Office, *cis: str, **more: Any) -> dict[str, Any]:
    """A new incident that began an hour ago, of CIs that are down since."""
    draft = {"title": "Array lost", "startedAt": START.isoformat(), "cis": [{"ci": ci} for ci in cis], **more}
    found = do(office, "DeclareIncident", incident=draft)
    assert found["__typename"] == "Incident", found
    return found


def move(office: Office, number: str, to: str, **more: Any) -> dict[str, Any]:
    found = do(office, "MoveIncident", incident=number, to=to, **more)
    assert found["__typename"] == "Incident", found
    return found


def wait(office: Office, minutes: int) -> datetime:
    office.clock.now += timedelta(minutes=minutes)
    return office.clock.now


def moment(text: str | None) -> datetime:
    assert text is not None
    return datetime.fromisoformat(text)


def test_the_life_of_an_incident(office: Office) -> None:
    born = declare(office, ARRAY, impactGrade="high", urgencyGrade="high")
    number = born["key"]
    assert (number, born["state"], born["priority"], born["open"]) == ("INC-0001", "new", 1, True)
    assert moment(born["declaredAt"]) == NOW
    wait(office, 10)
    assert move(office, number, "in_progress")["moves"] == ["on_hold", "resolved", "cancelled"]
    do(office, "NoteIncident", incident=number, text="Vendor is on the phone")
    do(office, "UpdateIncident", incident=number, edit={"majorReason": "interruption", "owner": "grp-storage"})
    turned = wait(office, 170)
    part = do(office, "SetCiState", incident=number, ci=ARRAY, state="degraded", text="Second controller up")
    assert part["__typename"] == "Incident"
    shown = do(office, "Incident", number=number)
    assert [(c["state"], c["until"] and moment(c["until"])) for c in shown["cis"]["nodes"]] == [
        ("down", turned), ("degraded", None),
    ]  # fmt: skip
    assert shown["impact"]["summary"]["services"]["down"] == 0
    assert (shown["major"], shown["majorReason"], shown["owner"]) == (True, "interruption", "grp-storage")
    back = wait(office, 20)
    done = move(office, number, "resolved", resolution="Controller replaced", cause={"type": "hardware", "ci": ARRAY})
    assert (done["state"], done["open"], moment(done["resolvedAt"])) == ("resolved", False, back)
    wait(office, 600)
    told = do(office, "PostIncident", number=number)["postIncident"]
    assert (told["over"], moment(told["since"]), moment(told["until"])) == (True, START, back)
    dispatch = next(s for s in told["services"]["nodes"] if s["ci"]["id"] == "svc-dispatch")
    lasted = int((turned - START).total_seconds() // 60)
    assert (dispatch["rto"], dispatch["downMinutes"], dispatch["kept"]) == (60, lasted, False)
    assert (dispatch["lateMinutes"], moment(dispatch["restoredAt"])) == (lasted - 60, turned)
    assert told["kept"] + told["missed"] + told["unknown"] == 10
    assert move(office, number, "closed")["moves"] == []
    lines = [line["text"] for line in do(office, "Incident", number=number)["timeline"]["nodes"]]
    assert "Vendor is on the phone" in lines
    history = do(office, "IncidentHistory", number=number)["history"]
    assert [r["number"] for r in history["revisions"]] == list(range(office.head, 1, -1))
    assert {r["who"] for r in history["revisions"]} == {"local"}
    assert "state" in history["revisions"][0]["fields"]


def test_the_picture_is_the_impact_answer_on_its_states(office: Office) -> None:
    declare(office, ARRAY, declaredAt=(START + timedelta(minutes=15)).isoformat())
    picture = do(office, "Incident", number="INC-0001")["impact"]
    since, declared = START.isoformat(), (START + timedelta(minutes=15)).isoformat()
    scenario = [{"ci": ARRAY}]
    (same,) = office.service.ask(IMPACT, "Impact", scenario=scenario, since=since, declared=declared).values()
    assert picture["summary"] == {name: same["summary"][name] for name in picture["summary"]}
    (clocks,) = office.service.ask(
        IMPACT, "Clocks", scenario=scenario, since=since, declared=declared, first=10
    ).values()
    assert [(n["id"], n["clock"]["due"], n["clock"]["canBeBack"]) for n in picture["clocks"]["nodes"]] == [
        (n["id"], n["clock"]["due"], n["clock"]["canBeBack"]) for n in clocks["clocks"]["nodes"]
    ]
    assert [c["id"] for c in picture["call"]] == [c["id"] for c in same["call"]]
    assert [c["id"] for c in picture["notify"]] == [c["id"] for c in same["notify"]]


def test_what_a_person_has_to_decide_is_suggested_with_reasons(office: Office) -> None:
    declare(office, ARRAY)
    shown = do(office, "Incident", number="INC-0001")
    assert (shown["majorFinding"]["major"], shown["majorFinding"]["word"]) == (True, "interruption")
    assert shown["major"] is False
    assert shown["suggestedPriority"]["priority"] == 1
    assert shown["worstHit"]["state"] == "down"
    assert shown["worstHit"]["owner"]["name"]
    drafts = do(office, "IncidentDrafts", number="INC-0001", zone="America/Halifax", advice="Use paper forms.")[
        "drafts"
    ]
    assert [d["kind"] for d in drafts] == ["first_notice", "update"]
    assert "Use paper forms." in drafts[0]["body"]
    assert "AST" in drafts[0]["body"]
    assert ARRAY not in drafts[0]["body"]
    assert "advice" not in drafts[0]["missing"]
    move(office, "INC-0001", "resolved")
    assert [d["kind"] for d in do(office, "IncidentDrafts", number="INC-0001")["drafts"]] == ["resolved"]


def test_a_retry_with_the_same_key_is_one_incident(office: Office) -> None:
    draft = {"title": "Array lost", "startedAt": START.isoformat(), "cis": [{"ci": ARRAY}]}
    first = do(office, "DeclareIncident", incident=draft, key="k1")
    head = office.head
    again = do(office, "DeclareIncident", incident=draft, key="k1")
    assert (again["key"], again["revision"], office.head) == (first["key"], first["revision"], head)
    other = do(office, "DeclareIncident", incident={**draft, "title": "Another"}, key="k1")
    assert (other["__typename"], other["code"]) == ("KeyReused", "KEY_REUSED")
    moved = do(office, "MoveIncident", incident=first["key"], to="resolved", key="k2")
    replayed = do(office, "MoveIncident", incident=first["key"], to="resolved", key="k2")
    assert (moved["revision"], moved["state"]) == (replayed["revision"], replayed["state"]) == (head + 1, "resolved")


def test_who_saw_it_at_an_older_revision_is_told(office: Office) -> None:
    born = declare(office, ARRAY)
    do(office, "NoteIncident", incident=born["key"], text="first")
    told = do(office, "UpdateIncident", incident=born["key"], edit={"title": "Mine"}, expected=born["revision"])
    assert (told["__typename"], told["code"], told["record"]) == ("RecordConflict", "CONFLICT", "INC-0001")
    assert (told["expected"], told["actual"]) == (born["revision"], born["revision"] + 1)
    assert do(office, "Incident", number="INC-0001")["title"] == "Array lost"
    current = do(office, "UpdateIncident", incident="INC-0001", edit={"title": "Mine"}, expected=told["actual"])
    assert current["title"] == "Mine"


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(office: Office) -> None:
    head = office.head
    told = do(
        office, "DeclareIncident",
        incident={
            "title": " ", "startedAt": START.isoformat(), "detectedAt": (START - timedelta(days=1)).isoformat(),
            "cis": [
                {"ci": "nope"},
                {"ci": ARRAY, "until": (START - timedelta(hours=1)).isoformat()},
            ],
            "problem": "PRB-0042",
        },
    )  # fmt: skip
    assert (told["__typename"], told["code"]) == ("InvalidInput", "INVALID_INPUT")
    found = {(p["code"], p["place"]) for p in told["problems"]}
    assert {
        ("MISSING_VALUE", "incident.title"), ("UNKNOWN_CI", "incident.cis[0].ci"),
        ("UNKNOWN_RECORD", "incident.problem"),
    } <= found  # fmt: skip
    assert office.head == head
    assert do(office, "Incidents")["totalCount"] == 0
    dates = {"title": "x", "startedAt": START.isoformat(), "cis": []}
    late = do(office, "DeclareIncident", incident={**dates, "detectedAt": (START - timedelta(days=1)).isoformat()})
    assert [(p["code"], p["place"]) for p in late["problems"]] == [("END_BEFORE_START", "incident.detectedAt")]
    naive = do(office, "DeclareIncident", incident={**dates, "startedAt": "2026-11-20T10:00:00"})
    assert [(p["code"], p["place"]) for p in naive["problems"]] == [("BAD_DATE", "incident.startedAt")]
    assert office.head == head


@pytest.mark.parametrize(
    ("operation", "variables", "code", "place"),
    [
        ("MoveIncident", {"incident": "INC-0001", "to": "closed"}, "BAD_TRANSITION", "to"),
        ("MoveIncident", {"incident": "INC-0009", "to": "closed"}, "UNKNOWN_RECORD", "incident"),
        ("MoveIncident", {"incident": "a/b/", "to": "closed"}, "BAD_NUMBER", "incident"),
        ("MoveIncident", {"incident": "INC-0001", "to": "resolved", "at": "2026-11-20T10:30:00Z"}, "END_BEFORE_START",
         "at"),
        ("SetCiState", {"incident": "INC-0001", "ci": "nope", "state": "down"}, "UNKNOWN_CI", "ci"),
        ("SetCiState", {"incident": "INC-0001", "ci": "old-1", "state": "down"}, "RETIRED_CI", "ci"),
        ("NoteIncident", {"incident": "INC-0001", "text": " "}, "MISSING_VALUE", "text"),
        ("LinkProblem", {"incident": "INC-0001", "problem": "PRB-7"}, "UNKNOWN_RECORD", "problem"),
        ("UpdateIncident", {"incident": "INC-0001", "edit": {"cause": {"type": "change", "change": "CHG-1"}}},
         "UNKNOWN_RECORD", "edit.cause.change"),
        ("Incident", {"number": "INC-0009"}, "UNKNOWN_RECORD", "incident"),
        ("Incident", {"number": "INC-0001", "asOf": "lately"}, "BAD_REVISION", "asOf"),
        ("Incident", {"number": "INC-0001", "asOf": "r1"}, "UNKNOWN_RECORD", "incident"),
        ("Incidents", {"filter": {"since": "2026-11-20T12:00:00Z", "until": "2026-11-20T11:00:00Z"}},
         "END_BEFORE_START", "until"),
        ("Trends", {"since": "2027-11-20T12:00:00Z"}, "END_BEFORE_START", "since"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_and_changes_nothing(
    office: Office, operation: str, variables: dict[str, Any], code: str, place: str
) -> None:
    office.edit("UpsertCis", cis=[{"id": "old-1", "kind": "application", "name": "Old"}])
    office.edit("Retire", cis=[{"id": "old-1"}])
    declare(office, ARRAY)
    head = office.head
    told = do(office, operation, **variables)
    assert (told["__typename"], [(p["code"], p["place"]) for p in told["problems"]]) == (
        "InvalidInput", [(code, place)],
    )  # fmt: skip
    assert office.head == head


def test_a_number_is_unique_within_its_source(office: Office) -> None:
    mirrored = declare(office, ARRAY, number="42", source="assyst")
    assert (mirrored["key"], mirrored["number"], mirrored["source"]) == ("assyst/42", "42", "assyst")
    told = do(
        office, "DeclareIncident",
        incident={"title": "Other", "startedAt": START.isoformat(), "number": "42", "source": "assyst"},
    )  # fmt: skip
    assert [p["code"] for p in told["problems"]] == ["DUPLICATE_NUMBER"]
    assert declare(office, ARRAY, number="42", source="remedy")["key"] == "remedy/42"
    assert do(office, "Incident", number="assyst/42")["title"] == "Array lost"


def test_as_of_tells_the_record_and_the_graph_of_then(office: Office) -> None:
    born = declare(office, ARRAY)
    down = do(office, "Incident", number=born["key"])["impact"]["summary"]["services"]
    office.edit("UpsertCis", cis=[{"id": "svc-new", "kind": "technical_service", "name": "New service"}])
    office.edit("Relate", relations=[{"from": "svc-new", "type": "depends_on", "to": ARRAY}])
    wait(office, 30)
    move(office, born["key"], "resolved")
    wait(office, 5)

    def told(**variables: Any) -> dict[str, Any]:
        found: dict[str, Any] = office.service.ask(SERVICES, n=born["key"], **variables)["incident"]
        return found

    now = told()
    assert (now["state"], now["impact"]["summary"]["services"]) == ("resolved", {"down": 0, "degraded": 0})
    then = told(asOf=f"r{born['revision']}", at=NOW.isoformat())
    assert (then["state"], then["impact"]["completeness"]["asOf"]) == ("new", True)
    assert then["impact"]["completeness"]["revision"] == born["revision"]
    assert then["impact"]["summary"]["services"] == {name: down[name] for name in ("down", "degraded")}
    assert then["cis"]["nodes"] == [{"state": "down", "until": None}]
    earlier = told(at=(NOW + timedelta(minutes=10)).isoformat())
    assert earlier["impact"]["summary"]["services"]["down"] == down["down"] + 1
    assert earlier["impact"]["completeness"]["asOf"] is False


def test_problems_stand_behind_incidents(office: Office) -> None:
    declare(office, ARRAY)
    opened = do(office, "OpenProblem", problem={"title": "Firmware", "cis": [ARRAY]})
    assert (opened["key"], opened["state"], opened["moves"]) == ("PRB-0001", "open", ["known_error", "closed"])
    linked = do(office, "LinkProblem", incident="INC-0001", problem="PRB-0001")
    assert (linked["problem"], linked["problemRecord"]["title"]) == ("PRB-0001", "Firmware")
    assert do(office, "ProblemRecord", number="PRB-0001")["incidents"] == ["INC-0001"]
    assert do(office, "MoveProblem", problem="PRB-0001", to="known_error")["state"] == "known_error"
    assert [p["key"] for p in do(office, "Problems", states=["known_error"])["nodes"]] == ["PRB-0001"]
    assert do(office, "Problems", states=["closed"])["totalCount"] == 0
    assert do(office, "LinkProblem", incident="INC-0001", problem=None)["problem"] is None


def test_lists_are_paged_by_number_and_filtered(office: Office) -> None:
    for number in ("INC-10", "INC-9", "INC-100"):
        declare(office, ARRAY, number=number)
    declare(office, "db-cad-01", number="INC-11", majorReason="degradation")
    move(office, "INC-9", "resolved")
    first = do(office, "Incidents", first=3)
    rest = do(office, "Incidents", first=3, after=first["endCursor"])
    assert [n["number"] for n in (*first["nodes"], *rest["nodes"])] == ["INC-9", "INC-10", "INC-11", "INC-100"]
    assert (first["totalCount"], first["hasNextPage"], rest["hasNextPage"]) == (4, True, False)

    def numbers(**filter_: Any) -> list[str]:
        return [n["number"] for n in do(office, "Incidents", filter=filter_)["nodes"]]

    assert numbers(open=False) == ["INC-9"]
    assert numbers(states=["new"], ci=ARRAY) == ["INC-10", "INC-100"]
    assert numbers(major=True) == ["INC-11"]
    assert numbers(since=office.clock.now.isoformat()) == ["INC-10", "INC-11", "INC-100"]
    assert numbers(until=START.isoformat()) == []
    body = office.service.post(INCIDENTS, "Incidents", after="x")
    assert body["errors"][0]["extensions"]["code"] == "BAD_CURSOR"


def test_recent_edits_and_related_incidents_are_named(office: Office) -> None:
    real = datetime.now(UTC)
    office.edit(
        "UpsertCis", cis=[{"id": ARRAY, "attributes": [{"name": "restore", "value": "55m"}]}], message="firmware"
    )
    office.clock.now = real + timedelta(minutes=2)
    began = (real + timedelta(minutes=1)).isoformat()
    declare(office, "db-cad-01", startedAt=began)
    declare(office, "db-cad-02", startedAt=began, title="Second database")
    found = do(office, "IncidentBehind", number="INC-0001")
    suspects = found["suspects"]
    assert (suspects["editsKnown"], suspects["loads"]) == (True, 1)
    edit = next(s for s in suspects["nodes"] if s["kind"] == "edit" and s["key"] == "r2")
    assert (edit["ci"]["id"], edit["who"]) == (ARRAY, "local")
    assert edit["title"] == "SAN array GDC-01 changed (restore): firmware"
    assert edit["hops"] == len(edit["path"]) - 1 > 0
    (other,) = found["related"]
    assert other["key"] == "INC-0002"
    assert any(cause["ci"]["id"] == ARRAY for cause in other["causes"])


def test_every_list_is_bounded(office: Office) -> None:
    declare(office, ARRAY)
    asked = '{ incident(number: "INC-0001") { ... on Incident { %s } } }'
    for part in (
        "related(first: 201) { key }",
        "suspects(first: 0) { editsKnown }",
        "timeline(first: 500) { totalCount }",
    ):
        body = office.service.post(asked % part)
        assert body["errors"][0]["extensions"]["code"] == "PAGE_TOO_LARGE", part
    body = office.service.post(asked % "suspects(days: 1000) { editsKnown }")
    assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    many = " ".join(f"a{n}: postIncident {{ kept }}" for n in range(30))
    assert office.service.post(asked % many)["errors"][0]["extensions"]["code"] == "TOO_COSTLY"
    body = office.service.post("{ incidents(first: 200) { ... on Incidents { nodes { related { key } } } } }")
    assert body["errors"][0]["extensions"]["code"] == "TOO_COSTLY"


def test_drift_names_who_joined_and_who_left(office: Office) -> None:
    declare(office, "db-cad-01")
    before = do(office, "Incident", number="INC-0001")["revision"]
    assert not do(office, "IncidentDrift", number="INC-0001", since=f"r{before}")["drift"]["drifted"]
    wait(office, 10)
    do(office, "SetCiState", incident="INC-0001", ci=ARRAY, state="down")
    grown = do(office, "IncidentDrift", number="INC-0001", since=f"r{before}")["drift"]
    assert grown["joined"]["count"] > 20
    assert grown["left"]["count"] == 0
    assert grown["joined"]["clientGroupCount"] > 0
    assert {one["before"] for one in grown["joined"]["cis"]} == {"operational"}
    middle = do(office, "Incident", number="INC-0001")["revision"]
    wait(office, 10)
    do(office, "SetCiState", incident="INC-0001", ci=ARRAY, state="operational")
    shrunk = do(office, "IncidentDrift", number="INC-0001", since=f"r{middle}")["drift"]
    assert shrunk["left"]["count"] + shrunk["changed"]["count"] == grown["joined"]["count"] + grown["changed"]["count"]
    whole = do(office, "IncidentDrift", number="INC-0001", since="r1")["drift"]
    assert whole["joined"]["count"] > 0
    assert not do(office, "IncidentDrift", number="INC-0001", since=f"r{before}")["drift"]["drifted"]
