"""The verb that looks for promises which cannot be kept, before anything breaks."""

import csv
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from api.cells import plain
from api.continuity import facts
from api.render import paged, shape
from api.tables_continuity import print_ci, print_gaps, print_sectors, print_services
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
    revision_of,
    zone_of,
)
from impact.continuity.fixes import fixes
from impact.continuity.gap_counts import of_ci, sectors, services, summary
from impact.continuity.gap_offenders import offenders
from impact.continuity.gap_pages import COLUMNS, GapFilter, rows, unknown_promises
from impact.continuity.gap_pages import gaps as gap_page
from impact.continuity.gap_report import GapType
from impact.question import Question, resolve
from impact.states import Assumption

PAGE = 50


class By(StrEnum):
    """What to add gaps up by."""

    service = "service"
    sector = "sector"


def gaps(
    ci: Annotated[str, typer.Argument(help="Only what concerns this CI: its promises, and what it needs.")] = "",
    by: Annotated[By | None, typer.Option("--by", help="Numbers for each service, or each sector.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Every gap as CSV, one row each.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every gap, service and offender.")] = False,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Promises that cannot be kept: RTO and RPO held against what they rest on, and what would fix most."""
    if as_csv and (as_json or by):
        raise Refused("--csv lists gaps alone; leave out --json and --by")
    if by is By.sector and ci:
        raise Refused("sectors are counted for the whole estate; leave out the CI, or --by sector")
    zone = zone_of(tz)
    with opened(store, model) as workspace:
        question = workspace.ask([], at=revision_of(workspace, as_of, zone))
        at = resolve(question.estate, [Assumption(ci)], question.as_of)[0] if ci else None
        if as_csv:
            return write_csv(question, at)
        if as_json:
            return print_json(answer(question, at, everything))
        if by is By.sector:
            return print_sectors(console(), question, facts(question), zone)
        if by is By.service:
            return print_services(console(), question, facts(question), zone, at, everything)
        if at is not None:
            return print_ci(console(), question, facts(question), zone, at, everything)
        return print_gaps(console(), question, facts(question), zone, everything)


def answer(question: Question, ci: int | None, everything: bool) -> dict[str, Any]:
    """The report as JSON, in the shape of the GraphQL answer; of one CI, with all that offends against it."""
    estate, first, where = question.estate, None if everything else PAGE, GapFilter(service=ci)
    lists = paged(
        promiseGaps=gap_page(estate, GapType.promise, first, None, where),
        recoveryGaps=gap_page(estate, GapType.recovery, first, None, where),
        dataGaps=gap_page(estate, GapType.data, first, None, where),
        unknownPromises=unknown_promises(estate, first, None, where),
        services=services(estate, first, None, where),
    )
    told = {"completeness": shape(facts(question))}
    if ci is None:
        return {
            **told,
            "summary": shape(summary(estate)),
            "sectors": shape(sectors(estate)),
            "fixes": shape(fixes(estate)),
            **lists,
        }
    against = {type_.value: shape(offenders(estate, ci, type_, first).nodes) for type_ in GapType}
    return {**told, "ci": shape(of_ci(estate, ci)), "offenders": against, **lists}


def write_csv(question: Question, ci: int | None) -> None:
    """Every gap, or those among what a CI needs, on standard output."""
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for row in rows(question.estate, GapFilter(service=ci)):
        writer.writerow([plain(cell) for cell in row])
    sys.stdout.flush()
