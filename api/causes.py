"""Evidence as it comes in, checked and put into the form of the engine."""

from collections.abc import Sequence

from api.scenario import checked_moment
from api.workspace import Workspace
from cmdb.model.errors import InvalidInput, Problem, ValueFault
from cmdb.model.text import parse_id
from cmdb.store.port import Head
from impact.causes.answer import Causes, common_causes
from impact.causes.evidence import Sighting

MOST_AFFECTED = 200
"""CIs known to be affected, and as many known to be fine, that one question may name."""


def find_causes(
    workspace: Workspace,
    affected: Sequence[Sighting],
    fine: Sequence[str],
    first: int,
    after: str | None = None,
    at: Head | None = None,
) -> Causes:
    """A page of candidates, on the newest revision or as of one.

    Raises `InvalidInput`, `UnknownCi`, `ContradictoryScenario`, `BadCursor`, `StoreUnavailable`.
    """
    problems: list[Problem] = []
    if not affected:
        problems.append(Problem("MISSING_VALUE", "affected", "0 CIs", f"1 to {MOST_AFFECTED} CIs"))
    for place, given in (("affected", affected), ("fine", fine)):
        if len(given) > MOST_AFFECTED:
            problems.append(Problem("TOO_MANY", place, f"{len(given)} CIs", f"at most {MOST_AFFECTED} CIs"))
    if problems:
        raise InvalidInput(problems)
    seen: list[Sighting] = []
    for number, told in enumerate(affected):
        place = f"affected[{number}]"
        ci = _parsed(told.ci, f"{place}.ci", problems)
        seen.append(Sighting(ci, told.state, checked_moment(told.seen_at, f"{place}.seenAt")))
    well = [_parsed(ci, f"fine[{number}]", problems) for number, ci in enumerate(fine)]
    if problems:
        raise InvalidInput(problems)
    return common_causes(workspace.ask([], None, at), seen, well, first, after)


def _parsed(ci: str, place: str, problems: list[Problem]) -> str:
    """An id in normal form; what is wrong with it is added to `problems`."""
    try:
        return parse_id(ci)
    except ValueFault as fault:
        problems.append(fault.at(place))
        return ci
