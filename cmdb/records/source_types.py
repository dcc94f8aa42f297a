"""Records of where the inventory comes from: import runs, decisions on duplicates, observed dependencies."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from cmdb.model.ci import CiId
from cmdb.model.record import OWN_SOURCE, RecordKey


class RunOutcome(StrEnum):
    """What came of an import: something changed, everything was recorded already, or it was refused."""

    applied = "applied"
    unchanged = "unchanged"
    refused = "refused"


class Verdict(StrEnum):
    """What a person decided about two CIs that may be one: they are, they are not, they were and were parted, or it is
    open again. The last decision counts."""

    same = "same"
    distinct = "distinct"
    parted = "parted"
    undecided = "undecided"


class ObservationState(StrEnum):
    """An observed dependency is proposed until a person confirms or rejects it."""

    proposed = "proposed"
    confirmed = "confirmed"
    rejected = "rejected"


@dataclass(frozen=True, slots=True)
class RunCount:
    """How many things of one kind a run created, changed or removed; see `cmdb.reconcile.plan.Count`."""

    action: str
    entity: str
    kind: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """The report of one import of the source `of`. The revision that holds it is the one that the run made.

    `file` is a name without its folder; `codes` counts what was wrong by error code, of rows that were held back or,
    in a refused run, of all; `owned` is how many CIs the source stated in the end. A `partial` run only added and
    changed, so it does not confirm the source as a whole; neither does one that was undone, at `undone_at`. `next_at`
    is when a scheduled run is due again.
    """

    kind: ClassVar[str] = "run"

    number: str
    source: str = OWN_SOURCE
    of: str
    importer: str
    file: str
    started_at: datetime
    finished_at: datetime
    who: str
    outcome: RunOutcome
    counts: tuple[RunCount, ...] = ()
    owned: int = 0
    joined: int = 0
    conflicts: int = 0
    stubs: int = 0
    held: int = 0
    warnings: int = 0
    codes: tuple[tuple[str, int], ...] = ()
    partial: bool = False
    undone_at: datetime | None = None
    next_at: datetime | None = None

    @property
    def key(self) -> RecordKey:
        return RecordKey(self.kind, self.source, self.number)


@dataclass(frozen=True, slots=True)
class MatchedCi:
    """A CI that a decision is about."""

    ci: CiId


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A decision about two CIs: `cis` has both, the one that stays first. One that was undone, at `undone_at`, does not
    count."""

    kind: ClassVar[str] = "match"

    number: str
    source: str = OWN_SOURCE
    verdict: Verdict
    cis: tuple[MatchedCi, ...]
    who: str
    decided_at: datetime
    note: str = ""
    undone_at: datetime | None = None

    @property
    def key(self) -> RecordKey:
        return RecordKey(self.kind, self.source, self.number)


@dataclass(frozen=True, slots=True)
class Reading:
    """How far one series of evidence has been counted: `calls` at the time `at`.

    A series is a counter that somebody reads again and again, or the calls within one stated span of time.
    """

    series: str
    at: datetime
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A dependency that the source `of` observed: the first of `cis` called the second, `calls` times in all.

    `confirmed` means that a person had a relation recorded for it. Times are those of the evidence. `readings` are what
    was counted last, so that no call counts twice; of series older than those, the newest call was at `forgotten`.
    `decided_calls` is how many calls were known when `who` decided.
    """

    kind: ClassVar[str] = "observation"

    number: str
    source: str = OWN_SOURCE
    of: str
    cis: tuple[MatchedCi, MatchedCi]
    calls: int
    first_seen: datetime
    last_seen: datetime
    readings: tuple[Reading, ...] = ()
    forgotten: datetime | None = None
    state: ObservationState = ObservationState.proposed
    who: str = ""
    decided_at: datetime | None = None
    decided_calls: int = 0

    @property
    def key(self) -> RecordKey:
        return RecordKey(self.kind, self.source, self.number)

    @property
    def caller(self) -> CiId:
        """The CI that called, which depends on the other."""
        return self.cis[0].ci

    @property
    def called(self) -> CiId:
        """The CI that was called."""
        return self.cis[1].ci
