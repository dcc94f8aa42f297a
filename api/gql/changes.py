"""Planned changes and freeze windows: asked for, listed, reviewed, recorded, decided."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import strawberry

from api import calendar as span
from api.gql.change_inputs import ChangeEditInput, ChangeFilter, ChangeInput, FreezeInput
from api.gql.context import Context, Info, page_size
from api.gql.failures import InvalidInput, KeyReused, RecordConflict, StoreUnavailable
from api.gql.fields import AsOf, field, mutation, question
from api.gql.pages import Paged
from api.gql.records import RecordHistory, Seen, Since, history_of
from api.gql.reviews import CollisionPage, Review, ReviewedChange, collision_page
from api.gql.writing import Key, Message, signed
from api.records import Standing, key_of, standing
from api.reviews import Review as Found
from api.reviews import decide, drafted, listed_changes, reviewed, standing_after, told
from api.reviews_report import CalendarItem, ChangeRecord, FreezeWindow
from cmdb.records.kinds import ChangeState, Decision
from cmdb.records.record_types import Change, Freeze
from cmdb.records.service import Written
from cmdb.service import Signed
from impact import report
from impact.blind import completeness

From = Annotated[datetime, strawberry.argument(name="from", description="The start, with offset.")]
To = Annotated[datetime, strawberry.argument(description="The end, with offset; what starts then is not in it.")]
MaybeFrom = Annotated[datetime | None, strawberry.argument(name="from", description="The start, with offset.")]
MaybeTo = Annotated[datetime | None, strawberry.argument(description="The end, with offset.")]
Number = Annotated[str, strawberry.argument(description="`CHG-0007`, or `assyst/C-17` where another tool keeps it.")]


def _sure(at: Standing) -> report.Completeness:
    """On what a list rests."""
    return completeness(at.ask(), [])


@strawberry.type(description="Changes, by start, then by number.")
class ChangePage(Paged):
    standing: strawberry.Private[Standing]

    @field
    def completeness(self) -> report.Completeness:
        """On what the list rests."""
        return _sure(self.standing)

    @field
    def nodes(self) -> list[ChangeRecord]:
        """The changes of this page."""
        return [told(self.standing, change) for change in self.shown.nodes]


@strawberry.type(description="Freeze and blackout windows, by start, then by number.")
class FreezePage(Paged):
    standing: strawberry.Private[Standing]

    @field
    def completeness(self) -> report.Completeness:
        """On what the list rests."""
        return _sure(self.standing)

    @field
    def nodes(self) -> list[FreezeWindow]:
        """The windows of this page."""
        return [span.freeze_window(self.standing, freeze) for freeze in self.shown.nodes]


@strawberry.type(
    description="Changes, freeze windows and open incidents of a span of time, by start. Changes are those submitted, "
    "approved, being implemented, completed or failed."
)
class Calendar(Paged):
    found: strawberry.Private[span.Calendar]

    @field
    def completeness(self) -> report.Completeness:
        """On what the calendar rests."""
        return _sure(self.found.standing)

    @field
    def nodes(self) -> list[CalendarItem]:
        """The items of this page."""
        return list(self.shown.nodes)

    @field
    def collisions(self, first: int = 10, after: str | None = None) -> CollisionPage:
        """Collisions among all changes and incidents of the span that take place within it."""
        return collision_page(self.found.collisions, self.found.names, first, after)


@strawberry.type(description="A recorded change: what it says, its review, what happened to it.")
class RecordedPlan(ReviewedChange):
    @field
    def history(self, info: Info, first: int = 20, before: int | None = None) -> RecordHistory:
        """The revisions that wrote the record, newest first."""
        return history_of(info, self.found.change.key, first, before)


@strawberry.type(description="A change as it now stands.")
class WrittenChange:
    found: strawberry.Private[Found]
    revision: int = strawberry.field(description="Which revision made it so.")
    replayed: bool = strawberry.field(description="This key was applied before; nothing was done again.")

    @field
    def change(self) -> ChangeRecord:
        """The change; of a replay, as the first request left it."""
        return told(self.found.standing, self.found.change, self.revision)

    @field
    def review(self) -> Review:
        """What to know of it before it is decided."""
        return Review(found=self.found)


@strawberry.type(description="A freeze or blackout window as it now stands.")
class WrittenFreeze:
    freeze: FreezeWindow
    revision: int = strawberry.field(description="Which revision made it so.")
    replayed: bool = strawberry.field(description="This key was applied before; nothing was done again.")


PlanResult = Annotated[RecordedPlan | InvalidInput | StoreUnavailable, strawberry.union("PlanResult")]
DraftResult = Annotated[ReviewedChange | InvalidInput | StoreUnavailable, strawberry.union("DraftResult")]
PlansResult = Annotated[ChangePage | InvalidInput | StoreUnavailable, strawberry.union("PlansResult")]
CalendarResult = Annotated[Calendar | InvalidInput | StoreUnavailable, strawberry.union("CalendarResult")]
FreezesResult = Annotated[FreezePage | InvalidInput | StoreUnavailable, strawberry.union("FreezesResult")]
WrittenPlan = Annotated[
    WrittenChange | RecordConflict | KeyReused | InvalidInput | StoreUnavailable, strawberry.union("WrittenPlan")
]
FreezeResult = Annotated[
    WrittenFreeze | RecordConflict | KeyReused | InvalidInput | StoreUnavailable, strawberry.union("FreezeResult")
]


@strawberry.type
class ChangesQuery:
    @question
    def change(self, info: Info, number: Number, as_of: AsOf = None) -> PlanResult:
        """A planned change and its review, as of now or as of a revision."""
        return RecordedPlan(found=reviewed(standing(info.context.workspace, as_of), number))

    @question
    def changes(
        self,
        info: Info,
        filter: ChangeFilter | None = None,
        first: int = 50,
        after: str | None = None,
        as_of: AsOf = None,
    ) -> PlansResult:
        """Changes in any state, by start."""
        wanted = (filter or ChangeFilter()).wanted()
        at = standing(info.context.workspace, as_of)
        found = sorted(listed_changes(at.book, wanted), key=span.place)
        return ChangePage(shown=span.ordered(found, span.place, page_size(first), after), standing=at)

    @question
    def review_draft(self, info: Info, input: ChangeInput) -> DraftResult:
        """The review of a change that is not recorded. With the number of a recorded one: that change as it would be,
        such as in another window."""
        context = info.context
        return ReviewedChange(found=drafted(standing(context.workspace), input.draft(), context.who))

    @question
    def calendar(
        self, info: Info, from_: From, to: To, first: int = 100, after: str | None = None, as_of: AsOf = None
    ) -> CalendarResult:
        """What is planned, forbidden and going on in a span of up to a year, with collisions marked."""
        found = span.calendar(standing(info.context.workspace, as_of), from_, to)
        return Calendar(found=found, shown=found.page(page_size(first), after))

    @question
    def freezes(
        self,
        info: Info,
        from_: MaybeFrom = None,
        to: MaybeTo = None,
        cancelled: bool = False,
        first: int = 50,
        after: str | None = None,
        as_of: AsOf = None,
    ) -> FreezesResult:
        """Freeze and blackout windows of a span, also those called off if `cancelled`."""
        at = standing(info.context.workspace, as_of)
        found = span.freezes(at, from_, to, cancelled)
        return FreezePage(shown=span.ordered(found, span.place, page_size(first), after), standing=at)


@strawberry.type
class ChangesMutation:
    @mutation
    def plan_change(self, info: Info, input: ChangeInput, key: Key = None, message: Message = "") -> WrittenPlan:
        """Record a change, in state draft. Without a number it gets the next free one."""

        def act(by: Signed) -> Written[Change]:
            return info.context.workspace.desk.plan_change(input.draft(), by)

        return _written(info.context, key, message, act)

    @mutation
    def update_change(
        self, info: Info, number: Number, input: ChangeEditInput, expected: Seen = None, key: Key = None,
        message: Message = "",
    ) -> WrittenPlan:  # fmt: skip
        """Change the stated fields. What an approval is about may change only while it is a draft, submitted or
        rejected; move an approved change back to submitted first."""
        target = key_of("change", number, "number")

        def act(by: Signed) -> Written[Change]:
            return info.context.workspace.desk.edit_change(target, input.edit(), by, expected)

        return _written(info.context, key, message, act)

    @mutation
    def move_change(
        self, info: Info, number: Number, to: ChangeState, at: Since = None, text: str = "", expected: Seen = None,
        key: Key = None, message: Message = "",
    ) -> WrittenPlan:  # fmt: skip
        """Submit, implement, complete, fail or cancel it, or take it back to draft or submitted. `text` goes to the
        timeline; of a change that is completed or failed it is the outcome."""
        target = key_of("change", number, "number")

        def act(by: Signed) -> Written[Change]:
            return info.context.workspace.desk.move_change(target, to, by, at, text, expected)

        return _written(info.context, key, message, act)

    @mutation
    def decide_change(
        self, info: Info, number: Number, decision: Decision, text: str = "", expected: Seen = None, key: Key = None,
        message: Message = "",
    ) -> WrittenPlan:  # fmt: skip
        """Approve or reject a submitted change. An approval keeps the answer it rests on, so that drift can be told.
        Without `key` it fails with a conflict when the change was written meanwhile."""
        target = key_of("change", number, "number")

        def act(by: Signed) -> Written[Change]:
            return decide(info.context.workspace, target, decision, text, by, expected)

        return _written(info.context, key, message, act)

    @mutation
    def note_change(
        self, info: Info, number: Number, text: str, at: Since = None, key: Key = None, message: Message = ""
    ) -> WrittenPlan:
        """Add a line to the timeline of a change."""
        target = key_of("change", number, "number")

        def act(by: Signed) -> Written[Change]:
            value, revision, replayed = info.context.workspace.desk.note(target, text, by, at)
            assert isinstance(value, Change)
            return Written(value, revision, replayed)

        return _written(info.context, key, message, act)

    @mutation
    def declare_freeze(self, info: Info, input: FreezeInput, key: Key = None, message: Message = "") -> FreezeResult:
        """Declare a freeze or blackout window. Where no CI, kind or sector is named, it covers all CIs."""

        def act(by: Signed) -> Written[Freeze]:
            return info.context.workspace.desk.declare_freeze(input.draft(), by)

        return _frozen(info.context, key, message, act)

    @mutation
    def cancel_freeze(
        self, info: Info, number: Number, expected: Seen = None, key: Key = None, message: Message = ""
    ) -> FreezeResult:
        """Call a freeze or blackout window off."""
        target = key_of("freeze", number, "number")

        def act(by: Signed) -> Written[Freeze]:
            return info.context.workspace.desk.cancel_freeze(target, by, expected)

        return _frozen(info.context, key, message, act)


def _written(
    context: Context, key: str | None, message: str, act: Callable[[Signed], Written[Change]]
) -> WrittenChange:
    """Run it and say how the change now stands."""
    value, revision, replayed = act(signed(context, key, message))
    found = Found(standing_after(context.workspace, revision), value)
    return WrittenChange(found=found, revision=revision, replayed=replayed)


def _frozen(context: Context, key: str | None, message: str, act: Callable[[Signed], Written[Freeze]]) -> WrittenFreeze:
    """Run it and say how the window now stands."""
    value, revision, replayed = act(signed(context, key, message))
    shown = span.freeze_window(standing_after(context.workspace, revision), value, revision)
    return WrittenFreeze(freeze=shown, revision=revision, replayed=replayed)
