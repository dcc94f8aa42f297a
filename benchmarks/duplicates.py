"""Duplicates among 100,000 servers, of which 2 % are recorded twice: what is proposed, and what an import would join.

The servers and their duplicates are those of `benchmarks.servers`, which says what is wrong with them.
"""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.figures import Figure, seconds, shown
from benchmarks.servers import Servers, servers
from cmdb.model.ci import CI
from cmdb.model.model import Model, standard_model
from cmdb.reconcile.duplicates import Proposal, proposals
from cmdb.reconcile.identify import Identified, identify

COUNT, SEED = 100_000, 2026
PRECISION, RECALL = 0.98, 0.95
SECONDS = 15.0


class Found(NamedTuple):
    """How many pairs were proposed, how many of these are one, and how many there were to find."""

    proposed: int
    right: int
    wanted: int

    @property
    def precision(self) -> float:
        return self.right / self.proposed if self.proposed else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted


def figures() -> Iterator[Figure]:
    """Proposals, and silent joins when one half of the records comes as a second source."""
    made, model = servers(COUNT, SEED), standard_model()
    proposed: list[Proposal] = []
    before = time.process_time()
    took = seconds(lambda: proposed.extend(proposals(model, made.cis)))
    busy = f"{shown(time.process_time() - before)} of processor time"
    found = judged(made, proposed)
    what = f"duplicates proposed among {len(made.cis):,} servers, {found.wanted:,} of them recorded twice"
    yield Figure(f"{what}: precision", f"{found.precision:.4f}", "", f"≥ {PRECISION}", found.precision >= PRECISION)
    yield Figure(f"{what}: recall", f"{found.recall:.4f}", "", f"≥ {RECALL}", found.recall >= RECALL)
    yield Figure(f"{what}: time", shown(took), busy, f"≤ {SECONDS:.0f} s", took <= SECONDS)
    joined: list[Identified] = []
    took = seconds(lambda: joined.append(halves(model, made)))
    wrong = len(wrongly_joined(made, joined[0]))
    told = f"{len(joined[0].joined):,} joined, {len(joined[0].doubts):,} left to a person, in {shown(took)}"
    yield Figure("one half imported as a second source: wrong joins", str(wrong), told, "0", wrong == 0)


def judged(made: Servers, proposed: Sequence[Proposal]) -> Found:
    """Proposals beside what is so."""
    right = sum(frozenset(proposal.cis) in made.same for proposal in proposed)
    return Found(len(proposed), right, len(made.same))


def halves(model: Model, made: Servers) -> Identified:
    """The second half of the records, in the order of the generator, as a source beside the first."""
    middle = len(made.cis) // 2
    new: list[CI] = [ci._replace(source="second") for ci in made.cis[middle:]]
    return identify(model, new, made.cis[:middle], frozenset())


def wrongly_joined(made: Servers, found: Identified) -> list[tuple[str, str]]:
    """The new and the recorded CI of each join of two servers."""
    pairs = [(join.new, join.known) for join in found.joined.values()]
    return [pair for pair in pairs if frozenset(pair) not in made.same]
