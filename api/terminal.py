"""Answers for people: tables that work at 80 columns, in colour or plain; states as a sign and a word."""

from datetime import tzinfo

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.lines import named, print_labelled, print_unknown, rests_on
from api.signs import SIGNS, sign
from api.tables_clocks import restore_lines, services_table, steps_table
from cmdb.model.durations import show_minutes
from impact.analyses import (
    affected,
    affected_services,
    call,
    client_groups,
    completeness,
    holding,
    notify,
    scenario,
    summarize,
)
from impact.analyses.restore_order import Plan, any_time_known
from impact.continuity.report import RestoreOrder
from impact.paging import PAGE_LIMIT
from impact.question import Question
from impact.report import (
    AffectedService,
    Assumed,
    CiRef,
    Completeness,
    Contact,
    Margin,
    Page,
    PoolFacts,
    StateCounts,
    Why,
)
from impact.states import ImpactState, Level
from impact.words import counted

FIRST_SCREEN = 12
NO_TIMES = "no restore time is recorded for what is down; the order alone: --crews N"


def print_impact(
    console: Console, question: Question, zone: tzinfo, everything: bool, crews: int | None = None
) -> None:
    """The first screen: what was assumed, who is hit, clocks, whom to call, what to restore, what holds, unknowns.

    With `crews`, or with `everything`, also the steps of the restore order.
    """
    limit = None if everything else FIRST_SCREEN
    for assumed in scenario(question):
        console.print(_assumption(assumed))
    _headline(console, question, zone)
    services = affected_services(question, limit)
    if services.total_count:
        console.print(services_table(services.nodes, zone, console.width))
        _more(console, services)
    elif len(question.walk) > len(question.indices) and not everything:
        _cis(console, question, limit)
    if everything:
        _groups(console, question)
        _cis(console, question, limit)
    plan = Plan.of(question, crews) if everything or crews or any_time_known(question) else None
    if plan and (everything or crews):
        _steps(console, plan.page(limit), zone)
    _contacts(console, question)
    print_labelled(console, "Restore", restore_lines(plan, zone) if plan else _untimed(question))
    _holding(console, question, limit)
    print_unknown(console, completeness(question))


def _assumption(assumed: Assumed) -> Text:
    line = Text("  ") + sign(assumed.state) + Text(f"  {assumed.ci.name} ({assumed.ci.id}), ")
    if not assumed.in_service:
        return line + Text("not in service: it affects nothing", "bold")
    if assumed.state is ImpactState.operational:
        names = ", ".join(ref.id for ref in assumed.cut[:5]) or "nothing"
        return line + Text(f"pinned as fine; cut off by this: {assumed.cut_off} ({names})")
    return line + Text("assumed")


def _headline(console: Console, question: Question, zone: tzinfo) -> None:
    told, sure = summarize(question), completeness(question)
    console.print(Text(f"  {rests_on(sure, zone)} · {'complete' if sure.complete else 'cut'}", "dim"))
    console.print()
    assumed = sum(a.state is not ImpactState.operational for a in question.assumptions)
    if len(question.walk) <= assumed:
        return console.print(_nothing(question, sure))
    hit = told.people
    if len(question.services):
        print_labelled(console, "Services", [_counts(told.services)])
    if hit.groups:
        sectors = " · ".join(f"{s.sector} {s.people:,}" for s in hit.by_sector if s.people)
        number = f"{hit.total:,}" if hit.total or not hit.unknown else "an unknown number"
        at_least = "at least " if hit.unknown and hit.total else ""
        counts = [_counts(hit.by_state), sectors] if hit.total else []
        groups = counted(hit.groups, "client group")
        print_labelled(console, "People", [f"{at_least}{number} in {groups}", *counts])
    print_labelled(console, "CIs", [f"{_counts(told.affected)} [dim]({assumed} of them assumed)[/]"])
    return console.print()


def _nothing(question: Question, sure: Completeness) -> str:
    reasons = {s.code: s for s in sure.blind_spots}
    if "NOT_IN_SERVICE" in reasons or "NEVER_CARRIES_IMPACT" in reasons:
        return "  Nothing else is affected.\n"
    if "NOTHING_RECORDED" in reasons:
        return "  Nothing else is affected: nothing is recorded that depends on it. That may be a gap in the records.\n"
    return "  Nothing else is affected: what depends on it, as recorded, is held up by other providers.\n"


def _counts(states: StateCounts) -> str:
    words = (
        ("bold red", states.down, "down"),
        ("yellow", states.degraded, "degraded"),
        ("cyan", states.at_risk, "at risk"),
    )
    return " · ".join(f"[{style}]{count:,} {word}[/]" for style, count, word in words)


def _more(console: Console, found: Page[AffectedService]) -> None:
    if found.has_next_page:
        console.print(f"  [dim]{found.total_count - len(found.nodes)} more: --all, or cmdb why SERVICE FAILED[/]")


def _untimed(question: Question) -> list[str]:
    down = bool((question.walk.levels == Level.DOWN).any())
    return [NO_TIMES] if down else []


def _steps(console: Console, plan: RestoreOrder, zone: tzinfo) -> None:
    if not plan.nodes:
        return
    console.print()
    console.print(steps_table(plan, zone))
    if plan.has_next_page:
        console.print(f"  [dim]{plan.total_count - len(plan.nodes):,} more steps: --all[/]")
    console.print()


def _groups(console: Console, question: Question) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in ("client group", "state", "people", "services it loses"):
        table.add_column(name, justify="right" if name == "people" else "left")
    for group in client_groups(question, None).nodes:
        people = "?" if group.people is None else f"{group.people:,}"
        lost = ", ".join(loss.ci.name for loss in group.services[:3]) + ("…" if len(group.services) > 3 else "")
        table.add_row(escape(group.name), sign(group.state), people, escape(lost))
    if table.row_count:
        console.print()
        console.print(Padding(table, (0, 0, 0, 2)))


def _cis(console: Console, question: Question, limit: int | None) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in ("CI", "kind", "state", "hops"):
        table.add_column(name)
    found = affected(question, limit or PAGE_LIMIT)
    while True:
        for ci in found.nodes:
            table.add_row(escape(named(CiRef(ci.id, ci.kind, ci.name))), ci.kind, sign(ci.state), str(ci.distance))
        if limit or not found.has_next_page:
            break
        found = affected(question, PAGE_LIMIT, found.end_cursor)
    console.print(Padding(table, (0, 0, 0, 2)))
    if found.has_next_page:
        console.print(f"  [dim]{found.total_count - len(found.nodes):,} more: --all[/]")


def _contacts(console: Console, question: Question) -> None:
    print_labelled(console, "Call", [_who(c) + f" [dim]{escape(c.because)}[/]" for c in call(question, 6)])
    print_labelled(console, "Notify", [_who(c) + f" [dim]{escape(_for(c))}[/]" for c in notify(question, 6)])


def _who(contact: Contact) -> str:
    reach = contact.phone or contact.email
    return escape(contact.name) + (f" {escape(reach)}" if reach else "")


def _for(contact: Contact) -> str:
    people = f" ({contact.people:,})" if contact.people else ""
    return f"for {contact.ci.name}{people}" if contact.id != contact.ci.id else f"itself{people}"


def _holding(console: Console, question: Question, limit: int | None) -> None:
    found = holding(question, 4 if limit else None)
    more = [f"[dim]{found.total_count - len(found.nodes)} more: --all[/]"] if found.has_next_page else []
    print_labelled(console, "Holding", [*map(margin_line, found.nodes), *more])


def margin_line(margin: Margin) -> str:
    """What holds a CI, and what would make it worse."""
    pools = "; ".join(pool_words(h.pool) for h in margin.holding)
    by_state: dict[ImpactState, list[str]] = {}
    for worse in margin.worsened_by:
        by_state.setdefault(worse.state, []).append(worse.ci.id)
    then = "; ".join(f"losing {_any_of(ids)} makes it {SIGNS[state][0][2:]}" for state, ids in by_state.items())
    return escape(f"{margin.ci.name}: {pools or 'what it lost is not essential to it'}" + (f"; {then}" if then else ""))


def _any_of(ids: list[str]) -> str:
    return " or ".join(ids[:3]) + (f" or {counted(len(ids) - 3, 'other')}" if len(ids) > 3 else "")


def pool_words(pool: PoolFacts) -> str:
    """A pool in words."""
    return f"pool {pool.name} of {pool.ci.id}: {pool.working} of {pool.total} work, needs {pool.required}"


def print_why(console: Console, found: Why, margin: Margin | None) -> None:
    """The proof of a state, and for what is not down, what holds it."""
    console.print(Text("  ") + sign(found.state) + Text(f"  {found.ci.name} ({found.ci.id})", "bold"))
    for hop in found.proof:
        words = f"[bold]{escape(named(hop.ci))}[/]" if hop is found.proof[0] else escape(named(hop.ci))
        words += f" [dim]{hop.relation or 'assumed'}[/]"
        if hop.pool:
            lost = ", ".join(ref.id for ref in hop.pool.lost[:5])
            words += f" [dim]{escape(f'{pool_words(hop.pool)}; lost: {lost}')}[/]"
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=10)
        grid.add_column(ratio=1)
        grid.add_row(sign(hop.state), words)
        console.print(Padding(grid, (0, 0, 0, 4)))
    if found.causes > 1:
        console.print(f"    [dim]{found.causes} causes in all, each enough for this state[/]")
    if margin is not None:
        print_margin(console, margin)


def print_margin(console: Console, margin: Margin) -> None:
    """What holds up a CI that is not down."""
    if not margin.reachable:
        return console.print("    nothing recorded leads from what failed to it")
    for held in margin.holding:
        left = ", ".join(ref.id for ref in held.pool.left[:5])
        words = f"{pool_words(held.pool)}, can lose {held.can_lose} more; works: {left}"
        print_labelled(console, "  held by", [escape(words)])
    for worse in margin.worsened_by[:10]:
        console.print(Text("    losing ") + Text(named(worse.ci)) + Text(" as well makes it ") + sign(worse.state))
    if len(margin.worsened_by) > 10:
        console.print(f"    [dim]and {len(margin.worsened_by) - 10} more, see --json[/]")
    if margin.untested:
        console.print(f"    [dim]{margin.untested:,} CIs it depends on were not tried[/]")
    return None


def minutes(value: object) -> str:
    """An attribute that is minutes, for people."""
    return show_minutes(value) if isinstance(value, int) else str(value)
