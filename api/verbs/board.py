"""The verbs over many incidents: the board of what is open, service levels and trends."""

import csv
import sys
from enum import StrEnum
from typing import Annotated

import typer

from api.verbs.incident_shown import AtOption, standing_at
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
    zone_of,
)


class Sheet(StrEnum):
    """A table of the trends."""

    open = "open"
    months = "months"
    services = "services"
    groups = "groups"
    majors = "majors"
    caused = "caused"


Everything = Annotated[bool, typer.Option("--all", help="Every line of every list.")]
CsvOption = Annotated[Sheet | None, typer.Option("--csv", help="One table as CSV instead, for a spreadsheet.")]


def board(
    everything: Everything = False,
    at: AtOption = "",
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """All open incidents: whose clock runs out first, what they break together, whom to call."""
    from api.board import Board
    from api.incident_answer import board_json
    from api.tables_board import print_board

    zone = zone_of(tz)
    with opened(store, model) as workspace:
        found = Board(standing_at(workspace, at, as_of, zone))
        if as_json:
            print_json(board_json(found, everything))
        else:
            print_board(console(), found, zone, everything)


def trends(
    since: Annotated[str, typer.Option(help="From the month of this time on; the last twelve if left out.")] = "",
    sheet: CsvOption = None,
    everything: Everything = False,
    at: AtOption = "",
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Service levels and trends: what is open now; by month, service and client group what was kept and missed."""
    from api.incident_answer import trends_json
    from api.tables_board import print_trends
    from api.trends import trends_of
    from api.trends_sheets import sheet_of

    if sheet and as_json:
        raise Refused("take one of --csv and --json")
    zone = zone_of(tz)
    with opened(store, model) as workspace:
        found = trends_of(standing_at(workspace, at, as_of, zone), moment_of(since, zone), zone)
        if sheet:
            csv.writer(sys.stdout, lineterminator="\n").writerows(sheet_of(found, sheet.value))
        elif as_json:
            print_json(trends_json(found))
        else:
            print_trends(console(), found, zone, everything)
