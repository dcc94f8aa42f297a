"""Service levels: how often the RTO of each service was kept, and towards each client group."""

from collections.abc import Iterable
from dataclasses import dataclass

from impact.incidents.report import GroupOutcome, PostIncident, ServiceOutcome
from impact.incidents.trends_report import ComplianceRow
from impact.incidents.values import IncidentCase


@dataclass(frozen=True, slots=True)
class Settled:
    """An incident and what looking back on it says."""

    incident: IncidentCase
    after: PostIncident


def compliance_by_service(settled: Iterable[Settled]) -> list[ComplianceRow]:
    """RTO compliance of every service that was down in any incident, the most missed first."""
    found: dict[str, list[ServiceOutcome]] = {}
    for one in (one for told in settled for one in told.after.services if one.spells):
        found.setdefault(one.ci.id, []).append(one)
    return _most_missed_first(_row(mine, mine[-1].tier) for mine in found.values())


def compliance_by_group(settled: Iterable[Settled]) -> list[ComplianceRow]:
    """RTO compliance towards every client group that lost a service in any incident, the most missed first."""
    found: dict[str, list[GroupOutcome]] = {}
    for one in (one for told in settled for one in told.after.groups if one.lost_count):
        found.setdefault(one.ci.id, []).append(one)
    return _most_missed_first(_row(mine, None) for mine in found.values())


def percent(part: int, whole: int) -> float | None:
    """A share in percent, to one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def _row(mine: list[ServiceOutcome] | list[GroupOutcome], tier: str | None) -> ComplianceRow:
    kept, missed = sum(one.kept is True for one in mine), sum(one.kept is False for one in mine)
    return ComplianceRow(
        mine[-1].ci, mine[-1].sector, tier, len(mine), kept, missed, len(mine) - kept - missed,
        percent(kept, kept + missed), max(one.late_minutes or 0 for one in mine), sum(one.down_minutes for one in mine),
    )  # fmt: skip


def _most_missed_first(rows: Iterable[ComplianceRow]) -> list[ComplianceRow]:
    return sorted(rows, key=lambda row: (-row.missed, -row.worst_late_minutes, -row.incidents, row.ci.id))
