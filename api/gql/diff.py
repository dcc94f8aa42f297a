"""What joined, left and changed between two revisions."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.scalars import JSON

from api.difference import Turn, Turned, counted, page, span
from api.gql.context import Context, page_size
from api.gql.fields import field
from api.scenario import refs
from cmdb.model.ci import CI, Pool, Relation
from cmdb.reconcile import difference
from cmdb.reconcile.difference import T
from cmdb.store.port import Head
from impact.report import CiRef, Page

N = TypeVar("N")
Turns = Annotated[list[Turn] | None, strawberry.argument(description="Only these; null: all.")]

strawberry.enum(Turn, description=Turn.__doc__)


@strawberry.type(description="A point in the history of the inventory.")
class Point:
    revision: int
    recorded_at: datetime


@strawberry.type(description="How many things joined, left and changed.")
class TurnCounts:
    joined: int
    left: int
    changed: int


@strawberry.type(description="How much is not the same at both revisions.")
class DiffCounts:
    cis: TurnCounts
    relations: TurnCounts
    pools: TurnCounts


@strawberry.interface(description="One thing that is not the same at both revisions.")
class Difference:
    turn: Turn
    fields: list[str] = strawberry.field(description="Of what changed: the fields and attributes with another value.")
    before: JSON | None = strawberry.field(description="Null: it joined.")
    after: JSON | None = strawberry.field(description="Null: it left.")


@strawberry.type(description="A CI that joined, left or changed.")
class CiDifference(Difference):
    ci: CiRef = strawberry.field(description="As it was called last.")


@strawberry.type(description="A relation that joined, left or changed.")
class RelationDifference(Difference):
    from_: strawberry.ID = strawberry.field(name="from")
    type: str
    to: strawberry.ID
    pool: str | None


@strawberry.type(description="A redundancy rule that joined, left or changed.")
class PoolDifference(Difference):
    ci: strawberry.ID = strawberry.field(description="The dependent that owns it.")
    name: str


@strawberry.type(description="What is not the same at two revisions: what joined first, then what left, what changed.")
class Diff:
    found: strawberry.Private[difference.Diff]

    @field
    def before(self) -> Point:
        """The revision that the difference starts from."""
        return _point(self.found.before)

    @field
    def after(self) -> Point:
        """The revision that it leads to."""
        return _point(self.found.after)

    @field
    def counts(self) -> DiffCounts:
        """How much joined, left and changed in all."""
        return DiffCounts(
            cis=_counts(self.found.cis), relations=_counts(self.found.relations), pools=_counts(self.found.pools)
        )

    @field
    def cis(self, first: int = 50, after: str | None = None, turns: Turns = None) -> Page[CiDifference]:
        """CIs, by id. A CI that went out of service changed; one that was deleted left."""
        return _shown(page(self.found.cis, 1, page_size(first), after, turns or ()), _ci)

    @field
    def relations(self, first: int = 50, after: str | None = None, turns: Turns = None) -> Page[RelationDifference]:
        """Relations, by the ids of their ends."""
        return _shown(page(self.found.relations, 4, page_size(first), after, turns or ()), _relation)

    @field
    def pools(self, first: int = 50, after: str | None = None, turns: Turns = None) -> Page[PoolDifference]:
        """Redundancy rules, by the id of their owner."""
        return _shown(page(self.found.pools, 2, page_size(first), after, turns or ()), _pool)


def diff(context: Context, before: str, after: str | None) -> Diff:
    """The difference of two revisions or times. Raises `InvalidInput` and `StoreUnavailable`."""
    return Diff(found=span(context.workspace.inventory, before, after))


def _point(head: Head) -> Point:
    return Point(revision=head.revision, recorded_at=head.recorded_at)


def _counts(found: difference.Difference[T]) -> TurnCounts:
    return TurnCounts(**{turn.value: number for turn, number in counted(found).items()})


def _shown(found: Page[Turned[T]], build: Callable[[Turned[T]], N]) -> Page[N]:
    return Page([build(node) for node in found.nodes], found.total_count, found.end_cursor, found.has_next_page)


def _ci(turned: Turned[CI]) -> CiDifference:
    return CiDifference(ci=refs([turned.thing])[0], **_sides(turned))


def _relation(turned: Turned[Relation]) -> RelationDifference:
    from_, type_, to, pool, *_ = turned.thing
    return RelationDifference(
        from_=strawberry.ID(from_), type=type_, to=strawberry.ID(to), pool=pool or None, **_sides(turned)
    )


def _pool(turned: Turned[Pool]) -> PoolDifference:
    return PoolDifference(ci=strawberry.ID(turned.thing.ci), name=turned.thing.name, **_sides(turned))


def _sides(turned: Turned[T]) -> Any:
    return {
        "turn": turned.turn,
        "fields": turned.fields,
        **turned.sides,
    }
