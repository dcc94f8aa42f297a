"""Pages of what a whole store says of identity: CIs that may be one, and where sources disagree."""

from collections.abc import Collection
from dataclasses import dataclass

from api.identity import Disagreement, disagreements, every_disagreement
from api.identity_held import tally
from api.records import listed
from api.workspace import Workspace
from cmdb.model.ci import CI, CiId
from cmdb.progress import Progress
from cmdb.reconcile.reconcile import apart
from cmdb.store.port import StoredCI
from impact.report import Page
from impact.stale import named


@dataclass(frozen=True)
class Double:
    """Two CIs that may be one: the one to keep (`why`), the other, how likely it is (0 to 100), and what speaks for
    it."""

    keep: StoredCI
    other: StoredCI
    score: int
    reasons: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Doubles:
    """A page of proposals, and the revision that they were found in; `left_out` CIs changed since, and what may be one
    with them is not told."""

    revision: int
    left_out: int
    page: Page[Double]


@dataclass(frozen=True)
class Disputed:
    """A disagreement and its CI."""

    ci: CI
    told: Disagreement


@dataclass(frozen=True)
class Disputes:
    """A page of disagreements, the revision that they were found in, at how many CIs there are any, and how many there
    are by attribute, the most first."""

    revision: int
    cis: int
    by_attribute: list[tuple[str, int]]
    page: Page[Disputed]


def distinct(workspace: Workspace) -> frozenset[frozenset[CiId]]:
    """The pairs of which a person said that they are two."""
    decisions = workspace.records().book.decisions
    return apart((match.verdict, [part.ci for part in match.cis]) for match in decisions)


def doubles(
    workspace: Workspace, kinds: Collection[str], source: str, first: int, after: str | None = None,
    progress: Progress | None = None,
) -> Doubles:  # fmt: skip
    """The pairs that may be one, likeliest first: of these concrete kinds (none: all), and of which `source` describes
    one. Raises `BadCursor` and `StoreUnavailable`."""
    decided = distinct(workspace)
    held = workspace.findings.likely(progress)
    wanted = [
        one.proposal
        for one in held.every
        if (not kinds or not one.kinds.isdisjoint(kinds))
        and source in ("", *one.sources)
        and frozenset(one.proposal.cis) not in decided
    ]
    page = listed(wanted, first, after)
    cis = workspace.store.get({ci for one in page.nodes for ci in one.cis}, held.revision)
    nodes = [Double(cis[one.cis[0]], cis[one.cis[1]], one.score, one.reasons, one.kept) for one in page.nodes]
    return Doubles(held.revision, held.left_out, Page(nodes, page.total_count, page.end_cursor, page.has_next_page))


def disputes(
    workspace: Workspace, source: str, attribute: str, first: int, after: str | None = None,
    progress: Progress | None = None,
) -> Disputes:  # fmt: skip
    """Where sources disagree, by CI: those of which `source` is one, about `attribute`. Raises `BadCursor` and
    `StoreUnavailable`."""
    revision, every = workspace.findings.spots(progress)
    wanted = [spot for spot in every if source in ("", *spot.sources) and attribute in ("", spot.attribute)]
    page = listed(wanted, first, after)
    cis = workspace.store.get({spot.ci for spot in page.nodes}, revision)
    stale = named(workspace.stale_sources())
    told = {
        (ci, one.attribute): one
        for ci, stored in cis.items()
        for one in disagreements(workspace.model, stored.ci, stale)
    }
    nodes = [Disputed(cis[spot.ci].ci, spot.told or told[spot.ci, spot.attribute]) for spot in page.nodes]
    shown = Page(nodes, page.total_count, page.end_cursor, page.has_next_page)
    return Disputes(revision, len({spot.ci for spot in wanted}), tally(spot.attribute for spot in wanted), shown)


def disputes_of(workspace: Workspace, ci: CiId, source: str, attribute: str, first: int) -> Disputes:
    """Where the sources of one recorded CI disagree about it, its relations and its pools. Raises
    `StoreUnavailable`."""
    head = workspace.store.head().revision
    stored, around = workspace.store.get([ci], head)[ci].ci, workspace.store.around([ci], head)
    stale = named(workspace.stale_sources())
    found = [
        Disputed(stored, told)
        for told in every_disagreement(workspace.model, stored, stale, around)
        if source in ("", *told.sources) and attribute in ("", told.attribute)
    ]
    return Disputes(head, min(len(found), 1), tally(one.told.attribute for one in found), listed(found, first, None))
