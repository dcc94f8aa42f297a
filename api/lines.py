"""Lines that many tables have: how a CI is named, what an answer rests on, labelled lines, what is not known."""

from collections.abc import Iterable
from datetime import tzinfo

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from cmdb.store.port import Head
from impact.report import CiRef, Completeness


def named(ref: CiRef) -> str:
    """A CI as name and id, or its id alone where they are the same."""
    return ref.id if ref.name == ref.id else f"{ref.name} ({ref.id})"


def rests_on(sure: Completeness, zone: tzinfo) -> str:
    """The revision an answer rests on, in words."""
    if sure.as_of:
        return f"graph {as_of_words(Head(sure.revision, sure.recorded_at), zone)}"
    age = "newest" if sure.source.value == "live" else f"STALE, {sure.age_seconds} s old, store away"
    return f"graph r{sure.revision} · {age}"


def as_of_words(head: Head, zone: tzinfo) -> str:
    """A past revision, and when it was recorded, in the reader's time zone."""
    return f"as of {recorded_words(head, zone)}"


def recorded_words(head: Head, zone: tzinfo) -> str:
    """A revision and when it was recorded; revision 0 is the empty store."""
    if head.revision == 0:
        return "r0, before anything was recorded"
    return f"r{head.revision}, recorded {head.recorded_at.astimezone(zone):%Y-%m-%d %H:%M}"


def print_labelled(console: Console, label: str, lines: Iterable[str], width: int = 9) -> None:
    """Lines of markup beside a label, wrapped to the right of it."""
    for at, line in enumerate(lines):
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=width)
        grid.add_column(ratio=1)
        grid.add_row(f"[bold]{label if at == 0 else ''}[/]", line)
        console.print(Padding(grid, (0, 0, 0, 2)))


def print_unknown(console: Console, sure: Completeness) -> None:
    """What the records do not say: one line for each blind spot."""
    lines = []
    for spot in sure.blind_spots:
        names = ", ".join(ref.id for ref in spot.examples[:3]) + ("…" if spot.count > 3 else "")
        lines.append(f"{spot.count:,} {escape(spot.message)} [dim]{escape(names)}[/]")
    print_labelled(console, "Unknown", lines)
