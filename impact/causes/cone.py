"""The dependency cone: some CIs and everything they depend on, with the shortest way to each."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impact.adjacency import Adjacency
from impact.graph import META, PROVIDER, ImpactGraph
from impact.kernels.causes import climb
from impact.kernels.types import I32
from impact.walk import borrow, give_back

Rows = tuple[I32, I32]
"""The dependencies of one CI: its providers, and the relation type of each."""


@dataclass(frozen=True)
class Cone:
    """CIs, the nearest first; `hops[i]` dependencies lead from a CI asked about to `cis[i]`, the last of them from
    `cis[through[i]]` by a relation of type `relation[i]`; both are -1 for the CIs asked about."""

    cis: I32
    hops: I32
    through: I32
    relation: I32

    def path(self, at: int) -> list[tuple[int, int]]:
        """From a CI asked about to `cis[at]`: each CI with the type of the relation to the next, -1 at the end."""
        found, relation = list[tuple[int, int]](), -1
        while at >= 0:
            found.append((int(self.cis[at]), relation))
            relation, at = int(self.relation[at]), int(self.through[at])
        return found[::-1]


def cone(graph: ImpactGraph, asked: I32, other: Mapping[int, Rows] | None = None) -> Cone:
    """The cone of `asked`. CIs in `other`, also such as the graph does not have, depend on what it says instead.

    Of several shortest ways to a CI, one is kept.
    """
    if other:
        return _ring_by_ring(graph.providers, asked, other)
    scratch = borrow(graph)
    providers = graph.providers
    found = Cone(*climb.run(providers.index, providers.columns, asked, scratch.far, scratch.queue))
    give_back(scratch)
    return found


def _ring_by_ring(providers: Adjacency, asked: I32, replaced: Mapping[int, Rows]) -> Cone:
    own = np.array(sorted(replaced), np.int32)
    size = max(len(providers.index), int(own.max(initial=-1)) + 1, int(asked.max(initial=-1)) + 1)
    size = max([size, *(int(rows[0].max(initial=-1)) + 1 for rows in replaced.values())])
    seen = np.zeros(size, np.bool_)
    ring = np.unique(asked).astype(np.int32)
    seen[ring] = True
    nothing = np.full(len(ring), -1, np.int32)
    rings, start = [(ring, nothing, nothing)], 0
    while len(ring):
        owner, found, relation = _below(providers, ring, replaced, own)
        fresh = np.nonzero(~seen[found])[0]
        _, first = np.unique(found[fresh], return_index=True)
        kept = fresh[np.sort(first)]
        through = (owner[kept] + start).astype(np.int32)
        start += len(ring)
        ring = found[kept]
        seen[ring] = True
        rings.append((ring, through, relation[kept]))
    hops = np.repeat(np.arange(len(rings), dtype=np.int32), [len(part[0]) for part in rings])
    return Cone(
        np.concatenate([part[0] for part in rings]),
        hops,
        np.concatenate([part[1] for part in rings]),
        np.concatenate([part[2] for part in rings]),
    )


def _below(providers: Adjacency, ring: I32, replaced: Mapping[int, Rows], own: I32) -> tuple[I32, I32, I32]:
    """What the CIs of a ring depend on: the place in the ring, the provider, the relation type."""
    special = np.isin(ring, own) | (ring >= len(providers.index))
    usual = np.nonzero(~special)[0].astype(np.int32)
    owner, rows = providers.gather(ring[usual])
    parts = [(usual[owner], rows[PROVIDER], rows[META] >> 2)]
    for at in np.nonzero(special)[0].tolist():
        found, relation = replaced.get(int(ring[at]), (ring[:0], ring[:0]))
        parts.append((np.full(len(found), at, np.int32), found, relation))
    owners, found, relation = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(owners, kind="stable")
    return owners[order], found[order], relation[order]
