"""CIs that may be one, decisions on that, and where sources disagree: in words for a terminal, and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from api.identity import Disagreement, disagreements, known, known_words, others_words, value_words
from api.identity_pages import Disputes, Double, Doubles
from api.import_report import Effect
from api.lines import named, print_labelled
from api.matching import Matching, holders
from api.render import shape
from api.tables_import_effect import print_effect
from cmdb.model.ci import CI, Relation
from cmdb.model.claims import claims_of, voices
from cmdb.model.model import Model
from cmdb.reconcile.claims import about
from cmdb.records.matching import Decided
from cmdb.records.source_types import Verdict
from impact.report import CiRef
from impact.words import counted

SHOWN = 8
LIKELY, MAYBE = 90, 80
"""Scores from which a pair is likely one, or may well be."""


def told_ci(ci: CI) -> dict[str, Any]:
    """A CI as JSON, with what each source says of it."""
    return {
        "id": ci.id, "kind": ci.kind, "name": ci.name, "sector": ci.sector, "lifecycle": ci.lifecycle,
        "claims": claims_json(ci),
    }  # fmt: skip


def claims_json(ci: CI) -> list[dict[str, Any]]:
    """What each source says of a CI, as JSON."""
    return [
        {"source": one.source, "key": one.key, "edited": one.edited, "fields": list(one.values), "values": one.values}
        for one in known(ci)
    ]


def doubles_json(found: Doubles) -> dict[str, Any]:
    """Proposals as JSON."""
    nodes = [
        {"score": one.score, "reasons": list(one.reasons), "why": one.why, "keep": told_ci(one.keep.ci),
         "other": told_ci(one.other.ci)}
        for one in found.page.nodes
    ]  # fmt: skip
    page = found.page
    return {"revision": found.revision, "leftOut": found.left_out, "duplicates": nodes, "totalCount": page.total_count}


def print_doubles(out: Console, found: Doubles) -> None:
    """Proposals, likeliest first."""
    page = found.page
    if not page.total_count:
        return out.print("  No two CIs look like one, or all that do were said to be distinct.")
    pairs = counted(page.total_count, "pair")
    out.print(f"  [bold]{pairs} of CIs may be one[/]; nothing is joined unless you say so\n")
    for one in page.nodes:
        _print_double(out, one)
    if page.has_next_page:
        out.print(f"  [dim]{page.total_count - len(page.nodes):,} more: --first {page.total_count}[/]")
    return None


def _print_double(out: Console, one: Double) -> None:
    keep, other = one.keep.ci, one.other.ci
    style = "bold red" if one.score >= LIKELY else "yellow" if one.score >= MAYBE else "cyan"
    out.print(f"  [{style}]{one.score:>3}[/]  {escape('; '.join(one.reasons))}")
    print_labelled(out, "  keep", [f"{_named(keep)}[dim]{escape('; ' + one.why)}[/]"])
    print_labelled(out, "  other", [_named(other)])
    out.print(Padding(f"[dim]cmdb merge {_argument(keep.id)} {_argument(other.id)}[/]", (0, 0, 0, 12)))
    out.print(Padding(f"[dim]cmdb distinct {_argument(keep.id)} {_argument(other.id)}[/]\n", (0, 0, 0, 12)))


def _argument(text: str) -> str:
    """An id as a shell takes it."""
    from shlex import quote

    return escape(quote(text))


def _named(ci: CI) -> str:
    sources = ", ".join(dict.fromkeys(claim.source for claim in claims_of(ci)))
    state = "" if ci.lifecycle == "live" else f" · {ci.lifecycle}"
    return f"[bold]{escape(_title(ci))}[/] {escape(f'{ci.kind} · {ci.sector}{state} · from {sources}')}"


def _title(ci: CI) -> str:
    return named(CiRef(ci.id, ci.kind, ci.name))


def disputes_json(found: Disputes) -> dict[str, Any]:
    """Disagreements as JSON."""
    return {
        "revision": found.revision,
        "conflicts": [{**told_dispute(one.told), "name": one.ci.name} for one in found.page.nodes],
        "totalCount": found.page.total_count,
        "cis": found.cis,
        "byAttribute": [{"attribute": name, "count": count} for name, count in found.by_attribute],
    }


def told_dispute(one: Disagreement) -> dict[str, Any]:
    """One disagreement as JSON."""
    others = [said._asdict() for said in one.others]
    return {
        "ci": one.ci, "subject": one.subject or None, "attribute": one.attribute, "unit": one.unit, "kept": one.kept,
        "source": one.source, "others": others, "grounds": one.grounds.value, "why": one.why,
    }  # fmt: skip


def print_disputes(out: Console, found: Disputes) -> None:
    """Disagreements, by CI."""
    page = found.page
    if not page.total_count:
        return out.print("  No sources disagree, as far as is recorded and asked for.")
    values = f"{counted(page.total_count, 'value')} of {counted(found.cis, 'CI')}"
    parts = ", ".join(f"{name} {count:,}" for name, count in found.by_attribute[:SHOWN])
    more = ", …" if len(found.by_attribute) > SHOWN else ""
    out.print(f"  [bold]Sources disagree on {values}[/]: {escape(parts)}{more}\n")
    last = None
    for one in page.nodes:
        if one.ci.id != last:
            out.print(f"  [bold]{escape(_title(one.ci))}[/]")
        last = one.ci.id
        print_dispute(out, one.told)
    if page.has_next_page:
        out.print(f"  [dim]{page.total_count - len(page.nodes):,} more: --first {page.total_count}[/]")
    return None


def print_dispute(out: Console, one: Disagreement, width: int = 14) -> None:
    """One disagreement: what is kept and why, below it what the others say."""
    of = f"of {one.subject}: " if one.subject else ""
    kept = escape(f"{of}{value_words(one.kept, one.unit)} ({one.source})")
    print_labelled(out, escape(one.attribute), [f"{kept} · {_others(one)}"], width)


def _others(one: Disagreement) -> str:
    """What the others say, and why it does not stand."""
    return f"[yellow]{escape(others_words(one.others, one.unit))}[/] [dim]– {escape(one.why)}[/]"


def _told(one: Disagreement) -> str:
    """A disagreement on one line, without what is kept."""
    return f"{escape(about(one.subject, one.attribute))}: {_others(one)}"


def print_known(out: Console, ci: CI, disputes: Iterable[Disagreement]) -> None:
    """Where a CI is known from, and where its sources disagree; nothing for one that a single source describes."""
    if words := known_words(ci):
        out.print(Padding(escape(words), (0, 0, 0, 2)))
    for one in disputes:
        print_labelled(out, "disagreement", [_told(one)], 16)


def matching_json(found: Matching, effect: Effect) -> dict[str, Any]:
    """What a decision would change, as JSON."""
    return {
        "applied": False,
        "cis": [told_ci(ci) for ci in found.cis],
        "gone": found.gone,
        "conflicts": [told_dispute(one) for one in found.conflicts],
        "counts": [count._asdict() for count in found.plan.counts()],
        "joined": [_relation(one) for one in found.joined],
        "dropped": [_relation(one) for one in found.dropped],
        "records": list(found.records),
        "effect": shape(effect),
    }


def print_matching(out: Console, model: Model, found: Matching, effect: Effect) -> None:
    """What a decision would change, in words."""
    if found.gone is None:
        old, new = found.cis
        told = f"{_named(new)}\nwould be parted from {_named(old)}\n"
    else:
        told = f"{_named(found.before[1])}\nwould become part of {_named(found.before[0])}\n"
    out.print(Padding(told, (0, 0, 0, 2)))
    if found.gone is not None:
        _print_unlike(out, model, *(ci.kind for ci in found.before))
    for ci in found.cis:
        _print_ci(out, model, ci, found)
    print_labelled(out, "Relations", _relations(found), 12)
    print_labelled(out, "Pools", [escape(f"{p.name} comes to {p.ci}") for p in found.plan.pools.created], 12)
    others = [f"{escape(one.ci)} {_told(one)}" for one in found.conflicts if all(ci.id != one.ci for ci in found.cis)]
    print_labelled(out, "Disagree", [*others[:SHOWN], *_more(others)], 12)
    if found.records:
        print_labelled(out, "Records", [f"{escape(', '.join(found.records))}: name the CI that stays"], 12)
    out.print()
    print_effect(out, effect)
    out.print("  nothing was written; run it without --plan to write it")


def _print_unlike(out: Console, model: Model, kind: str, other: str) -> None:
    """A warning where two kinds share no rules by which CIs are identified."""
    if kind != other and len({model.identified.get(one, (one,))[0] for one in (kind, other)}) > 1:
        told = (
            f"{other} and {kind} are kinds that no import takes for one; what only {other} has is kept, and not shown"
        )
        out.print(Padding(f"[bold yellow]{escape(told)}[/]\n", (0, 0, 0, 2)))


def _print_ci(out: Console, model: Model, ci: CI, found: Matching) -> None:
    """A CI as it would stand: each value and whose it is, those that are new first."""
    before = next((one for one in found.before if one.id == ci.id), None)
    values = {} if before is None else {**before._asdict(), **before.attributes}
    declared = model.attributes[ci.kind]
    new, kept = list[str](), list[str]()
    for name, value, source in holders(model, ci):
        words = f"{name} {value_words(value, declared[name].unit if name in declared else '')} ({source})"
        (kept if values.get(name) == value else new).append(escape(words))
    told = [f"[bold]becomes[/] {' · '.join(new)}"] if new else []
    told += [f"keeps {' · '.join(kept)}"] if kept else []
    told += [escape(words)] if (words := known_words(ci)) else []
    told += [_told(one) for one in found.conflicts if one.ci == ci.id]
    print_labelled(out, escape(ci.id), told, 12)


def _staying(old: CI, new: CI) -> str:
    """That relations stay with the CI that another was parted from, where they do."""
    if all(claim.source != new.source or claim.edited for claim in claims_of(old)):
        return ""
    return (
        f"{new.source} has another record in {old.id}: its relations and pools stay there until {new.source} is "
        "imported again"
    )


def _relations(found: Matching) -> Iterator[str]:
    if found.gone is None and (words := _staying(*found.cis)):
        yield escape(words)
    count = len(found.moved)
    name = "relation now names" if count == 1 else "relations now name"
    yield from _some(f"{count:,} {name} {found.cis[-1].id}", found.moved)
    if found.shared:
        yield f"{found.shared:,} that both had already"
    for one in found.joined[:SHOWN]:
        yield f"[dim]{escape(f'{_relation(one)}: stated by {_speakers(one)}')}[/]"
    yield from _more(found.joined)
    yield from _some(f"{len(found.dropped):,} left out, as no CI depends on itself", found.dropped)


def _speakers(one: Relation) -> str:
    return " and ".join(voice.source for voice in voices(one))


def _some(words: str, relations: Sequence[Relation]) -> Iterator[str]:
    """The words and the relations that they are about; nothing where there is none."""
    if relations:
        yield escape(words)
    for one in relations[:SHOWN]:
        yield f"[dim]{escape(_relation(one))}[/]"
    yield from _more(relations)


def _more(things: Sequence[Any]) -> Iterable[str]:
    return [f"[dim]and {len(things) - SHOWN:,} more[/]"] if len(things) > SHOWN else []


def _relation(one: Relation) -> str:
    return f"{one.from_id} {one.type} {one.to_id}" + (f" in pool {one.pool}" if one.pool else "")


def decided_json(done: Decided) -> dict[str, Any]:
    """A decision as JSON."""
    match = done.match
    return {
        "revision": done.revision, "number": match.number, "verdict": match.verdict.value, "who": match.who,
        "decidedAt": shape(match.decided_at), "note": match.note, "cis": [told_ci(ci) for ci in done.cis],
    }  # fmt: skip


def print_decided(out: Console, model: Model, done: Decided) -> None:
    """A decision in words, and how to take it back."""
    decision = done.match
    ids = [escape(part.ci) for part in decision.cis]
    arguments = " ".join(_argument(part.ci) for part in decision.cis)
    back = f"to take it back: cmdb undo r{done.revision}"
    match decision.verdict:
        case Verdict.same:
            told = f"{ids[1]} is part of {_named(done.cis[0])} now"
        case Verdict.parted:
            told = f"{_named(done.cis[1])} was parted from {ids[0]}; no import joins them again"
            if words := _staying(done.cis[0], done.cis[1]):
                told += f"\n{escape(words)}"
        case Verdict.distinct:
            told = f"{ids[0]} and {ids[1]} are two: not proposed again, and no import joins them"
            back = f"to take it back: cmdb distinct {arguments} --take-back"
        case Verdict.undecided:
            told = f"whether {ids[0]} and {ids[1]} are two is open again"
            back = f"if they are two: cmdb distinct {arguments}"
    out.print(Padding(told, (0, 0, 0, 2)))
    for one in disagreements(model, done.cis[0]) if decision.verdict is Verdict.same else ():
        print_dispute(out, one)
    out.print(f"[dim]  {decision.number}, recorded as revision {done.revision}; {back}[/]")


def print_withdrawn(out: Console, ci: CI, revision: int, replayed: bool) -> None:
    """What stands once an edit was taken back."""
    out.print(f"  {_named(ci)} [dim]{escape(known_words(ci))}[/]")
    before = "done before under this key, " if replayed else ""
    out.print(f"[dim]  {before}recorded as revision {revision}; to take it back: cmdb undo r{revision}[/]")
