"""The evidence: which CIs are known to be affected, how badly and since when, and which are known to be fine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from impact.estate import Estate
from impact.kernels.causes import UNSEEN, judge
from impact.kernels.types import I32, I64, U8
from impact.question import resolve
from impact.states import Assumption, ContradictoryScenario, ImpactState, Level


@dataclass(frozen=True, slots=True)
class Sighting:
    """A CI known to be affected: in `state` or worse, None for any that is worse than operational; `operational` says
    that it is fine. `seen_at` is when that was first seen, with an offset."""

    ci: str
    state: ImpactState | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True)
class Evidence:
    """The evidence on one estate: each CI once, as given, with the worst state and the earliest time.

    `affected` and `fine` hold the indices of those in service; the others can be explained by nothing. A failure
    explains `affected[i]` if it puts it in state `least[i]` or worse, and as it was seen if in `firm[i]` or worse;
    `seen` is in microseconds since 1970.
    """

    estate: Estate
    sightings: Sequence[Sighting]
    checked: Sequence[str]
    affected: I32
    fine: I32
    least: U8
    firm: U8
    seen: I64

    @property
    def watched(self) -> I32:
        """The affected, then the fine."""
        return np.concatenate([self.affected, self.fine])

    def judge(self, places: I32, states: U8) -> tuple[U8, I32]:
        """What failures that lead to `states` do to the evidence: marks and keys (see `kernels.causes.judge`).

        `places` below the number of affected CIs are those of the affected that failed.
        """
        own = np.where(places < len(self.affected), places, -1).astype(np.int32)
        return judge.run(states, own, self.least, self.firm, self.seen)

    def without(self, explained: Iterable[int]) -> "Evidence":
        """The same evidence without these CIs, by index, among the affected."""
        gone = np.isin(self.affected, np.fromiter(explained, np.int32))
        ids = {self.estate.register.ids[at] for at in self.affected[gone].tolist()}
        return replace(
            self,
            sightings=[sighting for sighting in self.sightings if sighting.ci not in ids],
            affected=self.affected[~gone],
            least=self.least[~gone],
            firm=self.firm[~gone],
            seen=self.seen[~gone],
        )


def weigh(estate: Estate, sightings: Sequence[Sighting], fine: Sequence[str], as_of: bool = False) -> Evidence:
    """The evidence put to an estate. Raises `UnknownCi`, and `ContradictoryScenario` for a CI both affected and fine.

    Degraded and down can be seen, at risk cannot: without a stated state, a CI that is only at risk is explained, but
    not as it was seen.
    """
    resolve(estate, [*map(Assumption, [s.ci for s in sightings]), *map(Assumption, fine)], as_of)
    worst = _merged(s for s in sightings if s.state is not ImpactState.operational)
    checked = list(dict.fromkeys([*fine, *(s.ci for s in sightings if s.state is ImpactState.operational)]))
    if both := next((ci for ci in checked if ci in worst), None):
        raise ContradictoryScenario(both)
    places = {ci: at for ci in [*worst, *checked] if (at := estate.register.find(ci)) is not None and estate.live[at]}
    told = [sighting for sighting in worst.values() if sighting.ci in places]
    states = [sighting.state for sighting in told]
    return Evidence(
        estate,
        list(worst.values()),
        checked,
        np.array([places[sighting.ci] for sighting in told], np.int32),
        np.array([places[ci] for ci in checked if ci in places], np.int32),
        np.array([state.level if state else Level.AT_RISK for state in states], np.uint8),
        np.array([state.level if state else Level.DEGRADED for state in states], np.uint8),
        np.array([_microseconds(sighting.seen_at) for sighting in told], np.int64),
    )


def _merged(sightings: Iterable[Sighting]) -> dict[str, Sighting]:
    """Each CI once, in the order given."""
    found: dict[str, Sighting] = {}
    for new in sightings:
        old = found.get(new.ci, new)
        states = [state for state in (old.state, new.state) if state is not None]
        times = [at for at in (old.seen_at, new.seen_at) if at is not None]
        worst = max(states, key=lambda state: state.level, default=None)
        found[new.ci] = Sighting(new.ci, worst, min(times, default=None))
    return found


def _microseconds(at: datetime | None) -> int:
    return UNSEEN if at is None else int(at.timestamp() * 1_000_000)
