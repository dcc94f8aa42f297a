"""The verbs that ask: what breaks, and why."""

from typing import Annotated, Any

import numpy as np
import typer

from api.lines import as_of_words
from api.render import camel, paged, shape
from api.scenario import MOST_CREWS
from api.terminal import print_impact, print_why
from api.verbs.options import (
    STORE,
    AsOfOption,
    Failed,
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
from cmdb.store.port import Head
from impact.analyses import affected as affected_page
from impact.analyses import (
    affected_services,
    call,
    client_groups,
    clocks,
    completeness,
    holding,
    notify,
    restore_order,
    scenario,
    summarize,
    why_not,
)
from impact.analyses import why as prove
from impact.analyses.affected import COLUMNS, rows
from impact.question import Question, resolve
from impact.states import Assumption, Level

PAGE = 50


def impact(
    failed: Failed,
    since: Annotated[str, typer.Option(help="When it began, such as 02:40: clocks run from then.")] = "",
    declared: Annotated[str, typer.Option(help="When work on it began; now when it is left out.")] = "",
    crews: Annotated[int | None, typer.Option(min=1, max=MOST_CREWS, help="How many restore at once.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every service, client group, step and CI.")] = False,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """What breaks when these CIs fail: services, people, clocks, whom to call, what holds, what is unknown."""
    zone = zone_of(tz)
    with opened(store, model) as workspace:
        at = revision_of(workspace, as_of, zone)
        started, begun = moment_of(since, zone), moment_of(declared, zone)
        if started and begun and begun < started:
            raise Refused(f"--declared {declared} is before --since {since}; work begins when it has begun, or later")
        question = workspace.ask(scenario_of(failed), started, at, begun)
        if as_json:
            print_json(answer(question, everything, crews))
        else:
            print_impact(console(), question, zone, everything, crews)


def answer(question: Question, everything: bool, crews: int | None = None) -> dict[str, Any]:
    """The whole answer as JSON; lists hold their first page, or with `everything` all there is."""
    first = None if everything else PAGE
    lists = paged(
        affected=affected_page(question, 1 if everything else PAGE),
        services=affected_services(question, first),
        clientGroups=client_groups(question, first),
        clocks=clocks(question, first),
        holding=holding(question, first),
    )
    if everything:
        names = [camel(name) for name in COLUMNS]
        lists["affected"] = [dict(zip(names, row, strict=True)) for row in rows(question)]
        lists["pages"]["affected"].update(endCursor=None, hasNextPage=False)
    return {
        "scenario": shape(scenario(question)),
        "completeness": shape(completeness(question)),
        "summary": shape(summarize(question)),
        **lists,
        "restoreOrder": shape(restore_order(question, crews, first)),
        "call": shape(call(question)),
        "notify": shape(notify(question)),
    }


def why(
    ci: Annotated[str, typer.Argument(help="The CI to explain.")],
    failed: Failed,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Why a CI is affected when others fail: the shortest proof; and if it is not down, what holds it."""
    zone = zone_of(tz)
    with opened(store, model) as workspace:
        question = workspace.ask(scenario_of(failed), at=revision_of(workspace, as_of, zone))
        (at,) = resolve(question.estate, [Assumption(ci)], question.as_of)
        found = prove(question, at)
        down = question.walk.levels_of(np.array([at], np.int32))[0] == Level.DOWN
        margin = None if down else why_not(question, at)
        if as_json:
            sure = shape(completeness(question))
            print_json({"completeness": sure, "why": shape(found), "whyNot": shape(margin)})
        else:
            if question.as_of:
                console().print(as_of_words(Head(*question.estate.head), zone))
            print_why(console(), found, margin)
