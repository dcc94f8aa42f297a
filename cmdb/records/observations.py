"""How evidence of dependencies adds up to observations, and what people decide about them. Pure: values in, values out.

One observation is kept for each source and pair of CIs. Calls within spans of time add up; of a counter only what it
rose by since it was read last counts, and all of it where it is lower than before, since then it began anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from cmdb.model.ci import CiId
from cmdb.model.record import OWN_SOURCE, RecordKey
from cmdb.records.book import Book
from cmdb.records.numbers import numbered, ordinal
from cmdb.records.source_types import MatchedCi, Observation, ObservationState, Reading

KEPT = 32
"""Series that an observation remembers, besides the counters read last."""
GROWTH = 10
"""A rejected dependency is proposed again when it was called this many times as often as when it was rejected."""
Pair = tuple[CiId, CiId]


class Evidence(NamedTuple):
    """Calls of one CI by another: of a counter, `calls` is what it stood at at `last_seen`, else how many there were
    from `first_seen` to `last_seen`. What has the same `series` is told of the same calls."""

    caller: CiId
    called: CiId
    series: str
    calls: int
    first_seen: datetime
    last_seen: datetime
    counter: bool


class Batch(NamedTuple):
    """What evidence comes to: observations that are new, pairs of old and new, and how many stay as they are."""

    created: list[Observation]
    changed: list[tuple[Observation, Observation]]
    unchanged: int

    @property
    def values(self) -> list[Observation]:
        """The observations to write."""
        return [*self.created, *(new for _, new in self.changed)]


def batch(book: Book, of: str, evidence: Iterable[Evidence]) -> Batch:
    """What evidence from the source `of` adds to a book. The order of the evidence does not matter."""
    told: dict[Pair, list[Evidence]] = {}
    for one in evidence:
        told.setdefault((one.caller, one.called), []).append(one)
    known = {(old.caller, old.called): old for old in book.observations.values() if old.of == of}
    told = {pair: every for pair, every in told.items() if pair in known or any(one.calls for one in every)}
    last = ordinal(RecordKey(Observation.kind, OWN_SOURCE, book.next_number(Observation.kind))) - 1
    found = Batch([], [], 0)
    for pair in sorted(told):
        old = known.get(pair)
        if old is None:
            number = numbered(Observation.kind, last + len(found.created) + 1)
            found.created.append(_first(number, of, pair, told[pair]))
        elif (new := merged(old, told[pair])) != old:
            found.changed.append((old, new))
    return found._replace(unchanged=len(told) - len(found.created) - len(found.changed))


def _first(number: str, of: str, pair: Pair, evidence: Sequence[Evidence]) -> Observation:
    begun = min(one.first_seen for one in evidence if one.calls)
    tally = Tally(0, begun, begun, {}, None)
    tally.add(evidence)
    return Observation(
        number=number, of=of, cis=(MatchedCi(pair[0]), MatchedCi(pair[1])), calls=tally.calls, first_seen=tally.first,
        last_seen=tally.last, readings=tally.ordered(), forgotten=tally.forgotten,
    )  # fmt: skip


def merged(old: Observation, evidence: Iterable[Evidence]) -> Observation:
    """An observation with more evidence of the same pair. Evidence that it has already changes nothing."""
    readings = {reading.series: reading for reading in old.readings}
    tally = Tally(old.calls, old.first_seen, old.last_seen, dict(readings), old.forgotten)
    tally.add(evidence)
    if tally.readings == readings and tally.first == old.first_seen:
        return old
    return replace(
        old, calls=tally.calls, first_seen=tally.first, last_seen=tally.last, readings=tally.ordered(),
        forgotten=tally.forgotten,
    )  # fmt: skip


@dataclass(slots=True)
class Tally:
    """Counts evidence of one pair, series by series; `readings` are by series."""

    calls: int
    first: datetime
    last: datetime
    readings: dict[str, Reading]
    forgotten: datetime | None

    def add(self, evidence: Iterable[Evidence]) -> None:
        """Count what is new in it, and forget the oldest series, but none of the counters among it."""
        told = sorted(evidence, key=_in_time)
        for one in told:
            self._take(one)
        if len(self.readings) > KEPT:
            self._forget({one.series for one in told if one.counter})

    def _take(self, one: Evidence) -> None:
        """Count one piece of evidence, which comes behind those that were seen before it."""
        self.first = min(self.first, one.first_seen) if one.calls else self.first
        old = self.readings.get(one.series)
        if old is not None:
            added, new = (_read if one.counter else _grown)(old, one)
        elif one.calls and (self.forgotten is None or one.last_seen > self.forgotten):
            added, new = one.calls, Reading(one.series, one.last_seen, one.calls)
        else:
            return  # it tells of no call; or it is older than what is remembered: it was counted, or came too late
        self.calls += added
        self.readings[one.series] = new
        self.last = max(self.last, new.at) if one.calls else self.last

    def _forget(self, counters: set[str]) -> None:
        spare = [reading for reading in self.readings.values() if reading.series not in counters]
        spare.sort(key=lambda reading: (reading.at, reading.series), reverse=True)
        for reading in spare[KEPT:]:
            del self.readings[reading.series]
            self.forgotten = max(self.forgotten or reading.at, reading.at)

    def ordered(self) -> tuple[Reading, ...]:
        """The readings, by series."""
        return tuple(sorted(self.readings.values(), key=attrgetter("series")))


def _in_time(one: Evidence) -> tuple[datetime, int, str]:
    return one.last_seen, one.calls, one.series


def _read(old: Reading, one: Evidence) -> tuple[int, Reading]:
    """What a counter rose by, and how it stands. An older reading adds nothing; one of the same time may be higher."""
    if one.last_seen < old.at or one.calls == old.calls or (one.last_seen == old.at and one.calls < old.calls):
        return 0, old
    began_anew = one.calls < old.calls
    return one.calls - (0 if began_anew else old.calls), Reading(old.series, one.last_seen, one.calls)


def _grown(old: Reading, one: Evidence) -> tuple[int, Reading]:
    """What a later report of the same span adds."""
    calls = max(old.calls, one.calls)
    return calls - old.calls, Reading(old.series, max(old.at, one.last_seen), calls)


def confirmed(observation: Observation, who: str, now: datetime) -> Observation:
    """The observation as one that a relation records."""
    if observation.state is ObservationState.confirmed:
        return observation
    return _decided(observation, ObservationState.confirmed, who, now)


def rejected(observation: Observation, who: str, now: datetime) -> Observation:
    """The observation as one that is no dependency; one that has come up again is rejected at its calls of now."""
    if observation.state is ObservationState.rejected and not resurfaced(observation):
        return observation
    return _decided(observation, ObservationState.rejected, who, now)


def _decided(observation: Observation, state: ObservationState, who: str, now: datetime) -> Observation:
    return replace(observation, state=state, who=who, decided_at=now, decided_calls=observation.calls)


def resurfaced(observation: Observation) -> bool:
    """Whether a rejected dependency was called so much since that it should be looked at again."""
    return (
        observation.state is ObservationState.rejected
        and observation.calls >= GROWTH * max(observation.decided_calls, 1)
    )  # fmt: skip
