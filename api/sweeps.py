"""What single failures do to an open estate: now, or as of a revision."""

from dataclasses import dataclass, replace

from api.workspace import Workspace
from cmdb.model.errors import InvalidInput, ValueFault
from cmdb.model.text import parse_id
from cmdb.store.port import Head
from impact.blind import completeness
from impact.question import Question, resolve
from impact.report import Completeness, Page
from impact.states import Assumption
from impact.sweep.blind import blind_spots
from impact.sweep.held import Swept
from impact.sweep.pairs import Trial, own_points, pairs
from impact.sweep.points import PointFilter, single_points
from impact.sweep.pool import Pool
from impact.sweep.report import FatalPairs, SharedCause, SinglePoint
from impact.sweep.shared import shared_causes
from impact.sweep.sweep import Progress


@dataclass(frozen=True)
class Points:
    """A swept estate to ask of. `untried` CIs that the service asked about needs were not failed alone."""

    question: Question
    swept: Swept
    where: PointFilter
    untried: int = 0

    def completeness(self) -> Completeness:
        """On what the numbers rest, and what the records do not say."""
        return completeness(self.question, blind_spots(self.question.estate))

    @property
    def failed(self) -> int:
        """How many CIs were failed alone: every live one."""
        return len(self.swept.sweep.cis)

    def page(self, first: int | None, after: str | None = None) -> Page[SinglePoint]:
        """The CIs asked about. Raises `BadCursor`."""
        return single_points(self.swept.estate, self.swept.sweep, first, after, self.where)

    def shared(self, first: int | None, after: str | None = None) -> Page[SharedCause]:
        """The common causes behind pools. Raises `BadCursor`."""
        return shared_causes(self.swept.estate, self.swept.sweep, self.swept.broken, first, after)

    def pairs(self, service: int, most: int) -> FatalPairs:
        """The pairs that take a service down."""
        return pairs(self.swept.estate, self.swept.sweep, service, most)


def points_of(
    workspace: Workspace,
    where: PointFilter,
    service: str | None = None,
    at: Head | None = None,
    pool: Pool | None = None,
    progress: Progress | None = None,
) -> Points:
    """The swept estate; with `service`, of the CIs that take it down alone.

    Raises `InvalidInput`, `UnknownCi`, `StoreUnavailable`.
    """
    question = workspace.ask([], at=at)
    target = None if service is None else find(question, service)
    swept = workspace.sweeps.of(question.estate, question.as_of, pool, progress)
    if target is None:
        return Points(question, swept, where)
    alone, untried = own_points(Trial(question.estate, target))
    return Points(question, swept, replace(where, among=alone), untried)


def find(question: Question, service: str) -> int:
    """The CI by id. Raises `InvalidInput` and `UnknownCi`."""
    try:
        return resolve(question.estate, [Assumption(parse_id(service))], question.as_of)[0]
    except ValueFault as fault:
        raise InvalidInput([fault.at("service")]) from None
