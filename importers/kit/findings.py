"""What an import run found wrong, in the order of the file, however the checks were ordered."""

from bisect import insort
from collections.abc import Callable, Mapping
from typing import NamedTuple

from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown

KEPT = 2_000
"""How many findings keep their text; beyond it they are counted only."""
LONGEST = 2_000
"""Characters of each text of a finding."""
MOST_BAD = 100_000
"""Places at fault that are known one by one; with more of them nothing can be held back."""


class Cell(NamedTuple):
    """A place in an input file. `row` is the line an editor shows, the header being row 1; 0 is the file itself."""

    file: str
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        parts = self.file + (f" row {self.row}" if self.row else "")
        return f"{parts}, column {self.column}" if self.column else parts


class Fault(NamedTuple):
    """What is wrong with one cell, or, where `column` is empty, with all that stands at a place.

    `table` is the table made of the input in which it was found; empty where it was found in the input itself.
    """

    column: str
    code: str
    found: str
    accepted: str
    table: str = ""

    def touches(self, table: str) -> bool:
        """Whether it is a fault of what is made into a table; that two rows have one key is one of all they say."""
        return self.table in ("", table) or (self.code in GROUPED and self.column != "")

    def __str__(self) -> str:
        at = f" in column {self.column}" if self.column else ""
        return visible(f"{self.code}{at}: found {self.found}; accepted: {self.accepted}")


GROUPED = frozenset({"CONFLICT_IN_FILE", "DUPLICATE_KEY", "LOOKALIKE_ID"})
"""What is wrong only because another row is there: the cells can be read."""
Spot = tuple[str, str]
"""A column, and the table in which it was found at fault."""
Bad = Mapping[tuple[str, int], Mapping[Spot, Fault]]
"""The places at fault, by file and row, and the first fault of each of their columns."""


class Findings:
    """Problems (or warnings) of one run. Keeps the first `KEPT` by file and row, and counts all.

    `place` says at which cell of the input the cell of a table made from it stood.
    """

    def __init__(self, place: Callable[[Cell], Cell] = lambda at: at) -> None:
        self.count = 0
        self.place = place
        self.bad: dict[tuple[str, int], dict[Spot, Fault]] = {}
        self.crowded = False
        """Whether there are more places at fault than `bad` holds."""
        self._kept: list[tuple[int, int, int, Problem]] = []
        self._files: dict[str, int] = {}
        self._muted: set[tuple[str, int]] = set()

    def enter(self, file: str) -> None:
        """Say that a file is read now: findings are in the order of the files entered, then the others."""
        self._files.setdefault(file, len(self._files))

    def add(self, code: str, at: Cell, found: str, accepted: str) -> None:
        """Record one finding; `found` is already shortened (see `shown`)."""
        found_in, at = at, self.place(at)
        if (at.file, at.row) in self._muted:
            return
        self.count += 1
        self._mark(at, code, found, accepted, found_in)
        rank = (self._files.setdefault(at.file, len(self._files)), at.row, self.count)
        if len(self._kept) < KEPT or rank < self._kept[-1][:3]:
            insort(self._kept, (*rank, Problem(code, visible(str(at)), visible(found), visible(accepted))))
            del self._kept[KEPT:]

    def implicate(self, code: str, at: Cell, found: str, accepted: str) -> None:
        """Mark a cell as bad that is at fault only together with another one, of which it was told."""
        found_in, at = at, self.place(at)
        if (at.file, at.row) not in self._muted:
            self._mark(at, code, found, accepted, found_in)

    def _mark(self, at: Cell, code: str, found: str, accepted: str, found_in: Cell) -> None:
        place, table = (at.file, at.row), "" if found_in == at else found_in.file
        if place in self.bad or len(self.bad) < MOST_BAD:
            fault = Fault(at.column, code, found, accepted, table)
            self.bad.setdefault(place, {}).setdefault((at.column, table), fault)
        else:
            self.crowded = True

    def unreadable(self, at: Cell) -> bool:
        """Whether a cell is known to be at fault by itself, so that it is not empty though nothing came of it."""
        at = self.place(at)
        return any(
            fault.code not in GROUPED and column.casefold() == at.column.casefold()
            for (column, _), fault in self.bad.get((at.file, at.row), {}).items()
        )

    def add_text(self, code: str, at: Cell, found: str, accepted: str) -> None:
        """Like `add`, quoting and shortening `found`."""
        self.add(code, at, shown(found), accepted)

    def add_fault(self, fault: ValueFault, at: Cell) -> None:
        """Record a value that does not fit its type."""
        self.add(fault.code, at, fault.found, fault.accepted)

    def mute(self, file: str, row: int) -> None:
        """Say no more about this row: what is wrong with it as a whole has been said."""
        at = self.place(Cell(file, row))
        self._muted.add((at.file, at.row))

    @property
    def problems(self) -> list[Problem]:
        """Those kept, by file and row."""
        return [problem for *_, problem in self._kept]

    def refuse(self) -> None:
        """Raise `InvalidInput` if there is anything."""
        if self.count:
            raise InvalidInput(self.problems, self.count)


def visible(text: str) -> str:
    """`text` with control and invisible characters escaped, and cut where it is endless: names of files, keys and
    columns come from the input too."""
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
