"""An incident: what is recorded of it, and its picture at a moment; each part is computed only if it is asked for."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import strawberry

from api.errors import Refused
from api.gql.context import Info, page_size
from api.gql.failures import InvalidInput, StoreUnavailable
from api.gql.fields import AsOf, field, question
from api.gql.impact import Impact
from api.gql.pages import Paged
from api.gql.post_incident import PostIncident
from api.gql.problems import ProblemRecord, problem_shown
from api.gql.records import (
    At,
    RecordedCause,
    RecordHistory,
    TimelineEntry,
    cause_of,
    history_of,
    timeline,
    zone_named,
)
from api.incidents import MOST_DAYS, SUSPECT_DAYS, Picture
from api.incidents_found import IncidentsWanted, found_incidents
from api.records import Standing, listed, page_of, standing
from cmdb.model.errors import InvalidInput as BadValues
from cmdb.model.record import RecordKey
from cmdb.records import record_types
from cmdb.records.kinds import INCIDENT_MOVES, Grade, IncidentState, MajorReason
from impact.incidents import report as told
from impact.incidents.report import DraftKind
from impact.report import CiRef, Page
from impact.reviews.report import Drift
from impact.states import ImpactState

SeenAt = Annotated[
    str, strawberry.argument(description="A revision (`r42`) or a time with offset: when it was last looked at.")
]


@strawberry.type(description="A CI of an incident in a state over a time, half-open.")
class IncidentCi:
    ci: CiRef
    state: ImpactState
    since: datetime
    until: datetime | None = strawberry.field(description="Null: still.")
    recorded: bool = strawberry.field(description="False: the graph does not have it, so it takes no part in answers.")


@strawberry.type(description="Recent changes to what an incident's CIs are or depend on.")
class Suspects:
    nodes: list[told.Suspect] = strawberry.field(description="The likeliest first.")
    edits_known: bool = strawberry.field(
        description="False while the store is away: recorded edits are not among them then, only change records."
    )
    loads: int = strawberry.field(
        description="Revisions of that time that touched more than 1,000 CIs, such as imports; not looked into."
    )


@strawberry.type(
    description="An incident as it is recorded, and its picture: what follows at a moment from the states of its CIs."
)
class Incident:
    picture: strawberry.Private[Picture]
    revised: strawberry.Private[int]

    @property
    def value(self) -> record_types.Incident:
        return self.picture.incident

    @property
    def standing(self) -> Standing:
        return self.picture.standing

    @field
    def key(self) -> str:
        """As people name it: its number, behind its source unless it is our own. Every argument takes this."""
        return str(self.value.key)

    @field
    def number(self) -> str:
        return self.value.number

    @field
    def source(self) -> str:
        """Whose record it is; `bluenose` for our own."""
        return self.value.source

    @field
    def revision(self) -> int:
        """The revision that wrote it last; give it as `expected`."""
        return self.revised

    @field
    def title(self) -> str:
        return self.value.title

    @field
    def description(self) -> str:
        return self.value.description

    @field
    def state(self) -> IncidentState:
        return self.value.state

    @field
    def open(self) -> bool:
        """Whether it is going on."""
        return self.value.open

    @field
    def moves(self) -> list[IncidentState]:
        """The states it may be moved to."""
        return list(INCIDENT_MOVES[self.value.state])

    @field
    def started_at(self) -> datetime:
        """When the disruption began: clocks run from then."""
        return self.value.started_at

    @field
    def detected_at(self) -> datetime | None:
        """When somebody noticed."""
        return self.value.detected_at

    @field
    def declared_at(self) -> datetime | None:
        """When work on it was declared to begin: what is down can be back from then on."""
        return self.value.declared_at

    @field
    def resolved_at(self) -> datetime | None:
        return self.value.resolved_at

    @field
    def closed_at(self) -> datetime | None:
        return self.value.closed_at

    @field
    def cis(self, first: int = 50, after: str | None = None) -> Page[IncidentCi]:
        """Its CIs with their states over time, in the order they were recorded."""
        shown = listed(self.value.cis, page_size(first), after)
        nodes = [self._ci(part) for part in shown.nodes]
        return Page(nodes, shown.total_count, shown.end_cursor, shown.has_next_page)

    def _ci(self, part: record_types.AffectedCi) -> IncidentCi:
        at = self.standing
        return IncidentCi(
            ci=at.ref(part.ci), state=ImpactState[part.state], since=part.since, until=part.until,
            recorded=at.knows(part.ci),
        )  # fmt: skip

    @field
    def impact_grade(self) -> Grade:
        """How large its impact is, as a person judged; see `suggestedPriority`."""
        return self.value.impact

    @field
    def urgency_grade(self) -> Grade:
        """How urgent it is, as a person judged."""
        return self.value.urgency

    @field
    def priority(self) -> int:
        """1, the most pressing, to 5: from the two grades."""
        return self.value.priority

    @field
    def major(self) -> bool:
        """Whether it was declared major; see `majorFinding` for what the records support."""
        return self.value.major

    @field
    def major_reason(self) -> MajorReason | None:
        """What it does to a business-critical service."""
        return self.value.major_reason

    @field
    def owner(self) -> str:
        """Who answers for it, as recorded; see `worstHit` for whose it should be."""
        return self.value.owner

    @field
    def resolution(self) -> str:
        return self.value.resolution

    @field
    def cause(self) -> RecordedCause | None:
        return cause_of(self.standing, self.value.cause)

    @field
    def problem(self) -> str | None:
        """The key of the problem it is linked to."""
        return self.value.problem

    @field
    def problem_record(self) -> ProblemRecord | None:
        """That problem; null also where it is not recorded here."""
        return problem_shown(self.standing, self.value.problem) if self.value.problem else None

    @field
    def at(self) -> datetime:
        """The moment that states and clocks are told for."""
        return self.standing.moment

    @field
    def timeline(self, first: int = 50, after: str | None = None) -> Page[TimelineEntry]:
        """What happened, the newest line first."""
        return timeline(self.value.timeline, first, after)

    @field
    def history(self, info: Info, first: int = 20, before: int | None = None) -> RecordHistory:
        """The revisions that wrote it, newest first: who, when, why, what."""
        return history_of(info, self.value.key, first, before)

    @field
    def impact(self) -> Impact:
        """What the states of its CIs do at the moment: people, clocks, whom to call and notify, restore order, what
        holds, what is not known. Nothing once it is over."""
        return Impact(question=self.picture.question)

    @field
    def worst_hit(self) -> told.WorstHit | None:
        """The service hit worst, whose owner the incident is; null if none is hit."""
        return self.picture.worst_hit()

    @field
    def major_finding(self) -> told.MajorFinding:
        """Whether the records support calling it major, and by which word."""
        return self.picture.major()

    @field
    def suggested_priority(self) -> told.SuggestedPriority:
        """Grades that the records suggest, with the facts behind them."""
        return self.picture.suggested()

    @field
    def drafts(
        self,
        zone: str = "UTC",
        kinds: list[DraftKind] | None = None,
        contact: str = "",
        advice: str = "",
        expected_at: datetime | None = None,
    ) -> list[told.DraftMessage]:
        """Messages to clients, filled from the facts; times in `zone`. `kinds` null: first notice and update while it
        goes on, resolved once it is over. What only a person knows may be given: whom to contact, what clients can do,
        when all is expected back."""
        wanted = self.picture.draft_kinds if kinds is None else list(dict.fromkeys(kinds))
        place = zone_named(zone)
        return [self.picture.draft(kind, place, contact, advice, expected_at) for kind in wanted]

    @field
    def drift(self, since: SeenAt, first: int = 20) -> Drift:
        """How what it does has changed since it was last looked at: the CIs and client groups that joined and left,
        because its CIs are in other states or because the graph is another one."""
        try:
            return self.picture.drift(since, page_size(first))
        except BadValues as error:
            raise Refused("BAD_REQUEST", _of_since(error)) from None

    @field
    def related(self, first: int = 10) -> list[told.RelatedIncident]:
        """Other incidents open at the moment that have to do with it, the closest first."""
        return self.picture.related(page_size(first))

    @field
    def suspects(self, first: int = 20, days: int = SUSPECT_DAYS) -> Suspects:
        """Changes of the `days` (1 to 90) before it began to what its CIs are or depend on, the likeliest first."""
        if not 1 <= days <= MOST_DAYS:
            raise Refused("BAD_REQUEST", f"days must be from 1 to {MOST_DAYS}, found {days}")
        found = self.picture.suspects(days, page_size(first))
        return Suspects(nodes=found.nodes, edits_known=found.edits_known, loads=found.loads)

    @field
    def post_incident(self) -> PostIncident:
        """Looking back upon it from the moment: which RTO was kept or missed, and people-minutes lost."""
        return PostIncident(found=self.picture.post)


def _of_since(error: BadValues) -> str:
    (problem,) = error.problems
    return f"since: found {problem.found}; accepted is {problem.accepted}"


def incident_shown(standing: Standing, value: record_types.Incident, revision: int | None = None) -> Incident:
    """An incident at the moment of `standing`."""
    known = standing.book.revisions.get(value.key, 0) if revision is None else revision
    return Incident(picture=Picture(standing, value), revised=known)


@strawberry.input(description="Which incidents to list; what is left out does not restrict.")
class IncidentFilter:
    states: list[IncidentState] | None = None
    open: bool | None = strawberry.field(default=None, description="Only those going on, or only those that are over.")
    major: bool | None = None
    ci: strawberry.ID | None = strawberry.field(default=None, description="About this CI, in whatever state.")
    since: datetime | None = strawberry.field(default=None, description="Going on at or after this moment.")
    until: datetime | None = strawberry.field(default=None, description="Begun before this moment.")
    source: str | None = None

    def wanted(self) -> IncidentsWanted:
        """This filter in the service's words."""
        states = None if self.states is None else frozenset(self.states)
        return IncidentsWanted(states, self.open, self.major, self.ci, self.since, self.until, self.source)


@strawberry.type(description="Incidents by number; digits compare as numbers.")
class Incidents(Paged):
    standing: strawberry.Private[Standing]

    @field
    def nodes(self) -> list[Incident]:
        """The incidents of this page."""
        return [incident_shown(self.standing, one) for one in self.shown.nodes]


def _key(incident: record_types.Incident) -> RecordKey:
    return incident.key


def incidents_page(
    at: Standing, found: Iterable[record_types.Incident], first: int | None, after: str | None
) -> Incidents:
    """A page of incidents by number. Raises `BadCursor`."""
    return Incidents(standing=at, shown=page_of(list(found), _key, first, after, "incident"))


IncidentResult = Annotated[Incident | InvalidInput | StoreUnavailable, strawberry.union("IncidentResult")]
IncidentsResult = Annotated[Incidents | InvalidInput | StoreUnavailable, strawberry.union("IncidentsResult")]


@strawberry.type
class IncidentQuery:
    @question
    def incident(self, info: Info, number: str, as_of: AsOf = None, at: At = None) -> IncidentResult:
        """An incident by number, such as INC-0007 or assyst/INC-0007; now, or the record and the graph as of a
        revision. States and clocks are told for `at`: else for now, or for the time or the revision of `asOf`."""
        found = standing(info.context.workspace, as_of, at)
        value = found.book.find("incident", number)
        return incident_shown(found, value)

    @question
    def incidents(
        self,
        info: Info,
        filter: IncidentFilter | None = None,
        first: int = 50,
        after: str | None = None,
        as_of: AsOf = None,
        at: At = None,
    ) -> IncidentsResult:
        """Incidents by number, a page at a time."""
        found = standing(info.context.workspace, as_of, at)
        wanted = filter.wanted() if filter else IncidentsWanted()
        return incidents_page(found, found_incidents(found, wanted), page_size(first), after)
