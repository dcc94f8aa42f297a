"""Every committed operation fits the schema and runs over HTTP on the province."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import DocumentNode, OperationDefinitionNode, build_schema, parse, validate

from api.generated import contract
from api.observed import desk_of
from cmdb.model.ci import CiId
from cmdb.records.observations import Evidence
from cmdb.service import Signed
from tests.contract.service import ROOT, Service

FILES = sorted((ROOT / "graphql" / "operations").glob("*.graphql"))
DOWN = [{"ci": "san-gdc-01"}]
NEW = {"id": "app-new", "kind": "application", "name": "New", "attributes": [{"name": "rto", "value": "4h"}]}
EDITED = {"id": "db-cad-01", "attributes": [{"name": "rto", "value": "2h"}]}
TIE = {"from": "app-new", "type": "depends_on", "to": "db-cad-01", "pool": "db"}
INCIDENT = {"title": "Array lost", "startedAt": "2026-11-22T02:40:00-04:00", "cis": [{"ci": "san-gdc-01"}]}
CHANGE = {
    "title": "Patch the permits database", "start": "2026-12-08T22:00:00-04:00", "end": "2026-12-08T23:30:00-04:00",
    "cis": [{"ci": "db-permits-01"}], "backOut": {"plan": "the snapshot", "minutes": 20},
}  # fmt: skip
FREEZE = {
    "title": "Year end", "start": "2026-12-18T00:00:00-04:00", "end": "2027-01-04T00:00:00-04:00",
    "sectors": ["health"],
}  # fmt: skip
VARIABLES: dict[str, dict[str, Any]] = {
    "Ci": {"id": "san-gdc-01"},
    "Cis": {"filter": {"kinds": ["infrastructure"], "lifecycles": ["live"]}, "first": 5},
    "Search": {"text": "emergancy dispach"},
    "Model": {},
    "Impact": {"scenario": DOWN, "since": "2026-11-22T02:40:00-04:00"},
    "Affected": {"scenario": DOWN, "filter": {"states": ["down"], "maxDistance": 3}, "first": 5},
    "ClientGroups": {"scenario": DOWN},
    "Clocks": {"scenario": DOWN, "since": "2026-11-22T02:40:00-04:00", "declared": "2026-11-22T02:55:00-04:00"},
    "RestoreOrder": {"scenario": DOWN, "crews": 3, "first": 5},
    "Why": {"scenario": DOWN, "ci": "svc-dispatch"},
    "WhyNot": {"scenario": DOWN, "ci": "svc-permits"},
    "Holding": {"scenario": DOWN},
    "Continuity": {},
    "UnknownPromises": {"filter": {"kinds": ["service"]}, "first": 5},
    "ContinuityServices": {"filter": {"sectors": ["health"]}, "first": 5},
    "ContinuityCi": {"ci": "svc-dispatch", "type": "promise", "first": 5},
    "History": {"ci": "san-gdc-01"},
    "Diff": {"before": "r0"},
    "DiffCis": {"before": "0", "after": "1", "turns": ["joined"], "first": 5},
    "Readiness": {"purpose": "continuity", "filter": {"kinds": ["service"]}},
    "ReadinessGroups": {"by": "owner", "first": 5},
    "ReadinessWorklist": {"rule": "service_rto"},
    "ReadinessTrend": {"every": "day", "first": 2},
    "CommonCauses": {
        "affected": [{"ci": "svc-dispatch"}, {"ci": "svc-courts", "state": "down"}],
        "fine": ["svc-email"],
    },
    "WhyCause": {"affected": [{"ci": "svc-dispatch"}], "ci": "svc-dispatch"},
    "Changed": {"cis": ["svc-dispatch"], "since": "r0", "first": 5},
    "SinglePoints": {"filter": {"sectors": ["health"], "minPeople": 1, "service": "svc-health-record"}, "first": 5},
    "SharedCauses": {"first": 5},
    "Pairs": {"service": "svc-permits", "first": 5},
    "UpsertCis": {"cis": [NEW, EDITED], "key": "new", "message": "a new application"},
    "PutPools": {"pools": [{"ci": "app-new", "name": "db", "required": "1"}]},
    "Relate": {"relations": [TIE]},
    "Unrelate": {"relations": [TIE]},
    "RemovePools": {"pools": [{"ci": "app-new", "name": "db"}]},
    "Retire": {"cis": [{"id": "app-new", "expected": 2}]},
    "DeleteCis": {"cis": [{"id": "app-new"}]},
    "OpenProblem": {"problem": {"title": "Firmware of the array", "cis": ["san-gdc-01"]}, "key": "problem"},
    "DeclareIncident": {"incident": INCIDENT, "key": "incident", "message": "called in"},
    "UpdateIncident": {"incident": "INC-0001", "edit": {"impactGrade": "high", "detectedAt": None}},
    "SetCiState": {"incident": "INC-0001", "ci": "san-gdc-01", "state": "degraded"},
    "NoteIncident": {"incident": "INC-0001", "text": "Vendor called"},
    "LinkProblem": {"incident": "INC-0001", "problem": "PRB-0001"},
    "Incident": {"number": "INC-0001"},
    "IncidentDrafts": {"number": "INC-0001", "zone": "America/Halifax"},
    "IncidentBehind": {"number": "INC-0001"},
    "Incidents": {"filter": {"open": True, "ci": "san-gdc-01"}, "first": 5},
    "Board": {},
    "MoveIncident": {"incident": "INC-0001", "to": "resolved", "resolution": "Back", "cause": {"type": "hardware"}},
    "MoveProblem": {"problem": "PRB-0001", "to": "known_error"},
    "IncidentDrift": {"number": "INC-0001", "since": "r1"},
    "PostIncident": {"number": "INC-0001"},
    "IncidentHistory": {"number": "INC-0001"},
    "ProblemRecord": {"number": "PRB-0001"},
    "Problems": {"first": 5},
    "Trends": {"zone": "America/Halifax"},
    "ReviewDraft": {"input": CHANGE},
    "PlanChange": {"input": CHANGE, "key": "change", "message": "asked for by the vendor"},
    "UpdateChange": {"number": "CHG-0001", "input": {"type": "normal", "end": "2026-12-08T23:45:00-04:00"}},
    "NoteChange": {"number": "CHG-0001", "text": "Vendor confirmed"},
    "MoveChange": {"number": "CHG-0001", "to": "submitted"},
    "DecideChange": {"number": "CHG-0001", "decision": "approved", "text": "go ahead"},
    "DeclareFreeze": {"input": FREEZE, "key": "freeze"},
    "Change": {"number": "CHG-0001"},
    "ChangeImpact": {"number": "CHG-0001", "first": 5},
    "ChangeCollisions": {"number": "CHG-0001"},
    "ChangeOverlaps": {"number": "CHG-0001", "first": 5},
    "ChangeDrift": {"number": "CHG-0001"},
    "ChangeHistory": {"number": "CHG-0001"},
    "Changes": {"filter": {"states": ["approved"], "ci": "db-permits-01"}, "first": 5},
    "Calendar": {"from": "2026-12-01T00:00:00-04:00", "to": "2027-01-05T00:00:00-04:00", "first": 20},
    "Freezes": {"first": 5},
    "CancelFreeze": {"number": "FRZ-0001"},
    "Observations": {"state": "proposed", "first": 5},
    "ConfirmObservations": {"numbers": ["OBS-0001"], "effect": "degraded", "key": "confirm"},
    "RejectObservations": {"numbers": ["OBS-0002"]},
    "Sources": {},
    "ImportRuns": {"first": 5},
    "Duplicates": {"first": 5, "kind": "server", "source": "province"},
    "DeclareDistinct": {"one": "svc-courts", "other": "svc-email", "key": "distinct"},
    "MergeCis": {"keep": "app-courts", "gone": "app-permits", "key": "merge", "message": "the same"},
    "CiClaims": {"id": "app-permits"},
    "Conflicts": {"attribute": "rto", "first": 5},
    "PartCi": {"ci": "app-courts", "source": "province", "sourceKey": "app-permits", "key": "part"},
    "WithdrawEdit": {"ci": "db-cad-01", "source": "api", "names": ["rto"]},
    "UndoRevision": {"revision": "newest", "key": "undo"},
}
"""Variables of every operation, in an order in which they can run."""


@cache
def document(path: Path) -> DocumentNode:
    return parse(path.read_text(encoding="utf-8"))


def operations() -> dict[str, Path]:
    return {
        d.name.value: path
        for path in FILES
        for d in document(path).definitions
        if isinstance(d, OperationDefinitionNode) and d.name
    }


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_operations_fit_the_schema(path: Path) -> None:
    assert validate(build_schema(contract()), document(path)) == []


def test_every_operation_has_variables_here() -> None:
    assert set(operations()) == set(VARIABLES)


def observe(service: Service) -> None:
    """Two dependencies that are not recorded are seen."""
    seen = datetime(2026, 11, 20, tzinfo=UTC)
    pairs = ("svc-dispatch", "db-permits-01"), ("svc-permits", "db-cad-01")
    evidence = [Evidence(CiId(a), CiId(b), a, 7, seen, seen, True) for a, b in pairs]
    desk_of(service.workspace).record("otel", evidence, Signed("test", "otel"))


def test_every_operation_runs_and_answers_without_failure(service: Service) -> None:
    places = operations()
    for name, stated in VARIABLES.items():
        variables = stated
        if name == "Observations":
            observe(service)
        if name == "UndoRevision":
            variables = {**variables, "revision": f"r{service.workspace.store.head().revision}"}
        data = service.ask(places[name].read_text(encoding="utf-8"), name, **variables)
        for answer in data.values():
            assert "code" not in answer if isinstance(answer, dict) else answer, (name, answer)


def test_every_query_and_mutation_of_the_schema_has_an_operation() -> None:
    schema = build_schema(contract())
    text = " ".join(path.read_text(encoding="utf-8") for path in FILES)
    for root in (schema.query_type, schema.mutation_type):
        assert root is not None
        assert [name for name in root.fields if f"  {name}" not in text] == []
