"""What is said of ids that no CI has: which CI each stands for now, or which may have been meant."""

from contextlib import suppress
from typing import NamedTuple

from api.scenario import refs
from api.workspace import Workspace
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.store.port import StoreUnavailable
from impact.report import CiRef
from impact.states import UnknownCi

SUGGESTED, NAMED = 5, 3
"""CIs that may be meant: how many are told to programs, and how many of them in words."""
EXPLAINED = 10
"""Ids of one question that are explained."""
NAMING = frozenset({"UNKNOWN_CI", "DANGLING_RELATION", "DANGLING_POOL"})
"""Problems whose `found` is an id that no CI has."""


class Meant(NamedTuple):
    """CIs that may be meant by an id, best first; `known` says of the first that it is that one, and why."""

    cis: list[CiRef]
    known: str = ""

    @property
    def words(self) -> str:
        """As a sentence; empty where nothing is like it."""
        if self.known:
            return f"{self.known}."
        return f"Did you mean {self.named}?" if self.cis else ""

    @property
    def named(self) -> str:
        """The first few."""
        return " or ".join(f"{ci.id} ({ci.name})" for ci in self.cis[:NAMED])


def meant(workspace: Workspace, ci: str, as_of: int | None = None) -> Meant:
    """What may be meant by an id that no CI has; as of a revision, CIs recorded then. Without the store, nothing."""
    from api.known_as import known_as  # with the records, it takes longer to load than most commands run

    with suppress(StoreUnavailable):
        found = [hit.ci for hit in workspace.inventory.search(ci, SUGGESTED)]
        if as_of is not None:
            then = workspace.inventory.get([one.id for one in found], as_of)
            return Meant(refs(then[one.id].ci for one in found if one.id in then))
        if (known := known_as(workspace, ci)) is not None:
            it = known.stored.ci
            return Meant(refs([it, *(one for one in found if one.id != it.id)]), known.words)
        return Meant(refs(found))
    return Meant([])


def recorded_now(workspace: Workspace, ci: str) -> bool:
    """Whether there is a CI of this id now; False as well while the store is away."""
    with suppress(StoreUnavailable):
        return bool(workspace.inventory.get([CiId(ci)]))
    return False


def explain_unknown(workspace: Workspace, unknown: UnknownCi) -> tuple[str, list[CiRef]]:
    """What to say of ids that name no CI, and the CIs that were perhaps meant."""
    sentences, near = [], dict[str, CiRef]()
    for ci in unknown.ids[:EXPLAINED]:
        found = meant(workspace, ci, unknown.as_of)
        near.update((ref.id, ref) for ref in found.cis)
        then = "" if unknown.as_of is None else f" as of r{unknown.as_of}"
        best = found._replace(cis=found.cis[:1])  # all of them are told beside it
        words = "It was recorded later." if then and recorded_now(workspace, ci) else best.words
        sentences.append(f"no CI {shown(ci, 200)}{then}. {words}".rstrip())
    if len(unknown.ids) > EXPLAINED:
        sentences.append(f"{len(unknown.ids) - EXPLAINED} more ids are unknown.")
    return " ".join(sentences), list(near.values())


def explained(workspace: Workspace, error: InvalidInput) -> InvalidInput:
    """The same problems; those that name no CI also say which one is meant, as far as is known."""
    first = [_explained(workspace, problem) for problem in error.problems[:EXPLAINED]]
    return InvalidInput([*first, *error.problems[EXPLAINED:]], error.count)


def _explained(workspace: Workspace, problem: Problem) -> Problem:
    if problem.code not in NAMING:
        return problem
    found = meant(workspace, problem.found[1:-1])
    told = f"; {found.known}" if found.known else f", perhaps {found.named}" if found.cis else ""
    return problem._replace(accepted=problem.accepted + told)
