"""Single points of failure for people: tables that work at 80 columns, in colour or plain."""

from datetime import tzinfo

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.lines import named, print_unknown, rests_on
from api.sweeps import Points
from impact.report import Page
from impact.states import ImpactState
from impact.sweep.report import FatalPair, FatalPairs, SharedCause, SinglePoint

FIRST_SCREEN = 20


def print_points(out: Console, found: Points, zone: tzinfo, everything: bool) -> None:
    """The single points of the estate, by rank."""
    sure, shown = found.completeness(), found.page(None if everything else FIRST_SCREEN)
    words = "are listed" if found.where.everything else "are single points of failure"
    out.print(f"  [bold]{shown.total_count:,} of {found.failed:,} CIs {words}[/]  [dim]{rests_on(sure, zone)}[/]\n")
    _print_table(out, shown)
    _print_more(out, shown, "--all")
    print_unknown(out, sure)


def print_service(out: Console, found: Points, told: FatalPairs, zone: tzinfo, everything: bool) -> None:
    """What takes one service down: alone, and in pairs."""
    sure, shown = found.completeness(), found.page(None if everything else FIRST_SCREEN)
    out.print(f"  [bold]{escape(named(told.ci))}[/]  [dim]{rests_on(sure, zone)}[/]")
    if not told.in_service:
        return out.print("  It is not in service: nothing takes it down.")
    out.print(f"\n  [bold]{_cis(shown.total_count)} down alone[/]")
    _print_table(out, shown)
    _print_more(out, shown, "--all")
    if found.untried:
        out.print(f"  [dim]{found.untried:,} of the CIs it needs were not tried[/]")
    untested = f"; at most {told.untested:,} more were not" if told.untested else ""
    pairs = "1 pair takes" if told.total_count == 1 else f"{told.total_count:,} pairs take"
    out.print(f"\n  [bold]{pairs} it down together[/]  [dim]{told.tested:,} were tried{untested}[/]")
    if told.nodes:
        out.print(_pairs(told.nodes if everything else told.nodes[:FIRST_SCREEN]))
    hidden = told.total_count - (len(told.nodes) if everything else min(len(told.nodes), FIRST_SCREEN))
    if hidden:
        out.print(f"  [dim]{hidden:,} more: --all shows up to 200, the worst first[/]")
    return print_unknown(out, sure)


def print_pools(out: Console, found: Points, zone: tzinfo, everything: bool) -> None:
    """The pools that a single failure breaks."""
    sure, shown = found.completeness(), found.shared(None if everything else FIRST_SCREEN)
    pools = "1 pool has" if shown.total_count == 1 else f"{shown.total_count:,} pools have"
    out.print(f"  [bold]{pools} members to spare, and break with one failure[/]  [dim]{rests_on(sure, zone)}[/]\n")
    table = _table("CI and pool", "needs", "breaks with", "hits", "services", "people")
    for pool in shown.nodes:
        near = pool.causes[0]
        more = f" [dim]and {pool.cause_count - 1} more[/]" if pool.cause_count > 1 else ""
        then = "" if pool.then is ImpactState.down else f" [dim](then {pool.then.value.replace('_', ' ')})[/]"
        table.add_row(
            f"{escape(pool.ci.id)} [dim]{escape(pool.pool)}[/]{then}", f"{pool.required} of {pool.total}",
            escape(near.ci.id) + more, f"{near.cis:,}", f"{near.services.down:,}", f"{near.people_down:,}",
        )  # fmt: skip
    if shown.nodes:
        out.print(Padding(table, (0, 0, 0, 2)))
        out.print("  [dim]hits: CIs it hits · services, people: down with it[/]")
    _print_more(out, shown, "--all")
    print_unknown(out, sure)


def _print_table(out: Console, shown: Page[SinglePoint]) -> None:
    if not shown.nodes:
        return
    table = _table("#", "CI", "what", "services", "people", "late", "pools")
    for told in shown.nodes:
        table.add_row(
            f"{told.rank:,}", escape(named(told.ci)), escape(told.ci.kind.replace("_", " ")), _services(told),
            f"{told.people.down:,}", _number(told.missed_promises), _number(told.pools_broken),
        )  # fmt: skip
    out.print(Padding(table, (0, 0, 0, 2)))
    out.print(
        "  [dim]services down, with the tightest tier · people down · late: promises missed, at least · "
        "pools: broken in spite of members to spare[/]"
    )


def _number(count: int) -> str:
    return f"{count:,}" if count else "–"


def _services(told: SinglePoint) -> str:
    return f"{told.services.down:,} {told.worst_tier or '  '}"


def _pairs(found: list[FatalPair]) -> Padding:
    table = _table("one", "other", "both in", "services", "people")
    for pair in found:
        table.add_row(
            escape(pair.first.id), escape(pair.second.id), f"{escape(pair.pool)} [dim]of {escape(pair.ci.id)}[/]",
            f"{pair.services_down:,}", f"{pair.people_down:,}",
        )  # fmt: skip
    return Padding(table, (0, 0, 0, 2))


WIDE = {"CI": 20, "CI and pool": 20, "breaks with": 16, "one": 12, "other": 12, "both in": 12, "what": 11}


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in columns:
        width = WIDE.get(name)
        table.add_column(
            name, min_width=width, max_width=width if name == "what" else None, no_wrap=width is None, overflow="fold",
            justify="left" if width or name == "needs" else "right",
        )  # fmt: skip
    return table


def _cis(count: int) -> str:
    return "1 CI takes it" if count == 1 else f"{count:,} CIs take it"


def _print_more(out: Console, shown: Page[SinglePoint] | Page[SharedCause], how: str) -> None:
    if shown.has_next_page:
        out.print(f"  [dim]{shown.total_count - len(shown.nodes):,} more: {how}[/]")
