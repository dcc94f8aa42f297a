"""The review of a change: what it collides with, what else stands in its way, how risky it is, what would be safer."""

from collections.abc import Sequence

from impact.estate import Estate
from impact.question import Asked
from impact.reviews.collisions import search_among, search_around, told
from impact.reviews.overlaps import freeze_hits, overlaps
from impact.reviews.planned import Frozen, Planned, Plans, Stated, seconds
from impact.reviews.report import ChangeReview, Collisions, Suggestions
from impact.reviews.risk import Case, question_of, risk
from impact.reviews.suggestions import free_windows, split


def review(
    estate: Estate,
    subject: Planned,
    others: Sequence[Planned],
    freezes: Sequence[Frozen],
    stated: Stated,
    asked: Asked,
) -> ChangeReview:
    """Review `subject` against all other planned changes and open incidents.

    `others` need not overlap: those within 14 days on either side matter for suggestions, the rest are passed over.
    One with the key of the subject is left out. Give them as `Plans` if the same ones are asked about again.
    """
    plans = Plans.of(others)
    question = question_of(estate, subject, asked)
    found = collisions(estate, subject, plans)
    lesser, hits = overlaps(estate, subject, plans), freeze_hits(estate, subject, question.walk, freezes)
    reasons = risk(Case(estate, subject, question, stated, found, lesser, hits))
    needed = bool(found.nodes or hits)
    windows = free_windows(estate, subject, plans, freezes, seconds(asked.now)) if needed else []
    apart, untested = split(estate, subject)
    return ChangeReview(found, lesser, hits, reasons, Suggestions(windows, needed, apart, untested))


def collisions(estate: Estate, subject: Planned, others: Sequence[Planned]) -> Collisions:
    """The collisions of one change with those that overlap it; part of `review`."""
    search, overlapping = search_around(estate, subject, Plans.of(others))
    return told(estate, search, search.run(), overlapping)


def collisions_among(estate: Estate, planned: Sequence[Planned]) -> Collisions:
    """Every collision among some changes and incidents: for a calendar, and (all open) for the board of incidents."""
    search = search_among(estate, planned)
    return told(estate, search, search.run(), len(planned))
