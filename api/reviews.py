"""A change reviewed on what is recorded: its impact, what it collides with, its risk, and drift since its approval."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from api.planned import levels, name_of
from api.records import Standing
from api.reviews_report import (
    ApprovalBasis,
    BackOutPlan,
    ChangeApproval,
    ChangeDrift,
    ChangeRecord,
    NamedRecord,
    PlannedState,
    RecordKind,
)
from api.scenario import checked_moment
from api.workspace import Workspace
from cmdb.model.ci import CiId
from cmdb.model.record import RecordKey
from cmdb.records.book import Book
from cmdb.records.change import may_decide, next_states
from cmdb.records.change import planned as planned_change
from cmdb.records.drafts import ChangeDraft
from cmdb.records.faults import Faults
from cmdb.records.kinds import ChangeState, ChangeType, Decision
from cmdb.records.record_types import Approval, Basis, Change, Freeze, Incident
from cmdb.records.references import check_cis, named_cis, out_of_service
from cmdb.records.service import Written
from cmdb.records.times import Window
from cmdb.service import Signed
from impact.analyses import summarize
from impact.question import Question
from impact.reviews.drift import drift
from impact.reviews.planned import Frozen, Planned, Stated, planned, seconds
from impact.reviews.report import ChangeReview, Collision, Drift
from impact.reviews.review import review
from impact.states import Assumption, ImpactState

AROUND = timedelta(days=14)
"""How far on either side of a window others are looked at, for suggestions."""
DRIFTING = frozenset({ChangeState.approved, ChangeState.implementing})


@dataclass(frozen=True)
class Review:
    """A change, recorded or not, as it stands at the moment of `standing`; each part is computed when asked for."""

    standing: Standing
    change: Change

    @property
    def unrecorded(self) -> list[CiId]:
        """CIs that it names and the inventory does not have: they take no part in the answer."""
        return [part.ci for part in self.change.cis if not self.standing.knows(part.ci)]

    @cached_property
    def window(self) -> Window:
        """When it is carried out, as it looks now."""
        return self.change.window_at(self.standing.moment)

    @cached_property
    def question(self) -> Question:
        """What it does by itself: its CIs in their states from the start of the window. CIs that go on working while
        they are changed are no pins: they hide nothing."""
        at = self.standing
        worse = [part for part in self.change.cis if part.state != "operational" and at.knows(part.ci)]
        given = [Assumption(part.ci, ImpactState[part.state]) for part in worse]
        begins = self.window.start
        return at.ask(given, begins, begins)

    @cached_property
    def found(self) -> ChangeReview:
        """The review; kept by the workspace while nothing changes, for a minute at most."""
        at, plans = self.standing, self.standing.workspace.plans
        about = (self.change, at.estate.head, at.book.head, at.moment.replace(second=0, microsecond=0), at.seen.live)
        return plans.kept(about, self._review)

    def _review(self) -> ChangeReview:
        at = self.standing
        stated = Stated(self.change.type.value, seconds(self.change.requested_at), self.change.back_out.minutes)
        return review(at.estate, self._subject(), self._others(), self._freezes(), stated, at.asked)

    def _subject(self) -> Planned:
        return planned(self.standing.estate, str(self.change.key), levels(self.change), *self.window)

    def _others(self) -> list[Planned]:
        at, around = self.standing, _around(self.window)
        changes = [one for one in at.book.planned_changes(around, at.moment) if one.key != self.change.key]
        plans = at.workspace.plans
        return [*plans.changes(at.estate, changes, at.moment), *plans.incidents(at.estate, at.book, at.moment)]

    def _freezes(self) -> list[Frozen]:
        at = self.standing
        return at.workspace.plans.freezes(at.estate, at.book, _around(self.window))

    @cached_property
    def names(self) -> dict[str, NamedRecord]:
        """Every record that the review may name, by key."""
        at, around = self.standing, _around(self.window)
        changes = at.book.planned_changes(around, at.moment)
        records: list[Change | Incident | Freeze] = [
            *changes,
            *at.book.open_incidents(),
            *at.book.freezes_in(around),
            self.change,
        ]
        return {found.key: found for found in (named(record, at) for record in records)}

    @property
    def basis(self) -> Basis | None:
        """The answer that it was approved on; None where there is none, or it is over."""
        return self.standing.book.basis_of(self.change) if self.change.state in DRIFTING else None

    def drift(self, basis: Basis, first: int) -> ChangeDrift:
        """How the answer of now differs from the one that was approved; each list with its first CIs."""
        told = drift(self.standing.estate, states_of(basis), self.question.states, first)
        now, then = self.collided, set(basis.collisions)
        joined, left = sorted(now - then), sorted(then - now)
        drifted = bool(told.drifted or joined or left)
        return _drifted(told, drifted, joined, left, self.people, self.found.risk.score, basis)

    @property
    def people(self) -> int:
        """People in the client groups that it affects."""
        return summarize(self.question).people.total

    @property
    def collided(self) -> set[str]:
        """Its collisions, each by the keys of the other parties."""
        return {_others_of(one, str(self.change.key)) for one in self.found.collisions.nodes}

    def made_basis(self) -> Basis:
        """This answer as an approval keeps it; number and source are given when it is recorded."""
        by_state: dict[ImpactState, list[CiId]] = {state: [] for state in ImpactState}
        for ci, state in sorted(self.question.states.items()):
            by_state[state].append(CiId(ci))
        return Basis(
            number="",
            revision=self.standing.estate.revision,
            asked_at=self.standing.moment,
            people=self.people,
            down=tuple(by_state[ImpactState.down]),
            degraded=tuple(by_state[ImpactState.degraded]),
            at_risk=tuple(by_state[ImpactState.at_risk]),
            collisions=tuple(sorted(self.collided)),
            risk=self.found.risk.score,
        )


def _around(window: Window) -> Window:
    """A window and the days on both sides of it."""
    return Window(window.start - AROUND, None if window.end is None else window.end + AROUND)


def _others_of(collision: Collision, own: str) -> str:
    return " + ".join(sorted(party.key for party in collision.parties if party.key != own))


def _drifted(
    told: Drift, drifted: bool, joined: list[str], left: list[str], people: int, risk: int, basis: Basis
) -> ChangeDrift:
    since = ApprovalBasis(basis.revision, basis.asked_at, basis.people, basis.risk, list(basis.collisions))
    return ChangeDrift(drifted, told.joined, told.left, told.changed, joined, left, people, risk, since)


def states_of(basis: Basis) -> dict[str, ImpactState]:
    """The states that a basis holds."""
    parts = (
        (ImpactState.down, basis.down),
        (ImpactState.degraded, basis.degraded),
        (ImpactState.at_risk, basis.at_risk),
    )
    return {ci: state for state, cis in parts for ci in cis}


def reviewed(standing: Standing, number: str) -> Review:
    """A recorded change, by number or key. Raises `InvalidInput` BAD_NUMBER and UNKNOWN_RECORD."""
    return Review(standing, standing.book.find("change", number))


def drafted(standing: Standing, draft: ChangeDraft, who: str) -> Review:
    """A change that is not recorded: the draft, or, where its number is recorded, that change as it would be.

    Raises `InvalidInput` with all that is wrong with it.
    """
    workspace, faults, found = standing.workspace, Faults(), list[Change]()
    number = draft.number or standing.book.next_number(Change.kind)
    with faults.gathered():
        found.append(planned_change(draft, number, who, standing.moment))
    given = list(named_cis(draft))
    stored = workspace.inventory.get(dict.fromkeys(ci for _, ci in given))
    check_cis(given, None, out_of_service(Change.kind), stored, faults)
    faults.settle()
    (change,) = found
    recorded = standing.book.changes.get(change.key)
    return Review(standing, change if recorded is None else replace(change, requested_at=recorded.requested_at))


def told(standing: Standing, change: Change, revision: int | None = None) -> ChangeRecord:
    """A change as it is shown; `revision` is the one that made it so, if it is not the newest."""
    return ChangeRecord(
        key=str(change.key),
        number=change.number,
        source=change.source,
        title=change.title,
        description=change.description,
        type=change.type,
        state=change.state,
        planned=change.planned,
        requested_at=change.requested_at,
        start=change.start,
        end=change.end,
        actual_start=change.actual_start,
        actual_end=change.actual_end,
        cis=[_planned_state(standing, part.ci, part.state) for part in change.cis],
        back_out=BackOutPlan(change.back_out.plan, change.back_out.minutes),
        owner=change.owner,
        outcome=change.outcome,
        approvals=[ChangeApproval(a.at, a.who, a.decision, a.revision, a.text) for a in change.approvals],
        next_states=list(next_states(change)),
        may_decide=may_decide(change),
        revision=standing.book.revisions.get(change.key, 0) if revision is None else revision,
    )


def _planned_state(standing: Standing, ci: CiId, state: str) -> PlannedState:
    at = standing.estate.register.find(ci)
    live = at is not None and bool(standing.estate.live[at])
    return PlannedState(standing.ref(ci), ImpactState[state], at is not None, live)


def named(record: Change | Incident | Freeze, standing: Standing) -> NamedRecord:
    """A record as answers name it."""
    if isinstance(record, Change):
        window = record.window_at(standing.moment)
        return NamedRecord(str(record.key), RecordKind.change, record.title, record.state.value, *window)
    if isinstance(record, Incident):
        key = name_of(record, standing.book)
        return NamedRecord(key, RecordKind.incident, record.title, record.state.value, *record.window)
    return NamedRecord(str(record.key), RecordKind.freeze, record.title, record.type.value, record.start, record.end)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes to list; what is left out does not restrict. Of a span both ends are optional."""

    states: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    ci: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    @classmethod
    def of(
        cls,
        states: Iterable[ChangeState],
        types: Iterable[ChangeType],
        ci: str | None,
        start: datetime | None,
        end: datetime | None,
    ) -> "Wanted":
        """Raises `InvalidInput` BAD_DATE for a time without offset."""
        span = checked_moment(start, "from"), checked_moment(end, "to")
        return cls(frozenset(s.value for s in states), frozenset(t.value for t in types), ci, *span)

    def __call__(self, change: Change) -> bool:
        """Whether a change is wanted."""
        window = change.window
        return (
            (not self.states or change.state.value in self.states)
            and (not self.types or change.type.value in self.types)
            and (self.end is None or window.start < self.end)
            and (self.start is None or window.end is None or window.end > self.start)
        )


def listed_changes(book: Book, wanted: Wanted) -> list[Change]:
    """The changes that are wanted."""
    among: Iterable[object] = book.changes.values() if wanted.ci is None else book.of_ci(CiId(wanted.ci))
    return [one for one in among if isinstance(one, Change) and wanted(one)]


def standing_after(workspace: Workspace, revision: int) -> Standing:
    """What is recorded now, at least as new as a revision that was just written."""
    workspace.wrote(revision)
    return Standing(workspace, workspace.clock())


def decide(
    workspace: Workspace, key: RecordKey, decision: Decision, text: str, by: Signed, expected: int | None = None
) -> Written[Change]:
    """Approve or reject a change, on its review of now; an approval keeps that answer.

    Where neither `expected` nor an idempotency key is given, the change must be as it was when it was reviewed.
    Raises `InvalidInput` BAD_TRANSITION for one that is not submitted, and what `RecordDesk.decide` raises.
    """
    at = Standing(workspace, workspace.clock())
    change = at.book.find("change", str(key))
    seen = at.book.revisions[change.key] if expected is None and not by.key else expected
    approved = decision is Decision.approved and may_decide(change)
    basis = Review(at, change).made_basis() if approved else None
    approval = Approval(at.moment, by.who, decision, at.estate.revision, text)
    return workspace.desk.decide(change.key, approval, by, basis, seen)
