"""The board and the trends for people: tables that work at 80 columns."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.board import Board, BoardRow
from api.lines import print_labelled, print_unknown, rests_on
from api.signs import SIGNS, moment, span
from api.tables_clocks import services_table
from api.trends import Trends
from impact.analyses import call, completeness
from impact.incidents.trends_report import ChangeSuccess, ComplianceRow, MeanTimes, MonthRow
from impact.report import StateCounts
from impact.reviews.report import Collision
from impact.words import counted

SHOWN, CLOCKS = 25, 8


def print_board(out: Console, board: Board, zone: tzinfo, everything: bool = False) -> None:
    """All open incidents: the one whose clock runs out first is first."""
    joint = board.question
    sure, told = completeness(joint), joint.summary()
    going_on = counted(len(board.rows), "open incident")
    out.print(f"  [bold]{going_on}[/] · {board.major:,} major · {board.overdue:,} overdue")
    out.print(f"  [dim]{moment(board.standing.moment, zone)} · {rests_on(sure, zone)}[/]\n")
    if not board.rows:
        return out.print("  No incident is open. That is what the records say, no more.")
    shown = board.rows if everything else board.rows[:SHOWN]
    out.print(_rows(shown, zone))
    if len(board.rows) > len(shown):
        out.print(f"  [dim]{len(board.rows) - len(shown)} more: --all[/]")
    out.print()
    hit = told.people
    least = "at least " if hit.unknown else ""
    print_labelled(out, "Together", [f"services {_counts(told.services)}"])
    sectors = " · ".join(f"{one.sector} {one.people:,}" for one in hit.by_sector if one.people)
    print_labelled(out, "People", [f"{least}{hit.total:,} in {hit.groups} client groups, each once {sectors}".rstrip()])
    _broken(out, board, zone, everything)
    clocks = joint.clocks_page(None if everything else CLOCKS)
    if clocks.nodes:
        out.print()
        out.print(services_table(clocks.nodes, zone, out.width))
        if clocks.has_next_page:
            out.print(f"  [dim]{clocks.total_count - len(clocks.nodes)} more services down: --all[/]")
    out.print()
    calls = [f"{escape(c.name)} {escape(c.phone or c.email or '')} [dim]{escape(c.because)}[/]" for c in call(joint, 6)]
    print_labelled(out, "Call", calls)
    print_unknown(out, sure)
    return None


def _rows(rows: Iterable[BoardRow], zone: tzinfo) -> Padding:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in ("number", "P", "title", "services", "people", "due"):
        table.add_column(name, no_wrap=name in {"number", "P", "people"}, ratio=1 if name == "title" else None,
                         justify="right" if name == "people" else "left")  # fmt: skip
    for row in rows:
        one = row.incident
        table.add_row(
            f"[bold]{escape(str(one.key))}[/]", f"{one.priority}{'!' if one.major else ''}", escape(one.title),
            _short(row.services), f"{row.people:,}" if row.people else "–", _due(row, zone),
        )  # fmt: skip
    return Padding(table, (0, 0, 0, 2))


def _due(row: BoardRow, zone: tzinfo) -> str:
    left = row.remaining_minutes
    if row.due is None or left is None:
        return "–"
    words = f"in {span(left)}" if left >= 0 else f"[bold red]{span(-left)} over[/]"
    return f"{moment(row.due, zone)}\n{words}{' min' if abs(left) < 100 else ''}"


def _short(states: StateCounts) -> str:
    parts = (
        (states.down, "[bold red]■ {} down[/]"),
        (states.degraded, "[yellow]▲ {} degraded[/]"),
        (states.at_risk, "[cyan]◆ {} at risk[/]"),
    )
    told = [words.format(count) for count, words in parts if count]
    return "\n".join(told) or "–"


def _counts(states: StateCounts) -> str:
    return f"{states.down:,} down · {states.degraded:,} degraded · {states.at_risk:,} at risk"


def _broken(out: Console, board: Board, zone: tzinfo, everything: bool) -> None:
    """What incidents break only together."""
    found = board.together
    shown = found.nodes if everything else found.nodes[:3]
    lines = [line for one in shown for line in _collision(one, zone)]
    more = [f"[dim]{len(found.nodes) - len(shown)} more: --all[/]"] if len(found.nodes) > len(shown) else []
    cut = [] if found.complete else ["[dim]so many are open that not every combination was tried[/]"]
    print_labelled(out, "Broken", lines + more + cut)


def _collision(one: Collision, zone: tzinfo) -> list[str]:
    parties = " and ".join(escape(party.key) for party in one.parties)
    people = f", {one.people:,} people" if one.people else ""
    head = f"[bold]{parties}[/] together since {moment(one.start, zone)}{people}"
    lines = [
        f"pool {escape(pool.name)} of {escape(pool.ci.name)}: {escape(pool.words)}; "
        f"{SIGNS[pool.state][0]}, alone {SIGNS[pool.before][0]}"
        for pool in one.pools[:2]
    ]
    services = ", ".join(escape(f"{s.ci.name} {SIGNS[s.state][0]}") for s in one.services[:3])
    beyond = f" and {one.service_count - 3} more" if one.service_count > 3 else ""
    return [head, *lines, *([f"[dim]worse only by both: {services}{beyond}[/]"] if services else [])]


def print_trends(out: Console, trends: Trends, zone: tzinfo, everything: bool = False) -> None:
    """What is open, then the months, then what was kept and missed."""
    now, told = trends.operational, trends.executive
    out.print(f"  [bold]Now[/]  {now.incidents} open · {now.major} major · {now.overdue} overdue")
    out.print(f"\n  [bold]By month[/] [dim]{escape(str(trends.zone))}, up to {moment(told.at, zone)}[/]")
    out.print(_months(told.months))
    print_labelled(out, "Mean", [_means(told.times)])
    print_labelled(out, "of major", [_means(told.major_times)])
    print_labelled(out, "Changes", [_changes(told.changes)])
    caused = [f"{escape(one.key)} {escape(one.title)}: {escape(', '.join(one.incidents))}" for one in told.caused]
    print_labelled(out, "Caused by", _cut(caused, everything))
    majors = [f"{row.month} {escape(row.cause)} {row.incidents}" for row in told.majors]
    print_labelled(out, "Majors", _cut(majors, everything, 6))
    for title, rows in (("RTO by service", told.services), ("RTO by client group", told.groups)):
        if rows:
            out.print(f"\n  [bold]{title}[/]")
            out.print(_compliance(rows if everything else rows[:8]))
            if len(rows) > 8 and not everything:
                out.print(f"  [dim]{len(rows) - 8} more: --all[/]")


def _cut(lines: Sequence[str], everything: bool, most: int = 3) -> list[str]:
    shown = list(lines) if everything else list(lines[:most])
    return shown + ([f"[dim]{len(lines) - len(shown)} more: --all[/]"] if len(lines) > len(shown) else [])


def _months(rows: Iterable[MonthRow]) -> Padding:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("month", no_wrap=True)
    for name in ("incidents", "major", "open", "restore", "RTO kept", "missed", "people-min down"):
        table.add_column(name, justify="right")
    for row in rows:
        kept = f"{row.rto_kept}" + (f" ({row.rto_percent:.0f} %)" if row.rto_percent is not None else "")
        table.add_row(
            row.month, str(row.incidents), str(row.major), str(row.open_at_end), _mean(row.times.restore.minutes),
            kept, str(row.rto_missed), f"{row.people_minutes_down:,.0f}",
        )  # fmt: skip
    return Padding(table, (0, 0, 0, 2))


def _compliance(rows: Iterable[ComplianceRow]) -> Padding:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("", ratio=1, min_width=20)
    for name in ("incidents", "kept", "missed", "unknown", "worst late", "down"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            escape(row.ci.name), str(row.incidents), str(row.kept), str(row.missed), str(row.unknown),
            span(row.worst_late_minutes), span(row.down_minutes),
        )  # fmt: skip
    return Padding(table, (0, 0, 0, 2))


def _mean(minutes: float | None) -> str:
    return "–" if minutes is None else span(round(minutes))


def _means(times: MeanTimes) -> str:
    parts = (("detect", times.detect), ("declare", times.declare), ("restore", times.restore))
    return " · ".join(f"{_mean(mean.minutes)} to {name} [dim](of {mean.of})[/]" for name, mean in parts)


def _changes(found: ChangeSuccess) -> str:
    rate = "" if found.failure_percent is None else f" · {found.failure_percent:.0f} % went wrong"
    return f"{found.carried_out} carried out · {found.failed} failed · {found.caused} caused incidents{rate}"
