"""Restore order: what to restore first, who does it, and which services and people are back with each step."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np

from impact.analyses.contacts import ROLES, contacts
from impact.analyses.people import head_count, nested
from impact.continuity.report import RestoreOrder, RestoreStep
from impact.continuity.required_by import Deadlines
from impact.continuity.schedule import Schedule, schedule, waiting_for
from impact.estate import UNKNOWN, Estate
from impact.kernels.types import I32, I64
from impact.kernels.work import NEVER
from impact.paging import page
from impact.question import Question
from impact.states import Level

MINUTE = timedelta(minutes=1)
SHOWN = 20


def restore_order(
    question: Question, crews: int | None = None, first: int | None = None, after: str | None = None
) -> RestoreOrder:
    """The steps that bring back everything that is down, in the order they begin; `crews` None: nobody waits for hands.

    What takes no time comes back by itself and is no step, unless it was assumed to have failed. Raises `BadCursor`.
    """
    return Plan.of(question, crews).page(first, after)


@dataclass(frozen=True, eq=False)
class Plan:
    """A schedule of a question; `steps` are the positions of what is worked on, in the order it begins."""

    question: Question
    crews: int | None
    deadlines: Deadlines
    schedule: Schedule
    steps: I32
    people: I64

    @classmethod
    def of(cls, question: Question, crews: int | None) -> "Plan":
        """Schedule everything that is down."""
        estate, deadlines = question.estate, question.deadlines
        recovery = deadlines.recovery
        nodes, clients = recovery.needs.nodes, estate.having_role(recovery.needs.nodes, "client")
        hands = (recovery.restore != 0) | np.isin(nodes, question.assumed)
        groups = np.nonzero(clients)[0].astype(np.int32)
        heads = own_people(estate, nodes[groups].tolist())
        ranks = estate.register.ranks(nodes)
        people = waiting_for(recovery, groups, heads)
        work = schedule(deadlines, hands & ~clients, people, ranks, crews)
        firsts = np.lexsort((ranks, recovery.together))
        firsts = firsts[np.unique(recovery.together[firsts], return_index=True)[1]]
        worked = firsts[work.crew[firsts] >= 0]
        given = np.zeros(len(nodes), np.int64)
        back = work.by[groups]
        np.add.at(given, back[back >= 0], heads[back >= 0])
        return cls(question, crews, deadlines, work, worked[np.argsort(work.turn[worked])].astype(np.int32), given)

    @property
    def nodes(self) -> I32:
        """The CIs that are down."""
        return self.deadlines.recovery.needs.nodes

    def page(self, first: int | None, after: str | None = None) -> RestoreOrder:
        """A page of the steps. Raises `BadCursor`."""
        begins, work = self.question.work_begins_at, self.schedule
        found = page(
            self.question.estate.register, self.nodes[self.steps], np.arange(len(self.steps), dtype=np.int64),
            first, after, self.step,
        )  # fmt: skip
        last = begins + timedelta(minutes=int(work.done.max())) if len(work.done) else None
        unknown = self.deadlines.recovery.restore[self.steps] == UNKNOWN
        return RestoreOrder(
            found.nodes, found.total_count, found.end_cursor, found.has_next_page, self.crews,
            int(work.crew.max(initial=-1)) + 1, begins, last, not bool(work.exact.all()), int(unknown.sum()),
        )  # fmt: skip

    def steps_of(self, cis: Iterable[int]) -> list[RestoreStep]:
        """The steps that restore some CIs, by index, in the order given; those that are no step left out."""
        number = {int(ci): at for at, ci in enumerate(self.nodes[self.steps].tolist())}
        return [self.step(number[ci]) for ci in cis if ci in number]

    def step(self, number: int) -> RestoreStep:
        """The step of a number, from 0."""
        question, work, recovery = self.question, self.schedule, self.deadlines.recovery
        at = int(self.steps[number])
        ci, leader = int(self.nodes[at]), int(recovery.together[at])
        others, services = self._groups.get(leader, [ci]), self._services.get(leader, [])
        begins = question.work_begins_at
        done = begins + timedelta(minutes=int(work.done[at]))
        moment = int(self.deadlines.moments[at])
        return RestoreStep(
            number + 1,
            question.ref(ci),
            question.refs((other for other in others if other != ci), SHOWN),
            next(contacts(question, ci, ROLES), None),
            int(work.crew[at]) + 1,
            begins + timedelta(minutes=int(work.begun[at])),
            self._minutes(leader),
            done,
            not bool(work.exact[at]),
            question.refs(services, SHOWN),
            len(services),
            int(self.people[leader]),
            None if moment == NEVER else (question.started_at + timedelta(minutes=moment) - done) // MINUTE,
            moment != NEVER and not bool(self.deadlines.sure[at] and work.exact[at]),
        )

    @cached_property
    def _groups(self) -> dict[int, list[int]]:
        """The CIs started together, by the position of the one that stands for them, where there are several."""
        together = self.deadlines.recovery.together
        several = np.bincount(together, minlength=len(together))[together] > 1
        return _by(together[several], self.nodes[several])

    @cached_property
    def _services(self) -> dict[int, list[int]]:
        """Which services each piece of work gives back."""
        services = self.question.estate.having_role(self.nodes, "service")
        return _by(self.schedule.by[services], self.nodes[services])

    def _minutes(self, leader: int) -> int | None:
        recovery = self.deadlines.recovery
        longest = int(recovery.longest[leader])
        parts = recovery.needs.nodes.searchsorted(self._groups.get(leader, [int(self.nodes[leader])]))
        known = bool((recovery.restore[parts] != UNKNOWN).all())
        return longest if known or longest else None


def _by(keys: I32, values: I32) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for key, value in zip(keys.tolist(), values.tolist(), strict=True):
        found.setdefault(key, []).append(value)
    return found


def any_time_known(question: Question) -> bool:
    """Whether a restore time is recorded for anything that is down; nothing else is computed."""
    down = question.walk.nodes[question.walk.levels == Level.DOWN]
    return bool((question.estate.numbers["restore"][down] != UNKNOWN).any())


def own_people(estate: Estate, groups: Iterable[int]) -> I64:
    """The people of each group, less those of the given groups nested in it: each person counts in one group only."""
    chosen = np.fromiter(groups, np.int32)
    heads = np.maximum(estate.numbers["head_count"][chosen], 0).astype(np.int64)
    among = set(chosen.tolist())
    for at in np.nonzero(estate.graph.dependents.index[chosen, 1])[0].tolist():
        group = int(chosen[at])
        inner = sum(head_count(estate, g) or 0 for g in _nearest(estate, group, among))
        heads[at] = max(0, (head_count(estate, group) or 0) - inner)
    return heads


def _nearest(estate: Estate, group: int, among: set[int]) -> Iterator[int]:
    """Of the groups nested in one, the outermost that are `among` those given."""
    seen, ring = {group}, [group]
    while ring:
        inner = sorted({n for g in ring for n in nested(estate, g)} - seen)
        seen.update(inner)
        yield from (n for n in inner if n in among)
        ring = [n for n in inner if n not in among]
