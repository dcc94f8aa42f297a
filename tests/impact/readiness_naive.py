"""The plain-Python twin of readiness: every rule asked of every record, one by one, as they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cmdb.model.ci import CI, Pool, Relation
from impact.readiness import needs
from impact.readiness.needs import Need, Rule, Scope
from impact.readiness.purposes import RULES
from tests.impact.estates import MODEL
from tests.impact.naive import amount


@dataclass
class Records:
    """What is stored, and the day it is judged for."""

    cis: Sequence[CI]
    relations: Sequence[Relation]
    pools: Sequence[Pool]
    today: date

    def live(self, ci: str) -> bool:
        return any(c.id == ci and c.lifecycle == "live" for c in self.cis)

    def arrows(self) -> list[Relation]:
        """Relations that count: those between live CIs."""
        return [r for r in self.relations if self.live(r.from_id) and self.live(r.to_id)]

    def dependencies(self) -> list[tuple[str, str, str]]:
        """(dependent, provider, pool) of every relation that impact flows along."""
        flows = {"to_from": lambda r: (r.from_id, r.to_id, r.pool), "from_to": lambda r: (r.to_id, r.from_id, r.pool)}
        found = [(MODEL.relations[r.type].impact, r) for r in self.arrows()]
        return [flows[flow](r) for flow, r in found if flow != "none"]

    def broken(self, pool: Pool) -> bool:
        """Whether the rule of a pool cannot be met as written."""
        members = len({p for d, p, name in self.dependencies() if (d, name) == (pool.ci, pool.name)})
        required, full = amount(pool.required, members), amount(pool.full or "0", members)
        sane = min(max(required, 1), members)
        return required != sane or bool(pool.full and full != min(max(full, sane), members))


def asked(records: Records, rule: Rule, ci: CI) -> bool:
    return ci.lifecycle == "live" and any(inside(records, scope, ci) for scope in rule.scopes)


def inside(records: Records, scope: Scope, ci: CI) -> bool:
    line = MODEL.ancestors(ci.kind)
    if not (set(line) & set(scope.kinds) or MODEL.roles[ci.kind] in scope.roles) or set(line) & set(scope.but):
        return False
    here = scope.where is None or meets(records, scope.where, ci)
    return here and not (scope.unless is not None and meets(records, scope.unless, ci))


def meets(records: Records, need: Need, ci: CI) -> bool:
    known = ci.attributes
    match need:
        case needs.Recorded(names):
            return any(name in known for name in names)
        case needs.Points(types):
            return any(r.from_id == ci.id and r.type in types for r in records.arrows())
        case needs.IsNamed(types):
            return any(r.to_id == ci.id and r.type in types for r in records.arrows())
        case needs.Dependents():
            return any(provider == ci.id for _, provider, _ in records.dependencies())
        case needs.Dependencies():
            return any(dependent == ci.id for dependent, _, _ in records.dependencies())
        case needs.Verified(days):
            return age(records, ci) is not None and (days is None or (age(records, ci) or 0) <= days)
        case needs.NotPassed(name):
            return name in known and date.fromisoformat(str(known[name])[:10]) >= records.today
        case needs.HasPools():
            mine = [p for p in records.pools if p.ci == ci.id]
            return any(records.broken(p) for p in mine) or any(
                d == ci.id and any(p.name == name for p in mine) for d, _, name in records.dependencies()
            )
        case needs.SoundPools():
            return not any(records.broken(p) for p in records.pools if p.ci == ci.id)


def age(records: Records, ci: CI) -> int | None:
    """Days since the record was verified."""
    known = ci.attributes.get("verified_at")
    return None if known is None else (records.today - date.fromisoformat(str(known)[:10])).days


def missing(records: Records) -> dict[str, dict[str, bool]]:
    """By rule: the CIs it is asked of, and whether they miss it."""
    return {
        rule.name: {str(ci.id): not meets(records, rule.need, ci) for ci in records.cis if asked(records, rule, ci)}
        for rule in RULES
    }


def counts(records: Records, rule: Rule) -> tuple[int, int, int, int]:
    """Needs asked, met, met and fresh, met and ever verified."""
    rows = [ci for ci in records.cis if asked(records, rule, ci)]
    met = [ci for ci in rows if meets(records, rule.need, ci)]
    ages = [found for ci in met if (found := age(records, ci)) is not None]
    return len(rows), len(met), sum(found <= rule.days for found in ages), len(ages)
