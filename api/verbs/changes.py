"""The verbs about planned changes: plan and show, edit and list, submit and decide, implement and end."""

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    scenario_of,
    zone_of,
)
from api.verbs.signing import Key, Message, NumberArgument, refusing, signed
from api.verbs.windows import end_of, moment_at, start_of
from api.workspace import Workspace
from cmdb.model.ci import CiId
from cmdb.model.durations import parse_minutes
from cmdb.model.errors import ValueFault
from cmdb.records.kinds import ChangeState, ChangeType, Decision
from cmdb.records.record_types import BackOut, Change, PlannedCi

if TYPE_CHECKING:  # what reviews takes a command longer to load than to answer
    from api.reviews import Review
    from cmdb.records.drafts import ChangeDraft
    from cmdb.records.service import Written

PAGE = 50
Changed = Annotated[
    list[str], typer.Argument(help="CI, or CI=STATE in the window: down (default), degraded, at_risk, operational.")
]
MaybeChanged = Annotated[list[str] | None, typer.Argument(help="CI, or CI=STATE: replaces all CIs of the change.")]
From = Annotated[str, typer.Option("--from", help="Start: 22:00 (the next), 2026-11-24 22:00, or with an offset.")]
To = Annotated[str, typer.Option("--to", help="End, not included: 02:00 (the next after the start), 2h, or a time.")]
Type = Annotated[ChangeType | None, typer.Option("--type", help="standard, normal (default) or emergency.")]
Owner = Annotated[str | None, typer.Option(help="Who answers for it: the id of a person or team, or a name.")]
About = Annotated[str | None, typer.Option("--description", help="What is done, and why.")]
BackOutPlan = Annotated[str | None, typer.Option("--back-out-plan", help="How it is taken back.")]
BackOutTime = Annotated[str | None, typer.Option("--back-out", help="How long that takes, such as 30m.")]
Text = Annotated[str, typer.Option("--text", help="What is to be said about it; it goes to the timeline.")]
At = Annotated[str, typer.Option("--at", help="When it happened, such as 22:10 (the last time it was that); now.")]
Expected = Annotated[int | None, typer.Option(help="The revision you last saw it at: refuse if it was changed since.")]
All = Annotated[bool, typer.Option("--all", help="Every line.")]


def plan(
    cis: Changed,
    title: Annotated[str, typer.Option(help="What it is, in a line.")],
    start: From,
    end: To,
    type_: Type = None,
    number: Annotated[str | None, typer.Option(help="Its number; else the next free one.")] = None,
    owner: Owner = None,
    description: About = None,
    back_out_plan: BackOutPlan = None,
    back_out: BackOutTime = None,
    submit: Annotated[bool, typer.Option("--submit", help="Submit it at once.")] = False,
    review: Annotated[bool, typer.Option("--review", help="Show the review and record nothing.")] = False,
    key: Key = "",
    message: Message = "",
    everything: All = False,
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Plan a change: which CIs, in which state, when; and see its review. It begins as a draft."""
    from cmdb.records.drafts import ChangeDraft

    if submit and review:
        raise Refused("take one of --submit and --review")
    zone = zone_of(tz)
    with opened(store, model) as workspace, refusing(workspace):
        from_ = start_of(start, zone, workspace.clock())
        draft = ChangeDraft(
            title=title, start=from_, end=end_of(end, from_, zone), number=number, description=description or "",
            type=type_ or ChangeType.normal, cis=_planned(cis), owner=owner or "",
            back_out=_back_out(back_out_plan, back_out) or BackOut(),
        )  # fmt: skip
        if review:
            return _show_draft(workspace, draft, zone, as_json, everything)
        written = workspace.desk.plan_change(draft, signed(key, message))
        if submit and written.value.state is ChangeState.draft:
            second = signed(f"{key} submit" if key else "", message)
            written = workspace.desk.move_change(written.value.key, ChangeState.submitted, second)
        return _show_written(workspace, written, zone, as_json, everything)


def edit(
    number: NumberArgument,
    cis: MaybeChanged = None,
    title: Annotated[str | None, typer.Option(help="What it is, in a line.")] = None,
    start: From = "",
    end: To = "",
    type_: Type = None,
    owner: Owner = None,
    description: About = None,
    back_out_plan: BackOutPlan = None,
    back_out: BackOutTime = None,
    expected: Expected = None,
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Change what is stated of a change; its window, CIs, type and back-out only before it is approved."""
    from cmdb.records.drafts import ChangeEdit

    zone = zone_of(tz)
    with opened(store, model) as workspace, refusing(workspace):
        now = _recorded(workspace, number)
        from_ = start_of(start, zone, workspace.clock()) if start else None
        stated = ChangeEdit(
            title=title, description=description, type=type_, start=from_,
            end=end_of(end, from_ or now.start, zone) if end else None, cis=_planned(cis) if cis else None,
            back_out=_back_out(back_out_plan, back_out, now.back_out), owner=owner,
        )  # fmt: skip
        written = workspace.desk.edit_change(now.key, stated, signed(key, message), expected)
        _show_written(workspace, written, zone, as_json, False)


def show(
    number: NumberArgument,
    everything: All = False,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """A change and its review: risk, collisions, freezes, impact, what would be safer, drift since its approval."""
    from api.records import standing
    from api.reviews import reviewed

    zone = zone_of(tz)
    with opened(store, model) as workspace, refusing(workspace):
        at = standing(workspace, moment_at(as_of, zone))
        _show(reviewed(at, number), zone, as_json, everything)


def list_(
    state: Annotated[list[ChangeState] | None, typer.Option(help="Only in this state; may be repeated.")] = None,
    type_: Annotated[list[ChangeType] | None, typer.Option("--type", help="Only of this type.")] = None,
    ci: Annotated[str | None, typer.Option(help="Only those that name this CI.")] = None,
    start: Annotated[str, typer.Option("--from", help="Only windows that end after it.")] = "",
    end: Annotated[str, typer.Option("--to", help="Only windows that start before it.")] = "",
    everything: All = False,
    as_of: AsOfOption = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Changes in any state, by start."""
    from api.calendar import ordered, place
    from api.records import standing
    from api.reviews import Wanted, listed_changes, told
    from api.tables_changes import print_changes
    from impact.report import Page

    zone = zone_of(tz)
    with opened(store, model) as workspace, refusing(workspace):
        at = standing(workspace, moment_at(as_of, zone))
        from_ = start_of(start, zone, workspace.clock()) if start else None
        to = end_of(end, from_ or workspace.clock(), zone) if end else None
        found = sorted(listed_changes(at.book, Wanted.of(state or (), type_ or (), ci, from_, to)), key=place)
        page = ordered(found, place, None if everything else PAGE, None)
        shown = Page([told(at, one) for one in page.nodes], page.total_count, page.end_cursor, page.has_next_page)
        if as_json:
            print_json(shape(shown))
        else:
            print_changes(console(), shown, zone, at.moment)


def _mover(to: ChangeState, words: str) -> Callable[..., None]:
    """The verb that moves a change to a state."""

    def verb(
        number: NumberArgument,
        text: Text = "",
        at: At = "",
        expected: Expected = None,
        key: Key = "",
        message: Message = "",
        as_json: JsonOption = False,
        tz: ZoneOption = "",
        store: StoreOption = STORE,
        model: ModelOption = None,
    ) -> None:
        zone = zone_of(tz)
        with opened(store, model) as workspace, refusing(workspace):
            now = _recorded(workspace, number)
            moment = _happened(at, zone)
            written = workspace.desk.move_change(now.key, to, signed(key, message), moment, text, expected)
            _say_written(workspace, written, zone, as_json)

    verb.__doc__ = words
    return verb


def _decider(decision: Decision, words: str) -> Callable[..., None]:
    """The verb that decides about a change."""

    def verb(
        number: NumberArgument,
        text: Text = "",
        expected: Expected = None,
        key: Key = "",
        message: Message = "",
        as_json: JsonOption = False,
        tz: ZoneOption = "",
        store: StoreOption = STORE,
        model: ModelOption = None,
    ) -> None:
        from api.reviews import decide

        zone = zone_of(tz)
        with opened(store, model) as workspace, refusing(workspace):
            now = _recorded(workspace, number)
            written = decide(workspace, now.key, decision, text, signed(key, message), expected)
            _say_written(workspace, written, zone, as_json)

    verb.__doc__ = words
    return verb


def note(
    number: NumberArgument,
    text: Annotated[str, typer.Argument(help="What is to be said.")],
    at: At = "",
    key: Key = "",
    message: Message = "",
    as_json: JsonOption = False,
    tz: ZoneOption = "",
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Add a line to the timeline of a change."""
    from cmdb.records.service import Written

    zone = zone_of(tz)
    with opened(store, model) as workspace, refusing(workspace):
        now = _recorded(workspace, number)
        value, revision, replayed = workspace.desk.note(now.key, text, signed(key, message), _happened(at, zone))
        assert isinstance(value, Change)
        _say_written(workspace, Written(value, revision, replayed), zone, as_json)


CHANGE_VERBS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("plan", plan),
    ("show", show),
    ("list", list_),
    ("edit", edit),
    ("submit", _mover(ChangeState.submitted, "Submit a draft for approval: from now on it takes part in collisions.")),
    ("approve", _decider(Decision.approved, "Approve a submitted change, on its review of now, which is kept.")),
    ("reject", _decider(Decision.rejected, "Reject a submitted change.")),
    ("redraft", _mover(ChangeState.draft, "Take a submitted or rejected change back to draft.")),
    ("implement", _mover(ChangeState.implementing, "Begin to carry out an approved change.")),
    ("complete", _mover(ChangeState.completed, "It was carried out and works; --text is the outcome.")),
    ("fail", _mover(ChangeState.failed, "It did not work or was taken back; --text is the outcome.")),
    ("cancel", _mover(ChangeState.cancelled, "Call it off.")),
    ("note", note),
)
"""What `cmdb change` can do, in the order of the help."""


def _planned(given: Iterable[str]) -> tuple[PlannedCi, ...]:
    return tuple(PlannedCi(CiId(a.ci), a.state.value) for a in scenario_of(list(given)))


def _back_out(plan: str | None, minutes: str | None, now: BackOut | None = None) -> BackOut | None:
    """The back-out as stated; what is not stated stays as it is. None where nothing is. Raises `Refused`."""
    if plan is None and minutes is None:
        return None
    was = now or BackOut()
    try:
        return BackOut(was.plan if plan is None else plan, parse_minutes(minutes) if minutes else was.minutes)
    except ValueFault as fault:
        raise Refused(f"--back-out {fault.found}: accepted is {fault.accepted}", fault.code) from None


def _happened(text: str, zone: tzinfo) -> datetime | None:
    from api.verbs.options import moment_of

    return moment_of(text, zone)


def _recorded(workspace: Workspace, number: str) -> Change:
    return workspace.records().book.find("change", number)


def _show_draft(workspace: Workspace, draft: "ChangeDraft", zone: tzinfo, as_json: bool, everything: bool) -> None:
    from api.records import standing
    from api.reviews import drafted

    _show(drafted(standing(workspace), draft, signed("", "").who), zone, as_json, everything)


def _show_written(
    workspace: Workspace, written: "Written[Change]", zone: tzinfo, as_json: bool, everything: bool
) -> None:
    """A change that was written, with its review."""
    from api.reviews import Review, standing_after

    found = Review(standing_after(workspace, written.revision), written.value)
    _show(found, zone, as_json, everything, {"revision": written.revision, "replayed": written.replayed})


def _say_written(workspace: Workspace, written: "Written[Change]", zone: tzinfo, as_json: bool) -> None:
    """A change that was moved, in a line."""
    from api.reviews import standing_after, told
    from api.tables_changes import print_moved

    value, revision, replayed = written
    shown = told(standing_after(workspace, revision), value, revision)
    if as_json:
        print_json({"change": shape(shown), "revision": revision, "replayed": replayed})
    else:
        print_moved(console(), shown, replayed)


def _show(
    found: "Review", zone: tzinfo, as_json: bool, everything: bool, written: dict[str, Any] | None = None
) -> None:
    """The review as a first screen, or as JSON."""
    from api.tables_changes import print_review
    from api.verbs.reviewing import review_json

    if as_json:
        print_json({**review_json(found, everything), **(written or {})})
    else:
        print_review(console(), found, zone, everything)
