"""How a change is planned, corrected, decided and moved through its states. Pure: values in, values out.

Every function raises `InvalidInput` with all that is wrong; `now` is the clock's time, in UTC.
"""

from dataclasses import replace
from datetime import datetime

from cmdb.model.errors import shown
from cmdb.records.drafts import ChangeDraft, ChangeEdit
from cmdb.records.faults import Faults
from cmdb.records.fields import MOST_CIS, note, settled, taken
from cmdb.records.kinds import CHANGE_MOVES, ChangeState, ChangeType, Decision
from cmdb.records.record_types import Approval, Change, Entry
from cmdb.records.timeline import MOST_ENTRIES, differing, entered, moment_of, sentence

DECIDED = frozenset({ChangeState.approved, ChangeState.rejected})
BEGUN = frozenset({ChangeState.implementing, ChangeState.completed, ChangeState.failed})
EDITABLE = frozenset({ChangeState.draft, ChangeState.submitted, ChangeState.rejected})
APPROVED = ("type", "start", "end", "cis", "back_out")
"""What an approval is about: it may change only in the states `EDITABLE`."""
PLAIN = ("title", "description", *APPROVED, "owner", "outcome")
MOST_APPROVALS = 100
MOST_MINUTES = 10 * 366 * 24 * 60


def planned(draft: ChangeDraft, number: str, who: str, now: datetime) -> Change:
    """The new change that a draft describes."""
    draft = taken(draft, now)
    return _checked(
        Change(
            number=draft.number or number, source=draft.source, title=draft.title, description=draft.description,
            type=draft.type, requested_at=draft.requested_at or now, start=draft.start, end=draft.end, cis=draft.cis,
            back_out=draft.back_out, owner=draft.owner, timeline=(Entry(now, who, "Planned"),),
        )
    )  # fmt: skip


def edited(change: Change, edit: ChangeEdit, who: str, now: datetime) -> Change:
    """The change with what the edit states; unchanged if that is how it was. Also raises NOT_EDITABLE."""
    edit, faults = taken(edit, now), Faults()
    stated = {name: value for name in PLAIN if (value := getattr(edit, name)) is not None}
    after = replace(change, **stated)
    if change.state not in EDITABLE:
        for name in APPROVED:
            if getattr(change, name) != getattr(after, name):
                accepted = "a change that is " + ", ".join(s for s in ChangeState if s in EDITABLE)
                faults.add("NOT_EDITABLE", name, change.state, accepted)
    with faults.gathered():
        after = _checked(after)
    faults.settle()
    told = differing(change, after)
    return replace(after, timeline=entered(after.timeline, Entry(now, who, told))) if told else change


def next_states(change: Change) -> tuple[ChangeState, ...]:
    """Where the change may be moved now. Approval and rejection are decisions, but for a standard change, which is
    approved beforehand; an emergency change may be implemented before it is approved."""
    states = list(CHANGE_MOVES[change.state])
    if change.type is ChangeType.standard:
        if change.state is ChangeState.draft:
            states.insert(0, ChangeState.approved)
    else:
        states = [state for state in states if state not in DECIDED]
    if change.type is ChangeType.emergency and change.state in (ChangeState.draft, ChangeState.submitted):
        states.append(ChangeState.implementing)
    return tuple(states)


def moved(
    change: Change, to: ChangeState, who: str, now: datetime, at: datetime | None = None, text: str = ""
) -> Change:
    """The change in another state; implementing it and its end set its actual times."""
    faults = Faults()
    allowed = next_states(change)
    if to not in allowed:
        accepted = ", ".join(allowed) or f"no move: {change.state} is its last state"
        if to in CHANGE_MOVES[change.state]:
            accepted += "; a decision may approve or reject it"
        faults.add("BAD_TRANSITION", "to", f"{change.state} -> {to}", accepted)
    moment, told = moment_of(at, now, faults), note(text, faults)
    faults.ordered(change.actual_start, moment, "at", "its actual start")
    faults.settle()
    timeline = entered(change.timeline, Entry(moment, who, sentence(to, told)))
    return _checked(_at_move(replace(change, state=to, timeline=timeline), moment, told))


def _at_move(change: Change, at: datetime, text: str) -> Change:
    """With what a move to its state sets."""
    if change.state is ChangeState.implementing:
        return replace(change, actual_start=at)
    if change.state in BEGUN:
        return replace(change, actual_end=at, outcome=text or change.outcome)
    return replace(change, basis=None) if change.state in EDITABLE else change


def may_decide(change: Change) -> bool:
    """Whether a decision about it is due or may be added: it is submitted, a standard change in draft, or an emergency
    change that is being or was implemented."""
    late = change.type is ChangeType.emergency and change.state in BEGUN
    early = change.type is ChangeType.standard and change.state is ChangeState.draft
    return change.state is ChangeState.submitted or late or early


def decided(change: Change, approval: Approval, basis: str | None, now: datetime) -> Change:
    """The change with a decision about it; `basis` numbers the answer that an approval rests on."""
    faults = Faults()
    approval = settled(approval, faults, now)
    approval = replace(approval, text=note(approval.text, faults, "approval.text") if approval.text else "")
    if not may_decide(change):
        accepted = "a submitted change, or an emergency change that is or was implemented"
        faults.add("BAD_TRANSITION", "decision", f"{change.state} -> {approval.decision}", accepted)
    if not approval.who:
        faults.add("MISSING_VALUE", "approval.who", shown(approval.who), "who decides")
    faults.settle()
    to = change.state if change.state in BEGUN else ChangeState(approval.decision)
    line = Entry(approval.at, approval.who, sentence(approval.decision, approval.text))
    return _checked(
        replace(
            change,
            state=to,
            approvals=(*change.approvals, approval),
            basis=basis if approval.decision is Decision.approved else change.basis,
            timeline=entered(change.timeline, line),
        )
    )


def taken_over(change: Change, now: datetime) -> Change:
    """A change that comes whole, from another tool, as it is kept."""
    change = taken(change, now)
    return _checked(change)


def _checked(change: Change) -> Change:
    """The change, if all it says fits together."""
    faults = Faults()
    faults.limited(len(change.cis), MOST_CIS, "cis", "CIs")
    faults.limited(len(change.timeline), MOST_ENTRIES, "timeline", "lines")
    faults.limited(len(change.approvals), MOST_APPROVALS, "approvals", "decisions")
    faults.distinct((part.ci for part in change.cis), "cis")
    if change.end <= change.start:
        found, accepted = change.end.isoformat(), f"after start, {change.start.isoformat()}"
        faults.add("END_BEFORE_START", "end", found, accepted)
    _check_actual(change, faults)
    minutes = change.back_out.minutes
    if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
        faults.add("OUT_OF_RANGE", "back_out.minutes", f"{minutes} minutes", "0 minutes to ten years")
    for number, approval in enumerate(change.approvals):
        if approval.revision < 0:
            faults.add("OUT_OF_RANGE", f"approvals[{number}].revision", str(approval.revision), "a revision")
    faults.settle()
    return change


def _check_actual(change: Change, faults: Faults) -> None:
    """Whether its actual times are in order and fit its state."""
    faults.ordered(change.actual_start, change.actual_end, "actual_end", "actual_start")
    if change.actual_end is not None and change.actual_start is None:
        faults.add("MISSING_VALUE", "actual_start", "none", "when it began, since it has ended")
    if change.actual_start is not None and change.state not in BEGUN:
        found = change.actual_start.isoformat()
        faults.add("INCONSISTENT_RECORD", "actual_start", found, f"none while it is {change.state}")
    if change.actual_end is not None and change.state is ChangeState.implementing:
        faults.add("INCONSISTENT_RECORD", "actual_end", change.actual_end.isoformat(), "none while it is implementing")
