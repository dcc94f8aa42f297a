"""What was observed, told of CIs: pairs that are known, and names that stand for no CI."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cmdb.model.ci import CiId
from cmdb.records.observations import Evidence
from importers.observed.evidence import Observed
from importers.observed.names import Candidate, Meant, Reason, meant


@dataclass(frozen=True)
class Unresolved:
    """A name that stands for no CI, why, which CIs it may stand for, and in how many calls it was seen."""

    name: str
    reason: Reason
    cis: tuple[CiId, ...]
    calls: int


@dataclass(frozen=True)
class Resolved:
    """Evidence of CIs; names that stand for none, those most called first; names that were taken without what tells
    instances apart; and how many calls of CIs by themselves were left out."""

    evidence: Sequence[Evidence]
    unresolved: Sequence[Unresolved]
    shortened: Mapping[str, CiId]
    own_calls: int

    @property
    def pairs(self) -> int:
        """How many pairs of CIs there is evidence of."""
        return len({(one.caller, one.called) for one in self.evidence if one.calls})


def resolve(observed: Sequence[Observed], cis: Iterable[Candidate]) -> Resolved:
    """What was observed, told of `cis`. A pair with a name that stands for no CI is left out."""
    told = [one for one in observed if one.calls or one.counter]
    found = meant({name for one in told for name in (one.from_, one.to)}, cis)
    evidence, missing, own = list[Evidence](), dict[str, dict[str, int]](), 0
    for one in told:
        caller, to = found[one.from_].ci, found[one.to].ci
        if (caller is None or to is None) and not one.calls:
            continue
        if caller is None or to is None:
            for name in {one.from_, one.to}:
                if found[name].ci is None:
                    seen = missing.setdefault(name, {})
                    seen[one.series] = max(seen.get(one.series, 0), one.calls)
        elif caller == to:
            own += one.calls
        else:
            evidence.append(Evidence(caller, to, one.series, one.calls, one.first_seen, one.last_seen, one.counter))
    unresolved = [_unresolved(name, found[name], sum(seen.values())) for name, seen in missing.items()]
    unresolved.sort(key=lambda one: (-one.calls, one.name))
    called = {name for one in observed if one.calls for name in (one.from_, one.to)}
    shortened = {name: it.ci for name in sorted(called) if (it := found[name]).as_ and it.ci is not None}
    return Resolved(evidence, unresolved, shortened, own)


def _unresolved(name: str, told: Meant, calls: int) -> Unresolved:
    return Unresolved(name, told.reason or Reason.unknown, told.cis, calls)
