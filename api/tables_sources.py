"""Import runs, sources and undoing for people: 80 columns, outcomes as a sign and a word."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.lines import print_labelled
from api.signs import moment
from api.sources import RunReport, SourceReport, SourceState
from api.tables_import import print_changes
from cmdb.reconcile.plan import Plan
from cmdb.records.source_types import RunCount, RunOutcome
from cmdb.records.undoing import PlannedUndo, undo_name
from cmdb.store.port import Applied
from impact.stale import span_words

OUTCOMES = {
    RunOutcome.applied: "[green]✓ applied[/]",
    RunOutcome.unchanged: "[green]✓ unchanged[/]",
    RunOutcome.refused: "[bold red]✗ refused[/]",
}
STATES = {
    SourceState.fresh: "[green]● fresh[/]",
    SourceState.stale: "[yellow]▲ stale[/]",
    SourceState.unlimited: "[dim]– no limit[/]",
}
NOUNS = {"ci": "CI", "relation": "relation", "pool": "pool"}
GONE = "deleted"
"""What becomes of CIs that an undo takes away: it does not retire them."""


def print_runs(out: Console, runs: Sequence[RunReport], total: int, zone: tzinfo) -> None:
    """Runs, the newest first."""
    if not runs:
        return out.print("  No import is recorded.")
    table = _table("run", "when", "source", "outcome", "what it did", "revision")
    for run in runs:
        outcome = OUTCOMES[run.outcome] + (" [yellow]undone[/]" if run.undone_at else "")
        table.add_row(
            f"[bold]{run.number}[/]", moment(run.finished_at, zone), escape(run.source), outcome, _short(run),
            f"r{run.revision}",
        )  # fmt: skip
    out.print(Padding(table, (0, 0, 0, 2)))
    if total > len(runs):
        out.print(f"  [dim]{total - len(runs):,} more: --first {total}[/]")
    return None


def _short(run: RunReport) -> str:
    """What a run did in a few words."""
    if run.outcome is RunOutcome.refused:
        return escape(", ".join(run.codes)) or "–"
    sums: dict[str, int] = {}
    for count in run.counts:
        sums[count.action] = sums.get(count.action, 0) + count.number
    held = [f"{run.held_rows:,} held back"] if run.held_rows else []
    return ", ".join([*(f"{number:,} {action}" for action, number in sums.items()), *held]) or "nothing"


def print_run(out: Console, run: RunReport, zone: tzinfo) -> None:
    """One run: when, who, what came of it, and what can be done next."""
    undone = f" [yellow]undone {_at(run.undone_at, zone)}[/]" if run.undone_at else ""
    out.print(f"  [bold]{run.number}[/]  {OUTCOMES[run.outcome]}{undone}  r{run.revision}\n")
    took = (run.finished_at - run.started_at).total_seconds()
    print_labelled(out, "Source", [f"{escape(run.source)}, {run.stated_cis:,} CIs" + (", in part" * run.partial)])
    print_labelled(out, "Read", [escape(run.file) + (f" [dim]by {escape(run.importer)}[/]" if run.importer else "")])
    print_labelled(out, "When", [f"{_at(run.started_at, zone)}, took {took:,.1f} s, by {escape(run.who)}"])
    if run.next_at:
        print_labelled(out, "Next", [_at(run.next_at, zone)])
    print_labelled(out, "Notes", list(_notes(run)))
    if run.counts:
        out.print()
        print_counts(out, run.counts, "retired")
    if run.outcome is RunOutcome.applied:
        out.print(f"\n[dim]  what it changed: cmdb diff r{run.revision - 1} r{run.revision}[/]")
        if run.undone_at is None:
            out.print(f"[dim]  take it back: cmdb undo {run.number} --plan[/]")


def _notes(run: RunReport) -> Iterable[str]:
    """What else a report says, as far as there is any."""
    for number, words in (
        (run.joined, "CIs found to be recorded under another id"), (run.conflicts, "values on which sources differ"),
        (run.stubs, "CIs that only relations name"), (run.held_rows, "rows held back"), (run.warnings, "warnings"),
    ):  # fmt: skip
        if number:
            yield f"{number:,} {words}"
    if run.codes:
        yield ", ".join(f"{escape(code)} ({number:,})" for code, number in run.codes.items())


def print_counts(out: Console, counts: Iterable[RunCount], gone: str) -> None:
    """How many things of each kind were created, changed and removed; removed CIs are `gone`."""
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", min_width=9)
    table.add_column()
    for count in counts:
        noun = NOUNS[count.entity] + ("" if count.number == 1 else "s")
        action = gone if (count.action, count.entity) == ("removed", "ci") else count.action
        table.add_row(f"{count.number:,}", escape(f"{count.kind} {noun} {action}".lstrip()))
    out.print(Padding(table, (0, 0, 0, 2)))


def print_sources(out: Console, sources: Sequence[SourceReport], zone: tzinfo) -> None:
    """How each source stands."""
    if not sources:
        return out.print("  Nothing is recorded.")
    table = _table("source", "CIs", "last run", "outcome", "confirmed", "fresh?", "next due", right={"CIs"})
    for one in sources:
        last = one.last
        failed = f" ({one.failures}×)" if one.failures > 1 else ""
        table.add_row(
            f"[bold]{escape(one.source)}[/]", f"{one.cis:,}", moment(last.finished_at, zone) if last else "–",
            OUTCOMES[last.outcome] + failed if last else "–", _age(one), _fresh(one), _due(one, zone),
        )  # fmt: skip
    out.print(Padding(table, (0, 0, 0, 2)))
    return None


def _age(one: SourceReport) -> str:
    if one.age_minutes is None:
        return "never"
    return f"{span_words(timedelta(minutes=one.age_minutes))} ago" if one.age_minutes else "just now"


def _fresh(one: SourceReport) -> str:
    limit = one.fresh_for_minutes
    words = "" if limit is None else f" [dim]for {span_words(timedelta(minutes=limit))}[/]"
    return STATES[one.state] + words


def _due(one: SourceReport, zone: tzinfo) -> str:
    if one.next_at is None:
        return "–"
    return moment(one.next_at, zone) + (" [yellow]overdue[/]" if one.overdue else "")


def print_undo(out: Console, planned: PlannedUndo, plan: Plan, applied: Applied | None) -> None:
    """What undoing would do, or did, in words."""
    tense = "was" if applied else "would be"
    out.print(f"  [bold]undo of {undo_name(planned)}[/]: what it did {tense} taken back\n")
    if planned.undo.empty:
        out.print("  CIs, relations and pools stay as they are")
    print_counts(out, [RunCount(*count) for count in plan.counts()], GONE)
    if applied is None:
        if not planned.undo.empty:
            out.print()
            print_changes(out, plan, GONE)
        return out.print("  nothing was written; run it without --plan to write it")
    return out.print(f"\n  recorded as revision {applied.revision}; that can be undone as well")


def _at(when: datetime | None, zone: tzinfo) -> str:
    return "" if when is None else f"{when.astimezone(zone):%Y-%m-%d %H:%M}"


def _table(*names: str, right: frozenset[str] | set[str] = frozenset()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in names:
        table.add_column(name, justify="right" if name in right else "left")
    return table
