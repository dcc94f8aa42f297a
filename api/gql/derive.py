"""GraphQL types from the dataclasses of `impact.report`: names, fields and descriptions are declared there, once.

Each class is marked in place, so what an analysis returns is what is shown; nothing is copied.
"""

from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import EnumMeta
from types import ModuleType
from typing import Annotated, get_args, get_origin, get_type_hints

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types import get_object_definition

from impact import report
from impact.causes import report as causes_report
from impact.continuity import gap_report
from impact.continuity import report as restore_report
from impact.readiness import report as readiness_report
from impact.states import ImpactState
from impact.sweep import report as sweep_report


def derive(module: ModuleType, **names: str) -> None:
    """Make GraphQL types of every dataclass and enum declared in `module`; `names` are for those called otherwise."""
    for cls in _declared(module):
        name = names.get(cls.__name__)
        if isinstance(cls, EnumMeta):
            strawberry.enum(cls, name=name, description=cls.__doc__)
        elif is_dataclass(cls):
            strawberry.type(cls, name=name, description=cls.__doc__)
            _describe(cls)


def _declared(module: ModuleType) -> Iterator[type]:
    return (cls for cls in vars(module).values() if isinstance(cls, type) and cls.__module__ == module.__name__)


def _describe(cls: type) -> None:
    """Give each field the text beside it as description; a field named `id` is a GraphQL ID."""
    hints = get_type_hints(cls, include_extras=True)
    for field in get_object_definition(cls, strict=True).fields:
        hint = hints[field.python_name]
        if get_origin(hint) is Annotated:
            field.description = get_args(hint)[1]
        if field.python_name == "id":
            field.type_annotation = StrawberryAnnotation(strawberry.ID)


strawberry.enum(ImpactState, description=ImpactState.__doc__)
derive(report)
derive(restore_report)
derive(readiness_report)
derive(gap_report)
derive(causes_report)
derive(sweep_report)
