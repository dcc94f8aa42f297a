"""Drafts of messages to clients in plain English: first notice, update, resolved. Filled from facts, never invented."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo

from impact.incidents.facts import Facts, worst_state
from impact.incidents.picture import names
from impact.incidents.report import DraftKind, DraftMessage
from impact.states import ImpactState, Level
from impact.words import counted

MOST_WORDS = 120
SHOWN = (4, 3, 2, 1)
"""Names of services and groups in a sentence: as many as keep the message short."""
IS = {
    ImpactState.down: "not available",
    ImpactState.degraded: "working with limits",
    ImpactState.at_risk: "working, at increased risk",
}
MINUTE = timedelta(minutes=1)
Lines = list[str]


def draft(kind: DraftKind, facts: Facts, zone: tzinfo) -> DraftMessage:
    """A message with times in `zone`; as short as `MOST_WORDS` where names allow it."""
    bodies = ("\n".join(WRITERS[kind](facts, zone, shown)) for shown in SHOWN)
    body = next((text for text in bodies if len(text.split()) <= MOST_WORDS), None)
    body = body or "\n".join(WRITERS[kind](facts, zone, SHOWN[-1]))
    return DraftMessage(kind, _subject(kind, facts), body, len(body.split()), _missing(kind, facts))


def _subject(kind: DraftKind, facts: Facts) -> str:
    if kind is DraftKind.resolved:
        return f"Resolved: {_back(facts, 2)} ({facts.number})"
    affected = _affected(facts) if facts.services else "No service is known to be affected"
    return f"{'Update: ' if kind is DraftKind.update else ''}{affected} ({facts.number})"


def _affected(facts: Facts) -> str:
    services = names([name for name, _ in facts.services], 2)
    verb = "are" if len(facts.services) > 1 else "is"
    alike = len({state for _, state in facts.services}) == 1
    return f"{services} {verb} {IS[worst_state(facts)] if alike else 'affected'}"


def _first_notice(facts: Facts, zone: tzinfo, shown: int) -> Lines:
    return [
        *_what(facts, shown),
        f"Since: {told_time(facts.started_at, zone)}.",
        _who(facts, shown),
        *_outlook(facts, zone),
    ]


def _update(facts: Facts, zone: tzinfo, shown: int) -> Lines:
    back = [f"Back since our last message: {names(facts.back, shown)}."] if facts.back else []
    return [
        f"Update of {told_time(facts.asked_at, zone)}.",
        *_what(facts, shown),
        *back,
        f"Since: {told_time(facts.started_at, zone)}.",
        _who(facts, shown),
        *_outlook(facts, zone),
    ]


def _resolved(facts: Facts, zone: tzinfo, shown: int) -> Lines:
    at = facts.resolved_at
    ended = f" since {told_time(at, zone)}" if at else ""
    lasted = [f"It lasted {told_duration(at - facts.started_at)}."] if at else []
    return [
        *_title(facts),
        f"{_back(facts, shown)}{ended}.",
        f"It began: {told_time(facts.started_at, zone)}.",
        *lasted,
        _who(facts, shown, over=True),
        *([f"What you can do: {facts.advice}"] if facts.advice else []),
        _contact(facts),
    ]


WRITERS: Mapping[DraftKind, Callable[[Facts, tzinfo, int], Lines]] = {
    DraftKind.first_notice: _first_notice,
    DraftKind.update: _update,
    DraftKind.resolved: _resolved,
}


def _title(facts: Facts) -> Lines:
    return [f"What happened: {facts.title.rstrip('.')}."] if facts.title else []


def _back(facts: Facts, shown: int) -> str:
    """What is back: the services that were down or degraded; where none was, those that were at risk."""
    hit = [name for name, state in facts.services if state.level >= Level.DEGRADED]
    back = hit or [name for name, _ in facts.services]
    ended = "back" if hit else "no longer at increased risk"
    return f"{names(back, shown)} {'are' if len(back) > 1 else 'is'} {ended}" if back else "The incident is over"


def _what(facts: Facts, shown: int) -> Lines:
    lines = _title(facts)
    for state, words in IS.items():
        found = [name for name, own in facts.services if own is state]
        if found:
            lines.append(f"{names(found, shown)} {'are' if len(found) > 1 else 'is'} {words}.")
    return lines if facts.services else [*lines, "No service is recorded as affected."]


def _who(facts: Facts, shown: int, over: bool = False) -> str:
    asked = "Who was affected" if over else "Who is affected"
    if not facts.groups:
        return f"{asked}: not known."
    groups, total = names(facts.groups, shown), facts.hit or facts.people.at_risk
    if not total:
        return f"{asked}: {groups}; how many people is not known."
    least, risk = "at least " if facts.at_least else "", "" if facts.hit else ", at increased risk only"
    return f"{asked}: {groups}; {least}{counted(total, 'person', 'people')}{risk}."


def _outlook(facts: Facts, zone: tzinfo) -> Lines:
    expected = told_time(facts.expected_at, zone) if facts.expected_at else "not known"
    update = told_time(facts.next_update_at, zone) if facts.next_update_at else "not known"
    return [
        f"Expected back: {expected}.",
        f"What you can do: {facts.advice or 'not known yet.'}",
        f"Next update: {update}.",
        _contact(facts),
    ]


def _contact(facts: Facts) -> str:
    return f"Contact: {facts.contact or 'not known'}. Reference: {facts.number}."


def _missing(kind: DraftKind, facts: Facts) -> list[str]:
    ended = kind is DraftKind.resolved
    checks = (
        ("title", bool(facts.title)),
        ("services", bool(facts.services)),
        ("client groups", bool(facts.groups)),
        ("head count", not facts.at_least),
        ("resolved at", bool(facts.resolved_at) or not ended),
        ("expected back", bool(facts.expected_at) or ended),
        ("advice", bool(facts.advice) or ended),
        ("next update", bool(facts.next_update_at) or ended),
        ("contact", bool(facts.contact)),
    )
    return [name for name, known in checks if not known]


def told_time(at: datetime, zone: tzinfo) -> str:
    """A moment for people: `Sunday 22 November 2026, 02:40 AST`."""
    local = at.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M} {local:%Z}"


def told_duration(lasted: timedelta) -> str:
    """A duration for people: `2 h 15 min`."""
    minutes = max(0, lasted // MINUTE)
    hours, rest = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{days} d"] * (days > 0) + [f"{hours} h"] * (hours > 0) + [f"{rest} min"] * (rest > 0 or minutes == 0)
    return " ".join(parts)
