"""What all records of service management have in common: words, inputs, timelines, history."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import strawberry
from strawberry.scalars import JSON

from api.errors import Refused
from api.gql.context import Info, page_size
from api.gql.derive import derive
from api.gql.fields import field
from api.records import Revised, Standing, listed, record_history
from cmdb.model.ci import CiId
from cmdb.model.errors import shown
from cmdb.model.record import RecordKey
from cmdb.records import kinds, record_types
from cmdb.records.kinds import CauseType
from impact.incidents import report as incidents_report
from impact.incidents import trends_report
from impact.report import CiRef, Page
from impact.reviews import report as reviews_report

At = Annotated[
    datetime | None, strawberry.argument(description="The moment, with offset, that states and clocks are told for.")
]
Since = Annotated[datetime | None, strawberry.argument(description="When it happened, with offset. Null: now.")]
Seen = Annotated[
    int | None, strawberry.argument(description="The revision the record was last seen at; null: whatever it is.")
]

derive(kinds)
derive(incidents_report, Direction="IncidentDirection")
derive(trends_report)
derive(reviews_report)


@strawberry.type(description="A line of a timeline.")
class TimelineEntry:
    at: datetime
    who: str
    text: str


def timeline(entries: Sequence[record_types.Entry], first: int, after: str | None) -> Page[TimelineEntry]:
    """A page of a timeline, the newest line first. Raises `Refused` and `BadCursor`."""
    lines = [TimelineEntry(at=line.at, who=line.who, text=line.text) for line in entries]
    return listed(sorted(lines, key=lambda line: line.at)[::-1], page_size(first), after)


@strawberry.type(description="A revision that wrote a record.")
class RecordRevision:
    found: strawberry.Private[Revised]

    @field
    def number(self) -> int:
        return self.found.change.revision

    @field
    def recorded_at(self) -> datetime:
        return self.found.change.recorded_at

    @field
    def who(self) -> str:
        return self.found.change.who

    @field
    def source(self) -> str:
        return self.found.change.source

    @field
    def message(self) -> str:
        return self.found.change.message

    @field
    def fields(self) -> list[str]:
        """The fields of the record that have another value than before."""
        return self.found.fields

    @field
    def before(self) -> JSON | None:
        """The record as it was; null: it was not there."""
        return _side(self.found.change.before)

    @field
    def after(self) -> JSON | None:
        """The record as it became."""
        return _side(self.found.change.after)


def _side(values: Any) -> JSON | None:
    return None if values is None else JSON(dict(values))


@strawberry.type(description="Revisions that wrote a record, newest first.")
class RecordHistory:
    revisions: list[RecordRevision]
    next_before: int | None = strawberry.field(description="Give it as `before` for older ones; null: there are none.")


def history_of(info: Info, key: RecordKey, first: int, before: int | None) -> RecordHistory:
    """A page of the history of a record. Raises `Refused` and `StoreUnavailable`."""
    found, older = record_history(info.context.workspace, key, page_size(first), before)
    return RecordHistory(revisions=[RecordRevision(found=one) for one in found], next_before=older)


@strawberry.type(description="What caused an incident.")
class RecordedCause:
    type: CauseType
    text: str
    ci: CiRef | None
    change: str | None = strawberry.field(description="The number of the change that caused it.")


def cause_of(standing: Standing, cause: record_types.Cause | None) -> RecordedCause | None:
    """A cause as it is shown."""
    if cause is None:
        return None
    ci = standing.ref(cause.ci) if cause.ci else None
    return RecordedCause(type=cause.type, text=cause.text, ci=ci, change=cause.change)


@strawberry.input(description="What caused an incident.")
class CauseInput:
    type: CauseType
    text: str = ""
    ci: strawberry.ID | None = None
    change: str | None = strawberry.field(default=None, description="The number of the change that caused it.")

    def value(self) -> record_types.Cause:
        """In the inventory's words; checked where it is recorded."""
        return record_types.Cause(self.type, self.text, CiId(self.ci) if self.ci is not None else None, self.change)


def zone_named(name: str) -> tzinfo:
    """A time zone by name. Raises `Refused` BAD_REQUEST."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused("BAD_REQUEST", f"no time zone {shown(name)}; write one like America/Halifax") from None
