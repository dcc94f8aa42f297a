"""The four states a CI can be in, in order, and the assumptions a scenario is made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum


class Level(IntEnum):
    """States as numbers for the engine: the greater, the worse."""

    OPERATIONAL = 0
    AT_RISK = 1
    DEGRADED = 2
    DOWN = 3


class ImpactState(Enum):
    """States as words: operational, at_risk (increased risk), degraded (degradation), down (interruption)."""

    operational = "operational"
    at_risk = "at_risk"
    degraded = "degraded"
    down = "down"

    @property
    def level(self) -> Level:
        return Level[self.name.upper()]


STATES: tuple[ImpactState, ...] = (
    ImpactState.operational,
    ImpactState.at_risk,
    ImpactState.degraded,
    ImpactState.down,
)
"""States by level: `STATES[3]` is down."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """One part of a scenario: at_risk, degraded and down are floors; operational is a pin ("checked, it is fine")."""

    ci: str
    state: ImpactState = ImpactState.down


class ContradictoryScenario(ValueError):
    """A CI is both pinned operational and assumed worse."""

    code = "CONTRADICTORY_SCENARIO"

    def __init__(self, ci: str) -> None:
        self.ci = ci
        super().__init__(f"{ci} cannot be both operational and worse in one scenario")


class UnknownCi(LookupError):
    """Ids that name no recorded CI; `as_of` is the past revision that was looked at, None for the newest."""

    code = "UNKNOWN_CI"

    def __init__(self, ids: Iterable[str], as_of: int | None = None) -> None:
        self.ids, self.as_of = tuple(ids), as_of
        super().__init__("no CI " + ", ".join(repr(i) for i in self.ids))
