"""How an underlying problem is opened, corrected and moved through its states. Pure: values in, values out.

Every function raises `InvalidInput` with all that is wrong; `now` is the clock's time, in UTC.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from cmdb.model.errors import shown
from cmdb.records.drafts import CLEARABLE, ProblemDraft, ProblemEdit
from cmdb.records.faults import Faults
from cmdb.records.fields import MOST_CIS, note, settled, taken
from cmdb.records.kinds import PROBLEM_MOVES, ProblemState
from cmdb.records.record_types import Entry, ProblemRecord
from cmdb.records.timeline import MOST_ENTRIES, differing, entered, moment_of, sentence

PLAIN = ("title", "description", "cis", "cause")


def opened(draft: ProblemDraft, number: str, who: str, now: datetime) -> ProblemRecord:
    """The new problem that a draft describes."""
    draft = taken(draft, now)
    return _checked(
        ProblemRecord(
            number=draft.number or number, source=draft.source, title=draft.title, description=draft.description,
            opened_at=draft.opened_at or now, cis=draft.cis, cause=draft.cause,
            timeline=(Entry(now, who, "Opened"),),
        )
    )  # fmt: skip


def edited(problem: ProblemRecord, edit: ProblemEdit, who: str, now: datetime) -> ProblemRecord:
    """The problem with what the edit states; unchanged if that is how it was."""
    faults = Faults()
    edit = settled(edit, faults, now)
    for name in sorted(edit.clear.difference(CLEARABLE[ProblemRecord.kind])):
        faults.add("BAD_CHOICE", "clear", shown(name), "one of " + ", ".join(CLEARABLE[ProblemRecord.kind]))
    faults.settle()
    stated: dict[str, Any] = {name: value for name in PLAIN if (value := getattr(edit, name)) is not None}
    stated |= dict.fromkeys(edit.clear)
    after = _checked(replace(problem, **stated))
    told = differing(problem, after)
    return replace(after, timeline=entered(after.timeline, Entry(now, who, told))) if told else problem


def moved(
    problem: ProblemRecord, to: ProblemState, who: str, now: datetime, at: datetime | None = None, text: str = ""
) -> ProblemRecord:
    """The problem in another state; a closed one may be opened again."""
    faults = Faults()
    allowed = PROBLEM_MOVES[problem.state]
    if to not in allowed:
        faults.add("BAD_TRANSITION", "to", f"{problem.state} -> {to}", ", ".join(allowed))
    moment, told = moment_of(at, now, faults), note(text, faults)
    faults.ordered(problem.opened_at, moment, "at", "it was opened")
    faults.ordered(problem.closed_at, moment, "at", "it was closed")
    faults.settle()
    timeline = entered(problem.timeline, Entry(moment, who, sentence(to, told)))
    closed_at = moment if to is ProblemState.closed else None
    return _checked(replace(problem, state=to, closed_at=closed_at, timeline=timeline))


def taken_over(problem: ProblemRecord, now: datetime) -> ProblemRecord:
    """A problem that comes whole, from another tool, as it is kept."""
    problem = taken(problem, now)
    return _checked(problem)


def _checked(problem: ProblemRecord) -> ProblemRecord:
    faults = Faults()
    faults.limited(len(problem.cis), MOST_CIS, "cis", "CIs")
    faults.limited(len(problem.timeline), MOST_ENTRIES, "timeline", "lines")
    faults.distinct((part.ci for part in problem.cis), "cis")
    faults.ordered(problem.opened_at, problem.closed_at, "closed_at", "opened_at")
    if problem.closed_at is not None and problem.state is not ProblemState.closed:
        faults.add(
            "INCONSISTENT_RECORD", "closed_at", problem.closed_at.isoformat(), f"none while it is {problem.state}"
        )
    faults.settle()
    return problem
