"""The board: every open incident at a moment, what they do together, and which clocks run out first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from api.incidents import Picture, open_at
from api.joint import Joint, together
from api.records import Standing, in_order, listed
from cmdb.records.record_types import Incident
from impact.analyses.clocks import soonest_due
from impact.analyses.people import people
from impact.analyses.summary import counts
from impact.incidents.joint import joint_question
from impact.report import Page, StateCounts
from impact.reviews.planned import planned
from impact.reviews.report import Collision, Collisions
from impact.reviews.review import collisions_among

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class BoardRow:
    """One open incident on the board: what it does alone, and its soonest clock."""

    picture: Picture

    @property
    def incident(self) -> Incident:
        return self.picture.incident

    @cached_property
    def due(self) -> datetime | None:
        """The first moment a service that it takes down breaks its RTO; None where none is known."""
        return soonest_due(self.picture.question)

    @property
    def remaining_minutes(self) -> int | None:
        """Whole minutes left until then; negative when overdue."""
        return None if self.due is None else (self.due - self.picture.standing.moment) // MINUTE

    @cached_property
    def services(self) -> StateCounts:
        """Services that it hits, by state."""
        question = self.picture.question
        return counts(question.walk.levels[question.services])

    @cached_property
    def people(self) -> int:
        """People whose services it takes down or degrades, each counted once."""
        hit = people(self.picture.question).by_state
        return hit.down + hit.degraded


@dataclass(frozen=True)
class Board:
    """All open incidents at the moment of `standing`."""

    standing: Standing

    @cached_property
    def rows(self) -> Sequence[BoardRow]:
        """The incidents whose clocks run out first, first; those without a clock last, the most pressing first."""
        found = [BoardRow(Picture(self.standing, one)) for one in open_at(self.standing)]
        return sorted(found, key=_pressing)

    @property
    def major(self) -> int:
        """How many are major."""
        return sum(row.incident.major for row in self.rows)

    @property
    def overdue(self) -> int:
        """How many have a service past its RTO."""
        return sum(row.due is not None and row.due <= self.standing.moment for row in self.rows)

    @cached_property
    def question(self) -> Joint:
        """Their joint scenario."""
        pictures = [row.picture for row in self.rows]
        cases = [picture.case for picture in pictures]
        joint = joint_question(self.standing.estate, cases, self.standing.asked)
        return together(joint, [picture.question for picture in pictures], cases)

    @cached_property
    def together(self) -> Collisions:
        """Pools that hold against each incident alone and not against several at once.

        What is held up by a CI that an incident says is fine is not broken.
        """
        estate, moment = self.standing.estate, self.standing.moment
        found = collisions_among(
            estate,
            [
                planned(
                    estate,
                    str(row.incident.key),
                    {estate.register.ids[ci]: level for ci, level in row.picture.case.levels_at(moment).items()},
                    row.incident.started_at,
                    None,
                    True,
                )
                for row in self.rows
            ],
        )
        return replace(found, nodes=[node for node in found.nodes if self._breaks(node)])

    def _breaks(self, found: Collision) -> bool:
        """Whether a pool of it is as badly off in the joint scenario, which knows what is said to be fine."""
        find = self.standing.estate.register.find
        places = ((find(pool.ci.id), pool.state.level) for pool in found.pools)
        return any(at is not None and self.question.state(at).level >= level for at, level in places)

    def page(self, first: int, after: str | None = None) -> Page[BoardRow]:
        """The incidents in order: at most `first` behind the cursor `after`. Raises `BadCursor`."""
        return listed(self.rows, first, after)

    def broken(self, first: int, after: str | None = None) -> Page[Collision]:
        """What they break together, the most people first. Raises `BadCursor`."""
        return listed(self.together.nodes, first, after)


def _pressing(row: BoardRow) -> tuple[bool, float, int, float, object]:
    due, incident = row.due, row.incident
    seconds = due.timestamp() if due else 0.0
    return due is None, seconds, incident.priority, incident.started_at.timestamp(), in_order(incident.key)
