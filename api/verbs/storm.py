"""The verb that replays a scripted hurricane on the demo province and checks what the board says: storm."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from api.verbs.moving import drawn
from api.verbs.options import JsonOption, Refused, console, print_json, zone_of
from api.verbs.serving import PROVINCE, load_province
from cmdb.model.errors import ValueFault

if TYPE_CHECKING:  # what reads records takes a command longer to load than to answer
    from api.storm.replay import Replay
    from api.storm.stops import Stop, Watcher

STORM = PROVINCE / "storm"
SCRATCH = "sqlite:bluenose-storm.db"
DIFFERS = 1
"""The exit code when the board says something else than the file expects."""


def storm(
    until: Annotated[str, typer.Option(help="Stop there, such as +24:00, and show the board.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Show everything as it happens, faster than life.")] = False,
    pace: Annotated[float, typer.Option(min=0.001, help="Hours of the storm in a second, with --watch.")] = 1.0,
    store: Annotated[str, typer.Option("--store", help="Keep it there, and go on if it was begun there.")] = "",
    tz: Annotated[str, typer.Option("--tz", help="Time zone for people; the storm's own by default.")] = "",
    as_json: JsonOption = False,
) -> int:
    """Replay 72 hours of a hurricane on the demo province, and check the board at fixed moments."""
    from api.storm.stops import Stop, fresh, replaying, stops_of
    from api.storm.story import read_story
    from api.storm.tables import print_board

    story, out = read_story(STORM), console()
    end = _offset(until) if until else None
    zone = zone_of(tz or story.zone)
    stops, answers = list[Stop](), list[dict[str, Any]]()
    with replaying(story, store or fresh(SCRATCH)) as (workspace, replay):
        with drawn() as progress:
            load_province(workspace, progress)
        watcher = _watcher(out, replay, pace, zone) if watch else None
        for stop in stops_of(workspace, replay, end, watcher):
            stops.append(stop)
            if as_json:
                answers.append(_told(stop))
            else:
                print_board(out, stop, zone)
    if as_json:
        print_json({"name": story.name, "stops": answers})
    else:
        _print_end(out, story.name, stops, store or SCRATCH)
    return DIFFERS if any(stop.found for stop in stops) else 0


def _watcher(out: Console, replay: "Replay", pace: float, zone: tzinfo) -> "Watcher":
    """Plays what happens up to a moment, at a pace, and shows each event."""
    from api.storm.tables import print_event

    def watch(to: timedelta) -> None:
        for event in replay.story.events[replay.played :]:
            if event.at > to:
                break
            time.sleep(max(0.0, (replay.story.at(event.at) - replay.clock.now).total_seconds() / 3600 / pace))
            replay.play(event)
            print_event(out, event, f"{replay.clock.now.astimezone(zone):%a %H:%M}")

    return watch


def _offset(text: str) -> timedelta:
    from api.storm.story import parse_offset

    try:
        return parse_offset(text)
    except ValueFault as fault:
        raise Refused(f"--until {fault.found}: accepted is {fault.accepted}", fault.code) from None


def _told(stop: "Stop") -> dict[str, Any]:
    """A stop as JSON."""
    from api.storm.story import told

    seen = stop.seen
    return {
        "at": told(stop.at), "moment": seen.standing.moment.isoformat(), "open": seen.open,
        "people": asdict(seen.people), "services": asdict(seen.services), "together": seen.together(),
        "checked": stop.checked, "differences": [str(difference) for difference in stop.found],
    }  # fmt: skip


def _print_end(out: Console, name: str, stops: "Sequence[Stop]", store: str) -> None:
    wrong = sum(bool(stop.found) for stop in stops)
    checked = sum(stop.checked for stop in stops)
    verdict = f"[bold red]{wrong} differ[/]" if wrong else "[green]✓ all as expected[/]"
    out.print(f"\n{name}: {checked} moments checked, {verdict}")
    out.print(f"  Look for yourself:  cmdb serve --store {store}")
