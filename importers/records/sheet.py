"""One table of records by columns: each distinct cell parsed once, and what is refused reported with its place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from cmdb.model.attributes import parse_text
from cmdb.model.ci import CiId
from cmdb.model.durations import parse_minutes
from cmdb.model.errors import ValueFault, shown
from cmdb.records.kinds import CauseType
from cmdb.records.record_types import Cause
from importers.kit.duplicates import repeated
from importers.kit.findings import Cell, Findings
from importers.kit.table import Table
from importers.kit.texts import column_of
from importers.records.cells import Clock, parse_cis, parse_line, parse_number, reference
from importers.records.words import CAUSE_TYPES, word_in

T = TypeVar("T")
W = TypeVar("W", bound=str)


@dataclass(frozen=True)
class Sheet:
    """A table, the names it gives to its columns, the source its records come from, how it writes moments, and where
    findings go."""

    table: Table
    names: Mapping[str, str]
    source: str
    clock: Clock
    problems: Findings
    warnings: Findings

    def has(self, *names: str) -> bool:
        """Whether the file has any of these columns."""
        return any(name in self.names for name in names)

    def cell(self, row: int, name: str) -> Cell:
        """The place of a cell, under the name that the file gives to the column."""
        return self.table.cell(row, self.names.get(name, name))

    def parsed(self, name: str, parse: Callable[[str], T], empty: T) -> Sequence[T]:
        """A column through `parse`; what it refuses is reported and becomes `empty`."""
        return self.table.parsed(self.names.get(name, name), parse, self.problems, empty)

    def numbers(self) -> Sequence[str]:
        """The numbers of the records; a blank one is reported."""
        return self._required("number", self.parsed("number", parse_number, ""))

    def titles(self) -> Sequence[str]:
        """The titles; a blank one is reported."""
        return self._required("title", self.lines("title"))

    def lines(self, name: str) -> Sequence[str]:
        """A column of single lines."""
        return self.parsed(name, parse_line, "")

    def texts(self, name: str) -> Sequence[str]:
        """A column of texts of any number of lines."""
        return self.parsed(name, parse_text, "")

    def moments(self, name: str, required: bool = False) -> Sequence[datetime | None]:
        """A column of moments in UTC; None where it is empty or faulty."""
        if required:
            self._required(name, [text.strip() for text in self.table.column(self.names.get(name, name))])
        return self.parsed(name, self.clock.moment, None)

    def words(self, name: str, table: Mapping[W, tuple[str, ...]]) -> Sequence[W | None]:
        """A column of declared words or their synonyms; None where it is empty or faulty."""
        own = {str(word): word for word in table}  # a column of nothing but our own words comes back as plain texts
        return [word if word is None else own[word] for word in self.parsed(name, word_in(table), None)]

    def minutes(self, name: str) -> Sequence[int | None]:
        """A column of durations, in minutes."""
        return self.parsed(name, lambda text: parse_minutes(text) if text.strip() else None, None)

    def keys(self, name: str, kind: str) -> Sequence[str | None]:
        """A column of numbers of other records, as the text of their keys."""
        return self.parsed(name, lambda text: reference(kind, self.source, text), None)

    def ends(self, name: str, starts: Sequence[datetime | None]) -> Sequence[datetime | None]:
        """The ends of spans, from column `name`, or from a `duration` after their starts."""
        ends, minutes = self.moments(name), self.minutes("duration")
        return [self._end(row, name, *of) for row, of in enumerate(zip(starts, ends, minutes, strict=True))]

    def causes(self) -> Sequence[Cause | None]:
        """What caused each record; None where nothing is said."""
        types, texts = self.words("cause_type", CAUSE_TYPES), self.texts("cause")
        cis, changes = self.parsed("cause_ci", _one_ci, None), self.keys("cause_change", "change")
        return [
            Cause(type_ or (CauseType.change if change else CauseType.unknown), text, ci, change)
            if type_ or text or ci or change
            else None
            for type_, text, ci, change in zip(types, texts, cis, changes, strict=True)
        ]

    def report_repeats(self, numbers: Sequence[str], values: Sequence[object]) -> set[int]:
        """The rows to leave out because their number has stood before; reported as warnings or problems."""
        extra = set[int]()
        for first, *others in repeated([column_of(numbers)]).values():
            for other in others if numbers[first] else ():
                extra.add(other)
                at, row = self.cell(other, "number"), self.table.rows[first]
                if values[first] == values[other]:
                    accepted = "every row once; the copy is left out"
                    self.warnings.add("DUPLICATE_ROW", at, f"all values the same as in row {row}", accepted)
                else:
                    found = f"{shown(numbers[other])}, with other values than in row {row}"
                    self.problems.add("DUPLICATE_NUMBER", at, found, "every number once, or equal rows")
        return extra

    def _required(self, name: str, values: Sequence[str]) -> Sequence[str]:
        self.table.require(self.names.get(name, name), values, self.problems)
        return values

    def _end(
        self, row: int, name: str, start: datetime | None, end: datetime | None, minutes: int | None
    ) -> datetime | None:  # fmt: skip
        told = start + timedelta(minutes=minutes) if start is not None and minutes is not None else None
        if end is not None and told is not None and end != told:
            found = f"{minutes} minutes, but {name} {end.isoformat()}"
            self.problems.add("CONFLICT_IN_FILE", self.cell(row, "duration"), found, "one of them, or both alike")
        return end or told


def _one_ci(text: str) -> CiId | None:
    cis = parse_cis(text)
    if len(cis) > 1:
        raise ValueFault("BAD_CHOICE", text, "one CI")
    return cis[0] if cis else None
