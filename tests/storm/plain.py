"""The board worked out once more, slowly and word for word from the law: incidents and a dump in, states out."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import ceil

from cmdb.model.ci import CiId
from cmdb.model.model import Model
from cmdb.reconcile.validate import dependent
from cmdb.records.record_types import Incident
from cmdb.store.port import Dump
from tests.impact.naive import contribution

LEVELS = {"operational": 0, "at_risk": 1, "degraded": 2, "down": 3}
NAMES = ("operational", "at_risk", "degraded", "down")


class PlainEstate:
    """What each live CI depends on: plain providers with their effects, and pools with their rules."""

    def __init__(self, model: Model, dump: Dump) -> None:
        self.live: set[str] = {ci.id for ci in dump.cis if ci.lifecycle == "live"}
        self.kinds: dict[str, str] = {ci.id: ci.kind for ci in dump.cis}
        self.plain: dict[str, list[tuple[str, int]]] = {}
        members: dict[tuple[str, str], set[str]] = {}
        for relation in dump.relations:
            declared = model.relations[relation.type]
            if declared.impact == "none" or not {relation.from_id, relation.to_id} <= self.live:
                continue
            owner: str = dependent(model, relation)
            provider: str = relation.to_id if owner == relation.from_id else relation.from_id
            if relation.pool:
                members.setdefault((owner, relation.pool), set()).add(provider)
            else:
                effect = LEVELS[relation.effect or declared.effect]
                self.plain.setdefault(owner, []).append((provider, effect))
        self.pools: dict[str, list[tuple[frozenset[str], int, int, int]]] = {}
        for pool in dump.pools:
            found = frozenset(members.get((pool.ci, pool.name), ()))
            if found:
                required = min(max(_amount(pool.required, len(found)), 1), len(found))
                full = min(max(_amount(pool.full, len(found)), required), len(found)) if pool.full else required
                self.pools.setdefault(pool.ci, []).append((found, required, full, LEVELS[pool.effect or "down"]))
        self.dependents: dict[str, set[str]] = {}
        for owner, providers in self.plain.items():
            for provider, _ in providers:
                self.dependents.setdefault(provider, set()).add(owner)
        for owner, pools in self.pools.items():
            for group, *_ in pools:
                for provider in group:
                    self.dependents.setdefault(provider, set()).add(owner)

    def settled(self, stated: Mapping[CiId, int]) -> dict[str, int]:
        """The least fixpoint: 0 in `stated` is a pin, anything else a floor."""
        stated = {ci: level for ci, level in stated.items() if ci in self.live}
        states: dict[str, int] = {ci: level for ci, level in stated.items() if level}
        waiting = {owner for ci in states for owner in self.dependents.get(ci, ())}
        while waiting:
            ci = waiting.pop()
            if stated.get(CiId(ci)) == 0:
                continue
            level = max(stated.get(CiId(ci), 0), self._caused(ci, states))
            if level != states.get(ci, 0):
                states[ci] = level
                waiting |= self.dependents.get(ci, set())
        return states

    def _caused(self, ci: str, states: Mapping[str, int]) -> int:
        found = [min(effect, states.get(provider, 0)) for provider, effect in self.plain.get(ci, ())]
        for members, required, full, effect in self.pools.get(ci, ()):
            found.append(contribution([states.get(member, 0) for member in members], required, full, effect))
        return max(found, default=0)

    def joint(self, incidents: Iterable[Incident], moment: datetime) -> dict[str, int]:
        """All incidents together: the worst that any states; a pin stands where no incident alone reaches the CI."""
        members = [{ci: LEVELS[state] for ci, state in one.states_at(moment).items()} for one in incidents if one.open]
        alone = [self.settled(stated) for stated in members]
        worst: dict[CiId, int] = {}
        for stated in members:
            for ci, level in stated.items():
                worst[ci] = max(level, worst.get(ci, 0))
        reached = {ci for ci, level in worst.items() if not level and any(one.get(ci) for one in alone)}
        return self.settled({ci: level for ci, level in worst.items() if ci not in reached})


def _amount(text: str, members: int) -> int:
    return ceil(int(text[:-1]) * members / 100 - 1e-9) if text.endswith("%") else int(text)
