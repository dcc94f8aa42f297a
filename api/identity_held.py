"""What a whole store says of identity: CIs that may be one, and where sources disagree; kept while nothing changes."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import NamedTuple

from api.identity import Disagreement, disagreements_around, speakers
from cmdb.model.ci import CI, CiId, Relation
from cmdb.model.claims import claims_of
from cmdb.model.model import Model
from cmdb.progress import Progress, Silent
from cmdb.reconcile.claims import FIELDS, conflicts
from cmdb.reconcile.duplicates import Proposal, proposals
from cmdb.store.bulk import collector_paused
from cmdb.store.port import Around, CiFilter, Store, StoredCI
from cmdb.store.slices import THING, VALUE, Slice

BATCH = 10_000
"""CIs that are read at once."""
FEW = 5_000
"""Changed CIs up to which what is kept is brought up to date rather than found anew."""
SHORT = 1.0
"""Seconds that comparing all CIs may take each time something changed."""
PAUSE = 20.0
"""Where it takes longer, it is done again once so many times as long has passed."""


class Likely(NamedTuple):
    """A proposal, the kinds of its two CIs, and the sources that describe either."""

    proposal: Proposal
    kinds: frozenset[str]
    sources: frozenset[str]


class Pairs(NamedTuple):
    """The pairs found in a revision, without those of the `left_out` CIs that changed since.

    Finding them began at `found_at` by the clock of `Findings`, and took so many `seconds`.
    """

    revision: int
    every: list[Likely]
    left_out: int
    found_at: float
    seconds: float

    def without(self, changed: AbstractSet[CiId]) -> "Pairs":
        """Those whose CIs are as they were."""
        left = [one for one in self.every if changed.isdisjoint(one.proposal.cis)]
        return self._replace(every=left, left_out=len(changed))


class Spot(NamedTuple):
    """A field or attribute of a CI on which sources disagree; `sources` are all that say something of it. `told` is the
    disagreement itself, where it is about a relation or pool of the CI: about the CI, it depends on which are stale."""

    ci: CiId
    attribute: str
    sources: frozenset[str]
    told: Disagreement | None = None


@dataclass
class Findings:
    """The conflicts of a store's newest revision, and its proposals: of that revision too, or, where finding them takes
    long, of an earlier one without the CIs that changed since.

    Safe to use from any thread: of several callers for one thing, one computes it. Retired CIs take no part. Methods
    raise `StoreUnavailable`.
    """

    store: Store
    model: Model
    clock: Callable[[], float] = monotonic
    _lock: Lock = field(default_factory=Lock)
    _found: Pairs | None = None
    _shown: "_Shown | None" = None
    _spots: "_Spots | None" = None

    def likely(self, progress: Progress | None = None) -> Pairs:
        """The pairs that may be one, likeliest first, also those that were said to be two.

        Where comparing all took long and was done lately, pairs of CIs that changed since are left out instead.
        """
        with self._lock:
            head, shown = self.store.head().revision, self._shown
            if shown is None or shown.head != head or (shown.pairs.left_out and not self._lately(shown.pairs)):
                shown = self._shown = _Shown(head, self._pairs(head, progress or Silent()))
            return shown.pairs

    def _pairs(self, head: int, progress: Progress) -> Pairs:
        """What is kept, as it stands at the newest revision; found anew where that is not enough."""
        held = self._found
        changed = None if held is None else self._changed(held.revision, head)
        if held is not None and changed is not None:
            if not changed:
                self._found = held._replace(revision=head)
                return self._found
            if self._lately(held):
                return held.without(changed)
        self._found = self._compared(head, progress)
        return self._found

    def _lately(self, held: Pairs) -> bool:
        """Whether it is too early to compare all CIs again."""
        return held.seconds > SHORT and self.clock() - held.found_at < PAUSE * held.seconds

    def _changed(self, before: int, now: int) -> set[CiId] | None:
        """The CIs that are not as they were, new ones and those that went among them; None where they are too many."""
        touched = self.store.changes(before, now).cis
        if touched is None or len(touched) > FEW:
            return None
        old, new = (self.store.get(touched, at) for at in (before, now))
        return {ci for ci in touched if _value(old, ci) != _value(new, ci)}

    def _compared(self, at: int, progress: Progress) -> Pairs:
        """The pairs found by comparing all CIs of a revision."""
        began = self.clock()
        with collector_paused():
            cis = self._cis(at, progress)
            progress.stage("compare", 0)
            found = proposals(self.model, cis)
            named = {ci for one in found for ci in one.cis}
            known = {ci.id: ci for ci in cis if ci.id in named}
            every = [_likely(one, [known[ci] for ci in one.cis]) for one in found]
        return Pairs(at, every, 0, began, self.clock() - began)

    def spots(self, progress: Progress | None = None) -> tuple[int, Sequence[Spot]]:
        """Where sources disagree, by CI and attribute; and the revision."""
        with self._lock:
            head = self.store.head().revision
            if self._spots is None or self._spots.revision != head:
                self._spots = self._refreshed(head) or self._anew(progress or Silent())
            return self._spots.revision, self._spots.every

    def _refreshed(self, head: int) -> "_Spots | None":
        """What is kept, brought up to date; None where there is nothing, or too much changed."""
        held = self._spots
        touched = self.store.changes(held.revision, head).cis if held and held.revision < head else None
        if held is None or touched is None or len(touched) > FEW:
            return None
        found, around = self.store.get(touched, head), self.store.around(touched, head)
        kept = {ci: spots for ci, spots in held.by_ci.items() if ci not in touched}
        changed = {ci: stored.ci for ci, stored in found.items()}
        return _Spots.of(head, {**kept, **_by_ci(self.model, changed, disagreements_around(self.model, around))})

    def _anew(self, progress: Progress) -> "_Spots":
        progress.stage("read", 0)
        with collector_paused():
            found = self.store.columns(_shared)
            cis = {ci.id: ci for part in found.cis for ci in part if isinstance(ci, CI)}
            relations = [one for part in found.relations for one in part if isinstance(one, Relation)]
            told = disagreements_around(self.model, Around(relations, found.pools))
            others = self.store.get({one.ci for one in told} - cis.keys(), found.head.revision)
            cis.update((ci, stored.ci) for ci, stored in others.items())
            return _Spots.of(found.head.revision, _by_ci(self.model, cis, told))

    def _cis(self, at: int, progress: Progress) -> list[CI]:
        """Every CI at a revision."""
        cis: list[CI] = []
        after, more = None, True
        while more:
            page = self.store.page(CiFilter(), BATCH, after, at)
            if not cis:
                progress.stage("read", page.total)
            cis.extend(stored.ci for stored in page.cis)
            progress.advance(len(page.cis))
            after, more = (cis[-1].id if cis else None), page.more
        return cis


class _Shown(NamedTuple):
    """Pairs, and the newest revision when they were told."""

    head: int
    pairs: Pairs


class _Spots(NamedTuple):
    revision: int
    by_ci: dict[CiId, list[Spot]]
    every: list[Spot]

    @classmethod
    def of(cls, revision: int, by_ci: dict[CiId, list[Spot]]) -> "_Spots":
        return cls(revision, by_ci, [spot for ci in sorted(by_ci) for spot in by_ci[ci]])


def _shared(part: Slice) -> list[CI | Relation]:
    """The things of a slice that several sources state, or that one states under another id."""
    things = (told.split(VALUE) for told in part.split(THING) if not told.endswith(VALUE))
    return [CI(*of) if len(of) == len(CI._fields) else Relation(*of) for of in things]  # type: ignore[arg-type]


def _by_ci(model: Model, cis: Mapping[CiId, CI], told: Iterable[Disagreement]) -> dict[CiId, list[Spot]]:
    """Where sources disagree about CIs in service, and as told about their relations and pools."""
    found = {ci.id: spots_of(model, ci) for ci in cis.values() if ci.lifecycle != "retired"}
    for one in told:
        if one.ci in found:
            found[one.ci].append(Spot(one.ci, one.attribute, one.sources, one))
    return {ci: spots for ci, spots in found.items() if spots}


def spots_of(model: Model, ci: CI) -> list[Spot]:
    """Where the sources of one CI disagree about it, by attribute."""
    if not ci.claims_json:
        return []
    declared = model.attributes[ci.kind]
    found = (one.attribute for one in conflicts(model, ci) if one.attribute in FIELDS or one.attribute in declared)
    claims = claims_of(ci)
    return [Spot(ci.id, name, speakers(name, claims)) for name in sorted(found)]


def _value(found: Mapping[CiId, StoredCI], ci: CiId) -> CI | None:
    return found[ci].ci if ci in found else None


def _likely(proposal: Proposal, cis: Sequence[CI]) -> Likely:
    sources = frozenset(claim.source for ci in cis for claim in claims_of(ci))
    return Likely(proposal, frozenset(ci.kind for ci in cis), sources)


def tally(attributes: Iterable[str]) -> list[tuple[str, int]]:
    """How many there are of each, the most first."""
    return sorted(Counter(attributes).items(), key=lambda told: (-told[1], told[0]))
