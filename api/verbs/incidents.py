"""The verbs about incidents: declare, show, list, update, move, resolve, state, note, drafts, review."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.lines import print_labelled, recorded_words
from api.render import shape
from api.scenario import MOST_CREWS
from api.verbs.incident_moves import move, note, resolve, state, update
from api.verbs.incident_shown import (
    About,
    AtOption,
    Declared,
    Detected,
    Everything,
    Impact,
    Linked,
    Major,
    Owner,
    Urgency,
    show_picture,
    show_written,
    standing_at,
)
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
    scenario_of,
    zone_of,
)
from api.verbs.signing import Key, Message, NumberArgument, refusing, signed
from cmdb.model.ci import CiId
from cmdb.model.record import OWN_SOURCE, RecordKey
from cmdb.records.kinds import Grade, IncidentState
from impact.incidents.report import DraftKind

if TYPE_CHECKING:  # what reads records takes a command longer to load than to answer
    from cmdb.records.record_types import Incident

PAGE = 50
Affected = Annotated[
    list[str] | None, typer.Argument(help="CI, or CI=STATE: down (default), degraded, at_risk, operational.")
]
States = Annotated[list[IncidentState] | None, typer.Option("--state", help="Only in this state; may be repeated.")]

DRIFTED = 5
"""CIs named of each part of a drift."""


def declare(
    cis: Affected,
    title: Annotated[str, typer.Option(help="What it is, in a line.")],
    since: Annotated[
        str, typer.Option(help="When it began, such as 02:40: clocks run from then. Now if left out.")
    ] = "",
    detected: Detected = "",
    declared: Declared = "",
    number: Annotated[str | None, typer.Option(help="Its number; else the next free one.")] = None,
    source: Annotated[str, typer.Option(help="The tool whose record it mirrors.")] = OWN_SOURCE,
    description: About = None,
    major: Major = None,
    impact: Impact = None,
    urgency: Urgency = None,
    owner: Owner = None,
    problem: Linked = None,
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Declare an incident on CIs, and see at once what it does, whom to call and what to restore."""
    from cmdb.records.drafts import AffectedDraft, IncidentDraft

    zone = zone_of(tz)
    stated = [AffectedDraft(CiId(one.ci), one.state.value) for one in scenario_of(cis or [])]
    with opened(store, model) as workspace, refusing(workspace):
        draft = IncidentDraft(
            title=title, started_at=moment_of(since, zone) or workspace.clock(), number=number, source=source,
            description=description or "", detected_at=moment_of(detected, zone),
            declared_at=moment_of(declared, zone), cis=tuple(stated), impact=impact or Grade.medium,
            urgency=urgency or Grade.medium, major_reason=major, owner=owner or "", problem=problem,
        )  # fmt: skip
        show_written(workspace, workspace.desk.declare_incident(draft, signed(key, message)), zone, as_json)


def show(
    number: NumberArgument,
    everything: Everything = False,
    crews: Annotated[int | None, typer.Option(min=1, max=MOST_CREWS, help="How many restore at once.")] = None,
    at: AtOption = "",
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """The picture of an incident: who is hit, clocks, whom to call and notify, what to restore, what is behind it."""
    from api.incidents import Picture

    zone = zone_of(tz)
    with opened(store, model) as workspace:
        standing = standing_at(workspace, at, as_of, zone)
        show_picture(Picture(standing, standing.book.find("incident", number)), zone, as_json, everything, crews)


def list_(
    everything: Everything = False,
    only_open: Annotated[bool, typer.Option("--open", help="Only those going on.")] = False,
    major: Annotated[bool, typer.Option("--major", help="Only major ones.")] = False,
    states: Annotated[
        list[IncidentState] | None, typer.Option("--state", help="Only in this state; may be repeated.")
    ] = None,
    ci: Annotated[str | None, typer.Option(help="Only about this CI.")] = None,
    since: Annotated[str, typer.Option(help="Going on at this time or after it.")] = "",
    until: Annotated[str, typer.Option(help="Begun before this time.")] = "",
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Incidents by number."""
    from api.incident_answer import incidents_json
    from api.incidents_found import IncidentsWanted, found_incidents
    from api.records import page_of
    from api.tables_incidents import print_list

    zone = zone_of(tz)
    wanted = IncidentsWanted(
        frozenset(states) if states else None, only_open or None, major or None, ci,
        moment_of(since, zone), moment_of(until, zone),
    )  # fmt: skip
    with opened(store, model) as workspace:
        standing = standing_at(workspace, "", as_of, zone)
        found = found_incidents(standing, wanted)
        page = page_of(found, _key, None if everything else PAGE, None, "incident")
        if as_json:
            print_json(incidents_json(standing, page))
        else:
            print_list(console(), page, zone)


def drafts(
    number: NumberArgument,
    kind: Annotated[list[DraftKind] | None, typer.Option(help="Which; else those that fit its state.")] = None,
    contact: Annotated[str, typer.Option(help="Whom clients should turn to.")] = "",
    advice: Annotated[str, typer.Option(help="What clients can do.")] = "",
    expected_at: Annotated[str, typer.Option("--back", help="When all is expected to be back.")] = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Messages to clients in plain English, filled from the facts; to be read and sent by a person."""
    from api.incidents import Picture
    from api.records import standing
    from api.tables_incidents import print_drafts

    zone = zone_of(tz)
    with opened(store, model) as workspace:
        at = standing(workspace)
        picture = Picture(at, at.book.find("incident", number))
        back = moment_of(expected_at, zone)
        found = [picture.draft(one, zone, contact, advice, back) for one in kind or picture.draft_kinds]
        if as_json:
            print_json({"key": str(picture.incident.key), "drafts": shape(found)})
        else:
            print_drafts(console(), found)


def review(
    number: NumberArgument,
    everything: Everything = False,
    at: AtOption = "",
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Look back upon an incident: which recovery objectives were kept or missed, and people-minutes lost."""
    from api.incident_answer import head_json, post_json
    from api.incidents import Picture
    from api.tables_incidents import print_head, print_post

    zone = zone_of(tz)
    with opened(store, model) as workspace:
        standing = standing_at(workspace, at, as_of, zone)
        picture = Picture(standing, standing.book.find("incident", number))
        if as_json:
            told = post_json(picture, None if everything else PAGE)
            return print_json({**head_json(standing, picture.incident), "postIncident": told})
        print_head(console(), picture.incident, standing.moment, zone)
        return print_post(console(), picture.post, zone, everything)


def drift(
    number: NumberArgument,
    since: Annotated[str, typer.Option(help="When it was last looked at: a revision such as r42, or a time.")],
    everything: Everything = False,
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """What an incident hits that it did not hit when it was last looked at, and the reverse."""
    from api.incidents import Picture
    from api.records import standing
    from api.tables_changes import moved_lines
    from api.tables_incidents import print_head

    zone = zone_of(tz)
    with opened(store, model) as workspace:
        at = standing(workspace)
        picture = Picture(at, at.book.find("incident", number))
        then = revision_of(workspace, since, zone)
        if then is None:
            raise Refused("--since is empty; write r42, 02:40 or 2026-11-22T02:40:00-04:00")
        told = picture.drift(f"r{then.revision}", 200 if everything else DRIFTED)
        if as_json:
            return print_json({"key": str(picture.incident.key), "drift": shape(told)})
        print_head(console(), picture.incident, at.moment, zone)
        lines = list(moved_lines(told)) or [f"nothing has changed since {recorded_words(then, zone)}"]
        return print_labelled(console(), "Drift", lines)


def _key(incident: "Incident") -> RecordKey:
    return incident.key


INCIDENT_VERBS = (
    ("declare", declare),
    ("show", show),
    ("list", list_),
    ("update", update),
    ("move", move),
    ("state", state),
    ("note", note),
    ("resolve", resolve),
    ("drafts", drafts),
    ("review", review),
    ("drift", drift),
)
"""What can be done about incidents, in the order of the help."""
