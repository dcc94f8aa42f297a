"""What a change is made of: inputs, and how they become the inventory's own values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import strawberry
from strawberry.scalars import JSON

from api.gql.model import Effect, Lifecycle
from cmdb.model.ci import CiId, Pool, PoolKey, Relation, RelationKey
from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown
from cmdb.model.pools import parse_required
from cmdb.model.text import parse_id
from cmdb.reconcile.edit import Draft, Given

T = TypeVar("T")
R = TypeVar("R")
MOST = 1_000


@strawberry.input(description="A value to record.")
class AttributeInput:
    name: str
    value: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="As in the model; durations also as text (`4h`). Null: forget it."
    )


@strawberry.input(description="A CI to create, or the fields of it to change; what is left out stays as it is.")
class CiInput:
    id: strawberry.ID
    kind: str | None = strawberry.field(default=None, description="A new CI needs one.")
    name: str | None = None
    sector: str | None = None
    lifecycle: Lifecycle | None = None
    attributes: list[AttributeInput] = strawberry.field(default_factory=list)
    expected: int | None = strawberry.field(
        default=None, description="The revision it was last seen at; 0: it must be new; null: whatever it is."
    )

    def draft(self) -> Draft:
        """This input in the inventory's words."""
        given: dict[str, Given] = {a.name: _given(a.value) for a in self.attributes}
        if len(given) != len(self.attributes):
            raise ValueFault("DUPLICATE_ATTRIBUTE", self.id, "each attribute once")
        return Draft(self.id, self.kind, self.name, self.sector, self.lifecycle and self.lifecycle.value, given)


@strawberry.input(description="A CI, and the revision it was last seen at.")
class CiAt:
    id: strawberry.ID
    expected: int | None = strawberry.field(default=None, description="Null: whatever it is.")

    def parsed(self) -> CiId:
        """Its id in normal form. Raises `ValueFault`."""
        return CiId(parse_id(self.id))


@strawberry.input(description="A relation by what identifies it.")
class RelationRef:
    from_: strawberry.ID = strawberry.field(name="from")
    type: str
    to: strawberry.ID
    pool: str | None = None

    def key(self) -> RelationKey:
        """Its key. Raises `ValueFault`."""
        return RelationKey(CiId(parse_id(self.from_)), self.type, CiId(parse_id(self.to)), self.pool or "")


@strawberry.input(description="A relation to record.")
class RelationInput:
    from_: strawberry.ID = strawberry.field(name="from")
    type: str
    to: strawberry.ID
    pool: str | None = strawberry.field(default=None, description="A pool of the dependent end, which has a rule.")
    effect: Effect | None = strawberry.field(default=None, description="Null: the type's own.")

    def relation(self, source: str) -> Relation:
        """The relation. Raises `ValueFault`."""
        ends = CiId(parse_id(self.from_)), CiId(parse_id(self.to))
        effect = self.effect.value if self.effect else ""
        return Relation(ends[0], self.type, ends[1], self.pool or "", effect, source)


@strawberry.input(description="A redundancy rule to record.")
class PoolInput:
    ci: strawberry.ID = strawberry.field(description="The dependent that owns it.")
    name: str
    required: str = strawberry.field(description="How many members must work: a count (`2`) or a percentage (`50%`).")
    full: str | None = strawberry.field(default=None, description="How many are needed for full service.")
    effect: Effect = Effect.down

    def pool(self, source: str) -> Pool:
        """The rule. Raises `ValueFault`."""
        name = self.name.strip()
        if not name or len(name) > 200 or not name.isprintable():
            raise ValueFault("BAD_CHARACTER" if name else "MISSING_VALUE", self.name, "a name of 1 to 200 characters")
        full = parse_required(self.full or "")
        return Pool(CiId(parse_id(self.ci)), name, parse_required(self.required), full, self.effect.value, source)


@strawberry.input(description="A redundancy rule by what identifies it.")
class PoolRef:
    ci: strawberry.ID
    name: str

    def key(self) -> PoolKey:
        """Its key. Raises `ValueFault`."""
        return PoolKey(CiId(parse_id(self.ci)), self.name)


def parsed(argument: str, items: Sequence[T], parse: Callable[[T], R]) -> list[R]:
    """What `parse` makes of each item. Raises `InvalidInput` with every fault, each with its place."""
    if not 0 < len(items) <= MOST:
        code = "TOO_MANY" if items else "MISSING_VALUE"
        raise InvalidInput([Problem(code, argument, f"{len(items)} items", f"1 to {MOST} items")])
    problems: list[Problem] = []
    found = []
    for number, item in enumerate(items):
        try:
            found.append(parse(item))
        except ValueFault as fault:
            problems.append(fault.at(f"{argument}[{number}]"))
    if problems:
        raise InvalidInput(problems)
    return found


def expectations(pairs: Iterable[tuple[CiId, int | None]]) -> Mapping[CiId, int]:
    """Expected revisions by CI, of those that state one. Raises `InvalidInput` when one CI is given two."""
    found: dict[CiId, int] = {}
    for ci, expected in pairs:
        if expected is not None and found.setdefault(ci, expected) != expected:
            raise InvalidInput([Problem("DUPLICATE_KEY", f"expected of {ci}", shown(str(expected)), "one revision")])
    return found


def _given(value: object) -> Given:
    """A JSON value as an attribute takes it. Raises `ValueFault`: one left out, an object, a mixed list."""
    if value is strawberry.UNSET:
        raise ValueFault("MISSING_VALUE", "", "a value, or null to take the attribute away")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise ValueFault("BAD_TYPE", str(type(value).__name__), "a text, a number, a boolean, a list of texts, or null")
