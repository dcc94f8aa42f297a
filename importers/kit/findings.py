"""What an import run found wrong, in the order of the file, however the checks were ordered."""

from bisect import insort
from collections.abc import Callable
from typing import NamedTuple

from cmdb.model.errors import InvalidInput, Problem, ValueFault, shown

KEPT = 2_000
"""How many findings keep their text; beyond it they are counted only."""


class Cell(NamedTuple):
    """A place in an input file. `row` is the line an editor shows, the header being row 1; 0 is the file itself."""

    file: str
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        parts = self.file + (f" row {self.row}" if self.row else "")
        return f"{parts}, column {self.column}" if self.column else parts


class Findings:
    """Problems (or warnings) of one run. Keeps the first `KEPT` by file and row, and counts all.

    `place` says at which cell of the input the cell of a table made from it stood.
    """

    def __init__(self, place: Callable[[Cell], Cell] = lambda at: at) -> None:
        self.count = 0
        self._place = place
        self._kept: list[tuple[int, int, int, Problem]] = []
        self._files: dict[str, int] = {}
        self._muted: set[tuple[str, int]] = set()

    def enter(self, file: str) -> None:
        """Say that a file is read now: findings are in the order of the files entered, then the others."""
        self._files.setdefault(file, len(self._files))

    def add(self, code: str, at: Cell, found: str, accepted: str) -> None:
        """Record one finding; `found` is already shortened (see `shown`)."""
        at = self._place(at)
        if (at.file, at.row) in self._muted:
            return
        self.count += 1
        rank = (self._files.setdefault(at.file, len(self._files)), at.row, self.count)
        if len(self._kept) < KEPT or rank < self._kept[-1][:3]:
            insort(self._kept, (*rank, Problem(code, str(at), found, accepted)))
            del self._kept[KEPT:]

    def add_text(self, code: str, at: Cell, found: str, accepted: str) -> None:
        """Like `add`, quoting and shortening `found`."""
        self.add(code, at, shown(found), accepted)

    def add_fault(self, fault: ValueFault, at: Cell) -> None:
        """Record a value that does not fit its type."""
        self.add(fault.code, at, fault.found, fault.accepted)

    def mute(self, file: str, row: int) -> None:
        """Say no more about this row: what is wrong with it as a whole has been said."""
        at = self._place(Cell(file, row))
        self._muted.add((at.file, at.row))

    @property
    def problems(self) -> list[Problem]:
        """Those kept, by file and row."""
        return [problem for *_, problem in self._kept]

    def refuse(self) -> None:
        """Raise `InvalidInput` if there is anything."""
        if self.count:
            raise InvalidInput(self.problems, self.count)
