"""The shape of service levels and trends. The text beside each field is its description in the GraphQL schema."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from impact.report import CiRef


@dataclass(frozen=True)
class ComplianceRow:
    """How often the RTO of one service, or of the services of one client group, was kept."""

    ci: CiRef
    sector: str
    tier: Annotated[str | None, "Of a service; null for a client group."]
    incidents: Annotated[int, "Incidents that took it down."]
    kept: int
    missed: int
    unknown: Annotated[int, "Neither: no RTO is recorded, or it is still down and in time."]
    percent: Annotated[float | None, "Kept of those that were kept or missed; null if there are none."]
    worst_late_minutes: Annotated[int, "The most it was late."]
    down_minutes: int


@dataclass(frozen=True)
class MonthCause:
    """Major incidents of one month with one cause."""

    month: Annotated[str, "The month they began in, as 2026-11, in the time zone asked for."]
    cause: Annotated[str, "The word for the type of cause; unknown where none is recorded."]
    incidents: int


@dataclass(frozen=True)
class MeanTime:
    """A mean over the incidents for which it is known."""

    minutes: Annotated[float | None, "Minutes to one decimal; null if it is known for none."]
    of: Annotated[int, "Incidents it is known for."]


@dataclass(frozen=True)
class MeanTimes:
    """Mean times, all from the start of an incident."""

    detect: MeanTime
    declare: MeanTime
    restore: MeanTime


@dataclass(frozen=True)
class ChangeSuccess:
    """How changes went that ended in a span of time."""

    carried_out: Annotated[int, "Changes completed or failed."]
    failed: Annotated[int, "Recorded as failed."]
    caused: Annotated[int, "Named by an incident as its cause."]
    incidents: Annotated[int, "Incidents that name one of them as their cause."]
    failure_percent: Annotated[float | None, "Those that failed or caused an incident; null if none was carried out."]


@dataclass(frozen=True)
class MonthRow:
    """One month of the executive view."""

    month: Annotated[str, "As 2026-11."]
    since: Annotated[datetime, "Its first moment in the time zone asked for."]
    until: Annotated[datetime, "The first moment after it, or the moment asked about."]
    incidents: Annotated[int, "Incidents that began in it."]
    major: int
    open_at_end: Annotated[int, "Incidents not resolved at its end."]
    times: Annotated[MeanTimes, "Of the incidents that began in it."]
    major_times: MeanTimes
    rto_kept: Annotated[int, "Services that were down and kept their RTO, each once per incident."]
    rto_missed: int
    rto_unknown: int
    rto_percent: float | None
    people_minutes_down: Annotated[float, "People times minutes, of the incidents that began in it."]
    people_minutes_degraded: float
    changes: ChangeSuccess


@dataclass(frozen=True)
class ChangeCaused:
    """A change that caused incidents."""

    key: str
    number: str
    title: str
    type: str
    state: str
    ended_at: datetime
    incidents: Annotated[list[str], "Numbers of the incidents, the oldest first."]


@dataclass(frozen=True)
class CountOf:
    """How many there are of one name."""

    name: str
    count: int


@dataclass(frozen=True)
class OpenRow:
    """An open incident as a line of the operational view."""

    key: str
    number: str
    title: str
    state: str
    priority: int
    major: bool
    started_at: datetime
    age_minutes: Annotated[int, "Whole minutes since it began."]
    people: Annotated[int, "People down or degraded."]
    due: Annotated[datetime | None, "The soonest moment a service that is down must be back; null if none is known."]
    overdue_minutes: Annotated[int, "Begun minutes since then; 0 if there is time left."]


@dataclass(frozen=True)
class OpenNow:
    """The operational view: what is open, the most pressing first."""

    at: datetime
    incidents: int
    major: int
    overdue: Annotated[int, "Incidents with a service past its RTO."]
    by_priority: Annotated[list[CountOf], "Priorities 1 to 5, those with none too."]
    by_state: Annotated[list[CountOf], "States, the most first."]
    rows: list[OpenRow]


@dataclass(frozen=True)
class Executive:
    """The executive view as of a moment."""

    at: datetime
    time_zone: str
    months: Annotated[list[MonthRow], "Every month of the span, those without incidents too."]
    times: Annotated[MeanTimes, "Over the whole span."]
    major_times: MeanTimes
    services: Annotated[list[ComplianceRow], "RTO compliance, the most missed first."]
    groups: list[ComplianceRow]
    majors: Annotated[list[MonthCause], "Major incidents by month and cause."]
    changes: ChangeSuccess
    caused: Annotated[list[ChangeCaused], "Changes that caused incidents, the most incidents first."]
