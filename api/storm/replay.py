"""Replays a storm through the desk: every event as the people of the story would record it, at its own time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from api.storm.story import Event, Story, parse_offset, told
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown
from cmdb.model.record import RecordKey
from cmdb.records.drafts import AffectedDraft, ChangeDraft, FreezeDraft, IncidentDraft, ProblemDraft
from cmdb.records.kinds import (
    CauseType,
    ChangeState,
    ChangeType,
    Decision,
    FreezeType,
    Grade,
    IncidentState,
    MajorReason,
    ProblemState,
)
from cmdb.records.record_types import AnyRecord, Approval, BackOut, Basis, Cause, Change, CoveredCi, PlannedCi
from cmdb.records.service import RecordDesk, Written
from cmdb.service import Signed

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
WHO = "storm"


@dataclass
class StormClock:
    """The clock of a replay: it stands where the story is."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def reach(self, moment: datetime) -> None:
        """Go on to a moment; never back."""
        self.now = max(self.now, moment)


@dataclass
class Replay:
    """A storm being replayed. `records` are those the story has named so far, under their numbers there, each as it
    was last written.

    Each event has an idempotency key: what an earlier replay into the same store has recorded is not recorded again.
    `basis` makes the answer that an approval rests on, for the number of a change.
    """

    story: Story
    desk: RecordDesk
    clock: StormClock
    basis: Callable[[str], Basis]
    records: dict[str, Written[AnyRecord]] = field(default_factory=dict)
    played: int = 0

    def until(self, offset: timedelta) -> list[Event]:
        """Play what happens up to and including an offset; the events, in order. The clock then stands there."""
        rest = self.story.events[self.played :]
        due = [event for event in rest if event.at <= offset]
        for event in due:
            self.play(event)
        self.clock.reach(self.story.at(offset))
        return due

    def play(self, event: Event) -> None:
        """Record one event at its time. Raises `InvalidInput`, placed in the file."""
        self.clock.reach(self.story.at(event.at))
        try:
            self.records[event.number] = _VERBS[event.verb](self, Step(self, event))
        except InvalidInput as error:
            raise event.refused(error) from None
        self.played += 1


@dataclass(frozen=True)
class Step:
    """One event, its fields as typed values."""

    replay: Replay
    event: Event

    @property
    def by(self) -> Signed:
        """Who records it, with a key of its own."""
        story, event = self.replay.story, self.event
        key = f"{story.name} {told(event.at)} {event.verb} {event.number}"
        return Signed(WHO, WHO, f"{story.name}, {told(event.at)}", key)

    @property
    def key(self) -> RecordKey:
        """The record it is about."""
        return self.named(self.event.number, "number")

    def named(self, number: str, place: str) -> RecordKey:
        """A record that the story has named before."""
        if number not in self.replay.records:
            known = ", ".join(self.replay.records) or "none so far"
            raise InvalidInput([Problem("UNKNOWN_RECORD", place, shown(number), f"a record named before: {known}")])
        return self.replay.records[number].value.key

    def text(self, name: str) -> str:
        """A text; empty where it is not given."""
        return str(self.event.fields.get(name, ""))

    def moment(self, name: str) -> datetime | None:
        """An offset as a moment."""
        text = self.text(name)
        try:
            return self.replay.story.at(parse_offset(text)) if text else None
        except ValueFault as fault:
            raise InvalidInput([fault.at(name)]) from None

    def due(self, name: str) -> datetime:
        """A moment that must be given."""
        return self.moment(name) or self.replay.clock.now

    def word(self, name: str, words: type[E], default: T) -> E | T:
        """One of declared words."""
        return _word(self.text(name), words, name) if self.text(name) else default

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A mapping; empty where it is not given."""
        value = self.event.fields.get(name) or {}
        if not isinstance(value, dict):
            raise InvalidInput([Problem("BAD_CHOICE", name, shown(str(value)), "a mapping")])
        return value

    def cis(self) -> tuple[CoveredCi, ...]:
        """CIs without states."""
        return tuple(CoveredCi(CiId(ci)) for ci in self.event.fields.get("cis", ()))

    def cause(self) -> Cause | None:
        """What caused it; a change is named as in the story."""
        given = self.mapping("cause")
        if not given:
            return None
        change = given.get("change")
        return Cause(
            _word(str(given.get("type", "unknown")), CauseType, "cause.type"), str(given.get("text", "")),
            CiId(given["ci"]) if "ci" in given else None,
            str(self.named(change, "cause.change")) if change else None,
        )  # fmt: skip


def _incident(replay: Replay, step: Step) -> Written[AnyRecord]:
    reason = step.word("major", MajorReason, None)
    draft = IncidentDraft(
        title=step.text("title"), description=step.text("description"), started_at=step.due("started"),
        detected_at=step.moment("detected"), declared_at=replay.clock.now,
        cis=tuple(AffectedDraft(CiId(ci), str(state)) for ci, state in step.mapping("cis").items()),
        impact=step.word("impact", Grade, Grade.medium), urgency=step.word("urgency", Grade, Grade.medium),
        major=reason is not None, major_reason=reason, owner=step.text("owner"),
    )  # fmt: skip
    return replay.desk.declare_incident(draft, step.by)


def _state(replay: Replay, step: Step) -> Written[AnyRecord]:
    ci, state = CiId(step.text("ci")), step.text("is")
    return replay.desk.set_state(step.key, ci, state, step.by, at=replay.clock.now, text=step.text("text"))


def _note(replay: Replay, step: Step) -> Written[AnyRecord]:
    return replay.desk.note(step.key, step.text("text"), step.by, at=replay.clock.now)


def _move(replay: Replay, step: Step) -> Written[AnyRecord]:
    to, text, at = step.text("to"), step.text("text"), replay.clock.now
    if step.key.kind == "problem":
        return replay.desk.move_problem(step.key, _word(to, ProblemState, "to"), step.by, at=at, text=text)
    return replay.desk.move_incident(step.key, _word(to, IncidentState, "to"), step.by, at=at, text=text)


def _resolve(replay: Replay, step: Step) -> Written[AnyRecord]:
    return replay.desk.move_incident(
        step.key, IncidentState.resolved, step.by, at=replay.clock.now, resolution=step.text("resolution"),
        cause=step.cause(),
    )  # fmt: skip


def _close(replay: Replay, step: Step) -> Written[AnyRecord]:
    return replay.desk.move_incident(
        step.key, IncidentState.closed, step.by, at=replay.clock.now, text=step.text("text")
    )  # fmt: skip


def _change(replay: Replay, step: Step) -> Written[AnyRecord]:
    back_out = step.mapping("back_out")
    draft = ChangeDraft(
        title=step.text("title"), description=step.text("description"), start=step.due("start"), end=step.due("end"),
        type=step.word("type", ChangeType, ChangeType.normal), requested_at=replay.clock.now,
        cis=tuple(PlannedCi(CiId(ci), str(state)) for ci, state in step.mapping("cis").items()),
        back_out=BackOut(str(back_out.get("plan", "")), back_out.get("minutes")), owner=step.text("owner"),
    )  # fmt: skip
    return replay.desk.plan_change(draft, step.by)


def _moving(to: ChangeState) -> Callable[[Replay, Step], Written[AnyRecord]]:
    def move(replay: Replay, step: Step) -> Written[AnyRecord]:
        return replay.desk.move_change(step.key, to, step.by, at=replay.clock.now, text=step.text("text"))

    return move


def _approve(replay: Replay, step: Step) -> Written[AnyRecord]:
    change = replay.records[step.event.number].value
    if isinstance(change, Change) and change.type is ChangeType.standard:
        return _moving(ChangeState.approved)(replay, step)
    return _decide(replay, step, Decision.approved)


def _reject(replay: Replay, step: Step) -> Written[AnyRecord]:
    return _decide(replay, step, Decision.rejected)


def _decide(replay: Replay, step: Step, decision: Decision) -> Written[AnyRecord]:
    basis = replay.basis(str(step.key)) if decision is Decision.approved else None
    revision = replay.records[step.event.number].revision if basis is None else basis.revision
    approval = Approval(replay.clock.now, WHO, decision, revision, step.text("text"))
    return replay.desk.decide(step.key, approval, step.by, basis)


def _freeze(replay: Replay, step: Step) -> Written[AnyRecord]:
    draft = FreezeDraft(
        title=step.text("title"), start=step.due("start"), end=step.due("end"),
        type=step.word("type", FreezeType, FreezeType.freeze), cis=step.cis(),
        kinds=tuple(step.event.fields.get("kinds", ())), sectors=tuple(step.event.fields.get("sectors", ())),
    )  # fmt: skip
    return replay.desk.declare_freeze(draft, step.by)


def _problem(replay: Replay, step: Step) -> Written[AnyRecord]:
    draft = ProblemDraft(
        title=step.text("title"), description=step.text("description"), opened_at=replay.clock.now, cis=step.cis(),
        cause=step.cause(),
    )  # fmt: skip
    return replay.desk.open_problem(draft, step.by)


def _link(replay: Replay, step: Step) -> Written[AnyRecord]:
    return replay.desk.link_problem(step.key, step.named(step.text("to"), "to"), step.by)


def _word(text: str, words: type[E], place: str) -> E:
    try:
        return words(text)
    except ValueError:
        raise InvalidInput([Problem("BAD_CHOICE", place, shown(text), "one of " + ", ".join(words))]) from None


_VERBS: Mapping[str, Callable[[Replay, Step], Written[AnyRecord]]] = {
    "incident": _incident, "state": _state, "note": _note, "move": _move, "resolve": _resolve, "close": _close,
    "change": _change, "submit": _moving(ChangeState.submitted), "approve": _approve, "reject": _reject,
    "begin": _moving(ChangeState.implementing), "complete": _moving(ChangeState.completed),
    "fail": _moving(ChangeState.failed), "cancel": _moving(ChangeState.cancelled), "freeze": _freeze,
    "problem": _problem, "link": _link,
}  # fmt: skip
