"""What `cmdb.reconcile.identify` decides, said without an index: every new CI against every recorded one."""

import re
from collections.abc import Container, Sequence

from cmdb.model.ci import CI, CiId
from cmdb.model.model import Model
from cmdb.reconcile.identify import MANY, Doubt, Identified, Join
from cmdb.reconcile.keys import COMMON, name
from cmdb.reconcile.signs import APART, Family, Signs, families

USUAL = re.compile(r"^(.*?)([0-9 _.#-]*)$")
Verdict = tuple[Signs, int] | Doubt | None


class Twin:
    """One family of CIs."""

    def __init__(
        self, family: Family, new: list[Signs], known: list[Signs],
        taken: Container[CiId], distinct: Container[frozenset[CiId]],
    ) -> None:  # fmt: skip
        self.family, self.new, self.known, self.taken, self.distinct = family, new, known, taken, distinct

    def agree(self, one: Signs, other: Signs, rule: int) -> bool:
        if not one.keys[rule] or one.keys[rule] != other.keys[rule] or self.family.elsewhere(one, other, rule):
            return False
        return frozenset((one.ci.id, other.ci.id)) not in self.distinct

    def having(self, side: list[Signs], rule: int, value: str) -> int:
        return sum(each.keys[rule] == value for each in side) if value else 0

    def shared(self, side: list[Signs], own: int, one: Signs, other: Signs, rule: int) -> bool:
        return any(
            own < self.having(side, stronger, one.keys[stronger]) <= MANY
            for stronger in range(rule)
            if one.keys[stronger] != other.keys[stronger] or not one.keys[stronger]
            if not other.keys[stronger]
        )

    def why(self, new: Signs, found: list[Signs], rule: int) -> str:
        if len(found) > 1:
            return "several"
        known = found[0]
        if self.family.against(new, known, rule):
            return "contradicted"
        if known.ci.id in self.taken:
            return "taken"
        if any(other is not new and self.agree(other, known, rule) for other in self.new):
            return "twice"
        word, number = USUAL.findall(new.label or name(new.ci.name))[0]
        if "name" in self.family.rules[rule] and number and word in COMMON:
            return "usual"
        if self.shared(self.new, 1, new, known, rule) or self.shared(self.new, 0, known, new, rule):
            return "twice"
        if self.shared(self.known, 1, known, new, rule):
            return "several"
        domains = {s.domain for s in (*self.new, *self.known) if s.domain and s.ci.sector == new.ci.sector}
        bare = self.family.hosts and "name" in self.family.rules[rule] and bool(new.domain) != bool(known.domain)
        return "unqualified" if bare and len(domains) > 1 else ""

    def verdict(self, new: Signs) -> Verdict:
        doubt: Doubt | None = None
        among = [known.ci.id for known in self.known]
        for rule, columns in enumerate(self.family.rules):
            if any(self.having(side, rule, new.keys[rule]) > MANY for side in (self.new, self.known)):
                continue
            found = [known for known in self.known if known.ci.id in among and self.agree(new, known, rule)]
            if not found:
                continue
            why = self.why(new, found, rule)
            if not why:
                return found[0], rule
            ids = sorted(known.ci.id for known in found)
            doubt = doubt or Doubt(new.ci.id, tuple(ids), columns, why)
            if why not in ("several", "twice"):
                return doubt
            among = ids
        return doubt

    def decided(self) -> list[Join | Doubt]:
        verdicts = [(new, self.verdict(new)) for new in self.new]
        wanted = [(new, *verdict) for new, verdict in verdicts if isinstance(verdict, tuple) and len(verdict) == 2]
        named = [
            new.label == known.label
            for new, known, rule in wanted
            if "name" not in self.family.rules[rule] and new.host and known.host
        ]
        alike = named.count(True) > named.count(False)
        told: list[Join | Doubt] = [verdict for _, verdict in verdicts if isinstance(verdict, Doubt)]
        for new, known, rule in wanted:
            columns = self.family.rules[rule]
            why = "twice" if sum(other is known for _, other, _ in wanted) > 1 else ""
            if alike and "name" not in columns and new.host and known.host and new.label != known.label:
                why = "contradicted"
            if why:
                told.append(Doubt(new.ci.id, (known.ci.id,), columns, why))
            else:
                told.append(Join(new.ci.id, known.ci.id, columns, new.keys[rule].replace(APART, ", ")))
        return told


def twin(
    model: Model, new: Sequence[CI], known: Sequence[CI], taken: Container[CiId], distinct: Container[frozenset[CiId]]
) -> Identified:
    """As `identify`."""
    every = families(model)
    told: list[Join | Doubt] = []
    for family in set(every.values()):
        own = [[family.signs(ci) for ci in side if every.get(ci.kind) is family] for side in (new, known)]
        told += Twin(family, own[0], own[1], taken, distinct).decided()
    joined = {outcome.new: outcome for outcome in told if isinstance(outcome, Join)}
    return Identified(joined, sorted(outcome for outcome in told if isinstance(outcome, Doubt)))
