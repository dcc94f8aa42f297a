"""The verbs that change incidents: update, move, resolve, state, note."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.verbs.incident_shown import (
    About,
    Declared,
    Detected,
    Impact,
    Linked,
    Major,
    Owner,
    Urgency,
    known,
    say_written,
    show_written,
)
from api.verbs.options import (
    STORE,
    JsonOption,
    ModelOption,
    Refused,
    StoreOption,
    ZoneOption,
    moment_of,
    opened,
    scenario_of,
    zone_of,
)
from api.verbs.signing import Key, Message, NumberArgument, refusing, signed
from cmdb.model.ci import CiId
from cmdb.records.kinds import CauseType, IncidentState

if TYPE_CHECKING:  # what reads records takes a command longer to load than to answer
    from cmdb.records.record_types import Cause

When = Annotated[str, typer.Option("--at", help="When it happened, such as 02:40 (the last time it was that); now.")]
Text = Annotated[str, typer.Option("--text", help="What to say of it in the timeline.")]
Title = Annotated[str | None, typer.Option(help="What it is, in a line.")]
Expected = Annotated[int | None, typer.Option(help="The revision you last saw it at: refuse if it was changed since.")]
CauseOption = Annotated[CauseType | None, typer.Option("--cause", help="What caused it.")]
CauseText = Annotated[str, typer.Option(help="The cause in words.")]
CauseCi = Annotated[str | None, typer.Option(help="The CI that caused it.")]
CauseChange = Annotated[str | None, typer.Option(help="The number of the change that caused it.")]


def update(
    number: NumberArgument,
    title: Title = None,
    description: About = None,
    since: Annotated[str, typer.Option(help="When it really began.")] = "",
    detected: Detected = "",
    declared: Declared = "",
    major: Major = None,
    minor: Annotated[bool, typer.Option("--not-major", help="It is not major after all.")] = False,
    impact: Impact = None,
    urgency: Urgency = None,
    owner: Owner = None,
    resolution: Annotated[str | None, typer.Option(help="What brought it back.")] = None,
    problem: Linked = None,
    cause: CauseOption = None,
    cause_text: CauseText = "",
    cause_ci: CauseCi = None,
    cause_change: CauseChange = None,
    expected: Expected = None,
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Correct what is recorded of an incident; what is left out stays as it is."""
    from cmdb.records.drafts import IncidentEdit

    zone = zone_of(tz)
    edit = IncidentEdit(
        title=title, description=description, started_at=moment_of(since, zone), detected_at=moment_of(detected, zone),
        declared_at=moment_of(declared, zone), major=False if minor else None, major_reason=major, impact=impact,
        urgency=urgency, owner=owner, resolution=resolution, problem=problem,
        cause=_cause(cause, cause_text, cause_ci, cause_change),
    )  # fmt: skip
    with opened(store, model) as workspace, refusing(workspace):
        record = known(number)
        say_written(workspace, workspace.desk.edit_incident(record, edit, signed(key, message), expected), as_json)


def move(
    number: NumberArgument,
    to: Annotated[IncidentState, typer.Argument(help="The state to move it to.")],
    at: When = "",
    text: Text = "",
    expected: Expected = None,
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Move an incident to another state."""
    zone = zone_of(tz)
    with opened(store, model) as workspace, refusing(workspace):
        by, when = signed(key, message), moment_of(at, zone)
        written = workspace.desk.move_incident(known(number), to, by, when, text, expected=expected)
        say_written(workspace, written, as_json)


def resolve(
    number: NumberArgument,
    resolution: Annotated[str | None, typer.Option(help="What brought it back.")] = None,
    cause: CauseOption = None,
    cause_text: CauseText = "",
    cause_ci: CauseCi = None,
    cause_change: CauseChange = None,
    at: When = "",
    text: Text = "",
    expected: Expected = None,
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Everything is back: resolve an incident, and see which recovery objectives were kept."""
    zone = zone_of(tz)
    why = _cause(cause, cause_text, cause_ci, cause_change)
    with opened(store, model) as workspace, refusing(workspace):
        written = workspace.desk.move_incident(
            known(number), IncidentState.resolved, signed(key, message), moment_of(at, zone), text, resolution, why,
            expected,
        )  # fmt: skip
        show_written(workspace, written, zone, as_json)


def state(
    number: NumberArgument,
    cis: Annotated[list[str], typer.Argument(help="CI, or CI=STATE; operational: it was checked and is fine.")],
    at: When = "",
    text: Text = "",
    expected: Expected = None,
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """From a moment on CIs of an incident are in another state, or join it; one revision for each."""
    zone = zone_of(tz)
    if expected is not None and len(cis) > 1:
        raise Refused("--expected goes with one CI at a time")
    with opened(store, model) as workspace, refusing(workspace):
        record, when = known(number), moment_of(at, zone)
        for place, one in enumerate(scenario_of(cis)):
            by = signed(f"{key} {place}" if key and place else key, message)
            written = workspace.desk.set_state(record, CiId(one.ci), one.state.value, by, when, text, expected)
        show_written(workspace, written, zone, as_json)


def note(
    number: NumberArgument,
    text: Annotated[str, typer.Argument(help="What happened.")],
    at: When = "",
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Add a line to the timeline of an incident."""
    from cmdb.records.record_types import Incident
    from cmdb.records.service import Written

    zone = zone_of(tz)
    with opened(store, model) as workspace, refusing(workspace):
        value, revision, replayed = workspace.desk.note(known(number), text, signed(key, message), moment_of(at, zone))
        if isinstance(value, Incident):
            say_written(workspace, Written(value, revision, replayed), as_json)


def _cause(type_: CauseType | None, text: str, ci: str | None, change: str | None) -> "Cause | None":
    from cmdb.records.record_types import Cause

    if type_ is None and change is not None:
        type_ = CauseType.change
    if type_ is None:
        if text or ci:
            raise Refused("--cause is needed beside --cause-text or --cause-ci: say what type of cause it is")
        return None
    return Cause(type_, text, CiId(ci) if ci is not None else None, change)
