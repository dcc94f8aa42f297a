"""Which incidents a list holds."""

from dataclasses import dataclass
from datetime import datetime

from api.records import Standing
from api.scenario import checked_moment
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput, Problem, ValueFault
from cmdb.model.text import parse_id
from cmdb.records.kinds import IncidentState
from cmdb.records.record_types import Incident
from cmdb.records.times import Window


@dataclass(frozen=True)
class IncidentsWanted:
    """Which incidents to list; what is None does not restrict. The span is half-open: those going on in it."""

    states: frozenset[IncidentState] | None = None
    open: bool | None = None
    major: bool | None = None
    ci: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None


def found_incidents(standing: Standing, wanted: IncidentsWanted) -> list[Incident]:
    """The incidents of the book that are wanted, in no order. Raises `InvalidInput`."""
    since, until = checked_moment(wanted.since, "since"), checked_moment(wanted.until, "until")
    if since is not None and until is not None and until < since:
        accepted = f"not before `since`, {since.isoformat()}"
        raise InvalidInput([Problem("END_BEFORE_START", "until", until.isoformat(), accepted)])
    return [one for one in _named(standing, wanted.ci) if _fits(one, wanted, since, until)]


def _named(standing: Standing, ci: str | None) -> list[Incident]:
    """All incidents, or those that name a CI."""
    if ci is None:
        return list(standing.book.incidents.values())
    try:
        known = CiId(parse_id(ci))
    except ValueFault as fault:
        raise InvalidInput([fault.at("ci")]) from None
    return [one for one in standing.book.of_ci(known) if isinstance(one, Incident)]


def _fits(one: Incident, wanted: IncidentsWanted, since: datetime | None, until: datetime | None) -> bool:
    window: Window = one.window
    return (
        (wanted.states is None or one.state in wanted.states)
        and (wanted.open is None or one.open == wanted.open)
        and (wanted.major is None or one.major == wanted.major)
        and (wanted.source is None or one.source == wanted.source)
        and (since is None or window.end is None or window.end > since)
        and (until is None or window.start < until)
    )
