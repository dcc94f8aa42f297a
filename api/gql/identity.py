"""Which CIs are one: proposals, conflicts of sources, and deciding; also undoing a revision."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

import strawberry

from api.errors import Refused
from api.gql.ci import Ci, described
from api.gql.claims import SourceConflict
from api.gql.context import Context, Info, page_size
from api.gql.failures import InvalidInput, KeyReused, StoreUnavailable
from api.gql.fields import field, mutation, question
from api.gql.filters import kinds_named
from api.gql.pages import Paged
from api.gql.writing import Key, Message, signed
from api.identity_pages import Disputes, Double, Doubles, disputes, doubles
from api.sources import one_run
from api.workspace import Workspace
from cmdb.model.changeset import Changeset
from cmdb.model.ci import CiId
from cmdb.model.errors import InvalidInput as BadValues
from cmdb.model.errors import Problem, ValueFault, shown
from cmdb.model.revision import NUMBER, parse_revision
from cmdb.model.text import parse_id
from cmdb.reconcile.claims import DISPUTABLE
from cmdb.reconcile.plan import Plan
from cmdb.records.matching import Decided
from cmdb.records.source_types import Verdict
from cmdb.records.undoing import plan_undo, undo, undone_before
from cmdb.service import Signed
from cmdb.store.port import Moved, RecordConflict
from cmdb.store.port import StoreUnavailable as Unavailable

R = TypeVar("R")
strawberry.enum(Verdict, name="MatchVerdict", description=Verdict.__doc__)

SourceWanted = Annotated[str | None, strawberry.argument(description="Only what this source takes part in.")]
SourceName = Annotated[str, strawberry.argument(description="A source that describes the CI: see `claims`.")]


@strawberry.type(description="Two CIs that may be one.")
class Duplicate:
    double: strawberry.Private[Double]
    keep: Ci = strawberry.field(description="The one to keep.")
    other: Ci = strawberry.field(description="The one that would become part of it.")

    @field
    def score(self) -> int:
        """How likely it is, from 0 to 100."""
        return self.double.score

    @field
    def reasons(self) -> list[str]:
        """What speaks for it, and against."""
        return list(self.double.reasons)

    @field
    def why(self) -> str:
        """Why that one is kept."""
        return self.double.why


@strawberry.type(description="CIs that may be one, likeliest first; without pairs that were said to be two.")
class Duplicates(Paged):
    context: strawberry.Private[Context]
    found: strawberry.Private[Doubles]

    @field
    def revision(self) -> int:
        """The revision that they were found in. On a large estate that is not always the newest."""
        return self.found.revision

    @field
    def left_out(self) -> int:
        """CIs that changed since then: pairs with them are left out until all are compared anew."""
        return self.found.left_out

    @field
    def nodes(self) -> list[Duplicate]:
        """Those of this page."""
        stored = [ci for one in self.shown.nodes for ci in (one.keep, one.other)]
        cis = described(self.context, stored, self.found.revision)
        pairs = zip(self.shown.nodes, cis[::2], cis[1::2], strict=True)
        return [Duplicate(double=one, keep=keep, other=other) for one, keep, other in pairs]


@strawberry.type(description="How many conflicts there are about an attribute.")
class ConflictCount:
    attribute: str
    count: int


@strawberry.type(description="Where sources disagree, by CI and attribute.")
class Conflicts(Paged):
    found: strawberry.Private[Disputes]

    @field
    def revision(self) -> int:
        """The revision that they were found in: the newest."""
        return self.found.revision

    @field
    def cis(self) -> int:
        """At how many CIs there are any."""
        return self.found.cis

    @field
    def by_attribute(self) -> list[ConflictCount]:
        """How many there are by attribute, the most first."""
        return [ConflictCount(attribute=name, count=count) for name, count in self.found.by_attribute]

    @field
    def nodes(self) -> list[SourceConflict]:
        """Those of this page."""
        return [SourceConflict(of=one.ci, told=one.told) for one in self.shown.nodes]


@strawberry.type(description="A decision about CIs that may be one. It is one revision, with what it changes.")
class MatchDecision:
    revision: int = strawberry.field(description="Give it to `undoRevision` to take the decision back.")
    number: str = strawberry.field(description="Of its record, such as MAT-0001.")
    verdict: Verdict
    who: str
    decided_at: datetime
    note: str
    cis: list[Ci] = strawberry.field(description="The CIs that it is about, as far as they stand; the kept one first.")


@strawberry.type(description="How many things of one kind were created, changed or removed.")
class ThingCount:
    action: str = strawberry.field(description="created, changed or removed.")
    entity: str = strawberry.field(description="ci, relation or pool.")
    kind: str = strawberry.field(description="A kind or type of relation; empty for pools.")
    number: int


@strawberry.type(description="A revision that was undone, all of it.")
class RevisionUndone:
    revision: int = strawberry.field(description="The one that undid it; it can be undone as well.")
    undone: int = strawberry.field(description="The revision that was undone.")
    replayed: bool = strawberry.field(description="This key was applied before; nothing was done again.")
    counts: list[ThingCount] = strawberry.field(description="What that did.")


DuplicatesResult = Annotated[Duplicates | StoreUnavailable, strawberry.union("DuplicatesResult")]
ConflictsResult = Annotated[Conflicts | StoreUnavailable, strawberry.union("ConflictsResult")]
MatchWritten = Annotated[MatchDecision | KeyReused | InvalidInput | StoreUnavailable, strawberry.union("MatchWritten")]
UndoResult = Annotated[RevisionUndone | KeyReused | InvalidInput | StoreUnavailable, strawberry.union("UndoResult")]


@strawberry.type
class IdentityQuery:
    @question
    def duplicates(
        self, info: Info, first: int = 50, after: str | None = None, kind: str | None = None,
        source: SourceWanted = None,
    ) -> DuplicatesResult:  # fmt: skip
        """CIs that may be one, for a person to decide: `mergeCis` or `declareDistinct`. `kind` stands for its
        descendants too."""
        workspace = info.context.workspace
        kinds = kinds_named(workspace.model, [kind] if kind else None)
        found = doubles(workspace, kinds if kind else (), source or "", page_size(first), after)
        return Duplicates(context=info.context, found=found, shown=found.page)

    @question
    def conflicts(
        self, info: Info, first: int = 50, after: str | None = None, source: SourceWanted = None,
        attribute: str | None = None,
    ) -> ConflictsResult:  # fmt: skip
        """Where sources disagree, by CI: what is kept, whose that is, what the others say, and why."""
        workspace = info.context.workspace
        names = {name for declared in workspace.model.attributes.values() for name in declared}
        if attribute is not None and attribute not in names | DISPUTABLE:
            raise Refused("BAD_FILTER", f"no attribute {attribute!r} in the model")
        found = disputes(workspace, source or "", attribute or "", page_size(first), after)
        return Conflicts(found=found, shown=found.page)


@strawberry.type
class IdentityMutation:
    """The changes of this page, inherited by `Mutation`."""

    @mutation
    def merge_cis(
        self, info: Info, keep: strawberry.ID, gone: strawberry.ID, key: Key = None, message: Message = ""
    ) -> MatchWritten:
        """Two CIs are one: `gone` becomes part of `keep`, with what its sources say, its relations, pools and open
        records. Its sources find it there from then on, and `ci` finds it by its old id."""
        ids = _id(keep, "keep"), _id(gone, "gone")
        matches = info.context.workspace.matches
        return _decided(info.context, key, message, lambda by: matches.merge(*ids, by, by.message))

    @mutation
    def part_ci(
        self, info: Info, ci: strawberry.ID, source: SourceName, source_key: str | None = None, key: Key = None,
        message: Message = "",
    ) -> MatchWritten:  # fmt: skip
        """One CI is two: what `source` describes becomes a CI of its own, with the relations and pools that it states.
        `sourceKey` tells which, where the source describes several."""
        part, matches = _id(ci, "ci"), info.context.workspace.matches
        return _decided(info.context, key, message, lambda by: matches.part(part, source, by, source_key, by.message))

    @mutation
    def declare_distinct(
        self, info: Info, one: strawberry.ID, other: strawberry.ID,
        take_back: Annotated[bool, strawberry.argument(description="Leave it open again.")] = False,
        key: Key = None, message: Message = "",
    ) -> MatchWritten:  # fmt: skip
        """Two CIs are two: they are not proposed again, and no import joins them."""
        ids = _id(one, "one"), _id(other, "other")
        matches = info.context.workspace.matches
        decide = matches.reconsider if take_back else matches.distinguish
        return _decided(info.context, key, message, lambda by: decide(*ids, by, by.message))

    @mutation
    def undo_revision(
        self, info: Info,
        revision: Annotated[str, strawberry.argument(description="`r42`, or the number of an import: `RUN-0007`.")],
        key: Key = None, message: Message = "",
    ) -> UndoResult:  # fmt: skip
        """Take back what a revision did, such as an import, an edit or a merge: all of it, or nothing if any of it was
        changed since (`UNDO_CONFLICT`)."""
        context, by = info.context, signed(info.context, key, message)
        return _settled(lambda: _undone(context, _revision(context.workspace, revision), by))


def _id(text: str, place: str) -> CiId:
    try:
        return CiId(parse_id(text))
    except ValueFault as fault:
        raise BadValues([fault.at(place)]) from None


def _revision(workspace: Workspace, text: str) -> int:
    """The revision that `r42` or `RUN-0007` stands for. Raises `InvalidInput`."""
    if not NUMBER.fullmatch(text.strip()):
        return one_run(workspace, text).revision
    told = parse_revision(text)
    if not isinstance(told, int) or told < 1:
        raise BadValues([Problem("BAD_REVISION", "revision", shown(text), "a revision from r1 on")])
    return told


def _settled(act: Callable[[], R]) -> R:
    """What `act` comes to. Others who write all the time can keep it from being written: then it is to be repeated."""
    try:
        return act()
    except (Moved, RecordConflict):
        raise Unavailable("others kept writing meanwhile; nothing was changed; try again") from None


def _decided(context: Context, key: str | None, message: str, act: Callable[[Signed], Decided]) -> MatchDecision:
    by = signed(context, key, message)
    done = _settled(lambda: act(by))
    context.workspace.wrote(done.revision)
    standing = context.workspace.inventory.get([ci.id for ci in done.cis])
    cis = [standing[ci.id] for ci in done.cis if ci.id in standing]
    match = done.match
    return MatchDecision(
        revision=done.revision, number=str(match.key), verdict=match.verdict, who=match.who,
        decided_at=match.decided_at, note=match.note, cis=described(context, cis, None),
    )  # fmt: skip


def _undone(context: Context, revision: int, by: Signed) -> RevisionUndone:
    workspace = context.workspace
    done = undone_before(workspace.store, revision, by)
    if done is None:
        planned = plan_undo(workspace.store, workspace.model, revision)
        _, done = undo(workspace.store, workspace.model, planned, by, workspace.clock)
    workspace.wrote(done.revision)
    diff = workspace.inventory.diff(done.revision - 1, done.revision)
    plan = Plan(Changeset("", ""), diff.cis, diff.relations, diff.pools, owned=0)
    counts = [ThingCount(**count._asdict()) for count in plan.counts()]
    return RevisionUndone(revision=done.revision, undone=revision, replayed=done.replayed, counts=counts)
