"""What an import would do to the answers: the shape of it, for people and programs."""

from dataclasses import dataclass, field

from impact.report import CiRef


@dataclass(frozen=True)
class Concern:
    """One thing that an import changes and somebody should know of: the CI it is about, what becomes of it in words,
    and where one value takes the place of another, both; None where there is no value."""

    ci: CiRef
    words: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class Matter:
    """Concerns of one sort: `count` of them in all, the first in `concerns`. `code` is for programs."""

    code: str
    title: str
    count: int
    concerns: list[Concern]


@dataclass(frozen=True)
class Members:
    """How many CIs a set has now and then, how many come and go, and the first of those."""

    before: int
    after: int
    gained_count: int
    lost_count: int
    gained: list[CiRef]
    lost: list[CiRef]


@dataclass(frozen=True)
class ServiceRadius:
    """What can hit one service, now and then: `needs` are the CIs it depends on, directly or not; `alone` those of
    which the failure of a single one takes it down, itself left out; each None where it stays as it is.

    `untried` says that there are too many CIs to tell what takes it down alone. `people_before` and `people_after` are
    hit when it is down.
    """

    service: CiRef
    needs: Members | None
    alone: Members | None
    untried: bool
    people_before: int
    people_after: int


@dataclass(frozen=True)
class BlastRadius:
    """The services in service now and then whose blast radius an import changes: `count` of them, the first in
    `services`.

    `not_computed` says why nothing was looked at, and is empty where something was. Of `reached` services, which lead
    to something that changes, or are led to by it, `examined` were looked at. `joining` services have no radius yet,
    `leaving` none any more.
    """

    not_computed: str = ""
    count: int = 0
    reached: int = 0
    examined: int = 0
    joining: int = 0
    leaving: int = 0
    services: list[ServiceRadius] = field(default_factory=list)


@dataclass(frozen=True)
class Effect:
    """What an import changes that matters, the worst sort first, and whose blast radius it changes.

    `first_import` says that nothing was recorded before; `not_looked_at` is what was left out, in words.
    """

    first_import: bool = False
    matters: list[Matter] = field(default_factory=list)
    blast_radius: BlastRadius = field(default_factory=BlastRadius)
    not_looked_at: list[str] = field(default_factory=list)
