"""Which CIs of a source are recorded ones under another key. Pure; what is not certain is said and not joined."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cmdb.model.ci import CI, CiId
from cmdb.model.model import Model
from cmdb.reconcile.signs import APART, Family, Signs, families
from cmdb.store.bulk import collector_paused

MANY = 50
"""A value that more CIs than this have, on either side, is no key: it is skipped, as what stands for nothing."""


class Join(NamedTuple):
    """A CI of the source is taken to be a recorded one: both have the `value` under `rule`."""

    new: CiId
    known: CiId
    rule: tuple[str, ...]
    value: str


class Doubt(NamedTuple):
    """A CI of the source agrees with recorded ones by `rule`, but is not taken to be one of them.

    `why` is `several` (several recorded CIs agree), `contradicted` (a stronger key, the environment, the sector, the
    domain or the name says otherwise), `taken` (the source has another CI for that one), `twice` (several of the source
    agree), `usual` (a name that many things have: `vm1`) or `unqualified` (one has a domain, the other has not, and the
    sector has several). A CI that shares a stronger key with others of its side, so that one of them is wrong, is
    `several` or `twice` too.
    """

    new: CiId
    known: tuple[CiId, ...]
    rule: tuple[str, ...]
    why: str


class Identified(NamedTuple):
    """What `identify` found: joins by the id of the new CI; doubts in order of these ids."""

    joined: Mapping[CiId, Join]
    doubts: list[Doubt]


def identify(
    model: Model,
    new: Sequence[CI],
    known: Iterable[CI],
    taken: Container[CiId],
    distinct: Container[frozenset[CiId]] = (),
) -> Identified:
    """Which of the `new` CIs of a source are `known` ones, which are recorded and not retired.

    `taken` has the recorded CIs that the source claims already, `distinct` the pairs that a person said are two: they
    are never joined. The order of either side makes no difference.
    """
    if not new:
        return Identified({}, [])
    with collector_paused():
        found = _matchings(model, new)
        for ci in known:
            if (matching := found.get(ci.kind)) is not None:
                matching.consider(ci)
        outcomes = [o for matching in dict.fromkeys(found.values()) for o in matching.outcomes(taken, distinct)]
        joined = {outcome.new: outcome for outcome in outcomes if isinstance(outcome, Join)}
        return Identified(joined, sorted(outcome for outcome in outcomes if isinstance(outcome, Doubt)))


def _matchings(model: Model, new: Sequence[CI]) -> Mapping[str, "_Matching"]:
    """By kind, for the families of the new CIs."""
    every = families(model)
    mine: dict[Family, list[CI]] = defaultdict(list)
    for ci in new:
        if (family := every.get(ci.kind)) is not None:
            mine[family].append(ci)
    made = {family: _Matching(family, cis) for family, cis in mine.items()}
    return {kind: made[family] for kind, family in every.items() if family in made}


class _Held:
    """CIs by a value. Most values have one CI: only the others have a list."""

    def __init__(self) -> None:
        self.first: dict[str, Signs] = {}
        self._lists: dict[str, list[Signs]] = {}

    def add(self, value: str, signs: Signs) -> None:
        first = self.first.setdefault(value, signs)
        if first is not signs:
            self._lists.setdefault(value, [first]).append(signs)

    def count(self, value: str) -> int:
        """How many have a value."""
        return len(self._lists[value]) if value in self._lists else int(value in self.first)

    def get(self, value: str) -> list[Signs]:
        """All that have a value."""
        return self._lists.get(value) or ([self.first[value]] if value in self.first else [])


class _Matching:
    """The new and the known CIs of one family, by their values under each rule."""

    def __init__(self, family: Family, new: Sequence[CI]) -> None:
        self._family, self._new = family, list(map(family.signs, new))
        self._mine, self._theirs = ([_Held() for _ in family.rules] for _ in range(2))
        self._domains: dict[str, set[str]] = defaultdict(set)
        for signs in self._new:
            self._note_domain(signs)
            for held, key in zip(self._mine, signs.keys, strict=True):
                if key:
                    held.add(key, signs)

    def _note_domain(self, signs: Signs) -> None:
        if signs.host and (domain := signs.domain):
            self._domains[signs.ci.sector].add(domain)

    def consider(self, ci: CI) -> None:
        """Take note of a recorded CI, if it has a value of a new one; of its stronger values in any case."""
        signs = self._family.signs(ci)
        self._note_domain(signs)
        last = len(signs.keys) - 1
        for rule, key in enumerate(signs.keys):
            if key and (rule < last or key in self._mine[rule].first):
                self._theirs[rule].add(key, signs)

    def outcomes(self, taken: Container[CiId], distinct: Container[frozenset[CiId]]) -> Iterator[Join | Doubt]:
        """Each new CI that agrees with a recorded one: joined, or why not."""
        wanted: list[tuple[Signs, Signs, int]] = []
        for signs in self._new:
            outcome = self._outcome(signs, taken, distinct)
            if isinstance(outcome, Doubt):
                yield outcome
            elif outcome is not None:
                wanted.append((signs, *outcome))
        claims = Counter([known.ci.id for _, known, _ in wanted])
        named_alike = self._family.hosts and self._named_alike(wanted)
        for new, known, rule in wanted:
            why = "twice" if claims[known.ci.id] > 1 else ""
            if named_alike and self._named_apart(new, known, rule):
                why = "contradicted"
            yield self._told(new, known, rule, why)

    def _told(self, new: Signs, known: Signs, rule: int, why: str) -> Join | Doubt:
        columns = self._family.rules[rule]
        if why:
            return Doubt(new.ci.id, (known.ci.id,), columns, why)
        return Join(new.ci.id, known.ci.id, columns, new.keys[rule].replace(APART, ", "))

    def _named_alike(self, wanted: Iterable[tuple[Signs, Signs, int]]) -> bool:
        """Whether the source mostly calls computers as they are recorded, going by those that something else tells."""
        alike = Counter(
            new.label == known.label
            for new, known, rule in wanted
            if "name" not in self._family.rules[rule] and new.host and known.host
        )
        return alike[True] > alike[False]

    def _named_apart(self, new: Signs, known: Signs, rule: int) -> bool:
        different = "name" not in self._family.rules[rule] and new.label != known.label
        return different and bool(new.host) and bool(known.host)

    def _outcome(
        self, new: Signs, taken: Container[CiId], distinct: Container[frozenset[CiId]]
    ) -> tuple[Signs, int] | Doubt | None:
        """What the strongest rule says that finds anything; a weaker one may choose among several that it found."""
        doubt: Doubt | None = None
        among: set[CiId] | None = None
        for rule, columns in enumerate(self._family.rules):
            if new.keys[rule] not in self._theirs[rule].first:
                continue
            found, rivals = self._agreeing(new, rule, among, distinct)
            if not found:
                continue
            why = self._doubted(new, found, rivals, rule, taken)
            if not why:
                return found[0], rule
            doubt = doubt or Doubt(new.ci.id, tuple(sorted(known.ci.id for known in found)), columns, why)
            if why not in ("several", "twice"):
                break
            among = {known.ci.id for known in found}
        return doubt

    def _agreeing(
        self, new: Signs, rule: int, among: Container[CiId] | None, distinct: Container[frozenset[CiId]]
    ) -> tuple[list[Signs], bool]:
        """The recorded CIs with the same value, and whether other new ones have it that may be the first of these."""
        theirs, mine = self._theirs[rule].get(new.keys[rule]), self._mine[rule].get(new.keys[rule])
        if len(theirs) > MANY or len(mine) > MANY:
            return [], False
        if among is not None:
            theirs = [known for known in theirs if known.ci.id in among]
        if distinct == () and not self._family.hosts:
            return theirs, len(mine) > 1
        found = [known for known in theirs if self._may_be_one(new, known, rule, distinct)]
        rivals = (other for other in mine if other is not new) if found and len(mine) > 1 else ()
        return found, any(self._may_be_one(other, found[0], rule, distinct) for other in rivals)

    def _may_be_one(self, new: Signs, known: Signs, rule: int, distinct: Container[frozenset[CiId]]) -> bool:
        if self._family.elsewhere(new, known, rule):
            return False
        return distinct == () or frozenset((new.ci.id, known.ci.id)) not in distinct

    def _doubted(self, new: Signs, found: list[Signs], rivals: bool, rule: int, taken: Container[CiId]) -> str:
        if len(found) > 1:
            return "several"
        known = found[0]
        if self._family.against(new, known, rule):
            return "contradicted"
        if known.ci.id in taken:
            return "taken"
        if rivals:
            return "twice"
        if "name" in self._family.rules[rule] and self._family.called_usually(new):
            return "usual"
        return self._half_sure(new, known, rule) if rule or self._family.hosts else ""

    def _half_sure(self, new: Signs, known: Signs, rule: int) -> str:
        """Why a weaker key is not enough."""
        if self._shared(self._mine, 1, new, known, rule) or self._shared(self._mine, 0, known, new, rule):
            return "twice"
        if self._shared(self._theirs, 1, known, new, rule):
            return "several"
        return "unqualified" if self._unqualified(new, known, rule) else ""

    def _shared(self, side: list["_Held"], own: int, one: Signs, other: Signs, rule: int) -> bool:
        """Whether more than its `own` CIs of a side have a stronger value of a CI, which the other does not confirm."""
        keys = zip(side[:rule], one.keys[:rule], other.keys[:rule], strict=True)
        return any(key and not confirmed and own < held.count(key) <= MANY for held, key, confirmed in keys)

    def _unqualified(self, new: Signs, known: Signs, rule: int) -> bool:
        bare = self._family.hosts and "name" in self._family.rules[rule] and bool(new.domain) != bool(known.domain)
        return bare and len(self._domains[new.ci.sector]) > 1
