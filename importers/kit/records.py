"""What an importer makes of its input: CIs, relations and pools, where each stood, and what is wrong with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol

from cmdb.model.ci import CI, CiId, Pool, Relation
from importers.kit.findings import Bad, Cell, Fault, Findings

Thing = Relation | Pool | CiId


@dataclass(frozen=True)
class Origin:
    """Where a list of things stood: the file, and the row of each in the order of the list."""

    file: str
    rows: Sequence[int]


class NativeRow(NamedTuple):
    """A row of the native format as texts: `entity` is ci, relation or pool, `at` the place where it stood.

    `columns` says which column of the input each field was read from; nothing where that is in the native format.
    """

    entity: str
    texts: Mapping[str, str]
    at: Cell
    columns: Mapping[str, str] = {}


class Input(Protocol):
    """What was read, so that something can be made of all of it but what is at fault."""

    def rest(self, bad: Bad) -> "Transformed":
        """The desired state without what stands at the places at fault; its problems are only those that are new."""

    def taken(self, bad: Bad) -> Sequence[NativeRow]:
        """The rows that `rest` leaves out."""

    def left_out(self, at: Cell, faults: Iterable[Fault]) -> bool:
        """Whether a place at fault of which no row was made is one row or object, and not a file as a whole."""


class Summary(NamedTuple):
    """What is known of `cis` and `relations` as a whole: the different words that stand in them.

    `joined` are the kinds of what relations join, with the type between; None where an end is not among the CIs.
    """

    cis: Sequence[CI]
    relations: Sequence[Relation]
    kinds: frozenset[str]
    sectors: frozenset[str]
    lifecycles: frozenset[str]
    pools: frozenset[str]
    effects: frozenset[str]
    joined: frozenset[tuple[str, str, str]] | None


@dataclass(frozen=True)
class Transformed:
    """The desired state of one source. It is not to be used when `problems` has any.

    `whole` says that every file could be read to its end, so that a missing CI is really missing; `part` that the
    input says itself that it is a part only, so that a missing CI says nothing. `input` is what was read, kept only
    where there are problems and more than one row of it could be read. `summary` is what is known of all as a whole.
    """

    cis: Sequence[CI]
    relations: Sequence[Relation]
    pools: Sequence[Pool]
    ci_origin: Origin
    relation_origin: Origin
    pool_origin: Origin
    problems: Findings = field(default_factory=Findings)
    warnings: Findings = field(default_factory=Findings)
    whole: bool = True
    part: bool = False
    input: Input | None = None
    summary: Summary | None = None

    def cell(self, thing: Thing, column: str = "") -> Cell:
        """Where `thing` stood in the input."""
        origin, row = self.ci_origin, 0
        if isinstance(thing, Relation):
            origin, row = self.relation_origin, self._relation_rows.get(thing, 0)
        elif isinstance(thing, Pool):
            origin, row = self.pool_origin, self._pool_rows.get(thing, 0)
        else:
            row = self._ci_rows.get(thing, 0)
        return Cell(origin.file, row, column)

    @cached_property
    def _ci_rows(self) -> Mapping[CiId, int]:
        return {ci.id: row for ci, row in zip(self.cis, self.ci_origin.rows, strict=True)}

    @cached_property
    def _relation_rows(self) -> Mapping[Relation, int]:
        return dict(zip(self.relations, self.relation_origin.rows, strict=True))

    @cached_property
    def _pool_rows(self) -> Mapping[Pool, int]:
        return dict(zip(self.pools, self.pool_origin.rows, strict=True))
