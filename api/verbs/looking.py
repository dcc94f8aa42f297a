"""The verbs that look things up: search, show, history."""

from collections.abc import Sequence
from datetime import UTC
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.lines import as_of_words, print_labelled
from api.render import point, shape
from api.verbs.options import (
    STORE,
    AsOfOption,
    JsonOption,
    ModelOption,
    Refused,
    StoreOption,
    ZoneOption,
    console,
    opened,
    print_json,
    revision_of,
    unknown,
    zone_of,
)
from api.workspace import Workspace
from cmdb.model.ci import CI, CiId
from cmdb.model.durations import show_minutes
from cmdb.model.model import Model
from cmdb.service import Neighbour, Neighbours
from cmdb.store.port import Around, Change, Head
from impact.stale import named

if TYPE_CHECKING:
    from api.identity import Disagreement
    from api.known_as import KnownAs

CiArgument = Annotated[str, typer.Argument(help="The id of a CI.")]


def search(
    text: Annotated[str, typer.Argument(help="A name, alias, hostname or id, or something like it.")],
    first: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 20,
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Find CIs by name; forgives typos."""
    with opened(store, model) as workspace:
        hits = workspace.inventory.search(text, first)
    if as_json:
        return print_json([{**_named(hit.ci), "lifecycle": hit.ci.lifecycle, "score": hit.score} for hit in hits])
    if not hits:
        return console().print(f"nothing recorded resembles '{escape(text)}'")
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("id", no_wrap=True)
    table.add_column("name", overflow="fold")
    for column in ("kind", "sector", "lifecycle"):
        table.add_column(column, no_wrap=True)
    for hit in hits:
        table.add_row(*(escape(v) for v in (hit.ci.id, hit.ci.name, hit.ci.kind, hit.ci.sector, hit.ci.lifecycle)))
    return console().print(table)


def show(
    ci: CiArgument,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """A CI: its attributes, its relations both ways, its pools."""
    zone = zone_of(tz)
    with opened(store, model) as workspace:
        at = revision_of(workspace, as_of, zone)
        found, other = _found(workspace, ci, at)
        stale = frozenset() if at else named(workspace.stale_sources())
        disputes = _disputes(workspace.model, found, stale)
        if as_json:
            told = card(found) | _claims(found, disputes) | (_asked(other) if other else {})
            return print_json(told | ({"asOf": point(at)} if at else {}))
        if at:
            console().print(as_of_words(at, zone))
        if other:
            console().print(f"[yellow]{escape(other.words)}[/]")
        return _print_card(console(), workspace.model, found, disputes)


def _found(workspace: Workspace, ci: str, at: Head | None) -> tuple[Neighbours, "KnownAs | None"]:
    """The CI, and how it was found if nothing has its id any more. Raises `Refused`."""
    revision = at.revision if at else None
    found = workspace.inventory.neighbours(CiId(ci), revision)
    if found is not None:
        return found, None
    from api.known_as import known_as

    other = None if at else known_as(workspace, ci)
    found = workspace.inventory.neighbours(other.stored.ci.id) if other else None
    if found is None:
        raise Refused(unknown(workspace, ci, revision))
    return found, other


def _disputes(model: Model, found: Neighbours, stale: frozenset[str]) -> "Sequence[Disagreement]":
    """Where sources disagree about a CI, its relations and its pools."""
    near = chain(*found.outgoing.values(), *found.incoming.values())
    relations = [one.relation for one in near if one.relation.claims_json]
    pools = [pool for pool in found.pools if pool.claims_json]
    if not (found.ci.ci.claims_json or relations or pools):
        return ()
    from api.identity import every_disagreement

    return every_disagreement(model, found.ci.ci, stale, Around(relations, pools))


def _claims(found: Neighbours, disputes: "Sequence[Disagreement]") -> dict[str, Any]:
    """What each source says of a CI, and where they disagree, as JSON."""
    ci = found.ci.ci
    if not ci.claims_json and not disputes:
        return {"claims": [{"source": ci.source, "key": ci.id, "edited": False}], "conflicts": []}
    from api.tables_identity import claims_json, told_dispute

    return {"claims": claims_json(ci), "conflicts": [told_dispute(one) for one in disputes]}


def _asked(other: "KnownAs") -> dict[str, Any]:
    return {"askedAs": {"id": other.asked, "since": other.since, "source": other.source or None}}


def card(found: Neighbours) -> dict[str, Any]:
    """A CI and its surroundings as JSON."""
    ci = found.ci.ci
    return {
        **_named(ci),
        "lifecycle": ci.lifecycle,
        "source": ci.source,
        "revision": found.ci.revision,
        "attributes": ci.attributes,
        "relations": [
            {"type": n.relation.type, "direction": way, "effect": n.relation.effect or None,
             "pool": n.relation.pool or None, "ci": _named(n.other)}
            for way, groups in (("outgoing", found.outgoing), ("incoming", found.incoming))
            for group in groups.values()
            for n in group
        ],
        "pools": [
            {"ci": p.ci, "name": p.name, "required": p.required, "full": p.full or None, "effect": p.effect or None}
            for p in found.pools
        ],
    }  # fmt: skip


def _named(ci: CI) -> dict[str, str]:
    return {"id": ci.id, "kind": ci.kind, "name": ci.name, "sector": ci.sector}


def _print_card(out: Console, model: Model, found: Neighbours, disputes: "Sequence[Disagreement]") -> None:
    ci = found.ci.ci
    out.print(f"[bold]{escape(ci.name)}[/] ({escape(ci.id)})")
    out.print(f"  {ci.kind} · {ci.sector} · {ci.lifecycle} · from {escape(ci.source)} · revision {found.ci.revision}")
    if ci.claims_json or disputes:
        from api.tables_identity import print_known

        print_known(out, ci, disputes)
    declared = model.attributes[ci.kind]
    for name, value in ci.attributes.items():
        unit = declared[name].unit if name in declared else ""
        told = (
            show_minutes(value) if unit == "minutes" and isinstance(value, int) else f"{_plain(value)} {unit}".strip()
        )
        out.print(f"  {name:<16} {escape(told)}")
    rules = {(p.ci, p.name): f"needs {p.required}" for p in found.pools}
    for way, groups in (("→", found.outgoing), ("←", found.incoming)):
        for type_, neighbours in groups.items():
            lines = [escape(_neighbour(neighbour, rules)) for neighbour in neighbours]
            print_labelled(out, f"{way} {type_}", lines, 20)


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _neighbour(neighbour: Neighbour, rules: dict[tuple[CiId, str], str]) -> str:
    relation, other = neighbour
    owner = next((end for end in (relation.from_id, relation.to_id) if (end, relation.pool) in rules), None)
    pool = f", pool {relation.pool} {rules[owner, relation.pool]}" if owner else ""
    effect = f", {relation.effect}" if relation.effect else ""
    state = "" if other.lifecycle == "live" else f", {other.lifecycle}"
    return f"{other.name} ({other.id}){effect}{pool}{state}"


def history(
    ci: CiArgument,
    first: Annotated[int, typer.Option(min=1, max=200, help="How many revisions at most.")] = 20,
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Recorded changes of a CI, its relations and its pools, newest first: who, when, before, after."""
    zone = zone_of(tz)
    with opened(store, model) as workspace:
        changes = workspace.inventory.history([CiId(ci)], first)
        if not changes:
            raise Refused(unknown(workspace, ci))
    if as_json:
        return print_json([shape({**c._asdict(), "recorded_at": c.recorded_at.astimezone(UTC)}) for c in changes])
    seen = None
    for change in changes:
        if change.revision != seen:
            when = f"{change.recorded_at.astimezone(zone):%Y-%m-%d %H:%M}"
            note = f" · {change.message}" if change.message else ""
            console().print(
                f"[bold]r{change.revision}[/]  {when}  {escape(change.who)} from {escape(change.source + note)}"
            )
            seen = change.revision
        console().print(f"    {escape(_told(change))}")
    return None


def _told(change: Change) -> str:
    before, after = dict(change.before or {}), dict(change.after or {})
    thing = after or before
    if change.entity == "relation":
        name = f"{thing['from_id']} {thing['type']} {thing['to_id']}"
    else:
        name = f"pool {thing['name']} of {thing['ci']}" if change.entity == "pool" else str(thing["id"])
    if not before or not after:
        return f"{name} {'recorded' if after else 'removed'}"
    flat = [{**side, **side.pop("attributes", {})} for side in (before, after)]
    keys = [k for k in {**flat[0], **flat[1]} if flat[0].get(k) != flat[1].get(k)]
    return f"{name}: " + ", ".join(f"{k} {flat[0].get(k, '–')} → {flat[1].get(k, '–')}" for k in keys)
