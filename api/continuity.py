"""The continuity report of an open estate: now, or as of a revision."""

from dataclasses import replace

from api.scenario import recorded
from api.workspace import Workspace
from impact.analyses import completeness
from impact.continuity.gap_counts import blind_spots
from impact.question import Question
from impact.report import Completeness


def report_on(workspace: Workspace, as_of: str | None) -> Question:
    """An estate with nothing assumed to have failed. Raises `InvalidInput` for `as_of`, and `StoreUnavailable`."""
    return workspace.ask([], at=None if as_of is None else recorded(workspace.inventory, as_of))


def facts(question: Question) -> Completeness:
    """On what the report rests, and what the records do not say."""
    return replace(completeness(question), blind_spots=blind_spots(question.estate))


def place(question: Question, ci: str) -> int | None:
    """The index of a CI by id; None if there is none."""
    return question.estate.register.find(ci)
