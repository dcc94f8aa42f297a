"""The verb that compares: what joined, left and changed between two revisions or times."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.difference import Turn, Turned, counted, page
from api.lines import recorded_words
from api.render import point
from api.verbs.options import (
    STORE,
    JsonOption,
    ModelOption,
    StoreOption,
    ZoneOption,
    console,
    opened,
    print_json,
    revision_of,
    zone_of,
)
from cmdb.model.ci import CI, Pool, Relation
from cmdb.reconcile.difference import Diff, Difference, T

FIRST_SCREEN, PAGE = 12, 50
SIGNS = {Turn.joined: "[green]+ joined[/]", Turn.left: "[red]− left[/]", Turn.changed: "[yellow]~ changed[/]"}
N = TypeVar("N")


def diff(
    before: Annotated[str, typer.Argument(help="r42, 02:40 or 2026-11-22T02:40:00-04:00.")],
    after: Annotated[str, typer.Argument(help="The same; the newest revision when it is left out.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Everything that differs.")] = False,
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """What joined, left and changed between two revisions or times: CIs, relations, pools."""
    zone = zone_of(tz)
    with opened(store, model) as workspace:
        start = revision_of(workspace, before, zone) or workspace.store.head()
        end = revision_of(workspace, after, zone) or workspace.store.head()
        found = workspace.inventory.diff(start.revision, end.revision)
    if as_json:
        print_json(told(found, None if everything else PAGE))
    else:
        print_diff(console(), found, zone, everything)


def told(found: Diff, first: int | None) -> dict[str, Any]:
    """A difference as JSON, in the shape of the GraphQL answer; lists of at most `first`."""
    return {
        "before": point(found.before),
        "after": point(found.after),
        "counts": {
            "cis": _counts(found.cis), "relations": _counts(found.relations), "pools": _counts(found.pools),
        },
        "cis": _page(found.cis, 1, first, _ci),
        "relations": _page(found.relations, 4, first, _relation),
        "pools": _page(found.pools, 2, first, _pool),
    }  # fmt: skip


def _counts(found: Difference[T]) -> dict[str, int]:
    return {turn.value: number for turn, number in counted(found).items()}


def _page(found: Difference[T], width: int, first: int | None, key: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    shown = page(found, width, first)
    nodes = [{"turn": t.turn.value, **key(t.thing), "fields": t.fields, **t.sides} for t in shown.nodes]
    return {
        "nodes": nodes,
        "totalCount": shown.total_count,
        "endCursor": shown.end_cursor,
        "hasNextPage": shown.has_next_page,
    }


def _ci(ci: CI) -> dict[str, Any]:
    return {"ci": {"id": ci.id, "kind": ci.kind, "name": ci.name}}


def _relation(relation: Relation) -> dict[str, Any]:
    return {"from": relation.from_id, "type": relation.type, "to": relation.to_id, "pool": relation.pool or None}


def _pool(pool: Pool) -> dict[str, Any]:
    return {"ci": pool.ci, "name": pool.name}


def print_diff(out: Console, found: Diff, zone: tzinfo, everything: bool) -> None:
    """A difference as tables, the first rows of each unless `everything` is wanted."""
    out.print(f"  from {recorded_words(found.before, zone)}, to {recorded_words(found.after, zone)}")
    if found.empty:
        return out.print("\n  Nothing differs.")
    limit = None if everything else FIRST_SCREEN
    _section(out, "CIs", page(found.cis, 1, limit).nodes, counted(found.cis), _ci_words)
    _section(out, "Relations", page(found.relations, 4, limit).nodes, counted(found.relations), _relation_words)
    _section(out, "Pools", page(found.pools, 2, limit).nodes, counted(found.pools), _pool_words)
    return None


def _section(
    out: Console, name: str, shown: list[Turned[T]], counts: dict[Turn, int], words: Callable[[T], str]
) -> None:
    total = sum(counts.values())
    if not total:
        return
    told = " · ".join(f"{number:,} {turn.value}" for turn, number in counts.items() if number)
    out.print(f"\n  [bold]{name}[/]  {told}")
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, min_width=9)
    table.add_column(ratio=1)
    for turned in shown:
        table.add_row(SIGNS[turned.turn], escape(words(turned.thing) + _changes(turned)))
    out.print(Padding(table, (0, 0, 0, 2)))
    if len(shown) < total:
        out.print(f"  [dim]{total - len(shown):,} more: --all[/]")


def _ci_words(ci: CI) -> str:
    return f"{ci.name} ({ci.id}), {ci.kind}" if ci.name != ci.id else f"{ci.id}, {ci.kind}"


def _relation_words(relation: Relation) -> str:
    return f"{relation.from_id} {relation.type} {relation.to_id}" + (f", pool {relation.pool}" if relation.pool else "")


def _pool_words(pool: Pool) -> str:
    return f"pool {pool.name} of {pool.ci}, needs {pool.required}"


def _changes(turned: Turned[T]) -> str:
    changes = [f"{name} {_value(old)} → {_value(new)}" for name, (old, new) in turned.values.items()]
    return ": " + ", ".join(changes) if changes else ""


def _value(value: object) -> object:
    return "–" if value in (None, "") else value
