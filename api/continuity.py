"""The continuity report of an open estate: now, or as of a revision."""

from impact.blind import completeness
from impact.continuity.gap_counts import blind_spots
from impact.question import Question
from impact.report import Completeness


def facts(question: Question) -> Completeness:
    """On what the report rests, and what the records do not say."""
    return completeness(question, blind_spots(question.estate))


def place(question: Question, ci: str) -> int | None:
    """The index of a CI by id; None if there is none."""
    return question.estate.register.find(ci)
