"""What can be wrong with a model, a value or a changeset: a code, a place, what was found, what is accepted."""

from typing import NamedTuple


class Problem(NamedTuple):
    """One stated fault in an input.

    `code` is one of those in docs/errors.md; `place` says where (`cis.csv row 12, column rto`, or an argument's name);
    `found` is what stood there, shortened; `accepted` is what would have been taken.
    """

    code: str
    place: str
    found: str
    accepted: str

    def __str__(self) -> str:
        return f"{self.code} at {self.place}: found {self.found}; accepted: {self.accepted}"


class InvalidInput(ValueError):
    """One or more `Problem`s; nothing was written. `count` is how many there are, also beyond those listed."""

    code = "INVALID_INPUT"
    SHOWN = 50

    def __init__(self, problems: list[Problem], count: int | None = None) -> None:
        self.count = len(problems) if count is None else count
        self.problems = problems[: self.SHOWN]
        super().__init__("; ".join(map(str, self.problems[:3])))


class ValueFault(ValueError):
    """A single value does not fit its declared type: `code`, what was found, what is accepted; no place yet."""

    def __init__(self, code: str, found: str, accepted: str) -> None:
        self.code, self.found, self.accepted = code, shown(found), accepted
        super().__init__(f"{code}: found {self.found}; accepted: {accepted}")

    def at(self, place: str) -> Problem:
        """The same fault, with the place where the value stood."""
        return Problem(self.code, place, self.found, self.accepted)


def shown(value: str, limit: int = 60) -> str:
    """`value` quoted and cut for a message; control and invisible characters are escaped."""
    text = value if len(value) <= limit else value[: limit - 1] + "…"
    return "'" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + "'"
