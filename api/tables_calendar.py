"""Calendars and freeze windows for people: 80 columns, states as a sign and a word, each day in their time zone."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.calendar import Calendar
from api.lines import print_labelled, rests_on
from api.reviews_report import CalendarItem, FreezeWindow, RecordKind
from api.tables_changes import FIRST_SCREEN, collision_lines, print_more, state_words, table_of, window_words
from impact.blind import completeness as resting
from impact.report import Page
from impact.words import counted


def print_calendar(out: Console, found: Calendar, zone: tzinfo, everything: bool) -> None:
    """A calendar by day, each day in the reader's time zone."""
    page, at = found.page(None if everything else 50), found.standing
    asked = at.ask()
    clashes = len(found.collisions.nodes)
    words = "no collisions" if not clashes else f"[bold red]{counted(clashes, 'collision')}[/]"
    start, end = found.span.start, found.span.end
    out.print(f"  [bold]{window_words(start, end, zone)}[/]: {page.total_count:,} entries, {words}")
    out.print(f"  [dim]{rests_on(resting(asked, []), zone)}[/]")
    for day, items in groupby(page.nodes, lambda item: max(item.start, start).astimezone(zone).date()):
        out.print(f"\n  [bold]{day:%a %d %b %Y}[/]")
        out.print(Padding(_day(items, zone), (0, 0, 0, 2)))
    print_more(out, page)
    if clashes:
        out.print()
    lines = [line for one in found.collisions.nodes[: None if everything else FIRST_SCREEN]
             for line in collision_lines(one, found.names, "", zone)]  # fmt: skip
    print_labelled(out, "Collide", lines)
    if not everything and clashes > FIRST_SCREEN:
        out.print(f"  [dim]{clashes - FIRST_SCREEN:,} more collisions: --all[/]")
    if not found.collisions.complete:
        out.print("  [dim]so many take part that not every combination was tried[/]")


def _day(items: Iterable[CalendarItem], zone: tzinfo) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    for width in (13, None, 9, 14, None):
        table.add_column(min_width=width)
    for item in items:
        with_ = f" [bold red]✕ {escape(', '.join(item.collides_with[:3]))}[/]" if item.collides_with else ""
        more = f" and {len(item.collides_with) - 3} more" if len(item.collides_with) > 3 else ""
        table.add_row(
            _times(item.start, item.end, zone), f"[bold]{escape(item.key)}[/]", _kind(item), state_words(item.state),
            escape(item.title) + with_ + more,
        )  # fmt: skip
    return table


def _kind(item: CalendarItem) -> str:
    return f"incident {item.type}" if item.kind is RecordKind.incident else item.type


def _times(start: datetime, end: datetime | None, zone: tzinfo) -> str:
    first = start.astimezone(zone)
    if end is None:
        return f"{first:%H:%M} – open"
    last = end.astimezone(zone)
    return f"{first:%H:%M} – {last:%H:%M}" if last.date() == first.date() else f"{first:%H:%M} – {last:%d %b}"


def print_freeze(out: Console, shown: FreezeWindow, zone: tzinfo) -> None:
    """A freeze window in words."""
    off = ", [bold]called off[/]" if shown.cancelled else ""
    out.print(f"  [bold]{escape(shown.key)}[/] {shown.type.value} {escape(shown.title)}{off}")
    print_labelled(out, "When", [window_words(shown.start, shown.end, zone)])
    print_labelled(out, "Covers", [f"{_scope(shown)}: {shown.covered:,} CIs in service now"])


def print_freezes(out: Console, shown: Page[FreezeWindow], zone: tzinfo) -> None:
    """Freeze windows, one a line."""
    if not shown.nodes:
        return out.print("  no freeze or blackout window is recorded")
    table = table_of("window", "type", "when", "covers", "title")
    for freeze in shown.nodes:
        title = escape(freeze.title) + (" [dim](called off)[/]" if freeze.cancelled else "")
        when_ = window_words(freeze.start, freeze.end, zone, False)
        table.add_row(escape(freeze.key), freeze.type.value, when_, f"{freeze.covered:,} CIs", title)
    out.print(Padding(table, (0, 0, 0, 2)))
    return print_more(out, shown)


def _scope(shown: FreezeWindow) -> str:
    parts = [*(ref.id for ref in shown.cis[:5]), *(f"kind {kind}" for kind in shown.kinds)]
    parts += [f"sector {sector}" for sector in shown.sectors]
    return escape(", ".join(parts)) or "everything"
