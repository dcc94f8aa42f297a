"""What can be subscribed to: the revisions of the store, told as they are recorded."""

from datetime import datetime
from typing import Annotated, Protocol, cast

import strawberry

from api.board import Board as Found
from api.gql.board import Board, BoardResult
from api.gql.context import Info, page_size
from api.gql.fields import field, question
from api.records import standing
from cmdb.model.record import RecordKey
from cmdb.store import port

After = Annotated[
    int | None,
    strawberry.argument(description="The last revision you know: what followed it is told first. Null: from now on."),
]


@strawberry.type(description="A record that a revision wrote.")
class RecordRef:
    of: strawberry.Private[RecordKey]

    @field
    def kind(self) -> str:
        """Incident, change, freeze, problem or basis, in small letters."""
        return self.of.kind

    @field
    def number(self) -> str:
        return self.of.number

    @field
    def source(self) -> str:
        return self.of.source

    @field
    def key(self) -> str:
        """As people name it: its number, with the source before it where another tool keeps the record."""
        return str(self.of)


@strawberry.type(description="A revision that was recorded.")
class BoardEvent:
    told: strawberry.Private[port.Logged]

    @field
    def revision(self) -> int:
        """Give it as `after` to go on from here."""
        return self.told.revision

    @field
    def recorded_at(self) -> datetime:
        return self.told.recorded_at

    @field
    def who(self) -> str:
        return self.told.who

    @field
    def source(self) -> str:
        return self.told.source

    @field
    def message(self) -> str:
        return self.told.message

    @field
    def cis(self) -> int | None:
        """How many CIs were touched: they, their relations or their pools. Null: very many."""
        return self.told.cis

    @field
    def record_count(self) -> int:
        """How many records were written."""
        return len(self.told.records)

    @field
    def records(self, info: Info, first: int = 50) -> list[RecordRef]:
        """The first of them."""
        return [RecordRef(of=key) for key in self.told.records[: page_size(first)]]

    @question
    def board(self, info: Info, first: int = 50) -> BoardResult:
        """The board as it stands when this is told: of this revision, or of a later one that came meanwhile."""
        workspace = info.context.workspace
        workspace.wrote(self.told.revision)
        found = Found(standing(workspace))
        return Board(found=found, shown=found.page(page_size(first)))


class Root(Protocol):
    """What a subscription is run on: one event, or what only asks where to begin. See `api.events.asked`."""

    def event(self, after: int | None) -> BoardEvent:
        """The event to answer."""


@strawberry.type
class Subscription:
    @field
    def board_changed(self, after: After = None) -> BoardEvent:
        """Every revision, in order, none left out and none told twice, within a second of its commit."""
        return cast(Root, self).event(after)
