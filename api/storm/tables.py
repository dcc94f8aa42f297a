"""A board of the storm for people: tables that work at 80 columns, in colour or plain."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.board import BoardRow
from api.lines import print_labelled
from api.signs import SIGNS, sign, span
from api.storm.board import Seen
from api.storm.stops import Stop
from api.storm.story import Event, told
from impact.report import StateCounts
from impact.states import ImpactState
from impact.words import counted

SHOWN, CLOCKS = 6, 3
_WORST = (ImpactState.down, ImpactState.degraded, ImpactState.at_risk)


def print_board(out: Console, stop: Stop, zone: tzinfo) -> None:
    """The board at a moment of the storm, and whether it says what the file expects."""
    at, seen = stop.at, stop.seen
    board, when = seen.board, seen.replay.story.at(at).astimezone(zone)
    count = len(board.rows)
    out.print(f"\n[bold]{told(at)}[/] · {when:%a %d %b %H:%M} · {counted(count, 'open incident')}")
    if count:
        print_labelled(out, "Services", [_counts(seen.services)])
        print_labelled(out, "People", [_counts(seen.people)])
        print_labelled(out, "Clocks", _clocks(seen, zone))
        out.print(_incidents(seen, board.rows, zone))
        print_labelled(out, "Together", [_together(one) for one in seen.together()[:SHOWN]])
    for difference in stop.found:
        out.print(f"  [bold red]✗[/] {escape(str(difference))}")
    if stop.checked and not stop.found:
        out.print("  [green]✓ as expected[/]")


def print_event(out: Console, event: Event, when: str) -> None:
    """What happened, in one line."""
    said = event.fields.get("title") or event.fields.get("text") or event.fields.get("resolution") or ""
    ci = f" {event.fields['ci']} {event.fields['is']}" if event.verb == "state" else ""
    out.print(escape(f"  {told(event.at)} {when} {event.number} {event.verb}{ci}  {said}"), style="dim")


def _incidents(seen: Seen, rows: Iterable[BoardRow], zone: tzinfo) -> Padding:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("incident", no_wrap=True)
    table.add_column("what", ratio=1, min_width=20)
    table.add_column("services", no_wrap=True)
    table.add_column("people", justify="right", no_wrap=True)
    table.add_column("must be back", justify="right", no_wrap=True)
    for row in rows:
        incident = row.incident
        table.add_row(
            seen.named(str(incident.key)), escape(incident.title), _worst(row.services), f"{row.people:,}",
            _due(row, zone),
        )  # fmt: skip
    return Padding(table, (0, 0, 0, 2))


def _worst(counts: StateCounts) -> Text:
    """The worst state that services are in, and how many are; what stands between the incident and none at all."""
    for state in _WORST:
        number = getattr(counts, state.value)
        if number:
            return Text(f"{SIGNS[state][0]} {number}", SIGNS[state][1])
    return sign(ImpactState.operational)


def _due(row: BoardRow, zone: tzinfo) -> str:
    return "–" if row.due is None else _when(row.due, row.picture.standing.moment, zone)


def _clocks(seen: Seen, zone: tzinfo) -> list[str]:
    """The services whose promises run out first, over all incidents."""
    page = seen.board.question.services_page(None)
    found = sorted((s.clock.due, s.name) for s in page.nodes if s.clock is not None and s.clock.due is not None)
    words = [f"{escape(name)} {_when(due, seen.standing.moment, zone)}" for due, name in found[:CLOCKS]]
    return [" · ".join(words) + (f" · {len(found) - CLOCKS} more" if len(found) > CLOCKS else "")] if words else []


def _when(due: datetime, now: datetime, zone: tzinfo) -> str:
    left = (due - now) // timedelta(minutes=1)
    return f"{due.astimezone(zone):%H:%M}, " + (f"in {span(left)}" if left >= 0 else f"{span(-left)} late")


def _counts(counts: StateCounts) -> str:
    return " · ".join(
        f"[{SIGNS[state][1]}]{SIGNS[state][0]} {getattr(counts, state.value):,}[/]" for state in _WORST
    )  # fmt: skip


def _together(one: dict[str, Any]) -> str:
    state = SIGNS[ImpactState[one["state"]]]
    parties = ", ".join(one["incidents"][:-1]) + " and " + one["incidents"][-1]
    return f"{parties} break pool {escape(one['pool'])} of {escape(one['of'])}: [{state[1]}]{state[0]}[/]"
