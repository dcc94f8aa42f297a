"""Recorded CIs that may be one, for a person to decide: found by what they share, in nearly linear time."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import combinations, product
from typing import NamedTuple

from cmdb.model.ci import CI, CiId
from cmdb.model.claims import claims_of
from cmdb.model.model import Model
from cmdb.reconcile.evidence import LEAST, score
from cmdb.reconcile.signs import Family, families
from cmdb.reconcile.traits import Traits, Words, traits, usual
from cmdb.store.bulk import collector_paused

CROWD = 20
"""A value that more CIs than this have is no reason to compare them with each other."""
Pair = tuple[int, int]
"""Two CIs, by their places in the family, the lower first."""


class Proposal(NamedTuple):
    """Two CIs that may be one, the one to keep first; `score` is 0 to 100, `kept` says why that one is kept."""

    cis: tuple[CiId, CiId]
    score: int
    reasons: tuple[str, ...]
    kept: str


def proposals(
    model: Model, cis: Sequence[CI], distinct: Container[frozenset[CiId]] = (), limit: int | None = None
) -> list[Proposal]:
    """The pairs among recorded CIs that may be one, likeliest first, or the first `limit` of them.

    Retired CIs are left out, and so are kinds that nothing identifies, as their names repeat rightly. The pairs in
    `distinct`, of which a person said that they are two, are never proposed.
    """
    with collector_paused():
        found = (proposal for family, own in _by_family(model, cis) for proposal in _proposals(model, family, own))
        wanted = (proposal for proposal in found if frozenset(proposal.cis) not in distinct)
        if limit is not None:
            return nsmallest(limit, wanted, key=_rank)
        return sorted(wanted, key=_rank)


def _rank(proposal: Proposal) -> tuple[int, tuple[CiId, CiId]]:
    return -proposal.score, proposal.cis


def _by_family(model: Model, cis: Iterable[CI]) -> Iterator[tuple[Family, list[CI]]]:
    every = families(model)
    own: dict[Family, list[CI]] = defaultdict(list)
    for ci in cis:
        if ci.lifecycle != "retired" and (family := every.get(ci.kind)) is not None:
            own[family].append(ci)
    yield from own.items()


def _proposals(model: Model, family: Family, cis: Sequence[CI]) -> Iterator[Proposal]:
    every = [traits(family, ci) for ci in sorted(cis)]
    words = Words(every)
    by_name = family.by_name or model.roles[cis[0].kind] in ("contact", "client")
    for left, right in _candidates(family, words, every):
        one, other = every[left], every[right]
        points, reasons = score(family, words, one, other, by_name)
        if points >= LEAST:
            keep, drop, why = _kept(one, other)
            yield Proposal((keep, drop), points, reasons, why)


def _candidates(family: Family, words: Words, every: Sequence[Traits]) -> set[Pair]:
    """The pairs worth comparing: those with a value in common, or a name alike."""
    found: set[Pair] = set()
    for column in dict.fromkeys(column for one in every for column in one.keys):
        found.update(_sharing((at, one.keys.get(column, "")) for at, one in enumerate(every)))
    found.update(_sharing((at, f"{one.ci.sector} {one.ip}" if one.ip else "") for at, one in enumerate(every)))
    found.update(_sharing((at, _bag(one)) for at, one in enumerate(every)))
    names = _named(every)
    for places in names.values():
        found.update(_alike(family, every, places))
    for one, other in _slips(words, names):
        found.update(_alike(family, every, names[one], names[other]))
    return found


def _bag(one: Traits) -> str:
    """The words of a name of several, in any order."""
    words = sorted(one.names[0].whole.split())
    return " ".join((one.ci.sector, *words)) if len(words) > 1 else ""


def _sharing(values: Iterable[tuple[int, str]]) -> Iterator[Pair]:
    groups: dict[str, list[int]] = defaultdict(list)
    for at, value in values:
        if value:
            groups[value].append(at)
    for places in groups.values():
        if 1 < len(places) <= CROWD:
            yield from combinations(places, 2)


Name = tuple[str, str]
"""The letters and the figures of a name."""


def _named(every: Sequence[Traits]) -> Mapping[Name, list[int]]:
    """CIs by each of their names."""
    names: dict[Name, list[int]] = defaultdict(list)
    for at, one in enumerate(every):
        for name in dict.fromkeys((called.letters, called.figures) for called in one.names):
            if any(name):
                names[name].append(at)
    return names


def _alike(
    family: Family, every: Sequence[Traits], places: Sequence[int], others: Sequence[int] | None = None
) -> Iterator[Pair]:
    """Pairs of CIs with names alike, but for those that a domain, a sector or a key tells apart at once."""
    if len(places) * len(others or places) > CROWD**3:
        return
    pairs = combinations(places, 2) if others is None else ((a, b) for a in places for b in others)
    for left, right in pairs:
        one, other = every[left], every[right]
        if left == right or one.ci.sector != other.ci.sector:
            continue
        domains = one.signs.domain, other.signs.domain
        if not all(domains) or domains[0] == domains[1]:
            yield min(left, right), max(left, right)


def _slips(words: Words, names: Mapping[Name, list[int]]) -> Iterator[tuple[Name, Name]]:
    """Names of the same figures whose letters are one slip apart, one of them being unusual."""
    figures: dict[str, set[str]] = defaultdict(set)
    for letters, own in names:
        figures[letters].add(own)
    cut: dict[str, list[str]] = defaultdict(list)
    for letters in figures:
        for shorter in _shortened(letters):
            cut[shorter].append(letters)
    met: set[tuple[str, str]] = set()
    for together in cut.values():
        met.update((min(pair), max(pair)) for pair in _unusual(words, together))
    for one, other in met:
        for own in figures[one] & figures[other]:
            yield (one, own), (other, own)


def _unusual(words: Words, together: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of letters of which one is rare beside the other."""
    rare = sorted(together, key=lambda letters: (words.letters[letters], letters))
    for one, other in product(rare[:CROWD], rare[: CROWD * CROWD]):
        if one != other and not usual((words.letters[one], words.letters[other])):
            yield one, other


def _shortened(letters: str) -> set[str]:
    """Letters as they are, and with each of them left out: what is one slip apart has one of these in common."""
    return (
        {letters, *(letters[:at] + letters[at + 1 :] for at in range(len(letters)))} if len(letters) > 2 else {letters}
    )


def _kept(one: Traits, other: Traits) -> tuple[CiId, CiId, str]:
    """The one to keep, the other, and why."""
    for words, left, right in _merits(one, other):
        if left != right:
            keep, drop = (one, other) if left > right else (other, one)
            more, less = max(left, right), min(left, right)
            return keep.ci.id, drop.ci.id, words.format(more, less)
    return one.ci.id, other.ci.id, "both have as much recorded; its id comes first"


def _merits(one: Traits, other: Traits) -> Iterator[tuple[str, int, int]]:
    left, right = (len({claim.source for claim in claims_of(each.ci)}) for each in (one, other))
    yield "{0} sources know it, the other {1}", left, right
    yield "it is in service", one.ci.lifecycle == "live", other.ci.lifecycle == "live"
    yield "{0} attributes are recorded of it, of the other {1}", one.known, other.known
