"""A service catalogue folder: `services.csv`, `edges.csv` and `teams.yml`, read as they stand."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class BadCatalogue(ValueError):
    """The folder is not a service catalogue; the message says what is missing or wrong, and where."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `weight` is its part in the overall SLA, empty when it has none."""

    id: str
    name: str
    tier: str
    teams: tuple[str, ...]
    customers: tuple[str, ...]
    description: str
    weight: str


@dataclass(frozen=True, slots=True)
class Team:
    """One team and how it is reached: any of `reach` may be missing."""

    id: str
    reach: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """`source` names `target` as a dependency, in the hand-written catalogue, in the metrics catalogue, or in both."""

    source: str
    target: str
    catalogue: bool
    metrics: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything in the folder; links may name services that are not there."""

    services: dict[str, Service]
    teams: dict[str, Team]
    links: list[Link]


SERVICE_COLUMNS = ("id", "friendly_name", "tier", "teams", "customers", "business_value", "sla_weight")
LINK_COLUMNS = ("source", "target", "in_service_catalog", "in_metrics_catalog")
REACH = (("slack_channel", "Slack #{}"), ("slack_alerts_channel", "alerts in Slack #{}"), ("oncall_schedule", "{}"))


def read_catalogue(folder: Path) -> Catalogue:
    """The catalogue in `folder`. Raises `BadCatalogue`."""
    services = [_service(row) for row in _rows(folder / "services.csv", SERVICE_COLUMNS)]
    links = [_link(row) for row in _rows(folder / "edges.csv", LINK_COLUMNS)]
    return Catalogue({s.id: s for s in services}, {t.id: t for t in _teams(folder / "teams.yml")}, links)


def _service(row: dict[str, str]) -> Service:
    return Service(
        row["id"], row["friendly_name"] or row["id"], row["tier"], _parts(row["teams"]), _parts(row["customers"]),
        " ".join(row["business_value"].split()), row["sla_weight"],
    )  # fmt: skip


def _link(row: dict[str, str]) -> Link:
    return Link(row["source"], row["target"], row["in_service_catalog"] == "True", row["in_metrics_catalog"] == "True")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in (piece.strip() for piece in text.split(";")) if part)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines, restval="")
            if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
                raise BadCatalogue(f"{path.name}: no column {', '.join(missing)}")
            yield from reader
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise BadCatalogue(f"{path.name}: {fault}") from None


def _teams(path: Path) -> Iterator[Team]:
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise BadCatalogue(f"{path.name}: {fault}") from None
    teams = document.get("teams") if isinstance(document, dict) else None
    if not isinstance(teams, list) or not all(isinstance(t, dict) and isinstance(t.get("name"), str) for t in teams):
        raise BadCatalogue(f"{path.name}: accepted is a list `teams`, each with a name")
    for team in teams:
        yield Team(team["name"], tuple(words.format(team[key]) for key, words in REACH if team.get(key)))
