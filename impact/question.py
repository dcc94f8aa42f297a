"""A question: an estate, a scenario settled on it, and how it was asked. What every analysis takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from impact.continuity.needs import needs_of
from impact.continuity.recovery import recovered
from impact.continuity.required_by import Deadlines, required_by
from impact.estate import Estate
from impact.kernels.types import I32
from impact.report import CiRef
from impact.stale import StaleSource
from impact.states import STATES, Assumption, ContradictoryScenario, ImpactState, Level, UnknownCi
from impact.walk import Walk, walk


@dataclass(frozen=True)
class Asked:
    """When a question is asked (`now`), and of how fresh an estate: one value from whoever asks to the answer.

    `checked_at` is when the estate was last known the newest (None: now), `live` whether it still is, `as_of` says
    that a past revision is asked. `stale` are the sources that nobody heard of lately.
    """

    now: datetime
    checked_at: datetime | None = None
    live: bool = True
    as_of: bool = False
    stale: tuple[StaleSource, ...] = ()


@dataclass(frozen=True)
class Question:
    """`started_at` is when the disruption began, for clocks; `declared_at` when work on it began."""

    estate: Estate
    assumptions: Sequence[Assumption]
    indices: Sequence[int]
    walk: Walk
    asked: Asked
    started_at: datetime
    declared_at: datetime | None = None

    @property
    def asked_at(self) -> datetime:
        """The moment it was asked."""
        return self.asked.now

    @property
    def checked_at(self) -> datetime:
        """When its estate was last known the newest."""
        return self.asked.checked_at or self.asked.now

    @property
    def as_of(self) -> bool:
        """Whether it was put to a past revision."""
        return self.asked.as_of

    def ref(self, ci: int) -> CiRef:
        """A CI by index, named."""
        return self.estate.ref(ci)

    def refs(self, cis: Iterable[int], most: int = 20) -> list[CiRef]:
        """The first of `cis`, in order of id."""
        return self.estate.refs(cis, most)

    def state(self, ci: int) -> ImpactState:
        """The state of a CI under the scenario."""
        return STATES[int(self.walk.levels_of(np.array([ci], np.int32))[0])]

    @cached_property
    def states(self) -> Mapping[str, ImpactState]:
        """The state of every affected CI, by id."""
        ids, levels = self.estate.register.ids, self.walk.levels.tolist()
        return {ids[ci]: STATES[level] for ci, level in zip(self.walk.nodes.tolist(), levels, strict=True)}

    @cached_property
    def assumed(self) -> I32:
        """The CIs assumed about, each once."""
        return np.unique(np.array(self.indices, np.int32))

    @property
    def work_begins_at(self) -> datetime:
        """When work on the disruption begins: as declared, else when asked, and not before it has begun."""
        return self.declared_at or max(self.asked_at, self.started_at)

    @cached_property
    def deadlines(self) -> Deadlines:
        """Recovery of everything that is down, and by when it must be back. Client groups take no restoring."""
        estate = self.estate
        down = np.sort(self.walk.nodes[self.walk.levels == Level.DOWN])
        restore = estate.numbers["restore"][down]
        restore[estate.having_role(down, "client")] = 0
        needs = needs_of(estate.graph, down)
        return required_by(recovered(needs, restore), estate.numbers["rto"][down])

    @cached_property
    def services(self) -> I32:
        """Positions in the walk of affected services."""
        return np.nonzero(self.estate.having_role(self.walk.nodes, "service"))[0].astype(np.int32)

    @cached_property
    def groups(self) -> I32:
        """Positions in the walk of affected client groups."""
        return np.nonzero(self.estate.having_role(self.walk.nodes, "client"))[0].astype(np.int32)


def ask(
    estate: Estate,
    assumptions: Sequence[Assumption],
    asked: Asked,
    started_at: datetime | None = None,
    declared_at: datetime | None = None,
) -> Question:
    """Settle a scenario. Raises `UnknownCi` and `ContradictoryScenario`; CIs not in service take no part.

    Without `started_at` it began when work on it did, at the latest when it is asked.
    """
    indices = resolve(estate, assumptions, asked.as_of)
    floors: dict[int, int] = {}
    pins: dict[int, None] = {}
    for at, assumption in zip(indices, assumptions, strict=True):
        if assumption.state is ImpactState.operational:
            pins[at] = None
        else:
            floors[at] = max(floors.get(at, 0), assumption.state.level)
    for at in pins:
        if at in floors:
            raise ContradictoryScenario(estate.register.ids[at])
    seeds = [at for at in floors if estate.live[at]]
    found = walk(estate.graph, seeds, [floors[at] for at in seeds], [at for at in pins if estate.live[at]])
    moment = started_at or min(asked.now, declared_at or asked.now)
    return Question(estate, tuple(assumptions), indices, found, asked, moment, declared_at)


def resolve(estate: Estate, assumptions: Iterable[Assumption], as_of: bool = False) -> list[int]:
    """The indices of the CIs assumed about. Raises `UnknownCi` naming all that are not recorded."""
    found = [(a.ci, estate.register.find(a.ci)) for a in assumptions]
    if unknown := [ci for ci, at in found if at is None]:
        raise UnknownCi(dict.fromkeys(unknown), estate.revision if as_of else None)
    return [at for _, at in found if at is not None]
