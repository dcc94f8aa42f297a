"""The ledger: which rules apply to which CIs of an estate on a day, and which are not met. All numbers come from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from impact.analyses.affected import TIERS
from impact.estate import UNKNOWN, Estate
from impact.kernels.types import B1, I32, I64, U8, U64
from impact.paging import packed
from impact.readiness.attributes import Progress, unwatched
from impact.readiness.facts import Facts
from impact.readiness.needs import Purpose, Rule
from impact.readiness.purposes import PURPOSES, RULE_NUMBER, RULES
from impact.readiness.report import (
    ReadinessPointScore,
    ReadinessPurpose,
    ReadinessRule,
    ReadinessScore,
    ReadinessTally,
)

SIZE_BITS = 16


@dataclass(frozen=True, slots=True)
class Ledger:
    """Columns beside `cis`, the live CIs in order of index.

    `applies` has the bit of each rule (its place in `RULES`) that asks something of the CI, `lacks` of each that is
    not met; `verified` is the day of last verification, `criticality` as in `attributes`, `size` the people of a
    client group and the direct dependents of any other CI; `stale` marks those of which every source is stale.
    """

    day: int
    cis: I32
    applies: U64
    lacks: U64
    verified: I32
    criticality: U8
    size: I32
    stale: B1

    def only(self, marks: B1) -> "Ledger":
        """The ledger of the marked CIs alone."""
        names = ("cis", "applies", "lacks", "verified", "criticality", "size", "stale")
        return replace(self, **{name: getattr(self, name)[marks] for name in names})


def open_ledger(
    estate: Estate, day: int, progress: Progress = unwatched, stale: frozenset[str] = frozenset()
) -> Ledger:  # fmt: skip
    """The ledger of all live CIs; `day` (since 1970-01-01) and the sources that are `stale` decide what is fresh."""
    cis = np.nonzero(estate.live)[0].astype(np.int32)
    facts = Facts(estate, cis, day, progress)
    applies, lacks = np.zeros(len(cis), np.uint64), np.zeros(len(cis), np.uint64)
    for number, rule in enumerate(RULES):
        bit, asked = np.uint64(1 << number), facts.inside(rule.scopes)
        applies[asked] |= bit
        lacks[asked & ~facts.meets(rule.need)] |= bit
    people = np.where(estate.having_role(cis, "client"), estate.numbers["head_count"][cis], UNKNOWN)
    dependents = np.minimum(estate.graph.dependents.index[cis, 1], 2**31 - 1).astype(np.int32)
    size = np.where(people == UNKNOWN, dependents, people).astype(np.int32)
    old = estate.origins.only(cis, stale)
    return Ledger(day, cis, applies, lacks, estate.verified[cis], facts.attributes.criticality, size, old)


@dataclass(frozen=True, slots=True)
class Wanted:
    """CIs of these kinds and sectors, owned by one of `owners` (ids); empty parts do not restrict."""

    kinds: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.kinds or self.sectors or self.owners)


def selected(estate: Estate, ledger: Ledger, wanted: Wanted) -> Ledger:
    """The ledger of the wanted CIs alone."""
    if not wanted:
        return ledger
    words, marks = estate.vocabulary, np.ones(len(ledger.cis), np.bool_)
    for names, numbers, column in (
        (wanted.kinds, words.kind_number, estate.kind),
        (wanted.sectors, words.sector_number, estate.sector),
    ):
        if names:
            marks &= np.isin(column[ledger.cis], [numbers[name] for name in names])
    if wanted.owners:
        marks &= _owned(
            estate, ledger.cis, [at for ci in wanted.owners if (at := estate.register.find(ci)) is not None]
        )
    return ledger.only(marks)


def _owned(estate: Estate, cis: I32, owners: Sequence[int]) -> B1:
    rows, owner = ownership(estate, cis)
    marks = np.zeros(len(cis), np.bool_)
    marks[rows[np.isin(owner, owners)]] = True
    return marks


def ownership(estate: Estate, cis: I32) -> tuple[I32, I32]:
    """Who owns which of `cis`: (place in `cis`, index of an owner), one row for each owner of each."""
    owner, rows = estate.links.gather(cis)
    owned = rows[1] == estate.vocabulary.relation_number.get("owned_by", -1)
    return owner[owned], rows[0][owned]


def chosen(purpose: ReadinessPurpose | None) -> tuple[Purpose, ...]:
    """The purpose called so, or all of them."""
    return tuple(p for p in PURPOSES if purpose is None or p.name == purpose.value)


def rules_of(purposes: Iterable[Purpose]) -> tuple[Rule, ...]:
    """The rules of some purposes, each once."""
    return tuple(dict.fromkeys(rule for purpose in purposes for rule in purpose.rules))


def bits_of(rules: Iterable[Rule]) -> np.uint64:
    """The bits of some rules."""
    return np.uint64(sum(1 << RULE_NUMBER[rule] for rule in rules))


def scores(ledger: Ledger, purposes: Iterable[Purpose]) -> list[ReadinessScore]:
    """Every purpose with its rules, the lowest share first."""
    found = []
    for purpose in purposes:
        rules = [told(rule, tally(ledger, rule)) for rule in purpose.rules]
        rules.sort(key=lambda r: (r.tally.share is None, r.tally.share or 0.0, -r.tally.missing, r.name))
        total = summed([rule.tally for rule in rules])
        found.append(ReadinessScore(ReadinessPurpose(purpose.name), purpose.question, total, rules))
    return found


def point_scores(ledger: Ledger) -> list[ReadinessPointScore]:
    """Every purpose in numbers alone."""
    return [ReadinessPointScore(score.purpose, score.tally) for score in scores(ledger, PURPOSES)]


def told(rule: Rule, counted: ReadinessTally) -> ReadinessRule:
    """A rule with its words."""
    return ReadinessRule(rule.name, rule.lacks, rule.why, rule.days, counted)


def marks_of(ledger: Ledger, rule: Rule) -> tuple[B1, B1, B1, B1]:
    """Beside the CIs: asked of it, met, met and fresh, met and ever verified."""
    bit = np.uint64(1 << RULE_NUMBER[rule])
    asked: B1 = (ledger.applies & bit) != 0
    met: B1 = asked & ((ledger.lacks & bit) == 0)
    known = met & (ledger.verified != UNKNOWN)
    return asked, met, known & (ledger.verified >= ledger.day - rule.days) & ~ledger.stale, known


def tally(ledger: Ledger, rule: Rule) -> ReadinessTally:
    """How far one rule is met."""
    return tallied(*(int(np.count_nonzero(marks)) for marks in marks_of(ledger, rule)))


def tallied(applicable: int, met: int, fresh: int, verified: int) -> ReadinessTally:
    """Counts with what follows from them."""
    return ReadinessTally(applicable, met, applicable - met, fresh, verified, met / applicable if applicable else None)


def summed(tallies: Iterable[ReadinessTally]) -> ReadinessTally:
    """Several tallies in one: needs are added up, each counts the same."""
    rows = [(t.applicable, t.met, t.fresh, t.verified) for t in tallies]
    return tallied(*map(sum, zip(*rows, strict=True))) if rows else tallied(0, 0, 0, 0)


def weights(estate: Estate, ledger: Ledger) -> I64:
    """The order of a worklist, least first: services by tier, then criticality, then the larger."""
    service = estate.having_role(ledger.cis, "service")
    rto = estate.numbers["rto"][ledger.cis]
    tier = np.digitize(rto, [limit for limit, _ in TIERS], right=True)
    rank = np.where(service, np.where(rto == UNKNOWN, len(TIERS) + 1, tier), len(TIERS) + 2)
    largest = (1 << SIZE_BITS) - 1
    return packed((rank, 3), (ledger.criticality, 3), (largest - np.minimum(ledger.size, largest), SIZE_BITS))
