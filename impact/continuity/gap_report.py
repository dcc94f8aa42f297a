"""The shape of the continuity report. Times are whole minutes; the text beside a field is its GraphQL description."""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from impact.report import CiRef


class GapType(Enum):
    """promise: a provider promises less; recovery: restore times add up to more; data: more can be lost."""

    promise = "promise"
    recovery = "recovery"
    data = "data"


class Verdict(Enum):
    """What becomes of a promise: kept, broken (a gap is certain), unknown (too little is recorded to tell)."""

    kept = "kept"
    broken = "broken"
    unknown = "unknown"


class FixType(Enum):
    """What to change: a restore time, the RTO that a provider promises, or a sole provider that gets a second one."""

    restore = "restore"
    promise = "promise"
    pool = "pool"


@dataclass
class GapHop:
    """One step of an offending path: this CI cannot do without the next one."""

    ci: CiRef
    relation: Annotated[str | None, "The relation to the next CI; null at the end, and within a cycle."]
    pool: Annotated[str | None, "The pool the next CI is a member of."]
    minutes: Annotated[
        int | None,
        "Promise: its RTO; data: the loss of its own data; recovery: its restore time, null also where it is started "
        "together with the next one, which takes longer.",
    ]


@dataclass
class ContinuityGap:
    """A promise that cannot be relied on, and the worst reason."""

    type: GapType
    ci: Annotated[CiRef, "Whose promise it is."]
    sector: str
    promised: Annotated[int, "Its RTO; for data, its RPO."]
    found: Annotated[
        int, "Promise: the longest RTO it leans on; recovery: its effective recovery; data: its effective RPO."
    ]
    at_least: Annotated[bool, "Whether unknown values can make `found` larger."]
    short_by: Annotated[int, "`found` less `promised`."]
    offender: Annotated[
        CiRef, "Promise and data: whose RTO or data it is; recovery: the CI on the path that takes longest itself."
    ]
    path: Annotated[list[GapHop], "From the CI to the end of the worst path."]
    offenders: Annotated[int, "How many CIs offend in all; for recovery, those on the path that take any time."]


@dataclass
class Offender:
    """A CI whose own value is worse than the promise of the one asked about."""

    ci: CiRef
    minutes: Annotated[int, "Its RTO; for data, the loss of its own data; for recovery, its own restore time."]
    short_by: Annotated[int, "How far that is beyond the promise; for recovery, how far the whole path is."]
    path: Annotated[list[GapHop], "A shortest path to it."]


@dataclass
class UnknownPromise:
    """A CI with an RTO whose effective recovery is not known, because restore times are missing."""

    ci: CiRef
    sector: str
    rto: int
    at_least: Annotated[int, "Its effective recovery is this or more."]
    missing: Annotated[list[CiRef], "CIs without a restore time that matter, the nearest first, at most 20."]
    missing_count: int


@dataclass
class Verdicts:
    """Promises by what becomes of them."""

    total: int
    kept: int
    broken: int
    unknown: int


@dataclass
class GapCounts:
    """CIs with a gap, by type; and those whose effective recovery is unknown."""

    promise: int
    recovery: int
    data: int
    unknown: int


@dataclass
class ContinuitySummary:
    """The whole estate in numbers."""

    rto: Annotated[Verdicts, "Recovery time promises of all live CIs."]
    rpo: Annotated[Verdicts, "Data loss promises of all live CIs, but for those that only hold data of others."]
    gaps: GapCounts


@dataclass
class SectorContinuity:
    """One sector in numbers: the promises of its own CIs."""

    sector: str
    rto: Verdicts
    rpo: Verdicts
    gaps: GapCounts


@dataclass
class CiContinuity:
    """What is promised for one CI, and what the records say of it."""

    ci: CiRef
    sector: str
    rto: Annotated[int | None, "Promised recovery time; null if not recorded."]
    recovery: Annotated[int, "Effective recovery, or as much of it as is known."]
    recovery_at_least: Annotated[bool, "Whether unknown restore times can make it longer."]
    rto_verdict: Annotated[Verdict | None, "Null without an RTO."]
    rpo: Annotated[int | None, "Promised data loss; null if not recorded."]
    effective_rpo: Annotated[int | None, "Worst data loss of what it cannot do without; null: no data is recorded."]
    effective_rpo_at_least: Annotated[bool, "Whether unknown values can make it larger."]
    rpo_verdict: Annotated[Verdict | None, "Null without an RPO."]
    inherits: Annotated[GapCounts, "Gaps among everything it needs, pool members and itself included."]


@dataclass
class Fix:
    """One change, recomputed on the whole estate: how many gaps it would close."""

    type: FixType
    ci: Annotated[CiRef, "Whose restore time or RTO; for a pool, the sole provider."]
    dependent: Annotated[CiRef | None, "For a pool: whose provider it is."]
    now: Annotated[int | None, "Minutes now; null for a pool."]
    proposed: Annotated[int | None, "Minutes that would do; null for a pool."]
    closes: Annotated[int, "Gaps that would be closed."]
    opens: Annotated[int, "Gaps that would arise instead."]
    of: Annotated[int, "Gaps there are now, of all types."]
    message: Annotated[str, "The same in words."]
