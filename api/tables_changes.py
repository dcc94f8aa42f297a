"""Changes, their reviews, calendars and freeze windows for people: 80 columns, states as a sign and a word."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.lines import named, print_labelled, print_unknown, rests_on
from api.reviews import Review, told
from api.reviews_report import CalendarItem, ChangeDrift, ChangeRecord, FreezeWindow, NamedRecord, PlannedState
from api.signs import SIGNS, span
from cmdb.records.kinds import ChangeState
from impact.analyses import affected_services, completeness, summarize
from impact.report import CiRef, Page, StateCounts
from impact.reviews.report import (
    BrokenPool,
    Collision,
    Drift,
    DriftPart,
    FreezeHit,
    Overlap,
    OverlapType,
    Party,
    RiskWord,
)
from impact.states import ImpactState
from impact.words import counted

FIRST_SCREEN = 5
MARKS = {
    "draft": "○",
    "submitted": "◔",
    "approved": "●",
    "implementing": "▶",
    "completed": "✓",
    "failed": "✗",
    "rejected": "✗",
    "cancelled": "–",
    "new": "!",
    "in_progress": "!",
    "on_hold": "!",
    "planned": "○",
    "going_on": "▶",
    "over": "–",
}
"""Signs of the states of records."""
WORDS = {RiskWord.low: "green", RiskWord.medium: "cyan", RiskWord.high: "yellow", RiskWord.very_high: "bold red"}
VERBS = {
    ChangeState.draft: "redraft",
    ChangeState.submitted: "submit",
    ChangeState.approved: "approve",
    ChangeState.implementing: "implement",
    ChangeState.completed: "complete",
    ChangeState.failed: "fail",
    ChangeState.cancelled: "cancel",
}
"""The verbs that move a change."""


def print_review(out: Console, found: Review, zone: tzinfo, everything: bool) -> None:
    """The first screen of a reviewer: what, when, how risky and why, what is in the way, who is hit, what instead."""
    change = told(found.standing, found.change)
    limit = None if everything else FIRST_SCREEN
    _head(out, found, change, zone)
    _print_drift(out, found, zone, everything)
    _risk(out, found, everything)
    print_labelled(out, "Collides", _collisions(found, zone, limit))
    print_labelled(out, "Also", _overlaps(found, zone, limit))
    print_labelled(out, "Freezes", [_freeze_hit(hit, found, zone) for hit in found.found.freezes[:limit]])
    print_labelled(out, "Alone", _alone(found, limit))
    print_labelled(out, "Instead", _instead(found, zone))
    if everything:
        lines = [f"{when(e.at, zone)} {escape(e.who)}: {escape(e.text)}" for e in found.change.timeline]
        print_labelled(out, "Timeline", lines)
    print_unknown(out, completeness(found.question))
    print_labelled(out, "Next", [_next(change)])


def _head(out: Console, found: Review, change: ChangeRecord, zone: tzinfo) -> None:
    sure = completeness(found.question)
    out.print(f"  [bold]{escape(change.key)}  {escape(change.title)}[/]")
    words = f"{change.type.value} · {state_words(change.state.value)} · {rests_on(sure, zone)}"
    out.print(f"  {words}", style="dim")
    print_labelled(out, "When", [window_words(*found.window, zone), *_planned_apart(found, change, zone)])
    print_labelled(out, "CIs", _cis(change.cis))
    if change.owner or change.description:
        parts = [f"owner {change.owner}" if change.owner else "", change.description]
        print_labelled(out, "About", [escape(" · ".join(part for part in parts if part))])
    minutes = change.back_out.minutes
    took = "back-out time not known" if minutes is None else f"back-out {span(minutes)}"
    took += "" if minutes is None or minutes >= 100 else " min"
    plan = f": {escape(change.back_out.plan)}" if change.back_out.plan else ", no back-out plan"
    print_labelled(out, "Back-out", [took.removeprefix("back-out ") + plan])
    lines = [
        f"{a.decision.value} by {escape(a.who)} {when(a.at, zone)}, on r{a.revision}"
        + (f": {escape(a.text)}" if a.text else "")
        for a in change.approvals
    ]
    print_labelled(out, "Decided", lines)
    out.print()


def _planned_apart(found: Review, change: ChangeRecord, zone: tzinfo) -> Iterator[str]:
    """The planned window, where it is carried out at another time; and that it is overdue."""
    if change.actual_start is not None:
        yield f"planned {window_words(change.start, change.end, zone)}"
    if found.window.end is None:
        yield "[bold red]overdue[/]: it should have ended, and counts as going on until it is completed or failed"


def _cis(cis: Sequence[PlannedState]) -> Iterator[str]:
    for part in cis[:FIRST_SCREEN]:
        mark, style = SIGNS[part.state]
        gone = ", not recorded any more" if not part.recorded else ", not in service" if not part.in_service else ""
        words = "stays up" if part.state is ImpactState.operational else mark
        yield f"[{style}]{words}[/] {escape(named(part.ci))}{gone}"
    if len(cis) > FIRST_SCREEN:
        yield f"[dim]{len(cis) - FIRST_SCREEN:,} more: --json[/]"


def _risk(out: Console, found: Review, everything: bool) -> None:
    risk = found.found.risk
    word = risk.word.value.replace("_", " ").upper()
    head = f"[{WORDS[risk.word]}]{word}[/] {risk.score} of 100"
    shown = risk.reasons if everything else risk.reasons[: FIRST_SCREEN + 3]
    lines = [f"+{reason.points:<3} {escape(reason.words)}" for reason in shown]
    if len(risk.reasons) > len(shown):
        lines.append(f"[dim]{len(risk.reasons) - len(shown)} more: --all[/]")
    print_labelled(out, "Risk", [head, *lines])


def _collisions(found: Review, zone: tzinfo, limit: int | None) -> Iterator[str]:
    told_ = found.found.collisions
    if not told_.nodes:
        near = f"; {told_.overlapping:,} overlap in time" if told_.overlapping else "; nothing overlaps in time"
        yield f"with nothing[dim]{near}[/]"
    for one in told_.nodes[:limit]:
        yield from collision_lines(one, found.names, str(found.change.key), zone, found.window.start)
    if limit is not None and len(told_.nodes) > limit:
        yield f"[dim]{len(told_.nodes) - limit:,} more: --all[/]"
    if not told_.complete:
        yield "[dim]so many take part that not every combination was tried[/]"


def collision_lines(
    one: Collision, names: Mapping[str, NamedRecord], own: str, zone: tzinfo, day: datetime | None = None
) -> Iterator[str]:
    """One collision in words: with whom and when, which pools break, what is worse because of it."""
    others = [_party(party, names) for party in one.parties if party.key != own]
    yield f"with {'; with '.join(others)}, {brief(one.start, one.end, zone, day)}"
    for pool in one.pools[:3]:
        yield _broken(pool)
    if one.pool_count > 3:
        yield f"[dim]and {one.pool_count - 3} more pools[/]"
    hit = ", ".join(f"{escape(worse.ci.name)} {_word(worse.state)}" for worse in one.services[:3])
    more = f" and {one.service_count - 3} more" if one.service_count > 3 else ""
    people = f"; {one.people:,} people" if one.people else ""
    yield f"CIs worse for it: {_counts(one.worse)}{': ' + hit + more if hit else ''}{people}"


def _broken(pool: BrokenPool) -> str:
    mark, style = SIGNS[pool.state]
    return f"[{style}]{mark}[/] {escape(pool.ci.name)}: pool {escape(pool.name)} {escape(pool.words)}"


def _party(party: Party, names: Mapping[str, NamedRecord]) -> str:
    found = names.get(party.key)
    title = f" {escape(found.title)}" if found is not None else ""
    return f"{'incident ' if party.incident else ''}[bold]{escape(party.key)}[/]{title}"


def _overlaps(found: Review, zone: tzinfo, limit: int | None) -> Iterator[str]:
    overlaps = found.found.overlaps
    for one in overlaps[:limit]:
        yield _overlap(one, found.names, zone)
    if limit is not None and len(overlaps) > limit:
        yield f"[dim]{len(overlaps) - limit:,} more at the same time: --all[/]"


def _overlap(one: Overlap, names: Mapping[str, NamedRecord], zone: tzinfo) -> str:
    what = "same CI" if one.type is OverlapType.same_ci else "same service"
    shown = ", ".join(escape(ref.id) for ref in one.cis[:2]) + (f" and {one.count - 2} more" if one.count > 2 else "")
    return f"{what} as {_party(one.party, names)}: {shown}"


def _freeze_hit(hit: FreezeHit, found: Review, zone: tzinfo) -> str:
    title = found.names[hit.key].title if hit.key in found.names else ""
    what = "blackout" if hit.blackout else "freeze"
    verb = "takes down" if hit.blackout else "changes"
    cis = ", ".join(escape(ref.id) for ref in hit.cis[:2]) + (f" and {hit.count - 2} more" if hit.count > 2 else "")
    window = brief(hit.start, hit.end, zone, found.window.start)
    return f"[bold]{escape(hit.key)}[/] {what} {escape(title)}, {window}: {verb} {cis}"


def _alone(found: Review, limit: int | None) -> Iterator[str]:
    """What it does by itself."""
    summary, hit = summarize(found.question), summarize(found.question).people
    if found.unrecorded:
        yield f"[bold]{len(found.unrecorded)} of its CIs are not recorded any more: they take no part[/]"
    if not len(found.question.walk):
        yield "nothing is affected: no CI of it goes down, is degraded or at risk"
        return
    people = f" · {hit.total:,} people in {counted(hit.groups, 'client group')}" if hit.groups else ""
    services = f"services {_counts(summary.services)}" if len(found.question.services) else "no service"
    yield f"{services}{people}"
    page = affected_services(found.question, limit)
    for service in page.nodes:
        mark, style = SIGNS[service.state]
        clock = service.clock
        late = f", {span(clock.late_minutes)} min late" if clock and clock.late_minutes else ""
        yield f"[{style}]{mark}[/] {escape(service.name)} {service.tier or '?'} {service.people:,} people{late}"
    if page.has_next_page:
        yield f"[dim]{page.total_count - len(page.nodes)} more services: --all[/]"


def _instead(found: Review, zone: tzinfo) -> Iterator[str]:
    told_ = found.found.suggestions
    if told_.windows:
        words = " · ".join(
            f"{brief(one.start, one.end, zone, found.window.start)} ({_moved(one.moved_minutes)})"
            for one in told_.windows[:3]
        )
        yield f"free of collisions and freezes: {words}"
    elif told_.needed:
        yield "no window of this length within two weeks is free of collisions and freezes"
    if told_.split is not None:
        pools = ", ".join(f"{escape(p.name)} of {escape(p.ci.id)}" for p in told_.split.pools[:2])
        keep = _ids(told_.split.keep)
        move = "; ".join(_ids(part) for part in told_.split.move[:3])
        yield f"it breaks {pools} by itself: keep {keep}, move {move} to another window"


def _ids(cis: Sequence[CiRef]) -> str:
    return ", ".join(escape(ref.id) for ref in cis[:3]) + (f" and {len(cis) - 3} more" if len(cis) > 3 else "")


def _moved(minutes: int) -> str:
    unit = " min" if abs(minutes) < 100 else ""
    return f"{span(abs(minutes))}{unit} {'later' if minutes > 0 else 'earlier'}"


def _print_drift(out: Console, found: Review, zone: tzinfo, everything: bool) -> None:
    basis = found.basis
    if basis is None:
        return
    told_ = found.drift(basis, 200 if everything else FIRST_SCREEN)
    print_labelled(out, "Drift", drift_lines(told_, zone))


def drift_lines(told_: ChangeDrift, zone: tzinfo) -> Iterator[str]:
    """What differs from what was approved."""
    since = f"since it was approved {when(told_.since.asked_at, zone)} on r{told_.since.revision}"
    if not told_.drifted:
        yield f"none {since}"
        return
    yield f"[bold yellow]▲ the answer has changed {since}[/]"
    yield from moved_lines(told_)
    for words, keys in (("now collides with", told_.collisions_joined), ("no longer with", told_.collisions_left)):
        if keys:
            yield f"{words} {escape('; '.join(keys))}"
    if told_.people != told_.since.people or told_.risk != told_.since.risk:
        yield f"people {told_.since.people:,} → {told_.people:,}, risk {told_.since.risk} → {told_.risk}"


def moved_lines(told_: ChangeDrift | Drift) -> Iterator[str]:
    """Who joined, who left, and who is in another state; one line each, for those there are."""
    for word, part in (("joined", told_.joined), ("left", told_.left), ("in another state", told_.changed)):
        if part.count:
            yield f"{_part(part)} {word}: {_drifted(part)}"


def _part(part: DriftPart) -> str:
    groups = part.client_group_count
    also = f", {counted(groups, 'client group')} among them," if groups else ""
    return f"{counted(part.count, 'CI')}{also}"


def _drifted(part: DriftPart) -> str:
    shown = ", ".join(f"{escape(one.ci.id)} {_word(one.after)}" for one in part.cis)
    return shown + (" …" if part.count > len(part.cis) else "")


def _next(change: ChangeRecord) -> str:
    verbs = ["approve", "reject"] if change.may_decide else []
    verbs += [VERBS[state] for state in change.next_states if state in VERBS and VERBS[state] not in verbs]
    if not change.revision:
        return "it is not recorded: the same without --review records it"
    if not verbs:
        return f"nothing: {change.state.value} is its last state"
    return f"cmdb change {' | '.join(verbs)} {escape(change.key)}"


def print_moved(out: Console, change: ChangeRecord, replayed: bool) -> None:
    """How a change stands after a move."""
    again = "; this key was applied before, nothing was done again" if replayed else ""
    out.print(
        f"  {escape(change.key)} {escape(change.title)}: {state_words(change.state.value)}, r{change.revision}{again}"
    )
    print_labelled(out, "Next", [_next(change)])


def print_changes(out: Console, shown: Page[ChangeRecord], zone: tzinfo, now: datetime) -> None:
    """Changes, one a line."""
    if not shown.nodes:
        return out.print("  no such change is recorded")
    table = table_of("change", "state", "type", "window", "title")
    for change in shown.nodes:
        start, end = change.actual_start or change.start, change.actual_end or change.end
        table.add_row(
            escape(change.key), state_words(change.state.value), change.type.value,
            window_words(start, end, zone, False), escape(change.title),
        )  # fmt: skip
    out.print(Padding(table, (0, 0, 0, 2)))
    return print_more(out, shown)


def table_of(*columns: str) -> Table:
    """A plain table; titles and windows may be wrapped."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in columns:
        table.add_column(name, no_wrap=name not in ("title", "window", "when"), overflow="fold")
    return table


def print_more(out: Console, shown: Page[ChangeRecord] | Page[FreezeWindow] | Page[CalendarItem]) -> None:
    """How many more there are."""
    if shown.has_next_page:
        out.print(f"  [dim]{shown.total_count - len(shown.nodes):,} more: --all[/]")


def state_words(state: str) -> str:
    """The state of a record as a sign and a word."""
    return f"{MARKS.get(state, '·')} {state.replace('_', ' ')}"


def when(at: datetime, zone: tzinfo) -> str:
    """A moment with its date, in the reader's time zone."""
    return f"{at.astimezone(zone):%a %d %b %Y %H:%M}"


def window_words(start: datetime, end: datetime | None, zone: tzinfo, long: bool = True) -> str:
    """A window in the reader's time zone, with its real length where clocks change; None: open.

    `Tue 24 Nov 2026 22:00 – 23:30 AST (90 min)`; without `long`, without zone and length.
    """
    first = start.astimezone(zone)
    name = f" {first:%Z}" if long else ""
    if end is None:
        return f"{first:%a %d %b %Y %H:%M}{name} – open"
    last = end.astimezone(zone)
    late = f"{last:%H:%M}"
    if last.date() != first.date():
        late = f"{last:%a %d %b %H:%M}" if last.year == first.year else f"{last:%a %d %b %Y %H:%M}"
    if not long:
        return f"{first:%d %b %Y %H:%M} – {late}"
    minutes = round((end - start).total_seconds() / 60)
    length = f"{span(minutes)} min" if minutes < 100 else span(minutes)
    other = f"{name} – {late} {last:%Z}" if first.utcoffset() != last.utcoffset() else f" – {late}{name}"
    return f"{first:%a %d %b %Y %H:%M}{other} ({length})"


def brief(start: datetime, end: datetime | None, zone: tzinfo, day: datetime | None = None) -> str:
    """A window in short; without its date if it starts on the same day as `day`."""
    first = start.astimezone(zone)
    date = "" if day is not None and first.date() == day.astimezone(zone).date() else f"{first:%a %d %b} "
    if end is None:
        return f"{date}{first:%H:%M} – open"
    last = end.astimezone(zone)
    late = f"{last:%H:%M}" if last.date() == first.date() else f"{last:%a %d %b %H:%M}"
    return f"{date}{first:%H:%M} – {late}"


def _word(state: ImpactState) -> str:
    return "fine" if state is ImpactState.operational else state.value.replace("_", " ")


def _counts(states: StateCounts) -> str:
    parts = ((states.down, "down"), (states.degraded, "degraded"), (states.at_risk, "at risk"))
    return " · ".join(f"{count:,} {word}" for count, word in parts if count) or "none"
