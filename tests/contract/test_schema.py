"""The committed contract is what the code says, and every declared word of the model has its GraphQL name."""

from dataclasses import fields, is_dataclass

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType, build_schema

from api.generated import contract
from api.gql.model import Effect, Flow, Lifecycle
from api.render import camel
from cmdb.model.kinds import LIFECYCLES
from cmdb.model.model import FLOWS
from cmdb.model.relations import EFFECTS
from impact import report
from impact.states import STATES

SCHEMA = build_schema(contract())
REPORTS = [
    cls
    for cls in vars(report).values()
    if isinstance(cls, type) and is_dataclass(cls) and cls.__module__ == report.__name__ and cls is not report.Page
]


@pytest.mark.parametrize("cls", REPORTS, ids=lambda cls: cls.__name__)
def test_every_report_is_shown_under_its_own_names(cls: type) -> None:
    shown = SCHEMA.type_map[cls.__name__]
    assert isinstance(shown, GraphQLObjectType)
    assert list(shown.fields) == [camel(f.name) for f in fields(cls)]
    assert " ".join((shown.description or "").split()) == " ".join((cls.__doc__ or "").split())


def test_a_description_beside_a_field_is_its_description() -> None:
    shown = SCHEMA.type_map["AffectedCi"]
    assert isinstance(shown, GraphQLObjectType)
    assert shown.fields["rto"].description == "Recovery time objective, minutes."
    assert str(shown.fields["id"].type) == "ID!"


def test_words_of_the_model_are_those_of_the_schema() -> None:
    assert tuple(e.value for e in Effect) == EFFECTS
    assert tuple(f.value for f in Flow) == FLOWS
    assert tuple(c.value for c in Lifecycle) == LIFECYCLES
    states = SCHEMA.type_map["ImpactState"]
    assert isinstance(states, GraphQLEnumType)
    assert list(states.values) == [s.value for s in STATES]


def test_every_failure_says_a_code_and_a_message() -> None:
    result_unions = (
        "CiResult", "CisResult", "HistoryResult", "ImpactResult", "ChangeResult", "Found", "DiffResult", "PlanResult",
        "PlansResult", "DraftResult", "CalendarResult", "FreezesResult", "WrittenPlan", "FreezeResult",
    )  # fmt: skip
    for name in result_unions:
        for member in SCHEMA.type_map[name].types[1:]:  # type: ignore[attr-defined]
            assert [i.name for i in member.interfaces] == ["Failure"], (name, member.name)
