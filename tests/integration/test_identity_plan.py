"""What the plan of a merge or a parting says of the answers: what really changes, and no more."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from api.import_report import Concern, Effect
from api.matching import Matching, merging, parting
from api.tables_identity import print_matching
from api.workspace import Workspace, open_workspace
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Pool, Relation
from cmdb.service import Signed
from tests.impact.estates import ci, rel, rule

KEEP, GONE = CiId("keep"), CiId("gone")
MANY = 25
"""More services than a plan lists of one sort."""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Two servers that are one, on an estate of its own."""
    with closing(open_workspace(f"sqlite:{tmp_path / 'store.db'}")) as opened:
        put(opened, "a", ci("keep", hostname="web-1"))
        put(opened, "b", ci("gone", hostname="web-1"))
        yield opened


def put(workspace: Workspace, source: str, *things: CI | Relation | Pool) -> None:
    said = [thing._replace(source=source) for thing in things]
    workspace.store.apply(
        Changeset(
            "ann", source, put_cis=[t for t in said if isinstance(t, CI)],
            put_relations=[t for t in said if isinstance(t, Relation)],
            put_pools=[t for t in said if isinstance(t, Pool)],
        )
    )  # fmt: skip


def merged(workspace: Workspace) -> Effect:
    return merging(workspace, KEEP, GONE).effect(workspace)


def concerns(effect: Effect) -> dict[str, list[Concern]]:
    return {matter.code: matter.concerns for matter in effect.matters}


def test_who_relies_on_the_one_that_goes_loses_nothing(workspace: Workspace) -> None:
    services = [ci(f"svc-{n:02}", "business_service") for n in range(MANY)]
    put(workspace, "b", *services, *(rel(f"{service.id} depends_on gone") for service in services))
    effect = merged(workspace)
    assert effect.matters == []
    assert effect.blast_radius.count == MANY


def test_a_service_that_loses_something_is_still_told(workspace: Workspace) -> None:
    put(workspace, "a", ci("pay", "business_service"), rel("pay depends_on keep", effect="degraded"))
    put(
        workspace, "b", ci("mail", "business_service"), rel("mail depends_on gone"),
        rel("pay depends_on gone", effect="down"),
    )  # fmt: skip
    (lost,) = concerns(merged(workspace))["dependencies_lost"]
    assert (lost.ci.id, lost.words) == ("pay", "KEEP (keep): then down → then degraded")


def test_rules_and_effects_that_differ_are_told(workspace: Workspace) -> None:
    put(
        workspace, "a", ci("h1"), ci("h2"), rel("keep depends_on h1", "web"), rel("keep depends_on h2", "web"),
        rule("keep", "web", "1"), ci("db", "database"), rel("keep depends_on db", effect="degraded"),
    )  # fmt: skip
    put(
        workspace, "b", ci("h3"), ci("h4"), rel("gone depends_on h3", "web"), rel("gone depends_on h4", "web"),
        rule("gone", "web", "2"), rel("gone depends_on db", effect="down"),
    )  # fmt: skip
    found = merging(workspace, KEEP, GONE)
    told = {(one.subject, one.attribute): (one.kept, one.source, one.others[0].value) for one in found.conflicts}
    assert told == {
        ("pool web", "required"): ("1", "a", "2"), ("depends_on db", "effect"): ("degraded", "a", "down"),
    }  # fmt: skip
    out = StringIO()
    print_matching(Console(file=out, width=80, highlight=False), workspace.model, found, found.effect(workspace))
    assert "pool web, required: b says 2" in " ".join(out.getvalue().split())


@pytest.mark.parametrize(("kind", "warned"), [("server", False), ("virtual_machine", False), ("application", True)])
def test_kinds_that_are_never_one_are_warned_of(workspace: Workspace, kind: str, warned: bool) -> None:
    put(workspace, "b", ci("gone", kind))
    found = merging(workspace, KEEP, GONE)
    out = StringIO()
    print_matching(Console(file=out, width=80, highlight=False), workspace.model, found, found.effect(workspace))
    told = "application and server are kinds that no import takes for one"
    assert (told in " ".join(out.getvalue().split())) is warned


def test_what_goes_on_as_a_planned_ci_is_lost(workspace: Workspace) -> None:
    put(workspace, "a", ci("keep", lifecycle="planned"))
    put(workspace, "b", ci("pay", "business_service"), rel("pay depends_on gone"))
    (lost,) = concerns(merged(workspace))["dependencies_lost"]
    assert (lost.ci.id, lost.words) == ("pay", "loses KEEP (keep) (no server left)")


def test_a_pool_that_counted_one_machine_twice_is_weaker(workspace: Workspace) -> None:
    put(
        workspace, "b", ci("app", "application"), ci("shop", "application"), ci("other"),
        *(rel(f"app runs_on {server}", "web") for server in ("keep", "gone")), rule("app", "web", "1"),
        *(rel(f"shop runs_on {server}", "web") for server in ("other", "gone")), rule("shop", "web", "1"),
    )  # fmt: skip
    (weaker,) = concerns(merged(workspace))["pools_weakened"]
    assert (weaker.ci.id, weaker.words) == ("app", "pool web: GONE (gone) leaves")
    assert (weaker.before, weaker.after) == ("needs 1 of 2", "needs 1 of 1, none to spare")


def test_a_team_that_becomes_another_still_answers(workspace: Workspace) -> None:
    put(workspace, "a", ci("ops", "team"))
    put(workspace, "b", ci("desk", "team"), ci("pay", "business_service"), rel("pay owned_by desk"))
    assert merging(workspace, CiId("ops"), CiId("desk")).effect(workspace).matters == []


def test_services_that_depend_on_each_other_become_one(workspace: Workspace) -> None:
    put(workspace, "a", ci("pay", "business_service"))
    put(workspace, "b", ci("wages", "business_service"), rel("pay depends_on wages"), rel("wages depends_on gone"))
    found = merging(workspace, CiId("pay"), CiId("wages"))
    effect = found.effect(workspace)
    assert (effect.matters, effect.blast_radius.leaving) == ([], 0)
    assert ends(found.dropped) == ["pay depends_on wages"]


def ends(relations: Sequence[Relation]) -> list[str]:
    return [f"{r.from_id} {r.type} {r.to_id}" for r in relations]


def test_every_relation_of_the_one_that_goes_is_told_once(workspace: Workspace) -> None:
    apps = [ci(f"app-{n}", "application") for n in range(6)]
    both = [rel(f"{app.id} runs_on {server}") for app in apps[:4] for server in ("keep", "gone")]
    put(workspace, "a", *apps, *both[:-1], rel("keep depends_on gone"), rel("app-4 runs_on keep"))
    put(workspace, "b", both[-1], rel("app-5 runs_on gone"), rel("app-4 depends_on gone"))
    found = merging(workspace, KEEP, GONE)
    assert ends(found.moved) == ["app-4 depends_on keep", "app-5 runs_on keep"]
    assert (ends(found.joined), found.shared) == (["app-3 runs_on keep"], 4)
    assert ends(found.dropped) == ["keep depends_on gone"]
    assert len(workspace.store.around([GONE]).relations) == len(found.moved) + found.shared + len(found.dropped)


def parted_again(workspace: Workspace) -> Matching:
    workspace.matches.merge(KEEP, GONE, Signed("ann", "cli"))
    return parting(workspace, KEEP, "b", None)


def test_the_pair_that_is_being_parted_is_no_surprise(workspace: Workspace) -> None:
    assert "resembling" not in concerns(parted_again(workspace).effect(workspace))


def test_a_parted_ci_that_looks_like_a_third_one_is_told(workspace: Workspace) -> None:
    put(workspace, "c", ci("third", hostname="web-1"))
    (like,) = concerns(parted_again(workspace).effect(workspace))["resembling"]
    assert like.ci.id == GONE
    assert like.words.startswith("like THIRD (third)")
