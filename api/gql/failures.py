"""Failures that are part of an answer: every one says a code and a message, and its own facts."""

from typing import Final

import strawberry

from api.gql.context import Context
from api.unknown import explain_unknown, explained
from cmdb.model.errors import InvalidInput as BadValues
from cmdb.store import port
from impact import states
from impact.report import CiRef
from impact.words import counted


@strawberry.interface(description="Why there is no answer, or nothing was changed.")
class Failure:
    code: str = strawberry.field(description="Stable; see docs/errors.md.")
    message: str = strawberry.field(description="For people.")


@strawberry.type(description="Ids that name no recorded CI.")
class UnknownCi(Failure):
    ids: list[strawberry.ID] = strawberry.field(description="The ids as given.")
    suggestions: list[CiRef] = strawberry.field(description="CIs that were perhaps meant, best first.")


@strawberry.type(description="A CI is both pinned operational and assumed worse.")
class ContradictoryScenario(Failure):
    ci: strawberry.ID


@strawberry.type(
    description="The store cannot be reached now. Nothing was changed, unless the message says that this is not known."
)
class StoreUnavailable(Failure):
    pass


@strawberry.type(description="A CI is not at the revision it was expected at. Nothing was changed.")
class Conflict(Failure):
    ci: strawberry.ID
    expected: int
    actual: int = strawberry.field(description="0: it does not exist.")


@strawberry.type(description="A record is not at the revision it was expected at. Nothing was changed.")
class RecordConflict(Failure):
    record: str = strawberry.field(description="Its number, behind that of its source unless it is our own.")
    expected: int
    actual: int = strawberry.field(description="0: it does not exist.")


@strawberry.type(description="The idempotency key was used before, for another change. Nothing was changed.")
class KeyReused(Failure):
    key: str


@strawberry.type(description="One fault in what was given.")
class Problem:
    code: str = strawberry.field(description="Stable; see docs/errors.md.")
    place: str = strawberry.field(description="Which argument, and where in it.")
    found: str
    accepted: str


@strawberry.type(description="What was given does not fit the model or what is recorded. Nothing was changed.")
class InvalidInput(Failure):
    problems: list[Problem] = strawberry.field(description="The first 50.")
    count: int = strawberry.field(description="How many there are in all.")


def unknown_ci(context: Context, error: states.UnknownCi) -> UnknownCi:
    message, near = explain_unknown(context.workspace, error)
    return UnknownCi(code=error.code, message=message, ids=[strawberry.ID(ci) for ci in error.ids], suggestions=near)


def contradictory(error: states.ContradictoryScenario) -> ContradictoryScenario:
    return ContradictoryScenario(code=error.code, message=str(error), ci=strawberry.ID(error.ci))


def unavailable(error: port.StoreUnavailable) -> StoreUnavailable:
    return StoreUnavailable(code=error.code, message=error.reason)


def conflict(error: port.Conflict) -> Conflict:
    actual = f"is at revision {error.actual}" if error.actual else "does not exist"
    message = f"{error.ci} {actual}; revision {error.expected} was expected"
    return Conflict(
        code=error.code, message=message, ci=strawberry.ID(error.ci), expected=error.expected, actual=error.actual
    )


def record_conflict(error: port.RecordConflict) -> RecordConflict:
    actual = f"is at revision {error.actual}" if error.actual else "does not exist"
    message = f"{error.key} {actual}; revision {error.expected} was expected"
    return RecordConflict(
        code=error.code, message=message, record=str(error.key), expected=error.expected, actual=error.actual
    )


def key_reused(error: port.KeyReused) -> KeyReused:
    message = "this key was used for another change; take a new one"
    return KeyReused(code=error.code, message=message, key=error.key)


def invalid(error: BadValues) -> InvalidInput:
    problems = [Problem(code=p.code, place=p.place, found=p.found, accepted=p.accepted) for p in error.problems]
    message = counted(error.count, "problem")
    return InvalidInput(code=error.code, message=message, problems=problems, count=error.count)


STATED: Final = (
    BadValues,
    states.UnknownCi,
    states.ContradictoryScenario,
    port.Conflict,
    port.RecordConflict,
    port.KeyReused,
    port.StoreUnavailable,
)
"""What may go wrong with a question or a change and is part of the answer."""


def stated(context: Context, error: Exception) -> Failure:
    """One of `STATED` as the client reads it. Raises any other error."""
    match error:
        case BadValues():
            return invalid(explained(context.workspace, error))
        case states.UnknownCi():
            return unknown_ci(context, error)
        case states.ContradictoryScenario():
            return contradictory(error)
        case port.Conflict():
            return conflict(error)
        case port.RecordConflict():
            return record_conflict(error)
        case port.KeyReused():
            return key_reused(error)
        case port.StoreUnavailable():
            return unavailable(error)
    raise error
