"""The estate: one revision of the inventory, compiled for questions; an immutable value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from impact.adjacency import Adjacency
from impact.graph import ImpactGraph
from impact.kernels.types import B1, I32, U8
from impact.origins import Origins
from impact.register import Register
from impact.report import CiRef
from impact.vocabulary import Vocabulary

NUMBERS = ("rto", "rpo", "restore", "mtd", "head_count")
"""Attributes kept as columns: minutes, and people; -1 where unknown."""
UNKNOWN = -1


@dataclass(frozen=True)
class Estate:
    """All CIs by index, live or not; `graph` joins the live ones.

    `numbers` holds one column per name in `NUMBERS`; `verified` is the day of last verification (days since
    1970-01-01); `links` leads from a CI to (CI, relation type) along relations that carry no impact; `origins` says
    which sources describe each CI.
    """

    revision: int
    recorded_at: datetime
    vocabulary: Vocabulary
    register: Register
    kind: U8
    sector: U8
    live: B1
    verified: I32
    numbers: Mapping[str, I32]
    graph: ImpactGraph
    links: Adjacency
    origins: Origins = field(default_factory=Origins)

    @property
    def head(self) -> tuple[int, datetime]:
        """The revision and when it was recorded."""
        return self.revision, self.recorded_at

    @property
    def size(self) -> int:
        return len(self.kind)

    def having_role(self, cis: I32, role: str) -> B1:
        """Which of `cis` are of a kind that plays `role`."""
        marks: B1 = self.vocabulary.role_marks[role][self.kind[cis]]
        return marks

    def number(self, name: str, ci: int) -> int | None:
        """One value of a column, None where unknown."""
        value = int(self.numbers[name][ci])
        return None if value == UNKNOWN else value

    def ref(self, ci: int) -> CiRef:
        """A CI by index, named."""
        return CiRef(self.register.ids[ci], self.vocabulary.kinds[self.kind[ci]], self.register.name(ci))

    def refs(self, cis: Iterable[int], most: int = 20) -> list[CiRef]:
        """The first of `cis`, in order of id."""
        found = np.fromiter(cis, np.int32)
        order = np.argsort(self.register.ranks(found))[:most]
        return [self.ref(int(ci)) for ci in found[order]]
