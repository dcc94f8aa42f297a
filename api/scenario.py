"""Scenarios as they come in: `CI` or `CI=state`, checked and put into the form of the engine."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING

from api.errors import Refused
from api.workspace import Workspace
from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown
from cmdb.model.text import parse_id
from cmdb.service import Inventory
from cmdb.store.port import Head
from impact.question import Question
from impact.report import CiRef
from impact.states import Assumption, ImpactState

if TYPE_CHECKING:
    from api.metrics import Metrics  # the command line has none, and starts sooner without

MOST_ASSUMED, MOST_CREWS = 1_000, 1_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
YEARS_AHEAD = timedelta(days=3_650)


def parse_assumption(text: str) -> Assumption:
    """`san-01` (down) or `san-01=degraded`; what follows the last `=` counts only if it is a state."""
    ci, mark, word = text.rpartition("=")
    if mark and word.strip() in ImpactState.__members__:
        return Assumption(ci, ImpactState[word.strip()])
    return Assumption(text)


def checked(given: Sequence[Assumption], place: str = "scenario") -> list[Assumption]:
    """The assumptions with their ids in normal form. Raises `InvalidInput`."""
    if not 0 < len(given) <= MOST_ASSUMED:
        accepted = f"1 to {MOST_ASSUMED} assumptions"
        code = "TOO_MANY" if given else "MISSING_VALUE"
        raise InvalidInput([Problem(code, place, f"{len(given)} assumptions", accepted)])
    problems: list[Problem] = []
    found = []
    for number, assumption in enumerate(given):
        try:
            found.append(Assumption(parse_id(assumption.ci), assumption.state))
        except ValueFault as fault:
            problems.append(fault.at(f"{place}[{number}].ci"))
    if problems:
        raise InvalidInput(problems)
    return found


def checked_moment(since: datetime | None, place: str = "since") -> datetime | None:
    """A moment with offset, in UTC, from 2000 to ten years ahead. Raises `InvalidInput` BAD_DATE."""
    if since is None:
        return None
    latest = datetime.now(UTC) + YEARS_AHEAD
    if since.tzinfo is None or not EARLIEST <= since <= latest:
        accepted = (
            f"a time with offset from {EARLIEST:%Y-%m-%d} to {latest:%Y-%m-%d}, such as 2026-11-22T02:40:00-04:00"
        )
        raise InvalidInput([Problem("BAD_DATE", place, shown(since.isoformat()), accepted)])
    return since.astimezone(UTC)


def checked_declared(declared: datetime | None, since: datetime | None) -> datetime | None:
    """When work began, like `checked_moment`; not before the disruption did. Raises `InvalidInput` BAD_DATE."""
    moment = checked_moment(declared, "declared")
    if moment is not None and since is not None and moment < since:
        accepted = f"a time not before `since`, {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        raise InvalidInput([Problem("BAD_DATE", "declared", shown(moment.isoformat()), accepted)])
    return moment


def checked_crews(crews: int | None) -> int | None:
    """How many crews work at once, 1 to 1000; None for as many as there is work for. Raises `Refused`."""
    if crews is not None and not 1 <= crews <= MOST_CREWS:
        raise Refused("BAD_REQUEST", f"crews must be from 1 to {MOST_CREWS}, found {crews}")
    return crews


def recorded(inventory: Inventory, text: str, place: str = "asOf") -> Head:
    """The revision that `r42`, `42` or a time with offset stands for.

    Raises `InvalidInput` BAD_REVISION or UNKNOWN_REVISION at `place`, and `StoreUnavailable`.
    """
    try:
        return inventory.revision_of(text)
    except InvalidInput as error:
        raise InvalidInput([problem._replace(place=place) for problem in error.problems]) from None


def settle(
    workspace: Workspace,
    metrics: "Metrics",
    given: Sequence[Assumption],
    since: datetime | None = None,
    as_of: str | None = None,
    declared: datetime | None = None,
) -> Question:
    """The question, settled and counted. Raises `InvalidInput` and what `Workspace.ask` raises."""
    assumptions, moment = checked(given), checked_moment(since)
    work_begins = checked_declared(declared, moment)
    at = recorded(workspace.inventory, as_of) if as_of is not None else None
    start = perf_counter()
    question = workspace.ask(assumptions, moment, at, work_begins)
    metrics.answered(question, perf_counter() - start)
    return question


def refs(cis: Iterable[tuple[str, ...]]) -> list[CiRef]:
    """CIs by name."""
    return [CiRef(ci[0], ci[1], ci[2]) for ci in cis]
