"""What was recorded about a CI, when, by whom and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from itertools import groupby
from operator import attrgetter
from typing import Any

import strawberry
from strawberry.scalars import JSON

from api.gql.context import Context, page_size
from api.gql.fields import field
from cmdb.model.ci import CiId
from cmdb.store import port
from impact.states import UnknownCi


@strawberry.enum(description="What was changed.")
class Entity(Enum):
    ci = "ci"
    relation = "relation"
    pool = "pool"


@strawberry.type(description="One thing as it was and as it became.")
class Change:
    entity: Entity
    before: JSON | None = strawberry.field(description="Null: it was not there.")
    after: JSON | None = strawberry.field(description="Null: it was taken away.")


@strawberry.type(description="A revision that touched the CI.")
class Revision:
    found: strawberry.Private[Sequence[port.Change]]

    @field
    def number(self) -> int:
        return self.found[0].revision

    @field
    def recorded_at(self) -> datetime:
        return self.found[0].recorded_at

    @field
    def who(self) -> str:
        return self.found[0].who

    @field
    def source(self) -> str:
        return self.found[0].source

    @field
    def message(self) -> str:
        return self.found[0].message

    @field
    def change_count(self) -> int:
        """How many changes of this CI, its relations and its pools the revision holds."""
        return len(self.found)

    @field
    def changes(self, first: int = 20) -> list[Change]:
        """The first of them: the CI, then relations, then pools."""
        return [
            Change(entity=Entity(c.entity), before=_side(c.before), after=_side(c.after))
            for c in self.found[: page_size(first)]
        ]


def _side(values: Mapping[str, Any] | None) -> JSON | None:
    return None if values is None else JSON(dict(values))


@strawberry.type(description="Revisions that touched a CI, its relations or its pools, newest first.")
class History:
    ci: strawberry.ID
    revisions: list[Revision]
    next_before: int | None = strawberry.field(description="Give it as `before` for older ones; null: there are none.")


def history(context: Context, ci: str, first: int, before: int | None) -> History:
    """A page of the history of a CI, also of a deleted one. Raises `UnknownCi`, `Refused`, `StoreUnavailable`."""
    inventory, ci_id = context.workspace.inventory, CiId(ci)
    found = inventory.history([ci_id], page_size(first) + 1, before)
    if not found and not inventory.get([ci_id]) and not inventory.history([ci_id], 1):
        raise UnknownCi([ci])
    revisions = [Revision(found=list(group)) for _, group in groupby(found, attrgetter("revision"))]
    shown, more = revisions[:first], len(revisions) > first
    return History(ci=strawberry.ID(ci), revisions=shown, next_before=shown[-1].found[0].revision if more else None)
