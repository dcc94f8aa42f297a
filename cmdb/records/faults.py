"""Gathers everything that is wrong with an input, so that all of it is said at once."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Faults:
    """The problems found so far; `place` stands before every place that is named here."""

    problems: list[Problem] = field(default_factory=list)
    place: str = ""

    def within(self, place: str) -> "Faults":
        """The same list, for what stands at `place`."""
        return Faults(self.problems, f"{self.place}{place}.")

    def add(self, code: str, where: str, found: str, accepted: str) -> None:
        """One more problem; `found` is quoted as it stands."""
        self.problems.append(Problem(code, self.place + where, found, accepted))

    def taken(self, parse: Callable[[S], T], value: S, where: str) -> T | None:
        """What `parse` makes of a value; None, and a problem, where it is at fault."""
        try:
            return parse(value)
        except ValueFault as fault:
            self.problems.append(fault.at(self.place + where))
            return None

    def ordered(self, first: datetime | None, then: datetime | None, where: str, named: str) -> None:
        """END_BEFORE_START at `where` if `then` is before `first`, which is called `named`; None is in no order."""
        if first is not None and then is not None and then < first:
            self.add("END_BEFORE_START", where, then.isoformat(), f"not before {named}, {first.isoformat()}")

    def limited(self, count: int, most: int, where: str, things: str) -> None:
        """TOO_MANY at `where` if there are more than `most`."""
        if count > most:
            self.add("TOO_MANY", where, f"{count} {things}", f"at most {most} {things}")

    def distinct(self, things: Iterable[str], name: str) -> None:
        """DUPLICATE_KEY for every one of `things`, the CIs of the list `name`, that was there before."""
        seen: set[str] = set()
        for number, thing in enumerate(things):
            if thing in seen:
                self.add("DUPLICATE_KEY", f"{name}[{number}].ci", shown(thing), "each CI once")
            seen.add(thing)

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Take over the problems that are raised within; they are told at the place of this."""
        try:
            yield
        except InvalidInput as error:
            self.problems.extend(problem._replace(place=self.place + problem.place) for problem in error.problems)

    def settle(self) -> None:
        """Raise `InvalidInput` if anything was wrong."""
        if self.problems:
            raise InvalidInput(self.problems)


def refused(code: str, place: str, found: str, accepted: str) -> InvalidInput:
    """The error of a single problem."""
    return InvalidInput([Problem(code, place, found, accepted)])
