"""What can be changed of incidents and problems: each change is one revision, whole or not at all."""

from collections.abc import Callable
from typing import Annotated

import strawberry

from api.gql.context import Context, Info
from api.gql.failures import InvalidInput, KeyReused, RecordConflict, StoreUnavailable
from api.gql.fields import mutation
from api.gql.incident_inputs import SHOWN_NAMES, IncidentEditInput, IncidentInput, ProblemInput
from api.gql.incidents import Incident, incident_shown
from api.gql.problems import ProblemRecord
from api.gql.records import CauseInput, Seen, Since
from api.gql.writing import Key, Message, written
from api.records import Standing, key_of
from cmdb.model.ci import CiId
from cmdb.records import record_types
from cmdb.records.kinds import IncidentState, ProblemState
from cmdb.records.writing import Written
from cmdb.service import Signed
from impact.states import ImpactState

IncidentWritten = Annotated[
    Incident | RecordConflict | KeyReused | InvalidInput | StoreUnavailable, strawberry.union("IncidentWritten")
]
ProblemWritten = Annotated[
    ProblemRecord | RecordConflict | KeyReused | InvalidInput | StoreUnavailable, strawberry.union("ProblemWritten")
]
IncidentNumber = Annotated[
    str, strawberry.argument(description="The number of an incident: INC-0007 or assyst/INC-0007.")
]
ProblemNumber = Annotated[str, strawberry.argument(description="The number of a problem: PRB-0003.")]
Told = Annotated[str, strawberry.argument(description="What to say of it in the timeline.")]


@strawberry.type
class IncidentMutation:
    """The changes of this page, inherited by `Mutation`."""

    @mutation
    def declare_incident(
        self, info: Info, incident: IncidentInput, key: Key = None, message: Message = ""
    ) -> IncidentWritten:
        """Declare an incident. All that is wrong with it is told at once, and nothing is written then."""
        desk, draft = info.context.workspace.desk, incident.draft()
        return _incident(info.context, key, message, lambda by: desk.declare_incident(draft, by), "incident")

    @mutation
    def update_incident(
        self, info: Info, incident: IncidentNumber, edit: IncidentEditInput, expected: Seen = None, key: Key = None,
        message: Message = "",
    ) -> IncidentWritten:  # fmt: skip
        """Correct the stated fields of an incident."""
        desk, at, change = info.context.workspace.desk, key_of("incident", incident), edit.edit()
        return _incident(info.context, key, message, lambda by: desk.edit_incident(at, change, by, expected), "edit")

    @mutation
    def move_incident(
        self, info: Info, incident: IncidentNumber, to: IncidentState, at: Since = None, text: Told = "",
        resolution: str | None = None, cause: CauseInput | None = None, expected: Seen = None, key: Key = None,
        message: Message = "",
    ) -> IncidentWritten:  # fmt: skip
        """Move an incident to another state. Resolving and cancelling end the states of its CIs, opening it again
        begins them anew."""
        desk, known = info.context.workspace.desk, key_of("incident", incident)
        found = cause.value() if cause else None

        def act(by: Signed) -> Written[record_types.Incident]:
            return desk.move_incident(known, to, by, at, text, resolution, found, expected)

        return _incident(info.context, key, message, act)

    @mutation
    def set_ci_state(
        self, info: Info, incident: IncidentNumber, ci: strawberry.ID, state: ImpactState, at: Since = None,
        text: Told = "", expected: Seen = None, key: Key = None, message: Message = "",
    ) -> IncidentWritten:  # fmt: skip
        """From a moment on a CI, which joins the incident if it was not in it, is in this state. Operational: it was
        checked and is fine."""
        desk, known = info.context.workspace.desk, key_of("incident", incident)

        def act(by: Signed) -> Written[record_types.Incident]:
            return desk.set_state(known, CiId(ci), state.value, by, at, text, expected)

        return _incident(info.context, key, message, act)

    @mutation
    def note_incident(
        self, info: Info, incident: IncidentNumber, text: str, at: Since = None, key: Key = None,
        message: Message = "",
    ) -> IncidentWritten:  # fmt: skip
        """Add a line to the timeline of an incident."""
        desk, known = info.context.workspace.desk, key_of("incident", incident)

        def act(by: Signed) -> Written[record_types.Incident]:
            value, revision, replayed = desk.note(known, text, by, at)
            assert isinstance(value, record_types.Incident)
            return Written(value, revision, replayed)

        return _incident(info.context, key, message, act)

    @mutation
    def link_problem(
        self, info: Info, incident: IncidentNumber, problem: str | None, expected: Seen = None, key: Key = None,
        message: Message = "",
    ) -> IncidentWritten:  # fmt: skip
        """Link an incident to the problem behind it; null takes the link away."""
        desk, known = info.context.workspace.desk, key_of("incident", incident)
        other = None if problem is None else key_of("problem", problem)
        return _incident(info.context, key, message, lambda by: desk.link_problem(known, other, by, expected))

    @mutation
    def open_problem(self, info: Info, problem: ProblemInput, key: Key = None, message: Message = "") -> ProblemWritten:
        """Open a problem."""
        desk, draft = info.context.workspace.desk, problem.draft()
        return _problem(info.context, key, message, lambda by: desk.open_problem(draft, by), "problem")

    @mutation
    def move_problem(
        self, info: Info, problem: ProblemNumber, to: ProblemState, at: Since = None, text: Told = "",
        expected: Seen = None, key: Key = None, message: Message = "",
    ) -> ProblemWritten:  # fmt: skip
        """Move a problem to another state."""
        desk, known = info.context.workspace.desk, key_of("problem", problem)
        return _problem(info.context, key, message, lambda by: desk.move_problem(known, to, by, at, text, expected))


def _incident(
    context: Context, key: str | None, message: str, act: Callable[[Signed], Written[record_types.Incident]],
    argument: str = "",
) -> Incident:  # fmt: skip
    """Write, and show the incident as it stands now."""
    found = written(context, key, message, act, argument, SHOWN_NAMES)
    return incident_shown(_now(context), found.value, found.revision)


def _problem(
    context: Context, key: str | None, message: str, act: Callable[[Signed], Written[record_types.ProblemRecord]],
    argument: str = "",
) -> ProblemRecord:  # fmt: skip
    found = written(context, key, message, act, argument)
    return ProblemRecord(standing=_now(context), value=found.value, revised=found.revision)


def _now(context: Context) -> Standing:
    return Standing(context.workspace, context.workspace.clock())
