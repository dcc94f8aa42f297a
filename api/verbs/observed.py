"""The verbs about observed dependencies: count what a file shows, list what that means, confirm or reject it."""

from pathlib import Path
from typing import Annotated

import typer

from api.verbs.options import (
    STORE,
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
from api.verbs.signing import Key, Message, refusing, signed

PAGE, MOST = 20, 200
Numbers = Annotated[list[str], typer.Argument(help="Numbers of observations, such as OBS-0007.")]
StateOption = Annotated[
    str, typer.Option("--state", help="proposed (default), verified, questioned, rejected or set_aside.")
]
FirstOption = Annotated[int, typer.Option("--first", min=1, max=MOST, help="How many at most.")]
AfterOption = Annotated[str | None, typer.Option("--after", help="The cursor of the page before.")]

hints = typer.Typer(help="Observed dependencies: proposed, verified, questioned, rejected.", rich_markup_mode=None)


def observe(
    path: Annotated[
        Path, typer.Argument(help="Flows as .csv or .xlsx; or metrics, or the answer to a Prometheus query.")
    ],
    source: Annotated[str, typer.Option(help="Name of what observed it, such as otel.")] = "",
    plan_only: Annotated[bool, typer.Option("--plan", help="Show what it comes to and touch nothing.")] = False,
    at: Annotated[str, typer.Option(help="When metrics were read that have no times; else when the file was.")] = "",
    date_format: Annotated[str, typer.Option(help="How a flow table writes times: %d/%m/%Y %H:%M.")] = "",
    tz: ZoneOption = "",
    message: Message = "",
    key: Key = "",
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Count the dependencies that a file shows; those that are not recorded are then proposed by `cmdb hints`."""
    from api.observing import observed_json, read_file
    from api.tables_observed import print_observed
    from cmdb.store.bulk import collector_paused
    from importers.records.cells import Clock

    if not source:
        raise Refused("name what observed this, such as --source otel")
    clock = Clock.declared(date_format, zone_of(tz) if tz else None)
    with opened(store, model) as workspace, collector_paused():
        found = read_file(workspace, path, source, clock, moment_of(at, zone_of(tz)))
        done = found.plan() if plan_only else found.write(signed(key, message)._replace(source=source))
        if as_json:
            print_json(observed_json(found, done, not plan_only))
        else:
            print_observed(console(), found, done, not plan_only)


@hints.callback(invoke_without_command=True)
def list_(
    context: typer.Context,
    state: StateOption = "proposed",
    first: FirstOption = PAGE,
    after: AfterOption = None,
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Observed dependencies: proposed, verified, questioned, rejected."""
    if context.invoked_subcommand is not None:
        return
    from api.observed import Hints
    from api.observed_report import HintState
    from api.observing import hints_json
    from api.records import standing
    from api.tables_observed import print_hints

    word = state.strip().lower()
    if word not in HintState.__members__:
        raise Refused(f"'{state}' is not a state of hints; write one of {', '.join(HintState.__members__)}")
    with opened(store, model) as workspace:
        found = Hints(standing(workspace))
        page = found.page(HintState[word], first, after)
        if as_json:
            print_json(hints_json(found, page))
        else:
            print_hints(console(), found, HintState[word], page, zone_of(tz))


@hints.command()
def confirm(
    numbers: Numbers,
    type_: Annotated[str, typer.Option("--type", help="Type of the relation; else depends_on or uses.")] = "",
    effect: Annotated[str, typer.Option(help="down, degraded or at_risk; else that of the type.")] = "",
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Record a relation for each: whoever calls depends on whom it calls. All of it or nothing."""
    from api.observed import desk_of
    from api.observing import decided_json
    from api.tables_observed import print_decided

    with opened(store, model) as workspace, refusing(workspace):
        done = desk_of(workspace).confirm(numbers, signed(key, message), type_, effect)
        if as_json:
            print_json(decided_json(done))
        else:
            print_decided(console(), done)


@hints.command()
def reject(
    numbers: Numbers,
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Say that these are no dependencies; they come up again only when called ten times as often."""
    from api.observed import desk_of
    from api.observing import decided_json
    from api.tables_observed import print_decided

    with opened(store, model) as workspace, refusing(workspace):
        done = desk_of(workspace).reject(numbers, signed(key, message))
        if as_json:
            print_json(decided_json(done))
        else:
            print_decided(console(), done)
