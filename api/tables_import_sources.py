"""What a plan found out about things that several sources know: which are one, which may be, where sources disagree."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from cmdb.model.ci import CI, CiId
from cmdb.model.durations import show_minutes
from cmdb.reconcile.claims import Conflict, about
from cmdb.reconcile.identify import Doubt, Join
from cmdb.reconcile.plan import Plan

SHOWN = 10
DURATIONS = ("rto", "rpo", "restore", "mtd")
WORDS = {
    "serial": "serial number",
    "hostname": "host name",
    "ip_address": "address",
    "external_id": "key in its source",
    "email": "email address",
}
"""Attributes as a person calls them; any other by its name."""
WHY = {
    "several": "several recorded CIs have",
    "contradicted": "other facts speak against it; both have",
    "taken": "the source has another CI for that one; both have",
    "twice": "several CIs of the source have",
    "usual": "the name is one that many things have; both have",
    "unqualified": "only one of them names its domain; both have",
}
"""Why CIs that agree are not taken to be one."""


def told_sources(plan: Plan) -> dict[str, Any]:
    """What was joined, what may be the same, and what sources disagree about: some of each, and how many; what was
    joined and what may be the same also by reason, the commonest first."""
    return {
        "joined": [join._asdict() for join in plan.joined[:SHOWN]],
        "joinedCount": len(plan.joined),
        "joinedBy": [{"rule": rule, "count": count} for rule, count in _by_rule(plan.joined)],
        "doubts": [doubt._asdict() for doubt in _varied(plan.doubts)],
        "doubtCount": len(plan.doubts),
        "doubtsBy": [{"why": why, "rule": rule, "count": count} for (why, rule), count in _by_why(plan.doubts)],
        "conflicts": [_told(conflict) for conflict in plan.conflicts[:SHOWN]],
        "conflictCount": plan.conflict_count,
    }


def print_sources(out: Console, plan: Plan) -> None:
    """The same in words; reasons where there is more than can be shown."""
    known = {ci.id: ci for ci, _ in plan.cis.changed} if plan.joined else {}
    joined = (_joined(join, plan.changeset.source, known) for join in plan.joined[:SHOWN])
    by_rule = (f"{count:,} by {_rule(rule)}" for rule, count in _by_rule(plan.joined))
    _section(out, "Same thing", "cyan", len(plan.joined), joined, by_rule)
    doubts = _varied(plan.doubts)
    new = {ci.id: ci.name for ci in plan.cis.created} if doubts else {}
    by_why = (f"{count:,}: {WHY.get(why, why)} the same {_rule(rule)}" for (why, rule), count in _by_why(plan.doubts))
    _section(out, "Not joined", "yellow", len(plan.doubts), (_doubted(doubt, new) for doubt in doubts), by_why)
    _section(out, "Sources disagree", "yellow", plan.conflict_count, map(_disputed, plan.conflicts[:SHOWN]))


Rule = tuple[str, ...]


def _by_rule(joined: Iterable[Join]) -> list[tuple[Rule, int]]:
    return Counter(join.rule for join in joined).most_common()


def _by_why(doubts: Iterable[Doubt]) -> list[tuple[tuple[str, Rule], int]]:
    return Counter((doubt.why, doubt.rule) for doubt in doubts).most_common()


def _varied(doubts: Sequence[Doubt]) -> list[Doubt]:
    """Some doubts: one for each reason, then the others as they come."""
    firsts = {(doubt.why, doubt.rule): doubt for doubt in reversed(doubts)}
    return list(islice(dict.fromkeys(chain(reversed(firsts.values()), doubts)), SHOWN))


def _section(
    out: Console, title: str, style: str, count: int, lines: Iterable[str], reasons: Iterable[str] = ()
) -> None:  # fmt: skip
    if not count:
        return
    out.print(f"  [bold]{title}[/] [{style}]{count:,}[/]")
    told = list(reasons) if count > SHOWN else []
    if len(told) > 1:
        out.print(Padding(escape("\n".join(told)) + "\n[dim]such as[/]", (0, 0, 0, 4)))
    shown = 0
    for line in lines:
        out.print(Padding(escape(line), (0, 0, 0, 4)))
        shown += 1
    out.print(f"    [dim]and {count - shown:,} more[/]\n" if count > shown else "")


def _joined(join: Join, source: str, known: Mapping[CiId, CI]) -> str:
    of = known.get(join.known)
    other = join.known if of is None else f"{of.source} {of.name} ({join.known})"
    return f"{source} {join.new} is taken to be {other} (same {_rule(join.rule)}: {join.value})"


def _doubted(doubt: Doubt, new: Mapping[CiId, str]) -> str:
    known = ", ".join(doubt.known[:3]) + (f" and {len(doubt.known) - 3:,} more" if len(doubt.known) > 3 else "")
    called = f"{new[doubt.new]} ({doubt.new})" if doubt.new in new else doubt.new
    return f"not joined: {called} and {known}; {WHY.get(doubt.why, doubt.why)} the same {_rule(doubt.rule)}"


def _disputed(conflict: Conflict) -> str:
    name = conflict.attribute
    says = "; ".join(f"{source} says {_value(name, value)}" for source, value in conflict.others)
    of = f"{conflict.ci} {about(conflict.subject, name)}"
    return f"{of}: kept {_value(name, conflict.kept)} of {conflict.source}; {says}"


def _rule(rule: Rule) -> str:
    *others, last = (WORDS.get(name, name.replace("_", " ")) for name in rule)
    return f"{', '.join(others)} and {last}" if others else last


def _value(name: str, value: object) -> str:
    if value is None:
        return "nothing"
    if name in DURATIONS and isinstance(value, int):
        return show_minutes(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _told(conflict: Conflict) -> dict[str, Any]:
    others = [{"source": source, "value": value} for source, value in conflict.others]
    return {**conflict._asdict(), "others": others}
