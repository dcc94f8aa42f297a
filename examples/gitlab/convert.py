"""A service catalogue as a native estate: `python -m examples.gitlab.convert CATALOGUE_FOLDER OUT_FOLDER`.

docs/recipe-gitlab.md tells the choices made here and why.
"""

import argparse
import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from examples.gitlab.catalogue import BadCatalogue, Catalogue, Link, Service, Team, read_catalogue

Row = tuple[str, ...]

KINDS = {
    "sv": "business_service", "lb": "technical_service", "inf": "technical_service",
    "stor": "database", "db": "database",
}  # fmt: skip
CATEGORIES = {"sv": "Service", "lb": "Load balancing", "inf": "Infrastructure"}
"""Tiers whose services have a category in the model; databases have none."""
OFFERED = frozenset({"sv", "lb"})
"""Tiers that clients use themselves; the others reach them through these."""
INSIDE = ("internal-users", "Internal users")
PREFERENCES: dict[str, Callable[[Link], bool]] = {
    "metrics": lambda link: link.metrics,
    "catalogue": lambda link: link.catalogue,
    "either": lambda _: True,
}
"""Which links count in full, by the value of --prefer; the others are kept as `at_risk`."""
BACKENDS = "backends"
HEADERS: dict[str, Row] = {
    "cis": ("id", "kind", "name", "category", "criticality", "description", "source", "external_id"),
    "relations": ("from", "type", "to", "effect", "pool"),
    "pools": ("ci", "pool", "required", "full"),
}


def convert(catalogue: Catalogue, prefer: str, aliases: Mapping[str, str]) -> tuple[dict[str, list[Row]], list[str]]:
    """Rows of each file without header, in order, and what a person should know of what was left out.

    Raises `BadCatalogue` for a tier that has no kind and for two things that would get the same id.
    """
    links, notes = reconciled(catalogue, aliases)
    groups = dict(_group(text) for s in catalogue.services.values() if s.tier in OFFERED for text in s.customers)
    named = {team for service in catalogue.services.values() for team in service.teams}
    if undescribed := sorted(named - catalogue.teams.keys()):
        notes.append(f"named by services, not in teams.yml: {', '.join(undescribed)}; kept by name alone")
    teams = {**catalogue.teams, **{team: Team(team, ()) for team in undescribed}}
    cis = [*_services(catalogue), *map(_team, teams.values()), *(_client(*group) for group in groups.items())]
    if twice := sorted(ci for ci, count in Counter(row[0] for row in cis).items() if count > 1):
        raise BadCatalogue(f"two things would get the id {', '.join(twice)}")
    dependencies, pools = _dependencies(catalogue, links, PREFERENCES[prefer])
    return {"cis": sorted(cis), "relations": sorted({*dependencies, *_people(catalogue)}), "pools": pools}, notes


def reconciled(catalogue: Catalogue, aliases: Mapping[str, str]) -> tuple[list[Link], list[str]]:
    """Both lists as one, every pair once, between known services; and a note for each link that was not kept as is."""
    found, notes = dict[tuple[str, str], Link](), list[str]()
    for link in catalogue.links:
        told = f"{link.source} depends on {link.target}"
        target = _meant(catalogue, link, aliases)
        if link.source not in catalogue.services or target is None:
            notes.append(f"left out: {told}, which is not in the catalogue")
        elif target == link.source:
            notes.append(f"left out: {told}, which is itself")
        else:
            if target != link.target:
                notes.append(f"taken as {target}: {told}")
            old = found.get((link.source, target), Link(link.source, target, False, False))
            found[link.source, target] = Link(
                link.source, target, old.catalogue or link.catalogue, old.metrics or link.metrics
            )
    return list(found.values()), notes


def _meant(catalogue: Catalogue, link: Link, aliases: Mapping[str, str]) -> str | None:
    """The service a link's target stands for: itself; the one service of that name which the metrics list of the same
    source gives (`postgres` for "Postgres (Patroni)"); the alias stated for it; else None."""
    if link.target in catalogue.services:
        return link.target
    word = re.compile(rf"\b{re.escape(link.target)}\b", re.IGNORECASE)
    near = {
        other.target
        for other in catalogue.links
        if other.source == link.source and other.metrics and other.target in catalogue.services
        and word.search(catalogue.services[other.target].name)
    }  # fmt: skip
    alias = aliases.get(link.target)
    return near.pop() if len(near) == 1 else alias if alias in catalogue.services else None


def _dependencies(
    catalogue: Catalogue, links: list[Link], in_full: Callable[[Link], bool]
) -> tuple[list[Row], list[Row]]:
    behind = [link for link in links if in_full(link) and _is_backend(catalogue, link)]
    pooled = {source for source, count in Counter(link.source for link in behind).items() if count > 1}
    agreed = {(link.source, link.target) for link in links if link.catalogue and link.metrics}
    rows = list[Row]()
    for link in links:
        pool = BACKENDS if link in behind and link.source in pooled else ""
        effect = "" if pool else _effect(catalogue.services[link.target], link, in_full(link), agreed)
        rows.append((link.source, "depends_on", link.target, effect, pool))
    return rows, [(source, BACKENDS, "1", "100%") for source in sorted(pooled)]


def _is_backend(catalogue: Catalogue, link: Link) -> bool:
    return (catalogue.services[link.source].tier, catalogue.services[link.target].tier) == ("lb", "sv")


def _effect(target: Service, link: Link, in_full: bool, agreed: set[tuple[str, str]]) -> str:
    """Empty for `down`. Of two services that need each other, the direction only one list has is the softer one."""
    if not in_full:
        return "at_risk"
    mutual = (link.target, link.source) in agreed and (link.source, link.target) not in agreed
    return "degraded" if mutual or target.tier == "inf" else ""


def _services(catalogue: Catalogue) -> Iterator[Row]:
    names = Counter(service.name for service in catalogue.services.values())
    for service in catalogue.services.values():
        if service.tier not in KINDS:
            raise BadCatalogue(f"services.csv: {service.id} has tier '{service.tier}'; accepted: {', '.join(KINDS)}")
        name = service.name if names[service.name] == 1 else f"{service.name} ({service.id})"
        weight = int(service.weight) if service.weight.isdecimal() else 0
        criticality = "critical" if weight >= 5 else "high" if weight else ""
        category = CATEGORIES.get(service.tier, "")
        yield service.id, KINDS[service.tier], name, category, criticality, service.description, "service catalogue", ""


def _team(team: Team) -> Row:
    return f"team-{team.id}", "team", f"Team {team.id}", "", "", "; ".join(team.reach), "teams.yml", team.id


def _client(ci: str, name: str) -> Row:
    return ci, "client_group", name, "", "", "", "service catalogue", ""


def _group(text: str) -> tuple[str, str]:
    """The client group that a text under `customers` means: all that begin with "Internal" are one."""
    if text.casefold().startswith("internal"):
        return INSIDE
    return "clients-" + re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-"), text


def _people(catalogue: Catalogue) -> Iterator[Row]:
    for service in catalogue.services.values():
        for team in service.teams:
            yield service.id, "supported_by", f"team-{team}", "", ""
        for text in service.customers if service.tier in OFFERED else ():
            yield _group(text)[0], "uses", service.id, "", ""


def write(folder: Path, tables: Mapping[str, Iterable[Row]]) -> None:
    """Write the files of the estate, UTF-8 with plain line feeds."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows([HEADERS[name], *rows])
        (folder / f"{name}.csv").write_bytes(text.getvalue().encode())


def alias(text: str) -> tuple[str, str]:
    """`NAME=SERVICE`. Raises `ValueError`."""
    name, sign, service = text.partition("=")
    if not (name and sign and service):
        raise ValueError(text)
    return name, service


def main(arguments: list[str] | None = None) -> int:
    """Convert, tell on standard error what was left out; 2 if the folder cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m examples.gitlab.convert", description="See docs/recipe-gitlab.md.")
    parser.add_argument("catalogue", type=Path, help="folder with services.csv, edges.csv and teams.yml")
    parser.add_argument("out", type=Path, help="folder for cis.csv, relations.csv and pools.csv")
    parser.add_argument("--prefer", choices=tuple(PREFERENCES), default="metrics", help="the list that counts in full")
    parser.add_argument("--alias", type=alias, action="append", default=[], metavar="NAME=SERVICE", help="repeatable")
    given = parser.parse_args(arguments)
    try:
        tables, notes = convert(read_catalogue(given.catalogue), given.prefer, dict(given.alias))
    except BadCatalogue as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    write(given.out, tables)
    counts = ", ".join(f"{len(rows)} {name}" for name, rows in tables.items())
    sys.stderr.write("".join(f"{line}\n" for line in (*notes, f"written: {counts}")))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
