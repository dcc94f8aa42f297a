"""A plan of an import, and what came of it: in words for a terminal, and as JSON."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.import_report import Effect
from api.render import shape
from api.tables_import_effect import print_effect
from api.tables_import_sources import DURATIONS, print_sources, told_sources
from cmdb.model.ci import CI
from cmdb.model.durations import show_minutes
from cmdb.model.errors import Problem
from cmdb.reconcile.difference import Difference
from cmdb.reconcile.plan import Count, Plan
from cmdb.store.port import Applied
from importers.runner import removals_allowed

SHOWN = 20
ACTIONS = ("created", "changed", "removed")
NOUNS = {"ci": "", "relation": "relation ", "pool": "pools"}
_NUMBER = re.compile(r"\b(row|line) \d+|\[\d+\]")
"""Which of many rows, lines or items of a list a place is."""
SKIPPED = ("attributes", "claims", "claims_json")
"""Fields whose parts are told on their own, or elsewhere."""


def told_import(plan: Plan, effect: Effect | None, applied: Applied | None) -> dict[str, Any]:
    """A plan, what it would do (None where nobody asked) and what came of it, as JSON."""
    return {
        "applied": applied is not None,
        "revision": applied.revision if applied else None,
        "source": plan.changeset.source,
        "counts": [count._asdict() for count in plan.counts()],
        "effect": None if effect is None else shape(effect),
        "changes": [{**change._asdict(), "fields": dict(change.fields)} for change in plan.changes(SHOWN)],
        **told_sources(plan),
        "removalShare": plan.removal_share,
        "needsConfirmation": plan.needs_confirmation and not removals_allowed(plan),
        "warnings": [warning._asdict() for warning in plan.warnings],
        "warningCount": plan.warning_count,
    }


def print_import(out: Console, plan: Plan, effect: Effect | None, applied: Applied | None) -> None:
    """A plan, what it would do (None where nobody asked) and what came of it: at 80 columns, in colour or plain."""
    groups = _alike(plan.warnings)[:SHOWN]
    for alike in groups:
        more = f" [dim](and {len(alike) - 1:,} more like it)[/]" if len(alike) > 1 else ""
        out.print(f"  [yellow]warning[/] {escape(_warned(alike[0]))}{more}")
    if beyond := plan.warning_count - sum(map(len, groups)):
        out.print(f"  [dim]and {beyond:,} more warnings[/]")
    if plan.empty:
        print_sources(out, plan)
        return out.print("nothing to change: everything is recorded already")
    out.print(Padding(_counts(plan.counts()), (0, 0, 1, 2)))
    if applied is None and plan.needs_confirmation:
        told = [f"{plan.removal_share:.0%} of this source's CIs are no longer in it"] if plan.loses_cis else []
        if plan.loses_relations:
            told.append(f"{plan.relations_lost:,} of its {plan.relations_before:,} relations are no longer in it")
        allowed = "; allowed by --allow-removals" if removals_allowed(plan) else ": needs --allow-removals"
        out.print(f"  [bold red]{' and '.join(told)}[/]{allowed}\n")
    if effect is not None:
        print_effect(out, effect)
    print_sources(out, plan)
    if applied is not None:
        return out.print(f"recorded as revision {applied.revision}")
    print_changes(out, plan, "retired")
    return out.print("nothing was written; run it without --plan to write it")


def _counts(counts: Sequence[Count]) -> Table:
    """How many things of each kind: a row each, CIs first."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("", min_width=30)
    for name, style in (("new", "green"), ("changed", "yellow"), ("retired", "red"), ("removed", "red")):
        table.add_column(name, justify="right", style=style)
    numbers = {(c.entity, c.kind, c.action): c.number for c in counts}
    for entity, kind in dict.fromkeys((c.entity, c.kind) for e in NOUNS for c in counts if c.entity == e):
        created, changed, removed = (numbers.get((entity, kind, action), 0) for action in ACTIONS)
        gone = (removed, 0) if entity == "ci" else (0, removed)
        table.add_row(NOUNS[entity] + escape(kind), *(f"{n:,}" if n else "–" for n in (created, changed, *gone)))
    totals = [sum(c.number for c in counts if _column(c) == column) for column in range(4)]
    table.add_row("[bold]in all[/]", *(f"[bold]{n:,}[/]" if n else "–" for n in totals))
    return table


def _column(count: Count) -> int:
    return ACTIONS.index(count.action) + (count.action == "removed" and count.entity != "ci")


def print_changes(out: Console, plan: Plan, gone: str) -> None:
    """The first changes, one by one; removed CIs are `gone`."""
    shown = plan.changes(SHOWN)
    whole = sum(count.number for count in plan.counts())
    out.print(f"  [bold]Changes[/]{'' if len(shown) == whole else f', the first {len(shown)} of {whole:,}'}")
    called = _called(plan.cis)
    for change in shown:
        fields = ", ".join(_field(name, *values) for name, values in change.fields.items() if name not in SKIPPED)
        thing = called.get(change.name, change.name) if change.entity == "ci" else f"{change.entity} {change.name}"
        action = gone if (change.action, change.entity) == ("removed", "ci") else change.action
        line = escape(f"{action} {thing}" + (f": {fields}" if fields else ""))
        out.print(Padding(f"[dim]{line}[/]", (0, 0, 0, 4)))


def _called(cis: Difference[CI]) -> dict[str, str]:
    """The first CIs that go, change and are new, as they are shown."""
    first = chain(
        islice(cis.removed, SHOWN), (new for _, new in islice(cis.changed, SHOWN)), islice(cis.created, SHOWN)
    )
    return {ci.id: f"{ci.kind} {ci.name} ({ci.id})" for ci in first}


def _field(name: str, before: object, after: object) -> str:
    return f"{name} {_shown(name, before)} → {_shown(name, after)}"


def _shown(name: str, value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in DURATIONS and isinstance(value, int):
        return show_minutes(value)
    return ", ".join(map(str, value)) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)


def _alike(warnings: Sequence[Problem]) -> list[list[Problem]]:
    """Warnings that differ in their row and value only, together, in the order of the first of them."""
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for warning in warnings:
        groups.setdefault((warning.code, _NUMBER.sub("", warning.place), warning.accepted), []).append(warning)
    return list(groups.values())


def _warned(problem: Problem) -> str:
    return f"{problem.code} at {problem.place}: {problem.found}; {problem.accepted}"
