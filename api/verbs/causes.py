"""The verbs that look for what is behind: which single cause explains what is seen, and what was changed below it."""

from datetime import tzinfo
from typing import Annotated, Any

import typer

from api.causes import find_causes
from api.changed import Changed
from api.changed import changed as changes_below
from api.changed_report import RecordedChange
from api.render import point, shape
from api.tables_causes import print_causes, print_changed
from api.verbs.options import (
    STORE,
    AsOfOption,
    JsonOption,
    ModelOption,
    Refused,
    StoreOption,
    ZoneOption,
    console,
    moment_of,
    opened,
    print_json,
    revision_of,
    zone_of,
)
from impact.analyses import completeness
from impact.causes.answer import Cause, Causes
from impact.causes.evidence import Sighting
from impact.report import Page
from impact.states import ImpactState

FIRST_SCREEN, PAGE = 20, 50

Affected = Annotated[
    list[str],
    typer.Argument(help="CI, CI=STATE (at least that bad) or CI=STATE@TIME: known to be affected, and since when."),
]
FineOption = Annotated[list[str] | None, typer.Option("--fine", help="A CI known to be fine; may be repeated.")]
FirstOption = Annotated[int, typer.Option(min=1, max=200, help="How many candidates at most.")]
WhyOption = Annotated[bool, typer.Option("--why", help="How the best candidate leads to each symptom.")]
SinceOption = Annotated[str, typer.Option("--since", help="Changes after it: r42, 02:40 or 2026-11-22T02:40:00-04:00.")]
UntilOption = Annotated[str, typer.Option("--until", help="Changes up to it, the same; up to now when left out.")]


def causes(
    affected: Affected,
    fine: FineOption = None,
    first: FirstOption = 10,
    why: WhyOption = False,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Which single failure explains best what is seen: what each candidate explains, leaves, wrongly predicts."""
    zone = zone_of(tz)
    seen = [sighting_of(text, zone) for text in affected]
    with opened(store, model) as workspace:
        found = find_causes(workspace, seen, fine or (), first, None, revision_of(workspace, as_of, zone))
        if as_json:
            print_json(told(found, why))
        else:
            print_causes(console(), found, zone, why)


def sighting_of(text: str, zone: tzinfo) -> Sighting:
    """`CI`, `CI=STATE`, `CI@TIME` or `CI=STATE@TIME`; what follows the last `@` counts only if it is a time."""
    head, mark, time = text.rpartition("@")
    seen_at = None
    if mark and head:
        try:
            seen_at = moment_of(time, zone)
        except Refused:
            head = text
    else:
        head = text
    ci, sign, state = head.rpartition("=")
    if not sign:
        return Sighting(head, None, seen_at)
    word = state.strip().lower()
    if not ci or word not in ImpactState.__members__:
        accepted = ", ".join(ImpactState.__members__)
        raise Refused(f"'{state}' is not a state; write CI=STATE with one of {accepted}, and @TIME behind it")
    return Sighting(ci, ImpactState[word], seen_at)


def told(found: Causes, proofs: bool) -> dict[str, Any]:
    """The answer as JSON, in the shape of the GraphQL answer; with `proofs` the proof of every explained symptom."""
    return {
        "completeness": shape(found.completeness()),
        "affected": shape(found.affected()),
        "fine": shape(found.fine()),
        "considered": found.considered,
        "nodes": [_cause(cause, proofs) for cause in found.nodes],
        "endCursor": found.end_cursor,
        "hasNextPage": found.has_next_page,
        "pair": shape(found.pair()),
    }


def _cause(cause: Cause, proofs: bool) -> dict[str, Any]:
    explained = cause.explained()
    find = cause.page.question.estate.register.find
    places = [at for one in explained if (at := find(one.ci.id)) is not None]
    why = {"why": [shape(cause.why(at)) for at in places]} if proofs else {}
    return {
        "ci": shape(cause.ci),
        "facts": shape(cause.facts()),
        "explained": shape(explained),
        "unexplained": shape(cause.unexplained()),
        "wronglyPredicted": shape(cause.wrongly_predicted()),
        "further": shape(cause.further()),
        **why,
    }


def changed(
    cis: Annotated[list[str], typer.Argument(help="CIs; what they depend on is looked at, and they themselves.")],
    since: SinceOption,
    until: UntilOption = "",
    everything: Annotated[bool, typer.Option("--all", help="Every change.")] = False,
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """What was changed in everything that these CIs depend on: the nearest first, then the newest; who, when, what."""
    zone = zone_of(tz)
    with opened(store, model) as workspace:
        start, end = revision_of(workspace, since, zone), revision_of(workspace, until, zone)
        if start is None:
            raise Refused("--since is needed: r42, 02:40 or 2026-11-22T02:40:00-04:00")
        found = changes_below(workspace, cis, f"r{start.revision}", None if end is None else f"r{end.revision}")
        if as_json:
            print_json(_changed(found, found.page(None if everything else PAGE)))
        else:
            print_changed(console(), found, found.page(None if everything else FIRST_SCREEN), zone)


def _changed(found: Changed, shown: Page[RecordedChange]) -> dict[str, Any]:
    return {
        "completeness": shape(completeness(found.question)),
        "since": point(found.since),
        "until": point(found.until),
        "cis": shape([found.ref(ci) for ci in found.asked]),
        "coneSize": found.cone_size,
        "nodes": shape(shown.nodes),
        "totalCount": shown.total_count,
        "endCursor": shown.end_cursor,
        "hasNextPage": shown.has_next_page,
    }
