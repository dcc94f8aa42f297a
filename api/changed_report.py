"""The shape of the answer to "what changed?". The text beside each field is its description in the GraphQL schema."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated

from api.difference import Turn
from impact.report import CiRef


class ChangedThing(Enum):
    """What a change was made to."""

    ci = "ci"
    relation = "relation"
    pool = "pool"


@dataclass
class PathStep:
    """One step of the way from a CI asked about to the CI that a change belongs to."""

    ci: CiRef
    relation: Annotated[str | None, "The type of the relation to the next CI; null at the end."]


@dataclass
class FieldChange:
    """One field or attribute, as text; null where there was nothing."""

    name: str
    before: str | None
    after: str | None


@dataclass
class RecordedChange:
    """A recorded change to something that a CI asked about depends on, or to itself."""

    ci: Annotated[CiRef, "What it belongs to: the CI, the dependent end of the relation, or the owner of the pool."]
    hops: Annotated[int, "Dependencies from the nearest CI asked about; 0: that one itself."]
    path: Annotated[list[PathStep], "A shortest way there, as recorded at the end of the span, else at its start."]
    gone: Annotated[bool, "True when that way was there at the start of the span only."]
    revision: int
    recorded_at: datetime
    who: str
    source: str
    message: str
    thing: ChangedThing
    what: Annotated[str, "The CI, relation or pool in words."]
    turn: Annotated[Turn, "Whether it came, went, or has other values."]
    fields: Annotated[list[FieldChange], "What differs before and after."]
    still_so: Annotated[bool, "Whether what was changed is now as this change left it."]
