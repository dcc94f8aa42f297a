"""Services with their clocks, and the restore order, for people: tables that work at 80 columns."""

from collections.abc import Iterable
from datetime import date, datetime, tzinfo

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.signs import moment, sign, span
from impact.analyses import clocks
from impact.analyses.restore_order import Plan
from impact.continuity.report import RestoreOrder, RestoreStep
from impact.report import AffectedService, Clock
from impact.states import ImpactState
from impact.words import counted

CHAIN = 8


def services_table(services: Iterable[AffectedService], zone: tzinfo, width: int) -> Padding:
    """Affected services: by when they must be back, when they can be, and why; narrow where the screen is."""
    wide = width >= 110
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim", collapse_padding=not wide)
    table.add_column("service", ratio=5, min_width=14)
    table.add_column("state", no_wrap=True, min_width=10)
    table.add_column("tier", no_wrap=True)
    table.add_column("people", justify="right", no_wrap=True)
    table.add_column("must be back", no_wrap=True)
    table.add_column("can be back", no_wrap=True)
    table.add_column("why", ratio=6, min_width=14)
    for s in services:
        table.add_row(
            escape(s.name), sign(s.state), s.tier or "?", f"{s.people:,}" if s.people else "–",
            _due(s, zone), _back(s.clock, zone) if s.clock else "–", _because(s),
        )  # fmt: skip
    return Padding(table, (0, 0, 0, 2))


def _due(service: AffectedService, zone: tzinfo) -> str:
    clock = service.clock
    if clock is None or clock.due is None or clock.remaining_minutes is None:
        return "no RTO" if service.state is ImpactState.down else "–"
    left = clock.remaining_minutes
    when = f"in {span(left)}" if left >= 0 else f"{span(-left)} over"
    return f"{moment(clock.due, zone)}\n{when}{' min' if abs(left) < 100 else ''}"


def _back(clock: Clock, zone: tzinfo) -> str:
    more = "+" if clock.at_least else ""
    if clock.late_minutes:
        return f"{moment(clock.can_be_back, zone)}\n[bold red]{span(clock.late_minutes)}{more} late[/]"
    words = "or later" if clock.at_least else "in time" if clock.due else ""
    return f"{moment(clock.can_be_back, zone)}\n{words}".rstrip()


def _because(service: AffectedService) -> str:
    pool, names = service.pool, [ref.id for ref in service.because]
    if pool is not None and pool.working:
        lost = ", ".join(ref.id for ref in pool.lost[:2]) + ("…" if len(pool.lost) > 2 else "")
        return escape(f"pool {pool.name}: {pool.working} of {pool.total} work, {lost} lost")
    shown = names if len(names) <= 2 else [names[0], *(["…"] if len(names) > 3 else names[1:2]), names[-1]]
    return escape(" ← ".join(shown)) or "assumed"


def restore_lines(plan: Plan, zone: tzinfo) -> list[str]:
    """The restore order in short: the steps that decide the most urgent service, and what all steps come to."""
    lines = [_chain(plan, service, zone) for service in clocks(plan.question, 1).nodes]
    return [line for line in lines if line] + ([_total(plan.page(0), zone)] if len(plan.steps) else [])


def _chain(plan: Plan, service: AffectedService, zone: tzinfo) -> str:
    at = plan.question.estate.register.find(service.id)
    mine = plan.steps_of(reversed(plan.deadlines.recovery.chain(at))) if at is not None else []
    if not mine:
        return ""
    words = [_short(step) for step in (mine if len(mine) <= CHAIN else [*mine[: CHAIN - 2], mine[-1]])]
    if len(mine) > CHAIN:
        words.insert(-1, f"… {len(mine) - CHAIN + 1} more")
    last = mine[-1]
    later = " or later" if last.at_least else ""
    return f"{' · '.join(words)} → [bold]{escape(service.name)}[/] back {moment(last.done_at, zone)}{later}"


def _short(step: RestoreStep) -> str:
    who = f", {escape(step.who.name)}" if step.who and step.number == 1 else ""
    return f"{step.number} {escape(step.ci.id)} [dim]{_minutes(step)}{who}[/]"


def _minutes(step: RestoreStep) -> str:
    return "? min" if step.minutes is None else f"{step.minutes} min"


def _total(plan: RestoreOrder, zone: tzinfo) -> str:
    steps = counted(plan.total_count, "step")
    if plan.unknown_count == plan.total_count:
        return f"{steps}; no restore time is recorded for any of them"
    back = moment(plan.all_back_at, zone) + (" or later" if plan.at_least else "") if plan.all_back_at else "–"
    crews = "one crew" if plan.crews == 1 else f"{plan.crews} crews" if plan.crews else f"{plan.most_at_once} at once"
    unknown = f"; {plan.unknown_count:,} without a restore time" if plan.unknown_count else ""
    hint = "" if plan.crews else "; the steps: --crews N, --all"
    return f"{steps}, {crews}, all back {back}{unknown}[dim]{hint}[/]"


def steps_table(plan: RestoreOrder, zone: tzinfo) -> Padding:
    """The steps of a restore order, one after the other; a day that is not today has a row of its own."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim", collapse_padding=True)
    table.add_column("step", justify="right", no_wrap=True)
    table.add_column("at", no_wrap=True)
    table.add_column("restore", ratio=4, min_width=14, overflow="fold")
    table.add_column("who", ratio=3, min_width=8)
    table.add_column("min", justify="right", no_wrap=True)
    table.add_column("done", no_wrap=True)
    table.add_column("slack", justify="right", no_wrap=True)
    table.add_column("gives back", ratio=5, min_width=14)
    day = datetime.now(zone).date()
    for step in plan.nodes:
        starts = step.starts_at.astimezone(zone)
        if starts.date() != day:
            day = starts.date()
            table.add_row("", "", f"[bold]{day:%a %d %b}[/]")
        table.add_row(
            str(step.number), f"{starts:%H:%M}", _what(step), escape(step.who.name) if step.who else "?",
            "?" if step.minutes is None else str(step.minutes), _done(step, day, zone), _slack(step), _given(step),
        )  # fmt: skip
    return Padding(table, (0, 0, 0, 2))


def _done(step: RestoreStep, day: date, zone: tzinfo) -> str:
    done = step.done_at.astimezone(zone)
    return f"{done:%H:%M}" + (f" {done:%a}" if done.date() != day else "") + ("+" if step.at_least else "")


def _what(step: RestoreStep) -> str:
    beside = f" with {', '.join(ref.id for ref in step.together[:3])}" if step.together else ""
    return escape(step.ci.id + beside + ("…" if len(step.together) > 3 else ""))


def _slack(step: RestoreStep) -> str:
    if step.slack_minutes is None:
        return "–"
    words = span(abs(step.slack_minutes))
    return f"[bold red]{words} late[/]" if step.slack_minutes < 0 else words


def _given(step: RestoreStep) -> str:
    names = ", ".join(ref.name for ref in step.gives_back[:2])
    more = f" and {step.gives_back_count - 2} more" if step.gives_back_count > 2 else ""
    people = f"{step.people:,} people" if step.people else ""
    return escape(f"{names}{more}" + (f" ({people})" if people and names else people))
