"""The verbs about identity: CIs that may be one, deciding on that, and where sources disagree."""

from typing import Annotated, Any

import typer

from api.verbs.moving import drawn
from api.verbs.options import STORE, JsonOption, ModelOption, Refused, StoreOption, console, opened, print_json, unknown
from api.verbs.signing import Key, refusing, signed
from api.workspace import Workspace
from cmdb.model.ci import CI, CiId
from cmdb.service import Signed

FIRST = 20
Note = Annotated[str, typer.Option(help="Why; kept with the decision and in the history.")]
PlanOption = Annotated[bool, typer.Option("--plan", help="Show what would change and touch nothing.")]
FirstOption = Annotated[int, typer.Option(min=1, help="How many at most.")]


def duplicates(
    kind: Annotated[str, typer.Option(help="Only this kind, descendants included.")] = "",
    source: Annotated[str, typer.Option(help="Only what this source knows one of.")] = "",
    first: FirstOption = FIRST,
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """CIs that may be one, likeliest first, for a person to decide: merge them, or say that they are distinct."""
    from api.identity_pages import doubles
    from api.tables_identity import doubles_json, print_doubles

    with opened(store, model) as workspace, drawn() as progress:
        kinds = _concrete(workspace, kind)
        found = doubles(workspace, kinds, source, first, progress=progress)
    if as_json:
        return print_json(doubles_json(found))
    return print_doubles(console(), found)


def _concrete(workspace: Workspace, kind: str) -> frozenset[str]:
    """The kinds that one stands for; none for an empty one. Raises `Refused`."""
    model = workspace.model
    if kind and kind not in model.kinds:
        raise Refused(f"no kind '{kind}' in the model; there are {', '.join(sorted(model.kinds))}")
    return frozenset(one for one in model.concrete if kind and kind in model.ancestors(one))


def merge(
    keep: Annotated[str, typer.Argument(help="The CI that stays.")],
    gone: Annotated[str, typer.Argument(help="The CI that becomes part of it.")],
    plan_only: PlanOption = False,
    note: Note = "",
    key: Key = "",
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Two CIs are one: the second becomes part of the first, with its sources, relations, pools and open records."""
    from api.matching import merging

    with opened(store, model) as workspace, refusing(workspace):
        ids = _known(workspace, keep), _known(workspace, gone)
        if plan_only:
            return _show_plan(workspace, merging(workspace, *ids), as_json)
        return _decide(workspace, workspace.matches.merge(*ids, _by(key, note), note), as_json)


def part(
    ci: Annotated[str, typer.Argument(help="The CI that is two.")],
    source: Annotated[str, typer.Option(help="The source whose record becomes a CI of its own.")] = "",
    record: Annotated[str, typer.Option("--key", help="Which of its records, where it has several in the CI.")] = "",
    plan_only: PlanOption = False,
    note: Note = "",
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """One CI is two: what a source says becomes a CI of its own, with the relations and pools that it states."""
    from api.matching import parting

    if not source:
        raise Refused("name the source whose record it is: --source S; see them with: cmdb show CI")
    with opened(store, model) as workspace, refusing(workspace):
        asked, key = _known(workspace, ci), record or None
        if plan_only:
            return _show_plan(workspace, parting(workspace, asked, source, key), as_json)
        return _decide(workspace, workspace.matches.part(asked, source, _by("", note), key, note), as_json)


def distinct(
    one: Annotated[str, typer.Argument(help="A CI.")],
    other: Annotated[str, typer.Argument(help="Another, which is not the same.")],
    take_back: Annotated[bool, typer.Option(help="Leave it open again: they may be proposed and joined.")] = False,
    note: Note = "",
    key: Key = "",
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Two CIs are two: they are not proposed again, and no import joins them."""
    with opened(store, model) as workspace, refusing(workspace):
        ids = _known(workspace, one), _known(workspace, other)
        decide = workspace.matches.reconsider if take_back else workspace.matches.distinguish
        return _decide(workspace, decide(*ids, _by(key, note), note), as_json)


def conflicts(
    ci: Annotated[str, typer.Argument(help="Only of this CI; the whole store when it is left out.")] = "",
    source: Annotated[str, typer.Option(help="Only what this source has a part in.")] = "",
    attribute: Annotated[
        str, typer.Option(help="Only about this attribute, or kind, sector, lifecycle, effect, required, full.")
    ] = "",
    first: FirstOption = FIRST,
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Where sources disagree: the value that is kept, whose it is, what the others say, and why."""
    from api.identity_pages import disputes, disputes_of
    from api.tables_identity import disputes_json, print_disputes

    with opened(store, model) as workspace, drawn() as progress:
        _check_attribute(workspace, attribute)
        if ci:
            found = disputes_of(workspace, _known(workspace, ci), source, attribute, first)
        else:
            found = disputes(workspace, source, attribute, first, progress=progress)
    if as_json:
        return print_json(disputes_json(found))
    return print_disputes(console(), found)


def _check_attribute(workspace: Workspace, name: str) -> None:
    from cmdb.reconcile.claims import DISPUTABLE

    declared = {one for attributes in workspace.model.attributes.values() for one in attributes}
    if name and name not in declared | DISPUTABLE:
        raise Refused(f"no attribute '{name}' in the model; see docs/model.md")


def withdraw(
    ci: Annotated[str, typer.Argument(help="The id of a CI.")],
    source: Annotated[str, typer.Option(help="Who set it by hand, such as cli or api: see cmdb show CI.")] = "",
    attribute: Annotated[
        list[str] | None, typer.Option(help="Only this attribute or field; may be repeated. Else all that it set.")
    ] = None,
    note: Note = "",
    key: Key = "",
    as_json: JsonOption = False,
    store: StoreOption = STORE,
    model: ModelOption = None,
) -> None:
    """Take back what was set of a CI by hand: what imports say of it stands again."""
    from api.tables_identity import print_withdrawn

    if not source:
        raise Refused("name who set it: --source S; see that with: cmdb show CI")
    with opened(store, model) as workspace, refusing(workspace):
        asked = _known(workspace, ci)
        applied = workspace.inventory.withdraw(asked, source, attribute or (), _by(key, note))
        standing = workspace.inventory.get([asked])[asked].ci
        if as_json:
            return print_json({"revision": applied.revision, "replayed": applied.replayed, "ci": _card(standing)})
        return print_withdrawn(console(), standing, applied.revision, applied.replayed)


def _card(ci: CI) -> dict[str, Any]:
    from api.tables_identity import told_ci

    return told_ci(ci)


def _by(key: str, note: str) -> Signed:
    return signed(key, note)


def _known(workspace: Workspace, ci: str) -> CiId:
    """A CI that is recorded. Raises `Refused`, naming those that may have been meant."""
    if workspace.inventory.get([CiId(ci)]):
        return CiId(ci)
    raise Refused(unknown(workspace, ci), "UNKNOWN_CI")


def _show_plan(workspace: Workspace, found: Any, as_json: bool) -> None:
    from api.tables_identity import matching_json, print_matching

    effect = found.effect(workspace)
    if as_json:
        return print_json(matching_json(found, effect))
    return print_matching(console(), workspace.model, found, effect)


def _decide(workspace: Workspace, done: Any, as_json: bool) -> None:
    from api.tables_identity import decided_json, print_decided

    if as_json:
        return print_json(decided_json(done))
    return print_decided(console(), workspace.model, done)
