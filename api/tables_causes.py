"""Common causes and changes for people: tables that work at 80 columns, in colour or plain."""

from collections.abc import Iterable
from datetime import tzinfo
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from api.changed import Changed
from api.changed_report import ChangedThing, FieldChange, RecordedChange
from api.difference import Turn
from api.lines import named, print_labelled, print_unknown, recorded_words, rests_on
from api.signs import SIGNS, moment
from impact.causes.answer import Cause, Causes
from impact.causes.report import CauseFacts, CausePair, Explained, Symptom
from impact.report import CiRef, Page
from impact.words import counted

NAMED, CHAIN = 6, 5
TURNS = {Turn.joined: ("+", "green"), Turn.left: ("−", "red"), Turn.changed: ("~", "yellow")}


def print_causes(out: Console, found: Causes, zone: tzinfo, proofs: bool) -> None:
    """The evidence, the candidates, and in full what the best one explains and what it does not."""
    sure = found.completeness()
    out.print(f"  [dim]{rests_on(sure, zone)}[/]\n")
    affected, fine = found.affected(), found.fine()
    print_labelled(out, "Seen", [", ".join(_symptom(symptom, zone) for symptom in affected)])
    print_labelled(out, "Fine", [_names(fine)] if fine else [])
    out.print()
    if found.nodes:
        out.print(_candidates(found, len(affected)))
        if found.has_next_page:
            out.print("  [dim]more: --first 50[/]")
        out.print()
        _best(out, found.nodes[0], proofs)
    else:
        out.print(
            "  No single CI explains any of this: nothing they depend on is recorded, or it is known to be fine.\n"
        )
    pair = found.pair()
    if pair:
        print_labelled(out, "Two", [_pair(pair, len(affected))])
    print_unknown(out, sure)


def _symptom(symptom: Symptom, zone: tzinfo) -> str:
    words = escape(symptom.ci.name)
    if symptom.state:
        words += f" {SIGNS[symptom.state][0][2:]}"
    if symptom.seen_at:
        words += f" since {moment(symptom.seen_at, zone)}"
    return words if symptom.in_service else f"{words} [bold](not in service)[/]"


def _candidates(found: Causes, symptoms: int) -> Padding:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("candidate", ratio=1, min_width=20)
    for name in ("explains", "wrong", "further hit", "hops"):
        table.add_column(name, justify="right", no_wrap=True)
    for cause in found.nodes:
        facts, further = cause.facts(), cause.further()
        services = f" ({further.services} svc)" if further.services else ""
        table.add_row(
            escape(named(cause.ci)), f"{facts.as_seen} of {symptoms}" + _doubts(facts),
            str(facts.wrong or "–"), f"{further.hit:,}{services}", str(facts.hops),
        )  # fmt: skip
    return Padding(table, (0, 0, 0, 2))


def _doubts(facts: CauseFacts) -> str:
    at_risk = f"\n+{facts.only_at_risk} at risk" if facts.only_at_risk else ""
    return at_risk + (f"\n{facts.seen_earlier} earlier" if facts.seen_earlier else "")


def _best(out: Console, cause: Cause, proofs: bool) -> None:
    facts, further, explained = cause.facts(), cause.further(), cause.explained()
    out.print(f"  [bold]{escape(named(cause.ci))}[/], {cause.ci.kind}, is the best explanation:")
    print_labelled(out, "Explains", [_explained(explained)])
    print_labelled(out, "Leaves", [_names(cause.unexplained())] if facts.unexplained else [])
    mistaken = [f"{escape(m.ci.name)} ({SIGNS[m.state][0][2:]})" for m in cause.wrongly_predicted()]
    print_labelled(out, "But fine", [", ".join(mistaken)] if mistaken else [])
    earlier = [one.ci for one in explained if one.seen_earlier]
    late = "seen before it was itself; a cause is not later than what it explains"
    print_labelled(out, "Earlier", [f"{_names(earlier)} [dim]{late}[/]"] if earlier else [])
    print_labelled(out, "Look at", [_names(further.examples)] if further.hit else [])
    if proofs:
        print_labelled(out, "Why", [_chain(cause, one) for one in explained])
    elif explained:
        far = max(explained, key=lambda one: (one.state.level, one.hops))
        out.print(f"  [dim]prove it: cmdb why {escape(far.ci.id)} {escape(cause.ci.id)}[/]")
    out.print()


def _explained(explained: Iterable[Explained]) -> str:
    ordered = sorted(explained, key=lambda one: -one.state.level)
    groups = groupby(ordered, key=lambda one: one.state)
    return "; ".join(f"{SIGNS[state][0]}: {_names([one.ci for one in group], 12)}" for state, group in groups)


def _chain(cause: Cause, one: Explained) -> str:
    proof = cause.why(cause.page.question.estate.register.find(one.ci.id) or 0).proof
    ids = [hop.ci.id for hop in proof]
    shown = ids if len(ids) <= CHAIN else [*ids[: CHAIN - 2], "…", ids[-1]]
    return escape(" ← ".join(shown))


def _pair(pair: CausePair, symptoms: int) -> str:
    left = f"; still unexplained: {_names(pair.unexplained)}" if pair.unexplained else ""
    words = (
        f"{escape(named(pair.first))} and {escape(named(pair.second))} together explain {pair.as_seen} of {symptoms}"
    )
    return f"{words}{left} [dim](the best one, then the best for the rest)[/]"


def print_changed(out: Console, found: Changed, shown: Page[RecordedChange], zone: tzinfo) -> None:
    """The changes, grouped by revision and CI: who, when, why, what, and how far away."""
    asked = ", ".join(escape(named(found.ref(ci))) for ci in found.asked[:NAMED])
    asked += f" and {len(found.asked) - NAMED} more" if len(found.asked) > NAMED else ""
    out.print(f"  below {asked}: {found.cone_size:,} CIs, themselves included")
    out.print(f"  [dim]after {recorded_words(found.since, zone)}, up to {recorded_words(found.until, zone)}[/]")
    if not shown.total_count:
        out.print("\n  Nothing was recorded about any of them in this span. That is what the records say, no more.")
        return
    for (revision, _), group in groupby(shown.nodes, key=lambda node: (node.revision, node.ci.id)):
        changes = list(group)
        one = changes[0]
        out.print(f"\n  [bold]{escape(named(one.ci))}[/] [dim]{_away(one)}[/]")
        note = f": {escape(one.message)}" if one.message else ""
        when = f"{one.recorded_at.astimezone(zone):%Y-%m-%d %H:%M}"
        out.print(f"    r{revision}  {when}  {escape(one.who)} from {escape(one.source)}{note}", soft_wrap=False)
        for change in changes:
            _change(out, change)
    if shown.has_next_page:
        out.print(f"\n  [dim]{shown.total_count - len(shown.nodes):,} more: --all[/]")


def _away(change: RecordedChange) -> str:
    if not change.hops:
        return "itself"
    ids = [step.ci.id for step in change.path]
    chain = ids if len(ids) <= CHAIN else [*ids[: CHAIN - 2], "…", ids[-1]]
    then = ", as it was before" if change.gone else ""
    return f"{counted(change.hops, 'hop')}: {escape(' → '.join(chain))}{then}"


def _change(out: Console, change: RecordedChange) -> None:
    mark, style = TURNS[change.turn]
    word = {Turn.joined: "came", Turn.left: "gone", Turn.changed: "changed"}[change.turn]
    what = "" if change.thing is ChangedThing.ci else f" {escape(change.what)}"
    values = ", ".join(_value(field) for field in change.fields) if change.turn is Turn.changed else ""
    so = "" if change.still_so else " [bold]no longer so[/]"
    line = Table.grid(padding=(0, 1))
    line.add_column(width=9, no_wrap=True)
    line.add_column(ratio=1)
    line.add_row(f"[{style}]{mark} {word}[/]", f"{what.strip()}{': ' if what and values else ''}{values}{so}")
    out.print(Padding(line, (0, 0, 0, 4)))


def _value(field: FieldChange) -> str:
    return escape(f"{field.name} {field.before or '–'} → {field.after or '–'}")


def _names(refs: Iterable[CiRef], most: int = NAMED) -> str:
    found = list(refs)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return escape(", ".join(ref.name for ref in found[:most])) + more
