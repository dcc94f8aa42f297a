"""An incident at a moment: what it does, who answers for it, what to say, what else is open, what may be behind it."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property

from api.edits import Edits, edits_below
from api.records import Standing, standing
from cmdb.model.ci import CiId
from cmdb.records.kinds import ChangeState
from cmdb.records.record_types import Incident
from cmdb.store.port import StoreUnavailable
from impact.incidents.after import after
from impact.incidents.drafts import draft
from impact.incidents.facts import Facts, facts_after, facts_now
from impact.incidents.picture import major, question_of, worst_hit
from impact.incidents.priority import suggest
from impact.incidents.related import related
from impact.incidents.report import (
    DraftKind,
    DraftMessage,
    MajorFinding,
    PostIncident,
    RelatedIncident,
    SuggestedPriority,
    Suspect,
    WorstHit,
)
from impact.incidents.suspects import merged, suspects
from impact.incidents.values import IncidentCase
from impact.question import Asked, Question
from impact.reviews.drift import drift
from impact.reviews.report import Drift

SUSPECT_DAYS = 7
MOST_DAYS = 90
"""How far back suspects may be looked for."""


@dataclass(frozen=True)
class Picture:
    """An incident as it stands at the moment of `standing`; each part is computed once, when it is asked for."""

    standing: Standing
    incident: Incident

    @cached_property
    def case(self) -> IncidentCase:
        """The incident without what came after the moment."""
        whole = self.standing.case(self.incident)
        return whole.as_of(self.standing.moment) or whole

    @cached_property
    def question(self) -> Question:
        """The joint scenario of its CIs at the moment."""
        return question_of(self.standing.estate, self.case, self.standing.asked)

    @property
    def unrecorded(self) -> list[CiId]:
        """CIs that it names and the graph does not have: they take no part in any answer."""
        named = dict.fromkeys(part.ci for part in self.incident.cis)
        return [ci for ci in named if not self.standing.knows(ci)]

    def major(self) -> MajorFinding:
        """Whether the records support calling it major."""
        return major(self.question)

    def worst_hit(self) -> WorstHit | None:
        """The service hit worst, whose owner the incident is."""
        return worst_hit(self.question)

    def suggested(self) -> SuggestedPriority:
        """Grades that the records suggest."""
        return suggest(self.question)

    @cached_property
    def post(self) -> PostIncident:
        """Looking back upon it from the moment."""
        return after(self.standing.estate, self.case, self.standing.moment)

    @property
    def draft_kinds(self) -> list[DraftKind]:
        """The messages that fit its state at the moment."""
        return [DraftKind.first_notice, DraftKind.update] if self.case.open else [DraftKind.resolved]

    def draft(
        self, kind: DraftKind, zone: tzinfo, contact: str = "", advice: str = "", expected_at: datetime | None = None
    ) -> DraftMessage:
        """A message to clients, filled from the facts."""
        if kind is DraftKind.resolved:
            told = facts_after(self.question, self.case, self.post, contact=contact, advice=advice)
        else:
            told = facts_now(
                self.question, self.case, contact=contact, advice=advice, expected_at=expected_at,
                before=self._before if kind is DraftKind.update else None,
            )  # fmt: skip
        return draft(kind, told, zone)

    @cached_property
    def _before(self) -> Facts | None:
        """The facts when its CIs were last in other states, or when it was declared: what an update compares with."""
        moments = {part.since for part in self.case.parts} | {part.until for part in self.case.parts if part.until}
        earlier = [at for at in moments if self.incident.started_at < at <= self.standing.moment]
        begun = max(self.incident.declared_at or self.incident.started_at, self.incident.started_at)
        last = max(earlier, default=begun) - timedelta(microseconds=1)
        if not self.incident.started_at <= last < self.standing.moment:
            return None
        then = question_of(self.standing.estate, self.case, Asked(last))
        return facts_now(then, self.case)

    def drift(self, since: str, first: int) -> Drift:
        """Who joined and who left what it does since a revision or time; before it was declared it did nothing.

        Raises `InvalidInput` and `StoreUnavailable`.
        """
        then = standing(self.standing.workspace, since)
        known = then.book.incidents.get(self.incident.key)
        before = {} if known is None else Picture(then, known).question.states
        return drift(self.standing.estate, before, self.question.states, first)

    def related(self, most: int) -> list[RelatedIncident]:
        """Other incidents open at the moment that have to do with it, the closest first."""
        others = [self.standing.case(one) for one in open_at(self.standing) if one.key != self.incident.key]
        return related(self.standing.estate, self.case, others, self.standing.moment, most)

    def suspects(self, days: int, most: int) -> "Suspects":
        """Recent changes to what its CIs are or depend on, the likeliest first."""
        start = self.incident.started_at - timedelta(days=days)
        changes = [
            self.standing.change_case(one)
            for one in self.standing.book.changes.values()
            if one.start <= self.incident.started_at
            and (one.state is ChangeState.implementing or one.window.end is None or one.window.end > start)
        ]
        found = suspects(self.standing.estate, self.case, changes, days, most)
        try:
            edits, known = self._edits(start), True
        except StoreUnavailable:
            edits, known = Edits([]), False
        return Suspects(merged(found, self.case, edits.nodes, days, most), known, edits.loads)

    def _edits(self, start: datetime) -> Edits:
        """What was recorded about what its CIs depend on from a moment until it began. Raises `StoreUnavailable`."""
        store, named = self.standing.workspace.store, dict.fromkeys(part.ci for part in self.incident.cis)
        since, until = store.head(start), store.head(self.incident.started_at)
        if self.standing.head is not None:
            until = min(until, self.standing.head)
        return edits_below(store, self.standing.estate, list(named), since, until)


@dataclass(frozen=True)
class Suspects:
    """Suspects; `edits_known` is False while the store is away: then only change records are among them. `loads` are
    revisions of the time that changed very many CIs, such as imports; they are not looked into."""

    nodes: list[Suspect]
    edits_known: bool
    loads: int


def open_at(standing: Standing) -> list[Incident]:
    """Incidents going on at the moment: now, those that are open; at an earlier one, those not yet resolved then."""
    book, moment = standing.book, standing.moment
    found = book.open_incidents()
    over = [one for one in book.incidents.values() if one.resolved_at is not None and one.resolved_at > moment]
    return [one for one in (*found, *over) if one.started_at <= moment]
