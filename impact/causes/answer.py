"""The answer to "what single cause explains this?": candidates a page at a time, each with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact.analyses.why import why
from impact.blind import completeness
from impact.causes.blind import blind_spots
from impact.causes.evidence import Evidence, Sighting, weigh
from impact.causes.ranking import Candidates, rank
from impact.causes.report import CauseFacts, CausePair, Explained, Further, Mistaken, Symptom
from impact.kernels.causes import AS_SEEN, EARLY, EXPLAINED, WRONG
from impact.kernels.types import B1, I32, U8
from impact.paging import BadCursor, decode_cursor, encode_cursor
from impact.question import Question, ask
from impact.report import CiRef, Completeness, Why
from impact.states import STATES, Assumption, Level
from impact.walk import Walk, walk

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """One failure against the evidence: which of the affected it explains, which as seen, which of them were seen
    before itself; which of the fine it wrongly predicts to fail."""

    explained: B1
    as_seen: B1
    early: B1
    wrong: B1


def judged(evidence: Evidence, place: I32, states: U8) -> Judged:
    """One failure, of the CI at `place` of the cone, that leads to `states`; both are arrays of one row."""
    count = len(evidence.affected)
    marks = evidence.judge(place, states)[0][0]
    seen, fine = marks[:count], marks[count:]
    return Judged(seen & EXPLAINED != 0, seen & AS_SEEN != 0, seen & EARLY != 0, fine & WRONG != 0)


@dataclass(frozen=True)
class Causes:
    """One page of candidates, and the evidence they were judged by. `question` says on what it rests."""

    question: Question
    evidence: Evidence
    ranked: Candidates
    start: int
    size: int

    @property
    def nodes(self) -> list["Cause"]:
        """The candidates of the page, the best first."""
        return [Cause(self, row) for row in range(self.start, min(len(self.ranked), self.start + self.size))]

    @property
    def has_next_page(self) -> bool:
        """Whether there are more candidates."""
        return len(self.ranked) > self.start + self.size

    @property
    def end_cursor(self) -> str | None:
        """Where the next page starts."""
        end = min(len(self.ranked), self.start + self.size)
        return encode_cursor(end, self._id(end - 1)) if end > self.start else None

    def _id(self, row: int) -> str:
        return self.evidence.estate.register.ids[self.ranked.cis[row]]

    @property
    def considered(self) -> int:
        """How many CIs the symptoms depend on, themselves included: any of them may be a candidate."""
        return self.ranked.considered

    def affected(self) -> list[Symptom]:
        """The symptoms, in the order given."""
        estate = self.evidence.estate
        return [
            Symptom(self._named(told.ci), told.state, told.seen_at, bool(estate.live[_place(self.evidence, told.ci)]))
            for told in self.evidence.sightings
        ]

    def fine(self) -> list[CiRef]:
        """The CIs known to be fine, in the order given."""
        return [self._named(ci) for ci in self.evidence.checked]

    def _named(self, ci: str) -> CiRef:
        return self.question.ref(_place(self.evidence, ci))

    def completeness(self) -> Completeness:
        """On what the answer rests, and what the records do not say about what the symptoms depend on."""
        return completeness(self.question, blind_spots(self.evidence))

    def pair(self) -> CausePair | None:
        """Two causes that together explain more than the best one; None where there are none, or one explains all."""
        if not len(self.ranked):
            return None
        firm = judged(self.evidence, self.ranked.places[:1], self.ranked.states[:1]).as_seen
        if firm.all():
            return None
        rest = self.evidence.without(self.evidence.affected[firm].tolist())
        others = rank(rest, 2)
        best = int(self.ranked.cis[0])
        second = next((int(ci) for ci in others.cis if ci != best), None)
        return None if second is None else self._joined(best, second, int(firm.sum()))

    def _joined(self, first: int, second: int, alone: int) -> CausePair | None:
        evidence = self.evidence
        found = walk(evidence.estate.graph, [first, second], [Level.DOWN] * 2)
        states = found.levels_of(evidence.watched)[np.newaxis]
        both = judged(evidence, np.array([-1], np.int32), states)
        if both.as_seen.sum() <= alone:
            return None
        outside = [self._named(told.ci) for told in _not_in_service(evidence)]
        return CausePair(
            self.question.ref(first),
            self.question.ref(second),
            int(both.as_seen.sum()),
            int((both.explained & ~both.as_seen).sum()),
            [self.question.ref(int(ci)) for ci in evidence.affected[~both.explained]] + outside,
            _mistaken(self.question, evidence, states[0], both.wrong),
        )


@dataclass(frozen=True)
class Cause:
    """One candidate: what it explains, leaves unexplained, wrongly predicts, and predicts beside that."""

    page: Causes
    row: int

    @property
    def index(self) -> int:
        return int(self.page.ranked.cis[self.row])

    @property
    def ci(self) -> CiRef:
        return self.page.question.ref(self.index)

    @cached_property
    def _judged(self) -> "Judged":
        ranked, here = self.page.ranked, slice(self.row, self.row + 1)
        return judged(self.page.evidence, ranked.places[here], ranked.states[here])

    def facts(self) -> CauseFacts:
        """Its numbers."""
        it, ranked, evidence = self._judged, self.page.ranked, self.page.evidence
        return CauseFacts(
            self.row + 1,
            int(ranked.score[self.row]),
            int(it.as_seen.sum()),
            int((it.explained & ~it.as_seen).sum()),
            int(it.early.sum()),
            len(evidence.sightings) - int(it.explained.sum()),
            int(it.wrong.sum()),
            int(ranked.hops[self.row][it.explained].max(initial=0)),
            self.index in evidence.affected,
        )

    def explained(self, first: int | None = None) -> list[Explained]:
        """The first of the symptoms it explains, in the order given."""
        it = self._judged
        states, hops = self.page.ranked.states[self.row], self.page.ranked.hops[self.row]
        return [
            Explained(
                self.page.question.ref(int(self.page.evidence.affected[at])),
                STATES[states[at]],
                bool(it.as_seen[at]),
                bool(it.early[at]),
                int(hops[at]),
            )
            for at in np.nonzero(it.explained)[0][:first].tolist()
        ]

    def unexplained(self, first: int | None = None) -> list[CiRef]:
        """The first of the symptoms it leaves unexplained, those that are not in service last."""
        evidence, explained = self.page.evidence, self._judged.explained
        left = [self.page.question.ref(int(ci)) for ci in evidence.affected[~explained][:first]]
        return [*left, *(self.page._named(told.ci) for told in _not_in_service(evidence))][:first]

    def wrongly_predicted(self, first: int | None = None) -> list[Mistaken]:
        """The first of the CIs known to be fine that it predicts to be degraded or down."""
        evidence, states = self.page.evidence, self.page.ranked.states[self.row]
        return _mistaken(self.page.question, evidence, states, self._judged.wrong)[:first]

    def further(self) -> Further:
        """What else its failure would hit; walks all of that."""
        estate, question = self.page.evidence.estate, self.page.question
        known = np.append(self.page.evidence.watched, self.index)
        reached = walk(estate.graph, [self.index], [Level.DOWN])
        other = ~np.isin(reached.nodes, known)
        hit = reached.nodes[other & (reached.levels >= Level.DEGRADED)]
        services = hit[estate.having_role(hit, "service")]
        examples = question.refs((services if len(services) else hit).tolist(), SHOWN)
        return Further(len(hit), len(services), int(other.sum()) - len(hit), examples)

    @cached_property
    def _alone(self) -> Question:
        question = self.page.question
        scenario = [Assumption(question.estate.register.ids[self.index])]
        return ask(question.estate, scenario, question.asked)

    @property
    def walk(self) -> Walk:
        """Everything that its failure alone hits."""
        return self._alone.walk

    def why(self, at: int) -> Why:
        """The shortest proof that it hits a CI, by index."""
        return why(self._alone, at)


def common_causes(
    question: Question, sightings: Sequence[Sighting], fine: Sequence[str], first: int, after: str | None = None
) -> Causes:
    """The candidates behind `after`, at most `first`; `question` assumes nothing.

    Raises `UnknownCi`, `ContradictoryScenario`, and `BadCursor`, also when the list has changed since.
    """
    evidence = weigh(question.estate, sightings, fine, question.as_of)
    start, last = decode_cursor(after) if after is not None else (0, "")
    found = Causes(question, evidence, rank(evidence, start + first + 1), start, first)
    if after is not None and (not 0 < start <= len(found.ranked) or found._id(start - 1) != last):
        raise BadCursor("not a cursor of this list as it is now; start again without it")
    return found


def _place(evidence: Evidence, ci: str) -> int:
    at = evidence.estate.register.find(ci)
    assert at is not None, "evidence holds known CIs only"
    return at


def _not_in_service(evidence: Evidence) -> list[Sighting]:
    live = evidence.estate.live
    return [told for told in evidence.sightings if not live[_place(evidence, told.ci)]]


def _mistaken(question: Question, evidence: Evidence, states: U8, wrong: B1) -> list[Mistaken]:
    predicted = states[len(evidence.affected) :]
    return [
        Mistaken(question.ref(int(evidence.fine[at])), STATES[predicted[at]]) for at in np.nonzero(wrong)[0].tolist()
    ]
