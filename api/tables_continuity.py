"""The continuity report for people: what is promised, what the records say, what would fix most."""

from collections.abc import Iterable
from datetime import tzinfo

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.lines import named, print_labelled, print_unknown, rests_on
from cmdb.model.durations import show_minutes
from impact.continuity.fixes import fixes
from impact.continuity.gap_counts import of_ci, sectors, services, summary
from impact.continuity.gap_offenders import offenders
from impact.continuity.gap_pages import GapFilter, gaps, unknown_promises
from impact.continuity.gap_report import (
    ContinuityGap,
    GapCounts,
    GapHop,
    GapType,
    UnknownPromise,
    Verdict,
    Verdicts,
)
from impact.question import Question
from impact.report import CiRef, Completeness, Page
from impact.words import counted

FIRST_SCREEN = 6
SIGNS = {
    Verdict.broken: "[bold red]■ broken[/]",
    Verdict.unknown: "[cyan]◆ unknown[/]",
    Verdict.kept: "[green]● kept[/]",
}
HEADINGS = {
    GapType.promise: ("{} promise{} less time than something they cannot do without", "needs"),
    GapType.recovery: ("{} need{} more time to recover than they promise", "takes"),
    GapType.data: ("{} can lose more data than they tolerate", "loses"),
}


def print_gaps(console: Console, question: Question, sure: Completeness, zone: tzinfo, everything: bool) -> None:
    """The first screen: numbers, what would fix most, the worst gaps of each type."""
    estate, limit = question.estate, None if everything else FIRST_SCREEN
    told = summary(estate)
    total = told.gaps.promise + told.gaps.recovery + told.gaps.data
    console.print(f"  [bold]{counted(total, 'continuity gap')}[/]  [dim]{rests_on(sure, zone)}[/]")
    print_labelled(console, "RTO", [_verdicts(told.rto)])
    print_labelled(console, "RPO", [_verdicts(told.rpo)])
    print_labelled(console, "Fix", [escape(fix.message) for fix in fixes(estate, 20 if everything else 3)])
    for type_ in GapType:
        _print_type(console, type_, gaps(estate, type_, limit))
    _print_unchecked(console, unknown_promises(estate, limit))
    if sure.blind_spots:
        console.print()
    print_unknown(console, sure)


def _verdicts(told: Verdicts) -> str:
    if not told.total:
        return "nothing is promised"
    parts = ((told.kept, "green", "kept"), (told.broken, "bold red", "broken"), (told.unknown, "cyan", "unknown"))
    shares = " · ".join(f"[{style}]{n:,} {word}[/] ({n * 100 / told.total:.0f}%)" for n, style, word in parts)
    return f"{told.total:,} promised: {shares}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in columns:
        wide = name in {"CI", "service", "through", "missing"}
        table.add_column(
            name, ratio=5 if wide else None, min_width=18 if wide else None, no_wrap=not wide, overflow="fold"
        )
    return table


def _print_type(console: Console, type_: GapType, found: Page[ContinuityGap]) -> None:
    if not found.total_count:
        return
    words, column = HEADINGS[type_]
    console.print(f"\n  [bold]{words.format(f'{found.total_count:,}', '' if found.total_count > 1 else 's')}[/]")
    table = _table("CI", "promises", column, "short by", "through")
    for gap in found.nodes:
        more = f" and {gap.offenders - 1} more" if gap.offenders > 1 and type_ is not GapType.recovery else ""
        table.add_row(
            escape(named(gap.ci)), show_minutes(gap.promised), at_least(gap.found, gap.at_least),
            show_minutes(gap.short_by), escape(_short_path(gap.path, gap.offender)) + f"[dim]{more}[/]",
        )  # fmt: skip
    console.print(Padding(table, (0, 0, 0, 2)))
    _more(console, found.total_count - len(found.nodes))


def at_least(minutes: int, unsure: bool) -> str:
    """A duration, or as much of it as is known."""
    return f"≥ {show_minutes(minutes)}" if unsure else show_minutes(minutes)


def _short_path(path: list[GapHop], offender: CiRef) -> str:
    """The next step and the offender, what lies between left out."""
    ids = [hop.ci.id for hop in path[1:]]
    if not ids:
        return "itself"
    if offender.id not in ids:
        return f"{ids[0]} …" if len(ids) > 1 else ids[0]
    at = ids.index(offender.id)
    return ids[0] if at == 0 else f"{ids[0]} {'→ … ' if at > 1 else ''}→ {offender.id}"


def _more(console: Console, number: int) -> None:
    if number > 0:
        console.print(f"  [dim]{number:,} more: --all, or cmdb gaps CI[/]")


def _print_unchecked(console: Console, found: Page[UnknownPromise]) -> None:
    if not found.total_count:
        return
    console.print(f"\n  [bold]{found.total_count:,} cannot be checked: restore times are missing[/]")
    table = _table("CI", "promises", "takes", "missing")
    for promise in found.nodes:
        names = ", ".join(ref.id for ref in promise.missing[:3])
        more = f" and {promise.missing_count - 3} more" if promise.missing_count > 3 else ""
        table.add_row(
            escape(named(promise.ci)), show_minutes(promise.rto), at_least(promise.at_least, True), escape(names) + more
        )
    console.print(Padding(table, (0, 0, 0, 2)))
    _more(console, found.total_count - len(found.nodes))


def print_sectors(console: Console, question: Question, sure: Completeness, zone: tzinfo) -> None:
    """Numbers for each sector."""
    console.print(f"  [bold]Continuity by sector[/]  [dim]{rests_on(sure, zone)}[/]")
    table = _table("sector", "RTO kept", "broken", "unknown", "RPO kept", "broken", "unknown", "gaps")
    for told in sectors(question.estate):
        counts = (told.rto.kept, told.rto.broken, told.rto.unknown, told.rpo.kept, told.rpo.broken, told.rpo.unknown)
        total = told.gaps.promise + told.gaps.recovery + told.gaps.data
        table.add_row(escape(told.sector), *(f"{n:,}" for n in counts), f"{total:,}")
    console.print(Padding(table, (0, 0, 0, 2)))


def print_services(
    console: Console, question: Question, sure: Completeness, zone: tzinfo, ci: int | None, everything: bool
) -> None:
    """Numbers for each service; given a CI, for those that it needs."""
    found = services(question.estate, None if everything else 2 * FIRST_SCREEN, None, GapFilter(service=ci))
    console.print(f"  [bold]Continuity by service[/]  [dim]{rests_on(sure, zone)}[/]")
    table = _table("service", "RTO", "takes", "", "RPO", "loses", "", "gaps")
    for told in found.nodes:
        table.add_row(
            escape(named(told.ci)), *_promised(told.rto, told.recovery, told.recovery_at_least, told.rto_verdict),
            *_promised(told.rpo, told.effective_rpo, told.effective_rpo_at_least, told.rpo_verdict),
            f"{_total(told.inherits):,}",
        )  # fmt: skip
    console.print(Padding(table, (0, 0, 0, 2)))
    _more(console, found.total_count - len(found.nodes))


def _total(counts: GapCounts) -> int:
    return counts.promise + counts.recovery + counts.data


def _promised(promise: int | None, found: int | None, unsure: bool, verdict: Verdict | None) -> tuple[str, str, str]:
    return (
        "none" if promise is None else show_minutes(promise),
        "–" if found is None else at_least(found, unsure),
        SIGNS[verdict] if verdict else "",
    )


def print_ci(console: Console, question: Question, sure: Completeness, zone: tzinfo, ci: int, everything: bool) -> None:
    """One CI: its promises, the paths that break them, who else offends, and the gaps among what it needs."""
    estate, told = question.estate, of_ci(question.estate, ci)
    console.print(f"  [bold]{escape(named(told.ci))}[/]  [dim]{rests_on(sure, zone)}[/]")
    recovery = at_least(told.recovery, told.recovery_at_least)
    loss = "no data is recorded that it needs"
    if told.effective_rpo is not None:
        loss = f"can lose {at_least(told.effective_rpo, told.effective_rpo_at_least)}"
    print_labelled(console, "RTO", [_line(told.rto, f"takes {recovery}", told.rto_verdict)])
    print_labelled(console, "RPO", [_line(told.rpo, loss, told.rpo_verdict)])
    print_labelled(console, "Below", [_below(told.inherits)])
    _print_sum(console, question, ci)
    for type_ in OFFENDING:
        _print_offenders(console, question, type_, ci, None if everything else FIRST_SCREEN)
    missing = unknown_promises(estate, None, None, GapFilter(service=ci)).nodes
    _print_missing(console, [promise for promise in missing if promise.ci.id == told.ci.id])


def _line(promise: int | None, found: str, verdict: Verdict | None) -> str:
    promised = "nothing promised" if promise is None else f"promised {show_minutes(promise)}"
    return f"{promised} · {found}" + (f" · {SIGNS[verdict]}" if verdict else "")


def _below(counts: GapCounts) -> str:
    return (
        f"among all it needs, itself included: {counts.promise:,} promise gaps · {counts.recovery:,} recovery gaps · "
        f"{counts.data:,} data gaps · {counts.unknown:,} unknown"
    )


OFFENDING = {
    GapType.promise: ("It cannot do without these, which promise more time", "promises"),
    GapType.data: ("It cannot do without these, which can lose more data", "loses"),
}


def _print_sum(console: Console, question: Question, ci: int) -> None:
    """The restore times that add up to a recovery that takes longer than promised."""
    found = offenders(question.estate, ci, GapType.recovery, None).nodes
    parts = [f"{escape(offender.ci.id)} {show_minutes(offender.minutes)}" for offender in reversed(found)]
    if parts:
        console.print()
    print_labelled(console, "Takes", [" + ".join(parts)] if parts else [])


def _print_offenders(console: Console, question: Question, type_: GapType, ci: int, limit: int | None) -> None:
    found = offenders(question.estate, ci, type_, limit)
    if not found.total_count:
        return
    words, column = OFFENDING[type_]
    console.print(f"\n  [bold]{words}[/]")
    table = _table("CI", column, "short by", "through")
    for offender in found.nodes:
        through = " → ".join(hop.ci.id for hop in offender.path[1:])
        table.add_row(
            escape(named(offender.ci)), show_minutes(offender.minutes), show_minutes(offender.short_by), escape(through)
        )
    console.print(Padding(table, (0, 0, 0, 2)))
    _more(console, found.total_count - len(found.nodes))


def _print_missing(console: Console, promises: Iterable[UnknownPromise]) -> None:
    for promise in promises:
        names = ", ".join(ref.id for ref in promise.missing)
        rest = promise.missing_count - len(promise.missing)
        console.print()
        print_labelled(console, "Missing", ["restore time of " + escape(names) + (f" and {rest} more" if rest else "")])
