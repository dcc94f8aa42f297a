"""What the verbs about incidents have in common: options, the moment asked for, and how an answer is shown."""

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from api.verbs.asking import answer
from api.verbs.options import console, moment_of, print_json, revision_of
from api.workspace import Workspace
from cmdb.model.record import RecordKey
from cmdb.records.kinds import Grade, MajorReason

if TYPE_CHECKING:  # what reads records takes a command longer to load than to answer
    from api.incidents import Picture
    from api.records import Standing
    from cmdb.records.record_types import Incident
    from cmdb.records.service import Written

AtOption = Annotated[str, typer.Option("--at", help="The moment to tell it for: 02:40 or 2026-11-22T02:40:00-04:00.")]
Everything = Annotated[bool, typer.Option("--all", help="Every line of every list.")]
About = Annotated[str | None, typer.Option("--description", help="What is known of it.")]
Major = Annotated[MajorReason | None, typer.Option("--major", help="Why it is major.")]
Impact = Annotated[Grade | None, typer.Option("--impact", help="How large its impact is; medium if left out.")]
Urgency = Annotated[Grade | None, typer.Option("--urgency", help="How urgent it is; medium if left out.")]
Owner = Annotated[str | None, typer.Option(help="Who answers for it: the id of a person or team, or a name.")]
Detected = Annotated[str, typer.Option(help="When somebody noticed.")]
Declared = Annotated[str, typer.Option(help="When work on it began; now when it is declared.")]
Linked = Annotated[str | None, typer.Option(help="The number of the problem behind it.")]


def standing_at(workspace: Workspace, at: str, as_of: str, zone: tzinfo) -> "Standing":
    """What is recorded now, or as of a revision or time, told for a moment. Raises `Refused`."""
    from api.records import standing

    head, moment = revision_of(workspace, as_of, zone), moment_of(at, zone)
    if head is None:
        return standing(workspace, None, moment)
    told = _time_in(as_of, zone)
    return standing(workspace, f"r{head.revision}", moment or told)


def _time_in(as_of: str, zone: tzinfo) -> datetime | None:
    """The time that `--as-of` gives; None where it gives a revision."""
    from cmdb.model.revision import NUMBER

    return None if NUMBER.fullmatch(as_of.strip()) else moment_of(as_of, zone)


def known(number: str) -> RecordKey:
    from api.records import key_of

    return key_of("incident", number)


def show_written(workspace: Workspace, written: "Written[Incident]", zone: tzinfo, as_json: bool) -> None:
    """An incident that was written, with its picture."""
    from api.incidents import Picture
    from api.records import standing

    workspace.wrote(written.revision)
    picture = Picture(standing(workspace), written.value)
    show_picture(picture, zone, as_json, False, None, written.revision)


def say_written(workspace: Workspace, written: "Written[Incident]", as_json: bool) -> None:
    """An incident that was written, in a line."""
    from api.incident_answer import head_json
    from api.records import standing
    from api.tables_incidents import print_written

    workspace.wrote(written.revision)
    if as_json:
        print_json({**head_json(standing(workspace), written.value, written.revision), "replayed": written.replayed})
    else:
        print_written(console(), written.value, written.replayed)


def show_picture(
    picture: "Picture", zone: tzinfo, as_json: bool, everything: bool, crews: int | None, revision: int | None = None
) -> None:
    from api.incident_answer import incident_json
    from api.tables_incidents import print_incident

    if as_json:
        print_json(incident_json(picture, answer(picture.question, everything, crews), everything, revision))
    else:
        print_incident(console(), picture, zone, everything, crews)
