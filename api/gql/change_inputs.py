"""What changes and freeze windows are made of: inputs, and how they become drafts."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

import api.gql.records  # noqa: F401  (makes GraphQL types of the words of records)
from api.reviews import Wanted
from cmdb.model.ci import CiId
from cmdb.model.record import OWN_SOURCE
from cmdb.records.drafts import ChangeDraft, ChangeEdit, FreezeDraft
from cmdb.records.kinds import ChangeState, ChangeType, FreezeType
from cmdb.records.record_types import BackOut, CoveredCi, PlannedCi
from impact.states import ImpactState


@strawberry.input(description="A CI of a change and the state it is put in during the window.")
class PlannedCiInput:
    ci: strawberry.ID
    state: ImpactState = strawberry.field(
        default=ImpactState.down, description="operational: it is changed and goes on working."
    )


@strawberry.input(description="How a change is taken back.")
class BackOutInput:
    plan: str = ""
    minutes: int | None = strawberry.field(default=None, description="How long that takes; null: not known.")

    def value(self) -> BackOut:
        """In the inventory's words."""
        return BackOut(self.plan, self.minutes)


@strawberry.input(description="A change to record.")
class ChangeInput:
    title: str
    start: datetime = strawberry.field(description="With offset.")
    end: datetime = strawberry.field(description="With offset; the window does not include it.")
    cis: list[PlannedCiInput] = strawberry.field(default_factory=list)
    type: ChangeType = ChangeType.normal
    number: str | None = strawberry.field(default=None, description="Null: the next free one, as CHG-0001.")
    source: str | None = strawberry.field(default=None, description="Which tool keeps the record; null: this one.")
    description: str = ""
    requested_at: datetime | None = strawberry.field(default=None, description="With offset; null: now.")
    back_out: BackOutInput | None = None
    owner: str = ""

    def draft(self) -> ChangeDraft:
        """In the inventory's words."""
        return ChangeDraft(
            title=self.title,
            start=self.start,
            end=self.end,
            number=self.number,
            source=OWN_SOURCE if self.source is None else self.source,
            description=self.description,
            type=self.type,
            requested_at=self.requested_at,
            cis=_planned(self.cis),
            back_out=self.back_out.value() if self.back_out else BackOut(),
            owner=self.owner,
        )


@strawberry.input(description="What changes of a change; what is left out or null stays as it is.")
class ChangeEditInput:
    title: str | None = None
    start: datetime | None = strawberry.field(default=None, description="With offset.")
    end: datetime | None = strawberry.field(default=None, description="With offset.")
    cis: list[PlannedCiInput] | None = strawberry.field(default=None, description="Replaces all of them.")
    type: ChangeType | None = None
    description: str | None = None
    back_out: BackOutInput | None = None
    owner: str | None = None
    outcome: str | None = None

    def edit(self) -> ChangeEdit:
        """In the inventory's words."""
        return ChangeEdit(
            title=self.title,
            start=self.start,
            end=self.end,
            cis=None if self.cis is None else _planned(self.cis),
            type=self.type,
            description=self.description,
            back_out=self.back_out.value() if self.back_out else None,
            owner=self.owner,
            outcome=self.outcome,
        )


@strawberry.input(description="A freeze or blackout window to declare.")
class FreezeInput:
    title: str
    start: datetime = strawberry.field(description="With offset.")
    end: datetime = strawberry.field(description="With offset; the window does not include it.")
    type: FreezeType = strawberry.field(
        default=FreezeType.freeze,
        description="freeze: no changes of what it covers; blackout: nothing that takes it down.",
    )
    cis: list[strawberry.ID] = strawberry.field(default_factory=list)
    kinds: list[str] = strawberry.field(
        default_factory=list, description="An abstract kind stands for its descendants."
    )
    sectors: list[str] = strawberry.field(default_factory=list)
    number: str | None = strawberry.field(default=None, description="Null: the next free one, as FRZ-0001.")
    source: str | None = strawberry.field(default=None, description="Which tool keeps the record; null: this one.")

    def draft(self) -> FreezeDraft:
        """In the inventory's words."""
        return FreezeDraft(
            title=self.title,
            start=self.start,
            end=self.end,
            number=self.number,
            source=OWN_SOURCE if self.source is None else self.source,
            type=self.type,
            cis=tuple(CoveredCi(CiId(ci)) for ci in self.cis),
            kinds=tuple(self.kinds),
            sectors=tuple(self.sectors),
        )


@strawberry.input(description="Which changes to list; what is left out does not restrict.")
class ChangeFilter:
    states: list[ChangeState] | None = None
    types: list[ChangeType] | None = None
    ci: strawberry.ID | None = strawberry.field(default=None, description="Changes that name this CI.")
    from_: datetime | None = strawberry.field(
        name="from", default=None, description="Windows that end after it, with offset."
    )
    to: datetime | None = strawberry.field(default=None, description="Windows that start before it, with offset.")

    def wanted(self) -> Wanted:
        """In the inventory's words. Raises `InvalidInput` BAD_DATE."""
        return Wanted.of(self.states or (), self.types or (), self.ci, self.from_, self.to)


def _planned(cis: Sequence[PlannedCiInput]) -> tuple[PlannedCi, ...]:
    return tuple(PlannedCi(CiId(part.ci), part.state.value) for part in cis)
