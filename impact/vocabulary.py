"""What the engine must know of the model: kinds, relation types and sectors by number."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact.kernels.types import B1

LIVE = "live"


@dataclass(frozen=True)
class Vocabulary:
    """Parallel tuples: a kind has a role (service, client, contact, plain), may carry impact or never does, and has a
    lineage (itself and its parents, nearest first);
    a relation type has a flow (1: the start depends on the end, -1: the reverse, 0: none), a default effect, and
    carries data or not."""

    kinds: tuple[str, ...]
    roles: tuple[str, ...]
    carries: tuple[bool, ...]
    relations: tuple[str, ...]
    flows: tuple[int, ...]
    effects: tuple[int, ...]
    data: tuple[bool, ...]
    sectors: tuple[str, ...]
    lineages: tuple[tuple[str, ...], ...]

    @cached_property
    def kind_number(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.kinds)}

    @cached_property
    def relation_number(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.relations)}

    @cached_property
    def sector_number(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.sectors)}

    def with_role(self, role: str) -> frozenset[int]:
        """The numbers of the kinds that play `role`."""
        return frozenset(at for at, r in enumerate(self.roles) if r == role)

    @cached_property
    def role_marks(self) -> dict[str, B1]:
        """For each role, which kinds play it, by number."""
        marks = {role: np.zeros(256, np.bool_) for role in self.roles}
        for at, role in enumerate(self.roles):
            marks[role][at] = True
        return marks

    def descended(self, *ancestors: str) -> frozenset[int]:
        """The numbers of the kinds that are one of `ancestors` or descend from one."""
        return frozenset(at for at, line in enumerate(self.lineages) if not set(line).isdisjoint(ancestors))
