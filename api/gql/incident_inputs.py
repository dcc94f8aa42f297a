"""What is declared and corrected of incidents and problems: inputs, and how they become the service's own values."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import strawberry

from api.gql.records import CauseInput
from cmdb.model.ci import CiId
from cmdb.model.record import OWN_SOURCE
from cmdb.records.drafts import AffectedDraft, IncidentDraft, IncidentEdit, ProblemDraft
from cmdb.records.kinds import Grade, MajorReason
from cmdb.records.record_types import AffectedCi, Cause, CoveredCi
from impact.states import ImpactState

NAMES = {"impact_grade": "impact", "urgency_grade": "urgency"}
"""Fields that are called otherwise where they are kept."""


@strawberry.input(description="A CI of an incident that is declared, and the state it is in.")
class AffectedCiInput:
    ci: strawberry.ID
    state: ImpactState = ImpactState.down
    since: datetime | None = strawberry.field(default=None, description="Null: from the start of the incident.")
    until: datetime | None = strawberry.field(default=None, description="Null: still.")

    def draft(self) -> AffectedDraft:
        """In the service's words."""
        return AffectedDraft(CiId(self.ci), self.state.value, self.since, self.until)


@strawberry.input(description="A state of a CI over a time: one of its whole course in an incident.")
class CiCourseInput:
    ci: strawberry.ID
    since: datetime
    state: ImpactState = ImpactState.down
    until: datetime | None = strawberry.field(default=None, description="Null: still.")

    def part(self) -> AffectedCi:
        """In the service's words."""
        return AffectedCi(CiId(self.ci), self.state.value, self.since, self.until)


@strawberry.input(description="An incident to declare. A reason makes it major.")
class IncidentInput:
    title: str
    started_at: datetime = strawberry.field(description="When the disruption began, with offset.")
    number: str | None = strawberry.field(default=None, description="Null: the next free one of our own.")
    source: str = strawberry.field(default=OWN_SOURCE, description="Another tool's that it mirrors; else our own.")
    description: str = ""
    detected_at: datetime | None = None
    declared_at: datetime | None = strawberry.field(default=None, description="Null: now.")
    cis: list[AffectedCiInput] = strawberry.field(default_factory=list)
    impact_grade: Grade = Grade.medium
    urgency_grade: Grade = Grade.medium
    major: bool = False
    major_reason: MajorReason | None = None
    owner: str = ""
    cause: CauseInput | None = None
    problem: str | None = strawberry.field(default=None, description="The number of a problem.")

    def draft(self) -> IncidentDraft:
        """In the service's words; checked where it is recorded."""
        return IncidentDraft(
            title=self.title, started_at=self.started_at, number=self.number, source=self.source,
            description=self.description, detected_at=self.detected_at, declared_at=self.declared_at,
            cis=tuple(part.draft() for part in self.cis), impact=self.impact_grade, urgency=self.urgency_grade,
            major=self.major, major_reason=self.major_reason, owner=self.owner, cause=_cause(self.cause),
            problem=self.problem,
        )  # fmt: skip


@strawberry.input(
    description="What changes of an incident; what is left out stays as it is. Null empties detectedAt, declaredAt, "
    "cause and problem. `cis` replaces all of them with their whole course; see `setCiState` for one as it happens."
)
class IncidentEditInput:
    title: str | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    started_at: datetime | None = strawberry.UNSET
    detected_at: datetime | None = strawberry.UNSET
    declared_at: datetime | None = strawberry.UNSET
    resolved_at: datetime | None = strawberry.UNSET
    cis: list[CiCourseInput] | None = strawberry.UNSET
    impact_grade: Grade | None = strawberry.UNSET
    urgency_grade: Grade | None = strawberry.UNSET
    major: bool | None = strawberry.UNSET
    major_reason: MajorReason | None = strawberry.UNSET
    owner: str | None = strawberry.UNSET
    resolution: str | None = strawberry.UNSET
    cause: CauseInput | None = strawberry.UNSET
    problem: str | None = strawberry.UNSET

    def edit(self) -> IncidentEdit:
        """In the service's words; checked where it is recorded."""
        stated = {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not strawberry.UNSET}
        clear = frozenset(NAMES.get(name, name) for name, value in stated.items() if value is None)
        values: dict[str, Any] = {NAMES.get(name, name): _value(v) for name, v in stated.items() if v is not None}
        return IncidentEdit(**values, clear=clear)


def _value(value: object) -> object:
    if isinstance(value, CauseInput):
        return value.value()
    return tuple(part.part() for part in value) if isinstance(value, list) else value


def _cause(given: CauseInput | None) -> Cause | None:
    return None if given is None else given.value()


@strawberry.input(description="A problem to open.")
class ProblemInput:
    title: str
    number: str | None = strawberry.field(default=None, description="Null: the next free one of our own.")
    source: str = strawberry.field(default=OWN_SOURCE, description="Another tool's that it mirrors; else our own.")
    description: str = ""
    opened_at: datetime | None = strawberry.field(default=None, description="Null: now.")
    cis: list[strawberry.ID] = strawberry.field(default_factory=list, description="The CIs it is about.")
    cause: CauseInput | None = None

    def draft(self) -> ProblemDraft:
        """In the service's words; checked where it is recorded."""
        return ProblemDraft(
            title=self.title, number=self.number, source=self.source, description=self.description,
            opened_at=self.opened_at, cis=covered(self.cis), cause=_cause(self.cause),
        )  # fmt: skip


def covered(cis: Sequence[str]) -> tuple[CoveredCi, ...]:
    """CIs that a record is about."""
    return tuple(CoveredCi(CiId(ci)) for ci in cis)


SHOWN_NAMES: Mapping[str, str] = {kept: shown for shown, kept in NAMES.items()}
"""How fields that are called otherwise here are called."""
