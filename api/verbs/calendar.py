"""The verbs about time: the calendar, and freeze windows."""

import csv
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

import typer

from api.cells import plain
from api.render import shape
from api.verbs.options import (
    STORE,
    AsOfOption,
    JsonOption,
    ModelOption,
    Refused,
    StoreOption,
    ZoneOption,
    console,
    opened,
    print_json,
    zone_of,
)
from api.verbs.signing import Key, Message, NumberArgument, refusing, signed
from api.verbs.windows import end_of, moment_at, start_of
from cmdb.model.ci import CiId
from cmdb.records.kinds import FreezeType
from cmdb.records.record_types import CoveredCi

PAGE = 50
DAYS = timedelta(days=7)
Start = Annotated[str, typer.Option("--from", help="Start: 22:00 (the next), 2026-11-24, or with an offset.")]
End = Annotated[str, typer.Option("--to", help="End, not included: a time, or 7d from the start.")]
All = Annotated[bool, typer.Option("--all", help="Every line.")]


def calendar(
    start: Annotated[str, typer.Option("--from", help="Start: 2026-11-24, or a time; now by default.")] = "",
    end: Annotated[str, typer.Option("--to", help="End, not included; 7d from the start by default.")] = "",
    everything: All = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Everything, as CSV.")] = False,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """What is planned, forbidden and going on: changes, freeze windows, open incidents, with collisions marked."""
    from api.calendar import COLUMNS
    from api.calendar import calendar as calendar_of
    from api.records import standing
    from api.tables_calendar import print_calendar

    if as_csv and as_json:
        raise Refused("take one of --csv and --json")
    zone = zone_of(tz)
    with opened(store, model) as workspace, refusing(workspace):
        at = standing(workspace, moment_at(as_of, zone))
        from_ = start_of(start, zone, at.moment) if start else at.moment
        found = calendar_of(at, from_, end_of(end, from_, zone) if end else from_ + DAYS)
        if as_csv:
            writer = csv.writer(sys.stdout)
            writer.writerow(COLUMNS)
            writer.writerows([plain(shape(cell)) for cell in row] for row in found.rows())
            sys.stdout.flush()
        elif as_json:
            from api.verbs.reviewing import calendar_json

            print_json(calendar_json(found, everything))
        else:
            print_calendar(console(), found, zone, everything)


def declare(
    title: Annotated[str, typer.Option(help="What it is for, in a line.")],
    start: Start,
    end: End,
    ci: Annotated[list[str] | None, typer.Option(help="A CI it covers; may be repeated.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="A kind it covers, descendants included.")] = None,
    sector: Annotated[list[str] | None, typer.Option(help="A sector it covers; may be repeated.")] = None,
    blackout: Annotated[bool, typer.Option("--blackout", help="Nothing it covers may go down, by any change.")] = False,
    number: Annotated[str | None, typer.Option(help="Its number; else the next free one.")] = None,
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Declare a freeze or blackout window; where no CI, kind or sector is named, it covers all CIs."""
    from api.calendar import freeze_window
    from api.reviews import standing_after
    from api.tables_calendar import print_freeze
    from cmdb.records.drafts import FreezeDraft

    zone = zone_of(tz)
    with opened(store, model) as workspace, refusing(workspace):
        from_ = start_of(start, zone, workspace.clock())
        draft = FreezeDraft(
            title=title, start=from_, end=end_of(end, from_, zone), number=number,
            type=FreezeType.blackout if blackout else FreezeType.freeze, kinds=tuple(kind or ()),
            sectors=tuple(sector or ()), cis=tuple(CoveredCi(CiId(one)) for one in ci or ()),
        )  # fmt: skip
        value, revision, replayed = workspace.desk.declare_freeze(draft, signed(key, message))
        shown = freeze_window(standing_after(workspace, revision), value, revision)
        if as_json:
            print_json({"freeze": shape(shown), "revision": revision, "replayed": replayed})
        else:
            print_freeze(console(), shown, zone)


def cancel(
    number: NumberArgument,
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Call a freeze or blackout window off."""
    from api.calendar import freeze_window
    from api.reviews import standing_after
    from api.tables_calendar import print_freeze

    zone = zone_of(tz)
    with opened(store, model) as workspace, refusing(workspace):
        target = workspace.records().book.find("freeze", number).key
        value, revision, replayed = workspace.desk.cancel_freeze(target, signed(key, message))
        shown = freeze_window(standing_after(workspace, revision), value, revision)
        if as_json:
            print_json({"freeze": shape(shown), "revision": revision, "replayed": replayed})
        else:
            print_freeze(console(), shown, zone)


def list_(
    start: Annotated[str, typer.Option("--from", help="Only windows that end after it.")] = "",
    end: Annotated[str, typer.Option("--to", help="Only windows that start before it.")] = "",
    cancelled: Annotated[bool, typer.Option("--cancelled", help="Also those called off.")] = False,
    everything: All = False,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Freeze and blackout windows, by start."""
    from api.calendar import freeze_window, freezes, ordered, place
    from api.records import standing
    from api.tables_calendar import print_freezes
    from impact.report import Page

    zone = zone_of(tz)
    with opened(store, model) as workspace, refusing(workspace):
        at = standing(workspace, moment_at(as_of, zone))
        from_ = start_of(start, zone, at.moment) if start else None
        to = end_of(end, from_ or at.moment, zone) if end else None
        page = ordered(freezes(at, from_, to, cancelled), place, None if everything else PAGE, None)
        nodes = [freeze_window(at, one) for one in page.nodes]
        shown = Page(nodes, page.total_count, page.end_cursor, page.has_next_page)
        if as_json:
            print_json(shape(shown))
        else:
            print_freezes(console(), shown, zone)


FREEZE_VERBS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("declare", declare),
    ("cancel", cancel),
    ("list", list_),
)
"""What `cmdb freeze` can do, in the order of the help."""
