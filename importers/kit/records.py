"""What an importer makes of its input: CIs, relations and pools, where each stood, and what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cmdb.model.ci import CI, CiId, Pool, Relation
from importers.kit.findings import Cell, Findings

Thing = Relation | Pool | CiId


@dataclass(frozen=True)
class Origin:
    """Where a list of things stood: the file, and the row of each in the order of the list."""

    file: str
    rows: Sequence[int]


@dataclass(frozen=True)
class Transformed:
    """The desired state of one source. It is not to be used when `problems` has any.

    `whole` says that every file could be read to its end, so that a missing CI is really missing.
    """

    cis: list[CI]
    relations: list[Relation]
    pools: list[Pool]
    ci_origin: Origin
    relation_origin: Origin
    pool_origin: Origin
    problems: Findings = field(default_factory=Findings)
    warnings: Findings = field(default_factory=Findings)
    whole: bool = True

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
