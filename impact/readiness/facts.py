"""Which CIs meet which needs, as marks beside them: numpy on columns and relation lists, nothing per CI."""

from functools import cached_property

import numpy as np

from impact.estate import NUMBERS, UNKNOWN, Estate
from impact.graph import META, POOL, PROVIDER
from impact.kernels.types import B1, I32
from impact.readiness.attributes import Attributes, Progress, read, unwatched
from impact.readiness.needs import (
    Dependencies,
    Dependents,
    HasPools,
    IsNamed,
    Need,
    NotPassed,
    Points,
    Recorded,
    Rule,
    Scope,
    SoundPools,
    Verified,
)
from impact.readiness.purposes import RULES


def _conditions(rules: tuple[Rule, ...]) -> tuple[Need, ...]:
    """Every need that `rules` name, conditions of scopes included."""
    scopes = [scope for rule in rules for scope in rule.scopes]
    found = (*(rule.need for rule in rules), *(s.where for s in scopes), *(s.unless for s in scopes))
    return tuple(dict.fromkeys(need for need in found if need is not None))


DATED = tuple(sorted({n.attribute for n in _conditions(RULES) if isinstance(n, NotPassed)}))
WATCHED = tuple(
    sorted({a for n in _conditions(RULES) if isinstance(n, Recorded) for a in n.attributes}.difference(NUMBERS, DATED))
)
"""Attributes that some rule asks for and that are no column of an estate."""
NAMES = (*DATED, *WATCHED)


class Facts:
    """What is known of some CIs of an estate on a day (since 1970-01-01); each fact is found out when asked for."""

    def __init__(self, estate: Estate, cis: I32, day: int, progress: Progress = unwatched) -> None:
        self.estate, self.cis, self.day = estate, cis, day
        self._progress = progress

    @cached_property
    def attributes(self) -> Attributes:
        """Their attributes, read from the texts."""
        return read(self.estate.register, self.cis, NAMES, DATED, self._progress)

    def meets(self, need: Need) -> B1:
        """Which of the CIs meet a need."""
        match need:
            case Recorded(names):
                found: list[B1] = [self._recorded(name) for name in names]
                return np.logical_or.reduce(found)
            case Points(types):
                return self._starts(types)
            case IsNamed(types):
                return self._ends(types)
            case Dependents():
                return self._counted(self.estate.graph.dependents.index[:, 1])
            case Dependencies():
                return self._counted(self.estate.graph.providers.index[:, 1])
            case Verified(days):
                return self.verified(days)
            case NotPassed(name):
                passes: B1 = self.attributes.days[name] >= self.day
                return passes
            case HasPools():
                owner, rows = self._providers
                return self._marked(owner[rows[POOL] >= 0]) | self._has_bad_pool
            case SoundPools():
                return ~self._has_bad_pool

    def inside(self, scopes: tuple[Scope, ...]) -> B1:
        """Which of the CIs are live and in any of `scopes`."""
        found = [self._inside(scope) for scope in scopes]
        marks: B1 = np.logical_or.reduce(found) & self.estate.live[self.cis]
        return marks

    def lacking(self, rule: Rule) -> I32:
        """Those of the CIs that a rule is about and that do not have what it asks for."""
        return self.cis[self.inside(rule.scopes) & ~self.meets(rule.need)]

    def verified(self, days: int | None = None) -> B1:
        """Which records were verified: ever, or in the last so many days."""
        dates = self.estate.verified[self.cis]
        known: B1 = dates != UNKNOWN
        return known if days is None else known & (dates >= self.day - days)

    def _inside(self, scope: Scope) -> B1:
        words = self.estate.vocabulary
        kinds = words.descended(*scope.kinds).union(*(words.with_role(role) for role in scope.roles))
        wanted = np.zeros(256, np.bool_)
        wanted[list(kinds - words.descended(*scope.but))] = True
        marks: B1 = wanted[self.estate.kind[self.cis]]
        if scope.where is not None:
            marks = marks & self.meets(scope.where)
        return marks if scope.unless is None else marks & ~self.meets(scope.unless)

    def _recorded(self, name: str) -> B1:
        if name not in NUMBERS:
            return self.attributes.recorded(name)
        marks: B1 = self.estate.numbers[name][self.cis] != UNKNOWN
        return marks

    def _counted(self, counts: np.ndarray[tuple[int, ...], np.dtype[np.uint32]]) -> B1:
        marks: B1 = counts[self.cis] > 0
        return marks

    @cached_property
    def _links(self) -> tuple[I32, I32]:
        return self.estate.links.gather(self.cis)

    @cached_property
    def _providers(self) -> tuple[I32, I32]:
        return self.estate.graph.providers.gather(self.cis)

    @cached_property
    def _has_bad_pool(self) -> B1:
        pools = self.estate.graph.pools
        bad = np.zeros(self.estate.size, np.bool_)
        bad[pools.table[pools.bad, 0]] = True
        marks: B1 = bad[self.cis]
        return marks

    @cached_property
    def _everything(self) -> "Facts":
        """The same of all live CIs: some facts about a CI stand with others."""
        live = np.nonzero(self.estate.live)[0].astype(np.int32)
        return self if np.array_equal(live, self.cis) else Facts(self.estate, live, self.day)

    def _numbers(self, types: tuple[str, ...], flow: int) -> list[int]:
        """The numbers of those of `types` along which impact flows like this."""
        words = self.estate.vocabulary
        known = [words.relation_number[t] for t in types if t in words.relation_number]
        return [number for number in known if words.flows[number] == flow]

    def _starts(self, types: tuple[str, ...]) -> B1:
        """Which of the CIs a relation of `types` starts at."""
        found = np.zeros(len(self.cis), np.bool_)
        if plain := self._numbers(types, 0):
            owner, rows = self._links
            found |= self._marked(owner[np.isin(rows[1], plain)])
        if depending := self._numbers(types, 1):
            owner, rows = self._providers
            found |= self._marked(owner[np.isin(rows[META] >> 2, depending)])
        if providing := self._numbers(types, -1):
            _, rows = self._everything._providers
            found |= self._among(rows[PROVIDER][np.isin(rows[META] >> 2, providing)])
        return found

    def _ends(self, types: tuple[str, ...]) -> B1:
        """Which of the CIs a relation of `types` from a live CI ends at."""
        found, everything = np.zeros(len(self.cis), np.bool_), self._everything
        if plain := self._numbers(types, 0):
            _, rows = everything._links
            found |= self._among(rows[0][np.isin(rows[1], plain)])
        if depending := self._numbers(types, 1):
            _, rows = everything._providers
            found |= self._among(rows[PROVIDER][np.isin(rows[META] >> 2, depending)])
        if providing := self._numbers(types, -1):
            owner, rows = self._providers
            found |= self._marked(owner[np.isin(rows[META] >> 2, providing)])
        return found

    def _marked(self, positions: I32) -> B1:
        marks = np.zeros(len(self.cis), np.bool_)
        marks[positions] = True
        return marks

    def _among(self, cis: I32) -> B1:
        marks = np.zeros(self.estate.size, np.bool_)
        marks[cis] = True
        found: B1 = marks[self.cis]
        return found
