"""Observed dependencies beside the graph: which are proposed, verified, questioned or rejected."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import accumulate, chain, compress
from typing import NamedTuple, cast

import numpy as np

from api.known_as import merged_ids
from api.observed_report import HintCounts, HintState, Risk
from api.records import Standing, listed
from api.workspace import Workspace
from cmdb.model.ci import CiId
from cmdb.records.numbers import ordinal
from cmdb.records.observations import resurfaced
from cmdb.records.observing import ObservationDesk
from cmdb.records.source_types import Observation, ObservationState
from impact.analyses.people import people
from impact.estate import Estate
from impact.graph import META, PROVIDER
from impact.kernels.types import B1, I32, I64
from impact.question import Asked, ask
from impact.report import CiRef, Page, People
from impact.states import Assumption
from importers.observed.names import Candidate

CALLED = ("depends_on", "uses", "stores_data_on")
"""The types of relation that calls show. Where something runs, stands or draws its power from is not called."""
NOWHERE = -1


def desk_of(workspace: Workspace) -> ObservationDesk:
    """Where observations are written."""
    return ObservationDesk(workspace.store, workspace.model, workspace.book, workspace.clock)


def candidates(workspace: Workspace) -> Iterable[Candidate]:
    """The CIs that a name in a file may stand for: those of kinds that something can depend on by calling it; also
    under ids that were merged into them."""
    estate, kinds = workspace.seen().estate, set[str]()
    for start, type_, end in workspace.model.allowed:
        if type_ == CALLED[0]:
            kinds |= {start, end}
    register = estate.register
    may = np.array([kind in kinds for kind in estate.vocabulary.kinds], np.bool_)[estate.kind]
    may[list(register.gone)] = False
    merged = [(old, at) for old, now in merged_ids(workspace) if (at := register.find(now)) is not None and may[at]]
    fresh = [at for at in register.changed if may[at]]
    may[fresh] = False
    rows = zip(register.ids, register.names, register.attributes, estate.live.tolist(), strict=False)
    told = ((CiId(register.ids[at]), *register.changed[at], bool(estate.live[at])) for at in fresh)
    former = ((CiId(register.ids[at]), old, "{}", bool(estate.live[at])) for old, at in merged)
    return chain(cast(Iterable[Candidate], compress(rows, may.tolist())), told, former)


class Questioned(NamedTuple):
    """A declared dependency that was not seen, by index; the source that observes both ends, and since when."""

    dependent: int
    provider: int
    source: str
    since: datetime


@dataclass(frozen=True)
class Hint:
    """A dependency that was observed, or one that is declared and was not: then it has no `number`, `source` is what
    observes both ends, and `first_seen` since when. `through` is a CI between the two, as recorded; `decided` what a
    person decided when there were `decided_calls`."""

    state: HintState
    number: str | None
    from_: CiRef
    to: CiRef
    source: str
    calls: int
    first_seen: datetime
    last_seen: datetime | None
    types: Sequence[str]
    through: CiRef | None = None
    decided: str | None = None
    decided_calls: int = 0
    who: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True)
class Hints:
    """The observations of a book beside the graph of the same time; worked out at once for all of them."""

    standing: Standing
    observations: Sequence[Observation] = field(init=False)

    def __post_init__(self) -> None:
        ordered = sorted(self.standing.book.observations.values(), key=lambda one: (ordinal(one.key), one.key))
        object.__setattr__(self, "observations", ordered)

    @property
    def estate(self) -> Estate:
        return self.standing.estate

    @cached_property
    def _ends(self) -> tuple[I64, I64]:
        """Caller and called of each observation by index; `NOWHERE` for one that is not in service."""
        pairs = [(one.caller, one.called) for one in self.observations]
        ids = {ci for pair in pairs for ci in pair}
        find = self.estate.register.finder(len(ids))
        known = {ci: at for ci in ids if (at := find(ci)) is not None}
        ends = np.array([[known.get(ci, NOWHERE) for ci in pair] for pair in pairs], np.int64).reshape(-1, 2)
        ends[(ends != NOWHERE) & ~self.estate.live[ends]] = NOWHERE
        return ends[:, 0], ends[:, 1]

    @cached_property
    def _there(self) -> B1:
        """Which observations are of two CIs in service."""
        callers, called = self._ends
        return (callers >= 0) & (called >= 0)

    @cached_property
    def _keys(self) -> I64:
        """A number for each pair of caller and called."""
        callers, called = self._ends
        return callers * self.estate.size + called

    @cached_property
    def _recorded(self) -> B1:
        """Which observations a relation that carries impact records, in their direction."""
        callers = np.unique(self._ends[0][self._there]).astype(np.int32)
        owner, rows = self.estate.graph.providers.gather(callers)
        keys = callers[owner].astype(np.int64) * self.estate.size + rows[PROVIDER]
        return self._there & np.isin(self._keys, keys)

    @cached_property
    def _states(self) -> list[HintState]:
        """The state of each observation."""
        rows = zip(self.observations, self._there.tolist(), self._recorded.tolist(), strict=True)
        return [_state(one, recorded) if there else HintState.set_aside for one, there, recorded in rows]

    @cached_property
    def questioned(self) -> list[Questioned]:
        """Declared dependencies of which one source observes both ends, and none ever saw them: those observed longest
        first."""
        found: dict[tuple[int, int], Questioned] = {}
        for source in sorted({one.of for one in self.observations}):
            since = self._since(source)
            for dependent, provider in self._unseen(np.array(sorted(since), np.int32)):
                told = Questioned(dependent, provider, source, max(since[dependent], since[provider]))
                first = found.setdefault((dependent, provider), told)
                found[dependent, provider] = min(first, told, key=lambda one: one.since)
        ids = self.estate.register.ids
        return sorted(found.values(), key=lambda one: (one.since, ids[one.dependent], ids[one.provider]))

    def _since(self, source: str) -> dict[int, datetime]:
        """Since when a source observes each CI."""
        found: dict[int, datetime] = {}
        for one, *ends in zip(self.observations, *(column.tolist() for column in self._ends), strict=True):
            for at in ends if one.of == source else ():
                if at != NOWHERE:
                    found[at] = min(found.get(at, one.first_seen), one.first_seen)
        return found

    def _unseen(self, cis: I32) -> list[tuple[int, int]]:
        """Declared dependencies among `cis` that calls would show, and no source saw."""
        if not len(cis):
            return []
        owner, rows = self.estate.graph.providers.gather(cis)
        words = self.estate.vocabulary.relation_number
        shown = np.isin(rows[META] >> 2, [words[name] for name in CALLED]) & np.isin(rows[PROVIDER], cis)
        dependent, provider = cis[owner[shown]].astype(np.int64), rows[PROVIDER][shown].astype(np.int64)
        keys = np.unique(dependent * self.estate.size + provider)
        keys = keys[~np.isin(keys, self._keys[self._there])]
        return list(zip((keys // self.estate.size).tolist(), (keys % self.estate.size).tolist(), strict=True))

    def counts(self) -> HintCounts:
        """How many there are in each state."""
        found = Counter(self._states)
        told = {state.value: found[state] for state in HintState if state is not HintState.questioned}
        return HintCounts(questioned=len(self.questioned), **told)

    def page(self, state: HintState, first: int, after: str | None = None) -> Page[Hint]:
        """Those in a state: proposed ones by how often they were called, verified ones by how long ago that was,
        questioned ones by how long they were not, rejected ones by number. Raises `BadCursor`."""
        if state is HintState.questioned:
            page = listed(self.questioned, first, after)
            return Page([self._doubt(one) for one in page.nodes], page.total_count, page.end_cursor, page.has_next_page)
        places = [at for at, found in enumerate(self._states) if found is state]
        shown = listed(self._ordered(state, places), first, after)
        return Page([self.hint(at) for at in shown.nodes], shown.total_count, shown.end_cursor, shown.has_next_page)

    def _ordered(self, state: HintState, places: list[int]) -> list[int]:
        observations = self.observations
        if state is HintState.proposed:
            return sorted(places, key=lambda at: -observations[at].calls)
        return sorted(places, key=lambda at: observations[at].last_seen) if state is HintState.verified else places

    def hint(self, at: int) -> Hint:
        """What is told of the observation at a place."""
        one, state = self.observations[at], self._states[at]
        caller, called = (int(column[at]) for column in self._ends)
        ends = [self.standing.ref(ci) for ci in (one.caller, one.called)]
        return Hint(
            state, str(one.key), ends[0], ends[1], one.of, one.calls, one.first_seen,
            one.last_seen, [] if state is HintState.set_aside else self._types(caller, called),
            self._through(caller, called) if state is HintState.proposed else None,
            None if one.state is ObservationState.proposed else one.state.value, one.decided_calls, one.who,
            one.decided_at,
        )  # fmt: skip

    def _doubt(self, one: Questioned) -> Hint:
        ends = self.estate.ref(one.dependent), self.estate.ref(one.provider)
        types = self._types(one.dependent, one.provider)
        return Hint(HintState.questioned, None, *ends, one.source, 0, one.since, None, types)

    def _types(self, dependent: int, provider: int) -> list[str]:
        rows = self.estate.graph.providers.rows(dependent)
        numbers = np.unique(rows[META][rows[PROVIDER] == provider] >> 2)
        return [self.estate.vocabulary.relations[number] for number in numbers.tolist()]

    def _through(self, dependent: int, provider: int) -> CiRef | None:
        """A CI between the two, as recorded: the first by id."""
        providers = self.estate.graph.providers
        between = np.unique(providers.rows(dependent)[PROVIDER])
        owner, rows = providers.gather(between)
        found = between[owner[rows[PROVIDER] == provider]]
        return self.estate.refs(found.tolist(), 1)[0] if len(found) else None

    def risk(self, hint: Hint) -> Risk | None:
        """What confirming a proposed dependency would add to what a failure of the called CI hits; None for others."""
        if hint.state is not HintState.proposed:
            return None
        called, caller = Assumption(hint.to.id), Assumption(hint.from_.id)
        now, then = (ask(self.estate, given, Asked(self.standing.moment)) for given in ([called], [called, caller]))
        services = then.walk.nodes[then.services]
        hit = services[then.walk.levels[then.services] > now.walk.levels_of(services)]
        return Risk(len(hit), _worse_off(people(now), people(then)), self.estate.refs(hit.tolist(), 3))


def _worse_off(now: People, then: People) -> int:
    """How many people are hit, or hit harder, at least: counts by state tell how many more are in each or worse."""
    before, after = (list(accumulate((p.by_state.down, p.by_state.degraded, p.by_state.at_risk))) for p in (now, then))
    return max(new - old for old, new in zip(before, after, strict=True))


def _state(one: Observation, recorded: bool) -> HintState:
    if recorded:
        return HintState.verified
    rejected = one.state is ObservationState.rejected and not resurfaced(one)
    return HintState.rejected if rejected else HintState.proposed
