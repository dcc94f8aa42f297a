"""The CI that stands for an id that is no longer recorded: what it was merged into, or whom a source knows by it."""

from collections.abc import Mapping
from typing import NamedTuple

from api.workspace import Workspace
from cmdb.model.ci import CiId
from cmdb.model.claims import claims_of
from cmdb.model.errors import InvalidInput, Problem, shown
from cmdb.records.book import Book
from cmdb.records.source_types import Verdict
from cmdb.store.port import StoredCI

LOOKED_AT = 20
"""CIs found by a search whose claims are looked at."""


class KnownAs(NamedTuple):
    """The id `asked` for stands for the CI `stored`: merged into it in revision `since`, or else a key of `source`."""

    stored: StoredCI
    asked: str
    since: int | None
    source: str

    @property
    def words(self) -> str:
        """In a sentence."""
        told = f"{self.asked} is known as {self.stored.ci.id}"
        return f"{told} since r{self.since}" if self.since else f"{told}: {self.source} has it by that key"


def known_as(workspace: Workspace, asked: str) -> KnownAs | None:
    """The CI now recorded that stands for an id that none has; None where there is none, or more than one.

    Raises `StoreUnavailable`.
    """
    into, since = _followed(_merges(workspace.records().book), CiId(asked))
    if since and (found := workspace.inventory.get([into])):
        return KnownAs(found[into], asked, since, "")
    hits = [hit.ci for hit in workspace.inventory.search(asked, LOOKED_AT)]
    holders = [(ci, claim.source) for ci in hits for claim in claims_of(ci) if claim.id == asked and not claim.edited]
    if len({ci.id for ci, _ in holders}) != 1:
        return None
    ci, source = holders[0]
    found = workspace.inventory.get([ci.id])
    return KnownAs(found[ci.id], asked, None, source) if found else None


def merged_ids(workspace: Workspace) -> list[tuple[CiId, CiId]]:
    """Each id that was merged, with the one that it was merged into in the end. Raises `StoreUnavailable`."""
    merges = _merges(workspace.records().book)
    return [(old, _followed(merges, old)[0]) for old in merges]


def check_new(workspace: Workspace, ids: Mapping[str, CiId]) -> None:
    """Whether CIs of these ids, by the place where each is asked for, may be created: not under an id that was merged
    into another, which would be the same thing twice. Raises `InvalidInput` MERGED_CI, and `StoreUnavailable`."""
    if not ids:
        return
    merges = _merges(workspace.book.current().book)  # no book that is older than the CIs which were looked for
    followed = {place: _followed(merges, ci) for place, ci in ids.items()}
    left = workspace.inventory.get([into for into, since in followed.values() if since])
    problems = [
        Problem("MERGED_CI", place, f"{shown(ids[place])}, merged in r{since}", f"{shown(into)}, which it is now")
        for place, (into, since) in followed.items()
        if since and into in left
    ]
    if problems:
        raise InvalidInput(problems)


def _merges(book: Book) -> dict[CiId, tuple[CiId, int]]:
    """What each id was merged into last, and in which revision; one that was parted again stands for itself."""
    merges = dict[CiId, tuple[CiId, int]]()
    for match in book.decisions:
        first, second = (part.ci for part in match.cis)
        if match.verdict is Verdict.same:
            merges[second] = first, book.revisions[match.key]
        elif match.verdict is Verdict.parted:
            merges.pop(second, None)
    return merges


def _followed(merges: Mapping[CiId, tuple[CiId, int]], asked: CiId) -> tuple[CiId, int]:
    """What an id was merged into in the end, and in which revision; 0 where it never was."""
    target, since = asked, 0
    while target in merges and merges[target][1] > since:
        target, since = merges[target]
    return target, since
