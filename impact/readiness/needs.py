"""The words that rules of readiness are written in: what a CI may be asked to have, and of which CIs it is asked."""

from dataclasses import dataclass, field

STALE_DAYS = 180
"""Days after which a record counts as not verified lately, unless a rule says otherwise."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """At least one of these attributes is recorded."""

    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Points:
    """At least one relation of one of these types starts at it."""

    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IsNamed:
    """At least one relation of one of these types, from a live CI, ends at it."""

    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dependents:
    """Something live depends on it: losing it would hurt somebody."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """It depends on something live: losing that would hurt it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Its record was verified: ever, or within so many days."""

    days: int | None = None


@dataclass(frozen=True, slots=True)
class NotPassed:
    """The day in an attribute is recorded and has not passed."""

    attribute: str


@dataclass(frozen=True, slots=True)
class HasPools:
    """It leans on redundancy pools."""


@dataclass(frozen=True, slots=True)
class SoundPools:
    """None of its pools has a rule that asks for more or fewer members than there are."""


Need = Recorded | Points | IsNamed | Dependents | Dependencies | Verified | NotPassed | HasPools | SoundPools


@dataclass(frozen=True, slots=True)
class Scope:
    """Live CIs of these kinds, descendants included, or of kinds with these roles.

    Left out are those of the kinds `but` and their descendants, those that do not meet `where`, and those that meet
    `unless`.
    """

    kinds: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    where: Need | None = None
    unless: Need | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a purpose asks of CIs: of those in any of `scopes`, that they meet `need`.

    `lacks` says in a few words what is missing where it is not met; `why` what a decision would miss. A need that is
    met counts as fresh when the record was verified within `days`.
    """

    name: str
    scopes: tuple[Scope, ...]
    need: Need
    lacks: str
    why: str
    days: int = field(default=STALE_DAYS)


@dataclass(frozen=True, slots=True)
class Purpose:
    """A kind of decision, and the rules about what it needs of the data."""

    name: str
    question: str
    rules: tuple[Rule, ...]
