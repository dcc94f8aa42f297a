"""Incidents for people: the first screen, messages, looking back, lists; tables that work at 80 columns."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.incidents import Picture, Suspects
from api.lines import named, print_labelled
from api.signs import SIGNS, moment, sign, span
from api.terminal import print_impact
from cmdb.records.record_types import AffectedCi, Incident
from impact.incidents.report import (
    DraftMessage,
    MajorFinding,
    PostIncident,
    RelatedIncident,
    ServiceOutcome,
    SuggestedPriority,
    WorstHit,
)
from impact.report import Page
from impact.states import ImpactState

SHOWN, LISTED = 3, 12
ENDED = {True: "[green]kept[/]", False: "[bold red]missed[/]", None: "–"}


def print_incident(
    out: Console, picture: Picture, zone: tzinfo, everything: bool = False, crews: int | None = None
) -> None:
    """The first screen: what it is, what it does, whom to call, what else is open, what may be behind it."""
    one, at = picture.incident, picture.standing.moment
    print_head(out, one, at, zone)
    if picture.question.assumptions:
        _judgement(out, picture.major(), picture.worst_hit(), picture.suggested(), one)
    print_labelled(out, "Since", _later(picture, everything, zone))
    if picture.unrecorded:
        names = escape(", ".join(picture.unrecorded[:5])) + ("…" if len(picture.unrecorded) > 5 else "")
        print_labelled(out, "Not known", [f"not in the graph, so in no answer: {names}"])
    out.print()
    if picture.question.assumptions:
        print_impact(out, picture.question, zone, everything, crews)
        out.print()
    elif picture.case.open:
        out.print("  No state of a CI is recorded for it at this moment: nothing follows from it.\n")
    print_related(out, picture.related(10), everything)
    print_suspects(out, picture.suspects(7, 20), everything)
    if not picture.case.open:
        print_post(out, picture.post, zone, everything)
    _timeline(out, one, zone, everything)


def print_head(out: Console, one: Incident, at: datetime, zone: tzinfo) -> None:
    """Number, title and state; times."""
    major = f" · [bold red]MAJOR, {_word(one.major_reason.value)}[/]" if one.major and one.major_reason else ""
    out.print(f"  [bold]{escape(str(one.key))}  {escape(one.title)}[/]")
    out.print(f"  {_word(one.state.value)} · priority {one.priority}{major}")
    ended = one.resolved_at if one.resolved_at and one.resolved_at <= at else None
    age = span(max(0, int(((ended or at) - one.started_at).total_seconds()) // 60))
    times = [
        f"began {moment(one.started_at, zone)} ({age}{' min' if age.isdigit() else ''} {'in all' if ended else 'ago'})"
    ]
    for name, when in (("noticed", one.detected_at), ("declared", one.declared_at), ("resolved", one.resolved_at)):
        times += [f"{name} {moment(when, zone)}"] if when else []
    out.print(f"  {' · '.join(times)}\n")


def _later(picture: Picture, everything: bool, zone: tzinfo) -> list[str]:
    """Its CIs that went into the state they are in at the moment after the incident began."""
    at, start = picture.standing.moment, picture.incident.started_at
    later = [p for p in picture.incident.cis if start < p.since <= at and (p.until is None or at < p.until)]
    shown = later if everything else later[:6]
    return [_part(picture, part, zone) for part in shown] + _more(len(later) - len(shown))


def _part(picture: Picture, part: AffectedCi, zone: tzinfo) -> str:
    words, style = SIGNS[ImpactState[part.state]]
    return f"[{style}]{words}[/] {escape(named(picture.standing.ref(part.ci)))} since {moment(part.since, zone)}"


def _judgement(
    out: Console, finding: MajorFinding, worst: WorstHit | None, grades: SuggestedPriority, one: Incident
) -> None:
    """What the records support, where it is not what a person decided."""
    word = f"[bold]{_word(finding.word)}[/]: " if finding.word else ""
    declared = "declared major" if one.major else "not declared major"
    print_labelled(out, "Major", [f"{word}{escape(finding.because)} [dim]({declared})[/]"])
    if grades.priority != one.priority:
        facts = "; ".join(dict.fromkeys([*grades.impact_because[:2], *grades.urgency_because[:1]]))
        words = f"{grades.priority} rather than {one.priority}: {escape(facts)}"
        print_labelled(out, "Priority", [words])
    if worst is not None:
        who = worst.owner.name if worst.owner else "nobody recorded"
        reach = (worst.owner.phone or worst.owner.email or "") if worst.owner else ""
        print_labelled(out, "Owner", [f"{escape(who)} {escape(reach)} [dim]of {escape(worst.ci.name)}, hit worst[/]"])


def print_related(out: Console, found: list[RelatedIncident], everything: bool = False) -> None:
    """Other open incidents that have to do with it, and why."""
    shown = found if everything else found[:SHOWN]
    lines = [f"[bold]{escape(o.key)}[/] {escape(o.title)} [dim]{escape('; '.join(o.because[:2]))}[/]" for o in shown]
    print_labelled(out, "Related", lines + _more(len(found) - len(shown)))


def print_suspects(out: Console, found: Suspects, everything: bool = False) -> None:
    """Recent changes that may be behind it."""
    shown = found.nodes if everything else found.nodes[:SHOWN]
    lines = [
        f"[bold]{escape(one.key)}[/] {escape(one.title) if one.key != one.title else ''} "
        f"[dim]{one.score} points: {escape('; '.join(one.because))}[/]"
        for one in shown
    ]
    away = [] if found.edits_known else ["[dim]recorded edits are not known while the store is away[/]"]
    print_labelled(out, "Suspects", lines + _more(len(found.nodes) - len(shown)) + away)


def _timeline(out: Console, one: Incident, zone: tzinfo, everything: bool) -> None:
    lines = sorted(one.timeline, key=lambda line: line.at)[::-1]
    shown = lines if everything else lines[:SHOWN]
    told = [f"{moment(line.at, zone)} {escape(line.who)}: {escape(line.text)}" for line in shown]
    print_labelled(out, "Timeline", told + _more(len(lines) - len(shown)))


def print_drafts(out: Console, drafts: Iterable[DraftMessage]) -> None:
    """Messages to clients, and what they leave open."""
    for one in drafts:
        out.print(f"\n  [dim]{_word(one.kind.value)}, {one.words} words[/]")
        print_labelled(out, "Subject", [escape(one.subject)])
        print_labelled(out, "", [escape(line) for line in one.body.splitlines()])
        print_labelled(out, "Left open", [", ".join(one.missing)] if one.missing else [])


def print_post(out: Console, found: PostIncident, zone: tzinfo, everything: bool = False) -> None:
    """An incident looked back upon: RTO kept or missed, people-minutes."""
    over = f"to {moment(found.until, zone)}" if found.over else f"not over by {moment(found.until, zone)}"
    out.print(f"  [bold]Looking back[/]  from {moment(found.since, zone)} {over}")
    kept = f"{found.kept} kept · {found.missed} missed · {found.unknown} without RTO"
    print_labelled(out, "RTO", [kept])
    least = "at least " if found.unknown_groups else ""
    minutes = found.people_minutes
    lost = f"{least}{minutes.down:,.0f} people-minutes down · {minutes.degraded:,.0f} degraded"
    print_labelled(out, "People", [f"{lost} · at most {found.most_people:,} people at one time"])
    services = found.services if everything else found.services[:LISTED]
    if services:
        out.print(_outcomes(services, zone))
    if len(found.services) > len(services):
        out.print(f"  [dim]{len(found.services) - len(services)} more services: --all[/]")


def _outcomes(services: Iterable[ServiceOutcome], zone: tzinfo) -> Padding:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in ("service", "worst", "due", "back", "RTO", "late", "down"):
        table.add_column(name, no_wrap=name not in {"service", "due", "back"}, ratio=1 if name == "service" else None,
                         justify="right" if name in {"late", "down"} else "left")  # fmt: skip
    for one in services:
        table.add_row(
            escape(one.ci.name), sign(one.worst), moment(one.due, zone) if one.due else "–",
            moment(one.restored_at, zone) if one.restored_at else "–", ENDED[one.kept],
            span(one.late_minutes) if one.late_minutes else "–", span(one.down_minutes) if one.down_minutes else "–",
        )  # fmt: skip
    return Padding(table, (0, 0, 0, 2))


def print_list(out: Console, found: Page[Incident], zone: tzinfo) -> None:
    """Incidents by number."""
    if not found.total_count:
        return out.print("  No incident is recorded that fits.")
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in ("number", "state", "P", "began", "resolved", "title"):
        table.add_column(name, no_wrap=name != "title", ratio=1 if name == "title" else None)
    for one in found.nodes:
        table.add_row(
            escape(str(one.key)), _word(one.state.value), str(one.priority) + ("!" if one.major else ""),
            moment(one.started_at, zone), moment(one.resolved_at, zone) if one.resolved_at else "–", escape(one.title),
        )  # fmt: skip
    out.print(Padding(table, (0, 0, 0, 2)))
    if any(one.major for one in found.nodes):
        out.print("  [dim]! major[/]")
    if found.has_next_page:
        out.print(f"  [dim]{found.total_count - len(found.nodes):,} more: --all[/]")
    return None


def print_written(out: Console, one: Incident, replayed: bool) -> None:
    """An incident that was written, in a line."""
    done = " [dim](recorded before under this key)[/]" if replayed else ""
    out.print(f"  [bold]{escape(str(one.key))}[/] {_word(one.state.value)} · {escape(one.title)}{done}")


def _more(count: int) -> list[str]:
    return [f"[dim]{count} more: --all[/]"] if count > 0 else []


def _word(word: str | None) -> str:
    return (word or "").replace("_", " ")
