"""Observed dependencies for people: tables that work at 80 columns, in colour or plain."""

from datetime import datetime, timedelta, tzinfo

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.lines import named
from api.observed import Hint, Hints
from api.observed_report import HintState
from api.observing import ObservedFile
from api.signs import moment
from cmdb.records.observing import Decided, Recorded
from impact.report import Page
from impact.words import counted, noun
from importers.observed.names import Reason

SHOWN = 20
EMPTY = {
    HintState.proposed: "Nothing to propose: every dependency that was seen is recorded, or was decided upon.",
    HintState.verified: "No recorded dependency was seen.",
    HintState.questioned: "Every recorded dependency between observed CIs was seen.",
    HintState.rejected: "Nothing was rejected.",
    HintState.set_aside: "All that was seen is of CIs in service.",
}
DEPENDENCIES = ("dependency", "dependencies")
REASONS = {
    Reason.unknown: "no CI is called that",
    Reason.ambiguous: "several CIs are called that",
    Reason.not_in_service: "not in service",
}


def print_observed(out: Console, found: ObservedFile, done: Recorded, applied: bool) -> None:
    """What a file comes to, and what came of it, in words."""
    warnings, resolved = found.warnings, found.resolved
    for warning in warnings.problems[:SHOWN]:
        out.print(escape(f"  warning {warning.code} at {warning.place}: {warning.found}; {warning.accepted}"))
    _beyond(out, warnings.count, "warning")
    tense = "" if applied else "would be "
    for number, things, told in (
        (done.created, DEPENDENCIES, f"{tense}counted for the first time"),
        (done.changed, DEPENDENCIES, f"{tense}counted on"),
        (done.unchanged, DEPENDENCIES, "counted already, nothing new"),
        (resolved.own_calls, ("call of a CI by itself,", "calls of CIs by themselves,"), "left out"),
    ):
        if number:
            out.print(f"  {number:>9,} {noun(number, *things)} {told}")
    _print_names(out, found)
    if not resolved.pairs:
        return out.print("nothing was counted: no two names of a pair are those of recorded CIs")
    if not applied:
        return out.print("nothing was written; run it without --plan to write it")
    if not (done.created or done.changed):
        return out.print("nothing to write: everything was counted already")
    return out.print(f"recorded as revision {done.revision}; see: cmdb hints")


def _print_names(out: Console, found: ObservedFile) -> None:
    resolved = found.resolved
    if resolved.shortened:
        few = ", ".join(f"{name} as {ci}" for name, ci in list(resolved.shortened.items())[:3])
        count = len(resolved.shortened)
        names = noun(count, "name of a single instance", "names of single instances")
        out.print(escape(f"  {count:>9,} {names}: {few}"))
    if resolved.unresolved:
        count = len(resolved.unresolved)
        names = noun(count, "name that stands for no CI; what it takes", "names that stand for no CI; what they take")
        out.print(f"  {count:>9,} {names} part in is left out:")
    for one in resolved.unresolved[:SHOWN]:
        cis = f": {', '.join(one.cis[:3])}{'…' if len(one.cis) > 3 else ''}" if one.cis else ""
        out.print(
            escape(f"            {one.name} ({counted(one.calls, 'call')}; {REASONS[one.reason]}{cis})"), style="dim"
        )
    _beyond(out, len(resolved.unresolved), "name")


def _beyond(out: Console, count: int, what: str) -> None:
    if count > SHOWN:
        out.print(f"  [dim]and {counted(count - SHOWN, f'more {what}')}: --json[/]")


def print_hints(out: Console, found: Hints, state: HintState, page: Page[Hint], zone: tzinfo) -> None:
    """A page of hints, and how many there are in each state."""
    counts, now = found.counts(), found.standing.moment
    told = [f"{getattr(counts, one.value):,} {one.value.replace('_', ' ')}" for one in HintState]
    out.print("  " + " · ".join(told) + "\n")
    if not page.nodes:
        return out.print(f"  {EMPTY[state]}")
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    questioned = state is HintState.questioned
    for name in ("type" if questioned else "number", "from", "to"):
        table.add_column(name, ratio=None if name == "number" else 1, no_wrap=name == "number")
    for name in ("observed for",) if questioned else ("calls", "last seen"):
        table.add_column(name, justify="right", no_wrap=True)
    for hint in page.nodes:
        ends = escape(named(hint.from_)), escape(named(hint.to)) + _note(hint, zone) + _risk(found, hint)
        if questioned:
            table.add_row(", ".join(hint.types), *ends, _age(hint.first_seen, now))
        else:
            table.add_row(escape(hint.number or ""), *ends, f"{hint.calls:,}", f"{_age(hint.last_seen, now)} ago")
    out.print(Padding(table, (0, 0, 0, 2)))
    if page.has_next_page:
        out.print(f"  [dim]{page.total_count - len(page.nodes):,} more: --first 200, --after {page.end_cursor}[/]")
    if state is HintState.proposed:
        out.print(f"  [dim]confirm or reject: cmdb hints confirm {escape(page.nodes[0].number or '')}[/]")
    return None


def _note(hint: Hint, zone: tzinfo) -> str:
    """What else to know of a dependency, below it."""
    notes = []
    if hint.through is not None:
        notes.append(f"recorded by way of {named(hint.through)}")
    if hint.decided is not None and hint.decided_at is not None and hint.state is not HintState.verified:
        when = moment(hint.decided_at, zone)
        notes.append(f"{hint.decided} by {hint.who} {when}, at {counted(hint.decided_calls, 'call')}")
        if hint.state is HintState.proposed and hint.decided == "confirmed":
            notes.append("the relation is gone")
    return "".join(f"\n[dim]{escape(note)}[/]" for note in notes)


def _risk(found: Hints, hint: Hint) -> str:
    """What confirming a dependency would add to what a failure hits."""
    risk = found.risk(hint)
    if risk is None or not (risk.services or risk.people):
        return ""
    people = counted(risk.people, "more person", "more people")
    return f"\n[dim]would hit {counted(risk.services, 'more service')}, {people}[/]"


def _age(at: datetime | None, now: datetime) -> str:
    """How long ago something was, in words."""
    if at is None:
        return "–"
    minutes = max(now - at, timedelta(0)) // timedelta(minutes=1)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440:,} days"


def print_decided(out: Console, done: Decided) -> None:
    """What a decision did, in words."""
    for one in done.observations:
        out.print(escape(f"  {one.number} {one.state.value}: {one.caller} calls {one.called}"))
    for relation in done.relations:
        effect = f" ({relation.effect})" if relation.effect else ""
        out.print(escape(f"  recorded: {relation.from_id} {relation.type} {relation.to_id}{effect}"))
    out.print("done before under this key" if done.replayed else f"stands at revision {done.revision}")
