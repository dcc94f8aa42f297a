"""Readiness for people: shares as a bar, a number and a word; and the same rows as CSV."""

import csv
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.cells import plain as inert
from api.lines import as_of_words
from api.readiness import Reading
from cmdb.store.port import Head
from impact.readiness.report import (
    ReadinessBy,
    ReadinessGroup,
    ReadinessPoint,
    ReadinessScore,
    ReadinessTally,
    ReadinessWork,
)
from impact.report import Page

WORST = 3
"""Rules of each purpose that the overview shows."""
BAR = 12
WORDS = ((1.0, "all"), (0.95, "nearly all"), (0.5, "most"), (1e-9, "some"), (0.0, "none"))
"""The least share that a word stands for."""


def word(tally: ReadinessTally) -> str:
    """How much of what is asked for is there."""
    share = tally.share
    return "nothing asked" if share is None else next(name for least, name in WORDS if share >= least)


def percent(share: float | None) -> str:
    """A share as a percentage, rounded down: 100 % only if it is all; below one, `<1 %`."""
    if share is None:
        return "–"
    return "<1 %" if 0 < share < 0.01 else f"{int(share * 100 + 1e-9)} %"


def bar(share: float | None) -> str:
    """A share as a bar; full only if it is all, empty only if it is none."""
    if share is None:
        return ""
    filled = BAR if share >= 1 else 0 if share <= 0 else min(max(int(share * BAR), 1), BAR - 1)
    return "█" * filled + "░" * (BAR - filled)


def plain(name: str) -> str:
    """`major_incident` as words."""
    return name.replace("_", " ")


def print_head(out: Console, reading: Reading, zone: tzinfo) -> None:
    """On what the numbers rest."""
    basis = reading.basis
    then = as_of_words(Head(basis.revision, basis.recorded_at), zone)
    age = "newest" if basis.source.value == "live" else f"STALE, {basis.age_seconds} s old, store away"
    stands = then if basis.as_of else f"r{basis.revision} · {age}"
    day = basis.judged_at.astimezone(zone)
    out.print(f"  [dim]graph {stands} · {basis.cis:,} live CIs · fresh on {day:%Y-%m-%d}[/]\n")


def print_scores(out: Console, scores: Sequence[ReadinessScore], everything: bool) -> None:
    """The purposes, then the rules of each, worst first: the first few, or with `everything` all."""
    table = _table("purpose", "ready", "", "", "needs met", "fresh")
    for score in scores:
        tally = score.tally
        fresh = tally.fresh / tally.applicable if tally.applicable else None
        met = f"{tally.met:,} of {tally.applicable:,}"
        table.add_row(plain(score.purpose.value), *_share(tally), met, percent(fresh))
    out.print(Padding(table, (0, 0, 0, 2)))
    for score in scores:
        _print_rules(out, score, everything)
    out.print("\n  [dim]Who has to do what: cmdb readiness --worklist --rule RULE, --by owner, --trend[/]")


def _print_rules(out: Console, score: ReadinessScore, everything: bool) -> None:
    out.print()
    out.print(Padding(f"[bold]{plain(score.purpose.value)}[/]  {escape(score.question)}", (0, 0, 0, 2)))
    open_rules = [rule for rule in score.rules if rule.tally.missing]
    shown = open_rules if everything else open_rules[:WORST]
    table = _table("rule", "has it", "", "missing", "what is missing", "fresh")
    for rule in shown:
        tally = rule.tally
        fresh = percent(tally.fresh / tally.applicable)
        table.add_row(rule.name, percent(tally.share), word(tally), f"{tally.missing:,}", escape(rule.lacks), fresh)
    if shown:
        out.print(Padding(table, (0, 0, 0, 2)))
    met = [rule.name for rule in score.rules if rule.tally.applicable and not rule.tally.missing]
    idle = [rule.name for rule in score.rules if not rule.tally.applicable]
    if len(shown) < len(open_rules):
        out.print(f"  [dim]{len(open_rules) - len(shown)} more rules with gaps: --all, or name the purpose[/]")
    for label, names in (("Met by all", met), ("Concerns no CI", idle)):
        if names:
            out.print(Padding(f"[dim]{label}: {', '.join(names)}[/]", (0, 0, 0, 2)))


def print_groups(out: Console, groups: Page[ReadinessGroup], by: ReadinessBy) -> None:
    """Readiness by kind, owner or sector."""
    longest = max((len(g.owner.id if g.owner else g.name) for g in groups.nodes), default=0)
    table = _table(by.value, "has it", "", "missing", "CIs", "most missed", fold=(0, 5), first=longest)
    for group in groups.nodes:
        worst = f"{group.worst.lacks} ({group.worst.tally.missing:,})" if group.worst else "nothing"
        named = _two_lines(group.name, group.owner.id if group.owner else group.name)
        table.add_row(named, *_share(group.tally)[1:], f"{group.tally.missing:,}", f"{group.cis:,}", escape(worst))
    out.print(Padding(table, (0, 0, 0, 2)))
    _more(out, groups)


def print_worklist(out: Console, work: Page[ReadinessWork]) -> None:
    """The CIs that miss something, the most valuable first."""
    if not work.total_count:
        return out.print("  Nothing is missing.")
    longest = max(len(ci.id) for ci in work.nodes)
    table = _table("CI", "tier", "critical", "size", "what is missing", fold=(0, 4), first=longest)
    for ci in work.nodes:
        lacks = escape(", ".join(ci.lacks))
        table.add_row(
            f"{_two_lines(ci.name, ci.id)} [dim]{ci.kind}[/]",
            ci.tier or "–",
            ci.criticality or "–",
            f"{ci.size:,}",
            lacks,
        )
    out.print(Padding(table, (0, 0, 0, 2)))
    return _more(out, work)


def print_trend(out: Console, points: Sequence[ReadinessPoint], zone: tzinfo) -> None:
    """Shares by purpose, oldest first, and how they changed from the first point to the last."""
    if not points:
        return out.print("  Nothing was recorded in this time.")
    names = [plain(score.purpose.value) for score in points[-1].scores]
    table = _table("judged on", "graph", *names)
    for point in points:
        shares = [_precise(score.tally.share) for score in point.scores]
        table.add_row(f"{point.judged_at.astimezone(zone):%Y-%m-%d}", f"r{point.revision}", *shares)
    if len(points) > 1:
        pairs = zip(points[0].scores, points[-1].scores, strict=True)
        table.add_row("change", "", *(_change(a.tally.share, b.tally.share) for a, b in pairs))
    return out.print(Padding(table, (0, 0, 0, 2)))


def _precise(share: float | None) -> str:
    return "–" if share is None else f"{int(share * 1000 + 1e-9) / 10:.1f} %"


def _change(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return "–"
    points = round((after - before) * 100, 1)
    return "as before" if not points else f"{'better' if points > 0 else 'worse'} {abs(points):.1f}"


def _share(tally: ReadinessTally) -> tuple[str, str, str]:
    return bar(tally.share), percent(tally.share), word(tally)


def _two_lines(name: str, ci: str) -> str:
    """A name, and below it the id to type."""
    return escape(name) if name == ci else f"{escape(name)}\n[dim]{escape(ci)}[/]"


def _table(*columns: str, fold: Iterable[int] = (), first: int = 0) -> Table:
    """A table whose columns do not wrap, but for those to `fold`; the first is at least `first` wide, up to 26."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    right = {"needs met", "missing", "has it", "fresh", "CIs", "size"}
    wraps = set(fold)
    for at, name in enumerate(columns):
        table.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=bool(wraps) and at not in wraps,
            overflow="fold",
            min_width=min(first, 26) if at == 0 else None,
        )
    return table


def _more(out: Console, shown: Page[ReadinessGroup] | Page[ReadinessWork]) -> None:
    if shown.has_next_page:
        out.print(f"  [dim]{shown.total_count - len(shown.nodes):,} more: --all[/]")


NUMBERS = ("applicable", "met", "missing", "fresh", "verified", "share")


def score_rows(scores: Iterable[ReadinessScore]) -> tuple[list[str], list[list[object]]]:
    """A header, and one row for each purpose and each of its rules."""
    rows: list[list[object]] = []
    for score in scores:
        rows.append([score.purpose.value, "", "", *numbers(score.tally)])
        rows += [[score.purpose.value, rule.name, rule.lacks, *numbers(rule.tally)] for rule in score.rules]
    return ["purpose", "rule", "lacks", *NUMBERS], rows


def group_rows(groups: Iterable[ReadinessGroup]) -> tuple[list[str], list[list[object]]]:
    """A header, and one row for each group."""
    rows: list[list[object]] = [
        [g.name, g.owner.id if g.owner else "", g.cis, *numbers(g.tally), g.worst.name if g.worst else ""]
        for g in groups
    ]
    return ["group", "owner", "cis", *NUMBERS, "worst"], rows


def work_rows(work: Iterable[ReadinessWork]) -> tuple[list[str], Iterable[list[object]]]:
    """A header, and one row for each CI."""
    header = ["id", "kind", "name", "sector", "tier", "criticality", "size", "missing", "lacks"]
    rows = ([*list(vars(ci).values())[:7], " ".join(ci.missing), "; ".join(ci.lacks)] for ci in work)
    return header, rows


def point_rows(points: Iterable[ReadinessPoint]) -> tuple[list[str], list[list[object]]]:
    """A header, and one row for each point and purpose."""
    rows: list[list[object]] = [
        [p.revision, p.recorded_at.isoformat(), p.judged_at.isoformat(), s.purpose.value, *numbers(s.tally)]
        for p in points
        for s in p.scores
    ]
    return ["revision", "recorded_at", "judged_at", "purpose", *NUMBERS], rows


def numbers(tally: ReadinessTally) -> list[object]:
    """A tally as cells; the share is empty when nothing is asked."""
    share = "" if tally.share is None else tally.share
    return [tally.applicable, tally.met, tally.missing, tally.fresh, tally.verified, share]


def write_csv(out: TextIO, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows as CSV; a text that a spreadsheet would take for a formula is written with a leading apostrophe."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[inert(cell) for cell in row] for row in rows])
